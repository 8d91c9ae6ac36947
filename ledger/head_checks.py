"""Compares every stored checkpoint with its own signatures, and every stored anchor with the chain and the outbox.

A checkpoint's row repeats what its signed note says. An anchor's row repeats what the contract's event, its block and
the outbox say; that it is final follows from the newest block and from nothing else.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeAlias

from chain import calls
from chain import selectors as chain
from chain.calls import AnchoredEvent
from chain.records import TransactionView
from ledger import keys, note
from ledger.checkpoint import open_checkpoint
from ledger.errors import BadCheckpoint, BadNote
from ledger.merkle import CompactRange
from ledger.models import Anchor, Checkpoint, Entry, Log
from ledger.note import Note

Fault: TypeAlias = tuple[str, str]
"""What is expected and what is found."""

# One query for events spans at most so many blocks; nodes refuse more.
_BLOCKS = 2_000
# Anchors in memory at a time.
_ANCHORS = 500


# --- checkpoints ---------------------------------------------------------------------------------
def checkpoint_roots() -> Iterator[Fault]:
    """Every checkpoint ever published, against the leaves as they are now."""
    heads = Checkpoint.objects.order_by("size").values_list("size", "root")
    leaves = Entry.objects.filter(leaf_index__isnull=False).order_by("leaf_index").values_list("leaf_hash", flat=True)
    edge, rest = CompactRange(), leaves.iterator(chunk_size=10_000)
    for size, root in heads.iterator(chunk_size=1_000):
        edge.extend(map(bytes, islice(rest, size - edge.size)))
        if (edge.size, edge.root()) != (size, bytes(root)):
            yield f"size {size}, root {bytes(root).hex()}", f"size {edge.size}, root {edge.root().hex()}"


def every_note(log: Log) -> Iterator[Fault]:
    """Every checkpoint ever published, against the signatures under it. The chain's errors if nobody knows the operator."""
    yield from notes(log, Checkpoint.objects.order_by("size").iterator(chunk_size=1_000))


def notes(log: Log, rows: Iterable[Checkpoint]) -> Iterator[Fault]:
    """These checkpoints, against the signatures under them."""
    by_log, operators = note.Ed25519Key.from_vkey(log.verifier_key), keys.operator_keys(log.origin)
    for row in rows:
        by_operator = keys.verifier_among(operators, row.note)
        try:
            head = open_checkpoint(row.note, log=by_log, operator=by_operator)
        except (BadNote, BadCheckpoint):
            yield f"a note of size {row.size} with both signatures", "another text or other signatures"
            continue
        if (head.size, head.root) != (row.size, bytes(row.root)):
            yield f"size {head.size}, root {head.root.hex()}", f"size {row.size}, root {bytes(row.root).hex()}"
        if Note.from_text(row.note).verified_by(by_operator) != bytes(row.operator_signature):
            yield f"the operator's signature in the note of size {row.size}", "another one beside it"


# --- anchors -------------------------------------------------------------------------------------
def anchors(newest: int | None = None) -> Iterator[Fault]:
    """The anchors that count as being in a block, all or only the newest, against the chain and the outbox.

    Raises the chain's errors.
    """
    claimed = Anchor.objects.select_related("checkpoint").exclude(mined__isnull=True, final__isnull=True)
    page, below = newest or _ANCHORS, 2**63 - 1
    while rows := list(claimed.filter(checkpoint__lt=below).order_by("-checkpoint_id")[:page]):
        below = rows[-1].checkpoint_id
        yield from _anchors(rows)
        if newest is not None:
            break


def _anchors(rows: Sequence[Anchor]) -> Iterator[Fault]:
    # Asked after the rows were read, so that no honest row counts more blocks than this.
    blocks = chain.chain_facts().block_number
    views = chain.transactions([row.transaction_key for row in rows])
    for row, event in (pair for group in _groups(rows) for pair in _with_events(group)):
        view = views.get(row.transaction_key)
        if view is not None and view.state == "signed" and row.final is None:
            # It has lost its block, and is taken back as soon as somebody follows it.
            continue
        faults = [*_elsewhere(row), *_beside_event(row, event), *_beside_outbox(row, view), *_too_early(row, blocks)]
        if faults and _stands(row):
            yield from faults


def _stands(row: Anchor) -> bool:
    """Whether the row still says what was compared. One that was being followed meanwhile is looked at next time."""
    columns = [field.attname for field in Anchor._meta.concrete_fields]
    return Anchor.objects.filter(**{name: getattr(row, name) for name in columns}).exists()


def _groups(rows: Sequence[Anchor]) -> Iterator[list[Anchor]]:
    """Rows whose blocks one query for events covers."""
    group: list[Anchor] = []
    for row in sorted(rows, key=lambda row: row.block_number or 0):
        if group and (row.block_number or 0) - (group[0].block_number or 0) >= _BLOCKS:
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _with_events(group: Sequence[Anchor]) -> Iterator[tuple[Anchor, AnchoredEvent | None]]:
    events = calls.anchored_events(group[0].block_number or 0, group[-1].block_number or 0)
    by_place = {(event.size, event.block_number): event for event in events}
    for row in group:
        yield row, by_place.get((row.checkpoint_id, row.block_number or 0))


def _elsewhere(row: Anchor) -> Iterator[Fault]:
    """An anchor on another chain or in another contract than the log's own."""
    here = chain.deployment()
    yield from _compare(row, "chain_id", here.chain_id, row.chain_id)
    yield from _compare(row, "contract", here.anchor_address, row.contract)


def _beside_event(row: Anchor, event: AnchoredEvent | None) -> Iterator[Fault]:
    if event is None:
        yield f"an anchor of size {row.checkpoint_id} in block {row.block_number}", "none on the chain"
        return
    yield from _compare(row, "root", event.root.hex(), bytes(row.checkpoint.root).hex())
    yield from _compare(row, "previous_size", event.previous_size, row.previous_size)
    yield from _compare(row, "transaction_hash", event.transaction, row.transaction_hash)
    yield from _compare(row, "block_hash", event.block_hash, row.block_hash)


def _beside_outbox(row: Anchor, view: TransactionView | None) -> Iterator[Fault]:
    """What the chain's events do not say. An anchor that somebody else relayed is not in the outbox."""
    if view is None:
        if row.transaction_key != f"relayed:{row.transaction_hash}":
            yield f"the transaction of the anchor of size {row.checkpoint_id}", "none under its key"
        return
    if view.hash != row.transaction_hash:
        yield f"{view.hash} under the key of size {row.checkpoint_id}", row.transaction_hash
    yield from _compare(row, "gas_used", view.gas_used, row.gas_used)
    if row.final is not None and view.state == "final":
        yield from _compare(row, "confirmations", view.confirmations, row.confirmations)


def _too_early(row: Anchor, newest_block: int) -> Iterator[Fault]:
    """More blocks than there are, or final before there are enough, or before it was in one."""
    depth = newest_block - row.block_number + 1 if row.block_number is not None else 0
    needed = chain.confirmations_needed()
    if row.confirmations > max(depth, 0):
        yield f"size {row.checkpoint_id}, {max(depth, 0)} confirmations", f"{row.confirmations}"
    if row.final is not None and (depth < needed or row.mined is None):
        yield f"size {row.checkpoint_id}, not final with {max(depth, 0)} of {needed} blocks", "final"


def _compare(row: Anchor, column: str, expected: object, found: object) -> Iterator[Fault]:
    if expected != found:
        yield f"size {row.checkpoint_id}, {column} {expected}", f"{column} {found}"
