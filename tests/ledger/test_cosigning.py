"""The hub asks its witnesses: what they answer reaches the world and bundles, and who does not answer holds nothing up."""

import http.server
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.test import Client as Browser
from pytest_django import Settings

from ledger import cosigning, figures, log_checks, proofs, publisher, selectors, storage, witnesses
from ledger.akashi_verify import main as verify
from ledger.bundle import parse_bundle
from ledger.checkpoint import open_checkpoint
from ledger.cosignature import WitnessKey, WitnessSigner, cosigners
from ledger.errors import Damaged
from ledger.keys import operator_verifier
from ledger.models import Checkpoint, Cosignature, Witness
from ledger.note import Ed25519Key, Note
from ledger.witness_state import WitnessState
from tests.ledger.conftest import ORIGIN, Ledger
from tests.ledger.witness_process import WitnessProcess, serving

NAME = "witness.example/w1"


def ask(ledger: Ledger, seconds: float = 120) -> int:
    """Asks whoever is due; so much later that nobody is still left alone."""
    return cosigning.ask_due(ledger.pass_time(seconds))


def published(ledger: Ledger) -> Note:
    return Note.from_text((ledger.folder / "checkpoint").read_text())


def names(ledger: Ledger) -> list[str]:
    """Whose cosignatures stand under the published checkpoint and verify."""
    keys = [WitnessKey.from_vkey(row.witness) for row in Cosignature.objects.order_by("pk")]
    return sorted(key.name for key in cosigners(published(ledger), list(dict.fromkeys(keys))))


class Two:
    """Two witnesses in threads, of which two are needed."""

    def __init__(self, first: tuple[str, str], second: tuple[str, str]) -> None:
        self.first, self.second = first, second
        self.keys = [WitnessKey.from_vkey(vkey) for vkey, _ in (first, second)]


@pytest.fixture
def two(ledger: Ledger, settings: Settings, tmp_path: Path) -> Iterator[Two]:
    with ExitStack() as stack:
        log = ledger.log.verifier_key
        made = [
            stack.enter_context(serving(tmp_path / name, [log], f"witness.example/{name}")) for name in ("w1", "w2")
        ]
        settings.WITNESSES, settings.WITNESSES_NEEDED = tuple(made), 2
        yield Two(*made)


@contextmanager
def answering(answer: Callable[[bytes], tuple[int, str, bytes]]) -> Iterator[str]:
    """A server that answers every request with what `answer` makes of its body: (status, content type, body)."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, kind, data = answer(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except OSError:
                pass

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


SIGNER = WitnessSigner("liar.example", bytes(32))


def problem(ledger: Ledger, settings: Settings, answer: Callable[[bytes], tuple[int, str, bytes]]) -> tuple[str, str]:
    """What is remembered of a witness that answers so."""
    with answering(answer) as url:
        settings.WITNESSES, settings.WITNESSES_NEEDED = ((SIGNER.key.vkey, url),), 1
        assert ask(ledger) == 0
    row = Witness.objects.get()
    assert row.failures > 0
    return row.problem, row.detail


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


# --- who does not answer -------------------------------------------------------------------------
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


def test_a_slow_one_is_given_up_and_the_task_does_not_wait_for_it(
    ledger: Ledger, two: Two, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cosigning, "SECONDS", 0.5)
    released = threading.Event()

    def slow(_: bytes) -> tuple[int, str, bytes]:
        released.wait(20)
        return 200, "text/plain", b"late\n"

    ledger.grow(3)
    with answering(slow) as url:
        settings.WITNESSES = ((SIGNER.key.vkey, url), two.second)
        begun = time.monotonic()
        cosigning.start(ledger.pass_time(1))
        cosigning.start(ledger.pass_time(1))
        assert time.monotonic() - begun < 0.4, "nobody waits"
        while Witness.objects.count() < 2:
            time.sleep(0.02)
        released.set()
    assert dict(Witness.objects.values_list("key", "problem")) == {SIGNER.key.vkey: "away", two.second[0]: ""}
    assert names(ledger) == ["witness.example/w2"]
    assert "within 0.5 s" in Witness.objects.get(key=SIGNER.key.vkey).detail


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
        ((422, "text/plain", b"no\0 proof\n"), "refused", "422: no  proof"),
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
        assert Witness.objects.get().problem == "refused"
    assert len(list((tmp_path / "w" / "refused").iterdir())) == 2
    assert "did not cosign" in text_of(client, "/status")


# --- what is shown -------------------------------------------------------------------------------
def text_of(client: Browser, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode().replace("\u2060", "")))


def test_without_witnesses_the_pages_say_so(ledger: Ledger, client: Browser) -> None:
    ledger.grow(3)
    assert ask(ledger) == 0
    assert "No witness cosigns this log." in text_of(client, "/status")
    assert "no witness cosigns this log" in text_of(client, "/ledger/checkpoints/4")
    assert client.get("/api/v1/checkpoints/4").json()["cosignatures"] == []


def test_two_witnesses_and_k_of_n_are_shown(ledger: Ledger, two: Two, settings: Settings, client: Browser) -> None:
    ledger.grow(3)
    page = text_of(client, "/status")
    assert "2 of 2 witnesses have to cosign a checkpoint. None has so many cosignatures yet." in page
    settings.WITNESSES = (two.first, (two.second[0], "http://127.0.0.1:1"))
    assert ask(ledger) == 1
    assert "None has so many" in text_of(client, "/status")
    settings.WITNESSES_NEEDED = 1
    page = text_of(client, "/status")
    assert "1 of 2 witnesses have to cosign a checkpoint. The newest that so many have cosigned has size 4." in page
    assert "witness.example/w1" in page
    assert "does not answer" in page
    assert "127.0.0.1:1" not in page, "where a witness is asked is nobody's business"
    settings.WITNESSES, settings.WITNESSES_NEEDED = (two.first, two.second), 2
    assert ask(ledger) == 1
    assert "The newest that so many have cosigned has size 4." in text_of(client, "/status")
    assert text_of(client, "/ledger/checkpoints/4").count("cosignature verifies") == 2


def test_the_api_and_the_figures_name_them(ledger: Ledger, two: Two, client: Browser) -> None:
    ledger.grow(3)
    ask(ledger)
    ledger.grow(2)
    detail = client.get("/api/v1/checkpoints/4").json()
    assert [each["name"] for each in detail["cosignatures"]] == ["witness.example/w1", "witness.example/w2"]
    assert all(each["verifies"] and each["line"] in detail["note"] for each in detail["cosignatures"])
    assert {each["witness"] for each in detail["cosignatures"]} == {two.first[0], two.second[0]}
    listed = client.get("/api/v1/checkpoints").json()["results"]
    assert [len(each["cosignatures"]) for each in listed] == [0, 2]
    assert client.get("/api/v1/checkpoints/6?from=4").json()["consistency"] != []
    metrics = client.get("/metrics").content.decode()
    assert "akashi_witnessed_size 4.0" in metrics
    assert 'akashi_witness_size{witness="witness.example/w2"} 4.0' in metrics
    assert figures.checkpoint_size() == 6


def test_a_cosignature_that_was_changed_is_shown_and_found(ledger: Ledger, two: Two, client: Browser) -> None:
    ledger.grow(3)
    ask(ledger)
    first = Cosignature.objects.order_by("pk")[0]
    Cosignature.objects.filter(pk=first.pk).update(line=first.line[:-8] + "AAAAAAA=")
    assert "cosignature does not verify" in text_of(client, "/ledger/checkpoints/4")
    assert len(list(witnesses.unsound())) == 1
    found = log_checks.check_log(storage.store(), full=True).findings
    assert "cosignatures" in [finding.column for finding in found]


def test_a_foreign_line_in_the_published_file_is_found_and_replaced(ledger: Ledger, two: Two) -> None:
    ledger.grow(3)
    ask(ledger)
    path = ledger.folder / "checkpoint"
    path.write_text(path.read_text() + SIGNER.cosign(published(ledger).text, 5).line())
    found = log_checks.check_log(storage.store(), full=False).findings
    assert [finding.column for finding in found] == ["published checkpoint"]
    ledger.publish()
    assert path.read_text() == Checkpoint.objects.get().note
    lost = published(ledger)
    path.write_text(Note(lost.text, lost.signatures[1:]).as_text())
    found = log_checks.check_log(storage.store(), full=False).findings
    assert [finding.column for finding in found] == ["published checkpoint"]


def test_each_witness_is_read_with_what_it_cosigned_last(ledger: Ledger, two: Two) -> None:
    ledger.grow(1)
    ask(ledger)
    seen = witnesses.witnesses()
    assert (seen.needed, seen.count, seen.size) == (2, 2, 2)
    assert [(each.name, each.size, each.problem) for each in seen.each] == [
        ("witness.example/w1", 2, ""),
        ("witness.example/w2", 2, ""),
    ]
