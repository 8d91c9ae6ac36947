"""Checkpoints: one form only, and two signatures."""

import base64

import pytest

from ledger import note
from ledger.checkpoint import Checkpoint, OperatorVerifier, open_checkpoint, operator_name
from ledger.errors import BadCheckpoint, BadNote, BadSignature
from ledger.merkle import EMPTY_ROOT
from tests.ledger.world import ORIGIN, Operator, World

ROOT = bytes(range(32))
HEAD = Checkpoint(ORIGIN, 7, ROOT)


def test_the_text_is_origin_size_and_root_on_three_lines() -> None:
    assert HEAD.text == f"{ORIGIN}\n7\n{base64.b64encode(ROOT).decode()}\n"
    assert Checkpoint.from_text(HEAD.text) == HEAD


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEAD.text[:-1],
        HEAD.text + "\n",
        HEAD.text + "extension\n",
        HEAD.text.replace("\n7\n", "\n07\n"),
        HEAD.text.replace("\n7\n", "\n-7\n"),
        HEAD.text.replace("\n7\n", "\n+7\n"),
        HEAD.text.replace("\n7\n", "\n7 \n"),
        HEAD.text.replace("\n7\n", "\n\u0667\n"),
        HEAD.text.replace("\n7\n", "\n9223372036854775808\n"),
        HEAD.text.replace("\n7\n", "\n0\n"),
        HEAD.text.replace("=", ""),
        HEAD.text.replace("8=", "9="),
        HEAD.text.replace("AAEC", ""),
        HEAD.text.replace("akashi", "a kashi"),
        HEAD.text.replace("akashi", "a+kashi"),
        HEAD.text.removeprefix(ORIGIN),
        "a" * 201 + HEAD.text.removeprefix(ORIGIN),
    ],
)
def test_a_text_in_any_other_form_is_refused(text: str) -> None:
    with pytest.raises(BadCheckpoint):
        Checkpoint.from_text(text)


def test_the_empty_log_has_the_empty_root() -> None:
    assert Checkpoint.from_text(Checkpoint(ORIGIN, 0, EMPTY_ROOT).text).size == 0


@pytest.fixture
def world() -> World:
    made = World()
    made.add("repository.created", {})
    return made


def test_a_checkpoint_opens_with_both_signatures(world: World) -> None:
    head = open_checkpoint(world.checkpoint(), log=world.signer.key, operator=world.operator.verifier)
    assert (head.origin, head.size, head.root) == (ORIGIN, 1, world.root())


def test_either_signature_missing_is_refused(world: World) -> None:
    signed = note.Note.from_text(world.checkpoint())
    for left in signed.signatures:
        alone = note.Note(signed.text, (left,)).as_text()
        with pytest.raises(BadSignature):
            open_checkpoint(alone, log=world.signer.key, operator=world.operator.verifier)


def test_an_operator_of_another_contract_chain_or_key_is_refused(world: World) -> None:
    for stranger in (
        Operator(secret=bytes([9]) * 32),
        Operator(chain_id=1),
        Operator(contract=bytes(20)),
    ):
        with pytest.raises(BadSignature):
            open_checkpoint(world.checkpoint(), log=world.signer.key, operator=stranger.verifier)


def test_an_operators_signature_fits_its_own_head_only(world: World) -> None:
    signature = note.Note.from_text(world.checkpoint()).signatures[1]
    world.add("repository.created", {})
    later = note.sign(world.head().text, [world.signer]).with_signature(signature)
    with pytest.raises(BadSignature):
        open_checkpoint(later.as_text(), log=world.signer.key, operator=world.operator.verifier)


def test_a_changed_bit_in_any_byte_of_the_operators_signature_is_refused(world: World) -> None:
    verifier, text = world.operator.verifier, world.head().text
    signature = world.operator.sign(world.head())
    assert verifier.verifies(text, signature)
    for place in range(len(signature)):
        changed = bytearray(signature)
        changed[place] ^= 1 << place % 8
        assert not verifier.verifies(text, bytes(changed)), place


def test_an_operator_does_not_sign_what_is_not_a_checkpoint(world: World) -> None:
    verifier, signature = world.operator.verifier, world.operator.sign(world.head())
    assert not verifier.verifies("not a checkpoint\n", signature)
    assert not verifier.verifies(world.head().text, signature[:64])


def test_the_logs_key_must_be_named_after_the_origin(world: World) -> None:
    other = note.Ed25519Signer("another.example", bytes(32))
    signed = note.sign(HEAD.text, [other]).as_text()
    with pytest.raises(BadCheckpoint):
        open_checkpoint(signed, log=other.key)


def test_what_is_not_a_note_is_refused(world: World) -> None:
    with pytest.raises(BadNote):
        open_checkpoint(HEAD.text, log=world.signer.key)


def test_the_operators_key_is_named_below_the_origin() -> None:
    assert operator_name(ORIGIN) == f"{ORIGIN}/operator"
    assert isinstance(Operator().verifier, OperatorVerifier)
