"""A mismatch says which column differs, and gives no words away."""

import hashlib
import json
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from ledger import mismatches, selectors
from ledger.mismatches import about_row
from ledger.models import Details, Entry, Mismatch
from ledger.values import differing, equal, shown
from tests.ledger.notes import EXPIRES, Notes, full, settle


def test_words_do_not_get_into_public_by_differing(notes: Notes) -> None:
    notes.keep("a", "Alice Example")
    settle(notes)
    Session.objects.update(session_data="alice@example.org")
    full(notes)
    [mismatch] = selectors.open_mismatches()
    assert (mismatch.column, mismatch.expected, mismatch.found) == ("session_data", *2 * ['"(not shown)"'])


WORDS = "alice@example.org"
PUBLIC = frozenset({"better", "name"})


@pytest.mark.parametrize(
    "value", [WORDS, [WORDS], {"name": WORDS}, {WORDS: "better"}, {"name": {WORDS: [WORDS]}}, WORDS.encode(), {WORDS}]
)
def test_neither_words_nor_their_digest_are_shown_wherever_they_stand(value: Any) -> None:
    digest = hashlib.sha256(WORDS.encode()).hexdigest()
    for text in (shown(value, PUBLIC), about_row("x", "t", json.dumps({"name": WORDS}), value, value).key):
        assert "lice" not in text
        assert digest[:6] not in text
        assert WORDS.encode().hex() not in text
        assert "(not shown)" in text


def test_the_key_of_a_row_keeps_its_look_ups_and_ids() -> None:
    key = {"name": "words", "repository_id": "6b1f1c0e-8f1d-4f0e-9c56-2a4c7f0d9a11"}
    found = about_row("(no entry)", "repositories.Reference", json.dumps(key), 0, 1)
    assert json.loads(found.key) == {**key, "name": "(not shown)"}


def test_a_key_of_any_length_is_shown_within_its_column() -> None:
    key = json.dumps({f"lookup_{number}": "words" for number in range(100)})
    assert len(about_row("x", "t", key, 0, 1).key) == 200


def test_details_that_differ_are_named_without_their_digest(notes: Notes) -> None:
    notes.keep("a")
    settle(notes)
    Details.objects.update(body=b'{"words":"other"}')
    full(notes)
    [mismatch] = selectors.open_mismatches()
    assert (mismatch.column, mismatch.found) == ("details.words", "(not shown)")


def test_what_stands_in_a_column_of_an_entry_is_not_shown_by_differing(notes: Notes) -> None:
    notes.keep("a")
    settle(notes)
    Entry.objects.filter(leaf_index=1).update(actor=WORDS)
    full(notes)
    assert [row.found for row in selectors.open_mismatches()] == ['"(not shown)"']


def test_rows_that_differ_only_in_words_share_a_line_until_all_agree(notes: Notes) -> None:
    keys = [json.dumps({"name": name}) for name in ("a", "b")]
    findings = [about_row("x", "t", key, 0, 1) for key in keys]
    assert mismatches.settle(findings, notes.ledger.now) == 1
    assert mismatches.settle(findings[1:], notes.ledger.now) == 1
    assert mismatches.settle([], notes.ledger.now) == 0
    assert Mismatch.objects.count() == 1


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


@pytest.mark.parametrize(
    ("expected", "found", "parts"),
    [
        ([{"name": "a", "v": 1}, {"name": "b", "v": 2}], [{"name": "a", "v": 1}, {"name": "b", "v": 3}],
         ([{"name": "b", "v": 2}], [{"name": "b", "v": 3}])),
        ({"x": 1, "y": 2}, {"y": 2, "z": 3}, ({"x": 1}, {"z": 3})),
        ([1], [1, 2], ([1], [1, 2])),
        ("a", b"a", ("a", b"a")),
    ],
)  # fmt: skip
def test_of_long_values_the_part_that_differs_is_shown(expected: Any, found: Any, parts: tuple[Any, Any]) -> None:
    assert differing(expected, found) == parts


def test_long_values_are_cut_where_they_are_shown() -> None:
    assert len(shown(["x"] * 1000, frozenset("x"))) == 300
