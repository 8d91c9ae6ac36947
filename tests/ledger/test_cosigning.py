"""The hub collects cosignatures: what witnesses answer reaches the world and bundles, and nothing is lost."""

import threading
from pathlib import Path

import pytest
from pytest_django import Settings

from ledger import log_checks, proofs, publisher, selectors, storage
from ledger.akashi_verify import main as verify
from ledger.bundle import parse_bundle
from ledger.checkpoint import open_checkpoint
from ledger.cosignature import cosigners
from ledger.errors import Damaged
from ledger.keys import operator_verifier
from ledger.models import Checkpoint, Cosignature, Witness
from ledger.note import Ed25519Key, Note
from tests.ledger.asking import NAME, Two, ask, names, published
from tests.ledger.conftest import ORIGIN, Ledger
from tests.ledger.witness_process import WitnessProcess


# --- cosignatures are collected ------------------------------------------------------------------
def test_both_cosignatures_reach_the_row_and_the_world(ledger: Ledger, two: Two) -> None:
    ledger.grow(5)
    assert ask(ledger) == 2
    row = Checkpoint.objects.get()
    assert published(ledger).as_text() == row.note
    assert len(published(ledger).signatures) == 4
    assert cosigners(published(ledger), two.keys) == two.keys
    head = open_checkpoint(
        row.note, log=Ed25519Key.from_vkey(ledger.log.verifier_key), operator=operator_verifier(ORIGIN)
    )
    assert head.size == 6
    assert ask(ledger) == 0, "nobody is asked twice for one checkpoint"
    assert ledger.publish() is None
    assert log_checks.check_log(storage.store(), full=True).findings == []


def test_a_witness_that_has_seen_less_gets_the_proof_from_there(ledger: Ledger, two: Two, settings: Settings) -> None:
    for count in (3, 1, 300, 7):
        ledger.grow(count)
        if count != 300:
            assert ask(ledger) == 2
    assert names(ledger) == ["witness.example/w1", "witness.example/w2"]


def test_a_hub_that_forgot_learns_from_the_answer_where_the_witness_stands(ledger: Ledger, two: Two) -> None:
    ledger.grow(3)
    assert ask(ledger) == 2
    ledger.grow(5)
    Cosignature.objects.all().delete()
    assert ask(ledger) == 2
    assert len(published(ledger).signatures) == 4


def test_publishing_and_cosigning_at_once_lose_nothing(ledger: Ledger, two: Two) -> None:
    """The world's file has whatever the row has, whoever wrote last, and never a smaller size."""
    ledger.grow(3)
    stop = threading.Event()

    def publish() -> None:
        from django.db import connection

        while not stop.is_set():
            publisher.show(storage.store())
        connection.close()

    thread = threading.Thread(target=publish)
    thread.start()
    for count in (2, 1, 4):
        ledger.record(count)
        ledger.sequence()
        ledger.publish()
        assert ask(ledger) == 2
        assert len(published(ledger).signatures) == 4
    stop.set()
    thread.join()


def test_a_crash_between_the_row_and_the_world_is_made_good(
    ledger: Ledger, two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.grow(3)

    def power_cut(*_: object) -> None:
        raise Damaged("power cut")

    monkeypatch.setattr(publisher, "show", power_cut)
    with pytest.raises(Damaged):
        ask(ledger)
    monkeypatch.undo()
    assert len(published(ledger).signatures) == 2
    assert log_checks.check_log(storage.store(), full=False).findings == [], "a moment behind is no disagreement"
    ledger.publish()
    assert len(published(ledger).signatures) > 2
    ask(ledger)
    assert len(published(ledger).signatures) == 4


def test_a_restart_of_everything_asks_again_without_harm(ledger: Ledger, settings: Settings, tmp_path: Path) -> None:
    """A real process, killed between two requests."""
    witness = WitnessProcess(tmp_path / "w", [ledger.log.verifier_key])
    settings.WITNESSES, settings.WITNESSES_NEEDED = ((witness.vkey, witness.url),), 1
    ledger.grow(3)
    assert ask(ledger) == 1
    witness.kill()
    ledger.grow(3)
    assert ask(ledger) == 0
    assert Witness.objects.get().problem == "away"
    again = WitnessProcess(tmp_path / "w", [ledger.log.verifier_key])
    settings.WITNESSES = ((again.vkey, again.url),)
    assert again.vkey == witness.vkey
    assert ask(ledger) == 1
    again.kill()
    assert names(ledger) == [NAME]
    assert Witness.objects.get().problem == ""


# --- bundles -------------------------------------------------------------------------------------
def test_a_bundle_has_the_cosignatures_and_is_accepted(
    ledger: Ledger, two: Two, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger.grow(5)
    ask(ledger)
    text = proofs.bundle([selectors.entry_by_index(2)])
    assert cosigners(Note.from_text(parse_bundle(text).checkpoint), two.keys) == two.keys
    file = tmp_path / "example.bundle"
    file.write_text(text)
    assert verify([str(file), "--log-key", ledger.log.verifier_key]) == 0, capsys.readouterr()


def test_a_bundle_takes_the_newest_cosigned_checkpoint_as_long_as_it_shows_as_much(ledger: Ledger, two: Two) -> None:
    ledger.grow(5)
    ask(ledger)
    ledger.grow(2)

    def size(index: int) -> str:
        return parse_bundle(proofs.bundle([selectors.entry_by_index(index)])).checkpoint.split("\n")[1]

    assert size(2) == "6", "the latest has no cosignatures yet"
    assert size(7) == "8", "only the latest has this entry"
    ledger.anchor_to_the_end()
    assert size(2) == "8", "only the latest has an anchor over it"
    ask(ledger)
    ledger.grow(1)
    assert size(2) == "8"
