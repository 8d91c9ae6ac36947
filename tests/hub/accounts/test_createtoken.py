"""`manage.py createtoken`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from hub.accounts.erasure import erase_account
from hub.accounts.models import Account
from hub.accounts.services import authenticate_token

pytestmark = pytest.mark.django_db


def _created(*arguments: str) -> str:
    out = StringIO()
    call_command("createtoken", *arguments, stdout=out)
    return out.getvalue()


def test_it_prints_a_token_of_the_account_and_nothing_else(alice: Account) -> None:
    printed = _created("Alice")
    assert printed.count("\n") == 1
    assert authenticate_token(printed.strip(), timezone.now()) == (alice, "write")


def test_it_takes_scope_and_days(alice: Account) -> None:
    printed = _created("alice", "--scope", "read", "--days", "1", "--name", "ci")
    assert authenticate_token(printed.strip(), timezone.now()) == (alice, "read")
    assert alice.tokens.get().expires is not None


@pytest.mark.parametrize("arguments", [("nobody",), ("alice", "--days", "-1"), ("alice", "--name", "")])
def test_what_it_cannot_do_it_says_in_a_sentence(alice: Account, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        _created(*arguments)


def test_a_closed_account_gets_no_token(alice: Account) -> None:
    erase_account(alice, timezone.now())
    with pytest.raises(CommandError, match="closed"):
        _created(alice.username)
