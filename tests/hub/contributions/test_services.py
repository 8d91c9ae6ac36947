"""What people do with contributions: propose, share, talk, read."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.accounts.models import Account
from hub.contributions import selectors, services
from hub.contributions.errors import ContributionNotFound, TooManyOpen
from hub.contributions.models import Contribution
from hub.errors import Conflict, Invalid, NotAllowed, OverQuota
from hub.repositories import selectors as repositories
from hub.repositories.errors import RepositoryNotFound, RevisionNotFound, StaleParent, Withdrawn
from hub.repositories.models import Repository, Revision
from hub.repositories.revision import revision_id
from hub.repositories.services import add_maintainer, withdraw
from hub.uploads.selectors import usage
from tests.hub.contributions.conftest import Clock, Propose
from tests.hub.contributions.looking import last_entry, proposed, text_at
from tests.hub.repositories.conftest import Create, Publish, texts

pytestmark = pytest.mark.django_db


# --- opening -------------------------------------------------------------------------------------
def test_a_proposal_is_a_whole_revision_that_nobody_has_published(propose: Propose, cells: Repository) -> None:
    found = proposed(propose())
    assert found.number is None
    assert found.parent_id == cells.head_id
    assert revision_id(bytes(found.body)) == found.id
    assert text_at(found, "cells.csv").endswith("3,30\n")
    assert text_at(found, "notes.txt") == "one\n"


def test_proposing_changes_nothing_of_the_repository(propose: Propose, cells: Repository) -> None:
    before = Repository.objects.values().get(pk=cells.pk)
    propose()
    assert Repository.objects.values().get(pk=cells.pk) == before
    assert Revision.objects.filter(repository=cells).count() == 2
    assert [each.number for each in repositories.latest_revisions(cells)] == [1, 2]


def test_contributions_of_a_repository_are_numbered_from_one(propose: Propose, create: Create) -> None:
    other = create("other")
    assert [propose({"a": "1"}).number, propose({"b": "1"}).number, propose({"a": "1"}, repository=other).number] == [
        1,
        2,
        1,
    ]


def test_the_entry_names_kind_base_revision_and_shares_and_keeps_words_beside_it(
    propose: Propose, cells: Repository, bob: Account
) -> None:
    contribution = propose()
    entry = last_entry()
    assert (entry.type, entry.subject, entry.actor) == ("contribution.opened", f"contrib:{contribution.pk}", bob.actor)
    assert entry.data == {
        "repo": f"repo:{cells.pk}",
        "number": 1,
        "kind": "data",
        "base": f"rev:{cells.head_id}",
        "proposed": f"rev:{proposed(contribution).pk}",
        "authors": [{"account": bob.actor, "bps": 10_000}],
    }
    assert entry.details == {"title": {"title": "One more cell"}, "reason": {"reason": "It was missing."}}


def test_the_newest_proposal_is_what_refs_pr_names(
    propose: Propose, cells: Repository, bob: Account, later: Clock
) -> None:
    contribution = propose()
    services.update_contribution(account=bob, contribution=contribution, changes=texts({"b": "1"}), now=later())
    contribution.refresh_from_db()
    assert repositories.state_by_ref(cells, "refs/pr/1").pk == proposed(contribution).pk
    with pytest.raises(RevisionNotFound):
        repositories.state_by_ref(cells, "refs/pr/2")
    with pytest.raises(RevisionNotFound):
        repositories.revision_by_ref(cells, proposed(contribution).pk)


def test_a_proposal_is_found_by_its_id_only_where_states_are_asked_for(propose: Propose, cells: Repository) -> None:
    found = proposed(propose())
    assert repositories.state_by_ref(cells, found.commit) == found
    assert repositories.find_revision(found.pk, None) is None


def test_nobody_proposes_where_he_may_not_read(private: Repository, propose: Propose) -> None:
    with pytest.raises(RepositoryNotFound):
        propose({"a": "1"}, repository=private)


def test_whoever_may_read_a_private_repository_may_propose_and_its_leaves_are_salted(
    private: Repository, propose: Propose, alice: Account, bob: Account
) -> None:
    add_maintainer(account=alice, repository=private, handle="bob")
    found = proposed(propose({"a": "1"}, repository=private))
    assert found.salted
    assert bytes(found.salt or b"") == bytes(private.salt)


def test_nothing_is_proposed_to_a_withdrawn_repository(
    cells: Repository, propose: Propose, alice: Account, now: datetime
) -> None:
    withdraw(account=alice, repository=cells, reason="error", now=now)
    with pytest.raises(Withdrawn):
        propose()


def test_a_proposal_against_an_older_head_is_refused(propose: Propose, cells: Repository, publish: Publish) -> None:
    head = cells.head_id
    publish(cells, {"b": "1"})
    with pytest.raises(StaleParent):
        propose(expected_base=head)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 301}, "title"),
        ({"title": "a\x00"}, "title"),
        ({"reason": "x" * 2_001}, "reason"),
        ({"kind": "compute"}, "kind"),
        ({"metrics": [{"name": "accuracy", "value": "2"}]}, "metrics.0.value"),
        ({"files": {}}, "changes"),
        ({"files": {"README.md": "---\nlicense: [\n---\n"}}, "card"),
        ({"files": {"model.pkl": "x"}}, "name"),
    ],
)
def test_what_cannot_be_taken_is_refused_at_its_field(propose: Propose, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        propose(**fields)
    assert refused.value.field == field
    assert not Contribution.objects.exists()


def test_the_same_twice_at_one_moment_is_refused(propose: Propose, now: datetime) -> None:
    propose(now=now)
    with pytest.raises(Conflict):
        propose(now=now)


def test_an_account_proposes_so_many_at_a_time(propose: Propose, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_OF_ACCOUNT_HERE", 1)
    propose()
    with pytest.raises(TooManyOpen):
        propose({"b": "1"})


def test_what_has_ended_leaves_room(
    propose: Propose, bob: Account, later: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_OF_ACCOUNT", 1)
    services.withdraw(account=bob, contribution=propose(), now=later())
    propose({"b": "1"})


def test_a_repository_takes_so_many_at_a_time(
    propose: Propose, charlie: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_HERE", 1)
    propose()
    with pytest.raises(TooManyOpen):
        propose({"b": "1"}, account=charlie)


def test_proposed_bytes_count_against_the_quota_of_who_proposes(propose: Propose, bob: Account) -> None:
    propose({"b": "12345"})
    assert usage(bob).used == 5


def test_bytes_beyond_the_quota_are_refused(propose: Propose, settings: Any) -> None:
    settings.QUOTA_BYTES = 100
    with pytest.raises(OverQuota):
        propose({"b": "x" * 101})


# --- authors -------------------------------------------------------------------------------------
def test_authors_share_and_whoever_proposes_stands_first(propose: Propose, bob: Account, charlie: Account) -> None:
    contribution = propose(authors=[("Charlie", 4_000), ("bob", 6_000)])
    assert [(each.account, each.bps) for each in selectors.authors_of(contribution)] == [(bob, 6_000), (charlie, 4_000)]
    assert selectors.by_person(charlie, charlie) == []


@pytest.mark.parametrize(
    "authors",
    [
        [("charlie", 10_000)],
        [("bob", 5_000), ("charlie", 4_999)],
        [("bob", 10_000), ("charlie", 0)],
        [("bob", 5_000), ("Bob", 5_000)],
        [("bob", 5_000), ("nobody", 5_000)],
        [("bob", 9_980), *[(f"p{n}", 1) for n in range(20)]],
    ],
)
def test_shares_that_do_not_add_up_are_refused(
    propose: Propose, charlie: Account, authors: list[tuple[str, int]]
) -> None:
    with pytest.raises(Invalid) as refused:
        propose(authors=authors)
    assert refused.value.field == "authors"


def test_who_may_not_see_the_repository_is_no_author_in_it(
    private: Repository, propose: Propose, alice: Account, bob: Account, charlie: Account
) -> None:
    add_maintainer(account=alice, repository=private, handle="bob")
    with pytest.raises(Invalid):
        propose({"a": "1"}, repository=private, authors=[("bob", 5_000), ("charlie", 5_000)])


# --- discussion ----------------------------------------------------------------------------------
def test_readers_talk_and_delete_their_own_words(
    propose: Propose, charlie: Account, bob: Account, later: Clock
) -> None:
    contribution = propose()
    said = services.comment(account=charlie, contribution=contribution, text=" Why 30? ", now=later())
    assert [(each.author, each.text) for each in selectors.comments(contribution).items] == [(charlie, "Why 30?")]
    with pytest.raises(NotAllowed):
        services.delete_comment(account=bob, comment=said, now=later())
    services.delete_comment(account=charlie, comment=said, now=later())
    (left,) = selectors.comments(contribution).items
    assert left.text == ""
    assert left.deleted is not None


@pytest.mark.parametrize("text", ["", "  \n", "x" * 10_001, "a\x00b"])
def test_a_comment_has_some_words_but_not_too_many(propose: Propose, bob: Account, now: datetime, text: str) -> None:
    with pytest.raises(Invalid):
        services.comment(account=bob, contribution=propose(), text=text, now=now)


def test_comments_are_not_for_those_who_may_not_read(
    private: Repository, propose: Propose, alice: Account, charlie: Account, now: datetime
) -> None:
    contribution = propose({"a": "1"}, repository=private, account=alice)
    with pytest.raises(RepositoryNotFound):
        services.comment(account=charlie, contribution=contribution, text="Hello.", now=now)


def test_an_account_comments_so_often_in_an_hour(
    propose: Propose, bob: Account, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "COMMENTS_PER_HOUR", 1)
    contribution = propose()
    services.comment(account=bob, contribution=contribution, text="One.", now=now)
    with pytest.raises(OverQuota):
        services.comment(account=bob, contribution=contribution, text="Two.", now=now)
    services.comment(account=bob, contribution=contribution, text="Two.", now=now + timedelta(hours=1, seconds=1))


# --- reading -------------------------------------------------------------------------------------
def test_contributions_are_seen_by_those_who_see_the_repository(
    private: Repository, propose: Propose, alice: Account, bob: Account
) -> None:
    contribution = propose({"a": "1"}, repository=private, account=alice)
    assert selectors.contribution(alice, private, 1) == contribution
    assert selectors.by_person(alice, bob) == []
    asks: list[Callable[[], object]] = [
        lambda: selectors.contribution(bob, private, 1),
        lambda: selectors.contribution_by_id(bob, contribution.pk),
        lambda: selectors.contribution_by_id(alice, uuid.uuid4()),
        lambda: selectors.contribution(alice, private, 2),
    ]
    for ask in asks:
        with pytest.raises(ContributionNotFound):
            ask()


def test_the_list_is_newest_first_and_by_state(propose: Propose, cells: Repository, bob: Account, later: Clock) -> None:
    first, second = propose({"a": "1"}), propose({"b": "1"})
    services.withdraw(account=bob, contribution=first, now=later())
    assert selectors.listed(cells).items == [second, first]
    assert selectors.listed(cells, "open").items == [second]
    assert selectors.counts(cells) == {"open": 1, "withdrawn": 1}
    assert selectors.undecided_count(cells) == 1


def test_what_changes_is_told_as_files_and_measurements(propose: Propose) -> None:
    contribution = propose(metrics=[{"name": "accuracy", "value": "0.9"}])
    found = selectors.changes_of(contribution)
    assert found.files.counts == {"added": 0, "changed": 1, "removed": 0}
    assert [each.verdict for each in found.metrics] == ["first"]


def test_a_version_can_be_read_like_a_revision(propose: Propose, cells: Repository) -> None:
    found = proposed(propose())
    names = {item.path: item.changed.revision_id for item in repositories.list_directory(found) if item.changed}
    assert names["cells.csv"] == found.pk
    assert names["notes.txt"] == cells.head_id
