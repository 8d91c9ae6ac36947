"""The log's mathematics beside bare SHA-256: leaves appended, proofs made from tiles and checked, a bundle verified."""

import hashlib
import random
import time
from collections.abc import Callable

from ledger import akashi_verify, merkle, tiles
from ledger.tiles import ReadTiles
from tests.ledger.world import World, memory_reader

LEAVES, BATCH, PROOFS, ENTRY_BYTES = 1_000_000, 50_000, 2_000, 300


def main() -> None:
    entries = [random.Random(index).randbytes(ENTRY_BYTES) for index in range(BATCH)]
    bare = rate(BATCH, lambda: [hashlib.sha256(entry).digest() for entry in entries])
    print(f"   bare SHA-256 of {ENTRY_BYTES} bytes         {bare:>12,.0f}/s")
    stored: dict[tuple[int, int], bytes] = {}
    read_tiles = memory_reader(stored)
    grown = rate(LEAVES, lambda: grow(stored, read_tiles, entries))
    print(f"   leaves hashed into tiles          {grown:>12,.0f}/s   {grown / bare:.2f} of bare SHA-256")
    _measure_proofs(read_tiles)
    _measure_verifier()


def grow(stored: dict[tuple[int, int], bytes], read_tiles: ReadTiles, entries: list[bytes]) -> None:
    """Appends LEAVES leaves in batches, in memory."""
    for size in range(0, LEAVES, BATCH):
        made = tiles.extend(read_tiles, size, [merkle.leaf_hash(entry) for entry in entries])
        stored.update({(tile.level, tile.index): data for tile, data in made.items()})


def _measure_proofs(read_tiles: ReadTiles) -> None:
    read, places = tiles.hash_reader(read_tiles, LEAVES), random.Random(7).sample(range(1, LEAVES), PROOFS)
    root = merkle.root_hash(read, LEAVES)
    proofs: list[list[bytes]] = []
    made = rate(PROOFS, lambda: proofs.extend(merkle.inclusion_proof(read, place, LEAVES) for place in places))
    consistent = rate(PROOFS, lambda: [merkle.consistency_proof(read, place, LEAVES) for place in places])
    leaves = [read([merkle.Node(0, place)])[0] for place in places]

    def verify() -> None:
        for place, leaf, proof in zip(places, leaves, proofs, strict=True):
            merkle.verify_inclusion(leaf, place, LEAVES, proof, root)

    print(f"   inclusion proofs of {LEAVES:,}     {made:>12,.0f}/s")
    print(f"   consistency proofs of {LEAVES:,}   {consistent:>12,.0f}/s")
    print(f"   inclusion proofs verified         {rate(PROOFS, verify):>12,.0f}/s")
    print(f"   root of {LEAVES:,} leaves          {1000 / rate(1, lambda: merkle.root_hash(read, LEAVES)):>12.1f} ms")


def _measure_verifier() -> None:
    log = World()
    for number in range(1_000):
        log.add("reference.moved", {"number": number})
    data, key = log.bundle().encode(), log.signer.key.vkey
    taken = 1 / rate(1, lambda: akashi_verify.verify_bundle(data, log_key=key))
    hashed = 1 / rate(1, lambda: hashlib.sha256(data))
    print(f"   a bundle of 1,000 entries verified {taken * 1000:>11.0f} ms   {taken / hashed:,.0f} times its SHA-256")


def rate(count: int, act: Callable[[], object]) -> float:
    """How many per second, when `act` does `count` of them."""
    began = time.perf_counter()
    act()
    return count / (time.perf_counter() - began)
