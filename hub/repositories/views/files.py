"""Folders and files of a revision: lists, previews, bytes."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.encoding import iri_to_uri
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hub.accounts.authentication import reader
from hub.errors import NotAllowed
from hub.repositories import links, preview, reading, rendering, selectors
from hub.repositories.errors import (
    BytesGone,
    PathNotFound,
    RepositoryNotFound,
    RevisionNotFound,
    TakenDown,
    Withdrawn,
)
from hub.repositories.models import Repository
from hub.repositories.views.common import at, crumbs, load, show
from web import http
from web.ranges import file_response

PAGE = 200
# Above this size, or when they are no text, the Hugging Face clients take files by their SHA-256.
LARGE = 1024 * 1024
_TEXT = {
    ".md",
    ".txt",
    ".json",
    ".jsonl",
    ".yaml",
    ".yml",
    ".py",
    ".csv",
    ".tsv",
    ".toml",
    ".cfg",
    ".ini",
    ".xml",
    ".html",
}
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# What a commit names never changes, but it can be taken down or become private: caches ask again after so many seconds, and are
# answered by a few bytes as long as the digest stands.
_FIXED = 300


# --- folders -------------------------------------------------------------------------------------
@require_safe
def tree(request: HttpRequest, owner: str, name: str, kind: str, rest: str = "main") -> HttpResponse:
    repository = load(request, kind, owner, name)
    rev, revision, path = at(repository, rest)
    items = selectors.list_directory(revision, path)
    start = http.integer(request.GET, "start", 0, most=len(items))
    return show(
        request,
        repository,
        "tree.html",
        rev=rev,
        revision=revision,
        path=path,
        crumbs=crumbs(repository, rev, path),
        items=[_item(repository, rev, item) for item in items[start : start + PAGE]],
        count=len(items),
        earlier=max(0, start - PAGE) if start else None,
        later=start + PAGE if start + PAGE < len(items) else None,
        is_head=repository.head_id == revision.pk,
    )


def _item(repository: Repository, rev: str, item: reading.ItemView) -> dict[str, Any]:
    folder = item.type == "tree"
    changed = item.changed.revision if item.changed else None
    bytes_of = item.changed.blob if item.changed else None
    gone = bytes_of is not None and bytes_of.taken_down is not None
    if changed is not None:
        changed.repository = repository
    return {
        "item": item,
        "folder": folder,
        "url": (links.tree if folder else links.blob)(repository, rev, item.path),
        "download": "" if folder or gone else links.resolve(repository, rev, item.path),
        "gone": gone,
        "revision": changed,
        "revision_url": links.commit(changed) if changed is not None else "",
    }


# --- one file ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Shown:
    """How a file is shown: `kind` is markdown, table, tensors, image, text, tombstone or none; `note` says what is left out.

    A tombstone has the time at which the bytes were taken down and the address of the entry that says so.
    """

    kind: str
    html: SafeString | str = ""
    language: str = ""
    table: preview.Table | None = None
    tensors: preview.Tensors | None = None
    note: str = ""
    taken_down: datetime | None = None
    entry_url: str = ""


@require_safe
def blob(request: HttpRequest, owner: str, name: str, kind: str, rest: str) -> HttpResponse:
    repository = load(request, kind, owner, name)
    rev, revision, path = at(repository, rest)
    file = selectors.file_at(revision, path)
    change = reading.last_changes(revision, [file.path]).get(file.path)
    changed = change.revision if change is not None else None
    if changed is not None:
        changed.repository = repository
    return show(
        request,
        repository,
        "blob.html",
        rev=rev,
        revision=revision,
        file=file,
        crumbs=crumbs(repository, rev, file.path),
        download=links.resolve(repository, rev, file.path),
        shown=shown(repository, rev, file),
        changed=changed,
        changed_url=links.commit(changed) if changed is not None else "",
        is_head=repository.head_id == revision.pk,
    )


def shown(repository: Repository, rev: str, file: reading.FileView) -> Shown:
    """A preview of what can be shown, from the first bytes."""
    try:
        return _shown(repository, rev, file)
    except TakenDown as error:
        return Shown("tombstone", note=str(error), taken_down=error.moment, entry_url=links.entry(error.entry))
    except BytesGone as error:
        return Shown("none", note=str(error))


def _shown(repository: Repository, rev: str, file: reading.FileView) -> Shown:
    reading.location(file)
    if preview.is_image(file.path):
        return Shown("image")
    if preview.is_markdown(file.path):
        rendered = rendering.markdown_file(repository, rev, file)
        return Shown("markdown", html=rendered.html, language=rendered.language)
    if preview.is_safetensors(file.path):
        tensors = preview.tensors_of(reading.read_bytes(file, preview.TENSOR_HEADER_BYTES))
        return Shown("tensors", tensors=tensors) if tensors else Shown("none", note=_no_tensors())
    head = reading.read_bytes(file, preview.HEAD_BYTES)
    whole = len(head) == file.size
    if preview.is_table(file.path):
        table = preview.table_of(file.path, head, whole=whole)
        if table is not None:
            return Shown("table", table=table)
    return _as_text(file, head[: preview.TEXT_BYTES])


def _as_text(file: reading.FileView, head: bytes) -> Shown:
    whole = len(head) == file.size
    text = preview.text_of(head, whole=whole)
    if text is None:
        return Shown("none", note=_("This file is not text, so there is nothing to show here."))
    note = "" if whole else _("Only the beginning is shown here.")
    return Shown("text", html=rendering.source(file, text), note=note)


def _no_tensors() -> str:
    return _("The header of this file cannot be read as safetensors.")


# --- bytes ---------------------------------------------------------------------------------------
@require_safe
def resolve(request: HttpRequest, owner: str, name: str, kind: str, rest: str) -> HttpResponseBase:
    """The bytes of a file, with the headers that the Hugging Face clients need, on refusals too."""
    commit = ""
    try:
        viewer = reader(request)
        repository = selectors.visible_repository(viewer, kind, owner, name)
        rev, revision, path = at(repository, rest)
        commit = revision.commit
        file = selectors.file_at(revision, path)
        response = _bytes(request, repository, rev, file)
    except NotAllowed:
        response = _refused(request, 401, "", "Invalid credentials in Authorization header")
    except (RepositoryNotFound, RevisionNotFound, PathNotFound) as error:
        response = _refused(request, 404, error.code, str(error))
    except (Withdrawn, BytesGone) as error:
        response = _refused(request, 410, error.code, str(error))
        if isinstance(error, TakenDown):
            response = _tombstone(error)
    if commit:
        response.headers["X-Repo-Commit"] = commit
    return response


def _bytes(request: HttpRequest, repository: Repository, rev: str, file: reading.FileView) -> HttpResponseBase:
    public = repository.visibility == Repository.Visibility.PUBLIC
    fixed = _COMMIT.fullmatch(rev) is not None
    kept = f"max-age={_FIXED}" if fixed else "no-cache"
    response = file_response(
        request,
        reading.location(file),
        size=file.size,
        etag=file.sha256,
        filename=file.name,
        content_type=preview.content_type(file.path),
        cache_control=f"{'public' if public else 'private'}, {kept}",
    )
    if is_large(file):
        response.headers["X-Linked-Etag"] = f'"{file.sha256}"'
        response.headers["X-Linked-Size"] = str(file.size)
    return response


def is_large(file: reading.FileView) -> bool:
    return file.size > LARGE or preview.suffix_of(file.path) not in _TEXT


def _tombstone(error: TakenDown) -> HttpResponse:
    """The refusal of a file that was taken down, with the reason's code and the entry."""
    url = links.entry(error.entry)
    said = {"error": str(error), "reason": error.reason, "taken_down": error.moment.isoformat(), "entry": url or None}
    response = JsonResponse(said, status=410)
    for name, value in _explained(error.code, str(error)).items():
        response.headers[name] = value
    if url:
        response.headers["Link"] = f'<{url}>; rel="describedby"'
    return response


def _refused(request: HttpRequest, status: int, code: str, words: str) -> HttpResponse:
    """A refusal that both a person and a client can read. Header values are ASCII, so other signs are quoted."""
    response = JsonResponse({"error": words}, status=status)
    for name, value in _explained(code, words).items():
        response.headers[name] = value
    return response


def _explained(code: str, words: str) -> dict[str, str]:
    message = {"X-Error-Message": iri_to_uri(words).replace("%20", " ")}
    return {"X-Error-Code": code, **message} if code else message
