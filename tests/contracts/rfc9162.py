"""RFC 9162 by its definitions (2.1.1, 2.1.3.1, 2.1.4.1), written apart from the product's own Merkle code.

Trees of up to 2^62 leaves come at no cost here: leaves lie in zones of equal leaf hashes, so a subtree inside one zone
depends on its size alone. `Tree([(10, b"a"), (2**40, b"b")])` has ten leaves `a` and then `b` up to index 2^40.
"""

from functools import cache
from hashlib import sha256


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


EMPTY_ROOT = sha256(b"").digest()


def split(n: int) -> int:
    """The largest power of two smaller than n."""
    return 1 << ((n - 1).bit_length() - 1)


@cache
def uniform_root(leaf: bytes, size: int) -> bytes:
    if size == 1:
        return leaf
    k = split(size)
    return node_hash(uniform_root(leaf, k), uniform_root(leaf, size - k))


def verify_consistency(first: int, first_root: bytes, second: int, second_root: bytes, path: list[bytes]) -> bool:
    """2.1.4.2, step by step, for 0 < first < second."""
    if not path:
        return False
    nodes = [first_root, *path] if first & (first - 1) == 0 else path
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = nodes[0]
    for c in nodes[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            if not fn & 1:
                while True:
                    fn, sn = fn >> 1, sn >> 1
                    if fn & 1 or fn == 0:
                        break
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return fr == first_root and sr == second_root and sn == 0


class Tree:
    def __init__(self, zones: list[tuple[int, bytes]]) -> None:
        self.zones = [(end, leaf_hash(entry)) for end, entry in zones]

    @classmethod
    def of(cls, entries: list[bytes]) -> "Tree":
        return cls([(index + 1, entry) for index, entry in enumerate(entries)])

    def leaf(self, index: int) -> bytes:
        return next(leaf for end, leaf in self.zones if index < end)

    def mth(self, start: int, size: int) -> bytes:
        """MTH(D[start : start + size])."""
        if size == 0:
            return EMPTY_ROOT
        end, leaf = next(zone for zone in self.zones if start < zone[0])
        if start + size <= end:
            return uniform_root(leaf, size)
        k = split(size)
        return node_hash(self.mth(start, k), self.mth(start + k, size - k))

    def root(self, size: int) -> bytes:
        return self.mth(0, size)

    def path(self, index: int, size: int) -> list[bytes]:
        """PATH(index, D[size])."""
        return self._path(index, 0, size)

    def _path(self, m: int, start: int, size: int) -> list[bytes]:
        if size == 1:
            return []
        k = split(size)
        if m < k:
            return [*self._path(m, start, k), self.mth(start + k, size - k)]
        return [*self._path(m - k, start + k, size - k), self.mth(start, k)]

    def proof(self, old: int, new: int) -> list[bytes]:
        """PROOF(old, D[new]) for 0 < old <= new; empty for old = 0."""
        return self._subproof(old, 0, new, True) if old else []

    def _subproof(self, m: int, start: int, size: int, whole: bool) -> list[bytes]:
        if m == size:
            return [] if whole else [self.mth(start, size)]
        k = split(size)
        if m <= k:
            return [*self._subproof(m, start, k, whole), self.mth(start + k, size - k)]
        return [*self._subproof(m - k, start + k, size - k, False), self.mth(start, k)]
