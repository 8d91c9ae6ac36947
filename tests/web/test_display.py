"""How digests, sizes, times and states are written on pages."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace as Status
from typing import Any

import pytest
from django.template import Context, Template
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from web.templatetags import display

DIGEST = "0c8ad76989b13bc57b97aa2c3c9173ec8c3eab8f9a3770d1a5c08f1426b437ff"
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def drawn(source: str, **context: Any) -> str:
    return str(Template(source).render(Context(context)))


# --- bytes ---------------------------------------------------------------------------------------
def test_a_digest_is_shortened_to_its_first_eight_and_last_six_digits() -> None:
    assert display.short_hash(DIGEST) == "0c8ad769…b437ff"
    assert display.short_hash(bytes.fromhex(DIGEST)) == "0c8ad769…b437ff"
    assert display.short_hash(DIGEST, 4) == "0c8ad769…37ff"


def test_an_address_keeps_its_prefix() -> None:
    assert display.short_hash("0x5FbDB2315678afecb367f032d93F642f64180aa3") == "0x5FbDB231…180aa3"


@pytest.mark.parametrize("value", ["", None, "0c8ad769", "12345678901234567890"])
def test_a_short_value_stays_whole(value: str | None) -> None:
    assert display.short_hash(value) == (value or "")


def test_a_digest_is_copied_whole_by_a_named_button() -> None:
    html = drawn('{% hash digest what="leaf hash" %}', digest=DIGEST)
    assert f'data-copy="{DIGEST}"' in html
    assert 'aria-label="Copy leaf hash 0c8ad769…b437ff"' in html
    assert f'title="{DIGEST}"' in html


def test_a_full_digest_shows_every_digit() -> None:
    assert f"<code>{DIGEST}</code>" in drawn("{% hash digest full=True %}", digest=DIGEST)


def test_a_missing_digest_shows_nothing() -> None:
    assert drawn("{% hash digest %}", digest=None) == ""


def test_a_hostile_value_is_escaped_everywhere() -> None:
    html = drawn("{% hash value %}{{ value|nobreak_name }}", value='"><script>alert(1)</script>')
    assert "<script>" not in html


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1000, "1,000 bytes"),
        (1023, "1,023 bytes"),
        (1024, "1.0 KiB"),
        (1128, "1.1 KiB"),
        (10_240, "10 KiB"),
        (1_023_999, "1.0 MiB"),
        (2**31, "2.0 GiB"),
        (50 * 2**30, "50 GiB"),
        (2**60, "1,024 PiB"),
        (None, ""),
        ("much", ""),
    ],
)
def test_sizes_are_in_binary_units(size: object, words: str) -> None:
    assert display.filesize_iec(size) == words


@given(st.integers(min_value=0, max_value=2**70))
def test_every_size_has_words(size: int) -> None:
    assert display.filesize_iec(size).split()[-1] in {"byte", "bytes", "KiB", "MiB", "GiB", "TiB", "PiB"}


def test_a_name_does_not_break_after_its_hyphens() -> None:
    assert drawn("{{ name|nobreak_name }}", name="breast-cancer-logistic") == "breast-\u2060cancer-\u2060logistic"


# --- time ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=9), "9 days ago"),
        (timedelta(days=90), "28 Aug 2026"),
        (timedelta(seconds=-5), "in a moment"),
        (timedelta(hours=-5), "in 5 h"),
        (timedelta(days=-2), "in 2 days"),
    ],
)
def test_a_time_is_told_from_now(ago: timedelta, words: str) -> None:
    assert f">{words}</time>" in drawn("{% time moment %}", moment=NOW - ago)


@pytest.mark.parametrize(
    ("style", "words"),
    [
        ("age", "9 d"),
        ("date", "17 November 2026"),
        ("stamp", "17 Nov, 09:41"),
        ("datetime", "17 November 2026, 09:41 UTC"),
        ("seconds", "17 November 2026, 09:41:07 UTC"),
    ],
)
def test_a_time_has_its_styles(style: str, words: str) -> None:
    html = drawn("{% time moment style %}", moment=datetime(2026, 11, 17, 9, 41, 7, tzinfo=UTC), style=style)
    assert f">{words}</time>" in html


def test_what_is_not_a_minute_old_has_no_minutes() -> None:
    for ago, words in ((0, "just now"), (59, "just now"), (60, "1 min")):
        assert f">{words}</time>" in drawn('{% time m "age" %}', m=NOW - timedelta(seconds=ago))


def test_a_stamp_of_another_year_names_the_year() -> None:
    assert ">17 Nov 2025, 09:41</time>" in drawn('{% time m "stamp" %}', m=datetime(2025, 11, 17, 9, 41, tzinfo=UTC))


def test_the_title_and_the_attribute_hold_the_moment_in_utc() -> None:
    html = drawn("{% time moment %}", moment=datetime(2026, 11, 17, 9, 41, 7, 412000, tzinfo=UTC))
    assert 'datetime="2026-11-17T09:41:07.412Z"' in html
    assert 'title="17 November 2026, 09:41 UTC"' in html


@pytest.mark.parametrize("value", ["2026-11-17T09:41:07.000Z", 1_794_908_467, datetime(2026, 11, 17, 9, 41, 7)])
def test_texts_numbers_and_naive_times_are_moments_in_utc(value: object) -> None:
    assert 'datetime="2026-11-17T09:41:07.000Z"' in drawn("{% time value %}", value=value)


def test_a_date_is_its_first_moment() -> None:
    assert 'datetime="2026-11-17T00:00:00.000Z"' in drawn("{% time value %}", value=date(2026, 11, 17))


@pytest.mark.parametrize("value", [None, "", "yesterday", True, 1e300, float("nan")])
def test_what_is_no_time_shows_nothing(value: object) -> None:
    assert drawn("{% time value %}", value=value) == ""


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (40, "40 s"), (120, "2 min"), (7200, "2 h"), (259_200, "3 days"), (None, "")]
)
def test_a_length_of_time_has_one_unit(seconds: object, words: str) -> None:
    assert display.duration_words(seconds) == words


# --- states --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("state", "word"),
    [("verified", "Verified"), ("waiting", "Waiting"), ("unverified", "Unverified"), ("mismatch", "Mismatch")],
)
def test_the_word_stands_beside_the_seal(state: str, word: str) -> None:
    html = drawn("{% badge state %}", state=state)
    assert f'<b class="badge-word">{word}</b>' in html
    assert f'class="seal seal-{state}"' in html


def test_a_state_nobody_knows_is_unverified() -> None:
    assert "Unverified" in drawn('{% badge "excellent" %}')


def test_a_waiting_badge_counts_its_blocks() -> None:
    assert "2 of 12 blocks" in drawn("{% badge status %}", status=Status(state="waiting", filled=2, needed=12))
    assert "0 of 1 block<" in drawn("{% badge status %}", status=Status(state="waiting", filled=0, needed=1))


def test_a_badge_leads_to_its_checks() -> None:
    status = Status(state="verified", detail="4 of 4 checks agree", url="/x#checks")
    html = drawn("{% badge status %}", status=status)
    assert html.startswith('<a class="badge badge-verified" href="/x#checks">')
    assert "4 of 4 checks agree" in html


def test_a_badge_without_an_address_is_no_link() -> None:
    assert drawn('{% badge "verified" %}').startswith("<span")


def test_the_detail_of_a_badge_is_escaped() -> None:
    assert "<i>" not in drawn("{% badge status %}", status=Status(state="mismatch", detail="<i>column</i>"))


def test_confirmations_are_told_in_words() -> None:
    assert "2 of 3 confirmations" in drawn("{% confirmations 2 3 %}")
    assert "3 of 3 confirmations" in drawn("{% confirmations 38 3 %}")
    assert "1 of 1 confirmation<" in drawn("{% confirmations 1 1 %}")


def test_a_metric_line_says_first_and_last_in_its_title() -> None:
    html = drawn('{% step_line values "Accuracy" %}', values=[0.94, 0.979])
    assert "Accuracy over 2 revisions: 0.94 first, 0.979 last" in html


def test_an_unknown_mark_is_plain() -> None:
    assert drawn('{% mark "plain" %}') == drawn('{% mark "whatever" %}')
