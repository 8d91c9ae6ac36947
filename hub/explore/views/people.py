"""A person's page and one's own work."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hub.accounts import selectors as accounts
from hub.explore.views.home import lines, record_lines
from hub.repositories import selectors as repositories
from ledger import selectors as ledger


@require_safe
def person(request: HttpRequest, name: str) -> HttpResponse:
    account = accounts.account_by_handle(name)
    page = ledger.entries_about(account.actor, cursor=request.GET.get("cursor", ""), size=20)
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
    page = ledger.entries_about(request.user.actor, size=10)
    context = {
        "lines": lines(repositories.owned_by(request.user, request.user)),
        "entries": record_lines(page.items, request.user),
    }
    return render(request, "explore/me.html", context)
