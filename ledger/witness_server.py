"""A witness over HTTP: `POST /add-checkpoint`, and `GET /` for who it is. Standard library only.

Bounded in every direction: the body, the time that a connection may last, how many there are at once.
"""

import logging
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ledger.errors import Damaged
from ledger.witness_state import WitnessState
from ledger.witnessing import TEXT_TYPE, Refused

logger = logging.getLogger(__name__)

BODY_CAP = 64 * 1024
IDLE_SECONDS = 10.0
CONNECTION_SECONDS = 60.0
MAX_CONNECTIONS = 64


class WitnessServer(ThreadingHTTPServer):
    """Serves one `WitnessState`. Port 0 takes a free one; `server_port` says which."""

    daemon_threads = True
    request_queue_size = MAX_CONNECTIONS

    def __init__(self, host: str, port: int, state: WitnessState) -> None:
        self.state = state
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__((host, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        # Whoever sends a byte now and then would keep a thread for ever; idle time alone does not end that.
        end = threading.Timer(CONNECTION_SECONDS, _hang_up, [request])
        end.daemon = True
        end.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            end.cancel()
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        logger.debug("a connection ended early", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "akashi-witness"
    sys_version = ""
    timeout = IDLE_SECONDS
    server: WitnessServer

    def do_GET(self) -> None:
        if self.path != "/":
            self._answer(404, "Not found.\n")
            return
        state = self.server.state
        logs = "".join(f"{key.vkey}\n" for key in state.logs)
        self._answer(200, f"{state.signer.key.vkey}\n\nLogs that this witness follows:\n{logs}")

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        if self.path != "/add-checkpoint":
            self._answer(404, "Not found.\n")
            return
        try:
            self._answer(200, self.server.state.add_checkpoint(body, time.time))
        except Refused as refusal:
            if refusal.contradicts:
                logger.warning("Refused (%d): %s", refusal.status, refusal)
            self._answer(refusal.status, refusal.body, refusal.content_type)
        except (Damaged, OSError) as error:
            logger.critical("Nothing was cosigned: %s", error)
            self._answer(500, "The witness cannot read or write its state.\n")

    def _body(self) -> bytes | None:
        """The request's body; None when it was refused instead."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()) or "Transfer-Encoding" in self.headers:
            self._refuse_unread(411, "Send the body with its Content-Length.\n")
            return None
        if len(length) > 9 or int(length) > BODY_CAP:
            self._refuse_unread(413, f"A request has at most {BODY_CAP} bytes.\n")
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self._refuse_unread(400, "The body ended early.\n")
            return None
        return body

    def _refuse_unread(self, status: int, words: str) -> None:
        self.close_connection = True
        self._answer(status, words)

    def _answer(self, status: int, text: str, content_type: str = TEXT_TYPE) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: Any) -> None:
        logger.debug(format, *arguments)


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
