"""What a revision holds: folders, files, bytes and differences, read from the stored trees. No access checks here."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from django.apps import apps
from django.db.models import Case, Count, When
from django.utils.translation import gettext as _

from hub.repositories import card, tree
from hub.repositories.errors import BytesGone, DamagedTree, PathNotFound, TakenDown
from hub.repositories.models import FileChange, Repository, Revision, SaltedLeaf, Tree
from hub.uploads.selectors import blob_store

if TYPE_CHECKING:
    from hub.uploads.models import Blob

Action = Literal["added", "changed", "removed"]
_NONE: Mapping[Action, int] = {"added": 0, "changed": 0, "removed": 0}
_CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class FileView:
    """One file of a revision. `leaf` stands in the tree; `blob` is the row of its bytes, whose digest `sha256` is."""

    path: str
    size: int
    leaf: str
    blob: "Blob"

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def sha256(self) -> str:
        return self.blob.sha256


@dataclass(frozen=True, slots=True)
class ItemView:
    """One name in a folder. `changed` is the last change of a file up to this revision; None for folders."""

    name: str
    path: str
    type: Literal["file", "tree"]
    size: int
    digest: str
    changed: FileChange | None


@dataclass(frozen=True, slots=True)
class ChangeView:
    """What differs at one path between two revisions."""

    path: str
    action: Action
    old: FileView | None
    new: FileView | None


# --- trees ---------------------------------------------------------------------------------------
class StoredTrees:
    """A `tree.Reader` over the database that remembers what it read. For one request or one service call.

    Every directory is compared with its digest. Raises DamagedTree for one that differs or is missing.
    """

    def __init__(self, known: Mapping[str, bytes] | None = None) -> None:
        self._known: dict[str, bytes] = {tree.EMPTY_ROOT: tree.EMPTY, **(known or {})}

    def __call__(self, digests: Collection[str]) -> Mapping[str, bytes]:
        missing = [digest for digest in digests if digest not in self._known]
        for start in range(0, len(missing), _CHUNK):
            rows = Tree.objects.filter(digest__in=missing[start : start + _CHUNK]).values_list("digest", "body")
            self._known.update((digest, _intact(digest, bytes(body))) for digest, body in rows)
        if any(digest not in self._known for digest in missing):
            raise DamagedTree
        return {digest: self._known[digest] for digest in digests}


def _intact(digest: str, body: bytes) -> bytes:
    """A directory is named by its digest, so one that was changed is never taken for what was published."""
    if tree.digest_of(body) != digest:
        raise DamagedTree
    return body


def leaf_of(sha256: str, salt: bytes | None) -> str:
    """What stands in a tree for these bytes; without a salt the digest itself."""
    return tree.salted_leaf(salt, sha256) if salt is not None else sha256


def coming_salt(repository: Repository) -> bytes | None:
    """What the next revision is salted with; a public repository's is not."""
    return None if repository.visibility == Repository.Visibility.PUBLIC else bytes(repository.salt)


def salt_of(revision: Revision) -> bytes | None:
    """What the leaves of a revision are salted with, if they are."""
    return bytes(revision.salt) if revision.salt is not None else None


def blobs_of(revision: Revision, leaves: Iterable[str]) -> dict[str, "Blob"]:
    """The bytes behind leaves of this revision's tree, by leaf. Leaves without a row are left out."""
    wanted = list(dict.fromkeys(leaves))
    found: dict[str, Blob] = {}
    for start in range(0, len(wanted), _CHUNK):
        found.update(_some_blobs(revision, wanted[start : start + _CHUNK]))
    return found


def _some_blobs(revision: Revision, leaves: list[str]) -> dict[str, "Blob"]:
    if revision.salted:
        rows = SaltedLeaf.objects.filter(repository_id=revision.repository_id, leaf__in=leaves).select_related("blob")
        return {row.leaf: row.blob for row in rows}
    digests = leaves if revision.number is not None else _standing(revision.repository_id, leaves)
    return dict(apps.get_model("uploads", "Blob").objects.in_bulk(digests))


def _standing(repository_id: UUID, digests: list[str]) -> list[str]:
    """Those of these bytes that a revision or a proposal of the repository still refers to.

    What was only proposed goes some time after it was not accepted. That the same bytes still lie here, because somebody
    holds them elsewhere, is not for the readers of this repository to learn.
    """
    rows = FileChange.objects.filter(repository=repository_id, blob__in=digests).order_by()
    return list(rows.values_list("blob_id", flat=True).distinct())


# --- files ---------------------------------------------------------------------------------------
def member_at(revision: Revision, path: str, trees: StoredTrees | None = None) -> tree.Member:
    """The file or folder at a path as addresses write it; the root for "". Raises PathNotFound."""
    try:
        wanted = tree.clean_path(path.strip("/")) if path.strip("/") else ""
        return tree.find(trees or StoredTrees(), revision.root_tree_id, wanted)
    except tree.TreeRefused:
        raise PathNotFound(path) from None


def file_at(revision: Revision, path: str, trees: StoredTrees | None = None) -> FileView:
    """The file at `path`. Raises PathNotFound, also for a folder."""
    member = member_at(revision, path, trees)
    if member.type != tree.FILE:
        raise PathNotFound(path)
    return _file_view(revision, tree.clean_path(path.strip("/")), member)


def file_or_none(revision: Revision | None, path: str) -> FileView | None:
    try:
        return file_at(revision, path) if revision is not None else None
    except PathNotFound:
        return None


def _file_view(revision: Revision, path: str, member: tree.Member) -> FileView:
    blob = blobs_of(revision, [member.digest]).get(member.digest)
    if blob is None:
        raise BytesGone(_("The bytes of “%(path)s” are no longer stored here.") % {"path": path})
    return FileView(path, member.size, member.digest, blob)


def list_directory(revision: Revision, path: str = "") -> list[ItemView]:
    """A folder's names, folders first, each with the last change of it. Raises PathNotFound, also for a file."""
    trees = StoredTrees()
    member = member_at(revision, path, trees)
    if member.type != tree.TREE:
        raise PathNotFound(path)
    folder = path.strip("/")
    members = tree.decode(trees([member.digest])[member.digest])
    ordered = sorted(members, key=lambda found: (found.type != tree.TREE, found.name.casefold(), found.name))
    paths = {found.name: f"{folder}/{found.name}" if folder else found.name for found in ordered}
    changed = last_changes(revision, [paths[found.name] for found in ordered if found.type == tree.FILE])
    return [
        ItemView(m.name, paths[m.name], m.type, m.size, m.digest, changed.get(paths[m.name])) for m in ordered
    ]  # fmt: skip


def last_changes(revision: Revision, paths: list[str]) -> dict[str, FileChange]:
    """The newest change of each path up to this revision. What a proposal changed itself is its own."""
    if revision.number is None:
        own = revision.changes.filter(path__in=paths).select_related("revision__author", "blob")
        before = last_changes(revision.parent, paths) if revision.parent is not None else {}
        return before | {change.path: change for change in own}
    rows = FileChange.objects.filter(repository_id=revision.repository_id, path__in=paths, number__lte=revision.number)
    newest = rows.order_by("path", "-number").distinct("path").select_related("revision__author", "blob")
    return {change.path: change for change in newest}


def all_files(revision: Revision, folder: str = "") -> Iterator[tuple[str, tree.Leaf]]:
    """Every file of the revision, or of one folder in it, as (path, leaf)."""
    trees = StoredTrees()
    member = member_at(revision, folder, trees)
    yield from tree.walk(trees, member.digest, folder.strip("/"))


def tree_bodies(revision: Revision) -> list[bytes]:
    """The canonical bytes of every directory of the revision, the root first, each once."""
    trees = StoredTrees()
    found: dict[str, bytes] = {}
    level = [revision.root_tree_id]
    while level:
        bodies = trees([digest for digest in level if digest not in found])
        found.update(bodies)
        members = (member for body in bodies.values() for member in tree.decode(body))
        level = list(dict.fromkeys(m.digest for m in members if m.type == tree.TREE and m.digest not in found))
    return list(found.values())


# --- bytes ---------------------------------------------------------------------------------------
def location(file: FileView) -> Path:
    """Where the bytes lie. Raises BytesGone, with words, when they may not or cannot be handed out."""
    refuse_taken_down(file)
    path = blob_store().path(file.sha256)
    if not path.exists():
        raise BytesGone(_("The bytes of “%(path)s” are missing from the store.") % {"path": file.path})
    return path


def refuse_taken_down(file: FileView) -> None:
    """Raises TakenDown, with the reason and the entry, if a moderator took the bytes down."""
    blob = file.blob
    if blob.taken_down is not None:
        entry = blob.takedown_entry
        raise TakenDown(blob.takedown_reason, blob.taken_down, entry.leaf_index if entry is not None else None)


def read_bytes(file: FileView, most: int) -> bytes:
    """The first `most` bytes."""
    with location(file).open("rb") as stream:
        return stream.read(most)


def read_text(file: FileView, most: int) -> str:
    """The first `most` bytes as UTF-8; what is no UTF-8 becomes U+FFFD."""
    return read_bytes(file, most).decode("utf-8", errors="replace")


def card_text(revision: Revision | None) -> str:
    """The card of a revision; empty when it has none. Raises BytesGone."""
    file = file_or_none(revision, card.NAME)
    return read_text(file, card.MAX_BYTES) if file is not None else ""


# --- differences ---------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Changes:
    """The first changes by path, the card's before all others, and how many there are of each kind."""

    shown: list[ChangeView]
    counts: Mapping[Action, int]

    @property
    def more(self) -> int:
        return sum(self.counts.values()) - len(self.shown)


def changes_of(revision: Revision, most: int | None = None) -> Changes:
    """What a revision did to its files, as it was written down when it was published; at most `most` of it."""
    rows = revision.changes.order_by(Case(When(path=card.NAME, then=0), default=1), "path")
    counted = rows.order_by("action").values_list("action").annotate(n=Count("pk"))
    shown = [_change_view(row, revision) for row in rows.select_related("blob", "old_blob")[:most]]
    return Changes(shown, {**_NONE, **dict(counted)})


def _change_view(row: FileChange, revision: Revision) -> ChangeView:
    sides = []
    for blob, size, owner in ((row.old_blob, row.old_size, revision.parent), (row.blob, row.size, revision)):
        leaf = leaf_of(blob.sha256, salt_of(owner)) if blob and owner else ""
        sides.append(FileView(row.path, size or 0, leaf, blob) if blob else None)
    action: Action = "added" if sides[0] is None else "removed" if sides[1] is None else "changed"
    return ChangeView(row.path, action, sides[0], sides[1])


def changes_between(old: Revision, new: Revision, most: int | None = None) -> Changes:
    """Every path whose bytes differ between two revisions, at most `most` of them. Equal folders are not opened."""
    if salt_of(old) != salt_of(new):
        return _changes_by_bytes(old, new, most)
    differences = tree.diff_trees(StoredTrees(), old.root_tree_id, new.root_tree_id)
    counts = Counter(difference.action for difference in differences)
    first = sorted(differences, key=lambda difference: difference.path != card.NAME)[:most]
    before = blobs_of(old, (found.old.digest for found in first if found.old))
    after = blobs_of(new, (found.new.digest for found in first if found.new))
    shown = [ChangeView(d.path, d.action, _side(d.path, d.old, before), _side(d.path, d.new, after)) for d in first]
    return Changes(shown, {**_NONE, **counts})


def _side(path: str, leaf: tree.Leaf | None, blobs: Mapping[str, "Blob"]) -> FileView | None:
    blob = blobs.get(leaf.digest) if leaf else None
    return FileView(path, leaf.size, leaf.digest, blob) if leaf and blob else None


def _changes_by_bytes(old: Revision, new: Revision, most: int | None) -> Changes:
    """Leaves under different salts say nothing about each other."""
    before, after = _views(old), _views(new)
    found = []
    for path in sorted(before.keys() | after.keys(), key=lambda path: (path != card.NAME, path.encode())):
        left, right = before.get(path), after.get(path)
        if left is None or right is None or left.sha256 != right.sha256:
            action: Action = "added" if left is None else "removed" if right is None else "changed"
            found.append(ChangeView(path, action, left, right))
    return Changes(found[:most], {**_NONE, **Counter(change.action for change in found)})


def _views(revision: Revision) -> dict[str, FileView]:
    leaves = dict(all_files(revision))
    blobs = blobs_of(revision, (leaf.digest for leaf in leaves.values()))
    sides = {path: _side(path, leaf, blobs) for path, leaf in leaves.items()}
    return {path: view for path, view in sides.items() if view is not None}
