"""Asks the chain anew about every transaction that the outbox remembers, from the first one on.

The daily audit compares anchors with the contract's events; this compares everything that was ever sent with its receipt.
"""

from collections.abc import Iterator

from django.db.models import QuerySet

from chain import deployment
from chain.client import ChainClient
from chain.models import ChainTransaction
from chain.places import Place, Places

State = ChainTransaction.State
# Receipts between two looks at what blocks are remembered.
_BATCH = 500
# One question for events spans at most so many blocks; nodes refuse more.
_BLOCKS = 2_000


def transactions_to_replay() -> int:
    """How many transactions `replay_outbox` asks about; each costs a call or two."""
    return _rows().count()


def replay_outbox() -> Iterator[str]:
    """What differs between the outbox and the chain: one sentence each. Raises the chain's errors.

    A transaction that was followed to another place while this ran is not a difference.
    """
    client, below = ChainClient.from_settings(), 0
    while rows := list(_rows().filter(pk__gt=below).order_by("pk")[:_BATCH]):
        below, places = rows[-1].pk, Places(client)
        for row in rows:
            found = list(_differences(row, places.of(row)))
            if found and _stands(row):
                yield from (f"transaction {row.key}: {words}" for words in found)


def block_ranges(newest: int) -> Iterator[tuple[int, int]]:
    """The blocks from the contract's deployment up to `newest`, in ranges that nodes answer for."""
    for first in range(deployment.current().block, newest + 1, _BLOCKS):
        yield first, min(first + _BLOCKS - 1, newest)


def _rows() -> "QuerySet[ChainTransaction]":
    return ChainTransaction.objects.filter(attempts__isnull=False).exclude(state=State.SIGNED).distinct()


def _differences(row: ChainTransaction, place: Place | None) -> Iterator[str]:
    if place is None:
        if row.block_number is not None:
            yield f"recorded in block {row.block_number}, not on the chain"
        return
    expected = "failed" if not place.succeeded else "mined or final"
    recorded = "failed" if row.state == State.FAILED else "mined or final"
    facts = (
        ("outcome", expected, recorded),
        ("hash", place.hash, row.mined_hash),
        ("block", place.block_number, row.block_number),
        ("block hash", place.block_hash, row.block_hash),
        ("gas", place.gas_used, row.gas_used),
    )
    for name, found, known in facts:
        if found != known:
            yield f"{name} {found} on the chain, {known} recorded"


def _stands(row: ChainTransaction) -> bool:
    columns = ("state", "mined_hash", "block_number", "block_hash", "gas_used")
    return ChainTransaction.objects.filter(pk=row.pk, **{name: getattr(row, name) for name in columns}).exists()
