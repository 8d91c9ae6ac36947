"""The log in numbers, for probes and alarms. All are read from the database when they are asked for."""

from datetime import datetime
from math import nan

from django.utils import timezone

from ledger import progress, selectors, storage, witnesses
from ledger.errors import LedgerError
from ledger.models import Checkpoint, Entry, Log, Mismatch
from web.health import register_gauge, register_probe


def must_be_readable() -> None:
    """Raises unless the log exists and its files, once there are any, can be read."""
    if not Log.objects.exists():
        raise LedgerError("There is no log yet.")
    if Checkpoint.objects.exists() and storage.store().checkpoint() is None:
        raise LedgerError("The published checkpoint cannot be read.")


def tree_size() -> float:
    log = Log.objects.first()
    return log.size if log else 0


def checkpoint_size() -> float:
    last = progress.latest_checkpoint()
    return last.size if last else 0


def checkpoint_age() -> float:
    last = progress.latest_checkpoint()
    return _age(last.published if last else None)


def pending_age() -> float:
    """Seconds for which the oldest entry has waited for the sequencer; 0 when none waits."""
    oldest = Entry.objects.filter(leaf_index__isnull=True).order_by("id").values_list("time", flat=True).first()
    return 0 if oldest is None else _age(oldest)


def final_size() -> float:
    last = progress.last_anchor(final=True)
    return last.size if last else 0


def final_wait() -> float:
    """Seconds for which the oldest checkpoint above the last final anchor has waited for one; 0 when none waits."""
    waiting = Checkpoint.objects.filter(size__gt=final_size()).order_by("size").first()
    return 0 if waiting is None else _age(waiting.published)


def open_mismatches() -> float:
    return Mismatch.objects.filter(resolved__isnull=True).count()


def audit_age() -> float:
    last = selectors.last_audit()
    return _age(last.finished if last else None)


def _age(moment: datetime | None) -> float:
    """Seconds; NaN when it has not happened yet."""
    return nan if moment is None else max(0.0, (timezone.now() - moment).total_seconds())


def register() -> None:
    register_probe("log", must_be_readable)
    register_gauge("akashi_log_size", "Entries that have their place in the log", tree_size)
    register_gauge("akashi_entries_pending", "Entries that wait for the sequencer", selectors.pending_count)
    register_gauge("akashi_pending_age_seconds", "Seconds the oldest entry waits for the sequencer", pending_age)
    register_gauge("akashi_checkpoint_size", "Tree size of the last checkpoint", checkpoint_size)
    register_gauge("akashi_checkpoint_age_seconds", "Seconds since the last checkpoint was published", checkpoint_age)
    register_gauge(
        "akashi_witnessed_size", "Tree size of the last checkpoint with enough cosignatures", witnesses.witnessed_size
    )
    register_gauge("akashi_witness_size", "Tree size that each witness cosigned last", witnesses.sizes, label="witness")
    register_gauge("akashi_final_size", "Tree size under the last final anchor", final_size)
    register_gauge("akashi_final_wait_seconds", "Seconds the oldest checkpoint waits for a final anchor", final_wait)
    register_gauge("akashi_mismatches_open", "Disagreements of database, log and chain that are open", open_mismatches)
    register_gauge("akashi_audit_age_seconds", "Seconds since the last audit was finished", audit_age)
