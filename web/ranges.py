"""Files as answers: whole or one range of them, in flat memory, with headers that make foreign bytes harmless.

RFC 9110: conditional requests (section 13), ranges (section 14). The validator is a strong ETag over the bytes, so a
download broken off resumes exactly. Several ranges at once are answered with the whole file, as the RFC allows.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

CHUNK = 1024 * 1024

SAFE_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
_RANGE = re.compile(r"bytes=[ \t]*(?:([0-9]{1,19})-([0-9]{0,19})|-([0-9]{1,19}))[ \t]*", re.ASCII)
_TAGS = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_UNSAFE_IN_NAMES = re.compile(r"[\x00-\x1f\x7f-\x9f/\\\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Span:
    """Bytes `start` up to, not including, `stop`."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        return self.stop - self.start


class NotSatisfiable(Exception):
    """The range begins beyond the end of the file."""


def parse_range(header: str, size: int) -> Span | None:
    """The one range a Range header asks for; None when it asks for none, several, or nothing readable.

    Raises NotSatisfiable (RFC 9110 section 14.1.2).
    """
    found = _RANGE.fullmatch(header)
    if not found:
        return None
    if found[3] is not None:
        return _suffix(int(found[3]), size)
    start, last = int(found[1]), int(found[2]) if found[2] else size - 1
    if found[2] and last < start:
        return None
    if start >= size:
        raise NotSatisfiable
    return Span(start, min(last + 1, size))


def _suffix(length: int, size: int) -> Span:
    if length == 0 or size == 0:
        raise NotSatisfiable
    return Span(max(0, size - length), size)


def matches(header: str, etag: str, *, weak: bool) -> bool:
    """Whether an If-Match (strong) or If-None-Match (weak) header names the strong tag `etag` (without quotes)."""
    if header.strip() == "*":
        return True
    return any(tag == etag and (weak or not prefix) for prefix, tag in _TAGS.findall(header))


def file_response(
    request: HttpRequest,
    path: Path,
    *,
    size: int,
    etag: str,
    filename: str,
    content_type: str = "application/octet-stream",
    cache_control: str = "private, no-cache",
) -> HttpResponseBase:
    """The file at `path`, `size` bytes long, for saving under `filename`.

    `etag` is the opaque tag without quotes (`sha256-<hex>`), and must name these bytes and no others. Answers GET with
    200, 206, 304, 412 or 416, HEAD with the same headers and no body. Raises FileNotFoundError.
    """
    status, span = _decide(request, size, etag)
    if status in {200, 206} and request.method != "HEAD":
        response: HttpResponseBase = _stream(request, path, span, status)
    else:
        response = HttpResponse(status=status)
    _describe(response, etag, filename, content_type, cache_control)
    if status in {200, 206}:
        response.headers["Content-Length"] = str(span.length)
    if status in {206, 416}:
        bounds = f"{span.start}-{span.stop - 1}" if status == 206 else "*"
        response.headers["Content-Range"] = f"bytes {bounds}/{size}"
    return response


def _decide(request: HttpRequest, size: int, etag: str) -> tuple[int, Span]:
    """Status and bytes, in the order of RFC 9110 section 13.2.2."""
    headers, whole = request.headers, Span(0, size)
    if "If-Match" in headers and not matches(headers["If-Match"], etag, weak=False):
        return 412, whole
    if "If-None-Match" in headers and matches(headers["If-None-Match"], etag, weak=True):
        return 304, whole
    if request.method != "GET" or "Range" not in headers:
        return 200, whole
    if "If-Range" in headers and headers["If-Range"].strip() != f'"{etag}"':
        return 200, whole
    try:
        span = parse_range(headers["Range"], size)
    except NotSatisfiable:
        return 416, whole
    return (206, span) if span else (200, whole)


def _describe(response: HttpResponseBase, etag: str, filename: str, content_type: str, cache_control: str) -> None:
    name = _UNSAFE_IN_NAMES.sub("_", filename) or "file"
    response.headers["Content-Type"] = content_type
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["ETag"] = f'"{etag}"'
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = cache_control
    # Compression would change the bytes that the ETag and the ranges speak of; the outermost middleware removes this.
    response.headers["Content-Encoding"] = "identity"
    for header, value in SAFE_HEADERS.items():
        response.headers[header] = value


def _stream(request: HttpRequest, path: Path, span: Span, status: int) -> StreamingHttpResponse:
    pieces = _Pieces(path, span)
    body: AsyncIterator[bytes] | Iterator[bytes] = _Async(pieces) if isinstance(request, ASGIRequest) else _Sync(pieces)
    return StreamingHttpResponse(body, status=status)


class _Pieces:
    """One span of an open file. Django closes it with the response, read or not."""

    def __init__(self, path: Path, span: Span) -> None:
        self._file = path.open("rb", buffering=0)
        self._at, self._stop = span.start, span.stop

    def read(self) -> bytes:
        """The next piece, at most CHUNK bytes; empty at the end. A file shorter than promised is an error."""
        if self._at >= self._stop:
            return b""
        piece = os.pread(self._file.fileno(), min(CHUNK, self._stop - self._at), self._at)
        if not piece:
            raise OSError(f"{self._file.name} ends at byte {self._at}, before {self._stop}")
        self._at += len(piece)
        return piece

    def close(self) -> None:
        self._file.close()


class _Sync(Iterator[bytes]):
    def __init__(self, pieces: _Pieces) -> None:
        self._pieces, self.close = pieces, pieces.close

    def __next__(self) -> bytes:
        piece = self._pieces.read()
        if not piece:
            raise StopIteration
        return piece


class _Async(AsyncIterator[bytes]):
    def __init__(self, pieces: _Pieces) -> None:
        self._pieces, self.close = pieces, pieces.close

    async def __anext__(self) -> bytes:
        piece = await asyncio.to_thread(self._pieces.read)
        if not piece:
            raise StopAsyncIteration
        return piece
