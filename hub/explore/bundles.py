"""The bundle of a repository: every entry about it up to a revision, the revisions, their trees, and one anchor for all."""

from typing import TYPE_CHECKING, Any

from hub.repositories import selectors as repositories
from ledger import selectors as ledger

if TYPE_CHECKING:
    from hub.repositories.models import Repository, Revision

MOST_ENTRIES = 2_000


def revision_bundle(repository: "Repository", revision: "Revision", viewer: Any) -> str:
    """The newest `MOST_ENTRIES` entries about the repository, the revision with its line of parents, and its whole tree."""
    entries = ledger.published_entries_about(f"repo:{repository.id}", most=MOST_ENTRIES)
    line = repositories.own_line(revision, most=200)
    trees = repositories.tree_bodies(revision)
    salts = {f"repo:{repository.id}": bytes(repository.salt)} if revision.salted else {}
    return ledger.bundle(
        entries,
        trees=trees,
        revisions=[bytes(each.body) for each in line],
        salts=salts,
        viewer=viewer,
    )
