"""The bundle of a repository: every entry about it, the revisions, their trees, and one anchor for all."""

from typing import TYPE_CHECKING, Any

from hub.repositories import selectors as repositories
from ledger import selectors as ledger
from ledger.describing import disclose

if TYPE_CHECKING:
    from hub.repositories.models import Repository, Revision
    from ledger.records import EntryView

MOST_ENTRIES = 2_000
_PAGE = 100


def revision_bundle(repository: "Repository", revision: "Revision", viewer: Any) -> str:
    """The newest `MOST_ENTRIES` entries about the repository, the revision with its earlier ones, and its whole tree.

    Details go in as far as `viewer` may read them; so does the salt of a repository that is not public.
    """
    entries = disclose(_entries(f"repo:{repository.id}"), viewer)
    line = repositories.own_line(revision, most=200)
    salts = {f"repo:{repository.id}": bytes(revision.salt)} if revision.salt is not None else {}
    return ledger.bundle(
        entries,
        trees=repositories.tree_bodies(revision),
        revisions=[bytes(each.body) for each in line],
        disclose_details={entry.uid for entry in entries if entry.details},
        salts=salts,
    )


def _entries(subject: str) -> "list[EntryView]":
    found: list[EntryView] = []
    cursor = ""
    while len(found) < MOST_ENTRIES:
        page = ledger.entries_about(subject, cursor=cursor, size=_PAGE)
        found += page.items
        cursor = page.next_cursor
        if not cursor:
            break
    return found
