"""People: their page lists what they caused, their own says what it waits for, and one who is erased is only called so."""

from datetime import datetime

import pytest
from django.test import Client

from hub.accounts.erasure import erase_account
from hub.accounts.models import Account
from hub.explore.header import facts
from hub.explore.lookup import look_up
from hub.explore.origins import origins
from hub.repositories.models import Repository
from tests.hub.explore.conftest import publish_log
from tests.ledger.conftest import Ledger

MODEL = "/alice/cells-linear"


def _page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


@pytest.fixture
def erased_owner(final_model: Repository, owner: Account, now: datetime) -> Account:
    erase_account(owner, now=now)
    owner.refresh_from_db()
    return owner


def test_a_person_s_page_lists_what_they_published(client: Client, final_model: Repository) -> None:
    page = _page(client, "/people/alice")
    assert "revision 2" in page
    assert "cells-linear" in page


def test_one_s_own_entries_say_what_they_wait_for(
    client: Client, ledger: Ledger, model: Repository, owner: Account
) -> None:
    client.force_login(owner)
    publish_log(ledger)
    assert "waiting for the anchor" in _page(client, "/me")
    ledger.anchor_to_the_end()
    assert "waiting for the anchor" not in _page(client, "/me")


def test_an_erased_person_has_no_page_and_no_name(client: Client, erased_owner: Account) -> None:
    assert client.get(f"/people/{erased_owner.username}").status_code == 410
    assert look_up(erased_owner.username, None).kind != "person"


@pytest.mark.parametrize("path", ["", "/history", "/lineage", "/tree/main", "/commits/main", "/commit/main"])
def test_what_an_erased_person_left_is_called_theirs_without_a_link(
    client: Client, erased_owner: Account, path: str
) -> None:
    page = _page(client, f"/{erased_owner.username}/cells-linear{path}")
    assert "an erased account" in page
    assert f"/people/{erased_owner.username}" not in page


def test_lists_and_drawings_call_an_erased_person_so(client: Client, erased_owner: Account) -> None:
    assert "an erased account" in _page(client, "/models")
    left = Repository.objects.select_related("head", "owner").get()
    assert "an erased account" in str(facts(left)[0].detail)
    assert left.head is not None
    assert {node.kind for node in origins(left.head, None).nodes} == {"an erased account"}


@pytest.mark.parametrize("path", ["edit", "upload", "settings"])
def test_a_page_to_work_on_has_one_filled_button(
    client: Client, final_model: Repository, owner: Account, path: str
) -> None:
    client.force_login(owner)
    assert "Check it yourself" not in _page(client, f"{MODEL}/{path}")
    assert "Check it yourself" in _page(client, MODEL)
