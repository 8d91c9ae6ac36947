"""Whatever is changed behind the log's back is found, said in public without giving words away, and taken back when mended."""

import hashlib
import json
import threading
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from chain import selectors as chain
from ledger import auditing, comparing, expecting, selectors, services
from ledger.auditing import ERASED, ExpectedRow, register_expected_rows
from ledger.mismatches import about_row
from ledger.models import AuditRun, Checkpoint, Details, Entry, Log, Mention, Mismatch
from ledger.records import EntryView
from ledger.values import equal, shown
from tests.ledger.conftest import ACTOR, Ledger

EXPIRES = datetime(2026, 12, 1, 12, 30, 15, 123_000, tzinfo=UTC)
OTHERS = "repo:00000000-0000-4000-8000-000000000000"


def subject(name: str) -> str:
    return "rev:" + hashlib.sha256(name.encode()).hexdigest()


def expect_kept(entry: EntryView, details: Mapping[str, Mapping[str, Any]]) -> list[ExpectedRow]:
    """A note is a session row: its key, its words (a detail), its time."""
    columns: dict[str, Any] = {"expire_date": entry.data["expires"]}
    if "words" in details:
        columns["session_data"] = details["words"]["words"]
    return [ExpectedRow("sessions.Session", {"session_key": entry.data["key"]}, columns)]


def expect_removed(entry: EntryView, details: Mapping[str, Mapping[str, Any]]) -> list[ExpectedRow]:
    return [ExpectedRow("sessions.Session", {"session_key": entry.data["key"]}, absent=True)]


@pytest.fixture(autouse=True)
def vocabulary() -> Iterator[None]:
    """Notes can be kept, changed and removed."""
    before = dict(expecting._functions)
    register_expected_rows("note.kept", expect_kept)
    register_expected_rows("note.removed", expect_removed)
    yield
    expecting._functions.clear()
    expecting._functions.update(before)


class Notes:
    """The upper room of these tests."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def keep(self, name: str, words: str = "words", *, related: str = "", apply: bool = True) -> Entry:
        key = hashlib.sha256(name.encode()).hexdigest()[:32]
        with transaction.atomic():
            if apply:
                Session.objects.update_or_create(
                    session_key=key, defaults={"session_data": words, "expire_date": EXPIRES}
                )
            return services.record(
                type="note.kept",
                subject=subject(name),
                actor=ACTOR,
                time=self.ledger.now,
                data={"key": key, "expires": "2026-12-01T12:30:15.123Z"},
                details={"words": {"words": words}},
                related=[related] if related else (),
            )

    def remove(self, name: str) -> Entry:
        row = self.row(name)
        with transaction.atomic():
            entry = services.record(
                type="note.removed",
                subject=subject(name),
                actor=ACTOR,
                time=self.ledger.now,
                data={"key": row.session_key},
            )
            row.delete()
        return entry

    def row(self, name: str) -> Session:
        return Session.objects.get(session_key=hashlib.sha256(name.encode()).hexdigest()[:32])


@pytest.fixture
def notes(ledger: Ledger) -> Notes:
    return Notes(ledger)


def settle(notes: Notes) -> None:
    """Everything recorded so far is sequenced, published and audited."""
    notes.ledger.sequence()
    notes.ledger.publish()
    touched(notes)


def touched(notes: Notes) -> AuditRun | None:
    return auditing.audit_touched(notes.ledger.pass_time(60))


def full(notes: Notes) -> AuditRun:
    run = auditing.audit_full(notes.ledger.pass_time(60))
    assert run is not None
    return run


def found() -> list[tuple[str, str]]:
    return [(row.table, row.column) for row in selectors.open_mismatches()]


# --- agreement -----------------------------------------------------------------------------------
def test_what_agrees_is_said_to_agree(notes: Notes) -> None:
    for name in "abc":
        notes.keep(name)
    notes.ledger.sequence()
    notes.ledger.publish()
    run = touched(notes)
    assert run is not None
    assert (run.entries, run.mismatches, run.upto, run.full, run.chain_checked) == (4, 0, 4, False, True)
    last = selectors.last_audit()
    assert last is not None
    assert (last.upto, last.mismatches) == (4, 0)


def test_an_idle_log_is_not_audited_again(notes: Notes) -> None:
    notes.keep("a")
    settle(notes)
    assert touched(notes) is None
    assert AuditRun.objects.count() == 1


def test_an_audit_goes_as_far_as_the_checkpoint(notes: Notes) -> None:
    notes.keep("a")
    notes.ledger.sequence()
    assert touched(notes) is None
    notes.ledger.publish()
    notes.keep("b")
    notes.ledger.sequence()
    run = touched(notes)
    assert run is not None
    assert run.upto == 2


# --- rows ----------------------------------------------------------------------------------------
CHANGES = {
    "session_data": "other words",
    "expire_date": EXPIRES.replace(minute=31),
}


@pytest.mark.parametrize("column", CHANGES)
def test_a_change_of_any_listed_column_is_found(notes: Notes, column: str) -> None:
    notes.keep("a")
    notes.keep("b")
    settle(notes)
    Session.objects.filter(pk=notes.row("a").pk).update(**{column: CHANGES[column]})
    assert full(notes).mismatches == 1
    assert found() == [("sessions.Session", column)]
    [mismatch] = selectors.open_mismatches([subject("a")])
    assert mismatch.leaf_index == 1
    assert selectors.open_mismatches([subject("b")]) == []


def test_every_column_that_the_tests_expectation_lists_is_changed_above(notes: Notes) -> None:
    view = selectors.entry_by_uid(notes.keep("a").uid)
    assert set(expect_kept(view, view.details)[0].columns) == set(CHANGES)


def test_a_time_is_compared_to_the_millisecond(notes: Notes) -> None:
    notes.keep("a")
    settle(notes)
    Session.objects.update(expire_date=EXPIRES.replace(microsecond=123_999))
    assert full(notes).mismatches == 0
    Session.objects.update(expire_date=EXPIRES.replace(microsecond=124_000))
    assert full(notes).mismatches == 1


def test_a_row_that_is_gone_is_found(notes: Notes) -> None:
    notes.keep("a")
    settle(notes)
    notes.row("a").delete()
    full(notes)
    assert found() == [("sessions.Session", "(row)")]


def test_a_row_that_should_be_gone_is_found(notes: Notes) -> None:
    notes.keep("a")
    key = notes.row("a").session_key
    notes.remove("a")
    settle(notes)
    assert full(notes).mismatches == 0
    Session.objects.create(session_key=key, session_data="", expire_date=EXPIRES)
    full(notes)
    assert found() == [("sessions.Session", "(row)")]


def test_a_mismatch_is_resolved_once_the_row_is_mended(notes: Notes) -> None:
    notes.keep("a")
    settle(notes)
    Session.objects.update(session_data="changed")
    full(notes)
    first = Mismatch.objects.get()
    full(notes)
    Session.objects.update(session_data="words")
    run = touched(notes)
    assert run is not None
    assert run.mismatches == 0
    again = Mismatch.objects.get()
    assert again.resolved is not None
    assert again.first_seen == first.first_seen
    assert again.last_seen > first.last_seen
    assert selectors.open_mismatches() == []


def test_a_touched_subject_is_compared_from_its_beginning(notes: Notes) -> None:
    notes.keep("a", "first")
    settle(notes)
    Session.objects.update(expire_date=EXPIRES.replace(year=2030))
    with transaction.atomic():
        services.record(type="test.seen", subject=subject("a"), actor=ACTOR, time=notes.ledger.now, data={})
    settle(notes)
    assert found() == [("sessions.Session", "expire_date")]


def test_an_untouched_subject_waits_for_the_daily_audit(notes: Notes) -> None:
    notes.keep("a")
    settle(notes)
    Session.objects.update(session_data="changed")
    notes.keep("b")
    settle(notes)
    assert found() == []
    full(notes)
    assert found() == [("sessions.Session", "session_data")]


# --- order ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("window", [1, 2, 500])
def test_a_later_entry_counts_instead_of_an_earlier_one(
    notes: Notes, window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "WINDOW", window)
    for words in ("first", "second", "third"):
        notes.keep("a", words)
        notes.keep("b", words)
    settle(notes)
    assert full(notes).mismatches == 0
    Session.objects.filter(pk=notes.row("a").pk).update(session_data="first")
    full(notes)
    assert [(row.subject, row.leaf_index) for row in selectors.open_mismatches()] == [(subject("a"), 5)]


def test_a_change_whose_entry_still_waits_is_no_mismatch(notes: Notes) -> None:
    notes.keep("a", "first")
    settle(notes)
    notes.keep("a", "second")
    assert full(notes).mismatches == 0


def test_a_later_entry_is_found_through_a_shared_related_subject(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "WINDOW", 1)
    key = hashlib.sha256(b"a").hexdigest()[:32]
    notes.keep("a", "first", related=OTHERS)
    with transaction.atomic():
        services.record(
            type="note.kept",
            subject=subject("z"),
            actor=ACTOR,
            time=notes.ledger.now,
            data={"key": key, "expires": "2026-12-01T12:30:15.123Z"},
            details={"words": {"words": "second"}},
            related=[OTHERS],
        )
        Session.objects.update(session_data="second")
    settle(notes)
    assert full(notes).mismatches == 0


def test_mismatches_are_told_to_pages_of_related_subjects(notes: Notes) -> None:
    notes.keep("a", related=OTHERS)
    settle(notes)
    Session.objects.update(session_data="changed")
    full(notes)
    assert [row.subject for row in selectors.open_mismatches([OTHERS])] == [OTHERS]


# --- erasure -------------------------------------------------------------------------------------
def test_an_erased_detail_is_not_compared(notes: Notes) -> None:
    entry = notes.keep("a", "personal")
    settle(notes)
    services.erase_details(entry.uid, "words")
    Session.objects.update(session_data="")
    assert full(notes).mismatches == 0
    Session.objects.update(expire_date=EXPIRES.replace(year=2030))
    full(notes)
    assert found() == [("sessions.Session", "expire_date")]


@pytest.mark.parametrize("window", [1, 500])
def test_a_later_entry_whose_details_are_erased_still_counts(
    notes: Notes, window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "WINDOW", window)
    notes.keep("a", "first")
    second = notes.keep("a", "second")
    settle(notes)
    services.erase_details(second.uid, "words")
    assert full(notes).mismatches == 0


def test_an_expectation_that_cannot_use_an_erased_value_is_asked_without_it(notes: Notes) -> None:
    def shout(entry: EntryView, details: Mapping[str, Mapping[str, Any]]) -> list[ExpectedRow]:
        words = {"session_data": details["words"]["words"].upper()} if "words" in details else {}
        return [ExpectedRow("sessions.Session", {"session_key": entry.data["key"]}, words)]

    register_expected_rows("note.kept", shout)
    entry = notes.keep("a", "WORDS")
    settle(notes)
    services.erase_details(entry.uid, "words")
    assert full(notes).mismatches == 0


@pytest.mark.parametrize("use", [str, bool, len, lambda value: f"{value}", lambda value: value == "x"])
def test_nothing_can_be_computed_from_an_erased_value(use: Any) -> None:
    with pytest.raises(TypeError):
        use(ERASED)


# --- what is shown -------------------------------------------------------------------------------
def test_words_do_not_get_into_public_by_differing(notes: Notes) -> None:
    notes.keep("a", "Alice Example")
    settle(notes)
    Session.objects.update(session_data="alice@example.org")
    full(notes)
    [mismatch] = selectors.open_mismatches()
    assert "lice" not in mismatch.expected + mismatch.found
    assert hashlib.sha256(b"alice@example.org").hexdigest()[:16] in mismatch.found


def test_what_the_log_holds_in_the_open_is_shown(notes: Notes) -> None:
    notes.keep("a")
    settle(notes)
    Session.objects.update(expire_date=EXPIRES.replace(year=2030))
    full(notes)
    [mismatch] = selectors.open_mismatches()
    assert json.loads(mismatch.expected) == "2026-12-01T12:30:15.123Z"
    assert json.loads(mismatch.found) == "2030-12-01T12:30:15.123Z"
    assert json.loads(mismatch.key) == {"session_key": hashlib.sha256(b"a").hexdigest()[:32]}


@pytest.mark.parametrize(
    ("expected", "value", "same"),
    [
        (1, 1, True),
        (1, True, False),
        ("1", 1, False),
        (None, "", False),
        ([1, {"a": "b"}], [1, {"a": "b"}], True),
        ([1, 2], [2, 1], False),
        (b"\x01", "01", True),
        (memoryview(b"\x01"), b"\x01", True),
    ],
)
def test_values_are_compared_as_an_entry_would_write_them(expected: Any, value: Any, same: bool) -> None:
    assert equal(expected, value) is same


def test_long_values_are_cut_where_they_are_shown() -> None:
    assert len(shown(["x"] * 1000, frozenset("x"))) == 300


# --- the log itself ------------------------------------------------------------------------------
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
    assert found() == [("log", "checkpoints")]


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


# --- running -------------------------------------------------------------------------------------
def test_two_audits_do_not_run_at_once(notes: Notes) -> None:
    notes.keep("a")
    notes.ledger.sequence()
    notes.ledger.publish()
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            assert auditing._alone()
            held.set()
            assert done.wait(20)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    assert held.wait(20)
    assert touched(notes) is None
    done.set()
    other.join()
    assert touched(notes) is not None


def test_a_finding_without_an_entry_stays_until_an_audit_looks_again(
    notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = about_row("(no entry)", "sessions.Session", '{"session_key":"x"}', 0, 1)
    monkeypatch.setattr(auditing, "find_unsaid", lambda: iter([extra]))
    notes.keep("a")
    settle(notes)
    full(notes)
    notes.keep("b")
    settle(notes)
    assert found() == [("sessions.Session", "(no entry)")]
    monkeypatch.setattr(auditing, "find_unsaid", lambda: iter([]))
    assert full(notes).mismatches == 0


def test_old_audits_of_what_was_touched_are_forgotten(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "KEPT_RUNS", 2)
    for name in "abcd":
        notes.keep(name)
        settle(notes)
    full(notes)
    assert list(AuditRun.objects.order_by("id").values_list("full", flat=True)) == [False, False, True]


def test_many_rows_are_read_with_few_queries(notes: Notes, django_assert_max_num_queries: Any) -> None:
    for number in range(60):
        notes.keep(str(number))
    notes.ledger.sequence()
    views = selectors.entries_between(1, 61)
    with django_assert_max_num_queries(1):
        assert comparing.Comparison().compare(views) == []
