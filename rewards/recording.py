"""Writes into the log what became of a distribution on the chain: once each, and only when the chain's event is final."""

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from chain import selectors as chain
from hub.accounts.services import to_milliseconds
from ledger import selectors as log
from rewards.events import record
from rewards.models import DistributionLog, Epoch

logger = logging.getLogger(__name__)
State = Epoch.State
KINDS = ("proposed", "challenged", "cancelled", "finalized")
TYPES = tuple(f"distribution.{kind}" for kind in KINDS)
# A block of the embedded chain is on disk by then, and no other may follow for long.
SETTLED = timedelta(seconds=30)
_REASON = 2_000


def record_outcomes(number: int, head: int, now: datetime) -> None:
    """Record what happened to an epoch's distribution in final blocks and is not in the log yet. `head` is the newest block.

    An event that a lost chain repeats is recorded once: one proposal, one end, and as many challenges as there were.
    """
    with transaction.atomic():
        row = Epoch.objects.select_for_update().get(pk=number)
        entries = log.entries_about(f"epoch:{number}", types=TYPES, size=100).items
        written = Counter(entry.type.partition(".")[2] for entry in entries)
        seen: Counter[str] = Counter()
        for event in _own_events(row):
            seen[event.kind] += 1
            if seen[event.kind] > written[event.kind] and _is_final(event, head, now):
                if event.kind != "challenged" and written[event.kind]:
                    continue
                _write(row, event, to_milliseconds(now))
                written[event.kind] += 1
        row.save()


def _own_events(row: Epoch) -> Iterator[DistributionLog]:
    """The events of this epoch's own proposal, in order; those of a stranger's for the same epoch are passed over."""
    own = False
    events = DistributionLog.objects.filter(epoch=row.number, kind__in=KINDS).order_by("block_number", "log_index")
    for event in events:
        if event.kind == "proposed":
            own = (event.values["root"], event.values["manifest"]) == (row.root, row.manifest)
        if own:
            yield event


def is_cancelled(row: Epoch) -> bool:
    """Whether the chain, as it is now, shows that the epoch's own proposal was cancelled."""
    return any(event.kind == "cancelled" for event in _own_events(row))


def _is_final(event: DistributionLog, head: int, now: datetime) -> bool:
    deep = head - event.block_number + 1 >= chain.confirmations_needed()
    return deep or (chain.is_embedded() and now - event.time >= SETTLED)


def _write(row: Epoch, event: DistributionLog, now: datetime) -> None:
    """One entry, and what it says about the row."""
    data: dict[str, Any] = {"manifest": row.manifest, "root": row.root}
    if event.kind == "proposed":
        data |= {"credited": str(row.credited_wei), "total": str(row.total_wei)}
        row.proposed = event.time
    elif event.kind == "cancelled":
        data["cause"] = event.values["cause"]
        row.state, row.problem = State.CANCELLED, ""
    elif event.kind == "finalized":
        row.state, row.finalized, row.problem = State.FINALIZED, event.time, ""
    reason = str(event.values.get("reason", ""))[:_REASON].strip()
    record(
        f"distribution.{event.kind}",
        subject=f"epoch:{row.number}",
        data=data,
        details={"reason": {"reason": reason}} if reason else None,
        now=now,
    )
    logger.info("the distribution of epoch %d was %s", row.number, event.kind)
