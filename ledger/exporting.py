"""The whole log as static files: a copy that any file server can offer and that needs nothing of this hub.

Only entries are copied. Tiles are made from them, everything is read back from the copy and has to lead to the signed
root; the checkpoint comes last. So a copy that has a checkpoint is whole, and one that was cut off is taken up again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from ledger import keys, storage, tree_files
from ledger.checkpoint import Checkpoint, open_checkpoint
from ledger.errors import BadCheckpoint, BadNote, BadTile, Damaged, Fork, InvalidProof, NotFound
from ledger.merkle import leaf_hash
from ledger.models import Log
from ledger.note import Ed25519Key, Note
from ledger.storage import Store
from ledger.tree_files import EMPTY, Head, ReadEntries

# Entries between two words of progress; a multiple of the tile width.
STEP = 65_536
VERIFIER = "akashi_verify.py"

Tell = Callable[[int, int], None]
"""How many entries are copied, and of how many."""


@dataclass(frozen=True)
class Exported:
    """What a copy holds now, and how many entries it held before."""

    origin: str
    head: Head
    before: int


def export_log(folder: Path, tell: Tell = lambda done, of: None) -> Exported:
    """Copy the published log into `folder`, with its keys, the verifier and a page that says what lies there.

    A folder that holds an earlier copy of this log is continued. Raises `NotFound` when nothing was published yet,
    `Fork` when the folder holds another log or a longer one, `Damaged` when the log's files do not lead to the signed
    root, and OSError.
    """
    log, published = Log.objects.first(), storage.store().checkpoint()
    if log is None or published is None:
        raise NotFound("Nothing was published yet, so there is nothing to copy.")
    found = copy_log(folder, published, log.verifier_key, tell)
    key_lines = "".join(f"{line}\n" for line in keys.verifier_keys(log.origin, log.verifier_key))
    verifier = (settings.BASE_DIR / "ledger" / VERIFIER).read_bytes()
    words = _README % {"origin": log.origin, "size": found.head.size, "key": log.verifier_key, "verifier": VERIFIER}
    Store(folder).write({"key": key_lines.encode(), VERIFIER: verifier, "README.txt": words.encode()})
    return found


def copy_log(folder: Path, signed: str, verifier_key: str, tell: Tell = lambda done, of: None) -> Exported:
    """Copy the log's files up to the checkpoint `signed`. Raises as `export_log` does."""
    source, target = storage.store(), Store(folder)
    key = Ed25519Key.from_vkey(verifier_key)
    found = open_checkpoint(signed, log=key)
    head, before = Head(found.size, found.root), _held(target, key)
    if before.size > head.size:
        raise Fork(
            f"{folder} holds {before.size} entries of this log, more than the {head.size} that are published here."
        )
    _copy(target, before, head, reader_of(source), tell)
    target.put_checkpoint(lambda: signed)
    return Exported(found.origin, head, before.size)


def reader_of(source: Store) -> ReadEntries:
    """Reads entries from the bundles of a log's folder; `Damaged` where they are missing."""

    def read(first: int, end: int) -> Sequence[tuple[bytes, bytes]]:
        try:
            found = [entry for bundle in storage.bundles(first, end) for entry in source.read_entries(bundle)]
        except BadTile as error:
            raise Damaged(f"{source.folder} lacks entries {first} to {end - 1}: {error}") from error
        return [(leaf_hash(entry), entry) for entry in found]

    return read


def _held(target: Store, key: Ed25519Key) -> Head:
    """What the folder holds and can be continued; nothing when its files are damaged. `Fork` for another log's."""
    text = target.checkpoint()
    if text is None:
        return EMPTY
    try:
        found = open_checkpoint(text, log=key)
    except (BadNote, BadCheckpoint) as error:
        raise Fork(f"{target.folder} holds the copy of {_origin(text)}, not one of {key.name}.") from error
    try:
        tree_files.verify_files(target, Head(found.size, found.root), Head(found.size, found.root))
    except (BadTile, Damaged, InvalidProof):
        return EMPTY
    return Head(found.size, found.root)


def _copy(target: Store, before: Head, head: Head, read: ReadEntries, tell: Tell) -> None:
    try:
        for start in range(before.size - before.size % STEP, head.size, STEP):
            end = min(start + STEP, head.size)
            tree_files.write_files(target, max(start, before.size), end, read)
            tell(end, head.size)
        tree_files.verify_files(target, before, head)
    except (BadTile, InvalidProof) as error:
        raise Damaged(f"the copied files do not lead to the signed root: {error}") from error
    tree_files.tidy(target, before.size, head.size)


def _origin(text: str) -> str:
    try:
        return Checkpoint.from_text(Note.from_text(text).text).origin
    except (BadNote, BadCheckpoint):
        return "something else"


_README = """The log of %(origin)s, up to %(size)d entries.

What lies here
  checkpoint        the signed head: the log's name, how many entries, the root hash, signatures
  tile/entries/     the entries themselves, 256 to a file, each after its length (two bytes, big-endian)
  tile/0/, 1/ ...   the hashes of the Merkle tree, 256 to a file (C2SP tlog-tiles)
  key               the keys behind the two signatures of the checkpoint
  %(verifier)s  checks a bundle from this hub, with Python alone and without any network

Put this folder on any file server and it is the log: the addresses are those below /log/ of the hub. Whoever keeps it can
tell when the hub shows somebody another history.

The key that signs this log:
  %(key)s

Compare it with what you know from elsewhere. A copy cannot vouch for its own key.

To check a bundle that somebody gave you:
  python3 %(verifier)s NAME.bundle --log-key '%(key)s' --checkpoint checkpoint
"""
