"""The distribution tree: OpenZeppelin's `standard-v1` over (address account, uint256 cumulative), with Keccak-256.

A leaf's hash is keccak(keccak(abi.encode(account, cumulative))); leaves stand in descending order of their hashes at
the end of a complete binary tree of 2n − 1 nodes, root first; an inner node is keccak(smaller child ‖ larger child).
The nodes are one run of 32-byte hashes, so a tree is kept as a file and a proof is read from it without loading it.
Shares no code with the log's tree, which is another one.
"""

import mmap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from sha3 import keccak_256

from rewards.errors import EpochRefused

HASH_SIZE: Final = 32
NO_LEAVES: Final = bytes(HASH_SIZE)
"""The root of a distribution without leaves, as the distributor takes it."""

Nodes: TypeAlias = bytes | mmap.mmap
Leaf: TypeAlias = tuple[str, int]


def leaf_hash(wallet: str, cumulative: int) -> bytes:
    """The hash of one leaf. `wallet` is 0x and 40 hex digits."""
    # abi.encode: the address padded on the left to 32 bytes, then the number. By hand it is ten times as fast.
    encoded = bytes(12) + bytes.fromhex(wallet[2:]) + cumulative.to_bytes(32, "big")
    return bytes(keccak_256(keccak_256(encoded).digest()).digest())


def build(leaves: Iterable[Leaf]) -> bytes:
    """All nodes of the tree, root first; no bytes for no leaves. Raises `EpochRefused` for a leaf that stands twice."""
    hashes = sorted(leaf_hash(wallet, amount) for wallet, amount in leaves)
    if len(set(hashes)) != len(hashes):
        raise EpochRefused("A leaf of the distribution stands twice.")
    if not hashes:
        return b""
    count = len(hashes)
    nodes = [b""] * (count - 1) + hashes[::-1]
    for place in range(count - 2, -1, -1):
        one, two = nodes[2 * place + 1], nodes[2 * place + 2]
        nodes[place] = keccak_256(one + two if one < two else two + one).digest()
    return b"".join(nodes)


def root(nodes: Nodes) -> bytes:
    """The root, 32 bytes; zeros without leaves."""
    return bytes(nodes[:HASH_SIZE]) or NO_LEAVES


def proof(nodes: Nodes, wallet: str, cumulative: int) -> list[bytes] | None:
    """The siblings from the leaf up, as the distributor takes them; None when there is no such leaf."""
    place = _find(nodes, leaf_hash(wallet, cumulative))
    if place is None:
        return None
    siblings = []
    while place:
        siblings.append(_node(nodes, place + 1 if place % 2 else place - 1))
        place = (place - 1) // 2
    return siblings


def leads_to(leaf: bytes, siblings: Sequence[bytes]) -> bytes:
    """The root that a proof leads to."""
    found = leaf
    for sibling in siblings:
        found = keccak_256(found + sibling if found < sibling else sibling + found).digest()
    return found


def proof_from_file(path: Path, wallet: str, cumulative: int) -> list[bytes] | None:
    """The proof from a file of nodes, reading only what it needs; None when there is no such leaf."""
    if not path.stat().st_size:
        return None
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as nodes:
        return proof(nodes, wallet, cumulative)


def _find(nodes: Nodes, wanted: bytes) -> int | None:
    """The place of a leaf by its hash; leaves stand in descending order in the second half."""
    count = len(nodes) // HASH_SIZE
    low, high = count // 2, count
    while low < high:
        middle = (low + high) // 2
        if _node(nodes, middle) > wanted:
            low = middle + 1
        else:
            high = middle
    return low if low < count and _node(nodes, low) == wanted else None


def _node(nodes: Nodes, place: int) -> bytes:
    return bytes(nodes[HASH_SIZE * place : HASH_SIZE * (place + 1)])
