"""Copies what the distributor writes on the chain into `DistributionLog`, and takes back what a reorganisation took back.

Blocks are read once, in ranges, and the last one that was read is remembered with its hash. When the chain holds another
block at that height, the copy goes back to the newest event whose block still stands and reads on from there. What is in
the copy is the chain as it is now; whether it is final is for the reader to ask.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db import transaction

from chain import selectors as chain
from chain.client import Block, ChainClient
from chain.deployment import DistributionDeployment
from chain.distribution import DistributionEvent, distribution_events
from rewards.models import DistributionLog, Followed

# Blocks per question, which public nodes answer, and questions per call.
RANGE, QUESTIONS = 2_000, 50
# Seconds between two looks at a public chain, whose nodes count our calls.
INTERVAL = 30
# Whose wallet or account an event is about.
_ABOUT = ("account", "challenger")


def follow(now: datetime) -> int | None:
    """Read on; returns the last block that was read, which stands now. Raises the chain's errors; what was read until then
    stays.

    None when nothing is known of the chain as it is now: the node lags, the block changed under the reader, or another call
    on a public chain was just before this one.
    """
    made = chain.deployment().distribution
    if made is None or not _is_due(made):
        return None
    client = ChainClient.from_settings()
    reached: int | None = None
    for _ in range(QUESTIONS):
        head, at = client.latest(), _position(made, client)
        if at is None:
            return None
        reached = at.block_number
        if reached >= head.number:
            break
        reached = _read(at, client, min(head.number, at.block_number + RANGE))
        if reached is None:
            break
    return reached


def forget_pause() -> None:
    """Let the next `follow` look, however soon it comes."""
    cache.delete(_PAUSE)


_PAUSE = "rewards:followed"


def _is_due(made: DistributionDeployment) -> bool:
    return chain.is_embedded() or bool(cache.add(_PAUSE, made.distributor_address, INTERVAL))


def _position(made: DistributionDeployment, client: ChainClient) -> Followed | None:
    """The last block that was read and still stands; None while a lagging node does not show it."""
    row, _ = Followed.objects.get_or_create(
        distributor=made.distributor_address, defaults={"block_number": made.block - 1, "block_hash": ""}
    )
    if not row.block_hash:
        return row
    block = client.block(row.block_number)
    if block is not None and block.hash == row.block_hash:
        return row
    if block is None and not chain.is_embedded():
        return None
    return _step_back(row, made, client)


def _step_back(row: Followed, made: DistributionDeployment, client: ChainClient) -> Followed:
    """Forget events of blocks that are gone, and read again from the newest one that stands."""
    known = DistributionLog.objects.order_by("-block_number").values_list("block_number", "block_hash").distinct()
    standing: Block | None = None
    for number, value in known.iterator():
        block = client.block(number)
        if block is not None and block.hash == value:
            standing = block
            break
    with transaction.atomic():
        row.block_number = standing.number if standing else made.block - 1
        row.block_hash = standing.hash if standing else ""
        DistributionLog.objects.filter(block_number__gt=row.block_number).delete()
        row.save()
    return row


def _read(at: Followed, client: ChainClient, last: int) -> int | None:
    """Copy the events up to a block and return it; None when that block or the one before the range changed meanwhile."""
    block = client.block(last)
    if block is None:
        return None
    events = distribution_events(at.block_number + 1, last)
    if not _stands(client, at.block_number, at.block_hash) or not _stands(client, last, block.hash):
        return None
    with transaction.atomic():
        DistributionLog.objects.bulk_create(rows_of(events), ignore_conflicts=True)
        Followed.objects.filter(pk=at.pk).update(block_number=block.number, block_hash=block.hash)
    return block.number


def _stands(client: ChainClient, number: int, value: str) -> bool:
    """Whether the block with this hash is the chain's at that height; no hash is that of no block."""
    block = client.block(number) if value else None
    return not value or (block is not None and block.hash == value)


def rows_of(events: Iterable[DistributionEvent]) -> list[DistributionLog]:
    return [
        DistributionLog(
            block_number=event.block_number,
            block_hash=event.block_hash,
            log_index=event.log_index,
            transaction=event.transaction,
            kind=event.kind,
            epoch=event.epoch,
            wallet=next((str(event.values[name]).lower() for name in _ABOUT if event.values.get(name)), ""),
            values={name: _plain(value) for name, value in event.values.items()},
            time=event.time,
        )
        for event in events
    ]


def _plain(value: Any) -> Any:
    """As JSON holds it: hashes in hex, whole numbers, which may be wei, as decimal text."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str):
        # PostgreSQL's JSON cannot hold a NUL.
        return value.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return str(value) if isinstance(value, int) else value
