"""What the accounts' tables must hold, according to the log. Pure; the audit compares it with what they do hold."""

from collections.abc import Mapping
from typing import Any

from hub.accounts.reserved import tombstone
from ledger.expecting import ExpectedRow, SpokenFor
from ledger.records import EntryView

TABLE = "accounts.Account"
# A person's account that no registration speaks of was not made by a service.
PEOPLE = SpokenFor(TABLE, [("pseudonym",)], [("acct:", "pseudonym")], ["account.registered"], {"kind": "person"})


def account_registered(entry: EntryView, details: Mapping[str, Mapping[str, Any]]) -> list[ExpectedRow]:
    """The account exists since then, is a person's, is not erased, has the handle it took, and may nothing special."""
    nothing = {"erased": None, "hub_reviewer": False, "moderator": False}
    columns: dict[str, Any] = {"kind": "person", "date_joined": entry.time, **nothing}
    if "handle" in details:
        columns["username"] = details["handle"]["handle"]
    return [_row(entry, columns)]


def account_erased(entry: EntryView, details: Mapping[str, Mapping[str, Any]]) -> list[ExpectedRow]:
    """The account is closed and everything personal is gone from it."""
    gone = {
        "email": "",
        "display_name": "",
        "bio": "",
        "language": "",
        "theme": "",
        "is_active": False,
        "hub_reviewer": False,
        "moderator": False,
        "last_login": None,
    }
    return [_row(entry, {"username": tombstone(_pseudonym(entry)), "erased": entry.time, **gone})]


def reviewer_granted(entry: EntryView, details: Mapping[str, Mapping[str, Any]]) -> list[ExpectedRow]:
    return [_row(entry, {"hub_reviewer": True})]


def reviewer_revoked(entry: EntryView, details: Mapping[str, Mapping[str, Any]]) -> list[ExpectedRow]:
    return [_row(entry, {"hub_reviewer": False})]


def moderator_granted(entry: EntryView, details: Mapping[str, Mapping[str, Any]]) -> list[ExpectedRow]:
    return [_row(entry, {"moderator": True})]


def moderator_revoked(entry: EntryView, details: Mapping[str, Mapping[str, Any]]) -> list[ExpectedRow]:
    return [_row(entry, {"moderator": False})]


def _pseudonym(entry: EntryView) -> str:
    return entry.subject.removeprefix("acct:")


def _row(entry: EntryView, columns: dict[str, Any]) -> ExpectedRow:
    return ExpectedRow(table=TABLE, key={"pseudonym": _pseudonym(entry)}, columns=columns)
