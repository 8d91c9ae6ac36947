"""The stand-alone verifier: what it accepts, what it refuses, and what it says about either."""

import hashlib
import json
import random
from dataclasses import replace

import pytest

from ledger import note
from ledger.akashi_verify import verify_bundle
from tests.ledger.verifying import CSV, README, file, passed
from tests.ledger.world import REPOSITORY, Operator, World, salt

# --- the four answers ----------------------------------------------------------------------------


def test_with_the_log_key_a_true_bundle_is_verified(world: World, text: str) -> None:
    report = verify_bundle(text.encode(), log_key=world.signer.key.vkey)
    assert (report.verdict, report.exit_code) == ("verified", 0)
    assert [entry["index"] for entry in report.entries] == list(range(6))
    assert all(check.passed for check in report.checks)


def test_the_keys_as_the_log_serves_them_are_taken_too(world: World, text: str) -> None:
    served = f"{world.signer.key.vkey}\n{world.operator.key.vkey}\n"
    assert verify_bundle(text.encode(), log_key=served).verdict == "verified"
    assert verify_bundle(text.encode(), log_key="").verdict == "refused"


def test_without_anything_trusted_it_is_consistent_but_not_with_whom(text: str) -> None:
    report = verify_bundle(text.encode())
    assert (report.verdict, report.exit_code) == ("consistent", 2)
    assert "not with whom" in report.summary


def test_another_log_key_is_refused(text: str) -> None:
    other = note.Ed25519Signer("akashi.local/1f2e3d4c", salt("another key")).key.vkey
    report = verify_bundle(text.encode(), log_key=other)
    assert (report.verdict, report.exit_code) == ("refused", 1)
    assert passed(report, "log_key") == [False]


def test_a_forger_with_keys_of_his_own_is_refused_by_the_readers_key(world: World) -> None:
    forger = World(operator=Operator(secret=bytes([8]) * 32))
    forger.add("repository.created", {})
    signer = note.Ed25519Signer(forger.origin, salt("forger"))
    head = forger.head()
    by_operator = note.Note.from_text(forger.checkpoint()).signatures[1]
    checkpoint = note.sign(head.text, [signer]).with_signature(by_operator).as_text()
    forged = forger.bundle(signer=signer, checkpoint=checkpoint).encode()
    assert verify_bundle(forged).verdict == "consistent"
    assert verify_bundle(forged, log_key=world.signer.key.vkey).verdict == "refused"


def test_the_contract_alone_is_compared_but_trusts_nobody(world: World, text: str) -> None:
    contract = "0x" + world.operator.contract.hex()
    report = verify_bundle(text.encode(), contract=contract)
    assert report.verdict == "consistent"
    assert passed(report, "contract") == [True]
    assert verify_bundle(text.encode(), contract="0x" + "00" * 20).verdict == "refused"
    assert verify_bundle(text.encode(), log_key=world.signer.key.vkey, contract=contract.upper()).verdict == "verified"


# --- every byte counts ---------------------------------------------------------------------------


def test_a_changed_bit_in_any_byte_of_a_bundle_is_refused() -> None:
    small = World()
    small.add("repository.created", {})
    data = small.bundle().encode()
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        assert verify_bundle(bytes(changed)).verdict == "refused", place


def test_random_changed_bits_of_a_larger_bundle_are_refused(text: str) -> None:
    data = text.encode()
    for bit in random.Random(20261117).sample(range(8 * len(data)), 1000):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        assert verify_bundle(bytes(changed)).verdict == "refused", bit


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"\xff\xfe", b"{}", b"PK\x03\x04", b"a" * 1000, b"[" * 100_000 + b"\n\n\n"]
)
def test_what_is_no_bundle_is_refused_in_words(data: bytes) -> None:
    report = verify_bundle(data)
    assert report.verdict == "refused"
    assert report.checks[0].text.endswith(".")


def test_bytes_before_and_after_a_bundle_are_refused(text: str) -> None:
    for wrong in ("\n" + text, text + "\n", text + text, text[:-1], "\ufeff" + text, text.replace("\n", "\r\n")):
        assert verify_bundle(wrong.encode()).verdict == "refused"


# --- files ---------------------------------------------------------------------------------------


def test_a_readers_file_is_found_where_it_was_first_published(world: World, text: str) -> None:
    report = verify_bundle(text.encode(), log_key=world.signer.key.vkey, files=[file("copy.csv", CSV)])
    found = next(check for check in report.checks if check.code == "file")
    assert (found.passed, found.values["path"], found.values["index"]) == (True, "data/raw/wine.csv", 1)
    assert report.verdict == "verified"


def test_a_file_that_differs_by_a_bit_is_refused(world: World, text: str) -> None:
    report = verify_bundle(text.encode(), log_key=world.signer.key.vkey, files=[file("wine.csv", b"1,2,2\n")])
    assert passed(report, "file") == [False]
    assert report.verdict == "refused"


def test_a_file_cannot_be_missed_in_trees_that_are_not_there(world: World) -> None:
    partial = world.bundle(trees=[])
    report = verify_bundle(partial.encode(), log_key=world.signer.key.vkey, files=[file("wine.csv", CSV)])
    assert passed(report, "file") == [None]
    assert (report.verdict, report.exit_code) == ("unchecked", 3)


def test_the_path_to_one_file_is_enough_to_prove_it(world: World) -> None:
    first = next(iter(world.revisions))
    root = json.loads(world.revisions[first])["root_tree"]
    partial = world.bundle([1], trees=[world.trees[root]])
    report = verify_bundle(partial.encode(), log_key=world.signer.key.vkey, files=[file("README.md", README)])
    assert report.verdict == "verified"
    assert next(check for check in report.checks if check.code == "revisions").values["complete"] == 0


def test_a_salted_file_is_found_with_the_salt_and_not_without() -> None:
    private = World()
    private.publish({"secret.csv": CSV}, secret=salt("repository"))
    key, salts = private.signer.key.vkey, {f"repo:{REPOSITORY}": salt("repository")}
    mine = [file("secret.csv", CSV)]
    assert verify_bundle(private.bundle(salts=salts).encode(), log_key=key, files=mine).verdict == "verified"
    assert verify_bundle(private.bundle().encode(), log_key=key, files=mine).verdict == "unchecked"
    wrong = {f"repo:{REPOSITORY}": salt("another")}
    assert verify_bundle(private.bundle(salts=wrong).encode(), log_key=key, files=mine).verdict == "refused"
    assert hashlib.sha256(CSV).hexdigest() not in private.bundle(salts=salts)


# --- a saved checkpoint --------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "compared"), [(6, True), (4, True), (3, False)])
def test_a_saved_checkpoint_says_whom_to_trust(world: World, text: str, size: int, compared: bool) -> None:
    report = verify_bundle(text.encode(), saved_checkpoint=world.checkpoint(size))
    assert report.verdict == "verified"
    assert next(check for check in report.checks if check.code == "saved").values["compared"] is compared


def test_a_saved_checkpoint_of_another_history_shows_the_fork(world: World, text: str) -> None:
    other = World()
    for number in range(6):
        other.add("reference.moved", {"number": number})
    for size in (4, 6):
        report = verify_bundle(text.encode(), saved_checkpoint=other.checkpoint(size))
        assert report.verdict == "refused"
        saved = next(check for check in report.checks if check.code == "saved")
        assert "two different histories" in saved.text


def test_a_saved_checkpoint_by_another_log_or_broken_is_refused(world: World, text: str) -> None:
    other = World(operator=Operator(origin="another.example"))
    other.add("repository.created", {})
    broken = note.Note.from_text(world.checkpoint())
    line = broken.signatures[0]
    broken = replace(broken, signatures=(replace(line, signature=bytes(64)),))
    for saved in (other.checkpoint(), broken.as_text(), "not a note", ""):
        report = verify_bundle(text.encode(), saved_checkpoint=saved)
        assert report.verdict == "refused"
