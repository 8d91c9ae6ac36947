"""The verifier asks a real node: the contract, the transaction, the block and the event."""

from dataclasses import replace
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from chain.embedded import call
from ledger import bundle, merkle
from ledger.akashi_verify import Report, Rpc, http_rpc, verify_bundle
from tests.contracts.machine import OPERATOR
from tests.contracts.node import NodeAnchor
from tests.ledger.world import Operator, World
from tests.services import Services

ANCHORED, LATER = 5, 9


class OnChain:
    """A log whose first entries are anchored by a transaction on the node, and what the node says of it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.contract = NodeAnchor(url)
        address = bytes.fromhex(self.contract.address[2:])
        self.world = World(Operator(secret=OPERATOR.to_bytes(), contract=address, origin="akashi.test/log"))
        for number in range(LATER):
            self.world.add("reference.moved", {"number": number})
        self.receipt = self.anchor(ANCHORED, [])

    def anchor(self, size: int, proof: list[bytes]) -> dict[str, Any]:
        selector = keccak(b"anchor(uint64,bytes32,bytes32[])")[:4]
        data = selector + encode(["uint64", "bytes32", "bytes32[]"], [size, self.world.root(size), proof])
        return self.contract.send({"to": self.contract.address, "data": "0x" + data.hex()})

    @property
    def proof(self) -> bundle.AnchorProof:
        """What the log says about its anchor."""
        return bundle.AnchorProof(
            transaction=bytes.fromhex(self.receipt["transactionHash"][2:]),
            block=int(self.receipt["blockNumber"], 16),
            block_hash=bytes.fromhex(self.receipt["blockHash"][2:]),
            size=ANCHORED,
            root=self.world.root(ANCHORED),
            proof=merkle.consistency_proof(self.world.read(LATER), ANCHORED, LATER),
        )

    def verify(self, proof: bundle.AnchorProof | None, *, rpc: Rpc | None = None, **trusted: str) -> Report:
        text = self.world.bundle(anchor=proof)
        return verify_bundle(text.encode(), rpc=rpc or http_rpc(self.url), **trusted)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def chain(servers: Services) -> OnChain:
    return OnChain(servers.anvil.url)


def refusal(report: Report) -> str:
    assert report.verdict == "refused"
    return next(check.text for check in report.checks if check.passed is False)


def test_the_contract_and_a_node_say_whom_to_trust_without_the_log_key(chain: OnChain) -> None:
    report = chain.verify(chain.proof, contract=chain.contract.address)
    assert report.verdict == "verified"
    transaction = next(check for check in report.checks if check.code == "transaction")
    assert transaction.values["block"] == chain.proof.block
    assert transaction.values["depth"] >= 1


def test_a_node_alone_is_asked_but_says_nothing_about_whom_to_trust(chain: OnChain) -> None:
    assert chain.verify(chain.proof).verdict == "consistent"


def test_entries_that_wait_for_their_anchor_are_verified_by_the_operators_signature(chain: OnChain) -> None:
    assert chain.verify(None, contract=chain.contract.address).verdict == "verified"


def test_an_anchor_stays_verified_after_later_anchors(servers: Services) -> None:
    chain = OnChain(servers.anvil.url)
    chain.anchor(LATER, chain.proof.proof)  # type: ignore[arg-type]
    report = chain.verify(chain.proof, contract=chain.contract.address)
    assert report.verdict == "verified"
    assert next(check for check in report.checks if check.code == "chain").values["size"] == LATER


def test_a_transaction_that_the_chain_does_not_have_is_refused(chain: OnChain) -> None:
    report = chain.verify(replace(chain.proof, transaction=bytes(32)), contract=chain.contract.address)
    assert "has no transaction" in refusal(report)


def test_a_transaction_in_another_block_is_refused(chain: OnChain) -> None:
    for wrong in (replace(chain.proof, block=chain.proof.block - 1), replace(chain.proof, block_hash=bytes(32))):
        assert "does not stand in block" in refusal(chain.verify(wrong, log_key=chain.world.signer.key.vkey))


def test_a_block_beyond_the_chain_is_refused(chain: OnChain) -> None:
    assert "does not stand in block" in refusal(chain.verify(replace(chain.proof, block=2**40)))


def test_a_transaction_that_anchored_another_tree_is_refused(chain: OnChain) -> None:
    earlier = chain.world.root(3)
    proof = merkle.consistency_proof(chain.world.read(LATER), 3, LATER)
    report = chain.verify(replace(chain.proof, size=3, root=earlier, proof=proof))
    assert "anchored something else" in refusal(report)


def test_an_anchor_beyond_the_contracts_head_is_refused(chain: OnChain) -> None:
    report = chain.verify(replace(chain.proof, size=LATER, root=chain.world.root(), proof=[]))
    assert "below the anchor" in refusal(report)


def test_a_contract_of_another_log_is_refused(chain: OnChain) -> None:
    other = World(replace(chain.world.operator, origin="another.example"))
    other.add("reference.moved", {})
    report = verify_bundle(other.bundle().encode(), rpc=http_rpc(chain.url), contract=chain.contract.address)
    assert "belongs to another log" in refusal(report)


def test_an_address_without_a_contract_is_refused(chain: OnChain) -> None:
    other = World(replace(chain.world.operator, contract=bytes(19) + b"\x77"))
    other.add("reference.moved", {})
    report = verify_bundle(other.bundle().encode(), rpc=http_rpc(chain.url))
    assert "is not there" in refusal(report)


def test_an_operator_whom_the_contract_never_knew_is_refused(chain: OnChain) -> None:
    impostor = World(replace(chain.world.operator, secret=bytes([9]) * 32))
    impostor.add("reference.moved", {})
    report = verify_bundle(impostor.bundle().encode(), rpc=http_rpc(chain.url), contract=chain.contract.address)
    assert "never knew" in refusal(report)


def test_a_node_of_another_chain_is_refused(chain: OnChain) -> None:
    other = World(replace(chain.world.operator, chain_id=1))
    other.add("reference.moved", {})
    assert "on chain 31337" in refusal(verify_bundle(other.bundle().encode(), rpc=http_rpc(chain.url)))


def test_a_proven_contradiction_by_the_operator_is_told(servers: Services) -> None:
    chain = OnChain(servers.anvil.url)
    fork = World(chain.world.operator)
    fork.add("reference.moved", {"number": 77})
    heads = [world.operator.sign(world.head(1)) for world in (chain.world, fork)]
    leaves: list[tuple[bytes, list[bytes]]] = [(merkle.leaf_hash(world.bodies[0]), []) for world in (chain.world, fork)]
    signed = [(1, world.root(1), head) for world, head in zip((chain.world, fork), heads, strict=True)]
    kinds = ["uint64", "(uint64,bytes32,bytes)", "(bytes32,bytes32[])", "(uint64,bytes32,bytes)", "(bytes32,bytes32[])"]
    selector = keccak(f"proveEquivocation({','.join(kinds)})".encode())[:4]
    data = selector + encode(kinds, [0, signed[0], leaves[0], signed[1], leaves[1]])
    chain.contract.send({"to": chain.contract.address, "data": "0x" + data.hex()})
    report = chain.verify(chain.proof, contract=chain.contract.address)
    assert "two contradicting histories" in next(check.text for check in report.checks if check.code == "equivocated")


def test_a_node_that_does_not_answer_leaves_the_question_open(chain: OnChain) -> None:
    report = chain.verify(chain.proof, rpc=http_rpc("http://127.0.0.1:9", timeout=2), contract=chain.contract.address)
    assert (report.verdict, report.exit_code) == ("unchecked", 3)


@pytest.mark.parametrize("nonsense", [None, 7, "0x", "text", [], {}, {"logs": 1}, "0x" + "00" * 32], ids=repr)
def test_a_node_that_answers_nonsense_never_verifies(chain: OnChain, nonsense: object) -> None:
    methods = ("eth_chainId", "eth_call", "eth_getTransactionReceipt", "eth_getBlockByNumber", "eth_blockNumber")
    for lying in methods:

        def answer(method: str, parameters: list[Any], lying: str = lying) -> Any:
            return nonsense if method == lying else call(chain.url, method, *parameters)

        report = chain.verify(chain.proof, rpc=answer, contract=chain.contract.address)
        harmless = lying == "eth_blockNumber" and nonsense == "0x" + "00" * 32
        assert report.verdict in ("refused", "unchecked") or harmless, lying
