"""Accounts, tokens and preferences, through the services."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub.accounts import selectors
from hub.accounts.models import Account, ApiToken
from hub.accounts.services import (
    LAST_USED_STEP,
    MOST_TOKENS,
    authenticate_token,
    change_preferences,
    change_profile,
    create_token,
    register_account,
    revoke_token,
)
from hub.errors import Conflict, Invalid, NotFound, TooManyEntries
from ledger import selectors as ledger
from tests.hub.factories import NOW, PASSWORD, make_account, make_token

pytestmark = pytest.mark.django_db


def test_registering_makes_an_account_and_exactly_one_entry() -> None:
    alice = register_account(handle="Alice", password=PASSWORD, now=NOW.replace(microsecond=412_999))
    (entry,) = ledger.entries_by_actor(alice.actor)
    assert (entry.type, entry.subject, entry.data) == ("account.registered", alice.actor, {})
    assert entry.details == {"handle": {"handle": "Alice"}}
    assert entry.time == alice.date_joined == NOW


def test_an_entry_says_nothing_personal() -> None:
    alice = make_account("alice", email="alice@example.org")
    (entry,) = ledger.entries_by_actor(alice.actor)
    assert b"alice" not in entry.body
    assert b"example" not in entry.body


def test_handles_are_unique_in_any_case() -> None:
    make_account("Alice")
    with pytest.raises(Conflict):
        make_account("aLICE")
    assert Account.objects.count() == 1


def test_an_account_whose_entry_is_refused_does_not_exist(settings: object) -> None:
    settings.ENTRIES_PER_HOUR = 0  # type: ignore[attr-defined]
    with pytest.raises(TooManyEntries):
        make_account("alice")
    assert not Account.objects.exists()


def test_a_handle_that_is_refused_leaves_nothing_behind() -> None:
    with pytest.raises(Invalid):
        make_account("settings")
    assert not Account.objects.exists()


def test_pseudonyms_are_random() -> None:
    one, two = make_account(), make_account()
    assert one.pseudonym != two.pseudonym
    assert len(one.pseudonym) == 32


def test_accounts_are_found_in_any_case_of_their_handle() -> None:
    alice = make_account("Alice")
    assert selectors.account_by_handle("aLiCe") == alice
    assert selectors.account_by_pseudonym(alice.pseudonym) == alice
    for nobody in ("bob", "", "ali%", "\x00", "x" * 5000):
        with pytest.raises(NotFound):
            selectors.account_by_handle(nobody)


def test_handles_of_many_pseudonyms_cost_one_query() -> None:
    people = [make_account() for _ in range(5)]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = selectors.handles_of([person.pseudonym for person in people] + ["0" * 32])
    assert len(queries) == 1
    assert found == {person.pseudonym: person.username for person in people}


# --- tokens --------------------------------------------------------------------------------------
def test_a_token_opens_its_account_with_its_scope() -> None:
    alice = make_account("alice")
    assert authenticate_token(make_token(alice, "read"), NOW) == (alice, "read")
    assert authenticate_token(make_token(alice, "write"), NOW) == (alice, "write")


def test_only_the_digest_of_a_token_is_kept() -> None:
    token, plaintext = create_token(make_account("alice"), "laptop", "write", NOW)
    row = ApiToken.objects.filter(pk=token.pk).values().get()
    secret = plaintext.removeprefix("akashi_")
    assert len(secret) >= 43
    assert row["prefix"] == plaintext[:12]
    assert not any(secret in str(value) or secret[5:] in str(value) for value in row.values())


@pytest.mark.parametrize(
    "text", ["", "akashi_", "akashi_wrong", "Bearer", "\x00", "akashi_\udcff", "akashi_" + "a" * 100_000]
)
def test_another_text_opens_nothing(text: str) -> None:
    make_token(make_account("alice"))
    assert authenticate_token(text, NOW) is None


def test_a_revoked_token_opens_nothing() -> None:
    alice = make_account("alice")
    token, plaintext = create_token(alice, "laptop", "write", NOW)
    revoke_token(alice, token.pk, NOW)
    revoke_token(alice, token.pk, NOW + timedelta(days=1))
    assert authenticate_token(plaintext, NOW) is None
    token.refresh_from_db()
    assert token.revoked == NOW
    assert selectors.tokens_of(alice) == []


def test_nobody_revokes_another_s_token() -> None:
    token, plaintext = create_token(make_account("alice"), "laptop", "write", NOW)
    with pytest.raises(NotFound):
        revoke_token(make_account("bob"), token.pk, NOW)
    assert authenticate_token(plaintext, NOW)


def test_a_token_ends_at_its_time() -> None:
    _token, plaintext = create_token(make_account("alice"), "ci", "read", NOW, NOW + timedelta(days=1))
    assert authenticate_token(plaintext, NOW + timedelta(hours=23))
    assert authenticate_token(plaintext, NOW + timedelta(days=1)) is None


def test_a_closed_account_s_token_opens_nothing() -> None:
    alice = make_account("alice")
    plaintext = make_token(alice)
    Account.objects.update(is_active=False)
    assert authenticate_token(plaintext, NOW) is None


def test_last_use_is_written_at_most_once_a_minute() -> None:
    token, plaintext = create_token(make_account("alice"), "ci", "read", NOW)
    for later in (timedelta(0), LAST_USED_STEP, LAST_USED_STEP * 2):
        authenticate_token(plaintext, NOW + later)
    token.refresh_from_db()
    assert token.last_used == NOW + LAST_USED_STEP * 2
    with CaptureQueriesContext(connection) as queries:
        authenticate_token(plaintext, NOW + LAST_USED_STEP * 2)
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("name", "scope", "days", "field"),
    [
        ("", "read", 1, "name"),
        (" ", "read", 1, "name"),
        ("x" * 81, "read", 1, "name"),
        ("a\x00", "read", 1, "name"),
        ("ci", "admin", 1, "scope"),
        ("ci", "read", 0, "expires"),
    ],
)
def test_what_a_token_cannot_be_is_refused(name: str, scope: str, days: int, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        create_token(make_account("alice"), name, scope, NOW, NOW + timedelta(days=days))
    assert refused.value.field == field


def test_an_account_has_a_limited_number_of_tokens() -> None:
    alice = make_account("alice")
    first, _plaintext = create_token(alice, "first", "read", NOW)
    for _ in range(MOST_TOKENS - 1):
        make_token(alice, "read")
    with pytest.raises(Conflict, match="Revoke one first"):
        make_token(alice, "read")
    revoke_token(alice, first.pk, NOW)
    make_token(alice, "read")


# --- profile -------------------------------------------------------------------------------------
def test_profile_and_preferences_are_changed_without_an_entry() -> None:
    alice = make_account("alice")
    change_profile(alice, display_name=" Alice A. ", bio="Measures things.")
    change_preferences(alice, language="ja", theme="dark", key_shortcuts=False)
    alice.refresh_from_db()
    assert (alice.display_name, alice.bio) == ("Alice A.", "Measures things.")
    assert (alice.language, alice.theme, alice.key_shortcuts) == ("ja", "dark", False)
    assert len(list(ledger.entries_by_actor(alice.actor))) == 1


def test_preferences_that_the_site_does_not_have_are_refused() -> None:
    alice = make_account("alice")
    with pytest.raises(Invalid):
        change_preferences(alice, language="tlh", theme="", key_shortcuts=True)
    with pytest.raises(Invalid):
        change_preferences(alice, language="", theme="sepia", key_shortcuts=True)
    with pytest.raises(Invalid):
        change_profile(alice, display_name="x" * 81, bio="")
