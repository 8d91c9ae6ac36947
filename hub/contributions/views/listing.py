"""The contributions of a repository, and where to begin one."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hub.contributions import links, selectors, words
from hub.contributions.models import Contribution
from hub.contributions.views.common import load, show
from hub.repositories import links as repository_links
from hub.repositories import selectors as repositories
from hub.repositories import words as repository_words
from hub.repositories.models import Repository
from web import http

FOUND = 20


@require_safe
def repository(request: HttpRequest, owner: str, name: str, kind: str) -> HttpResponse:
    found = load(request, kind, owner, name)
    state = http.choice(request.GET, "state", Contribution.State.values)
    page = selectors.listed(found, state, http.text(request.GET, "cursor", most=4096))
    counts = selectors.counts(found)
    return show(
        request,
        found,
        "list.html",
        page=page,
        rows=[row(each) for each in page.items],
        state=state,
        filters=[_filter(found, each, counts, state) for each in ("", *Contribution.State.values)],
    )


def _filter(repository: Repository, value: str, counts: dict[str, int], current: str) -> dict[str, Any]:
    url = links.listed(repository) + (f"?state={value}" if value else "")
    count = counts.get(value, 0) if value else sum(counts.values())
    return {"label": words.FILTERS[value], "url": url, "current": value == current, "count": count}


def row(contribution: Contribution) -> dict[str, Any]:
    """One line of a list."""
    return {
        "contribution": contribution,
        "url": links.page(contribution),
        "state": words.STATES[contribution.state],
        "tone": words.TONES.get(contribution.state, ""),
        "kind": repository_words.WORK_KINDS[contribution.kind],
    }


@require_safe
def contribute(request: HttpRequest) -> HttpResponse:
    """Choose a repository and what to do with it; below, one's own contributions."""
    query = http.text(request.GET, "q")
    account = repositories.account_of(request.user)
    found = repositories.search("", query, viewer=request.user, size=FOUND).items
    own = selectors.by_person(account, account, most=FOUND + 1) if account else []
    context = {
        "query": query,
        "repositories": [_target(request, each) for each in found],
        "own": [row(each) for each in own[:FOUND]],
        "more_own": len(own) > FOUND,
        "account": account,
    }
    return render(request, "contributions/contribute.html", context)


def _target(request: HttpRequest, repository: Repository) -> dict[str, Any]:
    publisher = repositories.may_publish(request.user, repository)
    base = repository_links.repository(repository)
    return {
        "repository": repository,
        "url": base,
        "publisher": publisher,
        "files_url": f"{base}/upload" if publisher else links.new(repository),
        "card_url": f"{base}/edit" if publisher else links.new_card(repository),
    }
