"""What accounts are called on the ledger's pages, and which of their entries' details everybody may read."""

import re
from collections.abc import Collection, Sequence
from uuid import UUID

from hub import names
from hub.accounts.models import Account
from ledger.describing import Label, Viewer
from ledger.records import EntryView

PREFIX = "acct:"
_PSEUDONYM = re.compile(r"[0-9a-f]{32}")
# A handle and an organisation's name are public until they are erased.
PUBLIC_TYPES = frozenset({"account.registered", "organisation.created"})


def labels(subjects: Collection[str], viewer: Viewer) -> dict[str, Label]:
    """Handles, linked; the same neutral words for all erased accounts. One query."""
    pseudonyms = [subject.removeprefix(PREFIX) for subject in subjects]
    rows = Account.objects.filter(pseudonym__in=pseudonyms).values_list("pseudonym", "username", "erased")
    found = {
        PREFIX + pseudonym: names.erased_account() if erased else names.person(handle)
        for pseudonym, handle, erased in rows
    }
    return {subject: found.get(subject, names.unknown_account()) for subject in subjects}


def called(words: str, viewer: Viewer) -> str | None:
    """By handle, or by the pseudonym alone. An erased account has no handle to be found by."""
    name = words.removeprefix("@")
    if _PSEUDONYM.fullmatch(name):
        return PREFIX + name
    found = (
        Account.objects.filter(username__iexact=name, erased__isnull=True)
        if "\x00" not in name
        else Account.objects.none()
    )
    pseudonym = found.values_list("pseudonym", flat=True).first()
    return PREFIX + pseudonym if pseudonym else None


def readable(entries: Sequence[EntryView], viewer: Viewer) -> set[UUID]:
    """Entries whose details are public."""
    return {entry.uid for entry in entries if entry.type in PUBLIC_TYPES}
