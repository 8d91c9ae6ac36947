"""Revision objects and their ids."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from hub.repositories.revision import (
    Edge,
    MalformedRevision,
    RevisionObject,
    cut_time,
    decode,
    encode,
    outside_digest,
    revision_id,
    time_text,
)

REVISION = RevisionObject(
    repository="0b5a3a4e-7c1d-4f8a-9d5b-2f6f1a0c9e77",
    root_tree="a" * 64,
    parents=("b" * 64,),
    author="c" * 32,
    time=datetime(2026, 11, 17, 9, 41, 7, 412000, tzinfo=UTC),
    kind="tuning",
    licence="Apache-2.0",
    edges=(Edge("trained_on", source="d" * 64), Edge("derived_from", outside="e" * 64)),
    metrics=({"name": "accuracy", "value": "0.979", "better": "higher", "n": 569},),
    file_count=3,
    byte_count=41_000,
    salted=False,
)


def test_the_bytes_of_a_revision_never_change() -> None:
    expected = (
        '{"akashi":1,"author":"acct:' + "c" * 32 + '","counts":{"bytes":41000,"files":3},"kind":"tuning",'
        '"licence":"Apache-2.0","metrics":[{"better":"higher","n":569,"name":"accuracy","value":"0.979"}],'
        '"outside":[{"digest":"' + "e" * 64 + '","relation":"derived_from"}],"parents":["rev:' + "b" * 64 + '"],'
        '"repository":"repo:0b5a3a4e-7c1d-4f8a-9d5b-2f6f1a0c9e77","root_tree":"' + "a" * 64 + '","salted":false,'
        '"sources":[{"relation":"trained_on","revision":"rev:' + "d" * 64 + '"}],'
        '"time":"2026-11-17T09:41:07.412Z","type":"revision"}'
    )
    assert encode(REVISION) == expected.encode()
    assert revision_id(encode(REVISION)) == hashlib.sha256(expected.encode()).hexdigest()


def test_a_revision_reads_back_as_it_was() -> None:
    assert decode(encode(REVISION)) == REVISION
    bare = replace(REVISION, licence="", parents=(), edges=(), metrics=())
    assert decode(encode(bare)) == bare


@pytest.mark.parametrize(
    "change",
    [
        {"root_tree": "0" * 64},
        {"parents": ()},
        {"author": "0" * 32},
        {"time": REVISION.time + timedelta(milliseconds=1)},
        {"kind": "data"},
        {"licence": ""},
        {"edges": REVISION.edges[:1]},
        {"metrics": ()},
        {"file_count": 4},
        {"byte_count": 1},
        {"salted": True},
        {"repository": "1b5a3a4e-7c1d-4f8a-9d5b-2f6f1a0c9e77"},
    ],
)
def test_every_field_decides_the_id(change: dict[str, Any]) -> None:
    assert revision_id(encode(replace(REVISION, **change))) != revision_id(encode(REVISION))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        encode(REVISION) + b" ",
        encode(REVISION).replace(b'"akashi":1', b'"akashi":2'),
        encode(REVISION).replace(b"rev:" + b"b" * 64, b"rev:" + b"B" * 64),
        encode(REVISION).replace(b"T09:41:07.412Z", b"T09:41:07Z"),
        json.dumps(json.loads(encode(REVISION))).encode(),
    ],
)
def test_bytes_in_any_other_form_are_no_revision(body: bytes) -> None:
    with pytest.raises(MalformedRevision):
        decode(body)


def test_times_are_utc_with_milliseconds() -> None:
    tokyo = datetime(2026, 11, 17, 18, 41, 7, 412999, tzinfo=timezone(timedelta(hours=9)))
    assert time_text(tokyo) == "2026-11-17T09:41:07.412Z"
    assert cut_time(tokyo) == REVISION.time


def test_an_outside_source_of_a_salted_revision_is_named_by_a_salted_digest() -> None:
    plain = hashlib.sha256(b"https://example.org").digest()
    assert outside_digest("https://example.org", b"s" * 32) == hashlib.sha256(b"s" * 32 + plain).hexdigest()


def test_an_outside_source_is_named_by_the_digest_of_its_address() -> None:
    assert (
        outside_digest("https://example.org/データ")
        == hashlib.sha256("https://example.org/データ".encode()).hexdigest()
    )
