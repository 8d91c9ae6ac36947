"""A real uvicorn in a thread, and raw connections to it."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import uvicorn


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Speaks to a server on a port of loopback."""

    def __init__(self, port: int) -> None:
        self.port = port

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def send(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
        """One request with Content-Length, and its reply."""
        with self.connect() as connection:
            connection.sendall(head(method, path, {"Content-Length": str(len(body)), **(headers or {})}) + body)
            return reply(connection)


class Serving(Client):
    """Serves an ASGI application on a free port while the `with` block runs."""

    def __init__(self, application: Any) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        super().__init__(self._socket.getsockname()[1])
        config = uvicorn.Config(application, lifespan="off", access_log=False, log_level="critical")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})

    def __enter__(self) -> "Serving":
        self._thread.start()
        eventually(lambda: self._server.started)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join()
        self._socket.close()


def head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def chunk(data: bytes) -> bytes:
    """One piece of a chunked body; an empty one ends it."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def reply(connection: socket.socket) -> Reply:
    """The next reply on the connection."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    body = response.read()
    return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, body)


def eventually(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait until `condition` holds; fail when it does not for `seconds`."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.005)
