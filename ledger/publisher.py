"""Publishes signed checkpoints, each checked against the stored bytes before it is signed.

The order of the writes decides what a crash can leave behind:

    1. tiles and entry bundles     follow from the entries; written again if need be
    2. signed_head.json            from here on no other head of this size can be signed
    3. the `Checkpoint` row        the database knows it
    4. the file `checkpoint`       the world knows it

Whatever step fails, the next run goes on from there and publishes the same head or a later one that extends it.
"""

import logging
from datetime import datetime

from django.db import connection, transaction

from ledger import guard, keys, note, storage, tree_files
from ledger.checkpoint import Checkpoint as SignedText
from ledger.checkpoint import open_checkpoint
from ledger.errors import BadCheckpoint, BadNote, BadTile, Damaged, InvalidProof
from ledger.models import Checkpoint, Log
from ledger.storage import SignedHead, Store
from ledger.tree_files import EMPTY, Head, SpoiltEntries

logger = logging.getLogger(__name__)

# Any number that no other part uses as an advisory lock; it reads "akashi p".
_PUBLISHING = 0x616B_6173_6869_2070


def publish(now: datetime, store: Store | None = None) -> int | None:
    """Publish what has been sequenced; returns the new checkpoint's size, or None when there was nothing to do.

    Two publishers at once do no harm: one works, the other returns. Raises `Fork` when the head contradicts one that was
    signed before, `Damaged` when stored bytes cannot be repaired from the database, `WrongKey` and the chain's errors
    when a key is missing; then nothing is published.
    """
    store = store or storage.store()
    log = Log.objects.first()
    if log is None or not _unpublished(log, store):
        return None
    with transaction.atomic():
        if not _alone():
            return None
        published = _publish_next(now, store)
    show(store)
    return published


def last_head() -> Head:
    """The head of the last checkpoint in the database; the empty tree before the first."""
    found = Checkpoint.objects.order_by("-size").values_list("size", "root").first()
    return Head(found[0], bytes(found[1])) if found else EMPTY


def _unpublished(log: Log, store: Store) -> bool:
    last = Checkpoint.objects.order_by("-size").first()
    return log.size > (last.size if last else 0) or (last is not None and store.checkpoint() != last.note)


def take_turn() -> None:
    """Wait until nobody publishes; until the caller's transaction ends nobody does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_PUBLISHING])


def _alone() -> bool:
    """Whether this transaction is the only one publishing; the lock ends with it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_PUBLISHING])
        return bool(cursor.fetchone()[0])


def _publish_next(now: datetime, store: Store) -> int | None:
    log, last = Log.objects.get(), last_head()
    head = Head(log.size, bytes(log.root))
    if head.size == last.size:
        return None
    operator = keys.operator_key(log.origin)
    guard.refuse_fork(head, last, store, operator.contract.hex())
    _write_and_verify(store, last, head)
    signed = _sign(log, head, store)
    store.put_signed_head(SignedHead(head.size, head.root, signed))
    Checkpoint.objects.create(
        size=head.size,
        root=head.root,
        note=signed,
        operator_signature=note.Note.from_text(signed).verified_by(keys.operator_verifier(log.origin, signed)),
        published=now,
    )
    return head.size


def _write_and_verify(store: Store, last: Head, head: Head) -> None:
    """Write the new tiles and read everything back. Older files that have been damaged are made again from the entries."""
    try:
        tree_files.write_files(store, last.size, head.size)
        tree_files.verify_files(store, last, head)
    except SpoiltEntries:
        raise
    except (BadTile, Damaged, InvalidProof) as error:
        logger.warning("The log's files are damaged (%s); all of them are written again from the entries", error)
        tree_files.rebuild_files(store, head)
        tree_files.verify_files(store, last, head)
    tree_files.tidy(store, last.size, head.size)


def _sign(log: Log, head: Head, store: Store) -> str:
    """The signed note for a head: the one that was signed before a crash, if it still verifies, else a new one."""
    before = store.signed_head()
    if before is not None and before.size == head.size and _signed_head(log, before.note) == head:
        return before.note
    text = SignedText(log.origin, head.size, head.root).text
    signed = note.sign(text, [keys.log_signer(log.origin, log.verifier_key)])
    signed = signed.with_signature(keys.sign_as_operator(log.origin, head.size, head.root))
    if _signed_head(log, signed.as_text()) != head:
        raise Damaged("the new checkpoint's own signatures do not verify")
    return signed.as_text()


def _signed_head(log: Log, text: str) -> Head | None:
    """The head under which both signatures stand; None for anything else."""
    try:
        found = open_checkpoint(
            text, log=note.Ed25519Key.from_vkey(log.verifier_key), operator=keys.operator_verifier(log.origin, text)
        )
    except (BadNote, BadCheckpoint):
        return None
    return Head(found.size, found.root)


def show(store: Store) -> None:
    """Put the database's last checkpoint, with every cosignature collected so far, where the world reads it."""
    log = Log.objects.first()
    if log is not None and Checkpoint.objects.exists():
        store.put_checkpoint(_newest_note, is_genuine=lambda text: _signed_head(log, text) is not None)


def _newest_note() -> str:
    return Checkpoint.objects.order_by("-size").values_list("note", flat=True)[0]
