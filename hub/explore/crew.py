"""Everybody who made a repository: those who published, and those who agreed to share in what was accepted."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.contributions import selectors as contributions
from hub.repositories import selectors as repositories

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from hub.repositories.models import Repository


@dataclass(frozen=True)
class Member:
    """Somebody in the People box; `shared` counts the revisions of which they are a co-author."""

    account: "Account"
    owner: bool = False
    maintainer: bool = False
    revisions: int = 0
    shared: int = 0


def people_of(repository: "Repository") -> list[Member]:
    """The owner, then maintainers, then authors by how much they published, then those who are only co-authors."""
    sharing = [each for people in contributions.coauthors_in(repository).values() for each in people]
    shared, accounts = Counter(each.pk for each in sharing), {each.pk: each for each in sharing}
    known = repositories.people_of(repository)
    found = [Member(p.account, p.owner, p.maintainer, p.revisions, shared.pop(p.account.pk, 0)) for p in known]
    return found + [Member(accounts[key], shared=count) for key, count in shared.most_common()]
