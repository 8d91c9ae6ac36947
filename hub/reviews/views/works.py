"""Works: submitting a revision for assessment, and the page of a work with what hub reviewers say about it."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub.contributions.links import page as contribution_url
from hub.errors import HubError, NotAllowed
from hub.repositories import links
from hub.repositories import selectors as repositories
from hub.repositories.showing import MOST_FILES, measured, sources, what_changed
from hub.repositories.words import WORK_KINDS
from hub.reviews import conflicts, drafts, selectors, services, words
from hub.reviews.forms import AssessForm, refuse
from hub.reviews.views.common import account_of, listed
from hub.reviews.words import title_of
from web.signin import signed_in

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from hub.reviews.models import Work


def work_url(key: str) -> str:
    return f"/reviews/assess/{key}"


# --- submitting ----------------------------------------------------------------------------------
@signed_in
@require_http_methods(["GET", "POST"])
def submit(request: HttpRequest, revision: str) -> HttpResponse:
    """Ask that a revision of one's own be assessed. The page says what that leaves in the log."""
    found, account = repositories.revision_by_id(request.user, revision), account_of(request)
    known = selectors.work_of_revision(found.pk)
    if known is not None:
        return redirect(work_url(known.key))
    refused = selectors.cannot_submit(account, found)
    if refused:
        raise NotAllowed(refused)
    if request.method == "POST":
        work = services.submit_work(account=account, revision=found, now=timezone.now())
        messages.success(request, _("Hub reviewers can assess this revision now."))
        return redirect(work_url(work.key))
    context = {
        "section": "reviews",
        "revision": found,
        "repository": found.repository,
        "url": links.repository(found.repository),
        "commit_url": links.commit(found),
        "sentence": drafts.submission(account, found),
    }
    return render(request, "reviews/submit.html", context)


# --- assessing -----------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def assess(request: HttpRequest, work: str) -> HttpResponse:
    """A work, what it changed, and what was said about it. Who may assess it finds the form first."""
    found, account = selectors.work_by_key(request.user, work), selectors.account_of(request.user)
    refused = selectors.cannot_assess(account, found)
    form = AssessForm(request.POST) if request.method == "POST" else AssessForm()
    if request.method == "POST":
        if account is None or refused:
            raise NotAllowed(refused)
        if form.is_valid():
            try:
                return _assess(request, account, found, form)
            except HubError as error:
                refuse(form, error)
    context = {**_work_context(request, found), "refused": refused}
    if account is not None and not refused:
        context |= _form_context(account, found, form)
    return render(request, "reviews/assess.html", context, status=422 if form.is_bound else 200)


def _assess(request: HttpRequest, account: "Account", work: "Work", form: AssessForm) -> HttpResponse:
    data = form.cleaned_data
    services.assess(
        account=account,
        work=work,
        effort=data["effort"],
        quality=data["quality"],
        comment=data["comment"],
        now=timezone.now(),
    )
    messages.success(request, _("Your assessment stands in the log."))
    return redirect("reviews:queue")


def _form_context(account: "Account", work: "Work", form: AssessForm) -> dict[str, Any]:
    connected = conflicts.find(
        account, selectors.authors_of_work(work), timezone.now(), work.contribution.pk if work.contribution else None
    )
    return {
        "form": form,
        "form_url": work_url(work.key),
        "connected": [words.conflict(each) for each in connected],
        "chosen": str(form["effort"].value() or ""),
        "efforts": [(str(effort), *said) for effort, said in words.EFFORTS.items()],
        "quality": words.QUALITY,
        "sentence": drafts.assessment(account, work, form["effort"].value() or "…", form["quality"].value() or "…"),
    }


def _work_context(request: HttpRequest, work: "Work") -> dict[str, Any]:
    revision, repository = work.revision, work.repository
    revision.repository = repository
    contribution = work.contribution
    return {
        "section": "reviews",
        "work": work,
        "title": title_of(work),
        "kind": WORK_KINDS[contribution.kind if contribution is not None else revision.kind],
        "revision": revision,
        "repository": repository,
        "url": links.repository(repository),
        "commit_url": links.commit(revision),
        "contribution_url": contribution_url(contribution) if contribution is not None else "",
        "reason": _reason(work),
        "authors": listed(selectors.authors_of_work(work).values()),
        "assessments": selectors.assessments_of(work),
        "disagreements": selectors.disagreements(work, request.user),
        "metrics": measured(revision),
        "sources": sources(request.user, revision),
        **what_changed(repository, revision.parent, revision, repositories.changes_of(revision, MOST_FILES)),
    }


def _reason(work: "Work") -> str:
    """What its author said, unless the title says all of it."""
    said = work.contribution.reason if work.contribution is not None else work.revision.message
    return "" if said.strip() == title_of(work) else str(said)
