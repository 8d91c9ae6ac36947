"""What the queue costs: as many queries for many rows as for few, and no more rows read than are shown."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hub.accounts.models import Account, Membership
from hub.accounts.reviewers import grant_reviewer
from hub.contributions.models import Contribution
from hub.repositories.models import Repository
from hub.repositories.services import add_maintainer
from hub.reviews import access, selectors
from hub.reviews.models import Work
from hub.reviews.services import appeal
from tests.hub.factories import make_account
from tests.hub.repositories.conftest import Create
from tests.hub.verdicts import all_agree, decide

from .conftest import Propose

pytestmark = pytest.mark.django_db
WHY = "The numbers do not come out."
Appealed = Callable[[str], Contribution]
Accepted = Callable[[str], Work]


@pytest.fixture
def appealed(propose: Propose, model: Repository, alice: Account, charlie: Account, now: datetime) -> Appealed:
    """Declined by Alice, who is alone in the repository, and appealed by Charlie, who shares it with somebody new."""
    model.maintainers.all().delete()

    def make(path: str) -> Contribution:
        other = make_account()
        found = all_agree(propose({path: "1"}, authors=[("charlie", 5_000), (other.username, 5_000)]), now)
        decide(account=alice, contribution=found, verdict="decline", reason_code="quality", comment=WHY, now=now)
        appeal(account=charlie, contribution=found, comment="Look again.", now=now)
        return found

    return make


@pytest.fixture
def accepted(propose: Propose, alice: Account, now: datetime) -> Accepted:
    """A work that Charlie shares with somebody new."""

    def make(path: str) -> Work:
        other = make_account()
        found = all_agree(propose({path: "1"}, authors=[("charlie", 5_000), (other.username, 5_000)]), now)
        decide(account=alice, contribution=found, verdict="accept", now=now)
        return Work.objects.get(contribution=found)

    return make


def cost(client: Client, path: str) -> int:
    """How many queries the page takes while nothing is kept of an earlier one."""
    cache.clear()
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


@pytest.mark.parametrize("path", ["/reviews", "/me", "/api/v1/reviews/queue"])
def test_more_rows_take_no_more_queries(
    client: Client, appealed: Appealed, accepted: Accepted, dora: Account, path: str, django_assert_max_num_queries: Any
) -> None:
    client.force_login(dora)
    for index in range(2):
        accepted(f"w{index}")
        appealed(f"a{index}")
    few = cost(client, path)
    for index in range(2, 4):
        accepted(f"w{index}")
        appealed(f"a{index}")
    cache.clear()
    with django_assert_max_num_queries(few):
        client.get(path)
    assert len(selectors.decidable_by(dora)) == len(selectors.assessable_by(dora)) == 4


@pytest.mark.parametrize("path", ["/api/v1/contributions", "/api/v1/works"])
def test_lists_name_all_authors_at_once(
    client: Client, accepted: Accepted, path: str, django_assert_max_num_queries: Any
) -> None:
    accepted("a")
    few = cost(client, path)
    for index in range(3):
        accepted(f"b{index}")
    with django_assert_max_num_queries(few):
        rows = client.get(path).json()["results"]
    assert [len(row["authors"]) for row in rows] == [2] * 4


def test_what_is_not_shown_is_counted_and_not_read(accepted: Accepted, dora: Account, now: datetime) -> None:
    for index in range(4):
        accepted(f"w{index}")
    with CaptureQueriesContext(connection) as seen:
        found = selectors.queue(dora, now, most=1)
    assert (len(found.assess), found.assess_more, found.count) == (1, 3, 4)
    read = [each["sql"] for each in seen if re.search(r'FROM "(contributions_contribution|reviews_work)"', each["sql"])]
    assert [sql for sql in read if not any(word in sql for word in ("LIMIT", "COUNT(", "DISTINCT"))] == []


@pytest.mark.parametrize("path", ["/reviews", "/api/v1/contributions", "/api/v1/works", "/alice/logistic/discussions"])
def test_no_list_reads_the_bytes_of_revisions_and_entries(
    client: Client, accepted: Accepted, appealed: Appealed, dora: Account, path: str
) -> None:
    accepted("w")
    appealed("a")
    client.force_login(dora)
    with CaptureQueriesContext(connection) as seen:
        client.get(path)
    lists = [
        each["sql"] for each in seen if re.search(r'FROM "(contributions_contribution|reviews_work)"', each["sql"])
    ]
    assert lists
    assert not [sql for sql in lists if '."body"' in sql]


# --- who decides about an appeal: the list and the rule ------------------------------------------
def test_the_list_and_the_rule_agree_for_everybody(
    create: Create, propose: Propose, alice: Account, bob: Account, charlie: Account, dora: Account, now: datetime
) -> None:
    """Repositories with an owner alone, with somebody else, with somebody else who is barred; of a person and of a lab."""
    eve, lab, gone = make_account("eve"), make_account("lab"), make_account("gone")
    grant_reviewer(account=eve, now=now)
    Account.objects.filter(pk=lab.pk).update(kind="organisation")
    lab.refresh_from_db()
    Membership.objects.create(organisation=lab, person=alice, role="owner")
    Membership.objects.create(organisation=lab, person=bob, role="member")
    halves = [("charlie", 5_000), ("eve", 5_000)]
    with_bob = [("charlie", 5_000), ("bob", 5_000)]
    made: dict[str, Contribution] = {}

    def case(
        name: str, maintainer: Account | None, authors: list[tuple[str, int]] | None = None, **fields: Any
    ) -> None:
        repository = create(name, kind="model", **fields)
        if maintainer is not None:
            add_maintainer(account=alice, repository=repository, handle=maintainer.username)
        found = all_agree(propose(repository=repository, authors=authors or []), now)
        decide(account=alice, contribution=found, verdict="decline", reason_code="quality", comment=WHY, now=now)
        appeal(account=charlie, contribution=found, comment="Look again.", now=now)
        made[name] = found

    case("alone", None)
    case("shared-with-eve", None, halves)
    case("with-bob", bob)
    case("bob-is-an-author", bob, with_bob)
    case("eve-maintains", eve)
    case("maintainer-gone", gone)
    case("of-the-lab", None, owner=lab)
    case("of-the-lab-with-bob", bob, owner=lab)
    made["not-appealed"] = propose()
    Account.objects.filter(pk=gone.pk).update(is_active=False)

    lists = {}
    for account in (alice, bob, charlie, dora, eve):
        lists[account.username] = {row.pk for row in selectors.decidable_by(account)}
        by_rule = {found.pk for found in made.values() if not access.cannot_decide(account, found)}
        assert lists[account.username] == by_rule, account.username
    names = {found.pk: name for name, found in made.items()}
    assert {names[pk] for pk in lists["dora"]} == {
        "alone", "shared-with-eve", "bob-is-an-author", "maintainer-gone", "of-the-lab",
    }  # fmt: skip


def test_the_longest_waiting_comes_first_and_verdicts_and_appeals_stand_in_one_row(
    propose: Propose, create: Create, alice: Account, bob: Account, charlie: Account, now: datetime
) -> None:
    grant_reviewer(account=bob, now=now)
    alone = create("alone", kind="model")
    younger = propose({"a": "1"}, now=now + timedelta(hours=2))
    middle = propose(repository=alone)
    decide(account=alice, contribution=middle, verdict="decline", reason_code="quality", comment=WHY, now=now)
    appeal(account=charlie, contribution=middle, comment="Look again.", now=now + timedelta(hours=1))
    older = propose({"b": "1"})
    assert list(selectors.decidable_by(bob)) == [older, middle, younger]
