"""Follows a log elsewhere over its published files, and believes nothing that does not lead to a signed root.

A reader keeps the last checkpoint that it verified. A new one has to be signed by the same key and has to extend it; then
every entry since is hashed, the tiles are compared with what follows from those hashes, and each piece is proven against
the signed root before it is handed out. So a reader may stop after any piece, and go on from there later.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ledger import tiles
from ledger.checkpoint import Checkpoint, open_checkpoint
from ledger.errors import BadCheckpoint, BadNote, BadTile, Broken, Forked, InvalidProof, NotServed
from ledger.fetching import Client
from ledger.merkle import HASH_SIZE, CompactRange, ReadHashes, consistency_proof, leaf_hash, verify_consistency
from ledger.note import Ed25519Key
from ledger.tiles import WIDTH, EntryBundle, Tile

CHUNK = 4_096
MAX_NOTE = 1024 * 1024
_MAX_BUNDLE = WIDTH * (2 + tiles.MAX_ENTRY_BYTES) + 1
_KEPT_TILES = 256


@dataclass(frozen=True)
class Published:
    """A signed head as it was read: the note's text, and what it says once the log's signature is verified."""

    note: str
    head: Checkpoint


@dataclass(frozen=True)
class Chunk:
    """Entries from `start` on, and the tiles that they make or widen; proven to be under the signed root.

    `root` is that of the tree up to `end`.
    """

    start: int
    entries: tuple[bytes, ...]
    tiles: dict[Tile, bytes]
    root: bytes

    @property
    def end(self) -> int:
        return self.start + len(self.entries)


def read_key(client: Client) -> tuple[Ed25519Key, str]:
    """The log's key as the log itself names it, which proves nothing about whose log it is; and the whole text."""
    text = _text(client.get("/log/key", most=MAX_NOTE))
    try:
        return Ed25519Key.from_vkey(text.partition("\n")[0]), text
    except BadNote as error:
        raise Broken(f"{client.address}/log/key holds no verifier key: {error}") from error


def read_checkpoint(client: Client, key: Ed25519Key) -> Published:
    """The newest published head; raises `Broken` unless `key` signed it, `Unreachable` when it cannot be read."""
    text = _text(client.get("/log/checkpoint", most=MAX_NOTE))
    try:
        return Published(text, open_checkpoint(text, log=key))
    except (BadNote, BadCheckpoint) as error:
        raise Broken(f"what {client.address}/log/checkpoint serves is no checkpoint of {key.name}: {error}") from error


class RemoteLog:
    """The files of a log of `size` entries. Tiles are asked for as wide as they are at that size, which a plain file
    server has, and cut to what is needed; when such a file was filled up meanwhile, the full one is asked for.
    """

    def __init__(self, client: Client, size: int) -> None:
        self.client = client
        self.size = size
        self._kept: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    def reader(self, size: int) -> ReadHashes:
        """Reads the hashes of the tree of `size` leaves."""
        return tiles.hash_reader(self.read_tiles, size)

    def read_tiles(self, wanted: Sequence[Tile]) -> list[bytes]:
        return [self.read_tile(tile) for tile in wanted]

    def read_tile(self, tile: Tile) -> bytes:
        """The first `tile.width` hashes. Raises `BadTile` for a file of another length."""
        place = (tile.level, tile.index)
        data = self._kept.pop(place, None)
        if data is None:
            width = tiles.width_at(tile.level, tile.index, self.size)
            data = self._read(replace(tile, width=max(width, tile.width)), WIDTH * HASH_SIZE + 1)
        self._kept[place] = data
        while len(self._kept) > _KEPT_TILES:
            self._kept.popitem(last=False)
        if len(data) % HASH_SIZE or len(data) < tile.width * HASH_SIZE:
            raise BadTile(f"{tiles.tile_path(tile)} has {len(data)} bytes")
        return data[: tile.width * HASH_SIZE]

    def read_entries(self, bundle: EntryBundle) -> list[bytes]:
        """The first `bundle.width` entries of a bundle; raises `BadTile`."""
        width = tiles.width_at(0, bundle.index, self.size)
        whole = replace(bundle, width=max(width, bundle.width))
        data = self._read(whole, _MAX_BUNDLE)
        entries = _unpack_all(data)
        if len(entries) not in {whole.width, WIDTH}:
            raise BadTile(f"{tiles.entries_path(whole)} holds {len(entries)} entries")
        return entries[: bundle.width]

    def _read(self, wanted: Tile | EntryBundle, most: int) -> bytes:
        try:
            return self.client.get(f"/log/{_path(wanted)}", most=most)
        except NotServed:
            if wanted.width == WIDTH:
                raise
        return self.client.get(f"/log/{_path(replace(wanted, width=WIDTH))}", most=most)


def check_extends(log: RemoteLog, old: Checkpoint, new: Checkpoint) -> None:
    """Raises `Forked` unless the log shows that `new` extends `old` (or is it, or is a smaller tree that `old` extends)."""
    if old.origin != new.origin:
        raise Broken(f"the log is called {new.origin} now; it was {old.origin}")
    small, large = sorted((old, new), key=lambda head: head.size)
    if small.size == large.size or small.size == 0:
        proof: list[bytes] = []
    else:
        proof = _proof(log, small, large, went_back=new.size < old.size)
    try:
        verify_consistency(small.size, large.size, small.root, large.root, proof)
    except InvalidProof as error:
        raise Forked(
            f"its checkpoint of size {new.size} does not fit the saved one of size {old.size}: {error}"
        ) from error


def _proof(log: RemoteLog, small: Checkpoint, large: Checkpoint, *, went_back: bool) -> list[bytes]:
    try:
        return consistency_proof(log.reader(large.size), small.size, large.size)
    except NotServed as error:
        if went_back:
            raise Forked(
                f"the log went back from {large.size} to {small.size} entries and serves nothing of the rest"
            ) from error
        raise
    except BadTile as error:
        raise Forked(f"its tiles cannot show that size {large.size} extends size {small.size}: {error}") from error


def read_on(log: RemoteLog, start: int, root: bytes, new: Checkpoint) -> Iterator[Chunk]:
    """Everything from `start` on up to `new`, piece by piece. `root` is that of the first `start` leaves, verified before.

    Raises `Broken` for the first piece that does not lead to the signed root, `Unreachable` when files cannot be read.
    """
    if start == new.size and root == new.root:
        return
    try:
        edge = CompactRange.read(log.reader(new.size), start)
        if edge.root() != root:
            raise Broken(f"its tiles do not lead to the root of its first {start} entries")
        while edge.size < new.size:
            yield _read_chunk(log, edge, new)
    except (BadTile, InvalidProof) as error:
        raise Broken(f"its files are not those of its checkpoint of size {new.size}: {error}") from error


def _read_chunk(log: RemoteLog, edge: CompactRange, new: Checkpoint) -> Chunk:
    start = edge.size
    end = min(start - start % CHUNK + CHUNK, new.size)
    bundles = [EntryBundle(tile.index, tile.width) for tile in tiles.new_tiles(start, end) if tile.level == 0]
    entries = [entry for bundle in bundles for entry in log.read_entries(bundle)][start % WIDTH :]
    leaves = [leaf_hash(entry) for entry in entries]
    made = tiles.extend(log.read_tiles, start, leaves)
    for tile, data in made.items():
        if log.read_tile(tile) != data:
            raise BadTile(f"{tiles.tile_path(tile)} does not hold the hashes of the entries")
    edge.extend(leaves)
    proof = consistency_proof(log.reader(new.size), end, new.size)
    verify_consistency(end, new.size, edge.root(), new.root, proof)
    return Chunk(start, tuple(entries), made, edge.root())


def _unpack_all(data: bytes) -> list[bytes]:
    """All entries of a bundle, however many; raises `BadTile` when the last is cut off."""
    count, place = 0, 0
    while place < len(data):
        place += 2 + int.from_bytes(data[place : place + 2], "big")
        count += 1
    return tiles.unpack_entries(data, count)


def _path(wanted: Tile | EntryBundle) -> str:
    return tiles.entries_path(wanted) if isinstance(wanted, EntryBundle) else tiles.tile_path(wanted)


def _text(data: bytes) -> str:
    return data.decode(errors="replace")
