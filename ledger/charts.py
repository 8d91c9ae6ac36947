"""The log in figures over time: entries by day, what an entry cost on the chain, how long finality took."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.core.cache import cache
from django.db.models import Count, F
from django.db.models.functions import TruncDate

from ledger.models import Anchor, Checkpoint, Entry

DAYS = 30
ANCHORS = 30
_KEPT = 60  # seconds


@dataclass(frozen=True)
class AnchorFigures:
    """One final anchor: the tree size it carried, how many entries, its gas, and seconds from sending to finality."""

    size: int
    transaction_hash: str
    entries: int
    gas: int
    seconds: int

    @property
    def gas_each(self) -> float:
        return self.gas / self.entries


def entries_by_day(now: datetime, days: int = DAYS) -> list[tuple[date, int]]:
    """How many entries each of the last days (UTC) has, the oldest first; at most a minute old."""
    first = now.astimezone(UTC).date() - timedelta(days=days - 1)
    key = f"ledger.by_day/{first}/{days}"
    found: dict[date, int] | None = cache.get(key)
    if found is None:
        found = _counted(datetime(first.year, first.month, first.day, tzinfo=UTC))
        cache.set(key, found, _KEPT)
    return [(day, found.get(day, 0)) for day in (first + timedelta(days=n) for n in range(days))]


def _counted(since: datetime) -> dict[date, int]:
    """An entry is published after its time, so none since then lies under a checkpoint from before."""
    before = Checkpoint.objects.filter(published__lt=since).order_by("-size").first()
    rows = Entry.objects.filter(time__gte=since, leaf_index__gte=before.size if before else 0)
    counted = rows.order_by().annotate(day=TruncDate("time", tzinfo=UTC)).values_list("day").annotate(n=Count("pk"))
    return dict(counted)


def last_anchors(most: int = ANCHORS) -> Sequence[AnchorFigures]:
    """The last final anchors, the oldest first."""
    rows = Anchor.objects.filter(final__isnull=False, gas_used__isnull=False, checkpoint__gt=F("previous_size"))
    found = [
        AnchorFigures(
            size=row.checkpoint_id,
            transaction_hash=row.transaction_hash,
            entries=row.checkpoint_id - row.previous_size,
            gas=row.gas_used or 0,
            seconds=max(0, round(((row.final or row.sent) - row.sent).total_seconds())),
        )
        for row in rows.order_by("-checkpoint")[:most]
    ]
    return found[::-1]
