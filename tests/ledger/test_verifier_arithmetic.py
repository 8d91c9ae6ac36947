"""The verifier's own cryptography against other implementations and published vectors."""

import hashlib
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_account.messages import encode_typed_data
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from chain import signatures
from ledger import akashi_verify, merkle
from ledger.akashi_verify import Refused
from tests.ledger.test_entry import json_values
from tests.ledger.test_merkle import LEAVES, path, spoilt, subproof, tree_hash

ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

# RFC 8032 section 7.1: public key, message, signature.
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
        "655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
        "b00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
        "c027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_ed25519_accepts_the_vectors_of_rfc_8032(public: str, message: str, signature: str) -> None:
    assert akashi_verify.ed25519_verifies(bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature))


@settings(max_examples=30, deadline=None)
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=200), bit=st.integers(0, 511))
def test_ed25519_agrees_with_openssl(seed: bytes, message: bytes, bit: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert akashi_verify.ed25519_verifies(public, message, signature)
    changed = bytearray(signature)
    changed[bit // 8] ^= 1 << bit % 8
    assert not akashi_verify.ed25519_verifies(public, message, bytes(changed))
    assert not akashi_verify.ed25519_verifies(public, message + b"\0", signature)


def test_ed25519_refuses_the_second_form_of_a_signature() -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public, signature = private.public_key().public_bytes_raw(), private.sign(b"text")
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    assert not akashi_verify.ed25519_verifies(public, b"text", signature[:32] + scalar.to_bytes(32, "little"))


@pytest.mark.parametrize(
    "public",
    [
        (1).to_bytes(32, "little"),  # the neutral element: S = 0 and R = itself would fit every message
        (2**255 - 20).to_bytes(32, "little"),  # order 2
        bytes(32),  # order 4
        (2**255 - 19).to_bytes(32, "little"),  # not canonical: y = p
        (2**255 + 1).to_bytes(32, "little"),  # not canonical: x = 0 with a sign
        (2).to_bytes(32, "little"),  # not on the curve
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),  # order 8
        b"",
        bytes(31),
    ],
)
def test_ed25519_refuses_keys_under_which_one_signature_fits_many_messages(public: bytes) -> None:
    neutral = (1).to_bytes(32, "little")
    assert not akashi_verify.ed25519_verifies(public, b"text", neutral + bytes(32))


def test_a_signature_of_another_length_is_refused() -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public, signature = private.public_key().public_bytes_raw(), private.sign(b"text")
    for wrong in (b"", signature[:63], signature + b"\0"):
        assert not akashi_verify.ed25519_verifies(public, b"text", wrong)


@pytest.mark.parametrize("length", [*range(10), *range(130, 140), 271, 272, 273, 1000])
def test_keccak_agrees_with_ethereums(length: int) -> None:
    data = bytes(index % 251 for index in range(length))
    assert akashi_verify.keccak256(data) == keccak(data)


@settings(max_examples=20, deadline=None)
@given(secret=st.integers(1, CURVE_ORDER - 1), digest=st.binary(min_size=32, max_size=32), bit=st.integers(0, 511))
def test_recovery_agrees_with_eth_keys(secret: int, digest: bytes, bit: int) -> None:
    private = PrivateKey(secret.to_bytes(32, "big"))
    signature = signatures.join(private.sign_msg_hash(digest))
    address = private.public_key.to_canonical_address()
    assert akashi_verify.recover_address(digest, signature) == address
    changed = bytearray(signature)
    changed[bit // 8] ^= 1 << bit % 8
    assert akashi_verify.recover_address(digest, bytes(changed)) == recovered(digest, bytes(changed)) != address


def recovered(digest: bytes, signature: bytes) -> bytes | None:
    try:
        return bytes.fromhex(signatures.recover(digest, signature)[2:])
    except ValueError:
        return None


def test_recovery_refuses_every_second_form_of_a_signature() -> None:
    digest = bytes(range(32))
    signature = signatures.join(PrivateKey(bytes([7]) * 32).sign_msg_hash(digest))
    r, s, v = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64]
    mirrored = r + (CURVE_ORDER - s).to_bytes(32, "big") + bytes([55 - v])
    for wrong in (
        mirrored,
        signature[:64] + bytes([v - 27]),
        signature[:64] + bytes([v + 2]),
        signature[:64],
        signature + b"\0",
        bytes(32) + signature[32:],
        r + bytes(32) + bytes([v]),
        CURVE_ORDER.to_bytes(32, "big") + signature[32:],
    ):
        assert akashi_verify.recover_address(digest, wrong) is None


@given(chain_id=st.integers(1, 2**63), size=st.integers(0, 2**64 - 1), root=st.binary(min_size=32, max_size=32))
@settings(max_examples=10, deadline=None)
def test_the_head_digest_is_that_of_eip_712(chain_id: int, size: int, root: bytes) -> None:
    contract, origin = bytes(range(20)), "akashi.example"
    origin_hash = hashlib.sha256(origin.encode()).digest()
    found = akashi_verify.head_digest(chain_id, contract, origin, size, root)
    address = "0x" + contract.hex()
    assert found == signatures.head_digest(
        chain_id=chain_id, contract=address, origin_hash=origin_hash, size=size, root=root
    )
    signable = encode_typed_data(
        {"name": "Akashi CheckpointAnchor", "version": "1", "chainId": chain_id, "verifyingContract": address},
        {
            "Head": [
                {"name": "origin", "type": "bytes32"},
                {"name": "size", "type": "uint64"},
                {"name": "root", "type": "bytes32"},
            ]
        },
        {"origin": origin_hash, "size": size, "root": root},
    )
    assert found == keccak(b"\x19\x01" + signable.header + signable.body)


def test_inclusion_agrees_with_the_log_on_every_tree_up_to_40_leaves() -> None:
    for size in range(1, 41):
        root = tree_hash(0, size)
        for index in range(size):
            proof = path(index, 0, size)
            assert akashi_verify.root_from_inclusion(LEAVES[index], index, size, proof) == root
            for wrong in spoilt(proof):
                assert leads_elsewhere(LEAVES[index], index, size, wrong, root)


def leads_elsewhere(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
    try:
        return akashi_verify.root_from_inclusion(leaf, index, size, proof) != root
    except Refused:
        return True


def test_consistency_agrees_with_the_log_on_every_tree_up_to_40_leaves() -> None:
    for new in range(1, 41):
        for old in range(1, new + 1):
            proof, old_root, new_root = subproof(old, 0, new, True), tree_hash(0, old), tree_hash(0, new)
            assert akashi_verify.is_consistent(old, new, old_root, new_root, proof)
            assert not any(akashi_verify.is_consistent(old, new, old_root, new_root, wrong) for wrong in spoilt(proof))
            if old < new:
                assert not akashi_verify.is_consistent(new, old, new_root, old_root, proof)


def test_consistency_from_the_empty_tree_takes_its_own_root_and_no_proof() -> None:
    root = tree_hash(0, 5)
    assert akashi_verify.is_consistent(0, 5, merkle.EMPTY_ROOT, root, [])
    assert not akashi_verify.is_consistent(0, 5, bytes(32), root, [])
    assert not akashi_verify.is_consistent(0, 5, merkle.EMPTY_ROOT, root, [bytes(32)])


@given(json_values)
def test_canonical_json_agrees_with_rfc8785(value: Any) -> None:
    assert akashi_verify.canonical(value) == rfc8785.dumps(value)
    assert akashi_verify.parse_canonical(rfc8785.dumps(value).decode(), "it") == value


@pytest.mark.parametrize(
    "text", ["", "[1, 2]", "1.0", "1e2", "-0", "NaN", '{"a":1,"a":1}', '"\\u0061"', "9007199254740992"]
)
def test_json_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        akashi_verify.parse_canonical(text, "it")
