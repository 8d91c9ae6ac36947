"""One HTTP request and its answer on the bare ASGI interface (asgi.readthedocs.io, HTTP spec 2.x)."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from web import problems, requestids
from web.problems import Problem

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# After a refusal the rest of the body is read and thrown away for a while: closing at once would reset the connection
# and lose the answer that the client has not read yet (RFC 9112 section 9.6).
LINGER_SECONDS = 30.0
LINGER_IDLE_SECONDS = 5.0
LINGER_BYTES = 64 * 1024 * 1024

SAFE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def header(scope: Scope, name: str) -> str:
    """A request header's value, by lower-case name; several are joined with commas; empty when absent."""
    wanted = name.encode("latin-1")
    return ", ".join(value.decode("latin-1") for key, value in scope["headers"] if key == wanted)


@dataclass(frozen=True)
class Answer:
    """What a route answers: `data` as JSON, bytes as they are, None for no body."""

    status: int = 200
    data: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    def body(self) -> bytes:
        if self.data is None:
            return b""
        return self.data if isinstance(self.data, bytes) else problems.as_json(self.data)


class Exchange:
    """Reads one request's body at the caller's pace and sends one answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.body_ended = False
        self._receive = receive
        self._send = send

    @cached_property
    def request_id(self) -> str:
        return requestids.choose(header(self.scope, requestids.HEADER.lower()) or None)

    @cached_property
    def announced(self) -> int | None:
        """The body's size by Content-Length in bytes; None when it is absent or not a number."""
        value = header(self.scope, "content-length")
        return int(value) if value.isascii() and value.isdigit() else None

    @property
    def has_body(self) -> bool:
        return bool(self.announced) or "chunked" in header(self.scope, "transfer-encoding").lower()

    async def receive(self) -> Message:
        """The server's next message, as it is."""
        message = await self._receive()
        self.body_ended = not message.get("more_body", False)
        return message

    async def read(self, seconds: float) -> bytes | None:
        """The next piece of the body; None once the client has gone. TimeoutError when nothing comes for `seconds`."""
        async with asyncio.timeout(seconds):
            message = await self.receive()
        return None if message["type"] == "http.disconnect" else bytes(message.get("body", b""))

    async def answer(self, answer: Answer) -> None:
        """Send the answer. If part of the body is unread, let the client finish reading and close the connection."""
        body = answer.body()
        unread = self.has_body and not self.body_ended
        await self._send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": self._headers(answer, len(body), unread),
            }
        )
        await self._send({"type": "http.response.body", "body": body, "more_body": unread})
        if unread:
            await self._linger()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def refuse(self, problem: Problem) -> None:
        document = problem.body(instance=self.scope["path"], request_id=self.request_id)
        await self.answer(Answer(problem.status, document, problem.headers, problems.CONTENT_TYPE))

    def _headers(self, answer: Answer, size: int, close: bool) -> list[tuple[bytes, bytes]]:
        named = {**SAFE_HEADERS, requestids.HEADER: self.request_id, **answer.headers}
        if answer.status not in {204, 304}:
            named["Content-Length"] = str(size)
        if size:
            named["Content-Type"] = answer.content_type
        if close and self.scope.get("http_version", "1.1").startswith("1"):
            named["Connection"] = "close"
        return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in named.items()]

    async def _linger(self) -> None:
        left = LINGER_BYTES
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while left > 0 and not self.body_ended:
                    left -= len(await self.read(LINGER_IDLE_SECONDS) or b"")
