"""What the tables of upper rooms hold is compared with the log, in the log's order, and taken back when mended."""

import hashlib
import threading
from collections.abc import Mapping
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection, transaction

from ledger import auditing, comparing, selectors, services
from ledger.auditing import ERASED, ExpectedRow, register_expected_rows
from ledger.mismatches import about_row
from ledger.models import AuditRun, Mismatch
from ledger.records import EntryView
from tests.ledger.conftest import ACTOR
from tests.ledger.notes import EXPIRES, OTHERS, Notes, expect_kept, found, full, settle, subject, touched


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
