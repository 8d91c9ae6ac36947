"""Entries: one form only, and details that can be forgotten."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger import canonical, entry
from ledger.errors import BadEntry, NotCanonical

ACTOR = "acct:00112233445566778899aabbccddeeff"
SUBJECT = "repo:6b1f1c0e-8f1d-4f0e-9c56-2a4c7f0d9a11"
NOW = datetime(2026, 11, 17, 9, 41, 7, 412_999, tzinfo=UTC)
PARTS: dict[str, Any] = {
    "type": "repository.created",
    "subject": SUBJECT,
    "actor": ACTOR,
    "time": NOW,
    "data": {"kind": "dataset", "visibility": "public"},
    "details": {"name": bytes(range(32))},
}
BODY = entry.build(**PARTS)


def test_an_entry_is_canonical_json_with_seven_members() -> None:
    assert rfc8785.dumps(json.loads(BODY)) == BODY
    assert json.loads(BODY) == {
        "akashi": 1,
        "type": "repository.created",
        "time": "2026-11-17T09:41:07.412Z",
        "actor": ACTOR,
        "subject": SUBJECT,
        "data": {"kind": "dataset", "visibility": "public"},
        "details": {"name": bytes(range(32)).hex()},
    }


def test_an_entry_reads_back_as_what_it_was_built_from() -> None:
    parsed = entry.parse(BODY)
    assert (parsed.type, parsed.subject, parsed.actor) == ("repository.created", SUBJECT, ACTOR)
    assert parsed.time == NOW.replace(microsecond=412_000)
    assert parsed.details == {"name": bytes(range(32))}
    assert parsed.leaf_hash == hashlib.sha256(b"\0" + BODY).digest()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
field_names = st.from_regex(r"[a-z][a-z0-9_]{0,15}", fullmatch=True)


@given(st.dictionaries(field_names, json_values, max_size=6))
def test_whatever_is_built_parses_to_the_same_data(data: dict[str, Any]) -> None:
    assert entry.parse(entry.build(**{**PARTS, "data": data})).data == data


@given(st.integers(0, len(BODY) - 1), st.integers(0, 7))
def test_a_changed_bit_never_parses_as_the_same_entry(place: int, bit: int) -> None:
    changed = bytearray(BODY)
    changed[place] ^= 1 << bit
    try:
        found = entry.parse(bytes(changed))
    except BadEntry:
        return
    assert found.leaf_hash != entry.parse(BODY).leaf_hash


@given(st.binary(max_size=100))
def test_bytes_that_are_no_entry_are_refused_in_the_ledgers_own_words(data: bytes) -> None:
    with pytest.raises(BadEntry):
        entry.parse(data)


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "Repository.created"},
        {"type": "created"},
        {"type": "a.b.c"},
        {"type": "repository." + "a" * 60},
        {"type": ""},
        {"type": "repository.created\n"},
        {"subject": "repo:1"},
        {"subject": SUBJECT.upper()},
        {"subject": "log "},
        {"subject": "rev:" + "a" * 63},
        {"subject": "epoch:01"},
        {"subject": "goods:ftp://example.com"},
        {"subject": "goods:https://id.gs1.org/" + "0" * 180},
        {"actor": "alice"},
        {"actor": "acct:" + "A" * 32},
        {"actor": "sys:other"},
        {"time": datetime(2026, 1, 1)},
        {"data": {"share": 0.5}},
        {"data": {"share": 1e300}},
        {"data": {"share": float("nan")}},
        {"data": {"count": 2**53}},
        {"data": {"count": -(2**53)}},
        {"data": {"raw": b"bytes"}},
        {"data": {"text": "\ud800"}},
        {"data": {"Upper": 1}},
        {"data": {"": 1}},
        {"data": {1: 1}},
        {"data": {"nested": {1: 1}}},
        {"data": {"day": NOW}},
        {"data": []},
        {"details": {"Name": bytes(32)}},
        {"details": {"name": bytes(31)}},
        {"details": {"n" * 65: bytes(32)}},
    ],
)
def test_a_wrong_form_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadEntry):
        entry.build(**{**PARTS, **wrong})


@pytest.mark.parametrize(
    "subject",
    [
        "log",
        "rev:" + "a" * 64,
        "contrib:6b1f1c0e-8f1d-4f0e-9c56-2a4c7f0d9a11",
        ACTOR,
        "epoch:0",
        "epoch:17",
        "policy:" + "0" * 64,
        "goods:https://id.gs1.org/01/09506000134352/21/12345",
    ],
)
def test_every_kind_of_subject_is_accepted(subject: str) -> None:
    assert entry.parse(entry.build(**{**PARTS, "subject": subject})).subject == subject


def test_integers_up_to_2_to_the_53_minus_1_are_exact() -> None:
    assert entry.parse(entry.build(**{**PARTS, "data": {"count": 2**53 - 1}})).data == {"count": 2**53 - 1}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"akashi":1', b'"akashi":2'),
        (b'"akashi":1', b'"akashi":true'),
        (b'"akashi":1', b'"akashi":1.0'),
        (b'"akashi":1', b'"akashi": 1'),
        (b'"akashi":1', b'"akashi":1,"akashi":1'),
        (b'"data":{', b'"data":{"kind":"dataset",'),
        (b'"kind"', b'"\\u006bind"'),
        (b"{", b" {"),
        (b'"public"', b"NaN"),
        (b'"public"', b"1E400"),
        (b'"public"', b"-0"),
        (b'"public"', b"9" * 5000),
        (b'"public"', b"[" * 60_000),
        (b'"public"', b"[" * 65 + b"]" * 65),
        (b'"public"', b'"\\ud800"'),
        (b".412Z", b".412+00:00"),
        (b".412Z", b".4120Z"),
        (b".412Z", b"Z"),
        (b"2026-11", b"2026-13"),
        (b"2026-11", b"2026-02-31T"),
        (b'created"}', b'created","zzz":1}'),
        (b'"dataset"', b'"dataset\xff"'),
    ],
)
def test_the_same_entry_written_otherwise_is_refused(old: bytes, new: bytes) -> None:
    changed = BODY.replace(old, new, 1)
    assert changed != BODY
    with pytest.raises(BadEntry):
        entry.parse(changed)


def test_an_entry_holds_65535_bytes_and_no_more() -> None:
    room = entry.MAX_BYTES - len(BODY)
    data = {**PARTS["data"], "visibility": "public" + "x" * room}
    assert len(entry.build(**{**PARTS, "data": data})) == entry.MAX_BYTES
    with pytest.raises(BadEntry):
        entry.build(**{**PARTS, "data": {**data, "kind": "datasets"}})


def test_times_are_written_in_utc() -> None:
    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))
    assert entry.format_time(tokyo) == "2026-11-17T09:41:07.412Z"
    assert entry.parse_time("2026-11-17T09:41:07.412Z").utcoffset() == timedelta(0)


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)))
def test_every_time_reads_back_to_the_millisecond(time: datetime) -> None:
    assert entry.parse_time(entry.format_time(time)) == time.replace(microsecond=time.microsecond // 1000 * 1000)


# --- details -------------------------------------------------------------------------------------


def test_a_groups_digest_is_over_salt_and_canonical_bytes() -> None:
    salt = bytes(range(32))
    digest, text = entry.seal_group({"message": "Cleaned", "b": 1}, salt)
    assert text == b'{"b":1,"message":"Cleaned"}'
    assert digest == hashlib.sha256(salt + text).digest() == entry.group_digest(text, salt)


def test_the_same_words_under_two_salts_have_two_digests() -> None:
    assert entry.seal_group({"a": "b"}, bytes(32))[0] != entry.seal_group({"a": "b"}, bytes(31) + b"\1")[0]


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_salt_has_32_bytes(length: int) -> None:
    with pytest.raises(BadEntry):
        entry.seal_group({"a": "b"}, bytes(length))


def test_a_group_that_has_no_canonical_form_is_refused() -> None:
    with pytest.raises(BadEntry):
        entry.seal_group({"share": 0.5}, bytes(32))  # type: ignore[dict-item]


# --- canonical JSON ------------------------------------------------------------------------------


def test_keys_are_ordered_by_utf16_code_units() -> None:
    # RFC 8785 section 3.2.3: the surrogates of U+1F600 sort before U+FB33.
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\xf6": 7}
    assert list(json.loads(canonical.encode(value)).values()) == [2, 4, 6, 7, 1, 5, 3]


@given(json_values)
def test_canonical_bytes_read_back_as_the_same_value(value: Any) -> None:
    assert canonical.decode(canonical.encode(value)) == value


@pytest.mark.parametrize(
    "data", [b"", b"nul", b"[1, 2]", b"\xff", b"1.0", b"Infinity", b'{"a":1,"a":1}', b"\xef\xbb\xbf1"]
)
def test_json_in_another_form_is_not_canonical(data: bytes) -> None:
    with pytest.raises(NotCanonical):
        canonical.decode(data)
