"""OpenZeppelin `standard-v1` trees by their definition, written apart from the product's own code.

Leaves are keccak256(keccak256(abi.encode(address, uint256))), sorted; the tree is an array whose node i has the children
2i + 1 and 2i + 2 and whose leaves stand at its end, the first leaf last.
"""

from collections.abc import Sequence

from eth_utils.crypto import keccak

Row = tuple[str, int]


def leaf_hash(account: str, amount: int) -> bytes:
    return bytes(keccak(keccak(bytes.fromhex(account[2:]).rjust(32, b"\0") + amount.to_bytes(32, "big"))))


def node_hash(a: bytes, b: bytes) -> bytes:
    return bytes(keccak(min(a, b) + max(a, b)))


class StandardTree:
    """A tree of (account, cumulative) rows, at least one."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = list(rows)
        leaves = sorted(leaf_hash(*row) for row in rows)
        self.nodes = [b""] * (len(leaves) - 1) + leaves[::-1]
        for place in range(len(leaves) - 2, -1, -1):
            self.nodes[place] = node_hash(self.nodes[2 * place + 1], self.nodes[2 * place + 2])
        self.places = {leaf: 2 * len(leaves) - 2 - rank for rank, leaf in enumerate(leaves)}

    @property
    def root(self) -> bytes:
        return self.nodes[0]

    @property
    def total(self) -> int:
        return sum(amount for _, amount in self.rows)

    def proof(self, account: str, amount: int) -> list[bytes]:
        place, path = self.places[leaf_hash(account, amount)], []
        while place:
            path.append(self.nodes[place + 1 if place % 2 else place - 1])
            place = (place - 1) // 2
        return path

    def leaf(self, account: str, amount: int) -> tuple[int, list[bytes]]:
        """A leaf as the contract's fraud proofs take it."""
        return amount, self.proof(account, amount)
