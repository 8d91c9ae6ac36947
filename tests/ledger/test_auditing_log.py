"""Whatever is changed in the log's own rows, files, heads and anchors behind its back is found."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.utils import timezone

from chain import selectors as chain
from chain.models import ChainTransaction
from ledger import anchoring, expecting, head_checks, selectors
from ledger.models import Anchor, Checkpoint, Details, Entry, Log, Mention
from tests.ledger.notes import OTHERS, Notes, found, full, settle, subject, touched


def test_an_entry_whose_bytes_were_changed_is_found(notes: Notes) -> None:
    notes.keep("a")
    settle(notes)
    row = Entry.objects.get(leaf_index=1)
    Entry.objects.filter(pk=row.pk).update(body=bytes(row.body).replace(b"2026-12", b"2027-12"))
    full(notes)
    assert found() == [("ledger.Entry", "body")]


@pytest.mark.parametrize(
    ("column", "value"), [("type", "note.lost"), ("subject", OTHERS), ("actor", "sys:hub"), ("time", timezone.now())]
)
def test_a_column_that_differs_from_the_entrys_bytes_is_found(notes: Notes, column: str, value: Any) -> None:
    notes.keep("a")
    settle(notes)
    Entry.objects.filter(leaf_index=1).update(**{column: value})
    full(notes)
    assert found() == [("ledger.Entry", column)]


def test_details_that_were_changed_are_found(notes: Notes) -> None:
    notes.keep("a")
    settle(notes)
    Details.objects.update(body=b'{"words":"other"}')
    full(notes)
    assert found() == [("ledger.Entry", "details.words")]


def test_a_pending_entry_that_was_spoilt_is_found(notes: Notes) -> None:
    settle(notes)
    entry = notes.keep("a")
    Entry.objects.filter(pk=entry.pk).update(body=b"{}")
    settle(notes)
    full(notes)
    assert found() == [("ledger.Entry", "body")]


def test_an_entry_whose_bytes_were_changed_neither_stops_the_audit_nor_hides_an_earlier_one(notes: Notes) -> None:
    notes.keep("a", "first")
    settle(notes)
    notes.keep("a", "second")
    settle(notes)
    Session.objects.update(session_data="changed")
    Entry.objects.filter(leaf_index=2).update(body=b"x")
    full(notes)
    assert found() == [("ledger.Entry", "body"), ("sessions.Session", "session_data")]


@pytest.mark.parametrize("name", ["a", "b"])
def test_an_entry_that_lacks_what_its_type_holds_neither_stops_the_audit_nor_hides_an_earlier_one(
    notes: Notes, name: str
) -> None:
    notes.keep("a")
    settle(notes)
    Session.objects.update(session_data="changed")
    notes.ledger.record(type="note.kept", subject=subject(name), data={})
    settle(notes)
    full(notes)
    assert set(found()) == {("ledger.Entry", "data"), ("sessions.Session", "session_data")}


def test_an_entry_that_was_taken_out_of_a_subjects_history_is_found(notes: Notes) -> None:
    notes.keep("a", related=OTHERS)
    settle(notes)
    Mention.objects.filter(subject=OTHERS).delete()
    full(notes)
    assert found() == [("ledger.Entry", "mentions")]


def test_an_entry_that_is_no_longer_related_to_what_it_names_is_found(
    notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expecting, "_related", [lambda entry: [OTHERS] if entry.type == "note.kept" else []])
    notes.keep("a", related=OTHERS)
    settle(notes)
    assert full(notes).mismatches == 0
    Entry.objects.update(related=[])
    Mention.objects.filter(subject=OTHERS).delete()
    full(notes)
    assert found() == [("ledger.Entry", "related")]


def test_an_entry_beyond_the_end_of_the_log_is_found(notes: Notes) -> None:
    notes.keep("a")
    settle(notes)
    entry = Entry.objects.get(leaf_index=1)
    entry.pk, entry.uid, entry.leaf_index = None, uuid.uuid4(), 1_000_000
    entry.save(force_insert=True)
    full(notes)
    assert found() == [("log", "leaves")]


def test_a_root_in_the_database_that_was_changed_is_found(notes: Notes) -> None:
    notes.keep("a")
    settle(notes)
    Checkpoint.objects.update(root=bytes(32))
    full(notes)
    assert {("log", "checkpoints"), ("log", "signatures"), ("log", "right edge")} <= set(found())


def test_a_checkpoint_of_the_past_that_was_changed_is_found(notes: Notes) -> None:
    notes.keep("a")
    settle(notes)
    notes.keep("b")
    settle(notes)
    Checkpoint.objects.filter(size=2).update(root=bytes(32))
    full(notes)
    assert found() == [("log", "checkpoints"), ("log", "checkpoint notes")]


def first_checkpoint(notes: Notes) -> Checkpoint:
    """One that later ones have followed."""
    notes.keep("a")
    settle(notes)
    notes.keep("b")
    settle(notes)
    assert full(notes).mismatches == 0
    return Checkpoint.objects.get(size=2)


def another_key(row: Checkpoint) -> None:
    lines = row.note.splitlines()
    lines[4] = lines[4][:-8] + ("A" if lines[4][-8] != "A" else "B") + lines[4][-7:]
    row.note = "\n".join(lines) + "\n"


def without_operator(row: Checkpoint) -> None:
    row.note = "\n".join(row.note.splitlines()[:-1]) + "\n"


def later_note(row: Checkpoint) -> None:
    row.note = Checkpoint.objects.get(size=3).note


def other_text(row: Checkpoint) -> None:
    row.note = row.note.replace("\n2\n", "\n1\n")


def no_note(row: Checkpoint) -> None:
    row.note = "gone"


def other_signature(row: Checkpoint) -> None:
    row.operator_signature = bytes(65)


def later_signature(row: Checkpoint) -> None:
    row.operator_signature = Checkpoint.objects.get(size=3).operator_signature


SPOIL = [another_key, without_operator, later_note, other_text, no_note, other_signature, later_signature]


@pytest.mark.parametrize("spoil", SPOIL, ids=lambda spoil: spoil.__name__)
def test_the_note_and_the_signature_of_a_checkpoint_of_the_past_are_compared(
    notes: Notes, spoil: Callable[[Checkpoint], None]
) -> None:
    row = first_checkpoint(notes)
    spoil(row)
    row.save()
    full(notes)
    assert found() == [("log", "checkpoint notes")]


def test_the_signature_of_the_last_checkpoint_is_compared_after_each(notes: Notes) -> None:
    first_checkpoint(notes)
    notes.keep("c")
    notes.ledger.sequence()
    notes.ledger.publish()
    Checkpoint.objects.filter(size=4).update(operator_signature=bytes(65))
    touched(notes)
    assert found() == [("log", "signatures")]


# --- anchors -------------------------------------------------------------------------------------
@pytest.fixture
def anchored(notes: Notes) -> Notes:
    """Two final anchors, at 2 and 3."""
    for name in "ab":
        notes.keep(name)
        settle(notes)
        notes.ledger.anchor_to_the_end()
    assert full(notes).mismatches == 0
    assert list(Anchor.objects.values_list("checkpoint", flat=True).order_by("checkpoint")) == [2, 3]
    return notes


ANCHOR_COLUMNS = {
    "transaction_key": "anchor:elsewhere:2",
    "chain_id": 1,
    "contract": "0x" + 40 * "0",
    "previous_size": 1,
    "transaction_hash": "0x" + 64 * "0",
    "block_number": 1,
    "block_hash": "0x" + 64 * "0",
    "gas_used": 1,
    "confirmations": 1_000,
    "mined": None,
}


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("column", ANCHOR_COLUMNS)
def test_a_column_of_an_anchor_that_disagrees_with_the_chain_is_found(anchored: Notes, column: str, size: int) -> None:
    Anchor.objects.filter(checkpoint=size).update(**{column: ANCHOR_COLUMNS[column]})
    full(anchored)
    assert found() == [("log", "anchors")]


def test_every_column_of_an_anchor_that_something_else_says_is_changed_above() -> None:
    free = {"checkpoint_id", "sent", "final"}
    assert {field.attname for field in Anchor._meta.concrete_fields} == free | set(ANCHOR_COLUMNS)


def test_fewer_confirmations_than_were_counted_are_found(anchored: Notes) -> None:
    Anchor.objects.filter(checkpoint=2).update(confirmations=0)
    full(anchored)
    assert found() == [("log", "anchors")]


def test_an_anchor_under_another_checkpoint_is_found(anchored: Notes) -> None:
    Anchor.objects.filter(checkpoint=3).delete()
    Anchor.objects.filter(checkpoint=2).update(checkpoint=3)
    full(anchored)
    assert found() == [("log", "anchors")]


@pytest.mark.parametrize("everywhere", [False, True], ids=["in the anchor", "in the outbox as well"])
def test_an_anchor_that_is_called_final_too_early_is_found(notes: Notes, everywhere: bool) -> None:
    notes.keep("a")
    settle(notes)
    notes.ledger.anchor()
    assert full(notes).mismatches == 0
    Anchor.objects.update(final=notes.ledger.now)
    if everywhere:
        ChainTransaction.objects.update(state="final")
    full(notes)
    assert found() == [("log", "anchors")]


def test_an_anchor_that_is_called_final_before_it_was_sent_is_found(notes: Notes) -> None:
    notes.keep("a")
    settle(notes)
    anchoring.anchor_due(notes.ledger.pass_time(1))
    Anchor.objects.update(final=notes.ledger.now)
    full(notes)
    assert found() == [("log", "anchors")]


def test_an_anchor_that_lost_its_block_is_followed_first(notes: Notes) -> None:
    notes.keep("a")
    settle(notes)
    before = notes.ledger.rpc("evm_snapshot")
    notes.ledger.anchor()
    assert Anchor.objects.get().mined is not None
    notes.ledger.rpc("evm_revert", before)
    ChainTransaction.objects.filter(key__startswith="anchor:").update(state="signed", block_number=None)
    assert full(notes).mismatches == 0


def test_blocks_far_apart_are_asked_for_one_after_the_other(anchored: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head_checks, "_BLOCKS", 1)
    monkeypatch.setattr(head_checks, "_ANCHORS", 1)
    assert full(anchored).mismatches == 0
    Anchor.objects.update(gas_used=1)
    full(anchored)
    assert found() == [("log", "anchors")]


# --- files and chain -----------------------------------------------------------------------------
def test_a_tile_that_was_changed_is_found_and_can_be_mended(notes: Notes) -> None:
    notes.ledger.record(300)
    settle(notes)
    tile = notes.ledger.folder / "tile/0/000"
    tile.write_bytes(bytes(8192))
    full(notes)
    assert found() == [("log", "files")]
    with pytest.raises(CommandError):
        call_command("verify_log")
    call_command("verify_log", repair=True)
    assert full(notes).mismatches == 0
    notes.ledger.check()


def test_an_entry_bundle_that_was_changed_is_found(notes: Notes) -> None:
    notes.ledger.record(300)
    settle(notes)
    path = notes.ledger.folder / "tile/entries/000"
    path.write_bytes(path.read_bytes().replace(b"test.happened", b"test.happen3d", 1))
    full(notes)
    assert found() == [("log", "files")]


def test_a_published_checkpoint_that_was_changed_is_found(notes: Notes) -> None:
    notes.keep("a")
    settle(notes)
    path = notes.ledger.folder / "checkpoint"
    path.write_text(path.read_text().replace("\n2\n", "\n1\n"))
    full(notes)
    assert found() == [("log", "published checkpoint")]


def test_a_signed_head_beyond_the_database_is_found(notes: Notes) -> None:
    notes.keep("a")
    settle(notes)
    path = notes.ledger.folder / "signed_head.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "size": 50}))
    full(notes)
    assert found() == [("log", "signed head")]


def test_a_chain_with_another_head_is_found(notes: Notes) -> None:
    notes.keep("a")
    settle(notes)
    notes.ledger.anchor_to_the_end()
    assert full(notes).mismatches == 0
    slots = notes.ledger.rpc("eth_getStorageAt", contract(), "0x1", "latest")
    notes.ledger.rpc("anvil_setStorageAt", contract(), "0x1", "0x" + 64 * "5")
    full(notes)
    assert ("log", "chain head") in found()
    notes.ledger.rpc("anvil_setStorageAt", contract(), "0x1", slots)
    assert full(notes).mismatches == 0


def contract() -> str:
    return chain.deployment().anchor_address


def test_a_chain_that_is_away_is_not_taken_for_agreement(notes: Notes) -> None:
    notes.keep("a")
    settle(notes)
    assert notes.ledger.node is not None
    notes.ledger.node.kill()
    run = full(notes)
    assert (run.mismatches, run.chain_checked) == (0, False)
    last = selectors.last_audit()
    assert last is not None
    assert not last.chain_checked


def test_a_mismatch_with_the_chain_stays_while_the_chain_is_away(notes: Notes) -> None:
    notes.keep("a")
    settle(notes)
    notes.ledger.anchor_to_the_end()
    notes.ledger.rpc("anvil_setStorageAt", contract(), "0x1", "0x" + 64 * "5")
    full(notes)
    before = found()
    assert before
    assert notes.ledger.node is not None
    notes.ledger.node.kill()
    full(notes)
    assert found() == before


def test_a_right_edge_that_was_changed_is_found(notes: Notes) -> None:
    notes.keep("a")
    settle(notes)
    Log.objects.update(root=bytes(32))
    full(notes)
    assert found() == [("log", "leaves")]
