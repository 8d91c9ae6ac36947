"""Places for big bodies: how many are taken at once, how many of one sender, and how fast a body must come.

So a few slow senders cannot keep everybody else out. What is here belongs to one process and its event loop.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext_lazy as _

from web.exchange import Exchange
from web.problems import standard

BODIES_AT_ONCE = 32
BODIES_OF_ONE = 8
# Each `RATE_BYTES` of a body must come within `RATE_SECONDS`, or the sender gives up its place: about 4 KiB a second.
RATE_BYTES = 128 * 1024
RATE_SECONDS = 30.0
# Seconds after which a sender without a place may try again.
RETRY_BUSY = 2


class Gone(Exception):
    """The client closed the connection before its body ended."""


class Places:
    """So many places, and at most `of_one` of them for one sender."""

    def __init__(self, total: int, of_one: int) -> None:
        self.total = total
        self.of_one = of_one
        self._taken: Counter[str] = Counter()

    @contextmanager
    def take(self, sender: str) -> Iterator[None]:
        """Hold a place while the `with` block runs. Raises the problem 429 for the sender's share, 503 for all places."""
        if self._taken[sender] >= self.of_one:
            words = _("You are sending as many files at once as one sender may. This one can follow in a moment.")
            raise standard(429, words, retry_after=RETRY_BUSY)
        if self._taken.total() >= self.total:
            raise standard(503, _("Many files are being received just now. Please try again."), retry_after=RETRY_BUSY)
        self._taken[sender] += 1
        try:
            yield
        finally:
            self._taken[sender] -= 1
            if not self._taken[sender]:
                del self._taken[sender]


class Pace:
    """Reads a body that has to keep coming. Only time spent waiting for the sender counts."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._begin()

    def _begin(self) -> None:
        self._left, self._size = RATE_SECONDS, 0

    async def next_piece(self) -> bytes:
        """The next bytes of the body. Raises Gone, and the problem 408 for a body that comes too slowly."""
        began = asyncio.get_running_loop().time()
        try:
            piece = await self._exchange.read(self._left)
        except TimeoutError:
            raise standard(408) from None
        if piece is None:
            raise Gone
        self._left -= asyncio.get_running_loop().time() - began
        self._size += len(piece)
        if self._size >= RATE_BYTES:
            self._begin()
        return piece
