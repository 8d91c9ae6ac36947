"""What other features may ask about reviews: what waits for whom, what was decided, which works there are. Reads only."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from hub.contributions import selectors as contributions
from hub.errors import NotFound
from hub.repositories import selectors as repositories
from hub.reviews import conflicts
from hub.reviews.access import (
    MAINTAINING,
    account_of,
    arbiters_of,
    authors_of_contribution,
    authors_of_each,
    authors_of_work,
    cannot_assess,
    cannot_decide,
    cannot_submit,
    publishers_of,
    without_other_publishers,
)
from hub.reviews.facts import checks, interests
from hub.reviews.models import Appeal, Assessment, Review, Work
from ledger import selectors as ledger
from ledger.disagreements import Disagreement, told

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from hub.contributions.models import Contribution

__all__ = [
    "Queue", "Task", "account_of", "appeals_of", "arbiters_of", "assessable_by", "assessments_by", "assessments_of",
    "authors_of_contribution", "authors_of_each", "authors_of_work", "cannot_assess", "cannot_decide", "cannot_submit",
    "checks", "decidable_by", "disagreements", "interests", "maintains", "maintains_here", "publishers_of", "queue",
    "review_by_id", "reviews", "reviews_by", "reviews_of", "waiting_for_others", "work_by_key", "work_of_revision", "works",
    "works_of",
]  # fmt: skip

SHOWN = 30
WITH_REVIEW = (
    "reviewer",
    "entry",
    "checks",
    "revision",
    "contribution__repository__owner",
    "contribution__contributor",
)
WITH_WORK = ("revision__author", "revision__entry", "revision__parent", "repository__owner", "repository__head", "entry",
             "contribution__contributor", "contribution__proposal")  # fmt: skip
# Bytes of revisions, entries and checks; no list shows them.
BODIES = ("revision__body", "revision__entry__body", "revision__parent__body", "repository__head__body", "entry__body")
REVIEW_BODIES = ("entry__body", "revision__body", "checks__body")
T = TypeVar("T")


@dataclass(frozen=True)
class Task:
    """One thing that waits: a contribution for a verdict, or a work for an assessment. `since` when it began to wait.

    `authors` by key; `connected` is what the account has to do with them; `assessments` how many hub reviewers have spoken.
    """

    since: datetime
    contribution: "Contribution | None" = None
    work: Work | None = None
    authors: "Mapping[int, Account]" = field(default_factory=dict)
    connected: Sequence[conflicts.Conflict] = ()
    stale: bool = False
    assessments: int = 0


@dataclass(frozen=True)
class Queue:
    """What waits for an account: at most `SHOWN` of each, and how many more there are behind.

    Contributions are the longest waiting first, works as `assessable_by` has them.
    """

    decide: Sequence[Task] = ()
    decide_more: int = 0
    assess: Sequence[Task] = ()
    assess_more: int = 0
    asked: "Sequence[Contribution]" = field(default_factory=tuple)

    @property
    def count(self) -> int:
        return len(self.decide) + self.decide_more + len(self.assess) + self.assess_more + len(self.asked)


# --- what waits ----------------------------------------------------------------------------------
def queue(account: "Account", now: datetime, most: int = SHOWN) -> Queue:
    """What the account can decide or assess, and its own contributions that were sent back to it."""
    decidable = decidable_by(account)
    assessable = assessable_by(account) if account.hub_reviewer else Work.objects.none()
    rows, oldest = list(decidable[:most]), list(assessable[:most])
    authors = authors_of_each(rows, oldest)
    connected = _connections(account, authors.values(), now)
    asked = contributions.contributions(account).filter(contributor=account, state="asked").order_by("changed", "pk")
    return Queue(
        decide=[_decision(row, authors[row.pk], connected(authors[row.pk])) for row in rows],
        decide_more=_behind(decidable, rows, most),
        assess=[_assessment(row, authors[row.pk], connected(authors[row.pk])) for row in oldest],
        assess_more=_behind(assessable, oldest, most),
        asked=list(asked[:most]),
    )


def decidable_by(account: "Account") -> "QuerySet[Contribution]":
    """Contributions that wait for a verdict which the account may give, the longest waiting first."""
    waiting = _waiting(account).exclude(pk__in=contributions.touched_by(account)).exclude(_declined_by(account))
    mine = Q(repository__in=_publishing(account))
    if account.hub_reviewer:
        appealed = contributions.contributions(account).filter(waiting__isnull=False, appealed__isnull=False)
        mine |= Q(pk__in=without_other_publishers(appealed).values("pk"))
    return waiting.filter(mine)


def waiting_for_others(viewer: Any, most: int = SHOWN) -> tuple[list[Task], int]:
    """What waits for a verdict in repositories that the viewer may see, but not for theirs; and how many more there are."""
    rows, account = _waiting(viewer), account_of(viewer)
    if account is not None:
        rows = rows.exclude(pk__in=decidable_by(account).values("pk"))
    shown = list(rows[:most])
    authors = authors_of_each(shown, [])
    return [_decision(row, authors[row.pk], ()) for row in shown], _behind(rows, shown, most)


def _behind(rows: QuerySet[Any], shown: Sequence[Any], most: int) -> int:
    """How many there are behind the first `most`, which are shown."""
    return max(0, rows.count() - most) if len(shown) == most else 0


def assessable_by(account: "Account") -> QuerySet[Work]:
    """Works that the account may assess: those that nobody has assessed yet first, the oldest of them first."""
    organisations = account.memberships.values("organisation")
    rows = works(account).exclude(repository__in=_publishing(account)).exclude(repository__owner__in=organisations)
    own = Q(revision__author=account) | Q(contribution__in=contributions.touched_by(account))
    decided = Q(contribution__in=Review.objects.filter(reviewer=account).values("contribution"))
    published = Q(repository__in=contributions.published_by(account).values("repository"))
    assessed = Work.objects.filter(assessments__reviewer=account)
    rows = rows.exclude(pk__in=Work.objects.filter(own | decided | published)).exclude(pk__in=assessed)
    return rows.order_by("spoken", "submitted", "key")


def maintains(account: "Account") -> bool:
    """Whether there is any repository in which the account decides about contributions."""
    return bool(_publishing(account).exists())


def maintains_here(account: "Account", contribution: "Contribution") -> bool:
    return repositories.may_publish(account, contribution.repository)


def _waiting(viewer: Any) -> "QuerySet[Contribution]":
    return contributions.contributions(viewer).filter(waiting__isnull=False).order_by("waiting", "pk")


def _declined_by(account: "Account") -> Q:
    return Q(pk__in=Review.objects.filter(reviewer=account, verdict="decline").values("contribution"))


def _publishing(account: "Account") -> Any:
    """Repositories in which the account may publish."""
    organisations = account.memberships.filter(role__in=MAINTAINING).values("organisation")
    named = account.maintains.values("repository")
    mine = Q(owner=account) | Q(owner__in=organisations) | Q(pk__in=named)
    return repositories.visible(account).filter(mine).values("pk")


def _connections(
    account: "Account", authors: "Iterable[Mapping[int, Account]]", now: datetime
) -> "Callable[[Mapping[int, Account]], list[conflicts.Conflict]]":
    """What connects the account with some authors, looked up once for all of them."""
    everyone: dict[int, Account] = {}
    for theirs in authors:
        everyone |= theirs
    found = conflicts.find(account, everyone, now)
    return lambda theirs: [conflict for conflict in found if conflict.other.pk in theirs]


def _decision(row: "Contribution", authors: "Mapping[int, Account]", connected: Sequence[conflicts.Conflict]) -> Task:
    assert row.waiting is not None
    stale = contributions.is_stale(row)
    return Task(row.waiting, contribution=row, authors=authors, connected=connected, stale=stale)


def _assessment(row: Any, authors: "Mapping[int, Account]", connected: Sequence[conflicts.Conflict]) -> Task:
    return Task(row.submitted, work=row, authors=authors, connected=connected, assessments=row.spoken)


# --- verdicts ------------------------------------------------------------------------------------
def reviews(viewer: Any) -> QuerySet[Review]:
    """All verdicts in repositories that the viewer may see."""
    visible = repositories.visible(viewer)
    rows = Review.objects.filter(contribution__repository__in=visible)
    return rows.select_related(*WITH_REVIEW).defer(*REVIEW_BODIES)


def review_by_id(viewer: Any, review_id: int) -> Review:
    """Raises NotFound."""
    return _found(reviews(viewer).filter(pk=review_id).first(), _("There is no verdict here that you may see."))


def reviews_of(uids: Collection[UUID]) -> list[Review]:
    """The verdicts that these entries record, with what was known. Whoever asks may see the entries' repository."""
    return list(Review.objects.filter(entry__uid__in=list(uids)).select_related("checks", "entry").defer("entry__body"))


def appeals_of(uids: Collection[UUID]) -> list[Appeal]:
    """The appeals that these entries record. Whoever asks may see the entries' repository."""
    return list(Appeal.objects.filter(entry__uid__in=list(uids)).select_related("entry").defer("entry__body"))


def reviews_by(account: "Account", viewer: Any) -> QuerySet[Review]:
    """The account's verdicts that the viewer may see."""
    return reviews(viewer).filter(reviewer=account)


# --- works ---------------------------------------------------------------------------------------
def works(viewer: Any) -> QuerySet[Any]:
    """All works in repositories that the viewer may see. `spoken` counts the assessments of each."""
    rows = Work.objects.filter(repository__in=repositories.visible(viewer))
    return rows.select_related(*WITH_WORK).defer(*BODIES).annotate(spoken=Count("assessments"))


def work_by_key(viewer: Any, key: str) -> Work:
    """The work `contrib:…` or `rev:…`. Raises NotFound."""
    found: Work | None = works(viewer).filter(pk=key).first()
    return _found(found, _("There is no work here that you may see."))


def work_of_revision(revision_id: str) -> Work | None:
    """The work that a revision is, if it is one. Whoever asks may see the revision."""
    return Work.objects.filter(revision=revision_id).select_related(*WITH_WORK).first()


def works_of(account: "Account", viewer: Any, most: int = 100) -> list[Work]:
    """Works of which the account is an author, newest first."""
    own = Q(contribution__isnull=True, revision__author=account)
    own |= Q(contribution__in=contributions.owned_by(account))
    return list(works(viewer).filter(own).order_by("-submitted", "key")[:most])


def disagreements(work: Work, viewer: Any) -> list[Disagreement]:
    """Where what is stored of the work, its revision and its assessments differs from the log, in words for this reader."""
    return told(ledger.open_mismatches([work.key, f"rev:{work.revision_id}"]), viewer)


def assessments_of(work: Work) -> list[Assessment]:
    """What hub reviewers said about a work, the first one first."""
    return list(work.assessments.select_related("reviewer", "entry").order_by("time", "pk"))


def assessments_by(account: "Account", viewer: Any) -> QuerySet[Assessment]:
    """The account's assessments that the viewer may see."""
    rows = Assessment.objects.filter(reviewer=account, work__repository__in=repositories.visible(viewer))
    related = ("entry", *(f"work__{path}" for path in WITH_WORK))
    return rows.select_related(*related).defer("entry__body", *(f"work__{path}" for path in BODIES))


def _found(row: T | None, words: str) -> T:
    if row is None:
        raise NotFound(words)
    return row
