"""One contribution: what it changes, where it stands, the discussion, and what its author and its readers may do."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub.contributions import links, proposing, selectors, services, words
from hub.contributions.errors import ContributionNotFound
from hub.contributions.forms import CollisionsForm, CommentForm, WithdrawForm
from hub.contributions.models import Comment, Contribution
from hub.contributions.timeline import timeline
from hub.contributions.views.common import account_of, load_contribution, show
from hub.errors import HubError, Invalid, NotAllowed
from hub.repositories import links as repository_links
from hub.repositories import selectors as repositories
from hub.repositories import words as repository_words
from hub.repositories.forms import refuse
from hub.repositories.models import Revision
from hub.repositories.showing import MOST_FILES, measured, sources, what_changed
from web import http


@require_safe
def page(request: HttpRequest, owner: str, name: str, kind: str, number: int) -> HttpResponse:
    return _page(request, load_contribution(request, kind, owner, name, number), CommentForm())


def _page(request: HttpRequest, contribution: Contribution, form: CommentForm, status: int = 200) -> HttpResponse:
    repository, proposal = contribution.repository, selectors.newest_proposal(contribution)
    for revision in (proposal.revision, proposal.base, contribution.result):
        if revision is not None:
            revision.repository = repository
    files = selectors.changes_of(contribution, MOST_FILES).files
    account = repositories.account_of(request.user)
    own = account is not None and contribution.contributor_id == account.pk
    waits = contribution.state in services.UNDECIDED
    events, comments = timeline(contribution, request.user, http.text(request.GET, "cursor", most=4096))
    return show(
        request,
        repository,
        "contribution.html",
        status,
        contribution=contribution,
        state=words.STATES[contribution.state],
        tone=words.TONES.get(contribution.state, ""),
        next_words=words.what_next(contribution, own=own),
        kind_words=repository_words.WORK_KINDS[contribution.kind],
        own=own,
        may_change=own and waits,
        stale=waits and selectors.is_stale(contribution),
        version=proposal,
        versions=[_version(each, proposal) for each in selectors.proposals(contribution)],
        authors=[
            {"account": each.account, "share": words.percent(each.bps)} for each in selectors.authors_of(contribution)
        ],
        metrics=measured(proposal.revision),
        sources=sources(request.user, proposal.revision),
        licence=repository_words.licence(proposal.revision.licence),
        events=events,
        page=comments,
        comment_form=form,
        withdraw_form=WithdrawForm(),
        viewer=account,
        base_url=repository_links.commit(proposal.base) if proposal.base else "",
        result_url=repository_links.commit(contribution.result) if contribution.result else "",
        tree_url=repository_links.tree(repository, proposal.revision.commit),
        **_addresses(contribution),
        file_total=sum(files.counts.values()),
        **what_changed(repository, proposal.base, proposal.revision, files),
    )


def _addresses(contribution: Contribution) -> dict[str, str]:
    return {
        "page_url": links.page(contribution),
        "update_url": links.update(contribution),
        "card_url": links.update_card(contribution),
        "rebase_url": links.rebase(contribution),
    }


def _version(each: Any, newest: Any) -> dict[str, Any]:
    revision: Revision = each.revision
    repository = newest.revision.repository
    return {
        "proposal": each,
        "url": repository_links.tree(repository, revision.commit),
        "compare_url": repository_links.compare(repository, revision.commit, newest.revision.commit)
        if each.pk != newest.pk
        else "",
    }


# --- discussion ----------------------------------------------------------------------------------
@login_required
@require_POST
def comment(request: HttpRequest, owner: str, name: str, kind: str, number: int) -> HttpResponse:
    contribution, form = load_contribution(request, kind, owner, name, number), CommentForm(request.POST)
    if form.is_valid():
        text = form.cleaned_data["text"]
        try:
            made = services.comment(
                account=account_of(request), contribution=contribution, text=text, now=timezone.now()
            )
            return redirect(f"{links.page(contribution)}#comment-{made.pk}")
        except HubError as error:
            refuse(form, error)
    return _page(request, contribution, form, 422)


@login_required
@require_POST
def delete_comment(request: HttpRequest, owner: str, name: str, kind: str, number: int, pk: int) -> HttpResponse:
    contribution = load_contribution(request, kind, owner, name, number)
    found = Comment.objects.filter(contribution=contribution, pk=pk).first()
    if found is None:
        raise ContributionNotFound
    services.delete_comment(account=account_of(request), comment=found, now=timezone.now())
    messages.success(request, _("The words of your comment are gone."))
    cursor = http.text(request.GET, "cursor", most=4096)
    here = links.page(contribution) + (f"?{urlencode({'cursor': cursor})}" if cursor else "")
    return redirect(f"{here}#comment-{pk}")


# --- its author ----------------------------------------------------------------------------------
@login_required
@require_POST
def withdraw(request: HttpRequest, owner: str, name: str, kind: str, number: int) -> HttpResponse:
    contribution, form = load_contribution(request, kind, owner, name, number), WithdrawForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else form.data.get("reason", "")
    try:
        services.withdraw(account=account_of(request), contribution=contribution, reason=reason, now=timezone.now())
        messages.success(request, _("The contribution is withdrawn."))
    except Invalid as error:
        messages.error(request, str(error))
    return redirect(links.page(contribution))


@login_required
@require_http_methods(["GET", "POST"])
def rebase(request: HttpRequest, owner: str, name: str, kind: str, number: int) -> HttpResponse:
    contribution = load_contribution(request, kind, owner, name, number)
    account = account_of(request)
    if contribution.contributor_id != account.pk:
        raise NotAllowed(_("Only who proposed this may change it."))
    moved = proposing.move(selectors.newest_proposal(contribution).revision, contribution.repository.head)
    paths = [each.path for each in moved.collisions]
    posted = request.method == "POST"
    form = CollisionsForm(request.POST if posted else None, paths=paths)
    if posted and form.is_valid():
        try:
            services.rebase(
                account=account, contribution=contribution, now=timezone.now(),
                mine=form.chosen("mine"), theirs=form.chosen("theirs"),
            )  # fmt: skip
            messages.success(request, _("It stands on the newest revision now and waits for a decision."))
            return redirect(links.page(contribution))
        except HubError as error:
            form.add_error(None, str(error))
    status = 422 if posted else 200
    return _rebase_page(request, contribution, form, moved, status)


def _rebase_page(
    request: HttpRequest, contribution: Contribution, form: CollisionsForm, moved: proposing.Moved, status: int
) -> HttpResponse:
    repository, proposal = contribution.repository, selectors.newest_proposal(contribution)
    base, head = proposal.base, repository.head
    compare = repository_links.compare(repository, base.commit, head.commit) if base and head else ""
    return show(
        request,
        repository,
        "rebase.html",
        status,
        contribution=contribution,
        form=form,
        stale=selectors.is_stale(contribution),
        clean=len(moved.changes),
        base=base,
        head=head,
        compare_url=compare if base != head else "",
        **_addresses(contribution),
    )
