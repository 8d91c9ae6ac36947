"""The log's files: tiles and entry bundles under their C2SP addresses, the published checkpoint, the last signed head.

Below one folder, so that any static file server can publish it:

    tile/0/000, tile/0/001.p/7, tile/entries/000, …     written once, never changed
    checkpoint                                          replaced by a later one, never by an earlier one
    signed_head.json                                    what was last signed; not published

Every write is temporary file, fsync, rename, fsync of the folder: a file is there whole or not at all, and what a method
has returned from survives a power cut. Tiles follow from the entries alone, so writing them again does no harm.
"""

import json
import shutil
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from django.conf import settings

from ledger import durable, tiles
from ledger.checkpoint import Checkpoint
from ledger.durable import locked, make_folder
from ledger.errors import BadCheckpoint, BadNote, BadTile, Damaged, Fork
from ledger.merkle import HASH_SIZE, ReadHashes
from ledger.note import Note
from ledger.tiles import WIDTH, EntryBundle, Tile

CACHED_TILES = 1_024  # of 8 KiB each

_write_durably, _sync_folder = durable.write_durably, durable.sync_folder


@dataclass(frozen=True)
class SignedHead:
    """The last head this log has signed. `note` is the signed note, so that the same signature can be used again."""

    size: int
    root: bytes
    note: str


class Store:
    """The log's folder. Reading and writing need no lock; the two heads are only ever replaced by later ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    # --- tiles -----------------------------------------------------------------------------------
    def write(self, files: Mapping[str, bytes]) -> None:
        """Writes files by their address, durably. One that is there with the same bytes is left alone.

        Its folder is synced all the same: a run before this one may have failed between the rename and that.
        """
        changed = {self.folder / path: data for path, data in files.items() if self._read(path) != data}
        folders = dict.fromkeys((self.folder / path).parent for path in files)
        for folder in folders:
            self._make_folder(folder)
        for path, data in changed.items():
            _write_durably(path, data)
        for folder in folders:
            _sync_folder(folder)

    def read_tile(self, tile: Tile) -> bytes:
        """The first `tile.width` hashes; raises `BadTile` when they are not stored."""
        for width, data in self._stored(tile):
            if len(data) == width * HASH_SIZE:
                return data[: tile.width * HASH_SIZE]
        raise BadTile(f"{tiles.tile_path(tile)} is not stored")

    def read_tiles(self, wanted: Sequence[Tile]) -> list[bytes]:
        return [self.read_tile(tile) for tile in wanted]

    def read_entries(self, bundle: EntryBundle) -> list[bytes]:
        """The first `bundle.width` entries of a bundle; raises `BadTile` when they are not stored."""
        for width, data in self._stored(bundle):
            return tiles.unpack_entries(data, width)[: bundle.width]
        raise BadTile(f"{tiles.entries_path(bundle)} is not stored")

    def reader(self, size: int) -> ReadHashes:
        """Reads the hashes of the tree of `size` leaves, from the files each time."""
        return tiles.hash_reader(self.read_tiles, size)

    def remove_partials(self, wanted: Sequence[Tile | EntryBundle]) -> None:
        """Drops the partial forms of these tiles; a wider one, or the full one, answers for them."""
        for tile in wanted:
            shutil.rmtree(self._partials(tile), ignore_errors=True)

    # --- heads -----------------------------------------------------------------------------------
    def signed_head(self) -> SignedHead | None:
        """The last signed head, or None when nothing was ever signed here; `Damaged` when the file cannot be read."""
        data = self._read("signed_head.json")
        if data is None:
            return None
        try:
            found = json.loads(data)
            return SignedHead(int(found["size"]), bytes.fromhex(found["root"]), str(found["note"]))
        except (ValueError, KeyError, TypeError) as error:
            raise Damaged(f"{self.folder / 'signed_head.json'} cannot be read: {error}") from error

    def put_signed_head(self, head: SignedHead) -> None:
        """Compare and swap: raises `Fork` unless `head` is larger than the stored one, or is the stored one."""
        with locked(self.folder):
            before = self.signed_head()
            if before is not None and (head.size, head.root) != (before.size, before.root) and head.size <= before.size:
                raise Fork(f"size {before.size} was signed already; another head of size {head.size} would be a fork")
            text = json.dumps({"size": head.size, "root": head.root.hex(), "note": head.note}, indent=1)
            self.write({"signed_head.json": text.encode()})

    def checkpoint(self) -> str | None:
        """The published checkpoint as a signed note; None before the first."""
        data = self._read("checkpoint")
        return None if data is None else data.decode(errors="replace")

    def put_checkpoint(self, read: Callable[[], str], *, is_genuine: Callable[[str], bool] = lambda text: True) -> None:
        """Publishes a checkpoint unless a larger one is published already. What is not genuine there is replaced.

        `read` is called under the lock: of two that publish one size, the later one has read whatever the earlier one
        had, so a cosignature that was shown is never taken away again.
        """
        with locked(self.folder):
            published, note = self.checkpoint(), read()
            if published is None or _size(published) <= _size(note) or not is_genuine(published):
                self.write({"checkpoint": note.encode()})

    # --- files -----------------------------------------------------------------------------------
    def _stored(self, tile: Tile | EntryBundle) -> Iterator[tuple[int, bytes]]:
        """The stored forms that begin with this tile, and their widths: itself, the full one, then wider partial ones."""
        for width in dict.fromkeys((tile.width, WIDTH)):
            data = self._read(_path(replace(tile, width=width)))
            if data is not None:
                yield width, data
        partials = self._partials(tile)
        for width in sorted(int(path.name) for path in partials.glob("[0-9]*")):
            data = self._read(_path(replace(tile, width=width))) if width > tile.width else None
            if data is not None:
                yield width, data

    def _partials(self, tile: Tile | EntryBundle) -> Path:
        return self.folder / f"{_path(replace(tile, width=WIDTH))}.p"

    def _make_folder(self, folder: Path) -> None:
        """Makes a folder and those above it that are missing; each is durable before something is put into it."""
        if folder == self.folder:
            make_folder(folder)
            return
        self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)

    def _read(self, address: str) -> bytes | None:
        try:
            return (self.folder / address).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None


class CachedTiles:
    """Full tiles in memory, the least recently used ones dropped first. They never change, so they never expire."""

    def __init__(self, store: Store, capacity: int = CACHED_TILES) -> None:
        self.store = store
        self.capacity = capacity
        self._kept: OrderedDict[Tile, bytes] = OrderedDict()

    def reader(self, size: int) -> ReadHashes:
        """As `Store.reader`, for proofs that are shown; checks of the files themselves read past it."""
        return tiles.hash_reader(lambda wanted: [self._read(tile) for tile in wanted], size)

    def _read(self, tile: Tile) -> bytes:
        full = replace(tile, width=WIDTH)
        data = self._kept.pop(full, None)
        if data is None:
            data = self.store.read_tile(tile)
        if len(data) == WIDTH * HASH_SIZE:
            self._kept[full] = data
            while len(self._kept) > self.capacity:
                self._kept.popitem(last=False)
        return data[: tile.width * HASH_SIZE]


def store() -> Store:
    """The store of this hub."""
    return Store(settings.LOG_DIR)


def bundles(old: int, new: int) -> list[EntryBundle]:
    """The entry bundles of a log of `new` entries that a log of `old` entries lacks or has narrower."""
    return [EntryBundle(tile.index, tile.width) for tile in tiles.new_tiles(old, new) if tile.level == 0]


def _path(tile: Tile | EntryBundle) -> str:
    return tiles.entries_path(tile) if isinstance(tile, EntryBundle) else tiles.tile_path(tile)


def _size(note: str) -> int:
    """The size that a note speaks of; -1 for what is no checkpoint."""
    try:
        return Checkpoint.from_text(Note.from_text(note).text).size
    except (BadNote, BadCheckpoint):
        return -1
