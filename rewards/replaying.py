"""The whole chain beside what the hub remembers of it: heads, transactions, and what the distributor wrote down."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from chain import replaying
from chain import selectors as chain
from chain import services as chain_services
from chain.distribution import distribution_events
from ledger.replaying import replay_heads
from rewards.following import rows_of
from rewards.models import DistributionLog, Followed

_COLUMNS = ("block_number", "log_index", "block_hash", "transaction", "kind", "epoch", "wallet", "values")
# A daily replay asks at most about so many transactions; beyond that the command is for it.
DAILY = 5_000


@dataclass
class Replay:
    """What was compared, and one sentence for each difference."""

    first_block: int
    last_block: int
    transactions: int
    differences: list[str] = field(default_factory=list)


def replay_chain(now: datetime) -> Replay:
    """Compare everything from the contract's deployment on, and write the result down for `/status`.

    Raises the chain's errors; then the last result stays.
    """
    facts = chain.chain_facts()
    found = Replay(chain.deployment().block, facts.block_number, replaying.transactions_to_replay())
    for differences in (replay_heads(found.last_block), replaying.replay_outbox(), _replay_distribution()):
        found.differences += differences
    chain_services.note_replay(
        now,
        first=found.first_block,
        last=found.last_block,
        transactions=found.transactions,
        differences=len(found.differences),
    )
    return found


def is_cheap() -> bool:
    return replaying.transactions_to_replay() <= DAILY


def _replay_distribution() -> Iterator[str]:
    """What the distributor wrote down, as far as it was read, beside the copy of it."""
    made = chain.deployment().distribution
    read = Followed.objects.filter(distributor=made.distributor_address).first() if made else None
    if made is None or read is None:
        return
    recorded = {(row.block_number, row.log_index): row for row in DistributionLog.objects.all()}
    for first, last in replaying.block_ranges(read.block_number):
        for row in rows_of(distribution_events(max(first, made.block), last)) if last >= made.block else []:
            known = recorded.pop((row.block_number, row.log_index), None)
            name = f"{row.kind} in block {row.block_number} ({row.transaction})"
            if known is None:
                yield f"{name} is on the chain and was not recorded"
            elif any(getattr(known, column) != getattr(row, column) for column in _COLUMNS):
                yield f"{name} is recorded otherwise"
    for row in recorded.values():
        if row.block_number <= read.block_number:
            yield f"{row.kind} in block {row.block_number} is recorded and not on the chain"
