"""Moderators are made by the operator, one logged act at a time."""

from datetime import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from hub.accounts.models import Account
from hub.accounts.moderators import grant_moderator, revoke_moderator
from hub.errors import Conflict, Invalid
from ledger import selectors as ledger

pytestmark = pytest.mark.django_db


def _types(account: Account) -> list[tuple[str, str]]:
    return [(entry.type, entry.actor) for entry in ledger.entries_with_subject(account.actor)]


def test_a_grant_and_its_end_are_entries_of_the_hub(alice: Account, now: datetime) -> None:
    grant_moderator(account=alice, now=now)
    assert Account.objects.get(pk=alice.pk).moderator
    revoke_moderator(account=alice, now=now)
    assert not Account.objects.get(pk=alice.pk).moderator
    assert _types(alice)[1:] == [("moderator.granted", "sys:hub"), ("moderator.revoked", "sys:hub")]


def test_the_same_grant_twice_is_refused(alice: Account, now: datetime) -> None:
    grant_moderator(account=alice, now=now)
    with pytest.raises(Conflict):
        grant_moderator(account=alice, now=now)
    revoke_moderator(account=alice, now=now)
    with pytest.raises(Conflict):
        revoke_moderator(account=alice, now=now)


@pytest.mark.parametrize("changed", [{"kind": "organisation"}, {"is_active": False}])
def test_only_a_person_with_an_open_account_can_be_one(
    alice: Account, now: datetime, changed: dict[str, object]
) -> None:
    Account.objects.filter(pk=alice.pk).update(**changed)
    with pytest.raises(Invalid):
        grant_moderator(account=alice, now=now)


def test_the_command_line_grants_and_revokes(alice: Account) -> None:
    said = StringIO()
    call_command("grant_moderator", "Alice", stdout=said)
    call_command("revoke_moderator", "alice", stdout=said)
    assert said.getvalue().splitlines() == ["alice is a moderator now.", "alice is no moderator any more."]


@pytest.mark.parametrize("command", ["grant_moderator", "revoke_moderator"])
def test_the_command_line_says_in_words_what_is_wrong(alice: Account, command: str) -> None:
    with pytest.raises(CommandError, match="Nobody here"):
        call_command(command, "nobody-at-all")


def test_the_command_line_refuses_to_revoke_from_a_member(alice: Account) -> None:
    with pytest.raises(CommandError, match="no moderator"):
        call_command("revoke_moderator", "alice")
