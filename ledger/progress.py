"""How far the log and its entries have come: checkpoints, anchors, and the state of an entry derived from their sizes."""

import time
from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

from django.db import connection
from django.db.models import Q

from chain import selectors as chain
from ledger.errors import NotFound
from ledger.merkle import EMPTY_ROOT
from ledger.models import LOG, Anchor, Checkpoint, Log, Mismatch
from ledger.records import AnchorView, CheckpointView, EntryStatus, LogFacts, State
from web.pagination import SIZE, Page, keyset

FACTS_SECONDS = 1.0


class HasPlace(Protocol):
    """An entry, as a row or as a view."""

    @property
    def uid(self) -> UUID: ...

    @property
    def leaf_index(self) -> int | None: ...


# --- entries -------------------------------------------------------------------------------------
def entry_status(entry: HasPlace) -> EntryStatus:
    """How far one entry has come."""
    return statuses([entry])[entry.uid]


def statuses(entries: Iterable[HasPlace]) -> dict[UUID, EntryStatus]:
    """How far many entries have come, in at most three queries."""
    places = {entry.uid: entry.leaf_index for entry in entries}
    covered = _covering(sorted({place for place in places.values() if place is not None}))
    sizes = {anchor for _, anchor in covered.values() if anchor is not None}
    anchors = {
        row.checkpoint_id: row for row in Anchor.objects.filter(checkpoint__in=sizes).select_related("checkpoint")
    }
    under_way = _under_way() if any(anchor is None for _, anchor in covered.values()) else None
    needed = chain.confirmations_needed()
    found = {}
    for uid, place in places.items():
        checkpoint, anchored = covered[place] if place is not None else (None, None)
        row = anchors.get(anchored) if anchored is not None else None
        if row is None and place is not None and under_way is not None and under_way.checkpoint_id > place:
            row = under_way
        found[uid] = _status(place, checkpoint, row, needed)
    return found


# The first checkpoint, and the first anchor that is in a block, to cover each leaf.
_COVERING = """
SELECT wanted.place, checkpoint.size, anchor.size
FROM unnest(%s::bigint[]) AS wanted(place)
LEFT JOIN LATERAL (
    SELECT size FROM ledger_checkpoint WHERE size > wanted.place ORDER BY size LIMIT 1
) AS checkpoint ON true
LEFT JOIN LATERAL (
    SELECT checkpoint_id AS size FROM ledger_anchor
    WHERE checkpoint_id > wanted.place AND mined IS NOT NULL ORDER BY checkpoint_id LIMIT 1
) AS anchor ON true
"""


def _covering(places: list[int]) -> dict[int, tuple[int | None, int | None]]:
    if not places:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_COVERING, [places])
        return {place: (checkpoint, anchor) for place, checkpoint, anchor in cursor.fetchall()}


def _under_way() -> Anchor | None:
    waiting = Anchor.objects.filter(final__isnull=True, mined__isnull=True)
    return waiting.select_related("checkpoint").order_by("-checkpoint_id").first()


def _status(place: int | None, checkpoint: int | None, anchor: Anchor | None, needed: int) -> EntryStatus:
    view = None if anchor is None else _anchor(anchor, needed)
    done = 0 if view is None else min(view.confirmations, needed)
    return EntryStatus(_state(place, checkpoint, view), done, needed, view, checkpoint)


def _state(place: int | None, checkpoint: int | None, anchor: AnchorView | None) -> State:
    if place is None:
        return State.PENDING
    if checkpoint is None:
        return State.SEQUENCED
    if anchor is None or anchor.state == "sent":
        return State.PUBLISHED
    return State.FINAL if anchor.state == "final" else State.ANCHORED


# --- checkpoints ---------------------------------------------------------------------------------
def latest_checkpoint() -> CheckpointView | None:
    """The last published checkpoint, or None before the first."""
    row = Checkpoint.objects.order_by("-size").first()
    return None if row is None else checkpoint_view(row)


def checkpoint_at(size: int) -> CheckpointView:
    """The checkpoint of exactly this size; raises `NotFound`."""
    row = Checkpoint.objects.filter(size=size).first() if 0 <= size < 2**63 else None
    if row is None:
        raise NotFound("No checkpoint was published at this size.")
    return checkpoint_view(row)


def checkpoints(cursor: str = "", size: int = SIZE) -> Page[CheckpointView]:
    """Checkpoints, largest first."""
    page = keyset(Checkpoint.objects.all(), order=("-size",), cursor=cursor, size=size)
    return Page([checkpoint_view(row) for row in page.items], page.next_cursor, page.previous_cursor)


def checkpoint_before(size: int) -> CheckpointView | None:
    """The largest checkpoint below `size`."""
    row = Checkpoint.objects.filter(size__lt=size).order_by("-size").first()
    return None if row is None else checkpoint_view(row)


def checkpoint_after(size: int) -> CheckpointView | None:
    """The smallest checkpoint above `size`."""
    row = Checkpoint.objects.filter(size__gt=size).order_by("size").first()
    return None if row is None else checkpoint_view(row)


# --- anchors -------------------------------------------------------------------------------------
def anchors(cursor: str = "", size: int = SIZE) -> Page[AnchorView]:
    """Anchors, largest tree first."""
    rows = Anchor.objects.select_related("checkpoint")
    page = keyset(rows, order=("-checkpoint_id",), cursor=cursor, size=size)
    return Page(anchor_views(page.items), page.next_cursor, page.previous_cursor)


def anchor_views(rows: Iterable[Anchor]) -> list[AnchorView]:
    """The frozen form of rows whose checkpoints are loaded."""
    needed = chain.confirmations_needed()
    return [_anchor(row, needed) for row in rows]


def anchor_by_transaction(transaction_hash: str) -> AnchorView:
    """The anchor that this transaction carried; raises `NotFound`."""
    row = Anchor.objects.filter(transaction_hash=transaction_hash).exclude(transaction_hash="")
    return _required(row.select_related("checkpoint").first())


def anchor_over(size: int) -> AnchorView | None:
    """The first anchor in a block that covers a tree of `size` leaves."""
    rows = Anchor.objects.filter(checkpoint__gte=size, mined__isnull=False)
    row = rows.select_related("checkpoint").order_by("checkpoint_id").first()
    return None if row is None else _anchor(row, chain.confirmations_needed())


def anchors_at(sizes: Iterable[int]) -> dict[int, AnchorView]:
    """Those of these sizes whose roots stand in a block, with their anchors."""
    rows = Anchor.objects.filter(checkpoint__in=list(sizes), mined__isnull=False).select_related("checkpoint")
    return {view.size: view for view in anchor_views(rows)}


def last_anchor(*, final: bool = False, at_most: int = 2**63 - 1) -> AnchorView | None:
    """The newest anchor in a block, or the newest final one; of those at sizes up to `at_most`."""
    rows = Anchor.objects.filter(final__isnull=False) if final else Anchor.objects.filter(mined__isnull=False)
    rows = rows.filter(checkpoint__lte=at_most)
    row = rows.select_related("checkpoint").order_by("-checkpoint_id").first()
    return None if row is None else _anchor(row, chain.confirmations_needed())


# --- the log as a whole --------------------------------------------------------------------------
class _Facts:
    """The log's facts for the foot of every page, read at most once a second in each process."""

    def __init__(self) -> None:
        self._until = 0.0
        self._facts: LogFacts | None = None

    def get(self) -> LogFacts:
        if self._facts is None or time.monotonic() >= self._until:
            self._facts, self._until = _read_facts(), time.monotonic() + FACTS_SECONDS
        return self._facts

    def forget(self) -> None:
        self._facts = None


facts_cache = _Facts()


def log_facts() -> LogFacts:
    """The log in one line, at most a second old."""
    return facts_cache.get()


def _read_facts() -> LogFacts:
    log, last = Log.objects.first(), Checkpoint.objects.order_by("-size").first()
    mined, final = last_anchor(), last_anchor(final=True)
    return LogFacts(
        origin=log.origin if log else "",
        size=last.size if last else 0,
        root=bytes(last.root) if last else EMPTY_ROOT,
        published=last.published if last else None,
        anchored_size=mined.size if mined else 0,
        final_size=final.size if final else 0,
        final=final.final if final else None,
        disagrees=log_disagrees(),
    )


def log_disagrees() -> bool:
    """Whether an audit found the log itself in disagreement: its entries about itself, files, heads or anchors.

    While it is, nothing that rests on it counts as verified.
    """
    rows = Mismatch.objects.filter(resolved__isnull=True, subject=LOG)
    return rows.filter(Q(table=LOG) | Q(entry__isnull=False)).exists()


def _required(row: Anchor | None) -> AnchorView:
    if row is None:
        raise NotFound("No anchor was sent in this transaction.")
    return _anchor(row, chain.confirmations_needed())


def checkpoint_view(row: Checkpoint) -> CheckpointView:
    """The frozen form of a row."""
    return CheckpointView(row.size, bytes(row.root), row.note, bytes(row.operator_signature), row.published)


def _anchor(row: Anchor, needed: int) -> AnchorView:
    return AnchorView(
        size=row.checkpoint_id,
        root=bytes(row.checkpoint.root),
        previous_size=row.previous_size,
        chain_id=row.chain_id,
        contract=row.contract,
        state="final" if row.final else "mined" if row.mined else "sent",
        transaction_hash=row.transaction_hash,
        block_number=row.block_number,
        block_hash=row.block_hash,
        gas_used=row.gas_used,
        confirmations=row.confirmations,
        needed=needed,
        sent=row.sent,
        mined=row.mined,
        final=row.final,
    )
