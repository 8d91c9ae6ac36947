"""What goes by itself, and what goes with an account."""

from datetime import timedelta

import pytest

from hub.accounts.erasure import erase_account
from hub.accounts.models import Account
from hub.accounts.own_data import export
from hub.contributions import selectors, services
from hub.contributions.errors import Over
from hub.contributions.models import Contribution
from hub.contributions.recomputed import proposed
from hub.contributions.upkeep import KEPT, release_files
from hub.repositories.models import FileChange, Repository, Revision, SaltedLeaf
from hub.repositories.recomputed import stray_leaves
from hub.repositories.services import add_maintainer
from hub.uploads.models import Blob
from hub.uploads.selectors import usage
from hub.uploads.upkeep import SETTLED, sweep
from ledger.models import Details, Entry
from ledger.selectors import to_view
from tests.hub.contributions.conftest import Clock, Propose
from tests.hub.repositories.conftest import Publish

pytestmark = pytest.mark.django_db


def files(contribution: Contribution) -> int:
    return FileChange.objects.filter(revision__proposal__contribution=contribution).count()


@pytest.mark.parametrize("end", ["declined", "withdrawn"])
def test_files_of_what_was_not_accepted_go_after_thirty_days(
    propose: Propose, alice: Account, bob: Account, later: Clock, end: str
) -> None:
    contribution = propose({"b": "12345"})
    if end == "declined":
        services.decline(contribution=contribution, actor=alice, reason="quality", now=later())
    else:
        services.withdraw(account=bob, contribution=contribution, now=later())
    contribution.refresh_from_db()
    ended = contribution.changed
    assert release_files(ended + KEPT) == 0
    assert usage(bob).used == 5
    after = ended + KEPT + timedelta(seconds=1)
    assert release_files(after) == 1
    assert release_files(after) == 0
    assert (files(contribution), usage(bob).used) == (0, 0)
    assert Revision.all_states.filter(proposal__contribution=contribution).exists()
    sweep(after + SETTLED)
    assert not Blob.objects.filter(size=5).exists()


def test_after_that_it_cannot_be_appealed(propose: Propose, alice: Account, bob: Account, later: Clock) -> None:
    contribution = propose()
    services.decline(contribution=contribution, actor=alice, reason="quality", now=later())
    release_files(contribution.changed + KEPT * 2)
    with pytest.raises(Over):
        services.reopen_for_appeal(contribution=contribution, actor=bob, comment="x", now=later())


def test_accepted_files_and_those_published_elsewhere_stay(
    propose: Propose, cells: Repository, publish: Publish, alice: Account, bob: Account, later: Clock
) -> None:
    contribution = propose({"b": "12345"})
    services.accept(contribution=contribution, actor=alice, now=later())
    cells.refresh_from_db()
    again = propose({"c": "12345", "d": "1234567"}, repository=cells)
    services.withdraw(account=bob, contribution=again, now=later())
    assert release_files(later() + KEPT * 2) == 2
    assert (files(contribution), files(again)) == (1, 0)
    assert usage(bob).used == 5


def test_versions_before_the_accepted_one_go_too(propose: Propose, alice: Account, bob: Account, later: Clock) -> None:
    contribution = propose({"b": "1"})
    from tests.hub.repositories.conftest import texts

    services.update_contribution(account=bob, contribution=contribution, changes=texts({"b": "22"}), now=later())
    services.accept(contribution=contribution, actor=alice, now=later())
    release_files(later() + KEPT * 2)
    assert files(contribution) == 1
    assert usage(bob).used == 2


def test_what_waits_keeps_its_files(propose: Propose, later: Clock) -> None:
    contribution = propose()
    assert release_files(later() + KEPT * 2) == 0
    assert files(contribution) == 1


def test_the_audit_misses_no_released_files(
    private: Repository, propose: Propose, alice: Account, bob: Account, later: Clock
) -> None:
    add_maintainer(account=alice, repository=private, handle="bob")
    contribution = propose({"a": "secret"}, repository=private)
    leaves = SaltedLeaf.objects.count()
    services.withdraw(account=bob, contribution=contribution, now=later())
    release_files(later() + KEPT * 2)
    assert SaltedLeaf.objects.count() == leaves - 1
    assert list(stray_leaves()) == []
    entry = Entry.objects.prefetch_related("detail_groups").get(type="contribution.opened")
    assert list(proposed(to_view(entry))) == []


# --- own data ------------------------------------------------------------------------------------
def test_an_account_takes_its_contributions_and_comments_away(propose: Propose, bob: Account, later: Clock) -> None:
    contribution = propose()
    services.comment(account=bob, contribution=contribution, text="Hello.", now=later())
    found = export(bob)["contributions"]
    assert [each["title"] for each in found["opened"]] == ["One more cell"]
    assert [each["text"] for each in found["comments"]] == ["Hello."]


def test_erasing_an_account_destroys_its_words_and_nothing_else(
    propose: Propose, cells: Repository, alice: Account, bob: Account, later: Clock
) -> None:
    contribution = propose()
    services.update_contribution(account=bob, contribution=contribution, title="Other words", now=later())
    services.comment(account=bob, contribution=contribution, text="Hello.", now=later())
    services.withdraw(account=bob, contribution=contribution, reason="Wrong.", now=later())
    erase_account(bob, later())
    contribution.refresh_from_db()
    assert (contribution.title, contribution.reason, contribution.state) == ("", "", "withdrawn")
    assert selectors.comments(contribution).items[0].text == ""
    left = Details.objects.filter(entry__type__startswith="contribution.", body__isnull=False)
    assert not left.exists()
    assert selectors.authors_of(contribution)[0].bps == 10_000
