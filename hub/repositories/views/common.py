"""What every page of a repository needs: the repository, the revision and path of its address, the frame."""

import re
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from hub.repositories import links, selectors
from hub.repositories.models import Reference, Repository, Revision

if TYPE_CHECKING:
    from hub.accounts.models import Account

MOST_SEGMENTS = 12
_PROPOSAL = re.compile(r"refs/pr/[0-9]{1,9}(?=/|$)")


def load(request: HttpRequest, kind: str, owner: str, name: str) -> Repository:
    return selectors.visible_repository(request.user, kind, owner, name)


def account_of(request: HttpRequest) -> "Account":
    """The signed-in account; such views are behind `login_required`."""
    return cast("Account", request.user)


def show(
    request: HttpRequest, repository: Repository, template: str, status: int = 200, **context: Any
) -> HttpResponse:
    frame = {
        "repository": repository,
        "section": "models" if repository.kind == "model" else "datasets",
        "url": links.repository(repository),
        "may_publish": selectors.may_publish(request.user, repository),
    }
    return render(request, f"repositories/{template}", {**frame, **context}, status=status)


def split_rev(repository: Repository, rest: str) -> tuple[str, str]:
    """`main/data/a.csv` as revision and path. Names of branches may hold slashes: the longest known one wins."""
    if match := _PROPOSAL.match(rest):
        return match[0], rest[match.end() :].strip("/")
    for prefix in ("refs/heads/", "refs/tags/"):
        if rest.startswith(prefix):
            rev, path = split_rev(repository, rest.removeprefix(prefix))
            return prefix + rev, path
    segments = rest.strip("/").split("/")
    prefixes = ["/".join(segments[:count]) for count in range(2, min(len(segments), MOST_SEGMENTS) + 1)]
    known = Reference.objects.filter(repository=repository, name__in=prefixes).values_list("name", flat=True)
    rev = max(known, key=len, default=segments[0])
    return rev, "/".join(segments)[len(rev) :].strip("/")


def at(repository: Repository, rest: str) -> tuple[str, Revision, str]:
    """The revision's name as written, the revision, and the path of an address below `tree`, `blob` or `resolve`."""
    rev, path = split_rev(repository, rest)
    return rev, selectors.state_by_ref(repository, rev), path


def crumbs(repository: Repository, rev: str, path: str, *, file: bool = False) -> list[dict[str, str]]:
    """The folders above a path, each with its page; the last is where one is."""
    found = [{"label": repository.name, "url": links.tree(repository, rev)}]
    names = path.split("/") if path else []
    for count, name in enumerate(names, start=1):
        found.append({"label": name, "url": links.tree(repository, rev, "/".join(names[:count]))})
    found[-1]["url"] = ""
    return found
