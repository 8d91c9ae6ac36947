"""What other pages show of verdicts, works and who may decide; and that every link says where it leads."""

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.utils import timezone

from hub.accounts.erasure import erase_account
from hub.accounts.models import Account
from hub.accounts.reviewers import grant_reviewer
from hub.contributions.models import Contribution
from hub.repositories.models import Repository
from hub.repositories.services import change_visibility
from hub.reviews import selectors
from hub.reviews.models import Review, Work
from hub.reviews.services import appeal, assess
from tests.hub.factories import make_account
from tests.hub.repositories.conftest import Create
from tests.hub.verdicts import decide

from .conftest import Propose
from .test_pages import WHY, main, text

pytestmark = pytest.mark.django_db


def slot(name: str, subject: Any, viewer: Any) -> str:
    request = RequestFactory().get("/")
    request.user = viewer
    return unescape(Template("{% load slots %}{% slot name subject %}").render(
        Context({"request": request, "name": name, "subject": subject})
    ))  # fmt: skip


def test_the_form_of_a_verdict_stands_on_the_contribution_for_who_may_decide(
    proposed: Contribution, bob: Account, charlie: Account
) -> None:
    assert "Record verdict" in slot("contribution.verdict", proposed, bob)
    own = slot("contribution.verdict", proposed, charlie)
    assert "Record verdict" not in own
    assert "Nobody decides about their own contribution." in own
    assert "/people/bob" in own


def test_the_author_of_what_was_declined_finds_the_appeal(
    proposed: Contribution, bob: Account, charlie: Account
) -> None:
    decide(
        account=bob, contribution=proposed, verdict="decline", reason_code="quality", comment=WHY, now=timezone.now()
    )
    assert f"/reviews/appeal/{proposed.pk}" in slot("contribution.verdict", proposed, charlie)
    assert "/reviews/appeal/" not in slot("contribution.verdict", proposed, bob)


def test_nobody_is_named_who_could_not_decide(
    propose: Propose, model: Repository, alice: Account, dora: Account
) -> None:
    model.maintainers.all().delete()
    html = slot("contribution.verdict", propose(account=alice), alice)
    assert "There is nobody yet who could decide about it." in html
    assert "/people/dora" not in html


def test_who_may_publish_reads_whether_anybody_else_could_decide(
    client: Client, model: Repository, alice: Account
) -> None:
    client.force_login(alice)
    paths = ("/alice/logistic/discussions/new", "/alice/logistic/discussions/new/card")
    for path in paths:
        assert "What you propose is decided by somebody else." in text(client.get(path))
    model.maintainers.all().delete()
    for path in paths:
        html = text(client.get(path))
        assert "nobody can decide about what you propose" in html
        assert "decided by somebody else" not in html


def test_what_lost_its_title_is_called_by_its_number(
    client: Client, propose: Propose, work: Work, alice: Account, bob: Account, charlie: Account, dora: Account,
    now: datetime,
) -> None:  # fmt: skip
    assess(account=dora, work=work, effort=3, quality=70, comment="Fine.", now=now)
    grant_reviewer(account=(eve := make_account("eve")), now=now)
    waiting = propose({"x": "1"})
    erase_account(account=charlie, now=now)
    empty = re.compile(r"<(a|h1|title)\b[^>]*>\s*</\1>")
    for account, path, words in (
        (bob, "/reviews", ">Contribution 2</a>"),
        (eve, "/reviews", ">Contribution 1</a>"),
        (bob, "/people/bob", ">Contribution 1</a>"),
        (bob, "/people/dora", ">Contribution 1</a>"),
        (bob, f"/reviews/decide/{waiting.pk}", "<h1>Contribution 2</h1>"),
        (bob, f"/reviews/assess/{work.key}", "<h1>Contribution 1</h1>"),
        (bob, f"/reviews/assess/{work.key}", "Work: Contribution 1"),
    ):
        client.force_login(account)
        html = text(client.get(path))
        assert words in html, path
        assert not empty.search(main(client.get(path))), path


def test_verdicts_and_the_appeal_are_told_with_their_reasons_in_the_order_of_time(
    client: Client, proposed: Contribution, alice: Account, bob: Account, charlie: Account, now: datetime
) -> None:
    hour = timedelta(hours=1)
    decide(account=bob, contribution=proposed, verdict="decline", reason_code="quality", comment=WHY, now=now)
    appeal(account=charlie, contribution=proposed, comment="Look again.", now=now + hour)
    decide(account=alice, contribution=proposed, verdict="accept", comment="Right.", now=now + 2 * hour)
    html = main(client.get("/alice/logistic/discussions/1")).partition("Discussion")[2]
    places = [html.index(words) for words in ("declined", WHY, "appealed", "Look again.", "accepted", "Right.")]
    assert places == sorted(places)
    assert Review.objects.earliest("time").checks_id in html
    assert "None yet. It waits for a hub reviewer." in html


def test_what_a_contribution_became_is_shown_with_its_assessments(
    client: Client, work: Work, dora: Account, now: datetime
) -> None:
    assess(account=dora, work=work, effort=3, quality=70, comment="Small but right.", now=now)
    html = text(client.get("/alice/logistic/discussions/1"))
    assert "effort 3, quality 70 of 100" in html
    assert f"/reviews/assess/{work.key}" in html


def test_what_is_known_is_shown_to_all_and_independence_to_who_decides(proposed: Contribution, bob: Account) -> None:
    assert "Builds on the newest revision" in slot("contribution.aside", proposed, None)
    assert "Independence" not in slot("contribution.aside", proposed, None)
    assert "Independence" in slot("contribution.aside", proposed, bob)


def test_a_person_s_page_shows_verdicts_and_assessments(
    client: Client, work: Work, bob: Account, dora: Account, now: datetime
) -> None:
    assess(account=dora, work=work, effort=3, quality=70, comment="Small but right.", now=now)
    assert "Reproduced." in text(client.get("/people/bob"))
    html = text(client.get("/people/dora"))
    assert "Small but right." in html
    assert "Hub reviewer" in html
    assert "Reviews" not in main(client.get("/people/charlie"))


def test_a_person_s_page_says_nothing_of_private_repositories(
    client: Client, work: Work, alice: Account, now: datetime
) -> None:
    change_visibility(account=alice, repository=work.repository, visibility="private", now=now)
    assert "Reproduced." not in text(client.get("/people/bob"))


def test_one_s_own_page_shows_what_waits(
    client: Client, proposed: Contribution, bob: Account, charlie: Account
) -> None:
    client.force_login(bob)
    assert "Waiting for you" in text(client.get("/me"))
    client.force_login(charlie)
    assert "Waiting for you" not in text(client.get("/me"))


@pytest.mark.parametrize("language", ["ja", "zh-hans"])
def test_pages_are_whole_in_other_languages(
    client: Client, proposed: Contribution, bob: Account, language: str
) -> None:
    client.force_login(bob)
    for path in ("/reviews", f"/reviews/decide/{proposed.pk}"):
        answer = client.get(f"{path}?lang={language}")
        assert answer.status_code == 200
        assert not re.search(r"%\(\w+\)", text(answer))


def test_an_empty_private_repository_asks_nobody(create: Create, dora: Account) -> None:
    create("secret", visibility="private")
    assert selectors.queue(dora, timezone.now()).count == 0
