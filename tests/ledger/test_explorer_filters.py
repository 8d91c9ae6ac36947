"""The explorer's list narrowed by names and days, followed live, and drawn over time."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ledger import charts, describing, selectors
from ledger.models import Anchor
from tests.ledger.conftest import ACTOR, REPOSITORY, Ledger
from tests.ledger.telling import tell, upper_room
from tests.ledger.test_explorer import get, text_of

__all__ = ["upper_room"]


@pytest.fixture(autouse=True)
def _names() -> Iterator[None]:
    """A room that knows one person and one repository by name."""
    cache.clear()
    known = {"alice": ACTOR, "alice/heart": REPOSITORY}
    before = list(describing._called)
    describing.register_called(lambda words, viewer: known.get(words))
    yield
    describing._called[:] = before


def listed(client: Client, query: str) -> list[int]:
    page = get(client, f"/ledger?{query}")
    return [int(number) for number in re.findall(r'class="record-number" href="/ledger/(\d+)"', page)]


# --- names ---------------------------------------------------------------------------------------
def test_people_and_repositories_are_found_by_their_names(bare: Ledger, client: Client) -> None:
    tell(bare, "mine")
    bare.record(2, actor="acct:" + 32 * "b", subject="repo:6b1f1c0e-8f1d-4f0e-9c56-2a4c7f0d9a12")
    bare.sequence()
    assert listed(client, "actor=alice") == listed(client, f"actor={ACTOR}") == [1]
    assert listed(client, "subject=alice/heart") == listed(client, f"subject={REPOSITORY}")
    assert listed(client, "subject=alice/heart")
    page = get(client, "/ledger?actor=alice")
    assert "by alice" in text_of(page)
    assert 'value="alice"' in page


@pytest.mark.parametrize(
    "query", ["actor=nobody", "subject=nobody/nothing", "actor=%25", "subject=repo:", "type=%3Cb%3E"]
)
def test_a_name_that_nobody_has_finds_nothing_and_says_so(bare: Ledger, client: Client, query: str) -> None:
    bare.record(2)
    bare.sequence()
    assert "No entry like that" in text_of(get(client, f"/ledger?{query}"))


@pytest.mark.parametrize("name", ["actor", "subject"])
@pytest.mark.parametrize(
    "words", ["repo:x", "repo:", "contrib:x", "rev:x", "acct:x", "epoch:x", "epoch:-1", "policy:x", "sys:x"]
)
def test_what_only_looks_like_a_subject_finds_nothing_in_any_room(
    ledger: Ledger, client: Client, name: str, words: str
) -> None:
    assert "No entry like that" in text_of(get(client, f"/ledger?{name}={words}"))


# --- days ----------------------------------------------------------------------------------------
@pytest.fixture
def three_days(ledger: Ledger) -> Ledger:
    """Entries 1 and 2 on the first day, 3 on the second, 4 on the third; each day has its checkpoint."""
    for count in (2, 1, 1):
        ledger.grow(count)
        ledger.pass_time(24 * 3600)
    return ledger


def test_days_narrow_the_list(three_days: Ledger, client: Client) -> None:
    for query, numbers in (
        ("since=2026-11-18", [4, 3]),
        ("until=2026-11-17", [2, 1, 0]),
        ("since=2026-11-18&until=2026-11-18", [3]),
        ("since=2026-11-18&until=2026-11-18&type=test.happened", [3]),
        (f"since=2026-11-18&actor={ACTOR}", [4, 3]),
        (f"until=2026-11-18&subject={REPOSITORY}", [3, 2, 1]),
        ("since=2026-12-24", []),
        ("until=2000-01-01", []),
        ("since=0001-01-01&until=9999-12-31", [4, 3, 2, 1, 0]),
    ):
        assert listed(client, query) == numbers, query
    _assert_two_queries_more(three_days)
    _assert_pages_without_gap(three_days, client)


def test_a_day_that_is_none_is_refused_in_words(bare: Ledger, client: Client) -> None:
    for day in ("yesterday", "2026-13-01", "20261117", "2026-11-17T00:00"):
        assert "A day as 2026-11-17." in get(client, f"/ledger?since={day}", 400)


def _assert_two_queries_more(ledger: Ledger) -> None:
    """However far back the days lie."""

    def queries(**given: object) -> int:
        with CaptureQueriesContext(connection) as seen:
            selectors.sequenced_entries(**given)  # type: ignore[arg-type]
        return len(seen)

    day = ledger.now - timedelta(days=2)
    assert queries(since=day, until=day + timedelta(days=1)) <= queries() + 2


def _assert_pages_without_gap(ledger: Ledger, client: Client) -> None:
    ledger.record(40)
    ledger.sequence()
    first = get(client, f"/ledger?since={ledger.now.date().isoformat()}")
    found = re.search(r'rel="next" href="([^"]+)"', first)
    assert found is not None
    second = get(client, "/ledger" + found[1].replace("&amp;", "&"))
    numbers = re.findall(r'class="record-number" href="/ledger/(\d+)"', first + second)
    assert [int(number) for number in numbers] == list(range(44, 4, -1))


# --- following -----------------------------------------------------------------------------------
def test_following_tells_how_many_are_new_and_repeats_no_list(bare: Ledger, client: Client) -> None:
    bare.sequence()
    page = get(client, "/ledger?live=1")
    assert 'role="status" id="entries-news"' in page
    renewal = re.search(r'data-hx-get="([^"]+)"', page)
    assert renewal is not None
    bare.record(3)
    bare.sequence()
    fragment = client.get("/ledger" + renewal[1].replace("&amp;", "&"), HTTP_HX_REQUEST="true").content.decode()
    assert "3 new entries" in fragment
    assert 'data-hx-swap-oob="true"' in fragment


@pytest.mark.parametrize("query", [f"actor={ACTOR}", "type=test.happened", "since=2026-11-17"])
def test_what_is_narrowed_does_not_follow(bare: Ledger, client: Client, query: str) -> None:
    bare.record(2)
    bare.sequence()
    page = get(client, f"/ledger?live=1&{query}")
    assert "data-hx-get" not in page
    assert "Follow live" not in page


def test_further_down_nothing_follows(bare: Ledger, client: Client) -> None:
    bare.record(40)
    bare.sequence()
    found = re.search(r'rel="next" href="\?([^"]+)"', get(client, "/ledger"))
    assert found is not None
    assert "data-hx-get" not in get(client, f"/ledger?live=1&{found[1]}")


# --- an anchor's call ----------------------------------------------------------------------------
def test_an_anchor_shows_its_call_and_the_contract_s_events(ledger: Ledger, client: Client) -> None:
    ledger.grow(3)
    ledger.anchor_to_the_end()
    ledger.grow(2)
    ledger.anchor_to_the_end()
    anchor = Anchor.objects.order_by("-checkpoint")[0]
    text = text_of(get(client, f"/ledger/anchors/{anchor.transaction_hash}"))
    assert "anchor The operator put a new head of the log on the chain" in text
    assert re.search(rf"newSize {anchor.checkpoint_id} tree size", text)
    assert "Anchored The contract verified the proof and keeps the new head." in text
    assert re.search(rf"previousSize {anchor.previous_size} tree size before", text)
    assert re.search(r"proof \d hash", text)
    # Without a node the page says so and shows the rest.
    assert ledger.node is not None
    ledger.node.kill()
    text = text_of(get(client, f"/ledger/anchors/{anchor.transaction_hash}"))
    assert "The chain does not answer" in text
    assert "What it carried" in text


# --- charts --------------------------------------------------------------------------------------
def test_charts_have_the_same_numbers_in_tables(ledger: Ledger, client: Client) -> None:
    ledger.now = timezone.now() - timedelta(days=1)
    ledger.grow(4)
    ledger.anchor_to_the_end()
    [figures] = charts.last_anchors()
    counted = dict(charts.entries_by_day(timezone.now()))
    assert counted[(timezone.now() - timedelta(days=1)).date()] == 4
    assert len(counted) == charts.DAYS
    assert (figures.entries, figures.gas) == (5, Anchor.objects.get().gas_used)
    page = get(client, "/ledger/charts")
    assert page.count("<svg") >= 3
    text = text_of(page)
    assert f"Anchor at size Gas 5 {figures.gas_each:,.1f}" in text
    assert f"Anchor at size Seconds 5 {figures.seconds:,}" in text


def test_before_there_is_anything_charts_say_so(bare: Ledger, client: Client) -> None:
    assert text_of(get(client, "/ledger/charts")).count("Nothing to draw yet.") == 3
