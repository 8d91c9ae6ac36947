"""The stand-alone verifier: cosignatures of witnesses, checkpoints alone, consistency proofs, and entries in words."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger import merkle, note
from ledger.akashi_verify import Report, verify_bundle
from tests.ledger.test_akashi_verify_command import run
from tests.ledger.verifying import passed
from tests.ledger.world import Witness, World

ONE, TWO, THREE = (Witness(f"witness.example/{number}") for number in ("one", "two", "three"))
SEEN = 1_795_167_840


def keys_of(world: World) -> str:
    return f"{world.signer.key.vkey}\n{world.operator.key.vkey}\n"


def text_of(report: Report, code: str) -> str:
    return next(check.text for check in report.checks if check.code == code)


def cosigned(world: World, *witnesses: Witness) -> str:
    checkpoint = world.checkpoint()
    for place, witness in enumerate(witnesses):
        checkpoint = witness.cosign(checkpoint, SEEN + 60 * place)
    return checkpoint


# --- witnesses -----------------------------------------------------------------------------------
def test_it_says_which_witnesses_cosigned_and_when(world: World) -> None:
    data = world.bundle(checkpoint=cosigned(world, ONE, TWO)).encode()
    report = verify_bundle(
        data, log_key=world.signer.key.vkey, witnesses=[TWO.vkey, ONE.vkey, THREE.vkey], witnesses_needed=2
    )
    assert report.verdict == "verified"
    assert text_of(report, "witnesses") == (
        "The checkpoint is cosigned by 2 of the 3 witnesses that you named: witness.example/two (2026-11-20 09:45:00 UTC), "
        "witness.example/one (2026-11-20 09:44:00 UTC)."
    )


def test_all_named_witnesses_are_needed_unless_fewer_are_said_to_suffice(world: World) -> None:
    data, key = world.bundle(checkpoint=cosigned(world, ONE)).encode(), world.signer.key.vkey
    named = [ONE.vkey, TWO.vkey]
    report = verify_bundle(data, log_key=key, witnesses=named)
    assert (report.verdict, passed(report, "witnesses")) == ("refused", [False])
    assert "and not witness.example/two" in text_of(report, "witnesses")
    assert verify_bundle(data, log_key=key, witnesses=named, witnesses_needed=1).verdict == "verified"
    assert verify_bundle(data, witnesses=named, witnesses_needed=1).verdict == "consistent"


@pytest.mark.parametrize("change", ["time", "signature", "length", "other text"])
def test_one_bad_cosignature_of_a_named_witness_is_refused_whoever_else_signed(world: World, change: str) -> None:
    good = note.Note.from_text(cosigned(world, ONE, TWO))
    line = good.signatures[2]
    wrong = {
        "time": (SEEN + 1).to_bytes(8, "big") + line.signature[8:],
        "signature": line.signature[:-1] + bytes([line.signature[-1] ^ 1]),
        "length": line.signature[:-1],
        "other text": note.Note.from_text(ONE.cosign(world.checkpoint(3), SEEN)).signatures[2].signature,
    }[change]
    spoilt = replace(line, signature=wrong)
    lines = [(*good.signatures[:2], spoilt, good.signatures[3]), (*good.signatures, spoilt)]
    for signatures in lines:
        data = replace(good, signatures=signatures).as_text().encode()
        named = [ONE.vkey, TWO.vkey]
        report = verify_bundle(data, log_key=keys_of(world), witnesses=named, witnesses_needed=1)
        assert passed(report, "witnesses") == [False], change
        # Of a witness whom nobody named it means nothing.
        assert verify_bundle(data, log_key=keys_of(world), witnesses=[TWO.vkey]).verdict == "verified"


def test_of_several_cosignatures_the_newest_is_told_and_far_times_are_seconds(world: World) -> None:
    twice = ONE.cosign(ONE.cosign(world.checkpoint(), SEEN + 60), SEEN).encode()
    report = verify_bundle(twice, log_key=keys_of(world), witnesses=[ONE.vkey])
    assert "witness.example/one (2026-11-20 09:45:00 UTC)" in text_of(report, "witnesses")
    far = ONE.cosign(world.checkpoint(), 2**64 - 1).encode()
    report = verify_bundle(far, log_key=keys_of(world), witnesses=[ONE.vkey])
    assert f"(second {2**64 - 1})" in text_of(report, "witnesses")


def test_unknown_kinds_of_lines_are_set_aside(world: World) -> None:
    strange = note.Signature("witness.example/one", b"\x06\x01\x02\x03", bytes(2428))
    data = note.Note.from_text(cosigned(world, ONE)).with_signature(strange).as_text().encode()
    assert verify_bundle(data, log_key=keys_of(world), witnesses=[ONE.vkey]).verdict == "verified"


# --- a checkpoint alone --------------------------------------------------------------------------
def test_a_checkpoint_alone_needs_both_keys_of_its_log(world: World) -> None:
    data = world.checkpoint().encode()
    report = verify_bundle(data, log_key=keys_of(world))
    assert (report.verdict, report.subject) == ("verified", "checkpoint")
    assert report.summary == "Verified: this checkpoint is by the log you trust."
    assert verify_bundle(data).verdict == "unchecked"
    assert verify_bundle(data, log_key=world.signer.key.vkey).verdict == "unchecked"
    assert verify_bundle(data, contract=f"0x{world.operator.contract.hex()}").verdict == "unchecked"


def test_a_changed_bit_in_what_a_checkpoint_says_or_in_its_signatures_is_refused(world: World) -> None:
    data = world.checkpoint().encode()
    for bit in range(0, 8 * len(data), 7):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        assert verify_bundle(bytes(changed), log_key=keys_of(world)).verdict == "refused", bit


def test_a_consistency_proof_is_compared_whichever_checkpoint_is_larger(world: World) -> None:
    proof = "\n".join(value.hex() for value in merkle.consistency_proof(world.read(6), 2, 6))
    answer = json.dumps({"size": 6, "consistency": proof.split()})
    for given in (proof, answer, f"\n {answer}\n"):
        for mine, saved in ((6, 2), (2, 6)):
            report = verify_bundle(
                world.checkpoint(mine).encode(),
                log_key=keys_of(world),
                saved_checkpoint=world.checkpoint(saved),
                proof=given,
            )
            assert report.verdict == "verified"
            assert text_of(report, "saved").endswith("is of the same history: 6 entries extend 2.")


@pytest.mark.parametrize(
    "proof", ["", "{}", "[]", "00", '{"consistency": [1]}', '{"consistency"', 64 * "0", "{" * 5000]
)
def test_what_is_no_proof_of_it_is_refused(world: World, proof: str) -> None:
    given: dict[str, Any] = {"log_key": keys_of(world), "saved_checkpoint": world.checkpoint(2), "proof": proof}
    report = verify_bundle(world.checkpoint().encode(), **given)
    assert (report.verdict, passed(report, "saved")) == ("refused", [False])


# --- the command ---------------------------------------------------------------------------------
def test_the_command_takes_witnesses_and_proofs(world: World, tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_text(cosigned(world, ONE, TWO), encoding="utf-8")
    (tmp_path / "saved").write_text(world.checkpoint(2), encoding="utf-8")
    proof = "\n".join(value.hex() for value in merkle.consistency_proof(world.read(6), 2, 6))
    (tmp_path / "proof").write_text(proof, encoding="utf-8")
    trust = ["checkpoint", "--log-key", keys_of(world), "--witness", ONE.vkey, "--witness", THREE.vkey]
    found = run(*trust, "--witnesses-needed", "1", "--checkpoint", "saved", "--proof", "proof", folder=tmp_path)
    assert found.returncode == 0, found.stdout
    assert "cosigned by 1 of the 2 witnesses that you named: witness.example/one" in found.stdout
    assert "6 entries extend 2." in found.stdout
    assert "What was logged" not in found.stdout
    assert run(*trust, folder=tmp_path).returncode == 1
    for wrong in (
        ["--witnesses-needed", "many"],
        ["--witness", "nobody"],
        ["--proof", "absent"],
        ["--witnesses-needed", "3"],
    ):
        assert run(*trust, *wrong, folder=tmp_path).returncode == 3, wrong


def test_entries_are_told_in_words_and_long_histories_at_both_ends(world: World, text: str, tmp_path: Path) -> None:
    (tmp_path / "wine.bundle").write_text(text, encoding="utf-8")
    told = run("wine.bundle", folder=tmp_path).stdout
    assert "       0  2026-11-17 09:41 UTC  repository created \u201c" in told
    assert "revision published #1 \u201cPublished \u8a3c\u201d, rev:" in told
    assert ", by acct:00112233\u2026" in told
    long = World()
    for number in range(20):
        long.add("contribution.opened", {"number": number}, {"title": {"title": "word " * 40}})
    (tmp_path / "long.bundle").write_text(long.bundle(), encoding="utf-8")
    told = run("long.bundle", folder=tmp_path).stdout
    assert told.count("contribution opened #") == 12
    assert "\u2026 8 more, in full with --json" in told
    assert "      19  " in told
    assert max(len(line) for line in told.splitlines() if "contribution opened" in line) < 160
