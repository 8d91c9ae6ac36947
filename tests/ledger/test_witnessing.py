"""Whom a witness refuses, and with which status (C2SP tlog-witness). No process and no file."""

import base64
from dataclasses import replace

import pytest

from ledger import merkle, note
from ledger.checkpoint import Checkpoint
from ledger.errors import BadNote
from ledger.witnessing import Opened, Refused, Request, check_request, open_request
from tests.ledger.world import ORIGIN, Operator, World


@pytest.fixture(scope="module")
def grown() -> World:
    made = World()
    for number in range(9):
        made.add("file.scanned", {"number": number})
    return made


def request(world: World, old: int, new: int) -> Request:
    proof = merkle.consistency_proof(world.read(new), old, new)
    return Request(old, tuple(proof), world.checkpoint(new))


def opened(world: World, asked: Request) -> Opened:
    return open_request(asked.as_text().encode(), [world.signer.key])


def status(world: World, asked: Request, last: Checkpoint | None) -> tuple[int, str, str, bool]:
    with pytest.raises(Refused) as caught:
        check_request(opened(world, asked), last)
    refused = caught.value
    return refused.status, refused.body, refused.content_type, refused.contradicts


# --- the form ------------------------------------------------------------------------------------
def test_a_request_is_written_as_the_specification_says(world: World) -> None:
    asked = request(world, 3, 6)
    lines = "".join(f"{base64.b64encode(value).decode()}\n" for value in asked.proof)
    assert asked.as_text() == f"old 3\n{lines}\n{world.checkpoint(6)}"
    assert Request.from_text(asked.as_text()) == asked
    assert request(world, 0, 6).as_text() == f"old 0\n\n{world.checkpoint(6)}"


HASH = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "head",
    [
        "",
        "old",
        "old ",
        "old -1",
        "old 01",
        "old +1",
        "old 1 ",
        "old  1",
        "Old 1",
        "old ٣",
        f"old {10**19}",
        "new 1",
        "old 1\nxyz",
        "old 1\n" + HASH[:-1],
        "old 1\n" + base64.b64encode(bytes(31)).decode(),
        "old 1\n" + base64.b64encode(bytes(33)).decode(),
        "old 1\r",
        "old 1\n" + "\n".join([HASH] * 64),
    ],
)
def test_other_forms_are_bad_requests(world: World, head: str) -> None:
    body = f"{head}\n\n{world.checkpoint()}"
    with pytest.raises(BadNote):
        Request.from_text(body)
    with pytest.raises(Refused) as caught:
        open_request(body.encode(), [world.signer.key])
    assert caught.value.status == 400


def test_sixty_three_proof_lines_are_read(world: World) -> None:
    lines = "\n".join([HASH] * 63)
    assert len(Request.from_text(f"old 1\n{lines}\n\n{world.checkpoint()}").proof) == 63


@pytest.mark.parametrize(
    "checkpoint",
    ["", "x", "a\nb\n", f"{ORIGIN}\n6\nAAAA\n\n— a AAAAAAAA\n", f"{ORIGIN}\n6\n{HASH}\nmore\n\n— a AAAAAAAA\n"],
)
def test_what_is_no_checkpoint_is_a_bad_request(world: World, checkpoint: str) -> None:
    for body in (f"old 0\n\n{checkpoint}".encode(), b"\xff", b""):
        with pytest.raises(Refused) as caught:
            open_request(body, [world.signer.key])
        assert caught.value.status == 400


# --- the log -------------------------------------------------------------------------------------
def test_a_log_that_the_witness_does_not_know_is_not_found(world: World) -> None:
    for keys in ([], [note.Ed25519Signer("another.example", bytes(32)).key]):
        with pytest.raises(Refused) as caught:
            open_request(request(world, 0, 6).as_text().encode(), keys)
        assert caught.value.status == 404


def test_another_key_of_the_same_name_is_forbidden(world: World) -> None:
    foreign = note.Ed25519Signer(ORIGIN, bytes(32))
    body = request(world, 0, 6).as_text().encode()
    with pytest.raises(Refused) as caught:
        open_request(body, [foreign.key])
    assert caught.value.status == 403
    assert open_request(body, [foreign.key, world.signer.key]).head.size == 6


def test_a_signature_that_does_not_verify_is_forbidden(world: World) -> None:
    signed = note.Note.from_text(world.checkpoint(6))
    other = note.Note.from_text(world.checkpoint(5))
    for wrong in (note.Note(signed.text, other.signatures), note.Note(signed.text, signed.signatures[1:])):
        with pytest.raises(Refused) as caught:
            open_request(Request(0, (), wrong.as_text()).as_text().encode(), [world.signer.key])
        assert caught.value.status == 403


def test_an_old_size_above_the_checkpoint_is_a_bad_request(world: World) -> None:
    with pytest.raises(Refused) as caught:
        opened(world, Request(7, (), world.checkpoint(6)))
    assert caught.value.status == 400


# --- the history ---------------------------------------------------------------------------------
@pytest.mark.parametrize("old", range(10))
def test_every_step_that_extends_is_accepted(grown: World, old: int) -> None:
    for new in range(max(old, 1), 10):
        check_request(opened(grown, request(grown, old, new)), grown.head(old) if old else None)


def test_the_first_checkpoint_needs_no_proof_and_takes_none(grown: World) -> None:
    check_request(opened(grown, Request(0, (), grown.checkpoint(5))), None)
    assert status(grown, Request(0, (bytes(32),), grown.checkpoint(5)), None)[0] == 422


@pytest.mark.parametrize("seen", [None, 3, 9])
def test_an_old_size_that_the_witness_did_not_cosign_last_is_told_the_right_one(grown: World, seen: int | None) -> None:
    last = grown.head(seen) if seen else None
    assert status(grown, request(grown, 5, 7), last) == (409, f"{seen or 0}\n", "text/x.tlog.size", False)


def test_a_witness_never_goes_back(grown: World) -> None:
    """Whatever the old size says, a smaller tree is not cosigned after a larger one."""
    for old in range(8):
        assert status(grown, request(grown, old, 7), grown.head(9))[0] == 409


@pytest.mark.parametrize("old", [1, 3, 4, 5, 7, 8])
def test_a_fork_is_refused_and_kept_as_evidence(grown: World, old: int) -> None:
    other = World()
    for number in range(9):
        other.add("file.scanned", {"other": number})
    for new in range(old + 1, 10):
        refused = status(other, request(other, old, new), grown.head(old))
        assert (refused[0], refused[3]) == (422, True)
    assert status(other, request(other, old, old), grown.head(old)) == (409, f"{old}\n", "text/x.tlog.size", True)


@pytest.mark.parametrize(("old", "new"), [(1, 9), (3, 7), (4, 8), (5, 6)])
def test_a_proof_that_was_changed_is_refused(grown: World, old: int, new: int) -> None:
    asked = request(grown, old, new)
    wrong = [asked.proof[:-1], (*asked.proof, bytes(32)), (bytes(32), *asked.proof[1:])]
    if len(asked.proof) > 1:
        wrong.append(asked.proof[::-1])
    for proof in wrong:
        assert status(grown, replace(asked, proof=tuple(proof)), grown.head(old))[0] == 422


def test_the_same_size_again_is_accepted_without_a_proof(grown: World) -> None:
    check_request(opened(grown, request(grown, 6, 6)), grown.head(6))
    assert status(grown, Request(6, (bytes(32),), grown.checkpoint(6)), grown.head(6))[0] == 422


def test_logs_of_two_names_do_not_meet(grown: World) -> None:
    other = World(operator=Operator(origin="another.example"))
    other.add("file.scanned", {})
    keys = [grown.signer.key, other.signer.key]
    assert open_request(request(other, 0, 1).as_text().encode(), keys).head.origin == "another.example"
    assert open_request(request(grown, 0, 1).as_text().encode(), keys).head.origin == ORIGIN
