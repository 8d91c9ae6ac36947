"""Canonical JSON: the quick way and the library's way write the same bytes, and only those bytes are read."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger import canonical
from ledger.errors import NotCanonical

LARGEST = 2**53 - 1
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | texts | st.text('\x00\x1f\b\n"\\/~\x7f', max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_the_bytes_are_those_of_rfc_8785_and_read_back(value: canonical.JSON) -> None:
    data = canonical.encode(value)
    assert data == rfc8785.dumps(value)
    assert canonical.decode(data) == value


@given(values)
def test_any_other_way_to_write_a_value_is_refused(value: canonical.JSON) -> None:
    data = canonical.encode(value)
    for other in (json.dumps(value), json.dumps(value, ensure_ascii=False), json.dumps(value, indent=1)):
        if other.encode() != data:
            with pytest.raises(NotCanonical):
                canonical.decode(other.encode())


def test_names_are_in_the_order_of_utf_16() -> None:
    # U+FF61 comes before U+1F600 by code points, and after it by UTF-16 code units (RFC 8785 section 3.2.3).
    assert canonical.encode({"\uff61": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\uff61":1}'.encode()


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":1}', b'{"b":1,"a":2}', b"1.0", b"1e3", b"-0", b"01", b"NaN", b"Infinity", b"9007199254740992",
        b"-9007199254740992", b"9" * 5_000, b'"\\u0041"', b'"\\ud800"', b"\xff", b"", b" 1", b"[" * 66 + b"]" * 66,
        b"[" * 100_000, b'{"a":' * 70 + b"1" + b"}" * 70,
    ],
)  # fmt: skip
def test_what_is_not_canonical_is_refused(data: bytes) -> None:
    with pytest.raises(NotCanonical):
        canonical.decode(data)


def test_as_deep_as_allowed_is_read() -> None:
    data = b"[" * 64 + b"]" * 64
    assert canonical.encode(canonical.decode(data)) == data


@pytest.mark.parametrize(
    "value", [1.5, 2**53, -(2**53), {1: 2}, {"a": {3: 4}}, b"bytes", "\ud800", {"\ud800": 1}, object()]
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical.encode(value)  # type: ignore[arg-type]
