"""What every page of contributions needs: the repository, the contribution of its address, the frame."""

from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from hub.contributions import links, selectors
from hub.contributions.models import Contribution
from hub.repositories import links as repository_links
from hub.repositories import selectors as repositories
from hub.repositories.models import Repository

if TYPE_CHECKING:
    from hub.accounts.models import Account


def load(request: HttpRequest, kind: str, owner: str, name: str) -> Repository:
    return repositories.visible_repository(request.user, kind, owner, name)


def load_contribution(request: HttpRequest, kind: str, owner: str, name: str, number: int) -> Contribution:
    return selectors.contribution(request.user, load(request, kind, owner, name), number)


def page_address(kind: str, owner: str, name: str, number: int, **_more: object) -> str:
    """Where a contribution is shown, from the parts of an address below it; whether there is one is asked there."""
    return reverse(f"contributions:{kind}-page", kwargs={"owner": owner, "name": name, "number": number})


def account_of(request: HttpRequest) -> "Account":
    """The signed-in account; such views are behind `signed_in`."""
    return cast("Account", request.user)


def show(
    request: HttpRequest, repository: Repository, template: str, status: int = 200, **context: Any
) -> HttpResponse:
    frame = {
        "repository": repository,
        "section": "models" if repository.kind == "model" else "datasets",
        "url": repository_links.repository(repository),
        "list_url": links.listed(repository),
        "new_url": links.new(repository),
        "may_publish": repositories.may_publish(request.user, repository),
    }
    return render(request, f"contributions/{template}", {**frame, **context}, status=status)
