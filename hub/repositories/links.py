"""Addresses of a repository's pages, in one place. They are the Hugging Face Hub's own paths."""

from typing import TYPE_CHECKING
from urllib.parse import quote

from hub import names

if TYPE_CHECKING:
    from hub.repositories.models import Repository, Revision


def repository(found: "Repository") -> str:
    return names.repository_url(found.kind, found.owner.username, found.name)


def commit(revision: "Revision") -> str:
    return names.revision_url(repository(revision.repository), revision.id)


def compare(found: "Repository", old: str, new: str) -> str:
    """`old` and `new` are references or commit ids."""
    return f"{repository(found)}/compare/{quote(old, safe='')}..{quote(new, safe='')}"


def history(found: "Repository") -> str:
    return f"{repository(found)}/history"


def lineage(found: "Repository") -> str:
    return f"{repository(found)}/lineage"


def bundle(found: "Repository") -> str:
    return f"{repository(found)}/bundle"


def propose(found: "Repository", what: str = "") -> str:
    """Where somebody who may not publish proposes files, or with `card` another card. Contributions serve it."""
    return f"{repository(found)}/discussions/new" + (f"/{what}" if what else "")


def tree(found: "Repository", rev: str = "main", path: str = "") -> str:
    return f"{repository(found)}/tree/{quote(rev, safe='')}" + (f"/{quote(path)}" if path else "")


def blob(found: "Repository", rev: str, path: str) -> str:
    return f"{repository(found)}/blob/{quote(rev, safe='')}/{quote(path)}"


def entry(index: int | None) -> str:
    """The page of an entry of the log; empty before it has its number."""
    return f"/ledger/{index}" if index is not None else ""


def resolve(found: "Repository", rev: str, path: str) -> str:
    """The bytes of a file."""
    return f"{repository(found)}/resolve/{quote(rev, safe='')}/{quote(path)}"
