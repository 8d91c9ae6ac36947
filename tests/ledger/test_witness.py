"""A witness as anyone runs it: its folder, its key, its HTTP, its memory when it is killed or doubled."""

import base64
import http.client
import socket
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ledger import merkle
from ledger.cosignature import WitnessKey, WitnessSigner, cosignature_by, time_of
from ledger.errors import BadNote, Damaged, WrongKey
from ledger.note import Note
from ledger.witness_state import MAX_REFUSED, WitnessState
from ledger.witnessing import Refused, Request
from tests.ledger.witness_process import WitnessProcess, serving
from tests.ledger.world import Operator, World

NAME = "witness.example/w1"


@pytest.fixture(scope="module")
def log() -> World:
    made = World()
    for number in range(20):
        made.add("file.scanned", {"number": number})
    return made


@pytest.fixture(scope="module")
def fork() -> World:
    made = World()
    for number in range(20):
        made.add("file.scanned", {"number": number if number < 3 else -number})
    return made


def body(world: World, old: int, new: int) -> bytes:
    proof = merkle.consistency_proof(world.read(new), old, new)
    return Request(old, tuple(proof), world.checkpoint(new)).as_text().encode()


def state(folder: Path, log: World, name: str = NAME) -> WitnessState:
    return WitnessState(folder, name, [log.signer.key])


def ask(url: str, data: bytes, path: str = "/add-checkpoint") -> tuple[int, str, str]:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    try:
        connection.request("POST", path, data)
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read().decode()
    finally:
        connection.close()


# --- the folder ----------------------------------------------------------------------------------
def test_a_new_witness_makes_a_key_that_only_its_owner_reads(tmp_path: Path, log: World) -> None:
    made = state(tmp_path / "w", log)
    file = tmp_path / "w" / "witness.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o400
    assert WitnessSigner.from_text(file.read_text()) == made.signer
    assert state(tmp_path / "w", log).signer == made.signer


def test_a_folder_keeps_its_name_and_a_bad_name_makes_none(tmp_path: Path, log: World) -> None:
    state(tmp_path / "w", log)
    with pytest.raises(WrongKey):
        state(tmp_path / "w", log, "witness.example/other")
    for name in ("", "two words", "a+b", "a\nb"):
        with pytest.raises(BadNote):
            state(tmp_path / "new", log, name)
    assert not (tmp_path / "new").exists()


def test_a_witness_that_lost_its_memory_does_not_start(tmp_path: Path, log: World) -> None:
    made = state(tmp_path / "w", log)
    (tmp_path / "w" / "logs").rmdir()
    with pytest.raises(Damaged):
        state(tmp_path / "w", log)
    (tmp_path / "w" / "logs").mkdir()
    assert state(tmp_path / "w", log).signer == made.signer


@pytest.mark.parametrize("text", ["", "PRIVATE+KEY+x", "\xff"])
def test_a_key_that_cannot_be_read_is_not_replaced(tmp_path: Path, log: World, text: str) -> None:
    state(tmp_path / "w", log)
    file = tmp_path / "w" / "witness.key"
    file.chmod(0o600)
    file.write_text(text)
    with pytest.raises(WrongKey):
        state(tmp_path / "w", log)
    assert file.read_text() == text


def test_a_spoilt_memory_is_no_empty_one(tmp_path: Path, log: World) -> None:
    witness = state(tmp_path / "w", log)
    witness.add_checkpoint(body(log, 0, 9), lambda: 5)
    [file] = (tmp_path / "w" / "logs").iterdir()
    for spoilt in (b"", b"gone", file.read_bytes().replace(b"akashi.local", b"akashi.other")):
        file.write_bytes(spoilt)
        with pytest.raises(Damaged):
            witness.add_checkpoint(body(log, 0, 3), lambda: 6)


def test_what_is_cosigned_is_on_disk_before_it_is_answered(
    tmp_path: Path, log: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness = state(tmp_path / "w", log)
    witness.add_checkpoint(body(log, 0, 4), lambda: 5)

    def full_disk(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("ledger.witness_state.replace_file", full_disk)
    with pytest.raises(OSError, match="No space"):
        witness.add_checkpoint(body(log, 4, 9), lambda: 6)
    monkeypatch.undo()
    last = witness.last(log.origin)
    assert last is not None
    assert last.size == 4


def test_a_fork_is_kept_with_what_was_cosigned_before(tmp_path: Path, log: World, fork: World) -> None:
    witness = state(tmp_path / "w", log)
    witness.add_checkpoint(body(log, 0, 9), lambda: 5)
    for data in (body(fork, 9, 9), body(fork, 9, 12), body(fork, 9, 12)):
        with pytest.raises(Refused):
            witness.add_checkpoint(data, lambda: 6)
    kept = [file.read_text() for name in ("refused", "unproven") for file in (tmp_path / "w" / name).iterdir()]
    assert len(kept) == 2
    assert all(log.checkpoint(9) in text for text in kept)
    assert {fork.checkpoint(9) in kept[0], fork.checkpoint(9) in kept[1]} == {True, False}


def test_evidence_fills_no_disk(tmp_path: Path, log: World, fork: World) -> None:
    witness = state(tmp_path / "w", log)
    witness.add_checkpoint(body(log, 0, 9), lambda: 5)
    folder = tmp_path / "w" / "refused"
    folder.mkdir()
    for number in range(MAX_REFUSED):
        (folder / str(number)).touch()
    with pytest.raises(Refused):
        witness.add_checkpoint(body(fork, 9, 9), lambda: 6)
    assert len(list(folder.iterdir())) == MAX_REFUSED


def test_bad_proofs_of_genuine_heads_are_no_evidence_against_the_log(tmp_path: Path, log: World, fork: World) -> None:
    """Anybody can send them; they must neither accuse the log nor take the place of what proves a fork."""
    witness = state(tmp_path / "w", log)
    witness.add_checkpoint(body(log, 0, 9), lambda: 5)
    folder = tmp_path / "w" / "unproven"
    folder.mkdir()
    for number in range(MAX_REFUSED - 1):
        (folder / str(number)).touch()
    for new in range(10, 15):
        data = f"old 9\n{base64.b64encode(bytes(32)).decode()}\n\n{log.checkpoint(new)}".encode()
        with pytest.raises(Refused):
            witness.add_checkpoint(data, lambda: 6)
    assert len(list(folder.iterdir())) == MAX_REFUSED
    assert not (tmp_path / "w" / "refused").exists()
    with pytest.raises(Refused):
        witness.add_checkpoint(body(fork, 9, 9), lambda: 6)
    assert len(list((tmp_path / "w" / "refused").iterdir())) == 1


def test_many_at_once_never_take_the_witness_back(tmp_path: Path, log: World) -> None:
    """Two states on one folder, as two processes have, and eight threads: sizes on disk only grow."""
    witnesses = [state(tmp_path / "w", log) for _ in range(2)]
    seen: list[int] = []
    lock = threading.Lock()

    def run(number: int) -> None:
        witness = witnesses[number % 2]
        for new in range(1, 21):
            last = witness.last(log.origin)
            old = last.size if last else 0
            if old > new:
                continue
            try:
                line = witness.add_checkpoint(body(log, old, new), lambda: 5)
            except Refused as refused:
                assert refused.status == 409
                continue
            cosignature_by(witness.signer.key, log.head(new).text, line)
            after = witness.last(log.origin)
            assert after is not None
            with lock:
                seen.append(after.size - new)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(run, range(8)))
    assert min(seen) >= 0
    last = witnesses[0].last(log.origin)
    assert last is not None
    assert last.size == 20


# --- HTTP ----------------------------------------------------------------------------------------
@pytest.fixture
def served(tmp_path: Path, log: World) -> Iterator[tuple[WitnessKey, str]]:
    with serving(tmp_path / "served", [log.signer.key.vkey]) as (vkey, url):
        yield WitnessKey.from_vkey(vkey), url


def test_a_cosignature_verifies_and_names_the_time(served: tuple[WitnessKey, str], log: World) -> None:
    key, url = served
    status, kind, text = ask(url, body(log, 0, 7))
    assert (status, kind) == (200, "text/plain; charset=utf-8")
    signature = cosignature_by(key, log.head(7).text, text)
    cosigned = Note.from_text(log.checkpoint(7)).with_signature(signature)
    assert time_of(Note.from_text(cosigned.as_text()).verified_by(key)) > 1_700_000_000


def test_every_refusal_has_its_status(served: tuple[WitnessKey, str], log: World, fork: World) -> None:
    _, url = served
    stranger = World(operator=Operator(origin="stranger.example"))
    stranger.add("file.scanned", {})
    assert ask(url, body(log, 0, 7))[0] == 200
    assert ask(url, body(log, 3, 9)) == (409, "text/x.tlog.size", "7\n")
    assert ask(url, body(fork, 7, 7)) == (409, "text/x.tlog.size", "7\n")
    assert ask(url, body(fork, 7, 9))[0] == 422
    assert ask(url, body(stranger, 0, 1))[0] == 404
    assert ask(url, body(log, 7, 9).replace(b"\n9\n", b"\n10\n"))[0] == 403
    assert ask(url, b"old 7\n\nnothing")[0] == 400
    assert ask(url, body(log, 7, 9), "/elsewhere")[0] == 404
    assert ask(url, b"x" * (64 * 1024 + 1))[0] == 413
    assert ask(url, body(log, 7, 9))[0] == 200


def test_a_witness_says_who_it_is(served: tuple[WitnessKey, str], log: World) -> None:
    key, url = served
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    connection.request("GET", "/")
    text = connection.getresponse().read().decode()
    assert text.startswith(f"{key.vkey}\n")
    assert log.signer.key.vkey in text
    connection.request("GET", "/witness.key")
    assert connection.getresponse().status == 404
    connection.close()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\n\r\n", b"411"),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"411"),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999999\r\n\r\n", b"413"),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (b"DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", b"501"),
        (b"\x16\x03\x01\x00\r\n\r\n", b"400"),
    ],
)
def test_odd_requests_are_answered_and_end_the_connection(
    served: tuple[WitnessKey, str], head: bytes, status: bytes
) -> None:
    host, port = served[1].removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head)
        answer = b""
        while piece := connection.recv(4096):
            answer += piece
    assert status in answer[:600]


def test_one_that_says_nothing_holds_nobody_up_and_is_hung_up_on(
    served: tuple[WitnessKey, str], log: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, port = served[1].removeprefix("http://").split(":")
    half = b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 10\r\n\r\n12345"
    with socket.create_connection((host, int(port)), timeout=10) as silent:
        silent.sendall(half)
        assert ask(served[1], body(log, 0, 7))[0] == 200
    monkeypatch.setattr("ledger.witness_server.CONNECTION_SECONDS", 0.3)
    with socket.create_connection((host, int(port)), timeout=10) as silent:
        silent.sendall(half)
        while silent.recv(4096):
            pass


# --- the process ---------------------------------------------------------------------------------
def test_a_killed_witness_remembers_and_two_processes_on_one_folder_agree(
    tmp_path: Path, log: World, fork: World
) -> None:
    first = WitnessProcess(tmp_path / "w", [log.signer.key.vkey])
    status, _, text = ask(first.url, body(log, 0, 8))
    assert status == 200
    first.kill()
    cosignature_by(first.key, log.head(8).text, text)
    again = WitnessProcess(tmp_path / "w", [log.signer.key.vkey])
    assert again.key == first.key
    assert ask(again.url, body(fork, 8, 12))[0] == 422
    assert ask(again.url, body(log, 0, 5)) == (409, "text/x.tlog.size", "8\n")
    assert ask(again.url, body(log, 8, 12))[0] == 200
    twin = WitnessProcess(tmp_path / "w", [log.signer.key.vkey])
    assert twin.key == first.key
    assert ask(twin.url, body(log, 8, 15)) == (409, "text/x.tlog.size", "12\n")
    assert ask(twin.url, body(log, 12, 15))[0] == 200
    assert ask(again.url, body(log, 12, 13)) == (409, "text/x.tlog.size", "15\n")
    again.kill()
    twin.kill()


def test_a_wrong_call_is_a_sentence(tmp_path: Path, log: World) -> None:
    good = ["--name", NAME, "--state", str(tmp_path / "w"), "--log", log.signer.key.vkey]
    for wrong in (
        [*good, "--listen", "nowhere"],
        [*good, "--listen", "127.0.0.1:99999"],
        [*good[:5], "nonsense"],
        [*good, "--log", state(tmp_path / "other", log).signer.key.vkey],
        ["--name", "two words", *good[2:]],
    ):
        with pytest.raises(CommandError, match=r"\S"):
            call_command("witness", *wrong)
