"""What the files of a repository become when changes are applied: the new tree, and which bytes differ where.

Runs inside the transaction of `publishing`. Writes directories and salted leaves, which nothing points to until the
revision exists.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from hub.repositories import tree, words
from hub.repositories.changes import Bytes, Change, Folded, find_bytes, fold
from hub.repositories.models import FileChange, Repository, Revision, SaltedLeaf, Tree
from hub.repositories.reading import StoredTrees, all_files, blobs_of, coming_salt, leaf_of, salt_of

if TYPE_CHECKING:
    from hub.accounts.models import Account

_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class State:
    """The files after the change. `before` is the root it is compared with; `sha256` says what each leaf stands for."""

    root: str
    before: str
    differences: Sequence[tree.Difference]
    sha256: Mapping[str, str]
    file_count: int
    byte_count: int
    salt: bytes | None

    @property
    def salted(self) -> bool:
        return self.salt is not None

    def count(self, action: str) -> int:
        return sum(difference.action == action for difference in self.differences)

    @property
    def changed(self) -> bool:
        return bool(self.differences)

    def file_changes(self, revision: Revision) -> list[FileChange]:
        """Rows for the differences, not yet saved."""
        return [
            FileChange(
                revision=revision,
                repository_id=revision.repository_id,
                number=revision.number,
                path=difference.path,
                action=difference.action,
                blob_id=self.sha256[difference.new.digest] if difference.new else None,
                old_blob_id=self.sha256[difference.old.digest] if difference.old else None,
                size=difference.new.size if difference.new else None,
                old_size=difference.old.size if difference.old else None,
            )
            for difference in self.differences
        ]


@dataclass(slots=True)
class _Base:
    """The tree that is changed: the parent's, or the parent's files under leaves of the other form."""

    root: str | None = None
    files: int = 0
    trees: dict[str, bytes] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)


def apply(
    account: "Account", repository: Repository, parent: Revision | None, changes: Sequence[Change], now: datetime
) -> State:
    """The state after `changes`, its directories saved. Raises Invalid at `changes`."""
    salt = coming_salt(repository)
    folded = fold(changes)
    puts = find_bytes(account, folded.puts, now)
    leaves = {path: tree.Leaf(leaf_of(b.sha256, salt), b.size) for path, b in puts.items()}
    base = _base(parent, salt)
    reader = StoredTrees(base.trees)
    applied = _apply(reader, base.root, leaves, folded)
    differences = tree.diff_trees(StoredTrees({**base.trees, **applied.trees}), base.root, applied.root)
    new_leaves = {leaf.digest: puts[path].sha256 for path, leaf in leaves.items()}
    known = {**base.sha256, **new_leaves, **_old_leaves(parent, differences, base)}
    _save(repository, {**base.trees, **applied.trees}, {**base.sha256, **new_leaves} if salt else {})
    added = sum(d.old is None for d in differences) - sum(d.new is None for d in differences)
    return State(
        applied.root, base.root or tree.EMPTY_ROOT, differences, known, base.files + added, applied.size, salt
    )  # fmt: skip


def _apply(reader: StoredTrees, root: str | None, leaves: Mapping[str, tree.Leaf], folded: Folded) -> tree.Applied:
    removals: dict[str, tree.Leaf | None] = dict.fromkeys(folded.removals)
    try:
        return tree.apply_changes(reader, root, {**removals, **leaves}, folded.cleared)
    except tree.TreeRefused as error:
        raise words.invalid_tree(error) from None


def _base(parent: Revision | None, salt: bytes | None) -> _Base:
    if parent is None:
        return _Base()
    if salt_of(parent) == salt:
        return _Base(parent.root_tree_id, parent.file_count)
    return _other_form(parent, salt)


def _other_form(parent: Revision, salt: bytes | None) -> _Base:
    """After a change of visibility: the parent's files under leaves of the new form, all directories written anew."""
    old = dict(all_files(parent))
    blobs = blobs_of(parent, (leaf.digest for leaf in old.values()))
    files = {path: Bytes(blobs[leaf.digest].sha256, leaf.size) for path, leaf in old.items()}
    leaves = {path: tree.Leaf(leaf_of(b.sha256, salt), b.size) for path, b in files.items()}
    applied = tree.apply_changes(StoredTrees(), None, leaves)
    sha256 = {leaf.digest: files[path].sha256 for path, leaf in leaves.items()}
    return _Base(applied.root, len(files), applied.trees, sha256)


def _old_leaves(parent: Revision | None, differences: Sequence[tree.Difference], base: _Base) -> dict[str, str]:
    """What the leaves of removed and replaced files stand for."""
    wanted = {d.old.digest for d in differences if d.old and d.old.digest not in base.sha256}
    if parent is None or not wanted:
        return {}
    return {leaf: blob.sha256 for leaf, blob in blobs_of(parent, wanted).items()}


def _save(repository: Repository, trees: Mapping[str, bytes], salted: Mapping[str, str]) -> None:
    """In the order of their keys, so that two transactions that write the same rows wait for each other in one order."""
    rows = [Tree(digest=digest, body=body) for digest, body in sorted(trees.items())]
    Tree.objects.bulk_create(rows, batch_size=_BATCH, ignore_conflicts=True)
    leaves = [SaltedLeaf(repository=repository, leaf=leaf, blob_id=sha256) for leaf, sha256 in sorted(salted.items())]
    SaltedLeaf.objects.bulk_create(leaves, batch_size=_BATCH, ignore_conflicts=True)
