"""Logs elsewhere for tests: a log in memory, written as plain files and served by a plain file server."""

import http.server
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command

from ledger import tiles
from ledger.storage import Store, bundles
from tests.ledger.world import World


def long_world(count: int, *, other: int | None = None) -> World:
    """So many entries; from `other` on they differ from those of a world without it."""
    made = World()
    for number in range(count):
        made.add("file.scanned", {"number": number if other is None or number < other else -number - 1})
    return made


def publish(folder: Path, world: World, size: int) -> None:
    """Writes a log of `size` entries below `folder`, as a hub would serve it."""
    store = Store(folder / "log")
    files = {}
    for tile in tiles.new_tiles(0, size):
        files[tiles.tile_path(tile)] = world.tiles[tile.level, tile.index][: 32 * tile.width]
    for bundle in bundles(0, size):
        start = bundle.index * tiles.WIDTH
        files[tiles.entries_path(bundle)] = tiles.pack_entries(world.bodies[start : start + bundle.width])
    files["checkpoint"] = world.checkpoint(size).encode()
    files["key"] = f"{world.signer.key.vkey}\n{world.operator.key.vkey}\n".encode()
    store.write(files)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def file_server(folder: Path) -> Iterator[str]:
    """The folder over HTTP, by the standard library's plain file server."""
    with _running(partial(_Quiet, directory=str(folder))) as url:
        yield url


@contextmanager
def webhook(status: int = 204) -> Iterator[tuple[str, list[Any], list[int]]]:
    """A receiver of reports: its address, what it was sent, and the statuses it answers next (the last one stays)."""
    got: list[Any] = []
    statuses = [status]

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with _running(Receiver) as url:
        yield f"{url}/hook", got, statuses


@contextmanager
def _running(handler: Any) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run(command: str, *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and error of a command."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(command, *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue(), err.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue(), err.getvalue() + str(error)
    return 0, out.getvalue(), err.getvalue()
