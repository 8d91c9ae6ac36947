"""Downloads: ranges and conditions as RFC 9110 has them, and headers that make foreign bytes harmless."""

import asyncio
import os
from pathlib import Path
from typing import Any, cast

import pytest
from django.http import StreamingHttpResponse
from django.test import AsyncClient, Client
from hypothesis import given
from hypothesis import strategies as st

from web.ranges import CHUNK, NotSatisfiable, Span, matches, parse_range

BYTES = bytes(range(256)) * 4
TAG = '"sha256-abc"'


@pytest.fixture(autouse=True)
def stored(tmp_path: Path, own_urls: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "stored"
    path.write_bytes(BYTES)
    monkeypatch.setenv("TEST_FILE", str(path))
    return path


def get(headers: dict[str, str] | None = None, method: str = "get", **query: str) -> Any:
    """The answer, read to its end; `body` is what came."""
    answer = getattr(Client(), method)("/file", query, headers=headers or {})
    answer.body = answer.getvalue() if answer.streaming else answer.content
    return answer


# --- one range --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-0", Span(0, 1)),
        ("bytes=0-", Span(0, 100)),
        ("bytes=10-19", Span(10, 20)),
        ("bytes=99-5000", Span(99, 100)),
        ("bytes=-1", Span(99, 100)),
        ("bytes=-5000", Span(0, 100)),
        ("bytes= 5-6 ", Span(5, 7)),
        ("bytes=0-0,5-6", None),
        ("bytes=6-5", None),
        ("bytes=-", None),
        ("bytes=", None),
        ("bytes=a-b", None),
        ("bytes=٣-٤", None),
        ("lines=0-1", None),
        ("bytes=0-" + "9" * 40, None),
    ],
)
def test_a_range_header_asks_for_one_span_or_for_nothing(header: str, span: Span | None) -> None:
    assert parse_range(header, 100) == span


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=5000-6000", "bytes=-0"])
def test_a_range_beyond_the_end_cannot_be_satisfied(header: str) -> None:
    with pytest.raises(NotSatisfiable):
        parse_range(header, 100)


def test_an_empty_file_has_no_range() -> None:
    with pytest.raises(NotSatisfiable):
        parse_range("bytes=0-", 0)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(1, 300))
def test_a_span_is_what_slicing_gives(first: int, last: int, size: int) -> None:
    data = bytes(index % 251 for index in range(size))
    try:
        span = parse_range(f"bytes={first}-{last}", size)
    except NotSatisfiable:
        assert first >= size
    else:
        expected = data[first : last + 1] if last >= first else None
        assert (span and data[span.start : span.stop]) == expected


@given(st.text(max_size=40), st.integers(0, 10))
def test_no_range_header_breaks_the_parser(header: str, size: int) -> None:
    try:
        span = parse_range(header, size)
    except NotSatisfiable:
        return
    assert span is None or 0 <= span.start < span.stop <= size


# --- answers ----------------------------------------------------------------------------------------


def test_the_whole_file_comes_with_its_length_and_tag() -> None:
    answer = get()
    assert (answer.status_code, answer.body) == (200, BYTES)
    assert (answer["Content-Length"], answer["ETag"], answer["Accept-Ranges"]) == ("1024", TAG, "bytes")


def test_a_range_comes_as_partial_content() -> None:
    answer = get({"Range": "bytes=256-511"})
    assert (answer.status_code, answer.body) == (206, BYTES[256:512])
    assert (answer["Content-Range"], answer["Content-Length"]) == ("bytes 256-511/1024", "256")


def test_a_range_beyond_the_end_is_answered_with_416_and_the_size() -> None:
    answer = get({"Range": "bytes=1024-"})
    assert (answer.status_code, answer["Content-Range"], answer.body) == (416, "bytes */1024", b"")


def test_several_ranges_are_answered_with_the_whole_file() -> None:
    assert get({"Range": "bytes=0-1,5-6"}).status_code == 200


def test_a_range_holds_only_while_the_file_is_the_one_it_was_asked_of() -> None:
    assert get({"Range": "bytes=0-1", "If-Range": TAG}).status_code == 206
    assert get({"Range": "bytes=0-1", "If-Range": '"sha256-other"'}).status_code == 200
    assert get({"Range": "bytes=0-1", "If-Range": f"W/{TAG}"}).status_code == 200
    assert get({"Range": "bytes=0-1", "If-Range": "Sun, 06 Nov 1994 08:49:37 GMT"}).status_code == 200


@pytest.mark.parametrize("tags", [TAG, f"W/{TAG}", f'"x", {TAG}', "*"])
def test_who_has_the_file_already_gets_304(tags: str) -> None:
    answer = get({"If-None-Match": tags, "Range": "bytes=0-1"})
    assert (answer.status_code, answer.body, answer["ETag"]) == (304, b"", TAG)


def test_who_has_another_file_gets_this_one() -> None:
    assert get({"If-None-Match": '"sha256-abcd"'}).status_code == 200


def test_a_failed_precondition_is_answered_with_412() -> None:
    assert get({"If-Match": '"sha256-other"'}).status_code == 412
    assert get({"If-Match": f"W/{TAG}"}).status_code == 412
    assert get({"If-Match": TAG}).status_code == 200


def test_a_strong_comparison_refuses_weak_tags() -> None:
    assert matches('W/"a", "b"', "a", weak=True)
    assert not matches('W/"a", "b"', "a", weak=False)


def test_head_has_the_length_and_no_body() -> None:
    answer = get(method="head", headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer["Content-Length"], answer.body) == (200, "1024", b"")


def test_a_file_is_saved_and_never_shown_or_run_on_the_site() -> None:
    answer = get()
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert answer["Content-Type"] == "application/octet-stream"


def test_a_file_is_never_compressed_on_the_way() -> None:
    for headers in ({}, {"Range": "bytes=0-700"}):
        answer = get({"Accept-Encoding": "gzip", **headers})
        assert "Content-Encoding" not in answer
        assert answer["ETag"] == TAG


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("train.csv", 'attachment; filename="train.csv"'),
        ("音声 1.csv", "attachment; filename*=utf-8''%E9%9F%B3%E5%A3%B0%201.csv"),
        ('a"b\\c.csv', 'attachment; filename="a\\"b_c.csv"'),
        ("../../etc/passwd", 'attachment; filename=".._.._etc_passwd"'),
        ("a\r\nSet-Cookie: x=1.csv", 'attachment; filename="a__Set-Cookie: x=1.csv"'),
        ("fdp\u202ecsv.exe", 'attachment; filename="fdp_csv.exe"'),
    ],
)
def test_a_name_stays_a_name(name: str, header: str) -> None:
    answer = get(name=name)
    assert answer["Content-Disposition"] == header


# --- under ASGI -------------------------------------------------------------------------------------


def test_the_same_bytes_come_under_asgi(stored: Path) -> None:
    body = os.urandom(2 * CHUNK + 5)
    stored.write_bytes(body)

    async def download(headers: dict[str, str]) -> tuple[int, bytes]:
        answer = await AsyncClient().get("/file", headers=headers)
        pieces = [piece async for piece in cast(StreamingHttpResponse, answer)]
        return answer.status_code, b"".join(pieces)

    assert asyncio.run(download({})) == (200, body)
    assert asyncio.run(download({"Range": f"bytes={CHUNK - 1}-{CHUNK + 1}"})) == (206, body[CHUNK - 1 : CHUNK + 2])
