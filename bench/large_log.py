"""A log of ten million entries in files: written, proven from, and audited whole, beside bare SHA-256 of the same entries.

The audit reads every file back, hashes every entry again and compares every tile and the root: what `verify_log` and the
publisher do with files. The memory is that of the whole process, as the kernel counts it.
"""

import hashlib
import os
import random
import resource
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from ledger import merkle, tiles
from ledger.merkle import CompactRange
from ledger.storage import Store

LEAVES, BATCH, PROOFS, ENTRY_BYTES = 10_000_000, 65_536, 1_000, 300
# Targets: what is kept of the speed of bare SHA-256, milliseconds per proof, and megabytes of growth.
AUDIT_TARGET, PROOF_TARGET, MEMORY_TARGET = 0.15, 1.0, 100


def main() -> None:
    with TemporaryDirectory(prefix="akashi-bench-", dir=Path.cwd()) as folder:
        _measure(Store(Path(folder) / "log"))


def _measure(store: Store) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from ledger.tree_files import EMPTY, Head, verify_files

    sample = _entries(0, BATCH)
    bare = BATCH / _seconds(lambda: [hashlib.sha256(entry).digest() for entry in sample])
    before = _peak()
    edge = CompactRange()
    written = _seconds(lambda: _write(store, edge))
    grown = _peak() - before
    print(f"   bare SHA-256 of {ENTRY_BYTES} bytes       {bare:>12,.0f}/s")
    print(f"   {LEAVES:,} entries written      {LEAVES / written:>12,.0f}/s   {LEAVES / written / bare:.2f} of it")
    read, places = store.reader(LEAVES), random.Random(3).sample(range(LEAVES), PROOFS)
    proof = _seconds(lambda: [merkle.inclusion_proof(read, place, LEAVES) for place in places]) / PROOFS * 1000
    print(
        f"   an inclusion proof, no tile kept {proof:>11.2f} ms  {proof / PROOF_TARGET:.2f} × the target of {PROOF_TARGET:.0f} ms"
    )
    head = Head(LEAVES, edge.root())
    audit = LEAVES / _seconds(lambda: verify_files(store, EMPTY, head))
    print(f"   audited whole, from files       {audit:>12,.0f}/s   {audit / bare:.2f} of it, target {AUDIT_TARGET}")
    print(f"   growth of memory while written  {grown:>9,.0f} MB")
    print(f"   growth of memory in all         {_peak() - before:>9,.0f} MB    target {MEMORY_TARGET} MB")


def _write(store: Store, edge: CompactRange) -> None:
    for start in range(0, LEAVES, BATCH):
        entries = _entries(start, min(BATCH, LEAVES - start))
        leaves = [merkle.leaf_hash(entry) for entry in entries]
        files = {tiles.tile_path(tile): data for tile, data in tiles.extend(store.read_tiles, start, leaves).items()}
        for place in range(0, len(entries), tiles.WIDTH):
            piece = entries[place : place + tiles.WIDTH]
            bundle = tiles.EntryBundle((start + place) // tiles.WIDTH, len(piece))
            files[tiles.entries_path(bundle)] = tiles.pack_entries(piece)
        store.write(files)
        edge.extend(leaves)
        store.remove_partials([tile for tile in tiles.new_tiles(start, edge.size) if tile.width == tiles.WIDTH])


def _entries(first: int, count: int) -> list[bytes]:
    return [index.to_bytes(8, "big") + b"x" * (ENTRY_BYTES - 8) for index in range(first, first + count)]


def _peak() -> float:
    """The most memory this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
