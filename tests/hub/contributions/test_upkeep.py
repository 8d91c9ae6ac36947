"""What goes by itself, and what goes with an account."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client

from hub.accounts.erasure import erase_account
from hub.accounts.models import Account
from hub.accounts.own_data import export
from hub.contributions import selectors, services
from hub.contributions.errors import TooLate
from hub.contributions.models import Contribution
from hub.contributions.recomputed import proposed
from hub.contributions.selectors import KEPT
from hub.contributions.upkeep import release_files
from hub.errors import HubError
from hub.repositories.models import FileChange, Repository, Revision, SaltedLeaf
from hub.repositories.recomputed import stray_leaves
from hub.repositories.services import add_maintainer, change_visibility, withdraw
from hub.uploads.models import Blob
from hub.uploads.selectors import usage
from hub.uploads.upkeep import SETTLED, sweep
from ledger.models import Details, Entry
from ledger.selectors import to_view
from tests.hub.contributions.conftest import Clock, Propose
from tests.hub.repositories.calling import caller
from tests.hub.repositories.conftest import Create, Publish

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
    with pytest.raises(TooLate):
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


def test_what_waited_in_a_withdrawn_repository_goes_thirty_days_later(
    propose: Propose, cells: Repository, alice: Account, bob: Account, later: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_OF_ACCOUNT", 2)
    open_one, asked = propose({"b": "12345"}), propose({"c": "123"})
    services.mark_asked(contribution=asked, actor=alice, now=later())
    ended = later()
    withdraw(account=alice, repository=cells, reason="error", now=ended)
    assert release_files(ended + KEPT) == 0
    assert release_files(ended + KEPT + timedelta(seconds=1)) == 2
    assert (files(open_one), files(asked), usage(bob).used) == (0, 0, 0)


def test_what_waits_in_a_withdrawn_repository_takes_no_place(
    propose: Propose, create: Create, cells: Repository, alice: Account, later: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_OF_ACCOUNT", 1)
    propose()
    withdraw(account=alice, repository=cells, reason="error", now=later())
    assert propose({"a": "1"}, repository=create("other")).state == "open"


@pytest.mark.parametrize("end", ["withdrawn", "private"])
def test_its_author_takes_it_back_also_where_he_may_not_read_any_more(
    client: Client, propose: Propose, cells: Repository, alice: Account, bob: Account, later: Clock, end: str
) -> None:
    over_api, on_page = propose({"a": "1"}), propose({"b": "1"}, title="One more")
    if end == "withdrawn":
        withdraw(account=alice, repository=cells, reason="error", now=later())
    else:
        change_visibility(account=alice, repository=cells, visibility="private", now=later())
    with pytest.raises(HubError):
        services.update_contribution(account=bob, contribution=on_page, title="x", now=later())
    assert caller(bob).post(f"/api/v1/contributions/{over_api.pk}/withdraw", {}).status_code == 204
    client.force_login(bob)
    address = f"/contribute/{on_page.pk}/withdraw"
    html = client.get("/me").content.decode()
    assert address in html and "One more" in html
    assert client.post(address)["Location"] == "/me"
    assert address not in client.get("/me").content.decode()
    assert set(Contribution.objects.values_list("state", flat=True)) == {"withdrawn"}


def test_others_take_nothing_back(client: Client, propose: Propose, charlie: Account) -> None:
    contribution = propose()
    client.force_login(charlie)
    assert client.post(f"/contribute/{contribution.pk}/withdraw").status_code == 403
    assert client.post(f"/contribute/{uuid.uuid4()}/withdraw").status_code == 404


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


# --- what is left to read ------------------------------------------------------------------------
def test_released_bytes_are_not_served_because_somebody_else_holds_them(
    client: Client, propose: Propose, create: Create, publish: Publish, alice: Account, bob: Account, later: Clock
) -> None:
    contribution = propose({"b": "12345"})
    publish(create("secret", visibility="private"), {"elsewhere": "12345"})
    commit = selectors.newest_proposal(contribution).revision.commit
    page, files_page = "/datasets/alice/cells/discussions/1", f"/datasets/alice/cells/tree/{commit}"
    address = f"/datasets/alice/cells/resolve/{commit}/b"
    assert client.get(address).status_code == 200
    assert f'href="{files_page}"' in client.get(page).content.decode()
    services.decline(contribution=contribution, actor=alice, reason="quality", now=later())
    release_files(later() + KEPT * 2)
    assert client.get(address).status_code == 410
    html = client.get(page).content.decode()
    assert "Their names, sizes and digests remain." in html
    assert files_page not in html
    # What is named there and stands in the repository anyway is served as before.
    assert client.get(files_page).status_code == 200
    assert client.get(f"/datasets/alice/cells/resolve/{commit}/notes.txt").status_code == 200


# --- own data ------------------------------------------------------------------------------------
def test_an_account_takes_its_contributions_and_comments_away(propose: Propose, bob: Account, later: Clock) -> None:
    contribution = propose()
    services.comment(account=bob, contribution=contribution, text="Hello.", now=later())
    found = export(bob)["contributions"]
    assert [each["title"] for each in found["opened"]] == ["One more cell"]
    assert [each["text"] for each in found["comments"]] == ["Hello."]
    assert found["shared"] == []


def test_an_author_takes_what_he_shares_in_away_too_but_not_another_s_words(propose: Propose, charlie: Account) -> None:
    contribution = propose(authors=[("bob", 6_000), ("charlie", 4_000)])
    propose({"b": "1"})
    found = export(charlie)["contributions"]
    assert found["opened"] == []
    (shared,) = found["shared"]
    assert (shared["id"], shared["number"], shared["authors"]) == (contribution.pk, 1, contribution.authors)
    assert not {"title", "reason"} & set(shared)


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
