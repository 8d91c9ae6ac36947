"""Revisions: the list, one with what it changed, and two beside each other."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hub.repositories import links, selectors, words
from hub.repositories.models import Revision
from hub.repositories.showing import MOST_FILES, measured, sources, what_changed
from hub.repositories.views.common import load, show
from hub.sentences import describe_here
from ledger import selectors as ledger
from web import http
from web.pagination import keyset


# --- the list ------------------------------------------------------------------------------------
@require_safe
def commits(request: HttpRequest, owner: str, name: str, kind: str, rest: str) -> HttpResponse:
    repository = load(request, kind, owner, name)
    revision = selectors.revision_by_ref(repository, rest)
    rows = repository.revisions.filter(number__lte=revision.number).select_related("author", "entry").defer("body")
    cursor = http.text(request.GET, "cursor", most=4096)
    page = keyset(rows, order=("-number",), cursor=cursor, size=30)
    for found in page.items:
        found.repository = repository
    return show(
        request,
        repository,
        "commits.html",
        rev=rest,
        page=page,
        revisions=[{"revision": found, "url": links.commit(found)} for found in page.items],
    )


# --- one revision --------------------------------------------------------------------------------
@require_safe
def commit(request: HttpRequest, owner: str, name: str, kind: str, sha: str) -> HttpResponse:
    repository = load(request, kind, owner, name)
    revision = selectors.state_by_ref(repository, sha)
    if revision.number is None:
        # What is only proposed has its page among the contributions.
        return redirect(links.tree(repository, revision.commit))
    changes = selectors.changes_of(revision, MOST_FILES)
    entry = ledger.entry_by_uid(revision.entry.uid)
    subject = f"repo:{repository.pk}"
    newer = repository.revisions.filter(number=revision.number + 1).first()
    return show(
        request,
        repository,
        "commit.html",
        revision=revision,
        sentence=describe_here([entry], request.user, subject)[0].html,
        entry_url=reverse("ledger:entry", args=[entry.leaf_index]) if entry.leaf_index is not None else "",
        licence=words.licence(revision.licence),
        tree_url=links.tree(repository, revision.commit),
        bundle_url=f"{links.bundle(repository)}?rev={revision.commit}",
        compare_url=links.compare(repository, revision.parent.commit, revision.commit) if revision.parent else "",
        previous_url=links.commit(revision.parent) if revision.parent else "",
        next_url=links.commit(newer) if newer is not None else "",
        metrics=measured(revision),
        sources=sources(request.user, revision),
        **what_changed(repository, revision.parent, revision, changes),
    )


# --- two revisions -------------------------------------------------------------------------------
@require_safe
def compare(request: HttpRequest, owner: str, name: str, kind: str, rest: str = "") -> HttpResponse:
    """`a..b`; without them a form to choose two, which comes back as `?a=…&b=…`."""
    repository = load(request, kind, owner, name)
    if "a" in request.GET and "b" in request.GET:
        old, new = (http.text(request.GET, side) for side in ("a", "b"))
        selectors.state_by_ref(repository, old)
        selectors.state_by_ref(repository, new)
        return redirect(links.compare(repository, old, new))
    revisions = selectors.latest_revisions(repository, most=100)[::-1]
    left, dots, right = rest.partition("..")
    if not dots:
        last = revisions[:2]
        return show(request, repository, "compare.html", a=None, **_choice(revisions, last[-1:], last[:1]))
    a, b = (selectors.state_by_ref(repository, side) for side in (left, right))
    changes = selectors.changes_between(a, b, MOST_FILES)
    return show(
        request,
        repository,
        "compare.html",
        a=a,
        b=b,
        a_url=links.commit(a),
        b_url=links.commit(b),
        a_name=_called(a),
        b_name=_called(b),
        back_url=links.compare(repository, right, left),
        metrics=measured(b, a),
        **what_changed(repository, a, b, changes),
        **_choice(revisions, [a], [b]),
    )


def _called(revision: Revision) -> str:
    if revision.number is None:
        return _("what is proposed")
    return _("revision %(number)d") % {"number": revision.number}


def _choice(revisions: list[Revision], before: list[Revision], after: list[Revision]) -> dict[str, Any]:
    """What the form offers, and what is chosen in it; nothing is, where there is no revision."""
    chosen = {"from_commit": before, "to_commit": after}
    return {"revisions": revisions} | {name: found[0].commit if found else "" for name, found in chosen.items()}
