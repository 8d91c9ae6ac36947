"""What somebody typed: an entry number, a digest, a name, or words to search for."""

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from hub.accounts import selectors as accounts
from hub.errors import NotFound
from hub.repositories import selectors as repositories
from ledger import selectors as ledger

if TYPE_CHECKING:
    from hub.repositories.models import FileChange, Repository, Revision
    from ledger.records import EntryView

_NUMBER = re.compile(r"[#]?(0|[1-9][0-9]{0,14})")
_DIGEST = re.compile(r"(?:sha256[:-]|rev:)?([0-9a-f]{64})", re.IGNORECASE)
_COMMIT = re.compile(r"[0-9a-f]{8,63}", re.IGNORECASE)
_NAME = re.compile(r"(?:(models|datasets)/)?([A-Za-z0-9-]+)/([A-Za-z0-9._-]+)")


@dataclass(frozen=True)
class Found:
    """What a query names. `kind` says how it was read; the matching field is set, all others are empty."""

    kind: Literal["entry", "file", "revision", "leaf", "repository", "person", "words"]
    text: str
    entry: "EntryView | None" = None
    revision: "Revision | None" = None
    repository: "Repository | None" = None
    handle: str = ""
    files: "tuple[FileChange, ...]" = ()
    known: bool = False


def look_up(text: str, viewer: Any) -> Found:
    """Reads `text` as the most specific thing it can be. Only things that `viewer` may see are found."""
    text = text.strip()
    if match := _NUMBER.fullmatch(text):
        entry = ledger.find_entry(int(match.group(1)))
        return Found("entry", match.group(1), entry=entry, known=entry is not None)
    if match := _DIGEST.fullmatch(text):
        return _digest(match.group(1).lower(), viewer)
    if _COMMIT.fullmatch(text) and not text.isdigit():
        revision = repositories.find_revision(text.lower(), viewer)
        if revision is not None:
            return Found("revision", text, revision=revision, known=True)
    if match := _NAME.fullmatch(text):
        return _repository(text, match.group(1), match.group(2), match.group(3), viewer)
    if re.fullmatch(r"@?[A-Za-z0-9-]{2,39}", text):
        with suppress(NotFound):
            account = accounts.account_by_handle(text.lstrip("@"))
            if account.erased is None:
                return Found("person", text, handle=account.username, known=True)
    return Found("words", text)


def _digest(digest: str, viewer: Any) -> Found:
    """A digest may name a file, a revision or a leaf of the log; a file is what people most often hold."""
    files = repositories.files_with_digest(digest, viewer)
    if files:
        return Found("file", digest, files=tuple(files), known=True)
    revision = repositories.find_revision(digest, viewer)
    if revision is not None:
        return Found("revision", digest, revision=revision, known=True)
    entry = ledger.find_leaf(bytes.fromhex(digest))
    if entry is not None:
        return Found("leaf", digest, entry=entry, known=True)
    return Found("file", digest)


def _repository(text: str, prefix: str | None, owner: str, name: str, viewer: Any) -> Found:
    kinds = {"models": ["model"], "datasets": ["dataset"]}.get(prefix or "", ["model", "dataset"])
    for kind in kinds:
        try:
            repository = repositories.visible_repository(viewer, kind, owner, name)
        except NotFound:
            continue
        return Found("repository", text, repository=repository, known=True)
    return Found("repository", text)
