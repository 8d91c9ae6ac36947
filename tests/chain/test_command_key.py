"""A key that lies elsewhere: a command signs, in whatever form key services answer, and only its own signatures count."""

import base64
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from eth_account import Account
from eth_keys.datatypes import PrivateKey
from pytest_django import Settings

from chain import calls, command_key, keys, selectors
from chain.command_key import ORDER, CommandKey
from chain.errors import BadKey
from chain.keystore import Key
from chain.models import ChainTransaction
from chain.signatures import HALF_ORDER, recover
from tests.chain.conftest import CHAIN_ID, TREE, Hub

SECRET = bytes.fromhex("5e" * 32)
ADDRESS = PrivateKey(SECRET).public_key.to_checksum_address()
DIGEST = bytes(range(32))
R, S = (int.from_bytes(Key(SECRET).sign_digest(DIGEST)[at : at + 32], "big") for at in (0, 32))
HIGH = ORDER - S

# What stands in for a key service: a program of its own, which holds the key and reads the digest.
SIGNER = f"""
import sys
from eth_keys.datatypes import PrivateKey
digest = sys.stdin.buffer.read()
assert len(digest) == 32
signature = PrivateKey(bytes.fromhex("{SECRET.hex()}")).sign_msg_hash(digest).to_bytes()
print(signature[:64].hex())
"""


@pytest.fixture
def signer(tmp_path: Path) -> str:
    file = tmp_path / "signer.py"
    file.write_text(SIGNER)
    return f"{sys.executable} {file}"


@pytest.fixture
def elsewhere(settings: Settings, signer: str) -> None:
    settings.OPERATOR_SIGNER, settings.OPERATOR_COMMAND, settings.OPERATOR_ADDRESS = "command", signer, ADDRESS.lower()


def echo(answer: str) -> CommandKey:
    return CommandKey(ADDRESS, f"printf %s {answer}")


def raw(r: int, s: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@pytest.mark.parametrize(
    "answer",
    [
        raw(R, S).hex(),
        "0x" + raw(R, S).hex(),
        raw(R, HIGH).hex(),
        raw(R, S).hex() + "1b",
        raw(R, S).hex() + "1c",
        raw(R, HIGH).hex() + "00",
        base64.b64encode(encode_dss_signature(R, S)).decode(),
        base64.b64encode(encode_dss_signature(R, HIGH)).decode(),
        encode_dss_signature(R, HIGH).hex(),
    ],
    ids=["hex", "0x", "high s", "v 27", "v 28", "v 0", "DER in base64", "DER with a high s", "DER in hex"],
)
def test_every_form_of_answer_becomes_the_one_that_the_contracts_take(answer: str) -> None:
    signature = echo(answer).sign_digest(DIGEST)
    assert signature == Key(SECRET).sign_digest(DIGEST)
    assert recover(DIGEST, signature) == ADDRESS
    assert int.from_bytes(signature[32:64], "big") <= HALF_ORDER


@pytest.mark.parametrize(
    "answer", ["''", "no", raw(R, S).hex()[:-2], raw(S, R).hex(), raw(0, S).hex(), raw(R, 0).hex(), "ff" * 65, "é"]
)
def test_an_answer_that_is_no_signature_of_the_operator_is_refused(answer: str) -> None:
    with pytest.raises(BadKey, match="no signature by"):
        echo(answer).sign_digest(DIGEST)


def test_another_keys_signature_is_refused() -> None:
    other = Key(bytes.fromhex("5f" * 32)).sign_digest(DIGEST)
    with pytest.raises(BadKey, match="no signature by"):
        echo(other.hex()).sign_digest(DIGEST)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("", "must name"),
        ("'", "cannot be read"),
        ("/nowhere/kms", "cannot be run"),
        ("false", "exit code 1"),
        ("sh -c 'echo x; exit 7'", "exit code 7"),
    ],
)
def test_a_command_that_fails_is_said_without_its_words(command: str, words: str) -> None:
    with pytest.raises(BadKey, match=words):
        CommandKey(ADDRESS, command).sign_digest(DIGEST)


def test_a_command_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_key, "SECONDS", 0.2)
    with pytest.raises(BadKey, match="did not answer"):
        CommandKey(ADDRESS, "sleep 30").sign_digest(DIGEST)


def test_what_a_command_complains_of_does_not_reach_the_message() -> None:
    with pytest.raises(BadKey) as caught:
        CommandKey(ADDRESS, "sh -c 'echo secret-token >&2; echo secret-token; exit 3'").sign_digest(DIGEST)
    assert "secret-token" not in str(caught.value)
    assert "secret-token" not in repr(CommandKey(ADDRESS, "sh secret-token"))


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(BadKey, match="OPERATOR_ADDRESS"):
        CommandKey("", "true")


@pytest.mark.usefixtures("elsewhere")
def test_a_hub_whose_key_lies_elsewhere_deploys_signs_and_anchors(hub: Hub, settings: Settings) -> None:
    hub.deploy()
    assert selectors.operator_address() == ADDRESS
    assert calls.read_operator() == ADDRESS.lower()
    key = hub.enqueue_anchor(7)
    hub.advance()
    assert hub.row(key).state == ChainTransaction.State.MINED
    assert calls.read_head().root == TREE.root(7)
    assert not settings.OPERATOR_KEYSTORE.exists()
    here = selectors.deployment()
    signature = keys.sign_head(
        chain_id=CHAIN_ID, contract=here.anchor_address, origin_hash=here.origin_hash, size=7, root=TREE.root(7)
    )
    assert len(signature) == 65


@pytest.mark.parametrize("to", ["0x" + "12" * 20, None], ids=["a call", "a contract"])
def test_transactions_are_the_bytes_that_other_programs_make(to: str | None) -> None:
    fields = {
        "type": 2, "chainId": 31337, "nonce": 0, "value": 0, "data": b"\x01\x02" * 100, "gas": 100_000,
        "maxFeePerGas": 3 * 10**9, "maxPriorityFeePerGas": 0, **({"to": to} if to else {}),
    }  # fmt: skip
    theirs, ours = Account.sign_transaction(fields, SECRET), Key(SECRET).sign_transaction(fields)
    assert ours.raw == bytes(theirs.raw_transaction)
    assert ours.hash == "0x" + bytes(theirs.hash).hex()
