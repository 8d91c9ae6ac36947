"""What other features may ask about repositories. Reads only; access is checked wherever a viewer is given.

One repository and one revision are answered here; `overview` holds the reads across many.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models.functions import Lower

from hub.repositories.access import (
    Role,
    account_of,
    may_change,
    may_own_here,
    may_publish,
    may_read,
    owners_for,
    role_of,
    visible,
    visible_to,
)
from hub.repositories.browsing import search, with_heads
from hub.repositories.errors import RepositoryNotFound, RevisionNotFound, Withdrawn
from hub.repositories.models import FileChange, Reference, Repository, Revision
from hub.repositories.overview import (
    WITH_REVISION,
    Facets,
    Person,
    by_prefix,
    damaged_paths,
    damaged_repositories,
    facets,
    files_with_digest,
    find_revision,
    first_revision,
    has_pins,
    histories,
    latest_revisions,
    own_line,
    owned_by,
    people_counts,
    people_of,
    revisions_by_entry,
    sources_of,
    taken_down_paths,
    used_by,
    uses_of,
)
from hub.repositories.reading import (
    Changes,
    ChangeView,
    FileView,
    ItemView,
    all_files,
    card_text,
    changes_between,
    changes_of,
    file_at,
    file_or_none,
    list_directory,
    location,
    read_bytes,
    read_text,
    tree_bodies,
)

if TYPE_CHECKING:
    from hub.accounts.models import Account

__all__ = [
    "ChangeView", "Changes", "Facets", "FileView", "ItemView", "Person", "Role", "account_of", "all_files", "card_text",
    "changes_between", "changes_of", "damaged_paths", "damaged_repositories", "facets", "file_at", "file_or_none",
    "files_with_digest", "find_revision", "first_revision", "has_pins", "histories", "latest_revisions", "list_directory",
    "location", "may_change", "may_own_here", "may_publish", "may_read", "own_line", "owned_by", "owners_for", "people_counts",
    "people_of", "read_bytes", "read_text", "reads", "register_proposals", "repository_by_id", "revision_by_id",
    "revision_by_ref", "revisions_by_entry", "role_of", "search", "sources_of", "state_by_ref", "taken_down_paths",
    "tree_bodies", "used_by", "uses_of", "visible",
    "visible_repository", "visible_to",
]  # fmt: skip

MAIN = "main"
PROPOSAL = re.compile(r"refs/pr/([0-9]{1,9})")
# Contributions say which revision a number's newest proposal is; they stand on a floor above.
_proposals: list[Callable[[Repository, int], str | None]] = []


def visible_repository(viewer: Any, kind: str, owner: str, name: str) -> Repository:
    """The repository of this name in any spelling of case. Raises RepositoryNotFound, or Withdrawn if it could be seen."""
    rows = with_heads(Repository.objects.filter(kind=kind))
    rows = rows.alias(owner_name=Lower("owner__username"), own_name=Lower("name"))
    return _checked(viewer, rows.filter(owner_name=owner.lower(), own_name=name.lower()).first())


def repository_by_id(viewer: Any, repository_id: UUID) -> Repository:
    """Raises RepositoryNotFound and Withdrawn as `visible_repository` does."""
    return _checked(viewer, with_heads(Repository.objects.filter(pk=repository_id)).first())


def _checked(viewer: Any, repository: Repository | None) -> Repository:
    if repository is None:
        raise RepositoryNotFound
    readable = repository.visibility == Repository.Visibility.PUBLIC or role_of(viewer, repository) is not None
    if not readable:
        raise RepositoryNotFound
    if repository.withdrawn is not None:
        raise Withdrawn
    return repository


def revision_by_ref(repository: Repository, rev: str) -> Revision:
    """A published revision: a branch, a tag, a commit id (40 digits), a revision id (64) or a prefix of at least 8.

    Raises RevisionNotFound.
    """
    name = rev.removeprefix("refs/heads/").removeprefix("refs/tags/")
    references = Reference.objects.filter(repository=repository, name=name).order_by("kind")
    reference = references.select_related(*(f"revision__{path}" for path in WITH_REVISION)).first()
    if reference is not None:
        return reference.revision
    found = by_prefix(repository.revisions.all(), rev.lower())
    if found is None:
        raise RevisionNotFound(rev)
    return found


def register_proposals(newest: Callable[[Repository, int], str | None]) -> None:
    """`newest(repository, number)` is the id of the revision that contribution `number` proposes now, None for none."""
    _proposals.append(newest)


def state_by_ref(repository: Repository, rev: str) -> Revision:
    """What `revision_by_ref` finds, or what is only proposed: `refs/pr/{number}`, or the id of a proposed revision.

    It has no number then. Raises RevisionNotFound.
    """
    rows = Revision.all_states.filter(repository=repository)
    if match := PROPOSAL.fullmatch(rev):
        ids = [newest(repository, int(match[1])) for newest in _proposals]
        proposed = rows.filter(pk__in=ids).select_related(*WITH_REVISION).first()
        if proposed is None:
            raise RevisionNotFound(rev)
        return proposed
    try:
        return revision_by_ref(repository, rev)
    except RevisionNotFound:
        found = by_prefix(rows.filter(number__isnull=True), rev.lower())
        if found is None:
            raise
        return found


def revision_by_id(viewer: Any, revision_id: str) -> Revision:
    """A revision of a repository that the viewer may see, by its id or commit id. Raises RevisionNotFound."""
    found = find_revision(revision_id, viewer) if len(revision_id) in {40, 64} else None
    if found is None:
        raise RevisionNotFound(revision_id)
    return found


def reads(account: "Account", sha256: str) -> bool:
    """Whether a repository that the account may see has these bytes in a revision or a proposal. Registered with
    `hub.uploads`.
    """
    return FileChange.objects.filter(blob_id=sha256, repository__in=visible(account)).exists()
