"""A client that speaks to strangers: whatever they send, and however slowly, it comes to an end."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from ledger.errors import NotFound, Unreachable
from ledger.fetching import Client
from ledger.sources import SiteSource

SECONDS = 0.5


def drip(connection: socket.socket, data: bytes) -> None:
    """Byte after byte, each well within the timeout of a socket."""
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(SECONDS / 5)


def read_request(connection: socket.socket) -> None:
    while not connection.recv(65_536).endswith(b"\r\n\r\n"):
        pass


@contextmanager
def server(*answers: Callable[[socket.socket], None]) -> Iterator[str]:
    """Each connection is given to the next of `answers`, the last one again and again."""
    listener = socket.create_server(("127.0.0.1", 0))
    waiting = list(answers)

    def serve(connection: socket.socket, answer: Callable[[socket.socket], None]) -> None:
        with connection:
            try:
                answer(connection)
            except OSError:
                pass

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            threading.Thread(target=serve, args=(connection, answer), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def slow_headers(connection: socket.socket) -> None:
    read_request(connection)
    drip(connection, b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100)


def slow_body(connection: socket.socket) -> None:
    """It closes the connection after the answer, so `http.client` lets go of the socket."""
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\n")
    drip(connection, b"x" * 100)


def kept_then_silent(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    read_request(connection)
    time.sleep(10 * SECONDS)


@pytest.mark.parametrize("answer", [slow_headers, slow_body])
def test_a_slow_answer_is_given_up(answer: Callable[[socket.socket], None]) -> None:
    with server(answer) as url:
        start = time.monotonic()
        with pytest.raises(Unreachable, match="no whole answer"):
            Client(url, seconds=SECONDS).get("/", most=1000)
        assert time.monotonic() - start < 3 * SECONDS


def test_a_kept_connection_that_falls_silent_is_not_tried_without_end() -> None:
    with server(kept_then_silent, slow_headers) as url:
        client = Client(url, seconds=SECONDS)
        assert client.get("/", most=1000) == b"ok"
        start = time.monotonic()
        with pytest.raises(Unreachable, match="no whole answer"):
            client.get("/", most=1000)
        assert time.monotonic() - start < 3 * SECONDS


@pytest.mark.parametrize("answer", [slow_headers, slow_body])
def test_a_stream_ends_when_a_piece_does_not_come_in_time(answer: Callable[[socket.socket], None]) -> None:
    with server(answer) as url:
        start = time.monotonic()
        with pytest.raises(Unreachable, match="no whole answer"):
            list(Client(url, seconds=SECONDS).stream("/"))
        assert time.monotonic() - start < 3 * SECONDS


def test_a_copy_at_an_address_that_speaks_no_http_is_refused_in_words() -> None:
    def garbage(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"no\0thing\r\n\r\n")

    with server(garbage) as url, pytest.raises(NotFound, match="does not answer"):
        SiteSource(url).checkpoint()
