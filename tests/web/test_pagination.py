"""Keyset pages over real rows."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from hypothesis import given
from hypothesis import strategies as st

from web.errors import BadCursor
from web.models import IdempotentRequest
from web.pagination import Page, _from_text, _to_text, keyset

START = datetime(2026, 11, 17, 9, 41, 7, 412345, tzinfo=UTC)
ORDER = ("-created", "key")


@pytest.fixture
def rows(reader: Any) -> list[str]:
    """25 rows, five at each of five moments; their keys in the order of ORDER."""
    made = [
        IdempotentRequest(
            account=reader, key=f"{minute}{letter}", fingerprint="f", created=START - timedelta(minutes=minute)
        )
        for minute in range(5)
        for letter in "abcde"
    ]
    IdempotentRequest.objects.bulk_create(made)
    return [row.key for row in made]


def page(cursor: str = "", size: int = 7, order: tuple[str, ...] = ORDER) -> Page[IdempotentRequest]:
    return keyset(IdempotentRequest.objects.all(), order=order, cursor=cursor, size=size)


def keys(found: Page[IdempotentRequest]) -> list[str]:
    return [row.key for row in found.items]


@pytest.mark.parametrize("size", [1, 4, 5, 24, 25, 26])
def test_reading_forwards_shows_every_row_once_in_order(rows: list[str], size: int) -> None:
    seen, found = [], page(size=size)
    seen += keys(found)
    while found.next_cursor:
        found = page(found.next_cursor, size)
        seen += keys(found)
    assert seen == rows


def test_reading_backwards_from_the_end_shows_the_same_rows(rows: list[str]) -> None:
    found = page()
    while found.next_cursor:
        found = page(found.next_cursor)
    seen = keys(found)
    while found.previous_cursor:
        found = page(found.previous_cursor)
        seen = keys(found) + seen
    assert seen == rows


def test_the_first_page_has_nothing_before_it_and_the_last_nothing_after(rows: list[str]) -> None:
    assert page().previous_cursor == ""
    assert page(size=25).next_cursor == ""


def test_reading_back_to_the_start_gives_the_whole_first_page(rows: list[str]) -> None:
    second = page(page(size=7).next_cursor, 7)
    back = page(second.previous_cursor, 20)
    assert keys(back) == rows[:20]
    assert back.previous_cursor == ""


def test_a_row_added_at_the_front_does_not_shift_the_next_page(rows: list[str], reader: Any) -> None:
    first = page()
    IdempotentRequest.objects.create(account=reader, key="new", fingerprint="f", created=START + timedelta(days=1))
    assert keys(page(first.next_cursor)) == rows[7:14]


def test_a_removed_row_does_not_break_the_cursor_that_names_it(rows: list[str]) -> None:
    first = page()
    first.items[-1].delete()
    assert keys(page(first.next_cursor)) == rows[7:14]


def test_dictionaries_and_related_columns_can_be_paged(rows: list[str], reader: Any) -> None:
    values = IdempotentRequest.objects.values("account__username", "key")
    first = keyset(values, order=("account__username", "key"), size=10)
    second = keyset(values, order=("account__username", "key"), cursor=first.next_cursor, size=10)
    assert [row["key"] for row in second.items] == sorted(rows)[10:20]
    objects = keyset(IdempotentRequest.objects.all(), order=("account__username", "-key"), size=3)
    assert keys(objects) == sorted(rows, reverse=True)[:3]


def test_no_page_is_longer_than_a_hundred_rows_nor_shorter_than_one(db: None) -> None:
    Group.objects.bulk_create(Group(name=f"{n:03}") for n in range(120))
    groups = Group.objects.all()
    assert len(keyset(groups, order=("name",), size=5000).items) == 100
    assert len(keyset(groups, order=("name",), size=0).items) == 1


def test_an_empty_list_is_one_empty_page(db: None) -> None:
    assert page() == Page([])


def test_a_cursor_of_another_list_is_refused(rows: list[str]) -> None:
    cursor = page().next_cursor
    with pytest.raises(BadCursor):
        page(cursor, order=("-created", "-key"))
    with pytest.raises(BadCursor):
        keyset(Group.objects.all(), order=ORDER, cursor=cursor)


def test_a_changed_cursor_is_refused(rows: list[str]) -> None:
    cursor = page().next_cursor
    for at in range(0, len(cursor), 3):
        other = "A" if cursor[at] != "A" else "B"
        with pytest.raises(BadCursor):
            page(cursor[:at] + other + cursor[at + 1 :])


@given(st.text(max_size=60))
def test_no_invented_cursor_is_accepted(cursor: str) -> None:
    if cursor:
        with pytest.raises(BadCursor):
            page(cursor)


def test_an_endless_cursor_is_refused_unread(db: None) -> None:
    with pytest.raises(BadCursor):
        page("x" * 10_000)


@pytest.mark.parametrize("value", [3, "三", 0.1, START, START.date(), uuid.UUID(int=7), b"\x00\xff", True])
def test_ordering_values_keep_their_type(value: Any) -> None:
    assert _from_text(_to_text(value)) == value
    assert type(_from_text(_to_text(value))) is type(value)


def test_paging_by_a_column_without_value_is_a_defect() -> None:
    with pytest.raises(ValueError, match="cannot page by"):
        _to_text(None)
