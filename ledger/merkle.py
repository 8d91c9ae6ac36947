"""The Merkle tree of RFC 9162 over SHA-256: hashes, proofs and their verification.

Reading stored hashes is one function passed in (`ReadHashes`), so proofs come from tiles, from a list in memory or
from anything else. Only complete subtrees are ever read: those whose 2**level leaves all exist and which start at a
multiple of 2**level. They never change once written.

Proofs come in pairs: `inclusion_proof` with `verify_inclusion`, `consistency_proof` with `verify_consistency`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from ledger.errors import InvalidProof

HASH_SIZE = 32
MAX_SIZE = 2**63 - 1
EMPTY_ROOT = sha256(b"").digest()


@dataclass(frozen=True, slots=True)
class Node:
    """A complete subtree: the 2**level leaves from index * 2**level on. Level 0 holds the leaf hashes."""

    level: int
    index: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way from a leaf to the root: the sibling over the leaves `start` to `end` (exclusive).

    `side` says where the sibling stands. A sibling at the ragged right edge covers fewer than 2**level leaves.
    """

    side: Literal["left", "right"]
    start: int
    end: int

    @property
    def level(self) -> int:
        """The height at which the sibling stands; 0 for a leaf."""
        return (self.end - self.start - 1).bit_length()

    @property
    def index(self) -> int:
        """The sibling's place within its level."""
        return self.start >> self.level


ReadHashes = Callable[[Sequence[Node]], Sequence[bytes]]
"""Returns the 32-byte hashes of the complete subtrees asked for, in the order asked."""


def leaf_hash(entry: bytes) -> bytes:
    """RFC 9162 section 2.1.1: SHA-256(0x00 || entry)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 9162 section 2.1.1: SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def root_hash(read: ReadHashes, size: int) -> bytes:
    """The root of the tree of the first `size` leaves (RFC 9162 section 2.1.1)."""
    _check_size(size)
    return _fold(read(covering(0, size))) if size else EMPTY_ROOT


def covering(start: int, end: int) -> list[Node]:
    """The complete subtrees, largest first, that together cover the leaves `start` to `end`.

    `start` must be a multiple of the largest power of two not above `end - start`, as it is for every range that
    RFC 9162 hashes.
    """
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append(Node(level, start >> level))
        start += 1 << level
    return nodes


def inclusion_path(index: int, size: int) -> list[Step]:
    """The siblings on the way from leaf `index` up to the root of a tree of `size` leaves, lowest first."""
    _check_index(index, size)
    steps: list[Step] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            steps.append(Step("right", middle, end))
            end = middle
        else:
            steps.append(Step("left", start, middle))
            start = middle
    return steps[::-1]


def inclusion_proof(read: ReadHashes, index: int, size: int) -> list[bytes]:
    """PATH(index, D[size]) of RFC 9162 section 2.1.3.1: hashes from the leaf's sibling up."""
    return _read_ranges(read, [(step.start, step.end) for step in inclusion_path(index, size)])


def consistency_proof(read: ReadHashes, old: int, new: int) -> list[bytes]:
    """PROOF(old, D[new]) of RFC 9162 section 2.1.4.1. Empty when `old` is 0 or equals `new`."""
    _check_size(new)
    if not 0 <= old <= new:
        raise InvalidProof(f"no consistency proof from size {old} to size {new}")
    return _read_ranges(read, _consistency_ranges(old, new)) if old else []


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raises `InvalidProof` unless `proof` shows the leaf hash `leaf` at `index` in the tree of `size` under `root`."""
    if root_from_inclusion(leaf, index, size, proof) != root:
        raise InvalidProof(f"the proof for leaf {index} leads to another root")


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that an inclusion proof leads to (RFC 9162 section 2.1.3.2); raises `InvalidProof` on a wrong length."""
    _check_index(index, size)
    _check_hashes([leaf, *proof])
    place, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise InvalidProof("the proof is too long")
        if place & 1 or place == last:
            result = node_hash(sibling, result)
            place, last = _climb_left_edge(place, last)
        else:
            result = node_hash(result, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise InvalidProof("the proof is too short")
    return result


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Raises `InvalidProof` unless the first `old` leaves under `new_root` are those under `old_root`.

    RFC 9162 section 2.1.4.2. From size 0 only the empty proof and the empty tree's root are accepted.
    """
    _check_size(new)
    _check_hashes([old_root, new_root, *proof])
    if not 0 <= old <= new:
        raise InvalidProof(f"size {new} cannot extend size {old}")
    if old == 0 or old == new:
        _check_trivial(old, new, old_root, new_root, proof)
        return
    old_found, new_found = _roots_from_consistency(old, new, old_root, proof)
    if old_found != old_root or new_found != new_root:
        raise InvalidProof(f"the proof from size {old} to size {new} leads to other roots")


@dataclass
class CompactRange:
    """The right edge of a growing tree: enough to append leaves and to know the root, in 32 log2(size) bytes."""

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)

    @classmethod
    def read(cls, read: ReadHashes, size: int) -> "CompactRange":
        """The right edge of an existing tree."""
        _check_size(size)
        return cls(size, list(read(covering(0, size))) if size else [])

    def append(self, leaf: bytes) -> None:
        """Adds one leaf hash."""
        # Each trailing one bit of the size is a complete subtree that the new leaf completes to one twice as large.
        result, complete = leaf, self.size
        while complete & 1:
            result = node_hash(self.hashes.pop(), result)
            complete >>= 1
        self.hashes.append(result)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Adds leaf hashes in order."""
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        """The root of the tree so far."""
        return _fold(self.hashes) if self.hashes else EMPTY_ROOT


def _split(size: int) -> int:
    """The largest power of two smaller than `size`, where RFC 9162 divides a tree."""
    return 1 << ((size - 1).bit_length() - 1)


def _fold(hashes: Sequence[bytes]) -> bytes:
    """The root over adjacent subtrees given largest (leftmost) first."""
    result = hashes[-1]
    for left in reversed(hashes[:-1]):
        result = node_hash(left, result)
    return result


def _read_ranges(read: ReadHashes, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
    """The root of each range of leaves, with one call of `read` for them all."""
    covers = [covering(start, end) for start, end in ranges]
    wanted = [node for cover in covers for node in cover]
    hashes = list(read(wanted)) if wanted else []
    roots, first = [], 0
    for cover in covers:
        roots.append(_fold(hashes[first : first + len(cover)]))
        first += len(cover)
    return roots


def _consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    """The ranges of leaves whose roots make up PROOF(old, D[new]), in proof order."""
    ranges = []
    start, end = 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:  # SUBPROOF's flag b: the old tree's own root is left out, any smaller part of it is given
        ranges.append((start, end))
    return ranges[::-1]


def _roots_from_consistency(old: int, new: int, old_root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise InvalidProof("the proof is too short")
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_found = new_found = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise InvalidProof("the proof is too long")
        if place & 1 or place == last:
            old_found, new_found = node_hash(sibling, old_found), node_hash(sibling, new_found)
            place, last = _climb_left_edge(place, last)
        else:
            new_found = node_hash(new_found, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise InvalidProof("the proof is too short")
    return old_found, new_found


def _climb_left_edge(place: int, last: int) -> tuple[int, int]:
    """Skips the levels at which a node at the right edge has no sibling (steps 4.b.ii and 6.b.ii of the RFC)."""
    while not place & 1 and place:
        place, last = place >> 1, last >> 1
    return place, last


def _check_trivial(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    if proof:
        raise InvalidProof("the proof is too long")
    if old == 0 and old_root != EMPTY_ROOT:
        raise InvalidProof("the old root is not that of the empty tree")
    if old == new and old_root != new_root:
        raise InvalidProof(f"two different roots for size {new}")


def _check_size(size: int) -> None:
    if not 0 <= size <= MAX_SIZE:
        raise InvalidProof(f"{size} is not a tree size")


def _check_index(index: int, size: int) -> None:
    _check_size(size)
    if not 0 <= index < size:
        raise InvalidProof(f"a tree of {size} leaves has no leaf {index}")


def _check_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(value) != HASH_SIZE for value in hashes):
        raise InvalidProof(f"a hash is not {HASH_SIZE} bytes long")
