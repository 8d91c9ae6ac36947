"""What other features may ask about contributions. Reads only; access is checked wherever a viewer is given.

Whoever may see a repository may see its contributions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from hub.contributions import shares
from hub.contributions.errors import ContributionNotFound
from hub.contributions.models import Comment, Contribution, Proposal
from hub.contributions.shares import AuthorShare
from hub.repositories import access, metrics
from hub.repositories import selectors as repositories
from hub.repositories.models import Repository, Revision
from hub.repositories.reading import salt_of
from web.pagination import Page, keyset

if TYPE_CHECKING:
    from hub.accounts.models import Account

State = Contribution.State
UNDECIDED = (State.OPEN, State.ASKED)
WITH_ALL = (
    "contributor",
    "repository__owner",
    "repository__head__author",
    "proposal__entry",
    "proposal__base",
    "proposal__revision__author",
    "proposal__revision__entry",
    "proposal__revision__parent",
    "result",
    "entry",
)
# Bytes of revisions and entries; no list shows them.
BODIES = (
    "repository__head__body",
    "proposal__entry__body",
    "proposal__base__body",
    "proposal__revision__body",
    "proposal__revision__entry__body",
    "proposal__revision__parent__body",
    "result__body",
    "entry__body",
)


def contribution(viewer: Any, repository: Repository, number: int) -> Contribution:
    """The contribution with everything a page shows. Raises ContributionNotFound."""
    found = None
    if access.may_read(viewer, repository):
        found = Contribution.objects.filter(repository=repository, number=number).select_related(*WITH_ALL).first()
    if found is None:
        raise ContributionNotFound
    found.repository = repository
    return found


def contribution_by_id(viewer: Any, contribution_id: UUID) -> Contribution:
    """Raises ContributionNotFound."""
    visible = access.visible(viewer)
    found = Contribution.objects.filter(pk=contribution_id, repository__in=visible).select_related(*WITH_ALL).first()
    if found is None:
        raise ContributionNotFound
    return found


def contributions(viewer: Any) -> QuerySet[Contribution]:
    """All in repositories that the viewer may see; for lists, so without bytes of revisions and entries."""
    rows = Contribution.objects.filter(repository__in=access.visible(viewer))
    return rows.select_related(*WITH_ALL).defer(*BODIES)


def listed(repository: Repository, state: str = "", cursor: str = "", size: int = 30) -> Page[Contribution]:
    """A repository's contributions, newest first; of one state, or all. Raises BadCursor."""
    rows = Contribution.objects.filter(repository=repository).select_related(*WITH_ALL).defer(*BODIES)
    if state:
        rows = rows.filter(state=state)
    return keyset(rows, order=("-number",), cursor=cursor, size=size)


def counts(repository: Repository) -> dict[str, int]:
    """How many there are in each state; states without any are left out."""
    rows = Contribution.objects.filter(repository=repository).order_by().values_list("state").annotate(n=Count("pk"))
    return dict(rows)


def next_number(repository: Repository) -> int:
    """What the next contribution will be called, unless somebody is faster."""
    last = Contribution.objects.filter(repository=repository).order_by("-number").values_list("number", flat=True)
    return (last.first() or 0) + 1


def undecided_count(repository: Repository) -> int:
    return Contribution.objects.filter(repository=repository, state__in=UNDECIDED).count()


def of_person(account: "Account", viewer: Any) -> QuerySet[Contribution]:
    """What the account proposed or is an author of, in repositories that the viewer may see."""
    return contributions(viewer).filter(Q(contributor=account) | Q(authors__contains=[{"account": account.actor}]))


def by_person(account: "Account", viewer: Any, most: int = 100) -> list[Contribution]:
    """The last that are `of_person`, newest first."""
    return list(of_person(account, viewer).order_by("-opened", "-pk")[:most])


def page_of_person(account: "Account", viewer: Any, cursor: str, size: int) -> Page[Contribution]:
    """A page of those `of_person`, newest first. Raises BadCursor."""
    return keyset(of_person(account, viewer), order=("-opened", "-pk"), cursor=cursor, size=size)


def newest_proposal(contribution: Contribution) -> Proposal:
    """The version that is decided about."""
    assert contribution.proposal is not None
    return contribution.proposal


def proposals(contribution: Contribution) -> list[Proposal]:
    """All versions, oldest first."""
    rows = contribution.proposals.select_related("revision__author", "revision__entry", "base", "entry")
    bodies = ("revision__body", "revision__entry__body", "base__body", "entry__body")
    return list(rows.defer(*bodies).order_by("version"))


def contribution_of(revision: Revision) -> Contribution | None:
    """Which contribution proposes, or proposed, this revision."""
    found = Proposal.objects.filter(revision=revision).select_related("contribution__contributor").first()
    return found.contribution if found is not None else None


def newest_revision_id(repository: Repository, number: int) -> str | None:
    """What `refs/pr/{number}` stands for. Registered with `hub.repositories`."""
    rows = Proposal.objects.filter(contribution__repository=repository, contribution__number=number)
    return rows.order_by("-version").values_list("revision_id", flat=True).first()


def is_stale(contribution: Contribution) -> bool:
    """Whether the repository has moved on, or changed who sees it, so that this version cannot be accepted as it is."""
    repository, proposal = contribution.repository, newest_proposal(contribution)
    public = repository.visibility == Repository.Visibility.PUBLIC
    salt = None if public else bytes(repository.salt)
    return proposal.base_id != repository.head_id or salt_of(proposal.revision) != salt


def authors_of(contribution: Contribution) -> list[AuthorShare]:
    """Who shares in it, whoever opened it first; together 10,000 bps."""
    return shares.named(contribution.authors)


def authors_of_each(rows: Iterable[Contribution]) -> dict[UUID, list[AuthorShare]]:
    """`authors_of` for many contributions, by id. One query for all of them."""
    found = {row.pk: row for row in rows}
    return dict(zip(found, shares.named_in_each([row.authors for row in found.values()]), strict=True))


def is_own(contribution: Contribution, account: "Account") -> bool:
    """Whether the account opened it or is an author of it."""
    return contribution.contributor_id == account.pk or any(
        author["account"] == account.actor for author in contribution.authors
    )


def comments(contribution: Contribution, cursor: str = "", size: int = 30) -> Page[Comment]:
    """What was said in the discussion, newest first; deleted ones without their words. Raises BadCursor."""
    rows = contribution.comments.select_related("author")
    return keyset(rows, order=("-time", "-pk"), cursor=cursor, size=size)


def first_comment_after(comment: Comment) -> Comment | None:
    """The next thing that was said in the same discussion."""
    later = Q(time__gt=comment.time) | Q(time=comment.time, pk__gt=comment.pk)
    return Comment.objects.filter(later, contribution=comment.contribution_id).order_by("time", "pk").first()


@dataclass(frozen=True)
class Difference:
    """What the newest version does to its base: files with their counts, the card first, and measurements compared."""

    base: Revision | None
    revision: Revision
    files: repositories.Changes
    metrics: list[metrics.Comparison]


def changes_of(contribution: Contribution, most: int | None = None) -> Difference:
    """At most `most` files. Lines of texts and rows of tables come from `hub.repositories.showing`."""
    proposal = newest_proposal(contribution)
    before = metrics.from_data(proposal.base.metrics) if proposal.base is not None else []
    return Difference(
        proposal.base,
        proposal.revision,
        repositories.changes_of(proposal.revision, most),
        metrics.compare(before, metrics.from_data(proposal.revision.metrics)),
    )
