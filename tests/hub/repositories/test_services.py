"""Making repositories and changing their settings, each with its entry, each by those who may."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from hub.accounts.erasure import erase_account, export_account
from hub.accounts.models import Account, Membership
from hub.errors import Conflict, HubError, Invalid, NotAllowed, NotFound
from hub.repositories import selectors
from hub.repositories.errors import RepositoryNotFound, Withdrawn
from hub.repositories.models import Maintainer, Repository, Revision
from hub.repositories.rules import name_fits
from hub.repositories.services import (
    add_maintainer,
    change_visibility,
    create_repository,
    edit_card,
    remove_maintainer,
    rename,
    withdraw,
)
from ledger.models import Details, Entry
from tests.hub.factories import make_account
from tests.hub.repositories.conftest import CARD, Create, Publish

pytestmark = pytest.mark.django_db


def newest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bytes(Entry.objects.latest("id").body))
    return found


# --- making --------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["a", "cells", "Qwen2.5-0.5B", "x_y", "_x", "0", "a" * 96])
def test_names_of_the_hugging_face_hub_are_taken(name: str) -> None:
    assert name_fits(name)


@pytest.mark.parametrize(
    "name", ["", "-a", "a-", ".a", "a.", "a--b", "a..b", "a/b", "a b", "x.git", "x.GIT", "é", "a" * 97]
)
def test_names_that_its_clients_refuse_are_refused(name: str) -> None:
    assert not name_fits(name)


def test_making_a_repository_records_it_without_its_name(create: Create, alice: Account) -> None:
    repository = create()
    body = json.loads(bytes(repository.entry.body))
    assert (body["type"], body["subject"]) == ("repository.created", f"repo:{repository.pk}")
    assert body["data"] == {"kind": "dataset", "visibility": "public", "owner": alice.actor}
    assert b"cells" not in bytes(repository.entry.body)
    assert json.loads(bytes(Details.objects.get(entry=repository.entry).body or b"")) == {"name": "cells"}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "a b"}, "name"),
        ({"kind": "space"}, "kind"),
        ({"visibility": "gated"}, "visibility"),
        ({"visibility": "secret"}, "visibility"),
        ({"card": "---\nlicense: [\n---\n"}, "card"),
    ],
)
def test_a_repository_that_cannot_be_is_refused_at_its_field(create: Create, given: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        create(**given)
    assert refused.value.field == field
    assert not Repository.objects.exists()
    assert not Entry.objects.filter(type="repository.created").exists()


def test_a_name_is_taken_in_every_spelling_of_case_but_once_for_each_kind(create: Create, bob: Account) -> None:
    create("Cells")
    with pytest.raises(Conflict):
        create("cells")
    assert create("cells", kind="model").name == "cells"
    assert create("cells", account=bob).owner == bob


def test_only_its_people_create_in_the_name_of_an_organisation(create: Create, alice: Account, bob: Account) -> None:
    lab = make_account("lab")
    lab.kind = "organisation"
    lab.save()
    with pytest.raises(NotAllowed):
        create(owner=lab)
    Membership.objects.create(organisation=lab, person=alice, role="owner")
    Membership.objects.create(organisation=lab, person=bob, role="member")
    repository = create("ours", owner=lab, visibility="private")
    assert repository.owner == lab
    assert selectors.role_of(alice, repository) is selectors.Role.OWNER
    assert selectors.role_of(bob, repository) is selectors.Role.READER
    assert selectors.visible_repository(bob, "dataset", "lab", "ours") == repository
    with pytest.raises(NotAllowed):
        edit_card(account=bob, repository=repository, text="# x", message="", now=repository.created)


@pytest.mark.parametrize(("role", "changes"), [("owner", True), ("maintainer", False)])
def test_an_organisations_maintainers_create_too_but_only_its_owners_change_settings(
    create: Create, alice: Account, now: datetime, role: str, changes: bool
) -> None:
    lab = make_account("lab")
    lab.kind = "organisation"
    lab.save()
    Membership.objects.create(organisation=lab, person=alice, role=role)
    assert selectors.owners_for(alice) == [alice, lab]
    repository = create("ours", owner=lab)
    assert selectors.may_publish(alice, repository)
    assert selectors.may_change(alice, repository) is changes


# --- the card ------------------------------------------------------------------------------------
def test_a_card_is_edited_by_field_and_the_rest_stays(dataset: Repository, alice: Account, now: datetime) -> None:
    edited = edit_card(
        account=alice, repository=dataset, text=CARD, message="Clearer terms.", now=now, fields={"license": "MIT"}
    )
    text = selectors.read_text(selectors.file_at(edited, "README.md"), 10_000)
    assert text == CARD.replace("cc-by-4.0", "MIT")
    dataset.refresh_from_db()
    assert (edited.kind, edited.licence, dataset.licence) == ("documentation", "MIT", "MIT")


def test_line_ends_of_a_form_do_not_get_into_a_card(dataset: Repository, alice: Account, now: datetime) -> None:
    edited = edit_card(account=alice, repository=dataset, text="# a\r\n\r\nb\r\n", message="", now=now)
    assert selectors.read_bytes(selectors.file_at(edited, "README.md"), 99) == b"# a\n\nb\n"


# --- settings ------------------------------------------------------------------------------------
def test_a_private_repository_is_not_there_for_others(private: Repository, alice: Account, bob: Account) -> None:
    assert selectors.visible_repository(alice, "dataset", "alice", "secret") == private
    for viewer in (bob, None):
        with pytest.raises(RepositoryNotFound) as hidden:
            selectors.visible_repository(viewer, "dataset", "alice", "secret")
        with pytest.raises(RepositoryNotFound) as absent:
            selectors.visible_repository(viewer, "dataset", "alice", "nothing")
        assert str(hidden.value) == str(absent.value)


def test_becoming_public_publishes_the_salt(private: Repository, alice: Account, now: datetime) -> None:
    change_visibility(account=alice, repository=private, visibility="public", now=now)
    assert newest()["data"] == {"visibility": "public", "salt": bytes(private.salt).hex()}
    assert selectors.visible_repository(None, "dataset", "alice", "secret") == private
    change_visibility(account=alice, repository=private, visibility="private", now=now)
    assert newest()["data"] == {"visibility": "private"}
    with pytest.raises(Conflict):
        change_visibility(account=alice, repository=private, visibility="private", now=now)


def test_a_new_name_is_a_detail_of_its_entry(
    dataset: Repository, create: Create, alice: Account, now: datetime
) -> None:
    rename(account=alice, repository=dataset, name="cell-samples", now=now)
    assert newest()["data"] == {}
    assert selectors.visible_repository(None, "dataset", "ALICE", "Cell-Samples") == dataset
    with pytest.raises(NotFound):
        selectors.visible_repository(None, "dataset", "alice", "cells")
    assert [found.pk for found in selectors.search("dataset", "cell samples", viewer=None).items] == [dataset.pk]
    create("cells")
    with pytest.raises(Conflict):
        rename(account=alice, repository=dataset, name="CELLS", now=now)
    rename(account=alice, repository=dataset, name="Cell-Samples", now=now)


def test_a_withdrawn_repository_is_gone_for_everybody(dataset: Repository, alice: Account, now: datetime) -> None:
    withdraw(account=alice, repository=dataset, reason="personal_data", now=now)
    assert newest()["data"] == {"reason": "personal_data"}
    for viewer in (alice, None):
        with pytest.raises(Withdrawn):
            selectors.visible_repository(viewer, "dataset", "alice", "cells")
        assert selectors.search("dataset", viewer=viewer).items == []
    with pytest.raises(Withdrawn):
        edit_card(account=alice, repository=dataset, text="# x", message="", now=now)
    assert Revision.objects.filter(repository=dataset).exists()


def test_a_withdrawn_private_repository_was_never_there_for_others(
    private: Repository, alice: Account, bob: Account, now: datetime
) -> None:
    withdraw(account=alice, repository=private, reason="error", now=now)
    with pytest.raises(RepositoryNotFound):
        selectors.visible_repository(bob, "dataset", "alice", "secret")


def test_maintainers_publish_but_do_not_change_settings(
    private: Repository, publish: Publish, alice: Account, bob: Account, now: datetime
) -> None:
    add_maintainer(account=alice, repository=private, handle=" BOB ")
    add_maintainer(account=alice, repository=private, handle="bob")
    assert selectors.visible_repository(bob, "dataset", "alice", "secret") == private
    assert publish(private, {"a": "1"}, account=bob).author == bob
    with pytest.raises(NotAllowed):
        rename(account=bob, repository=private, name="mine", now=now)
    with pytest.raises(NotAllowed):
        remove_maintainer(account=bob, repository=private, handle="alice")
    remove_maintainer(account=bob, repository=private, handle="bob")
    assert not Maintainer.objects.exists()


@pytest.mark.parametrize("handle", ["alice", "nobody", "", "lab"])
def test_only_other_people_can_be_made_maintainers(dataset: Repository, alice: Account, handle: str) -> None:
    lab = make_account("lab")
    lab.kind = "organisation"
    lab.save()
    with pytest.raises(Invalid) as refused:
        add_maintainer(account=alice, repository=dataset, handle=handle)
    assert refused.value.field == "handle"


SETTINGS: list[Callable[[Account, Repository, datetime], object]] = [
    lambda account, found, now: change_visibility(account=account, repository=found, visibility="private", now=now),
    lambda account, found, now: rename(account=account, repository=found, name="stolen", now=now),
    lambda account, found, now: withdraw(account=account, repository=found, reason="other", now=now),
    lambda account, found, now: add_maintainer(account=account, repository=found, handle="charlie"),
]


@pytest.mark.parametrize("act", SETTINGS)
def test_outsiders_change_nothing(
    dataset: Repository, charlie: Account, now: datetime, act: Callable[[Account, Repository, datetime], object]
) -> None:
    before = Entry.objects.count()
    with pytest.raises(HubError):
        act(charlie, dataset, now)
    assert Entry.objects.count() == before


# --- people --------------------------------------------------------------------------------------
def test_the_hourly_limit_on_entries_holds_for_revisions(settings: Any, dataset: Repository, publish: Publish) -> None:
    settings.ENTRIES_PER_HOUR = 4
    publish(dataset, {"a": "1"})
    with pytest.raises(HubError) as refused:
        publish(dataset, {"a": "2"})
    assert "hour" in str(refused.value)
    assert Revision.objects.count() == 2


def test_an_account_takes_its_repositories_away_with_it_as_data(
    dataset: Repository, publish: Publish, alice: Account
) -> None:
    publish(dataset, {"a": "1"}, message="Why not.")
    found = export_account(alice)["repositories"]
    assert [row["name"] for row in found["owned"]] == ["cells"]
    assert [row["message"] for row in found["revisions"]] == ["", "Why not."]


def test_erasing_an_account_erases_its_reasons_and_keeps_its_work(
    dataset: Repository, publish: Publish, alice: Account, now: datetime
) -> None:
    published = publish(dataset, {"a": "1"}, message="My private reason.")
    erase_account(alice, now)
    published.refresh_from_db()
    assert published.message == ""
    assert Details.objects.get(entry=published.entry, group="message").body is None
    assert selectors.file_at(published, "a").size == 1


def test_creating_by_name_needs_an_account_of_ones_own(alice: Account, bob: Account, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        create_repository(account=alice, owner=bob, kind="model", name="x", visibility="public", card="# x", now=now)
