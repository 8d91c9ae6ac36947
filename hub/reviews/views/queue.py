"""`/reviews`: what waits for a verdict or an assessment."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hub.contributions.links import page as contribution_url
from hub.contributions.words import title_or_number
from hub.repositories import links
from hub.repositories.words import WORK_KINDS
from hub.reviews import selectors, words
from hub.reviews.selectors import Queue, Task
from hub.reviews.views.common import listed
from hub.reviews.words import title_of

if TYPE_CHECKING:
    from hub.contributions.models import Contribution
    from hub.repositories.models import Repository


@dataclass(frozen=True)
class Row:
    """One line of the queue. `notes` are sentences that one should know before opening it."""

    title: str
    url: str
    repository: "Repository"
    repository_url: str
    kind: Any
    people: SafeString
    since: datetime
    seconds: float
    notes: list[str]


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    account, now = selectors.account_of(request.user), timezone.now()
    found = selectors.queue(account, now) if account is not None else Queue()
    others, others_more = selectors.waiting_for_others(request.user)
    context = {
        "section": "reviews",
        "queue": found,
        "decide": [row_of(task, now) for task in found.decide],
        "assess": [row_of(task, now) for task in found.assess],
        "asked": [asked_row(each, now) for each in found.asked],
        "others": [row_of(task, now) for task in others],
        "others_more": others_more,
        "maintains": account is not None and selectors.maintains(account),
    }
    return render(request, "reviews/queue.html", context)


def row_of(task: Task, now: datetime) -> Row:
    """A task in words."""
    notes = [words.conflict(each) for each in task.connected]
    if task.work is not None:
        return _work_row(task, now, notes)
    contribution = task.contribution
    assert contribution is not None
    if task.stale:
        notes.insert(0, _("Builds on an older revision: it has to be moved to the newest one first."))
    if contribution.appealed is not None:
        notes.insert(0, _("It was declined once and appealed: somebody else decides now."))
    return _row(contribution, task.since, now, notes)


def asked_row(contribution: "Contribution", now: datetime) -> Row:
    """One's own contribution that was sent back."""
    return _row(contribution, contribution.changed, now, [])


def _row(contribution: "Contribution", since: datetime, now: datetime, notes: list[str]) -> Row:
    return Row(
        title=title_or_number(contribution),
        url=contribution_url(contribution),
        repository=contribution.repository,
        repository_url=links.repository(contribution.repository),
        kind=WORK_KINDS[contribution.kind],
        people=listed([contribution.contributor]),
        since=since,
        seconds=(now - since).total_seconds(),
        notes=notes,
    )


def _work_row(task: Task, now: datetime, notes: list[str]) -> Row:
    work = task.work
    assert work is not None
    if task.assessments:
        notes.insert(0, _("Somebody else has assessed it; a second opinion counts as much."))
    return Row(
        title=title_of(work),
        url=f"/reviews/assess/{work.key}",
        repository=work.repository,
        repository_url=links.repository(work.repository),
        kind=WORK_KINDS[work.revision.kind],
        people=listed(task.authors.values()),
        since=task.since,
        seconds=(now - task.since).total_seconds(),
        notes=notes,
    )
