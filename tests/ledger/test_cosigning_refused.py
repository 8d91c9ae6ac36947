"""Witnesses that are away, slow, wrong or of another opinion change nothing and hold nothing up."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client as Browser
from pytest_django import Settings

from ledger import cosigning
from ledger.cosignature import WitnessSigner
from ledger.errors import Unreachable
from ledger.models import Cosignature, Witness
from ledger.note import Ed25519Key
from ledger.witness_state import WitnessState
from tests.ledger.asking import NAME, SIGNER, Two, answering, ask, names, published, text_of
from tests.ledger.conftest import ORIGIN, Ledger
from tests.ledger.witness_process import serving


def problem(ledger: Ledger, settings: Settings, answer: Callable[[bytes], tuple[int, str, bytes]]) -> tuple[str, str]:
    """What is remembered of a witness that answers so."""
    with answering(answer) as url:
        settings.WITNESSES, settings.WITNESSES_NEEDED = ((SIGNER.key.vkey, url),), 1
        assert ask(ledger) == 0
    row = Witness.objects.get()
    assert row.failures > 0
    return row.problem, row.detail


def test_one_that_is_away_holds_up_nobody_and_is_asked_less_and_less(
    ledger: Ledger, two: Two, settings: Settings
) -> None:
    settings.WITNESSES = (two.first, (two.second[0], "http://127.0.0.1:1"))
    ledger.grow(3)
    assert ask(ledger, 1) == 1
    assert names(ledger) == ["witness.example/w1"]
    row = Witness.objects.get(key=two.second[0])
    assert (row.problem, row.failures) == ("away", 1)
    since = row.failing_since
    pauses = []
    for _ in range(7):
        seconds = 0
        while not cosigning.due(ledger.pass_time(1)):
            seconds += 1
        pauses.append(seconds + 1)
        assert cosigning.ask_due(ledger.now) == 0
    assert pauses == [2, 4, 8, 16, 32, 60, 60]
    assert Witness.objects.get(key=two.second[0]).failing_since == since
    settings.WITNESSES = (two.first, two.second)
    assert ask(ledger) == 1
    row.refresh_from_db()
    assert (row.problem, row.detail, row.failing_since, row.failures) == ("", "", None, 0)


def test_the_task_does_not_wait_for_a_slow_one_which_is_given_up(
    ledger: Ledger, two: Two, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()

    def slow(_: bytes) -> tuple[int, str, bytes]:
        released.wait(20)
        return 200, "text/plain", b"late\n"

    def wait_for(key: str) -> None:
        while not Witness.objects.filter(key=key).exists():
            time.sleep(0.02)

    ledger.grow(3)
    with answering(slow) as url:
        settings.WITNESSES = ((SIGNER.key.vkey, url), two.second)
        monkeypatch.setattr(cosigning, "SECONDS", 20)
        cosigning.start(ledger.pass_time(1))
        cosigning.start(ledger.pass_time(1))
        wait_for(two.second[0])
        assert names(ledger) == ["witness.example/w2"]
        assert not Witness.objects.filter(key=SIGNER.key.vkey).exists(), "it still waits, and nobody waits for it"
        released.set()
        wait_for(SIGNER.key.vkey)
        released.clear()
        monkeypatch.setattr(cosigning, "SECONDS", 0.3)
        assert ask(ledger) == 0
        released.set()
    row = Witness.objects.get(key=SIGNER.key.vkey)
    assert (row.problem, row.failures) == ("away", 2)
    assert "within 0.3 s" in row.detail


def test_a_liar_changes_nothing(ledger: Ledger, settings: Settings) -> None:
    ledger.grow(3)
    before = published(ledger)
    text = before.text
    good = SIGNER.cosign(text, 1_700_000_000).line()

    def other(line: str) -> Callable[[bytes], tuple[int, str, bytes]]:
        return lambda _: (200, "text/plain", line.encode())

    late = SIGNER.cosign(text, int(time.time()) + 3600).line()
    stranger = WitnessSigner("liar.example", bytes([1]) * 32).cosign(text, 1_700_000_000).line()
    wrong = SIGNER.cosign(text.replace("4", "5"), 1_700_000_000).line()
    for line, code in (
        (wrong, "invalid"),
        (stranger, "invalid"),
        (good[:-9] + "\n", "invalid"),
        ("", "invalid"),
        ("<html>", "invalid"),
        ("\0\n", "invalid"),
        (late, "clock"),
        ("x" * 70_000, "away"),
    ):
        assert problem(ledger, settings, other(line))[0] == code, line[:50]
    size = "text/x.tlog.size"
    for answer, code, words in (
        ((409, size, b"9\n"), "larger", "size 9"),
        ((409, size, b"0\n"), "another", "another root"),
        ((409, size, b"-1\n"), "refused", "without a size"),
        ((409, "text/plain", b"2\n"), "refused", "409"),
        ((422, "text/plain", b"no\0 proof\n"), "another", "422: no  proof"),
        ((500, "text/plain", b""), "refused", "500"),
        ((302, "text/plain", b""), "refused", "302"),
    ):
        found = problem(ledger, settings, lambda _, answer=answer: answer)  # type: ignore[misc]
        assert found[0] == code
        assert words in found[1]
    back_and_forth = iter([b"3\n", b"2\n"])
    assert problem(ledger, settings, lambda _: (409, size, next(back_and_forth)))[0] == "refused"
    assert Cosignature.objects.count() == 0
    assert published(ledger) == before
    assert problem_free(ledger, settings, good)


def test_what_a_witness_sends_instead_of_an_answer_is_kept_in_words_that_a_row_takes(
    ledger: Ledger, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A status line that is none is repeated by the client; with a NUL the row could not be written, and nobody waited."""

    def fail(asked: object, store: object) -> None:
        raise Unreachable("https://liar.example", "\0" + "x" * 60_000)

    ledger.grow(3)
    settings.WITNESSES = ((SIGNER.key.vkey, "https://liar.example"),)
    monkeypatch.setattr(cosigning, "ask", fail)
    assert ask(ledger) == 0
    row = Witness.objects.get(key=SIGNER.key.vkey)
    assert (row.problem, row.failures) == ("away", 1)
    assert len(row.detail) < 1000


def problem_free(ledger: Ledger, settings: Settings, line: str) -> bool:
    with answering(lambda _: (200, "text/plain", line.encode())) as url:
        settings.WITNESSES = ((SIGNER.key.vkey, url),)
        return ask(ledger) == 1


def test_a_witness_that_saw_another_history_refuses_and_the_hub_says_so(
    ledger: Ledger, settings: Settings, tmp_path: Path, client: Browser
) -> None:
    """The hub showed another tree to the witness before: what a fork looks like from the inside."""
    from ledger import keys, note
    from ledger.checkpoint import Checkpoint as Head
    from ledger.witnessing import Request

    ledger.grow(3)
    other = Head(ORIGIN, 4, b"\x01" * 32)
    signed = note.sign(other.text, [keys.log_signer(ORIGIN, ledger.log.verifier_key)]).as_text()
    with serving(tmp_path / "w", [ledger.log.verifier_key]) as witness:
        state = WitnessState(tmp_path / "w", NAME, [Ed25519Key.from_vkey(ledger.log.verifier_key)])
        state.add_checkpoint(Request(0, (), signed).as_text().encode(), lambda: 5)
        settings.WITNESSES, settings.WITNESSES_NEEDED = (witness,), 1
        assert ask(ledger) == 0
        assert Witness.objects.get().problem == "another"
        ledger.grow(3)
        assert ask(ledger) == 0
        assert Witness.objects.get().problem == "another"
    assert [len(list((tmp_path / "w" / name).iterdir())) for name in ("refused", "unproven")] == [1, 1]
    page = text_of(client, "/status")
    assert "Something disagrees" in page
    assert "has seen another history of this log" in page
