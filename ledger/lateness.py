"""Since when something about the log is late: the moments behind the ages that alarms watch. None while nothing is."""

from datetime import datetime

from django.db.models import Min

from ledger import progress
from ledger.models import AuditRun, Checkpoint, Entry, Log, Mismatch


def without_number() -> datetime | None:
    """When the oldest entry was recorded that has no number yet."""
    return Entry.objects.filter(leaf_index__isnull=True).order_by("id").values_list("time", flat=True).first()


def unpublished() -> datetime | None:
    """When the oldest numbered entry was recorded that no checkpoint covers."""
    log, last = Log.objects.first(), progress.latest_checkpoint()
    covered = last.size if last else 0
    if log is None or log.size <= covered:
        return None
    return Entry.objects.filter(leaf_index=covered).values_list("time", flat=True).first()


def not_final() -> datetime | None:
    """When the oldest checkpoint was published that lies above the last final anchor."""
    last = progress.last_anchor(final=True)
    waiting = Checkpoint.objects.filter(size__gt=last.size if last else 0).order_by("size")
    return waiting.values_list("published", flat=True).first()


def disagreeing() -> datetime | None:
    """When the oldest open disagreement was first seen."""
    found: datetime | None = Mismatch.objects.filter(resolved__isnull=True).aggregate(since=Min("first_seen"))["since"]
    return found


def replayed() -> datetime | None:
    """When the whole log was last recomputed from its first leaf and compared with everything."""
    full = AuditRun.objects.filter(finished__isnull=False, full=True).order_by("-id")
    return full.values_list("finished", flat=True).first()
