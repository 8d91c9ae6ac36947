"""Tiles: addresses, growth, and hashes read back out of them."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import merkle, tiles
from ledger.errors import BadTile
from ledger.merkle import CompactRange, Node
from ledger.tiles import EntryBundle, Tile
from tests.ledger.world import memory_reader

LEAVES = [merkle.leaf_hash(b"%d" % index) for index in range(70_000)]


def grow(sizes: Sequence[int]) -> dict[tuple[int, int], bytes]:
    """The widest tiles of a tree that grew through these sizes."""
    stored: dict[tuple[int, int], bytes] = {}
    before = 0
    for size in sizes:
        made = tiles.extend(memory_reader(stored), before, LEAVES[before:size])
        stored.update({(tile.level, tile.index): data for tile, data in made.items()})
        before = size
    return stored


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile(1, 1000, 1), "tile/1/x001/000.p/1"),
        (Tile(7, 999, 255), "tile/7/999.p/255"),
    ],
)
def test_a_tile_has_the_address_that_c2sp_gives_it(tile: Tile, path: str) -> None:
    assert tiles.tile_path(tile) == path
    assert tiles.parse_path(path) == tile


@given(index=st.integers(0, 10**12), width=st.integers(1, 256), level=st.one_of(st.none(), st.integers(0, 7)))
def test_every_address_reads_back_as_what_it_names(index: int, width: int, level: int | None) -> None:
    if level is None:
        assert tiles.parse_path(tiles.entries_path(EntryBundle(index, width))) == EntryBundle(index, width)
    else:
        assert tiles.parse_path(tiles.tile_path(Tile(level, index, width))) == Tile(level, index, width)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile",
        "tile/0",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001/x002",
        "tile/00/001",
        "tile/8/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/999",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/000\n",
        "tile/entries/000.p/0",
        "tile/entries/0",
        "tile/data/000",
        "tile/0/\u0660\u0660\u0660",
        "tile/0/../1/000",
    ],
)
def test_an_address_in_any_other_form_is_refused(path: str) -> None:
    with pytest.raises(BadTile):
        tiles.parse_path(path)


def test_a_tree_of_70000_leaves_has_the_tiles_that_c2sp_lists() -> None:
    found = tiles.new_tiles(0, 70_000)
    assert found[:273] == [Tile(0, index) for index in range(273)]
    assert found[273:] == [Tile(0, 273, 112), Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]


def test_a_tree_of_256_leaves_has_a_full_tile_and_one_above() -> None:
    assert tiles.new_tiles(0, 256) == [Tile(0, 0), Tile(1, 0, 1)]


@given(st.lists(st.integers(0, 1500), min_size=1, max_size=6).map(sorted))
def test_growing_in_steps_makes_the_tiles_of_growing_at_once(sizes: list[int]) -> None:
    assert grow(sizes) == grow(sizes[-1:])


@given(old=st.integers(0, 2000), more=st.integers(1, 1000))
def test_growing_makes_exactly_the_new_tiles(old: int, more: int) -> None:
    made = tiles.extend(memory_reader(grow([old])), old, LEAVES[old : old + more])
    assert list(made) == tiles.new_tiles(old, old + more)
    assert all(len(data) == tile.width * merkle.HASH_SIZE for tile, data in made.items())


def test_growing_by_nothing_makes_nothing() -> None:
    assert tiles.extend(memory_reader(grow([300])), 300, []) == {}
    assert tiles.new_tiles(300, 300) == []


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_000])
def test_roots_and_proofs_from_tiles_are_those_of_the_tree(size: int) -> None:
    edge = CompactRange()
    edge.extend(LEAVES[:size])
    read = tiles.hash_reader(memory_reader(grow([size])), size)
    assert merkle.root_hash(read, size) == edge.root()
    for index in {0, size // 3, size // 2, size - 1}:
        merkle.verify_inclusion(LEAVES[index], index, size, merkle.inclusion_proof(read, index, size), edge.root())
    for old in {1, size // 3, size // 2, size - 1} - {0}:
        old_root = merkle.root_hash(read, old)
        merkle.verify_consistency(old, size, old_root, edge.root(), merkle.consistency_proof(read, old, size))


def test_a_reader_asks_for_each_tile_once() -> None:
    asked: list[Tile] = []
    stored = memory_reader(grow([70_000]))

    def counting(wanted: Sequence[Tile]) -> Sequence[bytes]:
        asked.extend(wanted)
        return stored(wanted)

    merkle.inclusion_proof(tiles.hash_reader(counting, 70_000), 12_345, 70_000)
    assert len(asked) == len(set(asked)) <= 4


def test_a_reader_serves_an_older_tree_from_wider_tiles() -> None:
    edge = CompactRange()
    edge.extend(LEAVES[:300])
    assert merkle.root_hash(tiles.hash_reader(memory_reader(grow([1000])), 300), 300) == edge.root()


def test_a_subtree_beyond_the_tree_is_refused() -> None:
    read = tiles.hash_reader(memory_reader(grow([300])), 300)
    for node in (Node(0, 300), Node(1, 150), Node(8, 1), Node(9, 0)):
        with pytest.raises(BadTile):
            read([node])


def test_a_missing_or_short_tile_is_refused() -> None:
    stored = grow([300])
    stored[0, 1] = stored[0, 1][:-1]
    read = tiles.hash_reader(memory_reader(stored), 300)
    with pytest.raises(BadTile):
        merkle.root_hash(read, 300)
    with pytest.raises(BadTile):
        tiles.extend(memory_reader(stored), 300, LEAVES[300:301])


def test_a_full_tile_hashes_to_its_place_one_level_up() -> None:
    stored = grow([600])
    read = tiles.hash_reader(memory_reader(stored), 600)
    below = [Node(0, index) for index in range(512)]
    edges = [CompactRange(), CompactRange()]
    for node, leaf in zip(below, read(below), strict=True):
        edges[node.index // 256].append(leaf)
    assert edges[0].root() + edges[1].root() == stored[1, 0]


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_entries_come_out_of_a_bundle_as_they_went_in(entries: list[bytes]) -> None:
    assert tiles.unpack_entries(tiles.pack_entries(entries), len(entries)) == entries


def test_an_entry_of_65535_bytes_fits_and_one_more_does_not() -> None:
    largest = bytes(65_535)
    assert tiles.unpack_entries(tiles.pack_entries([largest]), 1) == [largest]
    with pytest.raises(BadTile):
        tiles.pack_entries([largest + b"\0"])


@given(st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=5), st.data())
def test_a_bundle_cut_short_lengthened_or_miscounted_is_refused(entries: list[bytes], data: st.DataObject) -> None:
    packed = tiles.pack_entries(entries)
    cut = data.draw(st.integers(0, len(packed) - 1))
    for wrong, width in ((packed[:cut], len(entries)), (packed + b"\0", len(entries)), (packed, len(entries) + 1)):
        with pytest.raises(BadTile):
            tiles.unpack_entries(wrong, width)
