"""Gas of every call that matters, to the unit, on a fresh node: `contracts/gas.json` holds what it was when last accepted.

    python -m tests.contracts.gas_snapshot     measure and rewrite contracts/gas.json: the costs are meant to differ

Everything that gas depends on is fixed: accounts, nonces, trees, signatures, and the bytes of each call.
"""

import json
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from eth_utils.address import to_checksum_address

from chain.embedded import AnvilProcess, call, find_anvil
from chain.signatures import head_digest, join
from contracts import build
from tests.contracts.machine import CHAIN_ID, DELAY, OPERATOR, ORIGIN, ROTATION, address
from tests.contracts.node import DeepTree, Node, NodeContract, NodeDistribution
from tests.contracts.rfc9162 import Tree

FILE = Path(build.__file__).parent / "gas.json"
DEPTH = 17
PEOPLE = [(f"0x{number:040x}", 1000 + number) for number in range(1, 65)]


def measure(url: str) -> dict[str, dict[str, int]]:
    """Gas by contract and act, in the order of a life."""
    return {"CheckpointAnchor": _anchor(url), "EpochDistributor": _distributor(url)}


def _anchor(url: str) -> dict[str, int]:
    node, artifact = Node(url), build.run()["CheckpointAnchor"]
    arguments = (ORIGIN, address(OPERATOR), address(ROTATION), DELAY)
    contract, deployed = node.deploy(artifact["bytecode"], artifact["abi"], *arguments)
    tree = Tree([(333_333, b"a"), (1_000_000, b"b"), (1 << 40, b"c")])
    sizes = [1_000_000, 1_010_000, 1_010_001, 1_000_000_000, 1_001_000_000]

    def grow(old: int, new: int) -> int:
        return contract.send("anchor", new, tree.root(new), tree.proof(old, new))

    found = {"deploy": deployed, "anchor the first": grow(0, sizes[0])}
    for old, new in pairwise(sizes):
        found[f"anchor {new:,} after {old:,}"] = grow(old, new)
    newest = sizes[4] + 10_000
    signature = _signed(contract, newest, tree.root(newest))
    found["anchorSigned, 10,000 more"] = contract.send(
        "anchorSigned", newest, tree.root(newest), tree.proof(sizes[4], newest), signature
    )
    found["keepRoot"] = contract.send("keepRoot", sizes[0], tree.root(sizes[0]), tree.proof(sizes[0], newest))
    found["proveEquivocation, 5,000 leaves"] = _equivocation(contract)
    return found | _rotation(node, contract)


def _equivocation(contract: NodeContract) -> int:
    index, heads, proofs = 4_000, [], []
    for other in (b"one", b"two"):
        tree = Tree([(index, b"a"), (index + 1, other), (5_000, b"b")])
        heads.append((5_000, tree.root(5_000), _signed(contract, 5_000, tree.root(5_000))))
        proofs.append((tree.leaf(index), tree.path(index, 5_000)))
    return contract.send("proveEquivocation", index, heads[0], proofs[0], heads[1], proofs[1])


def _rotation(node: Node, contract: NodeContract) -> dict[str, int]:
    call(node.url, "anvil_impersonateAccount", address(ROTATION))
    call(node.url, "anvil_setBalance", address(ROTATION), hex(10**21))
    data = "0x" + contract.abi.encode_call("announceOperator", to_checksum_address("0x" + "77" * 20)).hex()
    announced = node.send({"from": address(ROTATION), "to": contract.address, "data": data})
    node.wait(DELAY)
    return {"announceOperator": int(announced["gasUsed"], 16), "applyOperator": contract.send("applyOperator")}


def _signed(contract: NodeContract, size: int, root: bytes) -> bytes:
    digest = head_digest(chain_id=CHAIN_ID, contract=contract.address, origin_hash=ORIGIN, size=size, root=root)
    return join(OPERATOR.sign_msg_hash(digest))


def _distributor(url: str) -> dict[str, int]:
    hub, found = NodeDistribution(url), {}
    for words, epoch in (("the first epoch", 0), ("a later epoch", 1)):
        rows = [(account, amount + epoch * 1000) for account, amount in PEOPLE]
        tree = DeepTree(rows, DEPTH)
        found[f"propose {words}"], found[f"finalize {words}"] = hub.distribute(tree, 10 ** (6 + epoch))
        found[f"claim after {words}"] = hub.claim(tree, rows[0])
        found[f"claimMany of 50 after {words}"] = hub.claim_many(tree, rows[14:64])
    return found


@contextmanager
def fresh_node() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        anvil = AnvilProcess(find_anvil(), port, CHAIN_ID, Path(folder))
        anvil.start()
        try:
            yield anvil.url
        finally:
            anvil.kill()


if __name__ == "__main__":
    with fresh_node() as url:
        FILE.write_text(json.dumps(measure(url), indent=2) + "\n", encoding="utf-8")
