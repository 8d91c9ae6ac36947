"""A person's page and one's own work."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hub.accounts import selectors as accounts
from hub.errors import Gone
from hub.explore.timeline import waiting_words
from hub.explore.views.home import lines, record_lines
from hub.repositories import selectors as repositories
from ledger import selectors as ledger


@require_safe
def person(request: HttpRequest, name: str) -> HttpResponse:
    """What somebody made, and every entry they caused. An erased account has no page."""
    account = accounts.account_by_handle(name)
    if account.erased is not None:
        raise Gone(_("This account was erased at the wish of its owner."))
    page = ledger.sequenced_entries(actor=account.actor, cursor=request.GET.get("cursor", ""), size=20)
    context = {
        "person": account,
        "lines": lines(repositories.owned_by(account, request.user)),
        "entries": record_lines(page.items, request.user),
        "page": page,
    }
    return render(request, "explore/person.html", context)


@login_required
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """Where one's own things stand."""
    assert request.user.is_authenticated
    entries = ledger.sequenced_entries(actor=request.user.actor, size=10).items
    statuses = ledger.statuses(entries)
    notes = [waiting_words(statuses[entry.uid]) for entry in entries]
    context = {
        "lines": lines(repositories.owned_by(request.user, request.user)),
        "entries": [
            line | {"note": note} for line, note in zip(record_lines(entries, request.user), notes, strict=True)
        ],
    }
    return render(request, "explore/me.html", context)
