"""The running check: do the tables, the log, its files and the chain still agree?

Upper rooms say with `register_expected_rows` what each entry leaves behind in their tables. After each checkpoint the entries
it added and the earlier ones about the same subjects are compared; once a day every entry is, rows that no entry speaks
about are looked for, and the whole log is recomputed. What differs is listed in public until a later audit finds it equal again.
"""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F

from ledger import entry as format
from ledger import storage, values
from ledger.comparing import Comparison
from ledger.errors import BadEntry
from ledger.expecting import (
    ERASED,
    Addressed,
    Deviation,
    ExpectedRow,
    SpokenFor,
    recomputed,
    register_addressed,
    register_expected_rows,
    register_recomputed,
    register_related,
    register_spoken_for,
    register_stray,
)
from ledger.log_checks import check_log
from ledger.mismatches import Finding, about_entry, from_deviation, from_difference, settle
from ledger.models import AuditRun, Details, Entry, Mismatch
from ledger.publisher import last_head
from ledger.records import EntryView
from ledger.selectors import to_view
from ledger.soundness import faults
from ledger.storage import Store
from ledger.unsaid import ROW_CHECKS, find_unsaid

__all__ = [
    "ERASED",
    "Addressed",
    "Deviation",
    "ExpectedRow",
    "SpokenFor",
    "audit_full",
    "audit_touched",
    "register_addressed",
    "register_expected_rows",
    "register_recomputed",
    "register_related",
    "register_spoken_for",
    "register_stray",
]

logger = logging.getLogger(__name__)

WINDOW = 500
# How many earlier entries about the touched subjects are compared again; the daily audit compares them all.
HISTORY = 2_000
RECHECK = timedelta(seconds=30)
KEPT_RUNS = 1_000
_AUDITING = 0x616B_6173_6869_2061


def audit_touched(now: datetime, store: Store | None = None) -> AuditRun | None:
    """Compare what the checkpoints since the last audit touched, and everything that is open as a mismatch.

    Writes nothing and returns None when nothing was touched, or while another audit runs.
    """
    last = AuditRun.objects.filter(finished__isnull=False).order_by("-id").first()
    start, end = last.upto if last else 0, last_head().size
    open_since = last.started if last and Mismatch.objects.filter(resolved__isnull=True).exists() else None
    if start >= end and (open_since is None or now < open_since + RECHECK):
        return None
    return _audit(now, store, start, end, full=False)


def audit_full(now: datetime, store: Store | None = None) -> AuditRun | None:
    """Compare every entry, and recompute the log from its entries. Returns None while another audit runs."""
    run = _audit(now, store, 0, last_head().size, full=True)
    if run is not None:
        _forget_old_runs()
    return run


def _audit(now: datetime, store: Store | None, start: int, end: int, *, full: bool) -> AuditRun | None:
    with transaction.atomic():
        if not _alone():
            return None
        run = AuditRun.objects.create(started=now, full=full, upto=max(start, end))
        findings: list[Finding] = []
        comparison = Comparison()
        for rows in _windows(start, end, full=full):
            run.entries += len(rows)
            findings += differences(rows, comparison)
        if full:
            findings += find_unsaid()
        log = check_log(store or storage.store(), full=full)
        unchecked = frozenset(log.unchecked if full else {*log.unchecked, *ROW_CHECKS})
        run.mismatches = settle(findings + log.findings, now, unchecked=unchecked)
        run.chain_checked = "chain head" in log.made
        run.finished = now
        run.save()
    if run.mismatches:
        logger.error("%d mismatches are open after the audit", run.mismatches)
    return run


def _alone() -> bool:
    """Whether this transaction is the only one auditing; the lock ends with it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_AUDITING])
        return bool(cursor.fetchone()[0])


def _windows(start: int, end: int, *, full: bool) -> Iterator[list[Entry]]:
    """The entries to compare, in the order of the log within each window."""
    rows = Entry.objects.prefetch_related("detail_groups", "mentions").order_by("leaf_index", "id")
    for first in range(start, end, WINDOW):
        yield list(rows.filter(leaf_index__gte=first, leaf_index__lt=min(first + WINDOW, end)))
    others = set(_spoilt_pending())
    if not full:
        others.update(_history(start, end))
        others.update(
            Mismatch.objects.filter(resolved__isnull=True, entry__isnull=False).values_list("entry", flat=True)
        )
    ids = sorted(others)
    for place in range(0, len(ids), WINDOW):
        yield list(rows.filter(id__in=ids[place : place + WINDOW]))


def _history(start: int, end: int) -> Iterable[int]:
    """The newest earlier entries whose subjects the entries `start` to `end` are about."""
    touched = Entry.objects.filter(leaf_index__gte=start, leaf_index__lt=end).values("subject").distinct()
    earlier = Entry.objects.filter(leaf_index__lt=start, mentions__subject__in=touched, subject=F("mentions__subject"))
    return earlier.order_by("-leaf_index").values_list("id", flat=True)[:HISTORY]


def _spoilt_pending() -> list[int]:
    """Pending entries that the sequencer leaves out because their bytes have changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            r"SELECT id FROM ledger_entry WHERE leaf_index IS NULL AND leaf_hash <> sha256('\x00'::bytea || body)"
        )
        return [row[0] for row in cursor.fetchall()]


def differences(rows: list[Entry], comparison: Comparison) -> Iterator[Finding]:
    """What is wrong with these entries, and what differs from them in the tables. Reads only."""
    sound: list[EntryView] = []
    for row in rows:
        view = to_view(row)
        spoilt = list(_spoilt(row, view))
        yield from spoilt
        if not spoilt:
            sound.append(view)
    yield from map(from_difference, comparison.compare(sound))
    for view in sound:
        yield from (from_deviation(view, deviation) for deviation in recomputed(view))


def _spoilt(row: Entry, view: EntryView) -> Iterator[Finding]:
    """What is wrong with the stored entry itself: its bytes, what was derived from them, its details."""
    found = [about_entry(view, *fault) for fault in faults(view)]
    yield from found
    if any(finding.column == "body" for finding in found):
        return
    parsed = format.parse(view.body)
    subjects, mentions = {parsed.subject, *view.related}, {mention.subject for mention in row.mentions.all()}
    if subjects != mentions:
        public = frozenset(subjects)
        words = (values.shown(sorted(each), public) for each in (subjects, mentions))
        yield about_entry(view, "mentions", *words)
    for group in row.detail_groups.all():
        expected, actual = parsed.details.get(group.group), _digest(group)
        if actual is not None and actual != expected:
            yield about_entry(view, f"details.{group.group}", (expected or b"").hex(), values.WITHHELD)


def _digest(group: Details) -> bytes | None:
    """The digest that a details group has now; None if it is erased."""
    if group.salt is None or group.body is None:
        return None
    try:
        return format.group_digest(bytes(group.body), bytes(group.salt))
    except BadEntry:
        return b""


def _forget_old_runs() -> None:
    """The daily audits are kept; of the others only the newest."""
    newest = AuditRun.objects.filter(full=False).order_by("-id").values_list("id", flat=True)[KEPT_RUNS:]
    oldest_kept = next(iter(newest), None)
    if oldest_kept is not None:
        AuditRun.objects.filter(full=False, id__lte=oldest_kept).delete()
