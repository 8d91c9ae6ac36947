"""Revisions: the list, one with what it changed, and two beside each other."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hub.errors import Gone
from hub.repositories import licences, links, preview, reading, selectors, textdiff
from hub.repositories.models import Repository, Revision
from hub.repositories.views.card import measured, sources
from hub.repositories.views.common import load, show
from hub.sentences import describe_here
from ledger import selectors as ledger
from web import http
from web.pagination import keyset

MOST_FILES = 200
MOST_DIFFS = 12
DIFF_BYTES = 256 * 1024


@dataclass(frozen=True)
class TextChange:
    """A text file that changed, line by line; `words` stands in place of lines that cannot be shown."""

    path: str
    diff: textdiff.Diff | None
    words: str = ""


@dataclass(frozen=True)
class FileRow:
    """One changed file, as `components/diff_manifest.html` takes it."""

    path: str
    url: str
    action: str
    size: int | None
    old_size: int | None
    digest: str | None
    old_digest: str | None


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
        licence=licences.by_id(revision.licence) if revision.licence else None,
        tree_url=links.tree(repository, revision.commit),
        bundle_url=f"{links.bundle(repository)}?rev={revision.commit}",
        compare_url=links.compare(repository, revision.parent.commit, revision.commit) if revision.parent else "",
        previous_url=links.commit(revision.parent) if revision.parent else "",
        next_url=links.commit(newer) if newer is not None else "",
        metrics=measured(revision),
        sources=sources(request, revision),
        **_what_changed(repository, revision.parent, revision, changes),
    )


def _what_changed(
    repository: Repository, old: Revision | None, new: Revision, changes: reading.Changes
) -> dict[str, Any]:
    """The table of files, counts, and text differences, the card's first."""
    texts = [change for change in changes.shown if change.action == "changed" and _may_be_text(change)]
    return {
        "files": [_file_row(repository, old, new, change) for change in changes.shown],
        "more_files": changes.more,
        "counts": changes.counts,
        "texts": [_text_change(change) for change in texts[:MOST_DIFFS]],
        "more_texts": max(0, len(texts) - MOST_DIFFS),
        "tables": [row for change in changes.shown if (row := _table_change(change)) is not None],
    }


def _file_row(repository: Repository, old: Revision | None, new: Revision, change: reading.ChangeView) -> FileRow:
    after, before = change.new, change.old
    rev = new.commit if after is not None else old.commit if old is not None else ""
    return FileRow(
        path=change.path,
        url=links.blob(repository, rev, change.path) if rev else "",
        action=change.action,
        size=after.size if after else None,
        old_size=before.size if before else None,
        digest=after.sha256 if after else None,
        old_digest=before.sha256 if before else None,
    )


def _may_be_text(change: reading.ChangeView) -> bool:
    binary = preview.is_image(change.path) or preview.is_safetensors(change.path)
    return not binary and change.path.rsplit(".", 1)[-1] not in {
        "parquet",
        "arrow",
        "npy",
        "npz",
        "zip",
        "gz",
        "bin",
        "onnx",
    }


def _text_change(change: reading.ChangeView) -> TextChange:
    assert change.old is not None
    assert change.new is not None
    if max(change.old.size, change.new.size) > DIFF_BYTES:
        return TextChange(change.path, None, _("Too large to be compared by line."))
    before, after = _text(change.old), _text(change.new)
    if before is None or after is None:
        return TextChange(change.path, None, _("Not text, or no longer stored; only its digests can be compared."))
    found = textdiff.diff(before, after)
    words = _("Too many lines to be compared.") if found is None else ""
    return TextChange(change.path, found, words)


def _text(file: reading.FileView) -> str | None:
    try:
        return preview.text_of(reading.read_bytes(file, DIFF_BYTES), whole=True)
    except Gone:
        return None


def _table_change(change: reading.ChangeView) -> dict[str, Any] | None:
    """Rows and columns of a table before and after."""
    if not preview.is_table(change.path) or change.action != "changed" or change.old is None or change.new is None:
        return None
    if max(change.old.size, change.new.size) > preview.COUNTED_BYTES:
        return None
    try:
        before, after = (
            preview.table_facts(change.path, reading.read_bytes(file, preview.COUNTED_BYTES))
            for file in (change.old, change.new)
        )
    except Gone:
        return None
    if before is None or after is None:
        return None
    return {
        "path": change.path,
        "before": before,
        "after": after,
        "added": [column for column in after.columns if column not in before.columns],
        "removed": [column for column in before.columns if column not in after.columns],
    }


# --- two revisions -------------------------------------------------------------------------------
@require_safe
def compare(request: HttpRequest, owner: str, name: str, kind: str, rest: str = "") -> HttpResponse:
    """`a..b`; without them a form to choose two, which comes back as `?a=…&b=…`."""
    repository = load(request, kind, owner, name)
    if "a" in request.GET and "b" in request.GET:
        old, new = (http.text(request.GET, side) for side in ("a", "b"))
        selectors.revision_by_ref(repository, old)
        selectors.revision_by_ref(repository, new)
        return redirect(links.compare(repository, old, new))
    revisions = selectors.latest_revisions(repository, most=100)[::-1]
    left, dots, right = rest.partition("..")
    if not dots:
        last = revisions[:2]
        return show(request, repository, "compare.html", a=None, **_choice(revisions, last[-1:], last[:1]))
    a, b = (selectors.revision_by_ref(repository, side) for side in (left, right))
    changes = selectors.changes_between(a, b, MOST_FILES)
    return show(
        request,
        repository,
        "compare.html",
        a=a,
        b=b,
        a_url=links.commit(a),
        b_url=links.commit(b),
        back_url=links.compare(repository, right, left),
        metrics=measured(b, a),
        **_what_changed(repository, a, b, changes),
        **_choice(revisions, [a], [b]),
    )


def _choice(revisions: list[Revision], before: list[Revision], after: list[Revision]) -> dict[str, Any]:
    """What the form offers, and what is chosen in it; nothing is, where there is no revision."""
    chosen = {"from_commit": before, "to_commit": after}
    return {"revisions": revisions} | {name: found[0].commit if found else "" for name, found in chosen.items()}
