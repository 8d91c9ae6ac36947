"""A hub that asks witnesses: what tests of it have in common."""

import http.server
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.test import Client as Browser

from ledger import cosigning
from ledger.cosignature import WitnessKey, WitnessSigner, cosigners
from ledger.models import Cosignature
from ledger.note import Note
from tests.ledger.conftest import Ledger

NAME = "witness.example/w1"


def ask(ledger: Ledger, seconds: float = 120) -> int:
    """Asks whoever is due; so much later that nobody is still left alone."""
    return cosigning.ask_due(ledger.pass_time(seconds))


def published(ledger: Ledger) -> Note:
    return Note.from_text((ledger.folder / "checkpoint").read_text())


def names(ledger: Ledger) -> list[str]:
    """Whose cosignatures stand under the published checkpoint and verify."""
    keys = [WitnessKey.from_vkey(row.witness) for row in Cosignature.objects.order_by("pk")]
    return sorted(key.name for key in cosigners(published(ledger), list(dict.fromkeys(keys))))


class Two:
    """Two witnesses in threads, of which two are needed."""

    def __init__(self, first: tuple[str, str], second: tuple[str, str]) -> None:
        self.first, self.second = first, second
        self.keys = [WitnessKey.from_vkey(vkey) for vkey, _ in (first, second)]


@contextmanager
def answering(answer: Callable[[bytes], tuple[int, str, bytes]]) -> Iterator[str]:
    """A server that answers every request with what `answer` makes of its body: (status, content type, body)."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, kind, data = answer(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except OSError:
                pass

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


SIGNER = WitnessSigner("liar.example", bytes(32))


def text_of(client: Browser, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode().replace("\u2060", "")))
