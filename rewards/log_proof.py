"""Proof that some entries stand at their places in the log: the hashes of everything between them.

A gap is a complete subtree of the log's tree (RFC 9162) that holds none of the entries. Gaps and entries together, in
order, cover the tree exactly, so its root follows from them, and nobody can change, move or add an entry below it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ledger.merkle import EMPTY_ROOT, Node, ReadHashes, leaf_hash, node_hash
from rewards.errors import BundleRefused

BATCH = 10_000


class Gap(NamedTuple):
    """The hash over the 2**level leaves from `start` on; `start` is a multiple of 2**level."""

    start: int
    level: int
    hash: bytes


def gaps(read: ReadHashes, leaves: Sequence[int], size: int) -> Iterator[Gap]:
    """The gaps between these leaf indices (ascending) in a tree of `size`, in order, read in batches."""
    waiting: list[Node] = []
    start = 0
    for end in (*leaves, size):
        waiting += _between(start, end)
        start = end + 1
        if len(waiting) >= BATCH:
            yield from _read(read, waiting)
            waiting = []
    yield from _read(read, waiting)


def root(entries: Iterable[tuple[int, bytes]], between: Iterable[Gap], size: int) -> bytes:
    """The root of the tree that entries (leaf index, bytes) and gaps cover.

    Raises `BundleRefused` unless they cover the first `size` leaves exactly.
    """
    pieces = sorted(
        [
            *((leaf, 0, leaf_hash(body)) for leaf, body in entries),
            *((gap.start, gap.level, gap.hash) for gap in between),
        ]
    )
    edge: list[tuple[int, bytes]] = []  # the right edge: (level, hash) of complete subtrees, levels descending
    reached = 0
    for start, level, value in pieces:
        if start != reached or start & ((1 << level) - 1):
            raise BundleRefused(f"Entries and gaps do not meet at leaf {reached}.")
        reached = start + (1 << level)
        while edge and edge[-1][0] == level:
            value, level = node_hash(edge.pop()[1], value), level + 1
        edge.append((level, value))
    if reached != size:
        raise BundleRefused(f"Entries and gaps cover {reached} leaves and not {size}.")
    return _fold(edge)


def _between(start: int, end: int) -> Iterator[Node]:
    """The largest complete subtrees that cover the leaves `start` to `end`."""
    while start < end:
        fits = (end - start).bit_length() - 1
        level = min((start & -start).bit_length() - 1, fits) if start else fits
        yield Node(level, start >> level)
        start += 1 << level


def _read(read: ReadHashes, nodes: Sequence[Node]) -> Iterator[Gap]:
    for node, value in zip(nodes, read(nodes) if nodes else (), strict=True):
        yield Gap(node.index << node.level, node.level, value)


def _fold(edge: Sequence[tuple[int, bytes]]) -> bytes:
    if not edge:
        return EMPTY_ROOT
    result = edge[-1][1]
    for _, left in reversed(edge[:-1]):
        result = node_hash(left, result)
    return result
