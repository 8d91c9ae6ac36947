"""Writes into the log what became of a distribution on the chain: once each, and only when the chain's event is final.

A proposal that the guardian cancelled, or whose challenge ran out, is only late: the epoch waits to be proposed again as it
is. One that was shown to lower an amount or to hold an account twice is dead, and its works count in the next epoch.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from chain import selectors as chain
from hub.accounts.services import to_milliseconds
from ledger import selectors as log
from rewards.events import FAULTS, record
from rewards.models import DistributionLog, Epoch

logger = logging.getLogger(__name__)
State = Epoch.State
KINDS = ("proposed", "challenged", "cancelled", "finalized")
TYPES = tuple(f"distribution.{kind}" for kind in KINDS)
# A block of the embedded chain is on disk by then, and no other may follow for long.
SETTLED = timedelta(seconds=30)
_REASON = 2_000
_AT_ONCE = 100


def record_outcomes(number: int, head: int, now: datetime) -> None:
    """Record what happened to an epoch's distribution in final blocks and is not in the log yet.

    `head` is the last block up to which the chain's events were read, as it stands now. An event that a lost chain repeats
    is recorded once: so many of each kind as there were. Nothing follows the end of a distribution that is final.
    """
    with transaction.atomic():
        row = Epoch.objects.select_for_update().get(pk=number)
        written, seen = _written(number), Counter[str]()
        for event in own_events(row):
            seen[event.kind] += 1
            if written["finalized"] or not _is_final(event, head, now):
                break
            if seen[event.kind] > written[event.kind]:
                _write(row, event, to_milliseconds(now))
                written[event.kind] += 1
        row.save()


def cancellations(number: int) -> int:
    """How often the epoch's own proposal was cancelled, as the log says."""
    return _written(number)["cancelled"]


def own_events(row: Epoch) -> Iterator[DistributionLog]:
    """The events of this epoch's own proposals, in order; those of a stranger's for the same epoch are passed over."""
    own = False
    events = DistributionLog.objects.filter(epoch=row.number, kind__in=KINDS).order_by("block_number", "log_index")
    for event in events:
        if event.kind in {"proposed", "finalized"}:
            own = is_own(row, event)
        if own:
            yield event


def is_own(row: Epoch, event: DistributionLog) -> bool:
    """Whether the event, which names a whole distribution, names the one computed here: the sums are part of it."""
    named = [event.values[name] for name in ("root", "manifest", "credited", "total")]
    return named == [row.root, row.manifest, str(int(row.credited_wei)), str(int(row.total_wei))]


def _written(number: int) -> Counter[str]:
    """How many outcomes of each kind the log holds for an epoch."""
    found, cursor = Counter[str](), ""
    while True:
        page = log.entries_about(f"epoch:{number}", types=TYPES, cursor=cursor, size=_AT_ONCE)
        found.update(entry.type.partition(".")[2] for entry in page.items)
        if not page.next_cursor:
            return found
        cursor = page.next_cursor


def _is_final(event: DistributionLog, head: int, now: datetime) -> bool:
    deep = head - event.block_number + 1 >= chain.confirmations_needed()
    return deep or (chain.is_embedded() and now - event.time >= SETTLED)


def _write(row: Epoch, event: DistributionLog, now: datetime) -> None:
    """One entry, and what it says about the row."""
    values = event.values
    data: dict[str, Any] = {"manifest": values.get("manifest", row.manifest), "root": values.get("root", row.root)}
    if event.kind == "proposed":
        data |= {"credited": values["credited"], "total": values["total"]}
        row.proposed = event.time
    elif event.kind == "cancelled":
        data["cause"] = values["cause"]
        dead = row.state == State.CANCELLED or values["cause"] in FAULTS
        row.state, row.ready, row.problem = (State.CANCELLED if dead else State.COMPUTED), None, ""
    elif event.kind == "finalized":
        row.state, row.finalized, row.problem = State.FINALIZED, event.time, ""
    reason = str(values.get("reason", ""))[:_REASON].strip()
    record(
        f"distribution.{event.kind}",
        subject=f"epoch:{row.number}",
        data=data,
        details={"reason": {"reason": reason}} if reason else None,
        now=now,
    )
    logger.info("the distribution of epoch %d was %s", row.number, event.kind)
