"""A verdict on a contribution, and an appeal against one. Their forms stand on the contribution's page too."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub.contributions import selectors as contributions
from hub.contributions.links import page as contribution_url
from hub.contributions.services import require_appealable
from hub.errors import HubError, NotAllowed
from hub.pieces import percent
from hub.repositories import links
from hub.reviews import drafts, selectors, services, words
from hub.reviews.forms import AppealForm, VerdictForm, refuse
from hub.reviews.views.common import account_of
from web.signin import signed_in

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from hub.contributions.models import Contribution


@signed_in
@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, contribution: uuid.UUID) -> HttpResponse:
    found = contributions.contribution_by_id(request.user, contribution)
    account = account_of(request)
    refused = selectors.cannot_decide(account, found)
    if refused:
        raise NotAllowed(refused)
    if found.state not in contributions.UNDECIDED and request.method == "GET":
        return redirect(contribution_url(found))
    form = VerdictForm(request.POST) if request.method == "POST" else blank_verdict(found)
    if form.is_bound and form.is_valid():
        try:
            return _decide(request, found, form)
        except HubError as error:
            refuse(form, error)
    form.show_version(contributions.newest_proposal(found).revision_id)
    context = {
        **_frame(found),
        **verdict_context(account, found, form),
        "checks": known(account, found),
        "disagreements": contributions.disagreements(found, account),
    }
    return render(request, "reviews/decide.html", context, status=422 if form.is_bound else 200)


def _decide(request: HttpRequest, contribution: "Contribution", form: VerdictForm) -> HttpResponse:
    data = form.cleaned_data
    services.decide(
        account=account_of(request),
        contribution=contribution,
        verdict=data["verdict"],
        reason_code=data["reason"],
        comment=data["comment"],
        expected_proposal=data["proposal"],
        now=timezone.now(),
    )
    said = {
        "accept": _("Contribution %(number)d is accepted."),
        "ask": _("Contribution %(number)d is back with its author."),
        "decline": _("Contribution %(number)d is declined."),
    }
    messages.success(request, said[data["verdict"]] % {"number": contribution.number})
    return redirect(contribution_url(contribution))


def blank_verdict(contribution: "Contribution") -> VerdictForm:
    """What waits for its author can only be declined, so that is chosen."""
    chosen = {"verdict": "decline"} if contribution.state == "asked" else {}
    return VerdictForm(initial={"proposal": contributions.newest_proposal(contribution).revision_id, **chosen})


def verdict_context(account: "Account", contribution: "Contribution", form: VerdictForm) -> dict[str, Any]:
    """What `reviews/_verdict_form.html` shows."""
    return {
        "contribution": contribution,
        "action": f"/reviews/decide/{contribution.pk}",
        "form": form,
        "chosen": form["verdict"].value(),
        "next_number": contribution.repository.revision_count + 1,
        "stale": contributions.is_stale(contribution),
        "drafts": drafts.verdicts(account, contribution),
        "connected": _connected(account, contribution, timezone.now()),
        "unagreed": [
            {"account": each.account, "share": percent(each.bps)}
            for each in contributions.authors_of(contribution)
            if not each.agreed
        ],
    }


def known(account: "Account", contribution: "Contribution") -> list[words.CheckRow]:
    """What a verdict of this account would freeze, in words."""
    now = timezone.now()
    checks = selectors.checks(contribution, account, now)
    return words.check_rows(checks, _connected(account, contribution, now))


def _connected(account: "Account", contribution: "Contribution", now: datetime) -> list[str]:
    return [words.conflict(each) for each in selectors.interests(contribution, account, now)]


@signed_in
@require_http_methods(["GET", "POST"])
def appeal(request: HttpRequest, contribution: uuid.UUID) -> HttpResponse:
    found = contributions.contribution_by_id(request.user, contribution)
    account = account_of(request)
    if found.contributor_id != account.pk:
        raise NotAllowed(_("Only who proposed this may appeal."))
    if request.method == "GET":
        require_appealable(found, account, timezone.now())
    form = AppealForm(request.POST) if request.method == "POST" else AppealForm()
    if form.is_bound and form.is_valid():
        try:
            services.appeal(
                account=account, contribution=found, comment=form.cleaned_data["comment"], now=timezone.now()
            )
        except HubError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Somebody else will decide about it now."))
            return redirect(contribution_url(found))
    context = {
        **_frame(found),
        "form": form,
        "arbiters": selectors.arbiters_of(found),
        "until": contributions.appeal_until(found, timezone.now()),
        "sentence": drafts.appeal(account, found),
    }
    return render(request, "reviews/appeal.html", context, status=422 if form.is_bound else 200)


def _frame(contribution: "Contribution") -> dict[str, Any]:
    return {
        "section": "reviews",
        "contribution": contribution,
        "contribution_url": contribution_url(contribution),
        "repository": contribution.repository,
        "url": links.repository(contribution.repository),
    }
