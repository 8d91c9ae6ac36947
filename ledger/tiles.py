"""Tiles of C2SP tlog-tiles: how the log's hashes and entries are packed and addressed below `/log/`.

A tile holds up to 256 hashes of one level; level 1 and above hold the roots of full tiles below. A tree of a given
size has full tiles and, at the right edge, at most one partial tile per level. A partial tile is a prefix of the
full one it grows into, so a store that keeps the widest can answer for every narrower width.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from ledger.errors import BadTile
from ledger.merkle import HASH_SIZE, MAX_SIZE, Node, ReadHashes

HEIGHT = 8
WIDTH = 1 << HEIGHT
MAX_ENTRY_BYTES = 0xFFFF
LEVELS = range((MAX_SIZE.bit_length() + HEIGHT - 1) // HEIGHT)


@dataclass(frozen=True, slots=True)
class Tile:
    """`width` hashes of tile `index` at tile level `level`; 256 when full."""

    level: int
    index: int
    width: int = WIDTH


@dataclass(frozen=True, slots=True)
class EntryBundle:
    """`width` entries from leaf `index` * 256 on; 256 when full."""

    index: int
    width: int = WIDTH


ReadTiles = Callable[[Sequence[Tile]], Sequence[bytes]]
"""Returns, in the order asked, the first 32 * width bytes of each tile."""


def tile_path(tile: Tile) -> str:
    """The address below `/log/`: `tile/<L>/<N>[.p/<W>]`."""
    return f"tile/{tile.level}/{_number_path(tile.index, tile.width)}"


def entries_path(bundle: EntryBundle) -> str:
    """The address below `/log/`: `tile/entries/<N>[.p/<W>]`."""
    return f"tile/entries/{_number_path(bundle.index, bundle.width)}"


def parse_path(path: str) -> Tile | EntryBundle:
    """What an address below `/log/` names; raises `BadTile` unless it is written in its one canonical way."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise BadTile(f"{path!r} is not a tile's address")
    index = int(match["number"].replace("x", "").replace("/", ""))
    width = int(match["width"] or WIDTH)
    found = EntryBundle(index, width) if match["level"] == "entries" else Tile(int(match["level"]), index, width)
    written = entries_path(found) if isinstance(found, EntryBundle) else tile_path(found)
    if written != path or not 0 < width <= WIDTH or (isinstance(found, Tile) and found.level not in LEVELS):
        raise BadTile(f"{path!r} is not a tile's address")
    return found


def width_at(level: int, index: int, size: int) -> int:
    """How many hashes tile `index` of `level` has in a tree of `size` leaves: 0 (absent) to 256 (full)."""
    return max(0, min(WIDTH, (size >> (HEIGHT * level)) - index * WIDTH))


def new_tiles(old: int, new: int) -> list[Tile]:
    """The tiles of a tree of `new` leaves that a tree of `old` leaves lacks or has narrower. All of them for `old` 0."""
    tiles = []
    for level in LEVELS:
        before, after = old >> (HEIGHT * level), new >> (HEIGHT * level)
        if after > before:
            last = (after - 1) // WIDTH
            tiles += [Tile(level, index, width_at(level, index, new)) for index in range(before // WIDTH, last + 1)]
    return tiles


def hash_reader(read_tiles: ReadTiles, size: int) -> ReadHashes:
    """A reader for `ledger.merkle` on top of the tiles of a tree of `size` leaves.

    Every tile needed for one call is asked for once, in one call of `read_tiles`.
    """

    def read(nodes: Sequence[Node]) -> list[bytes]:
        places = [_place(node, size) for node in nodes]
        wanted = list(dict.fromkeys(tile for tile, _, _ in places))
        data = dict(zip(wanted, _checked(read_tiles(wanted), wanted), strict=True)) if wanted else {}
        return [_subtree_root(data[tile][first * HASH_SIZE : end * HASH_SIZE]) for tile, first, end in places]

    return read


def extend(read_tiles: ReadTiles, size: int, leaves: Sequence[bytes]) -> dict[Tile, bytes]:
    """The tiles that appending leaf hashes to a tree of `size` leaves makes or widens.

    Only the partial tiles at the right edge are read. The result holds every tile of `new_tiles(size, new)`.
    """
    made: dict[Tile, bytes] = {}
    fresh, before = list(leaves), size
    for level in LEVELS:
        if not fresh:
            break
        edge = Tile(level, before // WIDTH, before % WIDTH)
        data = (_checked(read_tiles([edge]), [edge])[0] if edge.width else b"") + b"".join(fresh)
        above = []
        for offset in range(0, len(data), WIDTH * HASH_SIZE):
            piece = data[offset : offset + WIDTH * HASH_SIZE]
            tile = Tile(level, edge.index + offset // (WIDTH * HASH_SIZE), len(piece) // HASH_SIZE)
            made[tile] = piece
            if tile.width == WIDTH:
                above.append(_subtree_root(piece))
        fresh, before = above, before // WIDTH
    return made


def pack_entries(entries: Sequence[bytes]) -> bytes:
    """An entry bundle's bytes: each entry after its length as two bytes, big-endian."""
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise BadTile(f"an entry of {len(entry)} bytes does not fit a bundle")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unpack_entries(data: bytes, width: int) -> list[bytes]:
    """The `width` entries of a bundle; raises `BadTile` on missing or left-over bytes."""
    entries, place = [], 0
    for _ in range(width):
        start = place + 2
        place = start + int.from_bytes(data[place:start], "big")
        if start > len(data) or place > len(data):
            raise BadTile("the entry bundle ends too early")
        entries.append(data[start:place])
    if place != len(data):
        raise BadTile("the entry bundle has bytes left over")
    return entries


_PATH = re.compile(
    r"tile/(?P<level>entries|[0-9]{1,2})/(?P<number>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[0-9]{1,3}))?", re.ASCII
)


def _number_path(index: int, width: int) -> str:
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[place : place + 3] for place in range(0, len(digits), 3)]
    partial = f".p/{width}" if width < WIDTH else ""
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]]) + partial


def _place(node: Node, size: int) -> tuple[Tile, int, int]:
    """The tile that holds a complete subtree, and which of the tile's hashes lie below it."""
    level, rows = divmod(node.level, HEIGHT)
    index, first = divmod(node.index << rows, WIDTH)
    end = first + (1 << rows)
    width = width_at(level, index, size)
    if end > width:
        raise BadTile(f"a tree of {size} leaves has no complete subtree {node.index} at level {node.level}")
    return Tile(level, index, width), first, end


def _subtree_root(hashes: bytes) -> bytes:
    """The root over a power of two of concatenated hashes."""
    # `node_hash` written out: this loop is where the log spends its time, and a call per node costs a sixth of it.
    while len(hashes) > HASH_SIZE:
        pairs = range(0, len(hashes), 2 * HASH_SIZE)
        hashes = b"".join([sha256(b"\x01" + hashes[place : place + 2 * HASH_SIZE]).digest() for place in pairs])
    return hashes


def _checked(data: Sequence[bytes], tiles: Sequence[Tile]) -> Sequence[bytes]:
    for tile, found in zip(tiles, data, strict=True):
        if len(found) != tile.width * HASH_SIZE:
            raise BadTile(f"{tile_path(tile)} has {len(found)} bytes, not {tile.width * HASH_SIZE}")
    return data
