"""What other features may ask about contributions. Reads only; access is checked wherever a viewer is given.

Whoever may see a repository may see its contributions.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Count, F, Func, JSONField, Q, QuerySet, Value
from django.db.models.functions import JSONObject

from hub.contributions import shares
from hub.contributions.errors import ContributionNotFound
from hub.contributions.models import Comment, Consent, Contribution, Proposal
from hub.contributions.shares import AuthorShare
from hub.repositories import access, metrics
from hub.repositories import selectors as repositories
from hub.repositories.models import Repository, Revision
from hub.repositories.reading import salt_of
from ledger import selectors as ledger
from ledger.disagreements import Disagreement, told
from web.pagination import Page, keyset

if TYPE_CHECKING:
    from hub.accounts.models import Account

State = Contribution.State
# How long the files of what was not accepted are kept after its end, and so how long its author may appeal.
KEPT = timedelta(days=30)
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


def contribution_to_withdraw(account: "Account", contribution_id: UUID) -> Contribution:
    """One's own, wherever it is, or one that the account may see. Raises ContributionNotFound."""
    own = Contribution.objects.filter(pk=contribution_id, contributor=account).select_related(*WITH_ALL).first()
    return own if own is not None else contribution_by_id(account, contribution_id)


def out_of_sight(account: "Account", most: int = 100) -> list[Contribution]:
    """What the account proposed and nobody decided, in repositories that it may not see any more, newest first."""
    rows = Contribution.objects.filter(contributor=account, state__in=UNDECIDED)
    return list(rows.exclude(repository__in=access.visible(account)).order_by("-opened", "-pk")[:most])


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
    """What the account proposed or agreed to be an author of, in repositories that the viewer may see."""
    return contributions(viewer).filter(pk__in=owned_by(account))


def by_person(account: "Account", viewer: Any, most: int = 100) -> list[Contribution]:
    """The last that are `of_person`, newest first."""
    return list(of_person(account, viewer).order_by("-opened", "-pk")[:most])


def page_of_person(account: "Account", viewer: Any, cursor: str, size: int) -> Page[Contribution]:
    """A page of those `of_person`, newest first. Raises BadCursor."""
    return keyset(of_person(account, viewer), order=("-opened", "-pk"), cursor=cursor, size=size)


def asking(account: "Account", most: int = 100) -> list[Contribution]:
    """Undecided contributions that name the account as co-author for a share it has not agreed to, the oldest first."""
    named = Q(authors__contains=[{"account": account.actor}])
    rows = contributions(account).filter(named, state__in=UNDECIDED).exclude(pk__in=owned_by(account))
    return list(rows.order_by("opened", "pk")[:most])


def owned_by(account: "Account") -> QuerySet[Contribution, Any]:
    """Keys of contributions that the account opened or shares in, having agreed to the share of their newest version."""
    share = JSONObject(account=Value(account.actor), bps=F("consents__bps"))
    named = Func(share, function="jsonb_build_array", output_field=JSONField())
    agreed = Contribution.objects.filter(consents__account=account, authors__contains=named).values("pk")
    return Contribution.objects.filter(Q(contributor=account) | Q(pk__in=agreed)).values("pk")


def touched_by(account: "Account") -> QuerySet[Contribution, Any]:
    """Keys of contributions that the account opened, or agreed to share in at any time."""
    agreed = Consent.objects.filter(account=account).values("contribution")
    return Contribution.objects.filter(Q(contributor=account) | Q(pk__in=agreed)).values("pk")


def published_by(account: "Account") -> QuerySet[Revision]:
    """Revisions that the account made and published itself, without proposing them to anybody."""
    return Revision.objects.filter(author=account, proposal__isnull=True)


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
    rows = Contribution.objects.filter(repository=repository, number=number)
    return rows.values_list("proposal__revision_id", flat=True).first()


def is_stale(contribution: Contribution) -> bool:
    """Whether the repository has moved on, or changed who sees it, so that this version cannot be accepted as it is."""
    repository, proposal = contribution.repository, newest_proposal(contribution)
    public = repository.visibility == Repository.Visibility.PUBLIC
    salt = None if public else bytes(repository.salt)
    return proposal.base_id != repository.head_id or salt_of(proposal.revision) != salt


def appeal_until(contribution: Contribution, now: datetime) -> datetime | None:
    """Until when its author may appeal; None while there is nothing to appeal against, and when it is too late."""
    if contribution.state != State.DECLINED or contribution.appealed is not None or contribution.released is not None:
        return None
    until = contribution.changed + KEPT
    return until if now < until else None


def disagreements(contribution: Contribution, viewer: Any) -> list[Disagreement]:
    """Where what is stored of it or of its newest version differs from the log, in words for this reader."""
    subjects = [f"contrib:{contribution.pk}", f"rev:{newest_proposal(contribution).revision_id}"]
    return told(ledger.open_mismatches(subjects), viewer)


def authors_of(contribution: Contribution) -> list[AuthorShare]:
    """Who is named in it and whether they agreed, whoever opened it first; together 10,000 bps."""
    return authors_of_each([contribution])[contribution.pk]


def owners_of(contribution: Contribution) -> list[AuthorShare]:
    """Who shares in it, whoever opened it first: what others have not agreed to is theirs. Together 10,000 bps."""
    return shares.owning(authors_of(contribution), contribution.contributor)


def coauthors_of(revisions: Iterable[UUID | str]) -> dict[str, list["Account"]]:
    """Who agreed to share in what became these revisions, beside who proposed it, by the revision's id.

    Revisions without such people are left out.
    """
    found = Contribution.objects.filter(result__in=list(revisions)).select_related("contributor")
    return _coauthors(found)


def coauthors_in(repository: Repository) -> dict[str, list["Account"]]:
    """`coauthors_of` for every revision of a repository."""
    return _coauthors(repository.contributions.filter(result__isnull=False).select_related("contributor"))


def _coauthors(found: QuerySet[Contribution]) -> dict[str, list["Account"]]:
    rows = {row.pk: row for row in found.filter(consents__isnull=False).distinct()}
    named = authors_of_each(rows.values())
    others = {
        str(row.result_id): [
            each.account for each in named[key] if each.agreed and each.account.pk != row.contributor_id
        ]
        for key, row in rows.items()
    }
    return {revision: people for revision, people in others.items() if people}


def authors_of_each(rows: Iterable[Contribution]) -> dict[UUID, list[AuthorShare]]:
    """`authors_of` for many contributions, by id. Two queries for all of them, one while nobody shares."""
    found = {row.pk: row for row in rows}
    shared = [row.pk for row in found.values() if len(row.authors) > 1]
    agreed: dict[UUID, set[tuple[int, int]]] = defaultdict(set)
    if shared:
        for key, *consent in Consent.objects.filter(contribution__in=shared).values_list(
            "contribution", "account", "bps"
        ):
            agreed[key].add((consent[0], consent[1]))
    named = shares.named_in_each([(row.authors, row.contributor_id, agreed[row.pk]) for row in found.values()])
    return dict(zip(found, named, strict=True))


def is_own(contribution: Contribution, account: "Account") -> bool:
    """Whether the account has a part in it: it opened it, or agreed to share in any version of it."""
    return account.pk in part_takers(contribution)


def part_takers(contribution: Contribution) -> set[int]:
    """Keys of who opened it and of everybody who ever agreed to share in it. None of them judges it."""
    return {contribution.contributor_id, *contribution.consents.values_list("account_id", flat=True)}


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
