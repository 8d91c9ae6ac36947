"""The settings pages."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from django.utils.translation import gettext, override

from hub.accounts.models import Account
from hub.accounts.services import authenticate_token, create_token
from web.preferences import THEME_COOKIE

pytestmark = pytest.mark.django_db
SignIn = Callable[[Account], Client]
PAGES = ["profile", "display", "tokens", "security", "data", "erase"]


@pytest.mark.parametrize("page", ["", *(f"/{name}" for name in PAGES), "/data/export"])
def test_settings_are_for_those_who_signed_in(client: Client, page: str) -> None:
    answer = client.get(f"/settings{page}")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("language", ["en", "ja", "zh-hans"])
@pytest.mark.parametrize("page", PAGES)
def test_each_page_opens_with_one_heading_and_is_not_cached(
    alice: Account, browser: SignIn, page: str, language: str
) -> None:
    answer = browser(alice).get(f"/settings/{page}", headers={"accept-language": language})
    html = answer.content.decode()
    assert answer.status_code == 200
    assert html.count("<h1>") == 1
    assert " style=" not in html
    assert "no-store" in answer["Cache-Control"]


def test_the_first_settings_page_is_the_profile(alice: Account, browser: SignIn) -> None:
    assert browser(alice).get("/settings")["Location"] == "/settings/profile"


def test_the_profile_is_saved(alice: Account, browser: SignIn) -> None:
    answer = browser(alice).post("/settings/profile", {"display_name": "Alice A.", "bio": "Measures."})
    assert answer.status_code == 302
    alice.refresh_from_db()
    assert (alice.display_name, alice.bio) == ("Alice A.", "Measures.")


def test_a_profile_that_is_too_long_stays_in_the_form(alice: Account, browser: SignIn) -> None:
    answer = browser(alice).post("/settings/profile", {"display_name": "x" * 81, "bio": "kept"})
    assert answer.status_code == 422
    assert "kept" in answer.content.decode()
    assert answer.context["form"].errors["display_name"]


def test_language_and_colours_are_kept_in_the_account_and_on_this_device(alice: Account, browser: SignIn) -> None:
    signed_in = browser(alice)
    signed_in.post("/settings/display", {"language": "ja", "theme": "dark"})
    alice.refresh_from_db()
    assert (alice.language, alice.theme, alice.key_shortcuts) == ("ja", "dark", False)
    assert signed_in.cookies[settings.LANGUAGE_COOKIE_NAME].value == "ja"
    html = signed_in.get("/settings/display").content.decode()
    assert '<html lang="ja" data-theme="dark" data-keys="off">' in html
    signed_in.post("/settings/display", {"language": "auto", "theme": "auto", "key_shortcuts": "on"})
    assert signed_in.cookies[settings.LANGUAGE_COOKIE_NAME].value == ""
    assert signed_in.cookies[THEME_COOKIE].value == "auto"
    assert signed_in.post("/settings/display", {"language": "tlh", "theme": "auto"}).status_code == 422


def test_a_saved_choice_is_confirmed_in_the_language_chosen(alice: Account, browser: SignIn) -> None:
    def saved(language: str) -> str:
        form = {"language": language, "theme": "auto"}
        return browser(alice).post("/settings/display", form, follow=True, headers={"accept-language": "zh-hans"}).text

    assert "Your choice is saved." in saved("en")
    for language, chosen in (("ja", "ja"), ("auto", "zh-hans")):
        with override(chosen):
            words = gettext("Your choice is saved.")
        assert words != "Your choice is saved."
        assert words in saved(language)


NEW_TOKEN = {"name": "laptop", "scope": "write", "days": "30"}


def test_a_new_token_is_shown_once(alice: Account, browser: SignIn) -> None:
    signed_in = browser(alice)
    answer = signed_in.post("/settings/tokens", NEW_TOKEN, follow=True)
    token = answer.context["created"]
    assert token in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert authenticate_token(token, timezone.now()) == (alice, "write")
    assert authenticate_token(token, timezone.now() + timedelta(days=31)) is None
    page = signed_in.get("/settings/tokens").content.decode()
    assert token not in page and token[:12] in page and "laptop" in page


def test_the_page_with_a_new_token_may_be_loaded_again_without_making_another(alice: Account, browser: SignIn) -> None:
    answer = browser(alice).post("/settings/tokens", NEW_TOKEN)
    assert (answer.status_code, answer["Location"]) == (302, "/settings/tokens")
    assert alice.tokens.count() == 1


def test_a_new_token_travels_in_a_cookie_of_that_page_and_opens_for_its_account_alone(
    alice: Account, bob: Account, browser: SignIn
) -> None:
    signed_in = browser(alice)
    signed_in.post("/settings/tokens", NEW_TOKEN)
    carried = signed_in.cookies["akashi_new_token"]
    assert (carried["path"], carried["httponly"], carried["samesite"]) == ("/settings/tokens", True, "Strict")
    assert browser(bob).get("/settings/tokens").context["created"] == ""


def test_a_token_without_a_name_is_refused_beside_the_field(alice: Account, browser: SignIn) -> None:
    answer = browser(alice).post("/settings/tokens", {"name": " ", "scope": "write", "days": "0"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["name"]
    assert not alice.tokens.exists()


def test_a_token_is_revoked_by_its_owner_alone(alice: Account, bob: Account, browser: SignIn) -> None:
    token, plaintext = create_token(alice, "laptop", "read", timezone.now())
    address = f"/settings/tokens/{token.pk}/revoke"
    assert browser(bob).post(address).status_code == 404
    assert authenticate_token(plaintext, timezone.now())
    assert browser(alice).get(address).status_code == 405
    assert browser(alice).post(address).status_code == 302
    assert authenticate_token(plaintext, timezone.now()) is None


def test_names_are_escaped(alice: Account, browser: SignIn) -> None:
    create_token(alice, "<script>alert(1)</script>", "read", timezone.now())
    assert "<script>alert" not in browser(alice).get("/settings/tokens").content.decode()
