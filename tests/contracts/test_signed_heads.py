"""Heads that the operator signed: anchored by anybody, and held against the operator when they contradict."""

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_keys.datatypes import PrivateKey

from contracts import build
from tests.contracts.machine import (
    CHAIN_ID,
    DELAY,
    OPERATOR,
    ORDER,
    ORIGIN,
    ROTATION,
    STRANGER,
    Anchor,
    Refused,
    address,
    signature_bytes,
)
from tests.contracts.rfc9162 import Tree

ENTRIES = [f"entry {number}".encode() for number in range(20)]
TREE = Tree.of(ENTRIES)
FORK = Tree.of([*ENTRIES[:5], b"another", *ENTRIES[6:]])


def relay(anchor: Anchor, size: int, signature: bytes, tree: Tree = TREE, old: int = 0) -> None:
    anchor.call("anchorSigned", STRANGER, size, tree.root(size), tree.proof(old, size), signature)


def test_anybody_anchors_a_head_that_the_operator_signed(anchor: Anchor) -> None:
    relay(anchor, 7, anchor.sign(7, TREE.root(7)))
    relay(anchor, 20, anchor.sign(20, TREE.root(20)), old=7)
    assert anchor.head()[:2] == (20, TREE.root(20))


def test_the_digest_is_that_of_an_eip_712_wallet(anchor: Anchor) -> None:
    domain = {
        "name": "Akashi CheckpointAnchor",
        "version": "1",
        "chainId": CHAIN_ID,
        "verifyingContract": anchor.address,
    }
    fields = [("origin", "bytes32"), ("size", "uint64"), ("root", "bytes32")]
    types = {"Head": [{"name": name, "type": kind} for name, kind in fields]}
    message = {"origin": ORIGIN, "size": 7, "root": TREE.root(7)}
    signed = Account.sign_typed_data(OPERATOR.to_bytes(), domain, types, message)
    assert signed.signature == anchor.sign(7, TREE.root(7))
    relay(anchor, 7, bytes(signed.signature))


def test_a_signature_by_any_other_key_is_refused(anchor: Anchor) -> None:
    for key in (STRANGER, ROTATION):
        with pytest.raises(Refused, match="BadSignature"):
            relay(anchor, 7, anchor.sign(7, TREE.root(7), key))


def test_a_signature_is_good_for_its_own_size_and_root_only(anchor: Anchor) -> None:
    with pytest.raises(Refused, match="BadSignature"):
        relay(anchor, 7, anchor.sign(8, TREE.root(7)))
    with pytest.raises(Refused, match="BadSignature"):
        relay(anchor, 7, anchor.sign(7, FORK.root(7)))


def test_a_signature_for_another_log_chain_or_contract_is_refused(anchor: Anchor) -> None:
    other_contract = Anchor()
    other_contract.address = "0x" + "77" * 20
    for other in (Anchor(origin=b"\x01" * 32), Anchor(chain_id=CHAIN_ID + 1)):
        with pytest.raises(Refused, match="BadSignature"):
            relay(anchor, 7, other.sign(7, TREE.root(7)))


def test_two_contracts_of_one_log_do_not_share_signatures(anchor: Anchor) -> None:
    artifact_digest = anchor.read("headDigest", 7, TREE.root(7))
    second = Anchor()
    second.evm = anchor.evm
    second.address = redeploy(anchor)
    assert second.read("headDigest", 7, TREE.root(7)) != artifact_digest
    with pytest.raises(Refused, match="BadSignature"):
        relay(second, 7, anchor.sign(7, TREE.root(7)))


def redeploy(anchor: Anchor) -> str:
    code = bytes.fromhex(build.run()["CheckpointAnchor"]["bytecode"][2:])
    arguments = encode(
        ["bytes32", "address", "address", "uint64"], [ORIGIN, address(OPERATOR), address(ROTATION), DELAY]
    )
    return str(anchor.evm.deploy(address(ROTATION), code + arguments))


def test_the_high_s_twin_of_a_signature_is_refused(anchor: Anchor) -> None:
    signature = OPERATOR.sign_msg_hash(anchor.read("headDigest", 7, TREE.root(7)))
    twin = signature_bytes(signature.r, ORDER - signature.s, 28 - signature.v)
    with pytest.raises(Refused, match="BadSignature"):
        relay(anchor, 7, twin)


def test_a_signature_of_another_length_or_recovery_value_is_refused(anchor: Anchor) -> None:
    good = anchor.sign(7, TREE.root(7))
    for bad in (
        b"",
        good[:64],
        good + b"\x00",
        good[:64] + bytes([good[64] - 27]),
        good[:64] + b"\x1d",
        bytes(64) + b"\x1b",
    ):
        with pytest.raises(Refused, match="BadSignature"):
            relay(anchor, 7, bad)


def test_a_signed_head_is_not_anchored_a_second_time(anchor: Anchor) -> None:
    signature = anchor.sign(7, TREE.root(7))
    relay(anchor, 7, signature)
    with pytest.raises(Refused, match="NotGrowing"):
        relay(anchor, 7, signature)


def test_a_signed_fork_is_not_anchored(anchor: Anchor) -> None:
    relay(anchor, 7, anchor.sign(7, TREE.root(7)))
    with pytest.raises(Refused, match="BadProof"):
        anchor.call("anchorSigned", STRANGER, 9, FORK.root(9), FORK.proof(7, 9), anchor.sign(9, FORK.root(9)))


# --- contradictions ------------------------------------------------------------------------------
Head = tuple[tuple[int, bytes, bytes], tuple[bytes, list[bytes]]]


def signed(anchor: Anchor, tree: Tree, size: int, index: int = 5, key: PrivateKey = OPERATOR) -> Head:
    head = (size, tree.root(size), anchor.sign(size, tree.root(size), key))
    return head, (tree.leaf(index), tree.path(index, size))


@pytest.mark.parametrize(("size_a", "size_b"), [(8, 8), (8, 20), (20, 6)])
def test_two_signed_heads_with_different_leaves_at_one_index_are_proven(
    anchor: Anchor, size_a: int, size_b: int
) -> None:
    a, b = signed(anchor, TREE, size_a), signed(anchor, FORK, size_b)
    anchor.call("proveEquivocation", STRANGER, 5, *a, *b)
    assert anchor.events() == [
        (
            "Equivocation",
            {
                "signer": address(OPERATOR),
                "index": 5,
                "signedSize": size_a,
                "signedLeaf": TREE.leaf(5),
                "otherSize": size_b,
                "otherLeaf": FORK.leaf(5),
            },
        )
    ]
    assert anchor.read("equivocated", address(OPERATOR)) is True


def test_heads_that_agree_at_the_index_prove_nothing(anchor: Anchor) -> None:
    with pytest.raises(Refused, match="NoContradiction"):
        anchor.call("proveEquivocation", STRANGER, 5, *signed(anchor, TREE, 8), *signed(anchor, TREE, 20))
    with pytest.raises(Refused, match="NoContradiction"):
        anchor.call("proveEquivocation", STRANGER, 4, *signed(anchor, TREE, 8, 4), *signed(anchor, FORK, 8, 4))
    assert anchor.read("equivocated", address(OPERATOR)) is False


def test_a_head_of_a_stranger_is_no_evidence(anchor: Anchor) -> None:
    forged = signed(anchor, FORK, 8, key=STRANGER)
    for pair in ((signed(anchor, TREE, 8), forged), (forged, signed(anchor, TREE, 8))):
        with pytest.raises(Refused, match="BadSignature"):
            anchor.call("proveEquivocation", STRANGER, 5, *pair[0], *pair[1])


def test_a_leaf_that_is_not_in_its_head_is_no_evidence(anchor: Anchor) -> None:
    head, _ = signed(anchor, FORK, 8)
    elsewhere = (FORK.leaf(6), FORK.path(6, 8))
    with pytest.raises(Refused, match="BadProof"):
        anchor.call("proveEquivocation", STRANGER, 5, *signed(anchor, TREE, 8), head, elsewhere)


def test_an_index_beyond_a_head_is_no_evidence(anchor: Anchor) -> None:
    with pytest.raises(Refused, match="BadProof"):
        anchor.call("proveEquivocation", STRANGER, 8, *signed(anchor, TREE, 8, 5), *signed(anchor, FORK, 20, 8))


@pytest.mark.parametrize("size", [6, 8, 20])
def test_a_signed_head_against_the_anchored_tree_is_proven(anchor: Anchor, size: int) -> None:
    anchor.anchor(8, TREE.root(8), [])
    anchor.anchor(19, TREE.root(19), TREE.proof(8, 19))
    anchored = (TREE.leaf(5), TREE.path(5, 19))
    anchor.call("proveEquivocationAgainstAnchor", STRANGER, 5, *signed(anchor, FORK, size), anchored)
    name, values = anchor.events()[0]
    assert name == "Equivocation"
    assert (values["signedLeaf"], values["otherSize"], values["otherLeaf"]) == (FORK.leaf(5), 19, TREE.leaf(5))
    assert anchor.read("equivocated", address(OPERATOR)) is True


def test_a_signed_head_that_agrees_with_the_anchored_tree_proves_nothing(anchor: Anchor) -> None:
    anchor.anchor(19, TREE.root(19), [])
    anchored = (TREE.leaf(5), TREE.path(5, 19))
    with pytest.raises(Refused, match="NoContradiction"):
        anchor.call("proveEquivocationAgainstAnchor", STRANGER, 5, *signed(anchor, TREE, 8), anchored)
    with pytest.raises(Refused, match="BadProof"):
        wrong = (FORK.leaf(5), FORK.path(5, 19))
        anchor.call("proveEquivocationAgainstAnchor", STRANGER, 5, *signed(anchor, TREE, 8), wrong)


def test_heads_of_two_successive_operators_accuse_both(anchor: Anchor) -> None:
    anchor.call("announceOperator", ROTATION, address(STRANGER))
    anchor.wait(DELAY)
    anchor.call("applyOperator", STRANGER)
    old, new = signed(anchor, TREE, 8), signed(anchor, FORK, 8, key=STRANGER)
    anchor.call("proveEquivocation", ROTATION, 5, *old, *new)
    assert [values["signer"] for _, values in anchor.events()] == [address(OPERATOR), address(STRANGER)]
