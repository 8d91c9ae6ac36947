"""One contribution: what it changes, where it stands, the discussion, and what its author and its readers may do."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub.contributions import joining, links, proposing, selectors, services, words
from hub.contributions.errors import ContributionNotFound, NewerProposal
from hub.contributions.forms import CollisionsForm, CommentForm, WithdrawForm
from hub.contributions.models import Comment, Contribution
from hub.contributions.shares import AuthorShare
from hub.contributions.timeline import timeline
from hub.contributions.views.common import account_of, load_contribution, page_address, show
from hub.errors import HubError, Invalid, NotAllowed
from hub.pieces import percent
from hub.repositories import links as repository_links
from hub.repositories import selectors as repositories
from hub.repositories import words as repository_words
from hub.repositories.errors import StaleParent
from hub.repositories.forms import refuse
from hub.repositories.models import Revision
from hub.repositories.showing import MOST_FILES, measured, sources, what_changed
from web import http, slots
from web.signin import forget_words, form_of, kept_words, signed_in

if TYPE_CHECKING:
    from hub.accounts.models import Account


@require_safe
def page(request: HttpRequest, owner: str, name: str, kind: str, number: int) -> HttpResponse:
    contribution = load_contribution(request, kind, owner, name, number)
    words = kept_words(request, links.page(contribution))
    return _page(request, contribution, CommentForm(initial={"text": words}))


def _page(request: HttpRequest, contribution: Contribution, form: CommentForm, status: int = 200) -> HttpResponse:
    repository, proposal = contribution.repository, selectors.newest_proposal(contribution)
    for revision in (proposal.revision, proposal.base, contribution.result):
        if revision is not None:
            revision.repository = repository
    files = selectors.changes_of(contribution, MOST_FILES).files
    account = repositories.account_of(request.user)
    own = account is not None and contribution.contributor_id == account.pk
    waits = contribution.state in services.UNDECIDED
    gone = contribution.released is not None and contribution.result is None
    events, comments = timeline(contribution, request.user, http.text(request.GET, "cursor", most=4096))
    return show(
        request,
        repository,
        "contribution.html",
        status,
        contribution=contribution,
        state=words.STATES[contribution.state],
        tone=words.TONES.get(contribution.state, ""),
        next_words=slots.render("contribution.next", request, contribution)
        or words.what_next(contribution, timezone.now(), own=own),
        kind_words=repository_words.WORK_KINDS[contribution.kind],
        own=own,
        may_change=own and waits,
        gone=gone,
        stale=waits and selectors.is_stale(contribution),
        disagreements=selectors.disagreements(contribution, request.user),
        version=proposal,
        versions=[_version(each, proposal, contribution.released) for each in selectors.proposals(contribution)],
        authors=[_author(each) for each in selectors.authors_of(contribution)],
        asked=_asked(contribution, account),
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
        tree_url="" if gone else repository_links.tree(repository, proposal.revision.commit),
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


def _author(each: AuthorShare) -> dict[str, Any]:
    return {"account": each.account, "share": percent(each.bps), "agreed": each.agreed}


def _asked(contribution: Contribution, account: "Account | None") -> dict[str, Any] | None:
    """What the form shows with which a named co-author agrees."""
    share = joining.asked(contribution, account)
    if account is None or share is None:
        return None
    sentence = joining.sentence(account, contribution, share.bps)
    return {"bps": share.bps, "share": percent(share.bps), "sentence": sentence}


def _version(each: Any, newest: Any, released: datetime | None) -> dict[str, Any]:
    """With addresses of its files while they are here: those of what was not accepted go some time after the end."""
    revision: Revision = each.revision
    repository = newest.revision.repository
    here = revision.number is not None or released is None
    compared = here and each.pk != newest.pk
    return {
        "proposal": each,
        "url": repository_links.tree(repository, revision.commit) if here else "",
        "compare_url": repository_links.compare(repository, revision.commit, newest.revision.commit)
        if compared
        else "",
    }


# --- discussion ----------------------------------------------------------------------------------
@form_of(page_address, keep="text")
@require_POST
def comment(request: HttpRequest, owner: str, name: str, kind: str, number: int) -> HttpResponse:
    contribution, form = load_contribution(request, kind, owner, name, number), CommentForm(request.POST)
    if form.is_valid():
        text = form.cleaned_data["text"]
        try:
            made = services.comment(
                account=account_of(request), contribution=contribution, text=text, now=timezone.now()
            )
            forget_words(request)
            return redirect(f"{links.page(contribution)}#comment-{made.pk}")
        except HubError as error:
            refuse(form, error)
    return _page(request, contribution, form, 422)


@form_of(page_address)
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


# --- its co-authors ------------------------------------------------------------------------------
@form_of(page_address)
@require_POST
def join(request: HttpRequest, owner: str, name: str, kind: str, number: int) -> HttpResponse:
    contribution = load_contribution(request, kind, owner, name, number)
    services.join(
        account=account_of(request),
        contribution=contribution,
        bps=http.integer(request.POST, "bps", 0),
        expected_proposal=http.text(request.POST, "proposal") or None,
        now=timezone.now(),
    )
    messages.success(request, _("You are a co-author now."))
    return redirect(links.page(contribution))


# --- its author ----------------------------------------------------------------------------------
@form_of(page_address)
@require_POST
def withdraw(request: HttpRequest, owner: str, name: str, kind: str, number: int) -> HttpResponse:
    contribution = load_contribution(request, kind, owner, name, number)
    _withdraw(request, contribution)
    return redirect(links.page(contribution))


@form_of(lambda contribution: "/me")
@require_POST
def withdraw_unseen(request: HttpRequest, contribution: UUID) -> HttpResponse:
    """One's own, in a repository that one may not see any more; its address says nothing about that."""
    _withdraw(request, selectors.contribution_to_withdraw(account_of(request), contribution))
    return redirect("/me")


def _withdraw(request: HttpRequest, contribution: Contribution) -> None:
    form = WithdrawForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else form.data.get("reason", "")
    try:
        services.withdraw(account=account_of(request), contribution=contribution, reason=reason, now=timezone.now())
        messages.success(request, _("The contribution is withdrawn."))
    except Invalid as error:
        messages.error(request, str(error))


@signed_in
@require_http_methods(["GET", "POST"])
def rebase(request: HttpRequest, owner: str, name: str, kind: str, number: int) -> HttpResponse:
    contribution = load_contribution(request, kind, owner, name, number)
    if contribution.contributor_id != account_of(request).pk:
        raise NotAllowed(_("Only who proposed this may change it."))
    if request.method != "POST":
        return _rebase_page(request, contribution)
    try:
        services.refuse_moved(contribution, request.POST.get("head", ""), request.POST.get("proposal", ""))
        return _rebase(request, contribution)
    except (NewerProposal, StaleParent) as error:
        # What was chosen was chosen between other files, so everything is shown anew and nothing is chosen.
        contribution = load_contribution(request, kind, owner, name, number)
        return _rebase_page(request, contribution, refused=str(error), status=422)


def _rebase(request: HttpRequest, contribution: Contribution) -> HttpResponse:
    moved = _moved(contribution)
    form = _collisions(request.POST, contribution, moved)
    if form.is_valid():
        try:
            services.rebase(
                account=account_of(request), contribution=contribution, now=timezone.now(),
                mine=form.chosen("mine"), theirs=form.chosen("theirs"),
                expected_head=form.cleaned_data["head"], expected_proposal=form.cleaned_data["proposal"],
            )  # fmt: skip
            messages.success(request, _("It stands on the newest revision now and waits for a decision."))
            return redirect(links.page(contribution))
        except (NewerProposal, StaleParent):
            raise
        except HubError as error:
            form.add_error(None, str(error))
    return _rebase_page(request, contribution, moved, form, status=422)


def _moved(contribution: Contribution) -> proposing.Moved:
    """What rebasing does; nothing where there is nothing to do."""
    if not selectors.is_stale(contribution):
        return proposing.Moved([], [])
    return proposing.move(selectors.newest_proposal(contribution).revision, contribution.repository.head)


def _collisions(data: Any, contribution: Contribution, moved: proposing.Moved) -> CollisionsForm:
    seen = {
        "head": contribution.repository.head_id or "",
        "proposal": selectors.newest_proposal(contribution).revision_id,
    }
    return CollisionsForm(data, paths=[each.path for each in moved.collisions], initial=seen)


def _rebase_page(
    request: HttpRequest,
    contribution: Contribution,
    moved: proposing.Moved | None = None,
    form: CollisionsForm | None = None,
    *,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    moved = moved or _moved(contribution)
    repository, proposal = contribution.repository, selectors.newest_proposal(contribution)
    base, head = proposal.base, repository.head
    compare = repository_links.compare(repository, base.commit, head.commit) if base and head else ""
    return show(
        request,
        repository,
        "rebase.html",
        status,
        contribution=contribution,
        title=words.title_or_number(contribution),
        form=form or _collisions(None, contribution, moved),
        refused=refused,
        stale=selectors.is_stale(contribution),
        clean=len(moved.changes),
        base=base,
        head=head,
        compare_url=compare if base != head else "",
        **_addresses(contribution),
    )
