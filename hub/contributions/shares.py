"""Who shares in a contribution, and how much: hundredths of a percent (bps), together 10,000.

Whoever proposes names co-authors; each of them shares in it only once they have agreed. What nobody agreed to stays with
who proposed.
"""

from collections.abc import Collection, Mapping, Sequence
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
    """One author. `account` may be an erased one; `agreed` says whether the share is theirs. Who proposed always agrees."""

    account: "Account"
    bps: int
    agreed: bool = True


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


def named_in_each(
    lists: Sequence[tuple[Sequence[Mapping[str, Any]], int, Collection[tuple[int, int]]]],
) -> list[list[AuthorShare]]:
    """Everybody in the `authors` of contributions, in their order. One query for all of them.

    Each is given as its `authors`, the key of who opened it, and (key, bps) of the consents to it.
    """
    wanted = [{str(row["account"]).removeprefix("acct:"): int(row["bps"]) for row in rows} for rows, _, _ in lists]
    everyone = {pseudonym for shares in wanted for pseudonym in shares}
    known = {account.pseudonym: account for account in get_user_model().objects.filter(pseudonym__in=everyone)}
    return [
        [
            AuthorShare(known[key], bps, known[key].pk == opener or (known[key].pk, bps) in agreed)
            for key, bps in shares.items()
            if key in known
        ]
        for shares, (_, opener, agreed) in zip(wanted, lists, strict=True)
    ]


def owning(authors: Sequence[AuthorShare], opener: "Account") -> list[AuthorShare]:
    """Whose it is if it is accepted now: those who agreed, and whoever proposed it with all the rest, who stands first."""
    others = [each for each in authors if each.agreed and each.account.pk != opener.pk]
    return [AuthorShare(opener, WHOLE - sum(each.bps for each in others)), *others]
