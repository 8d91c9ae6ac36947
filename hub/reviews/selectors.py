"""What other features may ask about reviews: what waits for whom, what was decided, which works there are. Reads only."""

from collections.abc import Callable, Iterable, Sequence
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
    authors_of_work,
    cannot_assess,
    cannot_decide,
    cannot_submit,
    publishers_of,
)
from hub.reviews.facts import checks, interests
from hub.reviews.models import Appeal, Assessment, Review, Work
from ledger import selectors as ledger
from ledger.disagreements import Disagreement, told

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from hub.contributions.models import Contribution

__all__ = [
    "Queue", "Task", "account_of", "appeal_of_entry", "arbiters_of", "assessable_by", "assessments_by",
    "assessments_of", "authors_of_contribution", "authors_of_work", "cannot_assess", "cannot_decide",
    "cannot_submit", "checks", "decidable_by", "disagreements", "interests", "maintains", "maintains_here",
    "publishers_of", "queue", "review_by_id", "review_of_entry", "reviews", "reviews_by", "waiting_for_others",
    "work_by_key", "work_of_revision", "works", "works_of",
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
T = TypeVar("T")


@dataclass(frozen=True)
class Task:
    """One thing that waits: a contribution for a verdict, or a work for an assessment. `since` when it began to wait.

    `connected` is what the account has to do with its authors; `assessments` how many hub reviewers have spoken.
    """

    since: datetime
    contribution: "Contribution | None" = None
    work: Work | None = None
    connected: Sequence[conflicts.Conflict] = ()
    stale: bool = False
    assessments: int = 0


@dataclass(frozen=True)
class Queue:
    """What waits for an account, the oldest first: at most `SHOWN` of each, and how many more there are behind."""

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
    works = [*assessable_by(account)] if account.hub_reviewer else []
    first, oldest = decidable[:most], works[:most]
    connected = _connections(account, first, oldest, now)
    asked = contributions.contributions(account).filter(contributor=account, state="asked").order_by("changed", "pk")
    return Queue(
        decide=[_decision(row, connected(authors_of_contribution(row))) for row in first],
        decide_more=len(decidable) - len(first),
        assess=[_assessment(row, connected(authors_of_work(row))) for row in oldest],
        assess_more=len(works) - len(oldest),
        asked=list(asked[:most]),
    )


def decidable_by(account: "Account") -> "list[Contribution]":
    """Contributions that wait for a verdict which the account may give, the longest waiting first."""
    waiting = _waiting(account).exclude(pk__in=contributions.touched_by(account))
    mine = list(waiting.filter(repository__in=_publishing(account)).exclude(_declined_by(account)))
    if account.hub_reviewer:
        known = {row.pk for row in mine}
        appeals = waiting.filter(appealed__isnull=False).exclude(pk__in=known)
        mine += [row for row in appeals if not cannot_decide(account, row)]
    return sorted(mine, key=lambda row: (row.waiting, str(row.pk)))


def waiting_for_others(viewer: Any, known: Iterable["Contribution"], most: int = SHOWN) -> tuple[list[Task], int]:
    """What else waits for a verdict in repositories that the viewer may see, and how many more there are."""
    rows = _waiting(viewer).exclude(pk__in=[row.pk for row in known])
    shown = list(rows[:most])
    return [_decision(row, ()) for row in shown], max(0, rows.count() - len(shown))


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
    account: "Account", rows: Iterable["Contribution"], works: Iterable[Work], now: datetime
) -> Callable[[dict[int, "Account"]], list[conflicts.Conflict]]:
    """What connects the account with some authors, looked up once for all of them."""
    everyone: dict[int, Account] = {}
    for row in rows:
        everyone |= authors_of_contribution(row)
    for work in works:
        everyone |= authors_of_work(work)
    found = conflicts.find(account, everyone, now)
    return lambda authors: [conflict for conflict in found if conflict.other.pk in authors]


def _decision(row: "Contribution", connected: Sequence[conflicts.Conflict]) -> Task:
    assert row.waiting is not None
    return Task(row.waiting, contribution=row, connected=connected, stale=contributions.is_stale(row))


def _assessment(row: Any, connected: Sequence[conflicts.Conflict]) -> Task:
    return Task(row.submitted, work=row, connected=connected, assessments=row.spoken)


# --- verdicts ------------------------------------------------------------------------------------
def reviews(viewer: Any) -> QuerySet[Review]:
    """All verdicts in repositories that the viewer may see."""
    visible = repositories.visible(viewer)
    return Review.objects.filter(contribution__repository__in=visible).select_related(*WITH_REVIEW)


def review_by_id(viewer: Any, review_id: int) -> Review:
    """Raises NotFound."""
    return _found(reviews(viewer).filter(pk=review_id).first(), _("There is no verdict here that you may see."))


def review_of_entry(uid: UUID) -> Review | None:
    """The verdict that an entry records. Whoever asks may see the entry's repository."""
    return Review.objects.filter(entry__uid=uid).select_related("checks").first()


def appeal_of_entry(uid: UUID) -> Appeal | None:
    """The appeal that an entry records. Whoever asks may see the entry's repository."""
    return Appeal.objects.filter(entry__uid=uid).first()


def reviews_by(account: "Account", viewer: Any, most: int = 10) -> list[Review]:
    """The account's last verdicts, newest first."""
    return list(reviews(viewer).filter(reviewer=account).order_by("-time", "-pk")[:most])


# --- works ---------------------------------------------------------------------------------------
def works(viewer: Any) -> QuerySet[Any]:
    """All works in repositories that the viewer may see. `spoken` counts the assessments of each."""
    rows = Work.objects.filter(repository__in=repositories.visible(viewer)).select_related(*WITH_WORK)
    return rows.annotate(spoken=Count("assessments"))


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


def assessments_by(account: "Account", viewer: Any, most: int = 10) -> list[Assessment]:
    """The account's last assessments, newest first."""
    rows = Assessment.objects.filter(reviewer=account, work__repository__in=repositories.visible(viewer))
    related = ("entry", *(f"work__{path}" for path in WITH_WORK))
    return list(rows.select_related(*related).order_by("-time", "-pk")[:most])


def _found(row: T | None, words: str) -> T:
    if row is None:
        raise NotFound(words)
    return row
