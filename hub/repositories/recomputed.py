"""What a revision did to its files, and what its salted leaves stand for, computed again from the trees it commits to.

An entry names a revision's root tree and nothing below it, so these rows follow not from the entry alone but from the
directories under that digest, each of which is compared with its own. Which bytes a path holds is compared as a leaf,
salted where the repository is not public, so that nothing said about a difference tells the digest of a file.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hub.repositories import tree
from hub.repositories.errors import DamagedTree
from hub.repositories.expected import REVISION
from hub.repositories.models import FileChange, Revision, SaltedLeaf
from hub.repositories.reading import StoredTrees, leaf_of, salt_of
from ledger.expecting import Deviation
from ledger.records import EntryView

CHANGE = "repositories.FileChange"
SALTED_LEAF = "repositories.SaltedLeaf"
FILES = "(files)"
_ROW = ""
# Stands for bytes whose digest is not said.
_OTHER_BYTES = "other bytes"
_CHUNK = 5_000


@dataclass(frozen=True)
class _Side:
    """One of two states that are compared: a root tree and what its leaves are salted with; the empty one has no root."""

    repository: str
    root: str | None
    salt: bytes | None


@dataclass(frozen=True)
class _Step:
    """What one revision did. `unknown` are paths of which nothing can be said, because a leaf's bytes are not known."""

    before: _Side
    after: _Side
    differences: Sequence[tree.Difference]
    unknown: Collection[str]
    leaves: Collection[str]


@dataclass(frozen=True)
class Stated:
    """What the log says of a revision; with this every row about its files is decided."""

    revision: str
    repository: str
    root_tree: str
    number: int | None


def published_files(entry: EntryView) -> Iterator[Deviation]:
    """What differs in the rows about the files of a revision that the entry published."""
    data = entry.data
    return files_of(Stated(_id(entry.subject), _id(data["repo"]), data["root_tree"], data["number"]))


def files_of(stated: Stated) -> Iterator[Deviation]:
    """The differences of a revision's `FileChange` and `SaltedLeaf` rows from what its trees say."""
    revision = Revision._base_manager.select_related("parent").filter(pk=stated.revision).first()
    if revision is None:
        # What is missing is the revision, and the comparison of its own row says so.
        return
    try:
        step = _step(revision, stated.root_tree)
    except (DamagedTree, tree.TreeRefused):
        yield Deviation(REVISION, {"id": stated.revision}, FILES, stated.root_tree, None)
        return
    yield from _changes(stated, step)
    if step.after.salt is not None:
        yield from _salted(step)


def stray_leaves() -> Iterator[tuple[str, Deviation]]:
    """Salted leaves that no revision of their repository has."""
    repositories = SaltedLeaf.objects.order_by("repository").values_list("repository", flat=True).distinct()
    for repository in repositories.iterator():
        try:
            known = _known_leaves(repository)
        except (DamagedTree, tree.TreeRefused):
            # Said about the revision whose directory it is.
            continue
        rows = SaltedLeaf.objects.filter(repository=repository).order_by("leaf").values_list("leaf", flat=True)
        for leaf in rows.iterator():
            if leaf not in known:
                key = {"repository_id": repository, "leaf": leaf}
                yield f"repo:{repository}", Deviation(SALTED_LEAF, key, _ROW, 0, 1)


# --- what a revision did -------------------------------------------------------------------------
def _step(revision: Revision, root: str) -> _Step:
    trees, parent = StoredTrees(), revision.parent
    repository = str(revision.repository_id)
    after = _Side(repository, root, salt_of(revision))
    before = _Side(repository, parent.root_tree_id, salt_of(parent)) if parent else replace(after, root=None)
    if before.salt == after.salt:
        differences = tree.diff_trees(trees, before.root, after.root)
        return _Step(before, after, differences, (), {d.new.digest for d in differences if d.new})
    return _step_by_bytes(trees, before, after)


def _step_by_bytes(trees: StoredTrees, before: _Side, after: _Side) -> _Step:
    """After a change of visibility leaves are of another form, and every path is compared."""
    old, new = dict(_walk(trees, before)), dict(_walk(trees, after))
    old_bytes = _bytes_of(before, {leaf.digest for leaf in old.values()})
    new_bytes = _bytes_of(after, {leaf.digest for leaf in new.values()})
    differences, unknown = [], set()
    for path in old.keys() | new.keys():
        left, right = old.get(path), new.get(path)
        if left is None or right is None:
            differences.append(tree.Difference(path, left, right))
        elif left.digest not in old_bytes or right.digest not in new_bytes:
            unknown.add(path)
        elif old_bytes[left.digest] != new_bytes[right.digest]:
            differences.append(tree.Difference(path, left, right))
    return _Step(before, after, differences, unknown, {leaf.digest for leaf in new.values()})


def _walk(trees: StoredTrees, side: _Side) -> Iterator[tuple[str, tree.Leaf]]:
    return tree.walk(trees, side.root) if side.root else iter(())


def _bytes_of(side: _Side, leaves: Collection[str]) -> dict[str, str]:
    """The digest of the file behind each leaf; of a salted one only if the salt leads from the one to the other."""
    if side.salt is None:
        return {leaf: leaf for leaf in leaves}
    return {leaf: found for leaf, found in _stored(side, leaves).items() if _fits(found, leaf, side.salt)}


def _stored(side: _Side, leaves: Collection[str]) -> dict[str, str]:
    """What the stored rows say that leaves stand for."""
    wanted = sorted(leaves)
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _CHUNK):
        rows = SaltedLeaf.objects.filter(repository_id=side.repository, leaf__in=wanted[start : start + _CHUNK])
        found.update(rows.values_list("leaf", "blob_id"))
    return found


def _fits(sha256: str | None, leaf: str | None, salt: bytes | None) -> bool:
    if sha256 is None or leaf is None:
        return sha256 is leaf
    return tree.DIGEST.fullmatch(sha256) is not None and leaf_of(sha256, salt) == leaf


# --- comparing -----------------------------------------------------------------------------------
def _changes(stated: Stated, step: _Step) -> Iterator[Deviation]:
    missing = {difference.path: difference for difference in step.differences}
    rows = FileChange._base_manager.filter(revision_id=stated.revision).order_by("path")
    for row in rows.iterator(chunk_size=_CHUNK):
        key = {"revision_id": stated.revision, "path": row.path}
        difference = missing.pop(row.path, None)
        if difference is not None:
            yield from (Deviation(CHANGE, key, *each) for each in _columns(stated, row, difference, step))
        elif row.path not in step.unknown:
            yield Deviation(CHANGE, key, _ROW, 0, 1)
    for path in missing:
        yield Deviation(CHANGE, {"revision_id": stated.revision, "path": path}, _ROW, 1, 0)


def _columns(
    stated: Stated, row: FileChange, difference: tree.Difference, step: _Step
) -> Iterator[tuple[str, Any, Any]]:
    """Column, expected and found of each that differs."""
    old, new = difference.old, difference.new
    plain: Mapping[str, Any] = {
        "repository_id": stated.repository,
        "number": stated.number,
        "action": difference.action,
        "size": new.size if new else None,
        "old_size": old.size if old else None,
    }
    for column, expected in plain.items():
        found = getattr(row, column)
        if expected != (str(found) if column == "repository_id" else found):
            yield column, expected, found
    for column, leaf, salt in (("blob_id", new, step.after.salt), ("old_blob_id", old, step.before.salt)):
        found, digest = getattr(row, column), leaf.digest if leaf else None
        if not _fits(found, digest, salt):
            yield column, digest, None if found is None else _OTHER_BYTES


def _salted(step: _Step) -> Iterator[Deviation]:
    found = _stored(step.after, step.leaves)
    for leaf in sorted(step.leaves):
        key = {"repository_id": step.after.repository, "leaf": leaf}
        if leaf not in found:
            yield Deviation(SALTED_LEAF, key, _ROW, 1, 0)
        elif not _fits(found[leaf], leaf, step.after.salt):
            yield Deviation(SALTED_LEAF, key, "blob_id", leaf, _OTHER_BYTES)


def _known_leaves(repository: Any) -> set[str]:
    """Every leaf that publishing has written down for a repository.

    With the first revision after a change of visibility those are also the parent's files under leaves of the new form,
    replaced ones included.
    """
    known: set[str] = set()
    revisions = Revision._base_manager.filter(repository=repository, salt__isnull=False).select_related("parent")
    for revision in revisions.order_by("published", "pk").iterator(chunk_size=500):
        step = _step(revision, revision.root_tree_id)
        known.update(step.leaves)
        if step.before.salt != step.after.salt:
            leaves = {leaf.digest for _, leaf in _walk(StoredTrees(), step.before)}
            known.update(leaf_of(sha256, step.after.salt) for sha256 in _bytes_of(step.before, leaves).values())
    return known


def _id(subject: str) -> str:
    """What stands after the prefix of a subject."""
    return subject.partition(":")[2]
