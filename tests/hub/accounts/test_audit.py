"""The audit of accounts: every column that the log speaks about, changed behind its back, is found."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hub.accounts import expected
from hub.accounts.erasure import erase_account
from hub.accounts.models import Account
from hub.accounts.reviewers import grant_reviewer, revoke_reviewer
from ledger import selectors as ledger
from ledger.comparing import Comparison
from ledger.sequencer import sequence
from ledger.services import create_log
from tests.hub.factories import make_account

pytestmark = pytest.mark.django_db
LATER = datetime(2026, 12, 1, 8, tzinfo=UTC)
OTHER: dict[str, Any] = {
    "kind": "organisation",
    "date_joined": LATER,
    "erased": datetime(2027, 1, 1, tzinfo=UTC),
    "username": "mallory",
    "email": "a@example.org",
    "display_name": "Alice",
    "bio": "Knows things.",
    "language": "ja",
    "theme": "dark",
    "is_active": True,
    "hub_reviewer": True,
    "moderator": True,
    "last_login": LATER,
}
REGISTERED = ("kind", "date_joined", "erased", "hub_reviewer", "moderator", "username")
ERASED = (
    "username", "erased", "email", "display_name", "bio", "language", "theme", "is_active", "hub_reviewer", "moderator",
    "last_login",
)  # fmt: skip


def _differing(account: Account) -> set[str]:
    create_log(LATER)
    sequence()
    found = Comparison().compare(list(ledger.entries_with_subject(account.actor)))
    assert all(difference.slot[0] == expected.TABLE for difference in found)
    return {difference.slot[2] for difference in found}


def test_a_true_account_agrees_with_the_log() -> None:
    alice = make_account("alice")
    assert _differing(alice) == set()
    erase_account(alice, LATER)
    assert _differing(alice) == set()


def test_the_lists_of_columns_below_are_complete() -> None:
    alice = make_account("alice")
    erase_account(alice, LATER)
    registered, erased = ledger.entries_with_subject(alice.actor)
    handle = {"handle": {"handle": "alice"}}
    assert set(expected.account_registered(registered, handle)[0].columns) == set(REGISTERED)
    assert set(expected.account_erased(erased, {})[0].columns) == set(ERASED)


@pytest.mark.parametrize("column", REGISTERED)
def test_each_column_of_a_registered_account_is_watched(column: str) -> None:
    alice = make_account("alice")
    Account.objects.filter(pk=alice.pk).update(**{column: OTHER[column]})
    assert _differing(alice) == {column}


@pytest.mark.parametrize("column", (*ERASED, "kind", "date_joined"))
def test_each_column_of_an_erased_account_is_watched(column: str) -> None:
    alice = make_account("alice")
    erase_account(alice, LATER)
    Account.objects.filter(pk=alice.pk).update(**{column: OTHER[column]})
    assert _differing(alice) == {column}


def test_an_account_that_vanished_or_changed_its_pseudonym_is_missed() -> None:
    alice = make_account("alice")
    Account.objects.filter(pk=alice.pk).update(pseudonym="f" * 32)
    assert _differing(alice) == {""}
    Account.objects.filter(pk=alice.pk).delete()
    assert _differing(alice) == {""}


@pytest.mark.parametrize("granted", [True, False])
def test_only_the_log_makes_somebody_a_hub_reviewer(granted: bool) -> None:
    alice = make_account("alice")
    grant_reviewer(account=alice, now=LATER)
    if not granted:
        revoke_reviewer(account=alice, now=LATER)
    assert _differing(alice) == set()
    Account.objects.filter(pk=alice.pk).update(hub_reviewer=not granted)
    assert _differing(alice) == {"hub_reviewer"}


def test_an_erased_account_is_no_hub_reviewer_any_more() -> None:
    alice = make_account("alice")
    grant_reviewer(account=alice, now=LATER)
    erase_account(alice, LATER)
    assert _differing(alice) == set()


def test_what_the_log_does_not_speak_about_may_change() -> None:
    alice = make_account("alice")
    Account.objects.filter(pk=alice.pk).update(bio="Hello.", theme="dark", email="a@example.org")
    assert _differing(alice) == set()
