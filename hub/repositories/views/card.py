"""A repository's card, and editing it."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from hub.errors import Gone, HubError, Invalid
from hub.repositories import (
    access,
    card,
    drafts,
    links,
    rendering,
    selectors,
    services,
    words,
)
from hub.repositories.card_forms import CardForm
from hub.repositories.forms import chosen_pins, refuse
from hub.repositories.models import Repository, Revision
from hub.repositories.showing import card_preview, measured, sources
from hub.repositories.views.common import account_of, load, show

MAIN = "main"
SNIPPET_FILES = 3


@require_safe
def page(request: HttpRequest, owner: str, name: str, kind: str) -> HttpResponse:
    repository = load(request, kind, owner, name)
    head = repository.head
    rendered, gone = _rendered(repository, head)
    licence = words.licence(repository.licence)
    return show(
        request,
        repository,
        "card.html",
        card=rendered,
        gone=gone,
        licence=licence,
        licence_words=words.OPENNESS[licence.openness] if licence else "",
        revision=head,
        metrics=measured(head) if head else [],
        sources=sources(request.user, head) if head else [],
        command=_command(repository, head),
    )


def _rendered(repository: Repository, head: Revision | None) -> tuple[rendering.Rendered | None, str]:
    """The card as HTML, or why its bytes cannot be shown; neither when there is none."""
    try:
        file = selectors.file_or_none(head, card.NAME)
        return (rendering.markdown_file(repository, MAIN, file) if file is not None else None), ""
    except Gone as error:
        return None, str(error)


def _command(repository: Repository, head: Revision | None) -> str:
    """How to fetch the files from a terminal; empty when there is nothing besides the card, or it needs a token."""
    if head is None or repository.visibility != Repository.Visibility.PUBLIC:
        return ""
    files = [item for item in selectors.list_directory(head) if item.type == "file" and item.name != card.NAME]
    urls = [f"{settings.SITE_URL}{links.resolve(repository, MAIN, item.path)}" for item in files[:SNIPPET_FILES]]
    return "\n".join(f"curl -LO {url}" for url in urls)


# --- editing -------------------------------------------------------------------------------------
@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, owner: str, name: str, kind: str) -> HttpResponse:
    repository = load(request, kind, owner, name)
    account = account_of(request)
    if request.method == "GET" and not access.may_publish(account, repository):
        return redirect(links.propose(repository, "card"))
    access.require_publisher(account, repository)
    if request.method == "POST":
        form = CardForm(request.POST, repository=repository, pinned=selectors.has_pins(repository.head))
        if "preview" in request.POST:
            form = form.for_preview()
        elif form.is_valid():
            return _publish(request, repository, form)
        return _editor(request, repository, form, status=422 if form.errors else 200)
    head = repository.head
    parent, pinned = head.id if head else "", selectors.has_pins(head)
    form = CardForm.of(_text(head), repository=repository, parent=parent, pinned=pinned)
    return _editor(request, repository, form)


def _text(head: Revision | None) -> str:
    """The card to edit; one whose bytes are gone is written anew."""
    try:
        return selectors.card_text(head)
    except Gone:
        return ""


def _publish(request: HttpRequest, repository: Repository, form: CardForm) -> HttpResponse:
    try:
        published = services.edit_card(
            account=account_of(request),
            repository=repository,
            text=form.cleaned_data["text"],
            message=form.cleaned_data["message"],
            now=timezone.now(),
            expected_parent=form.cleaned_data["parent"],
            fields=form.changed_fields(),
            pins=form.cleaned_data.get("pins", ""),
        )
    except HubError as error:
        refuse(form, error, {"card": "text", "changes": "text"})
        return _editor(request, repository, form, status=422 if isinstance(error, Invalid) else 409)
    messages.success(request, _("The card is revision %(number)d now.") % {"number": published.number})
    return redirect(links.repository(repository))


def _editor(request: HttpRequest, repository: Repository, form: CardForm, status: int = 200) -> HttpResponse:
    return show(
        request,
        repository,
        "edit.html",
        status,
        form=form,
        **card_preview(repository, form),
        sentence=drafts.publication(account_of(request), repository, "documentation", chosen_pins(form)),
    )


@login_required
@require_http_methods(["POST"])
def preview(request: HttpRequest, owner: str, name: str, kind: str) -> HttpResponse:
    """The preview alone, for the editor to replace while typing."""
    repository = load(request, kind, owner, name)
    access.require_publisher(account_of(request), repository)
    form = CardForm(request.POST, repository=repository)
    form.full_clean()
    return show(request, repository, "_preview.html", **card_preview(repository, form))
