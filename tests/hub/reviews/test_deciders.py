"""What is said where somebody cannot decide, or nobody can: co-authors who could, and bases that have moved on."""

import re
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client

from hub.accounts.models import Account
from hub.contributions.services import join
from hub.repositories import links
from hub.repositories.models import Maintainer, Repository
from tests.hub.repositories.conftest import Publish

from .conftest import Propose

pytestmark = pytest.mark.django_db
DECIDES_NEXT = "An owner or a maintainer"
ONLY_ONE = "You are the only one who could decide about it."
EVERYBODY = "You named everybody who could decide as a co-author."
NOBODY = "The repository needs another maintainer before anybody can decide."


def seen(client: Client, account: Account, page: str) -> str:
    client.force_login(account)
    return unescape(client.get(page).content.decode())


def test_the_only_one_who_could_decide_is_told_before_agreeing_and_so_is_who_proposed(
    client: Client, propose: Propose, model: Repository, alice: Account, charlie: Account, now: datetime
) -> None:
    Maintainer.objects.all().delete()
    found = propose(authors=[("charlie", 7_000), ("alice", 3_000)])
    page = f"{links.repository(model)}/discussions/1"
    assert ONLY_ONE in seen(client, alice, page)
    mine = seen(client, charlie, page)
    assert EVERYBODY in mine
    assert "alice" in mine[mine.index(EVERYBODY) :][:300]
    assert DECIDES_NEXT in mine
    join(account=alice, contribution=found, bps=3_000, now=now)
    for account in (alice, charlie):
        html = seen(client, account, page)
        assert NOBODY in html
        assert DECIDES_NEXT not in html
        assert EVERYBODY not in html


def test_where_somebody_else_decides_nobody_is_warned(
    client: Client, propose: Propose, model: Repository, alice: Account, charlie: Account, now: datetime
) -> None:
    found = propose(authors=[("charlie", 7_000), ("alice", 3_000)])
    page = f"{links.repository(model)}/discussions/1"
    assert ONLY_ONE not in seen(client, alice, page)
    assert EVERYBODY not in seen(client, charlie, page)
    join(account=alice, contribution=found, bps=3_000, now=now)
    assert DECIDES_NEXT in seen(client, charlie, page)


def test_accepting_is_not_offered_on_a_base_that_has_moved_on(
    client: Client, propose: Propose, publish: Publish, model: Repository, bob: Account
) -> None:
    found = propose()
    page = f"{links.repository(model)}/discussions/1"
    accept = r'value="accept"[^>]* disabled'
    assert not re.search(accept, seen(client, bob, page))
    publish(model, {"x": "1"})
    for address in (page, f"/reviews/decide/{found.pk}"):
        html = seen(client, bob, address)
        assert re.search(accept, html)
        assert "not now: the repository has changed since" in html
        assert len(re.findall(r'name="verdict"[^>]* disabled', html)) == 1


@pytest.mark.parametrize("verdict", ["ask", "decline"])
def test_all_that_a_verdict_lacks_is_said_at_once(client: Client, propose: Propose, bob: Account, verdict: str) -> None:
    found = propose()
    client.force_login(bob)
    sent: dict[str, Any] = {"verdict": verdict, "proposal": found.proposal.revision_id}  # type: ignore[union-attr]
    response = client.post(f"/reviews/decide/{found.pk}", sent)
    assert response.status_code == 422
    assert dict(response.context["form"].errors) == {
        "reason": ["Choose a reason."],
        "comment": ["Say why, in your own words."],
    }
