"""A node with faults: it passes calls on to a real one and spoils the answers as a test wishes."""

import json
import threading
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Spoil = Callable[[str, dict[str, Any]], tuple[int, bytes]]


def honest(_method: str, answer: dict[str, Any]) -> tuple[int, bytes]:
    return 200, json.dumps(answer).encode()


class FaultyNode:
    """`spoil(method, honest answer)` gives the status and body that are sent. `calls` lists the methods asked for."""

    def __init__(self, behind: str) -> None:
        self.behind = behind
        self.spoil: Spoil = honest
        self.calls: list[str] = []
        node = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                method = json.loads(body)["method"]
                node.calls.append(method)
                status, answer = node.spoil(method, node.ask(body))
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def ask(self, body: bytes) -> dict[str, Any]:
        request = urllib.request.Request(self.behind, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            found: dict[str, Any] = json.loads(answer.read())
        return found

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
