"""A small HTTP client for speaking to logs and witnesses elsewhere: every answer is bounded in size and in time.

Standard library only. Redirects are not followed: whoever is asked is named by the operator, not by the one asked.
"""

import http.client
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from ledger.errors import Busy, NotServed, Unreachable

SECONDS = 20.0
_PIECE = 64 * 1024
_ERRORS = (OSError, http.client.HTTPException, UnicodeError)


@dataclass(frozen=True)
class Answer:
    """A whole answer. `headers` have names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Client:
    """Speaks to one server over one connection, kept open between requests. One thread at a time."""

    def __init__(self, address: str, *, seconds: float = SECONDS) -> None:
        """`address` begins with http:// or https://; paths are appended to it. `seconds` is for a whole exchange."""
        try:
            parts = urlsplit(address)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise Unreachable(address, f"no address ({error})") from error
        if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment or parts.username:
            raise Unreachable(address, "no address that begins with http:// or https://")
        self.address = address.rstrip("/")
        self.seconds = seconds
        self._base = parts.path.rstrip("/")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(host, port, timeout=seconds)
        self._socket: socket.socket | None = None

    def get(self, path: str, *, most: int) -> bytes:
        """The body under a path, of at most `most` bytes. Raises `NotServed` (404, 410) and `Unreachable`."""
        answer = self.ask("GET", path, most=most)
        self._require_ok(path, answer.status, answer.headers)
        return answer.body

    def ask(self, method: str, path: str, body: bytes = b"", content_type: str = "", *, most: int) -> Answer:
        """One exchange; raises `Unreachable` unless a whole answer came in time."""
        headers = {"Content-Type": content_type} if content_type else {}
        with self._exchange(method, path, body, headers) as response:
            found = response.read(most + 1)
            if len(found) > most:
                self.close()
                raise self._unreachable(path, f"more than {most} bytes")
            _require_whole(response)
            return Answer(response.status, _lower(response), found)

    def stream(self, path: str) -> Iterator[bytes]:
        """The body under a path piece by piece, however large. Each piece has to come in time. Raises as `get`."""
        with self._exchange("GET", path, b"", {}, whole=False) as response:
            self._require_ok(path, response.status, _lower(response))
            while piece := self._piece(response):
                yield piece
            _require_whole(response)

    def _piece(self, response: http.client.HTTPResponse) -> bytes:
        late = threading.Event()
        try:
            with self._deadline(late):
                piece = response.read(_PIECE)
        except _ERRORS:
            if not late.is_set():
                raise
        if late.is_set():
            raise TimeoutError
        return piece

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _exchange(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str], *, whole: bool = True
    ) -> Iterator[http.client.HTTPResponse]:
        """Sends and hands out the answer. With `whole` everything has to be over within `seconds`, else its beginning has."""
        late = threading.Event()
        self._socket = None
        try:
            with self._deadline(late):
                response = self._send(method, path, body, {"Accept-Encoding": "identity", **headers}, late)
                if whole:
                    yield response
            if not whole:
                yield response
        except _ERRORS as error:
            self.close()
            in_time = not late.is_set() and not isinstance(error, TimeoutError)
            raise self._unreachable(path, _words(error) if in_time else self._late()) from error
        except BaseException:
            self.close()
            raise
        if late.is_set():
            self.close()
            raise self._unreachable(path, self._late())

    @contextmanager
    def _deadline(self, late: threading.Event) -> Iterator[None]:
        """Hangs up after `seconds`. A timeout of the socket alone begins anew with every byte."""
        timer = threading.Timer(self.seconds, self._hang_up, [late])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _send(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str], late: threading.Event
    ) -> http.client.HTTPResponse:
        kept = self._connection.sock is not None
        try:
            return self._try(method, path, body, headers)
        except (http.client.RemoteDisconnected, ConnectionError):
            # A kept connection may have been closed from the other side meanwhile. What is asked may be asked twice.
            # Not when we hung up: nothing would end the second try.
            self.close()
            if not kept or late.is_set():
                raise
        return self._try(method, path, body, headers)

    def _try(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        self._connection.request(method, self._base + path, body or None, headers)
        # An answer that closes the connection takes the socket with it, and has to be ended all the same.
        self._socket = self._connection.sock
        return self._connection.getresponse()

    def _hang_up(self, late: threading.Event) -> None:
        late.set()
        connected = self._connection.sock or self._socket
        if connected is not None:
            try:
                connected.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _unreachable(self, path: str, reason: str) -> Unreachable:
        return Unreachable(f"{self.address}{path}", reason)

    def _late(self) -> str:
        return f"no whole answer within {self.seconds:g} s"

    def _require_ok(self, path: str, status: int, headers: Mapping[str, str]) -> None:
        if status in {404, 410}:
            raise NotServed(f"{self.address}{path}", f"not there (status {status})")
        if status in {429, 503}:
            asked = headers.get("retry-after", "")
            seconds = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 5
            raise Busy(f"{self.address}{path}", f"busy (status {status})", seconds)
        if 300 <= status < 400:
            raise self._unreachable(path, f"leads on to {headers.get('location', 'elsewhere')}; give that address")
        if status != 200:
            raise self._unreachable(path, f"answers with status {status}")


def _require_whole(response: http.client.HTTPResponse) -> None:
    """`read` with a size does not complain when the body ends early."""
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)


def _lower(response: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.getheaders()}


def _words(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
