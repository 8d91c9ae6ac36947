"""Carries checkpoints to the chain: one transaction for everything since the last, and none when nothing is new.

The chain decides what is missing. Each anchor begins at the size that the contract holds, so one lost, relayed by somebody
else, or made before a crash needs no special case. The outbox of the chain room sends, follows and repeats transactions;
here stands only which checkpoint each one carries. While the chain is away the log goes on, and afterwards one anchor
catches up.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from chain import calls
from chain import selectors as chain
from chain import services as chain_services
from chain.calls import AnchoredHead
from chain.records import TransactionView
from ledger import storage
from ledger.errors import Fork
from ledger.merkle import consistency_proof, root_hash
from ledger.models import Anchor, Checkpoint, Log
from ledger.storage import Store

_ANCHORING = 0x616B_6173_6869_2063
_RELAYED = "relayed:"
_BATCH = 20
_LARGEST = 2**63 - 1


def anchor_due(now: datetime, store: Store | None = None) -> int | None:
    """Enqueue an anchor for the newest checkpoint if one is due; returns its size.

    Due is the first checkpoint, and later the newest when `ANCHOR_INTERVAL` seconds have passed or `ANCHOR_ENTRIES` entries
    have come since the last anchor. At most one anchor is under way. Raises the chain's errors when it does not answer,
    and `Fork` when the contract holds a head that is not one of this log's: then nothing more is anchored.
    """
    last = Checkpoint.objects.order_by("-size").first()
    if last is None or not _is_due(last, now):
        return None
    head = calls.read_head()
    with transaction.atomic():
        if not _alone() or not _is_due(last, now):
            return None
        return _anchor(last, head, store or storage.store(), now)


def follow_anchors(now: datetime) -> int:
    """Copy what the outbox knows about each anchor; returns how many changed. Finality is taken back with its block.

    A reorganisation can move a final transaction to another block, or make it fail, before anybody sees it on its way
    again. It does so to the newest first, so the settled anchors are gone through from there to the first that agree.
    """
    prefix = _key_prefix()
    brought_back = [view.key for view in chain.unsettled(prefix)] if prefix else []
    opened = Anchor.objects.filter(final__isnull=True) | Anchor.objects.filter(transaction_key__in=brought_back)
    changed = _follow_rows(list(opened), now)
    settled = Anchor.objects.filter(final__isnull=False).exclude(transaction_key__startswith=_RELAYED)
    below = _LARGEST
    while batch := list(settled.filter(checkpoint__lt=below).order_by("-checkpoint_id")[:_BATCH]):
        moved, below = _follow_rows(batch, now), batch[-1].checkpoint_id
        changed += moved
        if not moved:
            break
    return changed


def _follow_rows(rows: Sequence[Anchor], now: datetime) -> int:
    views = chain.transactions([row.transaction_key for row in rows])
    changed = 0
    for row in rows:
        if row.transaction_key.startswith(_RELAYED):
            changed += _follow_relayed(row, now)
        elif row.transaction_key in views:
            changed += _follow(row, views[row.transaction_key], now)
    return changed


def _is_due(last: Checkpoint, now: datetime) -> bool:
    newest = Anchor.objects.order_by("-checkpoint_id").first()
    if newest is None:
        return True
    waited = now - newest.sent >= timedelta(seconds=settings.ANCHOR_INTERVAL)
    if _has_failed(newest):
        return waited
    if newest.mined is None or newest.checkpoint_id >= last.size:
        return False
    return waited or last.size - newest.checkpoint_id >= settings.ANCHOR_ENTRIES


def _has_failed(anchor: Anchor) -> bool:
    if anchor.mined is not None:
        return False
    view = chain.transaction(anchor.transaction_key)
    return view is not None and view.state == "failed"


def _alone() -> bool:
    """Whether this transaction is the only one that anchors; the lock ends with it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_ANCHORING])
        return bool(cursor.fetchone()[0])


def _anchor(last: Checkpoint, head: AnchoredHead, store: Store, now: datetime) -> int | None:
    _refuse_foreign_head(last, head, store)
    failed = Anchor.objects.filter(mined__isnull=True).order_by("-checkpoint_id").first()
    if failed is not None and not _has_failed(failed):
        # An earlier one that a reorganisation took out of its block is on its way again.
        return None
    if head.size == last.size:
        _adopt(last, failed, now)
        return None
    key = _free_key(f"{_key_prefix()}{last.size}")
    if failed is not None:
        failed.delete()
    proof = consistency_proof(store.reader(last.size), head.size, last.size)
    contract = chain.deployment().anchor_address
    chain_services.enqueue(
        key=key,
        to=contract,
        data=calls.anchor_calldata(last.size, bytes(last.root), proof),
        gas_limit=calls.anchor_gas_limit(len(proof)),
        now=now,
    )
    Anchor.objects.create(
        checkpoint=last,
        transaction_key=key,
        chain_id=chain.deployment().chain_id,
        contract=contract,
        previous_size=head.size,
        sent=now,
    )
    return last.size


def _refuse_foreign_head(last: Checkpoint, head: AnchoredHead, store: Store) -> None:
    if head.size > last.size:
        raise Fork(f"The chain holds size {head.size}, but this log has published only {last.size} entries.")
    if head.size and root_hash(store.reader(last.size), head.size) != bytes(head.root):
        raise Fork(f"The chain holds another root for size {head.size} than this log.")


def _adopt(last: Checkpoint, failed: Anchor | None, now: datetime) -> None:
    """The newest checkpoint is on the chain by a transaction that is not in the outbox: somebody relayed the signed head."""
    events = calls.anchored_events(chain.deployment().block)
    event = next((event for event in reversed(events) if event.size == last.size), None)
    if event is None or Anchor.objects.filter(checkpoint=last, mined__isnull=False).exists():
        return
    if failed is not None:
        failed.delete()
    Anchor.objects.create(
        checkpoint=last,
        transaction_key=_RELAYED + event.transaction,
        chain_id=chain.deployment().chain_id,
        contract=chain.deployment().anchor_address,
        previous_size=event.previous_size,
        transaction_hash=event.transaction,
        block_number=event.block_number,
        block_hash=event.block_hash,
        sent=now,
        mined=now,
    )


def _free_key(key: str) -> str:
    """The key of the next try for a size: the outbox takes each key once, so a number is added, and counted up."""
    tries, found = 1, key
    while chain.transaction(found) is not None:
        tries += 1
        found = f"{key}:{tries}"
    return found


def _key_prefix() -> str:
    log = Log.objects.first()
    return f"anchor:{log.origin}:" if log else ""


def _follow(row: Anchor, view: TransactionView, now: datetime) -> bool:
    in_block = view.state in {"mined", "final"}
    return _update(
        row,
        transaction_hash=view.hash,
        block_number=view.block_number if in_block else None,
        block_hash=view.block_hash if in_block else "",
        gas_used=view.gas_used if in_block else None,
        confirmations=view.confirmations if in_block else 0,
        mined=(row.mined or now) if in_block else None,
        final=(row.final or now) if view.state == "final" else None,
    )


def _follow_relayed(row: Anchor, now: datetime) -> bool:
    """An anchor that is not in the outbox is followed by its event. One that left its block is forgotten, and made anew."""
    block = row.block_number or 0
    events = calls.anchored_events(block, block)
    if all(event.transaction != row.transaction_hash for event in events):
        row.delete()
        return True
    confirmations = chain.chain_facts().block_number - block + 1
    is_final = confirmations >= chain.confirmations_needed()
    return _update(row, confirmations=confirmations, final=now if is_final else None)


def _update(row: Anchor, **columns: object) -> bool:
    """Write the columns that changed; False and no write when none did."""
    changed = {name: value for name, value in columns.items() if getattr(row, name) != value}
    if changed:
        Anchor.objects.filter(pk=row.pk).update(**changed)
    return bool(changed)
