"""Co-authors agree before they are authors: the service, who owns what before and after, pages and the API."""

import re
from typing import Any

import pytest
from django.test import Client

from hub.accounts.models import Account
from hub.contributions import selectors, services
from hub.contributions.errors import NewerProposal, Over
from hub.contributions.models import Consent, Contribution
from hub.errors import Conflict, HubError, NotAllowed
from hub.repositories.errors import RepositoryNotFound
from hub.repositories.models import Repository
from hub.repositories.services import add_maintainer
from ledger.models import Entry
from ledger.selectors import to_view
from tests.hub.contributions.conftest import Clock, Propose
from tests.hub.factories import make_token
from tests.hub.repositories.paging import text

pytestmark = pytest.mark.django_db
PAGE = "/datasets/alice/cells/discussions/1"
SHARES = [("bob", 8_000), ("charlie", 2_000)]


@pytest.fixture
def named(propose: Propose, charlie: Account) -> Contribution:
    """Bob proposes and names Charlie with 20 %."""
    return propose(authors=SHARES)


def owners(contribution: Contribution) -> list[tuple[str, int]]:
    return [(each.account.username, each.bps) for each in selectors.owners_of(contribution)]


# --- the act -------------------------------------------------------------------------------------
def test_a_named_person_is_no_author_until_they_agree(named: Contribution, charlie: Account, later: Clock) -> None:
    assert [each.agreed for each in selectors.authors_of(named)] == [True, False]
    assert owners(named) == [("bob", 10_000)]
    assert not selectors.is_own(named, charlie)
    assert (selectors.asking(charlie), selectors.by_person(charlie, charlie)) == ([named], [])
    moment = later()
    made = services.join(account=charlie, contribution=named, bps=2_000, now=moment)
    assert owners(named) == [("bob", 8_000), ("charlie", 2_000)]
    assert selectors.is_own(named, charlie)
    assert (selectors.asking(charlie), selectors.by_person(charlie, charlie)) == ([], [named])
    row = Entry.objects.latest("id")
    entry = to_view(row)
    assert (made.entry_id, made.time, entry.type, entry.actor) == (
        row.pk,
        moment,
        "contribution.joined",
        charlie.actor,
    )
    assert named.proposal is not None
    assert entry.subject == f"contrib:{named.pk}"
    assert entry.data == {
        "repo": f"repo:{named.repository_id}",
        "number": 1,
        "proposed": f"rev:{named.proposal.revision_id}",
        "bps": 2_000,
    }


def test_who_is_not_named_or_proposed_it_cannot_agree(
    named: Contribution, alice: Account, bob: Account, later: Clock
) -> None:
    for account, bps in ((alice, 2_000), (bob, 8_000)):
        with pytest.raises(NotAllowed):
            services.join(account=account, contribution=named, bps=bps, now=later())
    assert not Consent.objects.exists()


@pytest.mark.parametrize(
    ("fields", "error"), [({"bps": 2_001}, Conflict), ({"bps": 2_000, "expected_proposal": "e" * 64}, NewerProposal)]
)
def test_one_agrees_to_what_one_has_seen(
    named: Contribution, charlie: Account, later: Clock, fields: dict[str, Any], error: type[HubError]
) -> None:
    with pytest.raises(error):
        services.join(account=charlie, contribution=named, now=later(), **fields)


def test_nobody_agrees_twice_or_after_the_end(
    named: Contribution, alice: Account, charlie: Account, later: Clock
) -> None:
    services.join(account=charlie, contribution=named, bps=2_000, now=later())
    with pytest.raises(Conflict):
        services.join(account=charlie, contribution=named, bps=2_000, now=later())
    assert Entry.objects.filter(type="contribution.joined").count() == 1


def test_after_a_verdict_it_is_too_late(named: Contribution, alice: Account, charlie: Account, later: Clock) -> None:
    services.accept(contribution=named, actor=alice, now=later())
    with pytest.raises(Over):
        services.join(account=charlie, contribution=named, bps=2_000, now=later())
    assert owners(named) == [("bob", 10_000)]
    assert selectors.asking(charlie) == []


def test_while_changes_are_asked_for_one_may_agree(
    named: Contribution, alice: Account, charlie: Account, later: Clock
) -> None:
    services.mark_asked(contribution=named, actor=alice, now=later())
    services.join(account=charlie, contribution=named, bps=2_000, now=later())
    assert owners(named)[1] == ("charlie", 2_000)


def test_consent_counts_while_the_newest_version_names_the_same_share(
    named: Contribution, bob: Account, charlie: Account, later: Clock
) -> None:
    services.join(account=charlie, contribution=named, bps=2_000, now=later())

    def update(**fields: Any) -> Contribution:
        return services.update_contribution(account=bob, contribution=named, now=later(), **fields)

    assert owners(update(title="Another title")) == [("bob", 8_000), ("charlie", 2_000)]
    changed = update(authors=[("bob", 9_000), ("charlie", 1_000)])
    assert owners(changed) == [("bob", 10_000)]
    assert (selectors.asking(charlie), selectors.by_person(charlie, charlie)) == ([changed], [])
    assert owners(update(authors=SHARES)) == [("bob", 8_000), ("charlie", 2_000)]
    alone = update(authors=[("bob", 10_000)])
    assert owners(alone) == [("bob", 10_000)]
    assert selectors.asking(charlie) == []
    assert selectors.is_own(alone, charlie)


def test_whoever_may_not_see_the_repository_any_more_cannot_agree(
    private: Repository, propose: Propose, alice: Account, bob: Account, charlie: Account, later: Clock
) -> None:
    for handle in ("bob", "charlie"):
        add_maintainer(account=alice, repository=private, handle=handle)
    contribution = propose({"a": "1"}, repository=private, authors=SHARES)
    private.maintainers.filter(account=charlie).delete()
    with pytest.raises(RepositoryNotFound):
        services.join(account=charlie, contribution=contribution, bps=2_000, now=later())


# --- pages ---------------------------------------------------------------------------------------
def test_the_page_asks_who_is_named_and_shows_everybody_who_agreed(
    client: Client, named: Contribution, charlie: Account
) -> None:
    assert named.proposal is not None
    assert "has not agreed" in text(client.get(PAGE))
    assert f'action="{PAGE}/join"' not in text(client.get(PAGE))
    client.force_login(charlie)
    asked = text(client.get(PAGE))
    assert "bob names you as co-author with 20 %" in asked
    assert "charlie agreed to a share of 20 % in contribution 1 to cells." in asked
    assert "You are named as co-author" in text(client.get("/me"))
    posted = {"bps": "2000", "proposal": named.proposal.revision_id}
    assert client.post(f"{PAGE}/join", posted).status_code == 302
    shown = text(client.get(PAGE))
    assert f'action="{PAGE}/join"' not in shown
    assert "has agreed" in shown
    assert "charlie agreed to a share of 20 % in contribution 1." in " ".join(_plain(shown).split())
    assert "You are named as co-author" not in text(client.get("/me"))


@pytest.mark.parametrize(
    ("posted", "status"), [({}, 409), ({"bps": "x"}, 400), ({"bps": "2000", "proposal": "e" * 64}, 409)]
)
def test_a_form_that_does_not_fit_is_refused(
    client: Client, named: Contribution, charlie: Account, posted: dict[str, str], status: int
) -> None:
    client.force_login(charlie)
    assert client.post(f"{PAGE}/join", posted).status_code == status
    assert not Consent.objects.exists()


def test_agreeing_takes_an_account(client: Client, named: Contribution) -> None:
    assert client.post(f"{PAGE}/join", {"bps": "2000"}).headers["Location"].startswith("/accounts/login/")
    assert client.get(f"{PAGE}/join").status_code in {302, 405}


def _plain(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html)


# --- the API -------------------------------------------------------------------------------------
def test_the_api_says_who_agreed_and_takes_consent(client: Client, named: Contribution, charlie: Account) -> None:
    address = f"/api/v1/contributions/{named.pk}"
    assert [each["agreed"] for each in client.get(address).json()["authors"]] == [True, False]
    headers = {"Authorization": f"Bearer {make_token(charlie)}"}
    refused = client.post(f"{address}/join", {"bps": 1}, "application/json", headers=headers)
    assert refused.status_code == 409
    answer = client.post(f"{address}/join", {"bps": 2_000}, "application/json", headers=headers)
    assert answer.status_code == 200
    assert [(each["bps"], each["agreed"]) for each in answer.json()["authors"]] == [(8_000, True), (2_000, True)]
    assert client.post(f"{address}/join", {"bps": 2_000}, "application/json").status_code == 401


# --- what is seen of it afterwards ---------------------------------------------------------------
def test_the_revision_and_the_history_name_the_co_authors_who_agreed(
    client: Client, propose: Propose, alice: Account, charlie: Account, later: Clock
) -> None:
    accepted = propose(authors=SHARES)
    services.join(account=charlie, contribution=accepted, bps=2_000, now=later())
    services.accept(contribution=accepted, actor=alice, checks="d" * 64, now=later())
    revision = accepted.result
    assert revision is not None
    assert selectors.coauthors_of([revision.pk]) == {str(revision.pk): [charlie]}
    page = text(client.get(f"/datasets/alice/cells/commit/{revision.commit}"))
    assert 'co-author: <a class="person" href="/people/charlie">' in page
    history = text(client.get("/datasets/alice/cells/history"))
    assert "co-author: charlie" in history
    assert "co-author of 1 revision" in history
    assert re.search(r"People</dt>\s*<dd[^>]*>3<", history)


def test_whoever_was_only_named_is_no_co_author_of_the_revision(
    client: Client, named: Contribution, alice: Account, later: Clock
) -> None:
    services.accept(contribution=named, actor=alice, checks="d" * 64, now=later())
    assert selectors.coauthors_in(named.repository) == {}
    assert "co-author" not in text(client.get("/datasets/alice/cells/history"))
