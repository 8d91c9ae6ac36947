"""The discussion of a contribution: as many queries for many versions as for few, and comments page by page."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hub.accounts.models import Account
from hub.contributions import services
from hub.contributions.models import Comment, Contribution
from tests.hub.contributions.conftest import Clock, Propose
from tests.hub.repositories.conftest import texts
from tests.hub.repositories.paging import text
from tests.hub.verdicts import decide

pytestmark = pytest.mark.django_db
PAGE = "/datasets/alice/cells/discussions/1"
EARLIER, LATER = r'<a rel="next" href="([^"]+)">Earlier</a>', r'<a rel="prev" href="([^"]+)">Later</a>'


def link(html: str, words: str) -> str:
    found = re.search(words, html)
    assert found is not None
    return PAGE + found[1].replace("&amp;", "&")


def say(contribution: Contribution, author: Account, count: int, now: datetime) -> None:
    """`Word 0`, `Word 1`, …, a minute apart, the first an hour after `now`."""
    rows = [
        Comment(contribution=contribution, author=author, text=f"Word {n}.", time=now + timedelta(minutes=60 + n))
        for n in range(count)
    ]
    Comment.objects.bulk_create(rows)


def words_of(html: str) -> list[int]:
    return [int(number) for number in re.findall(r"Word (\d+)\.", html)]


def test_more_versions_and_verdicts_take_no_more_queries(
    client: Client, propose: Propose, alice: Account, bob: Account, later: Clock, django_assert_max_num_queries: Any
) -> None:
    contribution = propose()

    def once_more(number: int) -> None:
        decide(
            account=alice, contribution=contribution, verdict="ask", reason_code="incomplete",
            comment=f"Add row {number}.", now=later(),
        )  # fmt: skip
        changes = texts({f"more-{number}.txt": f"{number}\n"})
        services.update_contribution(account=bob, contribution=contribution, changes=changes, now=later())

    once_more(0)
    cache.clear()
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    for number in range(1, 5):
        once_more(number)
    cache.clear()
    with django_assert_max_num_queries(len(few)):
        html = text(client.get(PAGE))
    assert [f"Add row {number}." in html for number in range(5)] == [True] * 5, "each reason stands beside its entry"
    assert html.count("What was known then") == 5


def test_the_newest_comments_come_first_and_each_stands_on_one_page(
    client: Client, propose: Propose, charlie: Account, bob: Account, now: datetime
) -> None:
    contribution = propose()
    say(contribution, charlie, 70, now)
    services.update_contribution(
        account=bob, contribution=contribution, changes=texts({"x.txt": "1\n"}), now=now + timedelta(minutes=125)
    )
    newest = text(client.get(PAGE))
    assert words_of(newest) == list(range(40, 70)), "oldest first on each page"
    middle = text(client.get(link(newest, EARLIER)))
    assert words_of(middle) == list(range(10, 40))
    oldest = text(client.get(link(middle, EARLIER)))
    assert words_of(oldest) == list(range(10))
    assert not re.search(EARLIER, oldest)
    assert not re.search(LATER, newest)
    assert words_of(text(client.get(link(oldest, LATER)))) == list(range(10, 40))
    opened, changed = "bob proposed contribution 1", "new version"
    said = [re.sub(r"<[^>]+>", "", page.partition('<ol class="talk">')[2]) for page in (oldest, middle, newest)]
    assert [opened in page for page in said] == [True, False, False]
    assert [len(re.findall(r"\bbob\b[^.]*contribution 1", page)) for page in said] == [1, 0, 1], changed


def test_a_cursor_from_elsewhere_is_refused(client: Client, propose: Propose) -> None:
    propose()
    assert client.get(f"{PAGE}?cursor=x").status_code == 400


def test_who_deletes_an_older_comment_stays_on_its_page(
    client: Client, propose: Propose, charlie: Account, now: datetime
) -> None:
    say(propose(), charlie, 40, now)
    client.force_login(charlie)
    earlier = link(text(client.get(PAGE)), EARLIER)
    html = text(client.get(earlier))
    first = Comment.objects.earliest("time")
    action = re.search(rf'action="([^"]+/comments/{first.pk}/delete[^"]*)"', html)
    assert action is not None
    answer = client.post(action[1].replace("&amp;", "&"))
    assert answer["Location"] == f"{earlier}#comment-{first.pk}"
    assert "This comment was deleted by its author." in text(client.get(answer["Location"]))
