"""`/api/v1/accounts/…` and `/api/v1/people/…`."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hub.accounts.erasure import erase_account
from hub.accounts.models import Account
from hub.accounts.services import authenticate_token, create_token
from tests.hub.factories import make_token

pytestmark = pytest.mark.django_db
ME, TOKENS = "/api/v1/accounts/me", "/api/v1/accounts/me/tokens"
JSON = "application/json"


def bearer(account: Account, scope: str = "write") -> dict[str, Any]:
    return {"headers": {"authorization": f"Bearer {make_token(account, scope, now=timezone.now())}"}}


def test_me_is_who_the_token_belongs_to(client: Client, alice: Account) -> None:
    found = client.get(ME, **bearer(alice, "read")).json()
    assert (found["handle"], found["pseudonym"], found["token_scope"]) == ("alice", alice.pseudonym, "read")
    assert found["url"] == "/people/alice"


def test_me_by_session_has_no_token_scope(alice: Account, browser: Callable[[Account], Client]) -> None:
    assert browser(alice).get(ME).json()["token_scope"] is None


@pytest.mark.parametrize("header", ["Bearer akashi_wrong", "Bearer", "Bearer \x00"])
def test_a_wrong_token_is_401_with_the_way_to_authenticate(client: Client, header: str) -> None:
    answer = client.get(ME, headers={"authorization": header})
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_without_a_token_there_is_no_me(client: Client) -> None:
    assert client.get(ME).status_code == 401
    assert client.get(TOKENS).status_code == 401


def test_a_read_token_changes_nothing(client: Client, alice: Account) -> None:
    answer = client.patch(ME, {"bio": "x"}, content_type=JSON, **bearer(alice, "read"))
    assert answer.status_code == 403
    alice.refresh_from_db()
    assert alice.bio == ""


def test_a_write_token_changes_only_what_is_named(client: Client, alice: Account) -> None:
    Account.objects.update(bio="Old.", theme="dark")
    answer = client.patch(ME, {"display_name": "Alice A."}, content_type=JSON, **bearer(alice))
    assert answer.status_code == 200
    alice.refresh_from_db()
    assert (alice.display_name, alice.bio, alice.theme) == ("Alice A.", "Old.", "dark")


@pytest.mark.parametrize(
    "change", [{"language": "tlh"}, {"theme": "sepia"}, {"bio": "x" * 281}, {"bio": None}, {"bio": []}]
)
def test_a_change_that_cannot_be_names_its_field(client: Client, alice: Account, change: dict[str, Any]) -> None:
    answer = client.patch(ME, change, content_type=JSON, **bearer(alice))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(change)


def test_tokens_are_made_in_a_session_and_shown_once(alice: Account, browser: Callable[[Account], Client]) -> None:
    signed_in = browser(alice)
    answer = signed_in.post(TOKENS, {"name": "ci", "scope": "write"}, content_type=JSON)
    assert answer.status_code == 201
    made = answer.json()
    assert authenticate_token(made["token"], timezone.now()) == (alice, "write")
    (listed,) = signed_in.get(TOKENS).json()["results"]
    assert listed["id"] == made["id"] and "token" not in listed


def test_a_token_makes_no_tokens(client: Client, alice: Account) -> None:
    assert client.post(TOKENS, {"name": "ci"}, content_type=JSON, **bearer(alice)).status_code == 403


def test_tokens_are_revoked(client: Client, alice: Account, bob: Account) -> None:
    token, plaintext = create_token(alice, "laptop", "read", timezone.now())
    assert client.delete(f"{TOKENS}/{token.pk}", **bearer(bob)).status_code == 404
    assert client.delete(f"{TOKENS}/{token.pk}", **bearer(alice)).status_code == 204
    assert authenticate_token(plaintext, timezone.now()) is None
    assert client.delete(f"{TOKENS}/{10**30}", **bearer(alice)).status_code in {400, 404}


def test_a_person_is_public_without_the_private_part(client: Client, alice: Account) -> None:
    Account.objects.update(email="alice@example.org")
    found = client.get("/api/v1/people/ALICE").json()
    assert set(found) == {"handle", "kind", "display_name", "bio", "pseudonym", "registered", "url"}


@pytest.mark.parametrize("name", ["nobody", "a%00b", "%E3%82%A2", "x" * 3000])
def test_nobody_is_404_or_400(client: Client, name: str) -> None:
    assert client.get(f"/api/v1/people/{name}").status_code in {400, 404}


def test_an_erased_person_is_gone(client: Client, alice: Account) -> None:
    erase_account(alice, timezone.now())
    assert client.get(f"/api/v1/people/{alice.username}").status_code == 410
    assert client.get("/api/v1/people/alice").status_code == 404
