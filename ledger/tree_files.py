"""Writes the tiles and entry bundles that follow from the sequenced entries, and reads them back to be sure of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ledger import storage, tiles
from ledger.errors import BadTile, Damaged
from ledger.merkle import EMPTY_ROOT, CompactRange, consistency_proof, leaf_hash, verify_consistency
from ledger.models import Entry
from ledger.storage import Store
from ledger.tiles import WIDTH, EntryBundle

# A multiple of the tile width; bounds memory when a long backlog is written.
CHUNK = 4_096


class SpoiltEntries(Damaged):
    """Entries in the database are missing or are not what was recorded, so no files can be made from them."""


@dataclass(frozen=True)
class Head:
    """A size of the log and its root hash."""

    size: int
    root: bytes


EMPTY = Head(0, EMPTY_ROOT)

ReadEntries = Callable[[int, int], Sequence[tuple[bytes, bytes]]]
"""Leaf hash and bytes of the entries from the first number up to the second, none missing. The first is a multiple of 256."""


def write_files(store: Store, old: int, new: int, read: ReadEntries | None = None) -> None:
    """Write what a log of `new` entries has and one of `old` entries lacks. Everything, if `old` is 0.

    Entries come from the database, or from `read`. Raises `SpoiltEntries` before anything made of such entries is written.
    """
    read = read or _entries
    for start, end in _chunks(old, new):
        first = start - start % WIDTH
        rows = read(first, end)
        hashes = [leaf for leaf, _ in rows[start - first :]]
        made = tiles.extend(store.read_tiles, start, hashes)
        files = {tiles.tile_path(tile): data for tile, data in made.items()}
        for bundle in storage.bundles(start, end):
            place = bundle.index * WIDTH - first
            files[tiles.entries_path(bundle)] = tiles.pack_entries(
                [body for _, body in rows[place : place + bundle.width]]
            )
        store.write(files)


def rebuild_files(store: Store, head: Head) -> None:
    """Write every file of the tree again, after making sure that the entries lead to `head`.

    Narrower forms of the partial tiles are dropped: the widest one answers for them.
    """
    sound = CompactRange()
    for start, end in _chunks(0, head.size):
        sound.extend(leaf for leaf, _ in _entries(start, end))
    if sound.root() != head.root:
        raise SpoiltEntries(f"the entries in the database lead to another root for size {head.size}")
    edge: list[tiles.Tile | EntryBundle] = [*tiles.new_tiles(0, head.size), *storage.bundles(0, head.size)]
    store.remove_partials([tile for tile in edge if tile.width < WIDTH])
    write_files(store, 0, head.size)
    verify_files(store, EMPTY, head)


def verify_files(store: Store, old: Head, new: Head) -> None:
    """Check, from the stored bytes alone, everything that `new` adds to `old`.

    Every new entry is hashed again, every new tile compared with what those hashes lead to, the root computed and the
    consistency with `old` proven. Raises `Damaged`, `BadTile` or `InvalidProof`.
    """
    edge = CompactRange.read(store.reader(old.size), old.size)
    if edge.root() != old.root:
        raise Damaged(f"the stored tiles lead to another root for size {old.size}")
    for start, end in _chunks(old.size, new.size):
        leaves = _stored_leaves(store, start, end)
        for tile, data in tiles.extend(store.read_tiles, start, leaves).items():
            if store.read_tile(tile) != data:
                raise Damaged(f"{tiles.tile_path(tile)} does not hold the hashes of the stored entries")
        edge.extend(leaves)
    if edge.root() != new.root:
        raise Damaged(f"the stored entries lead to another root for size {new.size}")
    read = store.reader(new.size)
    verify_consistency(old.size, new.size, old.root, new.root, consistency_proof(read, old.size, new.size))


def root_of_entries(size: int) -> bytes:
    """The root of the first `size` leaves as the database has them, computed from every leaf hash."""
    edge = CompactRange()
    rows = Entry.objects.filter(leaf_index__lt=size).order_by("leaf_index").values_list("leaf_index", "leaf_hash")
    for index, leaf in rows.iterator(chunk_size=10_000):
        if index != edge.size:
            raise Damaged(f"entry {edge.size} is missing")
        edge.append(bytes(leaf))
    if edge.size != size:
        raise Damaged(f"the database holds {edge.size} entries, not {size}")
    return edge.root()


def tidy(store: Store, old: int, new: int) -> None:
    """Drop the partial forms of tiles that have become full between `old` and `new`."""
    full: list[tiles.Tile | EntryBundle] = [tile for tile in tiles.new_tiles(old, new) if tile.width == WIDTH]
    full += [bundle for bundle in storage.bundles(old, new) if bundle.width == WIDTH]
    store.remove_partials(full)


def _chunks(old: int, new: int) -> Iterator[tuple[int, int]]:
    start = old
    while start < new:
        end = min(start - start % CHUNK + CHUNK, new)
        yield start, end
        start = end


def _entries(first: int, end: int) -> list[tuple[bytes, bytes]]:
    """Leaf hash and bytes of the entries `first` to `end`, none missing."""
    found = Entry.objects.filter(leaf_index__gte=first, leaf_index__lt=end).order_by("leaf_index")
    rows = [(bytes(leaf), bytes(body)) for leaf, body in found.values_list("leaf_hash", "body")]
    if len(rows) != end - first:
        raise SpoiltEntries(f"the database holds {len(rows)} of the entries {first} to {end - 1}")
    for place, (leaf, body) in enumerate(rows, first):
        if leaf_hash(body) != leaf:
            raise SpoiltEntries(f"entry {place} in the database is not what was recorded")
    return rows


def _stored_leaves(store: Store, start: int, end: int) -> list[bytes]:
    """The leaf hashes of the stored entries `start` to `end`."""
    entries: Sequence[bytes] = [
        entry for bundle in storage.bundles(start, end) for entry in store.read_entries(bundle)
    ][start % WIDTH :]
    if len(entries) != end - start:
        raise BadTile(f"the stored bundles hold {len(entries)} of the entries {start} to {end - 1}")
    return [leaf_hash(entry) for entry in entries]
