"""What reviews show on pages of the rooms below: the verdict form before the difference, verdicts, works, one's queue."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Model
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from hub.contributions import selectors as contributions
from hub.contributions.links import page as contribution_url
from hub.contributions.timeline import register_beside
from hub.contributions.words import title_or_number
from hub.reviews import selectors, words
from hub.reviews.views.common import listed
from hub.reviews.views.deciding import blank_verdict, known, verdict_context
from hub.reviews.views.queue import asked_row, row_of
from hub.reviews.views.works import work_url
from web import http, slots
from web.pagination import keyset, section_pager

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from hub.accounts.models import Account
    from hub.contributions.models import Contribution
    from hub.repositories.models import Repository, Revision
    from hub.reviews.models import Review
    from web.pagination import Page

# How much of one's queue stands on the page of one's own work.
GLANCE = 5
# How many verdicts, and how many assessments, stand on a page of somebody's.
GIVEN = 10
T = TypeVar("T", bound=Model)


def register() -> None:
    slots.register("proposal.decided_by", _decided_by)
    slots.register("contribution.verdict", _verdict)
    slots.register("contribution.next", _next)
    slots.register("contribution.join", _join)
    slots.register("contribution.aside", _known, order=-10)
    register_beside(_beside)
    slots.register("contribution.timeline", _assessments)
    slots.register("revision.aside", _work)
    slots.register("person.sections", _person)
    slots.register("me.sections", _me)


def _decided_by(request: HttpRequest, repository: "Repository") -> str:
    """For who may publish here and proposes all the same: whether there is anybody to decide about it."""
    account = selectors.account_of(request.user)
    if any(publisher != account for publisher in selectors.publishers_of(repository).values()):
        return _("What you propose is decided by somebody else.")
    return _(
        "Nobody else may publish here, so nobody can decide about what you propose. Publish it yourself, or let the "
        "repository have another maintainer first."
    )


def _verdict(request: HttpRequest, contribution: "Contribution") -> str:
    """The form for who may decide; for everybody else who decides, and for its author what can be done."""
    account = selectors.account_of(request.user)
    refused = selectors.cannot_decide(account, contribution)
    own = account is not None and contributions.is_own(contribution, account)
    author = account is not None and contribution.contributor_id == account.pk
    if contribution.waiting is not None and account is not None and not refused:
        context = verdict_context(account, contribution, blank_verdict(contribution))
        return render_to_string("reviews/_verdict_form.html", context, request)
    arbiters = selectors.arbiters_of(contribution) if contribution.waiting or contribution.state == "declined" else []
    context = {
        "contribution": contribution,
        "own": own,
        "declined_it": account is not None and not own and selectors.maintains_here(account, contribution),
        "arbiters": listed(arbiters),
        "asked_deciders": listed(_left_alone(contribution, arbiters)) if author and contribution.waiting else "",
        "appeal_until": contributions.appeal_until(contribution, timezone.now()) if author else None,
        "may_decline": contribution.state == "asked" and not refused,
    }
    return render_to_string("reviews/_waiting.html", context, request)


def _next(request: HttpRequest, contribution: "Contribution") -> str:
    """What has to happen first where nobody can decide, in the place of the words that somebody does."""
    if contribution.state != "open" or selectors.arbiters_of(contribution):
        return ""
    if selectors.account_of(request.user) == contribution.contributor:
        return _(
            "The repository needs another maintainer before anybody can decide. Until then you can change or withdraw it."
        )
    return _("The repository needs another maintainer before anybody can decide.")


def _join(request: HttpRequest, contribution: "Contribution") -> str:
    """For a co-author who is asked to agree: that nobody else could decide then, if so."""
    account = selectors.account_of(request.user)
    arbiters = selectors.arbiters_of(contribution)
    if account not in arbiters or len(arbiters) > 1:
        return ""
    words = _(
        "You are the only one who could decide about it. If you agree, nobody can, until there is another maintainer."
    )
    return render_to_string("components/notice.html", {"level": "warn", "text": words}, request)


def _left_alone(contribution: "Contribution", arbiters: "Sequence[Account]") -> "list[Account]":
    """Those who could decide, if all of them are asked to be co-authors: once they agree nobody is left."""
    asked = {each.account.pk for each in contributions.authors_of(contribution) if not each.agreed}
    return list(arbiters) if arbiters and all(each.pk in asked for each in arbiters) else []


def _known(request: HttpRequest, contribution: "Contribution") -> str:
    """What is known about it, while it waits for a verdict; for who may decide, with what will be frozen."""
    if contribution.waiting is None:
        return ""
    account = selectors.account_of(request.user)
    if account is None or selectors.cannot_decide(account, contribution):
        checks = selectors.checks(contribution)
        return render_to_string("reviews/_checks.html", {"checks": words.check_rows(checks)}, request)
    context = {"checks": known(account, contribution), "decides": True}
    return render_to_string("reviews/_checks.html", context, request)


def _beside(uids: "Sequence[UUID]") -> "dict[UUID, SafeString]":
    """The reason beside the entries of verdicts and appeals, and what was known at the verdict. Two queries."""
    told: dict[UUID, dict[str, Any]] = {row.entry.uid: {"comment": row.comment} for row in selectors.appeals_of(uids)}
    for review in selectors.reviews_of(uids):
        told[review.entry.uid] = {
            "comment": review.comment,
            "checks": words.check_rows(words.read(bytes(review.checks.body))),
            "checks_url": f"/api/v1/reviews/{review.pk}/checks",
            "digest": review.checks_id,
        }
    return {uid: render_to_string("reviews/_entry.html", context) for uid, context in told.items()}


def _assessments(request: HttpRequest, contribution: "Contribution") -> str:
    """What hub reviewers say about what it became."""
    if contribution.state != "accepted":
        return ""
    work = selectors.work_by_key(request.user, f"contrib:{contribution.pk}")
    context = {"assessments": selectors.assessments_of(work), "work_url": work_url(work.key)}
    return render_to_string("reviews/_assessments.html", context, request)


def _work(request: HttpRequest, revision: "Revision") -> str:
    """Whether the revision is a work, and the way to make it one for who may."""
    work = selectors.work_of_revision(revision.pk)
    account = selectors.account_of(request.user)
    if work is None and selectors.cannot_submit(account, revision):
        return ""
    context = {
        "revision": revision,
        "work_url": work_url(work.key) if work is not None else "",
        "submitted": work.submitted if work is not None else None,
        "assessments": work.assessments.count() if work is not None else 0,
    }
    return render_to_string("reviews/_revision.html", context, request)


def _person(request: HttpRequest, person: "Account") -> str:
    """What somebody decided and assessed, as far as the reader may see it: a page of each, and how many there are."""
    reviews, assessments = selectors.reviews_by(person, request.user), selectors.assessments_by(person, request.user)
    given, judged = _page(request, reviews, "verdicts"), _page(request, assessments, "assessments")
    if not given.items and not judged.items and not person.hub_reviewer:
        return ""
    context = {
        "person": person,
        "reviews": [_given(row) for row in given.items],
        "review_total": reviews.count(),
        "review_pager": section_pager(given, "verdicts", request.GET),
        "assessments": [
            {"assessment": row, "title": words.title_of(row.work), "url": work_url(row.work.key)}
            for row in judged.items
        ],
        "assessment_total": assessments.count(),
        "assessment_pager": section_pager(judged, "assessments", request.GET),
    }
    return render_to_string("reviews/_person.html", context, request)


def _page(request: HttpRequest, rows: "QuerySet[T]", query: str) -> "Page[T]":
    return keyset(rows, order=("-time", "-pk"), cursor=http.text(request.GET, query, most=4096), size=GIVEN)


def _given(row: "Review") -> dict[str, Any]:
    return {
        "review": row,
        "title": title_or_number(row.contribution),
        "verdict": words.DECIDED[row.verdict],
        "reason": words.reason(row.reason),
        "url": contribution_url(row.contribution),
    }


def _me(request: HttpRequest, account: "Account") -> str:
    """What waits for oneself, if anything does."""
    now = timezone.now()
    queue = selectors.queue(account, now, most=GLANCE)
    if not queue.count:
        return ""
    context = {
        "queue": queue,
        "asked": [asked_row(each, now) for each in queue.asked],
        "rows": [row_of(task, now) for task in (*queue.decide, *queue.assess)][:GLANCE],
    }
    return render_to_string("reviews/_me.html", context, request)
