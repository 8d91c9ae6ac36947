"""Contracts on a real node, for what only receipts tell: gas."""

from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from chain.abi import Abi
from chain.embedded import call
from contracts import build
from tests.contracts.distribution import MANIFEST, POLICY, Arguments
from tests.contracts.machine import DELAY, OPERATOR, ORIGIN, ROTATION, address
from tests.contracts.rfc9162 import Tree
from tests.contracts.standard_tree import Row, StandardTree, node_hash


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


class NodeContract:
    """A contract on the node, called by the impersonated operator; calls return receipts, or raise if they fail."""

    def __init__(self, node: "Node", at: str, abi: Abi) -> None:
        self.node = node
        self.address = at
        self.abi = abi

    def send(self, name: str, *arguments: Any) -> int:
        """Calls and returns the gas used."""
        data = "0x" + self.abi.encode_call(name, *arguments).hex()
        return int(self.node.send({"to": self.address, "data": data})["gasUsed"], 16)

    def read(self, name: str, *arguments: Any) -> Any:
        request = {"to": self.address, "data": "0x" + self.abi.encode_call(name, *arguments).hex()}
        answer = bytes.fromhex(call(self.node.url, "eth_call", request, "latest")[2:])
        return self.abi.decode_result(name, answer)[0]


class Node:
    """A node and an operator whom it impersonates."""

    def __init__(self, url: str) -> None:
        self.url = url
        call(url, "anvil_impersonateAccount", address(OPERATOR))
        call(url, "anvil_setBalance", address(OPERATOR), hex(10**21))

    def send(self, fields: dict[str, str]) -> dict[str, Any]:
        """The receipt of a transaction by the operator; it must have succeeded."""
        found = call(self.url, "eth_sendTransaction", {"from": address(OPERATOR), "gas": hex(15_000_000), **fields})
        call(self.url, "evm_mine")
        receipt: dict[str, Any] = call(self.url, "eth_getTransactionReceipt", found)
        assert receipt["status"] == "0x1"
        return receipt

    def wait(self, seconds: int) -> None:
        call(self.url, "evm_increaseTime", seconds)
        call(self.url, "evm_mine")

    def now(self) -> int:
        return int(call(self.url, "eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def deploy(self, code: str, items: list[Any], *arguments: Any) -> tuple[NodeContract, int]:
        """The contract and the gas of its deployment."""
        abi = Abi(items)
        receipt = self.send({"data": code + abi.encode_constructor(*arguments).hex()})
        return NodeContract(self, receipt["contractAddress"], abi), int(receipt["gasUsed"], 16)


class DeepTree:
    """A `standard-v1` tree of few known leaves whose paths are as long as in a tree of 2^depth leaves."""

    def __init__(self, rows: list[Row], depth: int) -> None:
        self.low = StandardTree(rows)
        longest = max(len(self.low.proof(*row)) for row in rows)
        self.above = [bytes(keccak(b"above" + bytes([level]))) for level in range(depth - longest)]
        self.root = self.low.root
        for node in self.above:
            self.root = node_hash(self.root, node)

    def proof(self, row: Row) -> list[bytes]:
        return [*self.low.proof(*row), *self.above]


class NodeDistribution:
    """A freshly deployed distributor whose operator is the proposer."""

    def __init__(self, url: str) -> None:
        self.node = Node(url)
        built = build.run()
        made = Arguments(genesis=self.node.now(), epoch=1000, window=300, proposer=address(OPERATOR))
        artifact = built["EpochDistributor"]
        self.contract, self.deployed = self.node.deploy(artifact["bytecode"], artifact["abi"], *made.encoded())
        self.token = NodeContract(self.node, self.contract.read("token"), Abi(built["HubToken"]["abi"]))
        self.epoch = 0

    def delegate(self, account: str) -> None:
        """The account delegates its votes to itself, as somebody does who wants to vote."""
        url = self.node.url
        call(url, "anvil_impersonateAccount", account)
        call(url, "anvil_setBalance", account, hex(10**20))
        data = "0x" + self.token.abi.encode_call("delegate", account).hex()
        call(url, "eth_sendTransaction", {"from": account, "to": self.token.address, "data": data, "gas": hex(200_000)})
        call(url, "evm_mine")
        assert self.token.read("delegates", account).lower() == account

    def distribute(self, tree: DeepTree, total: int) -> tuple[int, int]:
        """Gas of proposing and of finalizing the next epoch."""
        self.node.wait(1000)
        uri = "https://hub.example/epochs/123/manifest.json"
        proposed = self.contract.send("propose", self.epoch, tree.root, MANIFEST, POLICY, total, total, uri)
        self.node.wait(300)
        self.epoch += 1
        return proposed, self.contract.send("finalize")

    def claim(self, tree: DeepTree, row: Row) -> int:
        return self.contract.send("claim", self.epoch - 1, *row, tree.proof(row))

    def claim_many(self, tree: DeepTree, rows: list[Row]) -> int:
        return self.contract.send("claimMany", self.epoch - 1, [(*row, tree.proof(row)) for row in rows])
