"""What a page shows of a file, and of the difference between two texts."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from hub.repositories.preview import (
    COLUMNS,
    ROWS,
    TENSORS,
    content_type,
    is_image,
    suffix_of,
    table_of,
    tensors_of,
    text_of,
)
from hub.repositories.textdiff import MOST_LINES, SHOWN_LINES, diff, matches


@pytest.mark.parametrize(
    ("path", "suffix"),
    [("a/b.CSV", ".csv"), ("README", ""), (".gitignore", ""), ("x.tar.gz", ".gz"), ("a.b/c", "")],
)
def test_the_ending_of_a_name(path: str, suffix: str) -> None:
    assert suffix_of(path) == suffix


def test_only_pictures_have_a_type_of_their_own() -> None:
    assert content_type("plot.PNG") == "image/png"
    assert is_image("plot.svg")
    for path in ("page.html", "script.js", "style.css", "a.xml", "a.pdf", "noname"):
        assert content_type(path) == "application/octet-stream"


# --- text ----------------------------------------------------------------------------------------
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])), st.integers(0, 30))
def test_a_text_cut_anywhere_is_still_text(text: str, cut: int) -> None:
    body = text.encode()
    found = text_of(body[: len(body) - cut], whole=cut == 0)
    assert found is not None
    assert text.removeprefix("\ufeff").startswith(found)


@pytest.mark.parametrize("body", [b"\x00", b"a\x00b", b"\xff\xfe", b"\x80abc", b"\xc3(", b"\x89PNG\r\n\x1a\n"])
def test_bytes_that_are_no_text_are_none(body: bytes) -> None:
    assert text_of(body, whole=True) is None
    assert text_of(body + b"more text", whole=False) is None


# --- tables --------------------------------------------------------------------------------------
def test_a_table_shows_its_first_rows_and_says_what_is_left_out() -> None:
    wide = ",".join(f"c{n}" for n in range(COLUMNS + 2))
    body = "\n".join([wide, *(["1,2"] * (ROWS + 1))]).encode()
    table = table_of("a.csv", body, whole=True)
    assert table is not None
    assert (len(table.columns), len(table.rows), table.more_columns, table.whole) == (COLUMNS, ROWS, 2, False)


def test_quoted_cells_may_hold_commas_and_line_ends() -> None:
    table = table_of("a.csv", b'name,text\r\nx,"a, b\nc"\r\n', whole=True)
    assert table is not None
    assert table.rows == [["x", "a, b\nc"]]
    assert table.whole


def test_a_row_cut_in_the_middle_is_not_shown() -> None:
    table = table_of("a.tsv", b"a\tb\n1\t2\n3\t", whole=False)
    assert table is not None
    assert (table.columns, table.rows, table.whole) == (["a", "b"], [["1", "2"]], False)


@pytest.mark.parametrize("body", [b"", b"  \n", b"\x00\x01", b"\xff\xff"])
def test_what_is_no_table_is_none(body: bytes) -> None:
    assert table_of("a.csv", body, whole=True) is None


# --- tensors -------------------------------------------------------------------------------------
def test_the_header_of_a_model_file_is_summed_up() -> None:
    import numpy as np

    body = save({"weights": np.zeros((1, 30)), "bias": np.zeros(1, np.float32)}, {"model": "linear"})
    found = tensors_of(body)
    assert found is not None
    assert (found.count, found.numbers, found.dtypes) == (2, 31, ["F32", "F64"])
    assert [(tensor.name, list(tensor.shape)) for tensor in found.tensors] == [("bias", [1]), ("weights", [1, 30])]
    assert found.metadata == [("model", "linear")]


def header(fields: Any) -> bytes:
    text = json.dumps(fields).encode()
    return len(text).to_bytes(8, "little") + text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x01",
        (2**63).to_bytes(8, "little") + b"{}",
        header([]),
        header({"a": 1}),
        header({"a": {"dtype": "F32"}}),
        header({"a": {"dtype": "F32", "shape": [-1]}}),
        header({"a": {"dtype": "F32", "shape": ["1"]}}),
        header({"a": {"dtype": "F32", "shape": [True]}}),
        header({"__metadata__": 3}),
        header({"__metadata__": [0]}),
        header({"__metadata__": {"a": "\ud800"}}),
        header({"\ud800": {"dtype": "F32", "shape": [1]}}),
        header({"a": {"dtype": "\ud800", "shape": [1]}}),
        header({"a": {"dtype": "F32", "shape": [2**52, 2**52]}}),
        header({"a": {"dtype": "F32", "shape": [2**52] * 5_000}}),
        (10).to_bytes(8, "little") + b"[" * 10,
    ],
)
def test_a_malformed_header_is_none(body: bytes) -> None:
    assert tensors_of(body) is None


def test_a_header_with_many_tensors_is_cut_but_counted() -> None:
    found = tensors_of(header({f"t{n}": {"dtype": "F16", "shape": [2]} for n in range(TENSORS + 5)}))
    assert found is not None
    assert (len(found.tensors), found.count, found.numbers) == (TENSORS, TENSORS + 5, 2 * (TENSORS + 5))


# --- differences ---------------------------------------------------------------------------------
def test_changed_lines_come_with_three_around_them() -> None:
    old = "\n".join(str(n) for n in range(20))
    found = diff(old, old.replace("10", "ten"))
    assert found is not None
    assert [line.kind for line in found.lines] == [
        "gap", "same", "same", "same", "removed", "added", "same", "same", "same", "gap",
    ]  # fmt: skip
    assert (found.lines[4].text, found.lines[4].old, found.lines[5].text, found.lines[5].new) == ("10", 11, "ten", 11)
    assert (found.added, found.removed, found.cut) == (1, 1, False)


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12))
def test_a_difference_turns_the_old_text_into_the_new(old: list[str], new: list[str]) -> None:
    found = diff("\n".join(old), "\n".join(new))
    assert found is not None
    removed = {line.old for line in found.lines if line.kind == "removed"}
    added = {line.new: line.text for line in found.lines if line.kind == "added"}
    kept = [text for place, text in enumerate("\n".join(old).splitlines(), start=1) if place not in removed]
    places = range(1, len("\n".join(new).splitlines()) + 1)
    result = [added[place] if place in added else kept.pop(0) for place in places]
    assert "\n".join(result) == "\n".join("\n".join(new).splitlines())
    assert kept == []


def test_texts_that_are_too_long_are_not_compared_by_line() -> None:
    assert diff("x\n" * (MOST_LINES + 1), "y") is None
    found = diff("", "\n".join(map(str, range(MOST_LINES))))
    assert found is not None
    assert (len(found.lines), found.cut, found.added) == (SHOWN_LINES, True, MOST_LINES)


@given(st.lists(st.sampled_from("ab"), max_size=9), st.lists(st.sampled_from("ab"), max_size=9))
def test_a_difference_is_as_short_as_it_can_be(old: list[str], new: list[str]) -> None:
    longest = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for a, left in enumerate(old):
        for b, right in enumerate(new):
            best = max(longest[a][b + 1], longest[a + 1][b])
            longest[a + 1][b + 1] = longest[a][b] + 1 if left == right else best
    assert len(matches(old, new)) == longest[-1][-1]


def test_texts_with_little_in_common_are_shown_as_replaced() -> None:
    found = diff("\n".join(["a"] * 5_000), "\n".join(["a", "b"] * 2_500))
    assert found is not None
    assert (found.removed, found.added) == (4_999, 4_999)
