"""Proofs for readers, made from the stored tiles: inclusion, consistency, tlog-proof files and bundles."""

import base64
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from chain import selectors as chain
from ledger import bundle as bundles
from ledger import keys, merkle, note, progress, storage, witnesses
from ledger.bundle import AnchorProof, Disclosed, ProvenEntry
from ledger.errors import BadTile, InvalidProof, LedgerError, NotFound
from ledger.merkle import ReadHashes
from ledger.models import Checkpoint, Details, Entry, Log
from ledger.records import AnchorView, CheckpointView, EntryView
from ledger.storage import CachedTiles


@dataclass(frozen=True)
class Signers:
    """Whose signatures under a checkpoint verify now."""

    log: bool
    operator: bool

    @property
    def valid(self) -> bool:
        return self.log and self.operator


# --- proofs --------------------------------------------------------------------------------------
def inclusion_proof(index: int, size: int) -> list[bytes]:
    """The proof that leaf `index` is in the tree of `size` leaves, from the leaf's sibling up.

    Raises `NotFound` for a size that is not published or an index beyond it, `BadTile` when stored tiles are missing.
    """
    read = _published_hashes(size)
    if not 0 <= index < size:
        raise NotFound("The tree of this size does not hold this entry.")
    return merkle.inclusion_proof(read, index, size)


def consistency_proof(old: int, new: int) -> list[bytes]:
    """The proof that the tree of `new` leaves extends that of `old`. Raises as `inclusion_proof` does."""
    read = _published_hashes(new)
    if not 0 <= old <= new:
        raise NotFound("A smaller tree does not extend a larger one.")
    return merkle.consistency_proof(read, old, new)


def checked_inclusion(index: int, size: int) -> list[bytes] | None:
    """The inclusion proof under the checkpoint of `size`, verified now; None when it does not lead to that root."""
    body = Entry.objects.filter(leaf_index=index).values_list("body", flat=True).first()
    checkpoint = Checkpoint.objects.filter(size=size).first()
    if body is None or checkpoint is None:
        return None
    try:
        proof = inclusion_proof(index, size)
        merkle.verify_inclusion(merkle.leaf_hash(bytes(body)), index, size, proof, bytes(checkpoint.root))
    except (InvalidProof, BadTile, NotFound):
        return None
    return proof


def checkpoint_signers(size: int) -> Signers:
    """Whose signatures under the checkpoint of this size verify; raises `NotFound`, and the chain's errors if nothing says
    who the operator is.
    """
    text, log = progress.checkpoint_at(size).note, Log.objects.get()
    return Signers(
        log=_verifies(text, note.Ed25519Key.from_vkey(log.verifier_key)),
        operator=_verifies(text, keys.operator_verifier(log.origin, text)),
    )


def tlog_proof(entry: EntryView, checkpoint: CheckpointView) -> str:
    """The proof as a file that other tools read (C2SP tlog-proof): index, hashes, and the signed checkpoint."""
    assert entry.leaf_index is not None, "an entry without a place has no proof"
    proof = inclusion_proof(entry.leaf_index, checkpoint.size)
    hashes = "".join(f"{base64.b64encode(value).decode()}\n" for value in proof)
    return f"c2sp.org/tlog-proof@v1\nindex {entry.leaf_index}\n{hashes}\n{checkpoint.note}"


# --- bundles -------------------------------------------------------------------------------------
def bundle(
    entries: Iterable[EntryView],
    trees: Iterable[bytes] = (),
    revisions: Iterable[bytes] = (),
    disclose_details: bool | Collection[UUID] = False,
    salts: Mapping[str, bytes] | None = None,
) -> str:
    """Everything needed to check these entries with the hub switched off, as one `akashi-bundle/1`.

    Entries that no checkpoint covers yet are left out; `NotFound` when none is left. `disclose_details` may name the
    entries whose details go in; erased groups never do. `salts` are those of repositories that are not public.
    """
    log, checkpoint = Log.objects.first(), progress.latest_checkpoint()
    if log is None or checkpoint is None:
        raise NotFound("The log has not published a checkpoint yet.")
    covered = [(entry, entry.leaf_index) for entry in entries if entry.leaf_index is not None]
    covered = [(entry, index) for entry, index in covered if index < checkpoint.size]
    if not covered:
        raise NotFound("The next checkpoint will cover this. Try again in a few seconds.")
    disclosed = _disclosed(_to_disclose([entry for entry, _ in covered], disclose_details))
    newest = max(index for _, index in covered)
    checkpoint = _best_checkpoint(checkpoint, newest)
    read = _published_hashes(checkpoint.size)
    return bundles.build_bundle(
        signer=keys.log_signer(log.origin, log.verifier_key),
        operator=keys.operator_verifier(log.origin, checkpoint.note).key,
        checkpoint=checkpoint.note,
        entries=[
            ProvenEntry(
                index, entry.body, merkle.inclusion_proof(read, index, checkpoint.size), disclosed.get(entry.uid, {})
            )
            for entry, index in covered
        ],
        revisions=revisions,
        trees=trees,
        salts=salts,
        anchor=_anchor(checkpoint, newest, read),
    )


def _to_disclose(entries: Sequence[EntryView], which: bool | Collection[UUID]) -> list[UUID]:
    if isinstance(which, bool):
        return [entry.uid for entry in entries] if which else []
    return [entry.uid for entry in entries if entry.uid in which]


def _disclosed(uids: Sequence[UUID]) -> dict[UUID, dict[str, Disclosed]]:
    rows = Details.objects.filter(entry__uid__in=uids, body__isnull=False).select_related("entry")
    found: dict[UUID, dict[str, Disclosed]] = {}
    for row in rows:
        assert row.salt is not None
        assert row.body is not None
        found.setdefault(row.entry.uid, {})[row.group] = Disclosed(bytes(row.salt), bytes(row.body))
    return found


def _best_checkpoint(latest: CheckpointView, newest_index: int) -> CheckpointView:
    """The newest checkpoint with enough cosignatures if it shows as much of these entries as the latest does, else that.

    The latest is cosigned a moment after it is published, so it often lacks what the one before it has.
    """
    size = witnesses.witnessed_at_least(newest_index + 1)
    if size is None or size >= latest.size:
        return latest
    strength = [_strength(_chosen_anchor(at, newest_index), newest_index) for at in (size, latest.size)]
    return progress.checkpoint_at(size) if strength[0] >= strength[1] else latest


def _strength(anchor: AnchorView | None, newest_index: int) -> int:
    """How much an anchor says of the entries up to an index: 2 final, 1 in a block, 0 nothing."""
    if anchor is None or anchor.size <= newest_index:
        return 0
    return 2 if anchor.final else 1


def _chosen_anchor(size: int, newest_index: int) -> AnchorView | None:
    """The anchor that tells most: the newest final one if it covers every entry, else the newest in a block."""
    final, mined = progress.last_anchor(final=True, at_most=size), progress.last_anchor(at_most=size)
    return final if final is not None and final.size > newest_index else mined


def _anchor(checkpoint: CheckpointView, newest_index: int, read: ReadHashes) -> AnchorProof | None:
    contract = chain.deployment().anchor_address
    chosen = _chosen_anchor(checkpoint.size, newest_index)
    if chosen is None or chosen.contract != contract:
        return None
    return _anchor_proof(chosen, merkle.consistency_proof(read, chosen.size, checkpoint.size))


def _anchor_proof(anchor: AnchorView, proof: Sequence[bytes]) -> AnchorProof:
    return AnchorProof(
        transaction=bytes.fromhex(anchor.transaction_hash.removeprefix("0x")),
        block=anchor.block_number or 0,
        block_hash=bytes.fromhex(anchor.block_hash.removeprefix("0x")),
        size=anchor.size,
        root=anchor.root,
        proof=proof,
    )


# --- reading -------------------------------------------------------------------------------------
@lru_cache(maxsize=1)
def _tiles(folder: str) -> CachedTiles:
    """This process's tiles. Tiles of another folder are others, so the folder is part of the name."""
    return CachedTiles(storage.store())


def _published_hashes(size: int) -> ReadHashes:
    """Hashes of the last checkpoint's tree, which holds every complete subtree of the smaller ones."""
    last = progress.latest_checkpoint()
    if last is None or not 0 <= size <= last.size:
        raise NotFound("The log has not published that many entries yet.")
    return _tiles(str(storage.store().folder)).reader(last.size)


def _verifies(text: str, verifier: note.Verifier) -> bool:
    try:
        note.Note.from_text(text).verified_by(verifier)
    except LedgerError:
        return False
    return True
