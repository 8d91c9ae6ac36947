"""Two versions of a table, as rows and columns."""

import io
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.repositories import tablediff
from hub.repositories.tablediff import NoTable, TableChange, compare


def table(old: str | bytes, new: str | bytes, path: str = "cells.csv") -> TableChange:
    sides = [side.encode() if isinstance(side, str) else side for side in (old, new)]
    return compare(path, lambda: io.BytesIO(sides[0]), lambda: io.BytesIO(sides[1]))


def counts(found: TableChange) -> tuple[int, int, int]:
    return found.added, found.removed, found.changed


def test_rows_with_a_name_are_added_removed_and_changed() -> None:
    found = table("id,area\n1,10\n2,20\n3,30\n", "id,area\n1,10\n2,21\n4,40\n")
    assert found.key == "id"
    assert counts(found) == (1, 1, 1)
    assert (found.rows_before, found.rows_after) == (3, 3)
    changed, added, removed = found.rows
    assert (changed.kind, changed.name, [(c.column, c.before, c.after) for c in changed.cells]) == (
        "changed", "2", [("area", "20", "21")],
    )  # fmt: skip
    assert (added.kind, added.name) == ("added", "4")
    assert (removed.kind, removed.name) == ("removed", "3")


def test_the_order_of_rows_says_nothing() -> None:
    assert counts(table("id,a\n1,x\n2,y\n", "id,a\n2,y\n1,x\n")) == (0, 0, 0)


def test_rows_without_a_name_are_told_apart_by_their_values() -> None:
    found = table("a,b\n1,x\n1,x\n1,y\n", "a,b\n1,x\n1,y\n1,y\n1,z\n")
    assert found.key == ""
    assert counts(found) == (2, 1, 0)


def test_a_new_column_does_not_change_every_row() -> None:
    found = table("id,a\n1,x\n2,y\n", "id,b,a\n1,5,x\n2,6,y\n")
    assert counts(found) == (0, 0, 0)
    assert (found.columns_added, found.columns_removed, found.reordered) == (["b"], [], False)
    assert not found.same_columns


def test_removed_and_reordered_columns_are_named() -> None:
    found = table("id,a,b\n1,x,7\n", "id,b\n1,7\n")
    assert (found.columns_removed, found.reordered) == (["a"], False)
    assert table("id,a,b\n1,x,7\n", "id,b,a\n1,7,x\n").reordered


def test_a_column_of_another_type_is_named() -> None:
    (found,) = table("id,a\n1,5\n2,6\n", "id,a\n1,5\n2,six\n").retyped
    assert (found.column, found.before, found.after) == ("a", "whole", "text")


def test_an_empty_cell_is_of_every_type() -> None:
    assert not table("id,a\n1,5\n2,6\n", "id,a\n1,5\n2,\n").retyped


def test_tab_separated_values_are_read() -> None:
    assert counts(table("id\ta\n1\tx\n", "id\ta\n1\ty\n", "a.tsv")) == (0, 0, 1)


def test_json_lines_are_rows_by_their_names() -> None:
    old = '{"id": 1, "text": "a"}\n{"id": 2, "text": "b"}\n'
    new = '{"text": "a", "id": 1}\n\n{"id": 2, "text": "c", "label": true}\n'
    found = table(old, new, "data/train.jsonl")
    assert counts(found) == (0, 0, 1)
    assert found.columns_added == ["label"]


def test_values_of_different_types_differ_in_json() -> None:
    assert counts(table('{"id": 1, "a": 1}\n', '{"id": 1, "a": "1"}\n', "a.jsonl")) == (0, 0, 1)


def test_cells_beyond_the_header_count() -> None:
    assert counts(table("id,a\n1,x,left\n", "id,a\n1,x,right\n")) == (0, 0, 1)


def test_two_columns_of_one_name_are_two() -> None:
    found = table("id,a,a\n1,x,y\n", "id,a,a\n1,x,z\n")
    assert found.columns_before == 3
    assert found.rows[0].cells[0].column == "a (2)"


def test_a_table_that_becomes_empty_has_no_rows() -> None:
    assert counts(table("id,a\n1,x\n", "id,a\n")) == (0, 1, 0)
    assert table("id\n1\n", "").columns_removed == ["id"]


def test_long_tables_show_their_first_rows() -> None:
    new = "id,a\n" + "".join(f"{n},x\n" for n in range(100))
    found = table("id,a\n", new)
    assert found.added == 100
    assert len(found.rows) == tablediff.SHOWN_ROWS


def test_wide_rows_show_their_first_cells() -> None:
    header = ",".join(f"c{n}" for n in range(50))
    found = table(f"{header}\n", f"{header}\n{','.join('1' * 50)}\n")
    (row,) = found.rows
    assert (len(row.cells), row.more) == (tablediff.SHOWN_CELLS, 49 - tablediff.SHOWN_CELLS)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("a.csv", b"\xff\xfe\x00"),
        ("a.jsonl", b"[1]\n"),
        ("a.jsonl", b"{\n"),
        ("a.jsonl", b"[" * 100_000),
        ("a.csv", b'a\n"' + b"x" * 200_000 + b'"\n'),
    ],
)
def test_what_is_no_table_is_refused(path: str, body: bytes) -> None:
    with pytest.raises(NoTable):
        table(body, body, path)


def test_more_rows_than_the_bound_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tablediff, "MOST_ROWS", 2)
    with pytest.raises(NoTable):
        table("a\n1\n2\n3\n", "a\n1\n")


def lines(rows: Sequence[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@given(
    st.dictionaries(st.integers(0, 30), st.text(max_size=3), max_size=12),
    st.dictionaries(st.integers(0, 30), st.text(max_size=3), max_size=12),
)
def test_named_rows_are_counted_as_sets_say(old: dict[int, str], new: dict[int, str]) -> None:
    sides = [lines([{"id": key, "text": text} for key, text in side.items()]) for side in (old, new)]
    found = table(sides[0], sides[1], "rows.jsonl")
    if old and new:
        assert counts(found) == (
            len(new.keys() - old.keys()),
            len(old.keys() - new.keys()),
            sum(old[key] != new[key] for key in old.keys() & new.keys()),
        )
    assert found.rows_before + found.added - found.removed == found.rows_after
