"""Sign-up and sign-in as a browser does them."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from hub.accounts.models import Account
from ledger import selectors as ledger
from ledger.models import Entry
from tests.hub.factories import PASSWORD, make_account

pytestmark = pytest.mark.django_db

SIGN_UP, SIGN_IN = "/accounts/signup/", "/accounts/login/"


def sign_up(client: Client, handle: str = "alice", **more: str) -> Any:
    return client.post(SIGN_UP, {"username": handle, "password1": PASSWORD, **more})


def test_signing_up_makes_one_account_with_exactly_one_entry_and_signs_in(client: Client) -> None:
    answer = sign_up(client, email="Alice@Example.org")
    assert (answer.status_code, answer["Location"]) == (302, "/me")
    alice = Account.objects.get()
    (entry,) = ledger.entries_by_actor(alice.actor)
    assert entry.details == {"handle": {"handle": "alice"}}
    assert EmailAddress.objects.get().email == alice.email == "alice@example.org"
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_an_e_mail_address_is_not_asked_for_twice_nor_needed(client: Client) -> None:
    assert sign_up(client).status_code == 302
    assert Account.objects.get().email == ""
    assert not EmailAddress.objects.exists()


def test_when_the_entry_cannot_be_written_there_is_no_account(client: Client, settings: Any) -> None:
    settings.ENTRIES_PER_HOUR = 0
    assert sign_up(client, email="alice@example.org").status_code == 429
    assert not Account.objects.exists() and not EmailAddress.objects.exists() and not Entry.objects.exists()
    settings.ENTRIES_PER_HOUR = 10
    assert sign_up(client).status_code == 302


@pytest.mark.parametrize(
    ("handle", "words"),
    [
        ("settings", "kept for the site"),
        ("ALICE", "already has this handle"),
        ("al ice", "letters A to Z"),
        ("a", "at least 2"),
        ("x" * 40, "2 to 39"),
        ("", "required"),
    ],
)
def test_a_handle_that_cannot_be_given_is_explained_beside_the_field(client: Client, handle: str, words: str) -> None:
    make_account("Alice")
    answer = sign_up(client, handle)
    assert answer.status_code == 200
    assert words in " ".join(answer.context["form"].errors["username"])
    assert Account.objects.count() == Entry.objects.count() == 1


@pytest.mark.parametrize("password", ["short", "password123", "alice-alice", "1234567890"])
def test_a_weak_password_is_refused(client: Client, password: str) -> None:
    answer = client.post(SIGN_UP, {"username": "alice-alice", "password1": password})
    assert answer.context["form"].errors["password1"]
    assert not Account.objects.exists()


def test_a_taken_e_mail_address_is_refused(client: Client) -> None:
    sign_up(client, "alice", email="a@example.org")
    client.logout()
    answer = sign_up(client, "bob", email="A@example.org")
    assert answer.context["form"].errors["email"]
    assert Account.objects.count() == 1


def test_two_who_take_the_same_handle_at_once_get_one_account_and_one_page(client: Client, rf: Any) -> None:
    from hub.accounts.forms import SignupForm

    first, second = (SignupForm({"username": "alice", "password1": PASSWORD}) for _ in range(2))
    assert first.is_valid() and second.is_valid()
    request = rf.post(SIGN_UP)
    request.session, request.user = client.session, None
    account, _answer = first.try_save(request)
    nobody, answer = second.try_save(request)
    assert account is not None and nobody is None
    assert answer is not None and answer.status_code == 409
    assert "already has this handle" in str(second.errors["username"])
    assert Account.objects.count() == Entry.objects.count() == 1


def test_the_form_says_what_becomes_public_for_good(client: Client) -> None:
    page = client.get(SIGN_UP).content.decode()
    assert "the pseudonym’s entries" in page
    assert "for good" in page


@pytest.mark.parametrize("login", ["alice", "ALICE", "alice@example.org"])
def test_one_signs_in_by_handle_in_any_case_or_by_e_mail_address(client: Client, login: str) -> None:
    sign_up(client, email="alice@example.org")
    client.logout()
    assert client.post(SIGN_IN, {"login": login, "password": PASSWORD}).status_code == 302
    assert "_auth_user_id" in client.session


def test_after_five_wrong_passwords_even_the_right_one_must_wait(client: Client) -> None:
    make_account("alice")
    for _ in range(5):
        client.post(SIGN_IN, {"login": "alice", "password": "not the password"})
    answer = client.post(SIGN_IN, {"login": "alice", "password": PASSWORD})
    assert "Too many attempts" in str(answer.context["form"].errors)
    assert "_auth_user_id" not in client.session


def test_sign_up_without_a_csrf_token_is_refused() -> None:
    assert sign_up(Client(enforce_csrf_checks=True)).status_code == 403
    assert not Account.objects.exists()


def test_addresses_of_signing_in_are_reached_without_their_last_slash(client: Client) -> None:
    for address in ("/accounts/login", "/accounts/signup", "/accounts/password/reset"):
        answer = client.get(f"{address}?next=/me", follow=True)
        assert answer.redirect_chain == [(f"{address}/?next=/me", 301)]
        assert answer.status_code == 200
    assert client.get("/accounts/nothing", follow=True).status_code == 404
