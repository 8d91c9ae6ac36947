"""The receiver of big bodies: an ASGI application in front of Django.

Django under ASGI spools a whole body before any view runs. So the routes that take big bodies are answered here: a
gate decides before one byte of the body is read; the body then streams to a temporary file while SHA-256 runs over it;
`finish` gets the file. Memory per body is about twice `CHUNK`, whatever the body's size. All other routes go to the
application behind, with a small cap on their bodies; websocket and lifespan pass through untouched. Who gets a place
and how fast a body must come stands in `web.places`.

Guarantees: `finish` sees a body only when all of it arrived, within its cap, and is on disk (fsync). The temporary file
is gone after `finish`, after a refusal, and after the client has gone; `finish` keeps the bytes by moving the file.
"""

import asyncio
import hashlib
import logging
import os
import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation

from web import languages, limits, requestids
from web.exchange import Answer, Application, Exchange, Message, Receive, Scope, Send, header
from web.places import BODIES_AT_ONCE, BODIES_OF_ONE, Gone, Pace, Places
from web.problems import Problem, problem_for, standard
from web.threads import in_thread

__all__ = ["Answer", "ReceivedBody", "Receiver", "Refusal", "Route", "Scope", "Ticket", "remove_abandoned"]

log = logging.getLogger(__name__)

CHUNK = 1024 * 1024
PREFIX = "incoming-"


@dataclass(frozen=True)
class Ticket:
    """What the gate learnt, handed to `finish`. `cap` (bytes) narrows the route's cap for this one body.

    `sender` names the account that sends, by which places are shared out; empty for nobody, who is an address.
    """

    facts: Any = None
    cap: int | None = None
    sender: str = ""


@dataclass(frozen=True)
class Refusal:
    """The gate's no. The gate may as well raise a `Problem` or an error that a room registered."""

    problem: Problem


@dataclass(frozen=True)
class ReceivedBody:
    """A whole body on disk. `finish` may move the file away; what stays at `path` is removed afterwards."""

    path: Path
    sha256: str
    size: int


Gate = Callable[[Scope, "re.Match[str]"], Awaitable[Ticket | Refusal]]
Finish = Callable[[Ticket, ReceivedBody], Answer]


@dataclass(frozen=True)
class Route:
    """A route that takes a big body. `regex` matches the whole decoded path; `cap` is in bytes.

    `gate` runs on the event loop and must not block (`web.threads.in_thread` helps); `finish` runs in a thread with
    database connections that are given back afterwards.
    """

    method: str
    regex: re.Pattern[str]
    gate: Gate
    finish: Finish
    cap: int


class _OverCap(Exception):
    """The application behind read more than an ordinary body may have."""


class _Sink:
    """A temporary file that knows the SHA-256 and size of what was written. Its methods block."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{PREFIX}{secrets.token_hex(16)}"
        self._file = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        self._hash = hashlib.sha256()
        self._size = 0
        self._open = True

    def write(self, chunk: bytes) -> None:
        self._hash.update(chunk)
        self._size += len(chunk)
        left = memoryview(chunk)
        while left:
            left = left[os.write(self._file, left) :]

    def finish(self, last: bytes) -> ReceivedBody:
        self.write(last)
        os.fsync(self._file)
        self._close()
        return ReceivedBody(self.path, self._hash.hexdigest(), self._size)

    def discard(self) -> None:
        """Close and remove the file, unless it was moved away."""
        self._close()
        self.path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._open:
            self._open = False
            os.close(self._file)


class Receiver:
    """The ASGI application. `bodies` is how many bodies one process takes at once, `of_one` how many of one sender."""

    def __init__(
        self,
        app: Application,
        routes: Sequence[Route],
        *,
        folder: Path | None = None,
        body_cap: int | None = None,
        bodies: int = BODIES_AT_ONCE,
        of_one: int = BODIES_OF_ONE,
    ) -> None:
        self.app = app
        self.routes = tuple(routes)
        self.folder = folder or settings.UPLOAD_DIR / "incoming"
        self.body_cap = settings.BODY_CAP if body_cap is None else body_cap
        self._places = Places(bodies, of_one)
        self._threads = ThreadPoolExecutor(bodies, thread_name_prefix="receiver")
        self.folder.mkdir(parents=True, exist_ok=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        for route in self.routes:
            match = route.regex.fullmatch(scope["path"]) if route.method == scope["method"] else None
            if match:
                await self._serve(route, match, Exchange(scope, receive, send))
                return
        await self._pass_on(scope, receive, send)

    # --- routes with big bodies ------------------------------------------------------------------

    async def _serve(self, route: Route, match: "re.Match[str]", exchange: Exchange) -> None:
        scope = exchange.scope
        requestids.current.set(exchange.request_id)
        language = languages.of_headers(
            cookie=header(scope, "cookie"), accept_language=header(scope, "accept-language")
        )
        with translation.override(language):
            try:
                answer = await self._answer(route, match, exchange)
            except Gone:
                return
            except Exception as error:
                await exchange.refuse(self._problem(error, scope))
            else:
                await exchange.answer(answer)

    async def _answer(self, route: Route, match: "re.Match[str]", exchange: Exchange) -> Answer:
        ticket = await route.gate(exchange.scope, match)
        if isinstance(ticket, Refusal):
            raise ticket.problem
        cap = route.cap if ticket.cap is None else min(route.cap, ticket.cap)
        if (exchange.announced or 0) > cap:
            raise too_large(cap)
        with self._places.take(ticket.sender or _address(exchange.scope)):
            return await self._take(route, ticket, cap, exchange)

    async def _take(self, route: Route, ticket: Ticket, cap: int, exchange: Exchange) -> Answer:
        sink = await self._in_thread(_Sink, self.folder)
        try:
            body = await self._stream(exchange, sink, cap)
            return await in_thread(route.finish, ticket, body, executor=self._threads)
        finally:
            await asyncio.shield(self._in_thread(sink.discard))

    async def _stream(self, exchange: Exchange, sink: _Sink, cap: int) -> ReceivedBody:
        """Receive the next chunk while a thread hashes and writes the one before it."""
        buffer, size, pace = bytearray(), 0, Pace(exchange)
        writing: asyncio.Future[None] | None = None
        try:
            while not exchange.body_ended:
                piece = await pace.next_piece()
                size += len(piece)
                if size > cap:
                    raise too_large(cap)
                buffer += piece
                if len(buffer) >= CHUNK:
                    if writing:
                        await writing
                    writing, buffer = self._in_thread(sink.write, bytes(buffer)), bytearray()
        finally:
            if writing:
                await asyncio.wait([writing])
        if writing:
            writing.result()
        if exchange.announced not in (None, size):
            raise standard(400)
        body: ReceivedBody = await self._in_thread(sink.finish, bytes(buffer))
        return body

    def _in_thread(self, function: Callable[..., Any], *args: object) -> "asyncio.Future[Any]":
        return asyncio.get_running_loop().run_in_executor(self._threads, function, *args)

    def _problem(self, error: Exception, scope: Scope) -> Problem:
        problem = problem_for(error)
        if problem is None or problem.status >= 500:
            log.error("%s %s failed", scope["method"], scope["path"], exc_info=error)
        return problem or standard(500)

    # --- all other routes ------------------------------------------------------------------------

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, send)
        if (exchange.announced or 0) > self.body_cap:
            await exchange.refuse(too_large(self.body_cap))
            return
        size, started = 0, False

        async def counted() -> Message:
            nonlocal size
            message = await exchange.receive()
            size += len(message.get("body", b""))
            if size > self.body_cap:
                raise _OverCap
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, counted, watched)
        except _OverCap:
            if started:
                raise
            await exchange.refuse(too_large(self.body_cap))


def _address(scope: Scope) -> str:
    """The caller's network, for routes that take bodies from anybody."""
    client = scope.get("client")
    return limits.network(client[0] if client else "")


def too_large(cap: int) -> Problem:
    return standard(413, limit=cap)


def remove_abandoned(folder: Path, before: float) -> int:
    """Remove temporary files last written before `before` (Unix time), which a killed process left; how many."""
    removed = 0
    for path in folder.glob(f"{PREFIX}*"):
        try:
            if path.stat().st_mtime < before:
                path.unlink()
                removed += 1
        except FileNotFoundError:
            continue
    return removed
