"""Pages of moderators: take down a file by its digest, redact words beside an entry. Both ask before they act."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub.errors import HubError, NotAllowed, NotFound
from hub.moderation import drafts, redacting
from hub.moderation.forms import RemovalForm, refuse
from hub.repositories import links
from hub.repositories import selectors as repositories
from hub.uploads import takedowns
from ledger import describing
from ledger import selectors as ledger
from ledger.records import EntryView
from web import http

if TYPE_CHECKING:
    from hub.accounts.models import Account


def moderator(request: HttpRequest) -> "Account":
    """Who asks, if it is a moderator. Services ask again."""
    account = cast("Account", request.user)
    if not account.moderator:
        raise NotAllowed(_("Only a moderator may do this."))
    return account


# --- taking down ---------------------------------------------------------------------------------
@login_required
@require_http_methods(["GET", "POST"])
def take_down(request: HttpRequest) -> HttpResponse:
    """`?digest=` names the file. The page says what happens and which sentence becomes public, then asks."""
    account = moderator(request)
    digest = http.text(request.GET, "digest", most=64).strip().lower()
    if not digest:
        return render(request, "moderation/choose.html", {"section": "reviews"})
    blob = takedowns.stored(digest)
    form = RemovalForm(request.POST) if request.method == "POST" else RemovalForm()
    if form.is_valid():
        try:
            takedowns.take_down(
                account=account,
                sha256=digest,
                reason=form.cleaned_data["reason"],
                words=form.cleaned_data["words"],
                now=timezone.now(),
            )
        except HubError as error:
            refuse(form, error)
        else:
            messages.success(request, _("The file is taken down. Its bytes are being removed."))
            return redirect("moderation:takedowns")
    context = {
        "section": "reviews",
        "form": form,
        "blob": blob,
        "places": [_place(change) for change in repositories.files_with_digest(digest, request.user)],
        "hidden": not takedowns.described(digest, "other")[0].startswith("repo:"),
        "sentence": drafts.takedown(account, digest, _chosen(form)),
    }
    return render(request, "moderation/take_down.html", context, status=422 if form.is_bound else 200)


def _chosen(form: RemovalForm) -> str:
    """The reason in the form, if it is one; the sentence is shown with another one until it is chosen."""
    said = str(form["reason"].value() or "")
    return said if said in takedowns.REASONS else "other"


def _place(change: Any) -> dict[str, str]:
    repository = change.revision.repository
    return {
        "url": links.blob(repository, change.revision.commit, change.path),
        "words": f"{repository.owner.username}/{repository.name}: {change.path}",
    }


@require_http_methods(["GET", "HEAD"])
def list_takedowns(request: HttpRequest) -> HttpResponse:
    """Everything that was taken down, the newest first, for everybody: digest, reason, time, entry."""
    cursor = http.text(request.GET, "cursor", most=4096)
    page = takedowns.page_of(cursor)
    context = {"section": "reviews", "page": page, "rows": [_row(blob) for blob in page.items]}
    return render(request, "moderation/takedowns.html", context)


def _row(blob: Any) -> dict[str, Any]:
    entry = blob.takedown_entry
    return {
        "blob": blob,
        "reason": redacting.reason_words(blob.takedown_reason),
        "entry_url": links.entry(entry.leaf_index if entry is not None else None),
    }


# --- redacting -----------------------------------------------------------------------------------
@login_required
@require_http_methods(["GET", "POST"])
def redact(request: HttpRequest) -> HttpResponse:
    """`?entry=` and `?group=` name the words. They are shown once more to whoever is about to erase them."""
    account = moderator(request)
    index = http.integer(request.GET, "entry", -1)
    group = http.text(request.GET, "group", most=64)
    entry = ledger.find_entry(index)
    if entry is None:
        raise NotFound(_("The log has no entry with this number."))
    form = RemovalForm(request.POST) if request.method == "POST" else RemovalForm()
    sentence = drafts.redaction(account, entry, group, _chosen(form))
    if form.is_valid():
        try:
            redacting.redact(
                account=account,
                index=index,
                group=group,
                reason=form.cleaned_data["reason"],
                words=form.cleaned_data["words"],
                now=timezone.now(),
            )
        except HubError as error:
            refuse(form, error)
        else:
            messages.success(request, _("The words are erased."))
            return redirect(links.entry(index))
    context = {
        "section": "reviews",
        "form": form,
        "entry": entry,
        "entry_url": links.entry(index),
        "group": group,
        "words": _shown_words(entry, group, request),
        "sentence": sentence,
    }
    return render(request, "moderation/redact.html", context, status=422 if form.is_bound else 200)


def _shown_words(entry: EntryView, group: str, request: HttpRequest) -> list[str]:
    """The words, if this moderator may read them; a moderator may redact what they cannot read."""
    [disclosed] = describing.disclose([entry], request.user)
    return [str(value) for value in disclosed.details.get(group, {}).values()]
