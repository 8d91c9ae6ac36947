"""Who shares in a contribution, and how much: hundredths of a percent (bps), together 10,000."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from hub.accounts import selectors as accounts
from hub.errors import Invalid, NotFound
from hub.repositories import access

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from hub.repositories.models import Repository

WHOLE = 10_000
MOST_AUTHORS = 20
Shares = Sequence[tuple[str, int]]


@dataclass(frozen=True)
class AuthorShare:
    """One author. `account` may be an erased one."""

    account: "Account"
    bps: int


def resolve(opener: "Account", repository: "Repository", wanted: Shares) -> list[dict[str, Any]]:
    """(handle, bps) pairs as entries hold them, the opener first; none means the opener alone. Raises Invalid at `authors`."""
    if not wanted:
        return [{"account": opener.actor, "bps": WHOLE}]
    if len(wanted) > MOST_AUTHORS:
        raise Invalid("authors", _("A contribution has at most %(most)d authors.") % {"most": MOST_AUTHORS})
    found: dict[str, int] = {}
    for handle, bps in wanted:
        person = opener if handle.strip().lower() == opener.username.lower() else _person(repository, handle)
        if person.actor in found:
            raise Invalid("authors", _("“%(handle)s” stands here twice.") % {"handle": person.username})
        if not 1 <= bps <= WHOLE:
            raise Invalid("authors", _("Each share is more than 0 % and at most 100 %."))
        found[person.actor] = bps
    if opener.actor not in found:
        raise Invalid("authors", _("You are an author yourself: give your own share too."))
    if sum(found.values()) != WHOLE:
        raise Invalid("authors", _("The shares have to add up to 100 %."))
    others = ({"account": actor, "bps": bps} for actor, bps in found.items() if actor != opener.actor)
    return [{"account": opener.actor, "bps": found[opener.actor]}, *others]


def _person(repository: "Repository", handle: str) -> "Account":
    try:
        found = accounts.account_by_handle(handle.strip())
    except NotFound:
        found = None
    if found is None or found.kind != "person" or not found.is_active:
        raise Invalid("authors", _("There is no person here with the handle “%(handle)s”.") % {"handle": handle[:39]})
    if not access.may_read(found, repository):
        raise Invalid("authors", _("“%(handle)s” may not see this repository.") % {"handle": found.username})
    return found


def named(rows: Sequence[Mapping[str, Any]]) -> list[AuthorShare]:
    """The authors of a contribution's `authors`, in their order. One query."""
    return named_in_each([rows])[0]


def named_in_each(lists: Sequence[Sequence[Mapping[str, Any]]]) -> list[list[AuthorShare]]:
    """`named` for many contributions. One query for all of them."""
    wanted = [{str(row["account"]).removeprefix("acct:"): int(row["bps"]) for row in rows} for rows in lists]
    everyone = {pseudonym for shares in wanted for pseudonym in shares}
    known = {account.pseudonym: account for account in get_user_model().objects.filter(pseudonym__in=everyone)}
    return [[AuthorShare(known[key], bps) for key, bps in shares.items() if key in known] for shares in wanted]
