"""A node as a reader's browser can ask it: it lets pages from a disk ask, passes questions on, and lies when told to."""

import json
import threading
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Lie = Callable[[str, list[Any], Any], Any]
"""Method, parameters and the node's true result in; what is answered out."""


def truth(method: str, params: list[Any], result: Any) -> Any:
    return result


class Relay:
    """Stands before a node until `close`. `lie` may be set between questions; `asked` holds the methods."""

    def __init__(self, node: str) -> None:
        self.node = node
        self.lie: Lie = truth
        self.asked: list[str] = []
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def do_OPTIONS(self) -> None:
                self._answer(b"")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self._answer(relay.answer(json.loads(body)))

            def _answer(self, data: bytes) -> None:
                self.send_response(200)
                self.send_header("Access-Control-Allow-Origin", "*")
                self.send_header("Access-Control-Allow-Headers", "content-type")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *arguments: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, question: dict[str, Any]) -> bytes:
        self.asked.append(question["method"])
        request = urllib.request.Request(self.node, json.dumps(question).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            told: dict[str, Any] = json.loads(answer.read())
        if "result" in told:
            told["result"] = self.lie(question["method"], question["params"], told["result"])
        return json.dumps(told).encode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
