"""What the ledger tells other rooms about its entries. Reads only; everything it hands out is frozen.

How far entries have come, checkpoints and anchors are in `ledger.progress`, proofs and bundles in `ledger.proofs`; both are
offered here as well.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Prefetch, Q, QuerySet

from ledger.errors import NotFound
from ledger.models import AuditRun, Checkpoint, Details, Entry, Mismatch
from ledger.progress import (
    anchor_by_transaction,
    anchors,
    checkpoint_at,
    checkpoints,
    entry_status,
    last_anchor,
    latest_checkpoint,
    log_disagrees,
    log_facts,
    statuses,
)
from ledger.proofs import bundle, checked_inclusion, checkpoint_signers, consistency_proof, inclusion_proof
from ledger.records import AuditView, EntryView, MismatchView
from ledger.succession import predecessor
from ledger.witnesses import witnesses
from web.pagination import SIZE, Page, keyset

__all__ = [
    "anchor_by_transaction",
    "anchors",
    "bundle",
    "checked_inclusion",
    "checkpoint_at",
    "checkpoint_signers",
    "checkpoints",
    "consistency_proof",
    "entries_about",
    "entries_between",
    "entries_by_actor",
    "entries_by_uid",
    "entries_of_types",
    "entries_with_subject",
    "entry_by_index",
    "entry_by_uid",
    "entry_status",
    "find_entry",
    "find_leaf",
    "inclusion_proof",
    "last_anchor",
    "last_audit",
    "last_index",
    "later_entries",
    "latest_checkpoint",
    "log_disagrees",
    "log_facts",
    "open_mismatches",
    "pending_count",
    "predecessor",
    "recorded_types",
    "sequenced_entries",
    "statuses",
    "to_view",
    "witnesses",
    "written_since",
]

LARGEST_INDEX = 2**63 - 1
# From an act to the checkpoint over its entry: seconds, and never so long.
LONGEST_WAY = timedelta(days=7)
_END = datetime.max.replace(tzinfo=UTC) - LONGEST_WAY


# --- entries -------------------------------------------------------------------------------------
def find_entry(index: int) -> EntryView | None:
    """The entry at a leaf index, or None when the log does not go that far."""
    return _one(Q(leaf_index=index)) if 0 <= index <= LARGEST_INDEX else None


def find_leaf(leaf_hash: bytes) -> EntryView | None:
    """The sequenced entry with this leaf hash, or None."""
    return _one(Q(leaf_hash=leaf_hash, leaf_index__isnull=False))


def entry_by_index(index: int) -> EntryView:
    """The entry at a leaf index; raises `NotFound`."""
    return _required(find_entry(index))


def entry_by_uid(uid: UUID) -> EntryView:
    """The entry with this id, sequenced or not; raises `NotFound`."""
    return _required(_one(Q(uid=uid)))


def entries_by_uid(uids: Iterable[UUID]) -> dict[UUID, EntryView]:
    """Many entries in two queries; ids that do not exist are left out."""
    return {entry.uid: to_view(entry) for entry in _with_details().filter(uid__in=list(uids))}


def entries_about(
    subject: str, *, types: Sequence[str] = (), actor: str = "", cursor: str = "", size: int = SIZE
) -> Page[EntryView]:
    """Entries with this subject or related to it, newest first, pending ones included; perhaps only some types or one actor's.

    Raises `web.errors.BadCursor`.
    """
    found = _with_details().filter(mentions__subject=subject)
    if types:
        found = found.filter(type__in=types)
    if actor:
        found = found.filter(actor=actor)
    return _page(found, ("-id",), cursor, size)


def sequenced_entries(
    *,
    type: str = "",
    actor: str = "",
    subject: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str = "",
    size: int = SIZE,
) -> Page[EntryView]:
    """Entries that have their place, newest first, perhaps only of one type, actor or subject, or of some days.

    `until` is exclusive. What took longer than a week from its act to the log is not found by `until`.
    """
    found, order = sequenced(type=type, actor=actor, subject=subject)
    found = _between(found, since, until)
    return _page(found, order, cursor, size)


def sequenced(*, type: str = "", actor: str = "", subject: str = "") -> tuple[QuerySet[Entry], tuple[str, ...]]:
    """The rows of `sequenced_entries`, and an order for keyset pages that an index serves."""
    found = _with_details().filter(leaf_index__isnull=False)
    order: tuple[str, ...] = ("-leaf_index",)
    if type:
        found = found.filter(type=type)
    if actor:
        found, order = found.filter(actor=actor), ("-time", "-leaf_index")
    if subject:
        found, order = found.filter(mentions__subject=subject), ("-id",)
    return found, order


def _between(found: QuerySet[Entry], since: datetime | None, until: datetime | None) -> QuerySet[Entry]:
    """Those of some days. Checkpoints say where in the log to look, so that old days do not cost all that came later.

    An entry is published after its time, so none since then lies under a checkpoint from before; and before long after.
    """
    if since is not None:
        before = Checkpoint.objects.filter(published__lt=since).order_by("-size").first()
        found = found.filter(time__gte=since, leaf_index__gte=before.size if before else 0)
    if until is not None:
        found = found.filter(time__lt=until)
    if until is not None and until < _END:
        after = Checkpoint.objects.filter(published__gte=until + LONGEST_WAY).order_by("size").first()
        found = found.filter(leaf_index__lt=after.size) if after else found
    return found


def entries_with_subject(subject: str) -> Iterator[EntryView]:
    """Every entry whose own subject this is, oldest first."""
    return _each(Q(mentions__subject=subject, subject=subject))


def entries_of_types(types: Sequence[str]) -> Iterator[EntryView]:
    """Every entry of these types, oldest first."""
    return _each(Q(type__in=types))


def entries_by_actor(actor: str) -> Iterator[EntryView]:
    """Every entry that this actor wrote, oldest first."""
    return _each(Q(actor=actor))


def entries_between(start: int, end: int) -> list[EntryView]:
    """The entries `start` to `end` (exclusive) of the log, in order."""
    return [
        to_view(entry)
        for entry in _with_details().filter(leaf_index__gte=start, leaf_index__lt=end).order_by("leaf_index")
    ]


def later_entries(entry: EntryView, types: Sequence[str]) -> Iterator[EntryView]:
    """Entries of these types after `entry` that share a subject with it, newest first, pending ones before all others."""
    found = Entry.objects.filter(type__in=types, mentions__subject__in=(entry.subject, *entry.related))
    if entry.leaf_index is None:
        found = found.filter(leaf_index__isnull=True).exclude(uid=entry.uid)
    else:
        found = found.filter(Q(leaf_index__isnull=True) | Q(leaf_index__gt=entry.leaf_index))
    newest_first = list(found.order_by("-id").values_list("id", flat=True).distinct())
    for start in range(0, len(newest_first), 50):
        rows = _with_details().filter(id__in=newest_first[start : start + 50]).order_by("-id")
        yield from (to_view(row) for row in rows)


def written_since(actor: str, since: datetime) -> tuple[int, datetime | None]:
    """How many entries `actor` has recorded after `since`, and when the first of them."""
    found = Entry.objects.filter(actor=actor, time__gt=since).aggregate(count=Count("pk"), first=Min("time"))
    return found["count"], found["first"]


def last_index() -> int:
    """The largest leaf index given so far; -1 while the log is empty."""
    found = Entry.objects.filter(leaf_index__isnull=False).order_by("-leaf_index").values_list("leaf_index", flat=True)
    last = found.first()
    return -1 if last is None else last


def recorded_types() -> list[str]:
    """The types that entries have, sorted; one look into the index for each."""
    found: list[str] = []
    rows = Entry.objects.order_by("type").values_list("type", flat=True)
    following = rows.first()
    while following is not None:
        found.append(following)
        following = rows.filter(type__gt=following).first()
    return found


def pending_count() -> int:
    """Entries that wait for the sequencer."""
    return Entry.objects.filter(leaf_index__isnull=True).count()


# --- audits --------------------------------------------------------------------------------------
def open_mismatches(subjects: Iterable[str] | None = None) -> list[MismatchView]:
    """Disagreements that are open, oldest first; only those about these subjects, or in entries that mention them, if given.

    Disagreements about the log as a whole have the subject `log`. A disagreement found in an entry that only mentions one of
    the subjects is told under that subject.
    """
    found = Mismatch.objects.filter(resolved__isnull=True).select_related("entry").order_by("first_seen", "id")
    if subjects is None:
        return [_mismatch(row, row.subject) for row in found]
    wanted = set(subjects)
    rows = found.filter(Q(subject__in=wanted) | Q(entry__mentions__subject__in=wanted)).distinct()
    return [_mismatch(row, subject) for row in rows for subject in _told_under(row, wanted)]


def last_audit() -> AuditView | None:
    """The last finished comparison, or None before the first."""
    run = AuditRun.objects.filter(finished__isnull=False).order_by("-id").first()
    if run is None or run.finished is None:
        return None
    return AuditView(run.started, run.finished, run.full, run.upto, run.entries, run.mismatches, run.chain_checked)


# --- views ---------------------------------------------------------------------------------------
def to_view(entry: Entry) -> EntryView:
    """The frozen form of a row whose `detail_groups` are loaded."""
    members = _members(bytes(entry.body))
    details = dict(_groups(entry.detail_groups.all()))
    return EntryView(
        uid=entry.uid,
        leaf_index=entry.leaf_index,
        type=entry.type,
        subject=entry.subject,
        actor=entry.actor,
        time=entry.time,
        data=members["data"],
        details=details,
        body=bytes(entry.body),
        leaf_hash=bytes(entry.leaf_hash),
        related=tuple(entry.related),
        digests={group: bytes.fromhex(digest) for group, digest in members["details"].items()},
        erased=frozenset(members["details"]) - details.keys(),
    )


def _members(body: bytes) -> dict[str, Any]:
    """The entry's members; empty ones when the stored bytes have been spoilt, which the audit reports."""
    try:
        found = json.loads(body)
        return {"data": found["data"], "details": found["details"]}
    except (ValueError, KeyError, TypeError):
        return {"data": {}, "details": {}}


def _groups(rows: Iterable[Details]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The groups that are not erased; one whose stored bytes have been spoilt counts as erased."""
    for row in rows:
        try:
            found = json.loads(bytes(row.body)) if row.body is not None else None
        except ValueError:
            found = None
        if isinstance(found, dict):
            yield row.group, found


def _with_details() -> QuerySet[Entry]:
    groups = Details.objects.order_by("group")
    return Entry.objects.prefetch_related(Prefetch("detail_groups", queryset=groups))


def _one(condition: Q) -> EntryView | None:
    entry = _with_details().filter(condition).order_by("leaf_index").first()
    return None if entry is None else to_view(entry)


def _required(entry: EntryView | None) -> EntryView:
    if entry is None:
        raise NotFound("The log holds no such entry.")
    return entry


def _each(condition: Q) -> Iterator[EntryView]:
    for entry in _with_details().filter(condition).order_by("id").iterator(chunk_size=500):
        yield to_view(entry)


def _page(found: QuerySet[Entry], order: tuple[str, ...], cursor: str, size: int) -> Page[EntryView]:
    page = keyset(found, order=order, cursor=cursor, size=size)
    return Page([to_view(entry) for entry in page.items], page.next_cursor, page.previous_cursor)


def _told_under(row: Mismatch, wanted: set[str]) -> list[str]:
    if row.subject in wanted or row.entry is None:
        return [row.subject]
    return [subject for subject in row.entry.related if subject in wanted]


def _mismatch(row: Mismatch, subject: str) -> MismatchView:
    return MismatchView(
        subject=subject,
        table=row.table,
        key=row.key,
        column=row.column,
        expected=row.expected,
        found=row.found,
        leaf_index=row.entry.leaf_index if row.entry else None,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
    )
