"""CheckpointAnchor on a real node, for what only receipts tell: gas."""

from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from chain.embedded import call
from contracts import build
from tests.contracts.machine import DELAY, OPERATOR, ORIGIN, ROTATION, address
from tests.contracts.rfc9162 import Tree


class NodeAnchor:
    """A freshly deployed contract, driven by an operator that the node impersonates."""

    def __init__(self, url: str) -> None:
        self.url = url
        for account in (address(OPERATOR), address(ROTATION)):
            call(url, "anvil_impersonateAccount", account)
            call(url, "anvil_setBalance", account, hex(10**21))
        code = build.run()["CheckpointAnchor"]["bytecode"]
        arguments = [ORIGIN, address(OPERATOR), address(ROTATION), DELAY]
        data = code + encode(["bytes32", "address", "address", "uint64"], arguments).hex()
        self.address = self.send({"data": data})["contractAddress"]

    def send(self, fields: dict[str, str]) -> dict[str, Any]:
        """The receipt of a transaction by the operator; it must have succeeded."""
        request = {"from": address(OPERATOR), "gas": hex(3_000_000), **fields}
        found = call(self.url, "eth_sendTransaction", request)
        call(self.url, "evm_mine")
        receipt: dict[str, Any] = call(self.url, "eth_getTransactionReceipt", found)
        assert receipt["status"] == "0x1"
        return receipt

    def anchor(self, size: int, root: bytes, proof: list[bytes]) -> int:
        """Anchors and returns the gas used."""
        selector = keccak(b"anchor(uint64,bytes32,bytes32[])")[:4]
        data = selector + encode(["uint64", "bytes32", "bytes32[]"], [size, root, proof])
        return int(self.send({"to": self.address, "data": "0x" + data.hex()})["gasUsed"], 16)

    def growth(self, tree: Tree, old: int, new: int) -> tuple[int, int]:
        """Gas used and proof nodes of anchoring `new` on a contract that stands at `old`."""
        self.anchor(old, tree.root(old), [])
        proof = tree.proof(old, new)
        return self.anchor(new, tree.root(new), proof), len(proof)
