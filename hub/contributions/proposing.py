"""Versions of what is proposed: new ones, changed ones, and ones moved to another base by path."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from hub import events
from hub.contributions.errors import PathsCollide
from hub.contributions.models import Contribution, Proposal
from hub.errors import Conflict, Invalid
from hub.repositories import reading, tree
from hub.repositories.changes import Change
from hub.repositories.models import Repository, Revision
from hub.repositories.preparing import Draft, prepare, store
from ledger.errors import BadEntry

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from ledger.services import Entry

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Wanted:
    """What a version is to be, checked already. `metrics` are rows as `publish_revision` takes them."""

    changes: Sequence[Change]
    title: str
    reason: str
    kind: str
    metrics: Rows | None
    authors: Sequence[Mapping[str, Any]]


def draft(account: "Account", repository: Repository, base: Revision | None, wanted: Wanted, now: datetime) -> Draft:
    """The revision that is proposed. Raises what `prepare` raises, and Conflict if just this is proposed already."""
    made = prepare(
        account=account,
        repository=repository,
        parent=base,
        changes=wanted.changes,
        kind=wanted.kind,
        now=now,
        metrics=wanted.metrics,
    )
    if Revision.all_states.filter(pk=made.id).exists():
        raise Conflict(_("Exactly this was proposed a moment ago."))
    return made


def record(event_type: str, account: "Account", contribution: Contribution, made: Draft, wanted: Wanted) -> "Entry":
    """The entry of a version. It always tells all of it, so that the newest one says what the contribution is."""
    data: dict[str, Any] = {
        "repo": f"repo:{contribution.repository_id}",
        "number": contribution.number,
        "kind": wanted.kind,
        "proposed": f"rev:{made.id}",
        "authors": [dict(author) for author in wanted.authors],
    }
    if made.parent is not None:
        data["base"] = f"rev:{made.parent.id}"
    # A title that was redacted stays away from later versions, unless they say another.
    said = {"title": wanted.title, "reason": wanted.reason}
    details = {group: {group: words} for group, words in said.items() if words}
    subject, moment = f"contrib:{contribution.pk}", made.object.time
    try:
        return events.record(event_type, subject=subject, actor=account, data=data, details=details, now=moment)
    except BadEntry:
        raise Invalid("authors", _("That is more than one entry of the log can hold.")) from None


def save(contribution: Contribution, made: Draft, entry: "Entry", *, version: int, rebased: bool = False) -> Proposal:
    return Proposal.objects.create(
        contribution=contribution,
        version=version,
        revision=store(made, entry),
        base=made.parent,
        rebased=rebased,
        time=made.object.time,
        entry=entry,
    )


# --- from the version before ---------------------------------------------------------------------
def own_changes(proposed: Revision) -> list[Change]:
    """What a proposal does to its base, as changes that can be applied again; removals first."""
    rows = proposed.changes.order_by("path").values_list("path", "blob_id")
    found = [Change(path, sha256=blob or "") for path, blob in rows]
    return sorted(found, key=lambda change: not change.removes)


def kept_metrics(proposed: Revision) -> Rows | None:
    """The measurements of the version before, for the next one; None where it measured nothing itself.

    So documentation has those of the base, and still has them when it was called something else before.
    """
    parent = proposed.parent if proposed.kind == "documentation" else None
    before = parent.metrics if parent is not None else []
    return None if proposed.metrics == before else list(proposed.metrics)


@dataclass(frozen=True)
class Collision:
    """A path that the proposal and the repository both changed, each in its own way; digests are "" where it is gone."""

    path: str
    base: str
    proposed: str
    newest: str


@dataclass(frozen=True)
class Moved:
    """The proposal's changes on another head: those that apply as they are, and those that collide."""

    changes: Sequence[Change]
    collisions: Sequence[Collision]


def move(proposed: Revision, head: Revision | None) -> Moved:
    """Take the proposal's own changes, by path, to `head`. What `head` has already is left out."""
    clean: list[Change] = []
    collisions: list[Collision] = []
    rows = list(proposed.changes.order_by("path").values_list("path", "blob_id", "old_blob_id"))
    differing = _differing(proposed.parent, head, {path for path, _blob, _old in rows})
    for path, blob, old in rows:
        newest = differing.get(path, old or "")
        if newest == (blob or ""):
            continue
        if newest == (old or ""):
            clean.append(Change(path, sha256=blob or ""))
        else:
            collisions.append(Collision(path, old or "", blob or "", newest))
    return Moved(sorted(clean, key=lambda change: not change.removes), collisions)


def settle(moved: Moved, mine: Collection[str], theirs: Collection[str]) -> list[Change]:
    """The changes with each collision decided. Raises PathsCollide for those of which nobody has said what counts."""
    open_paths = [each.path for each in moved.collisions if each.path not in {*mine, *theirs}]
    if open_paths:
        raise PathsCollide(open_paths)
    chosen = [each for each in moved.collisions if each.path in set(mine)]
    removed = [Change(each.path) for each in chosen if not each.proposed and each.newest]
    put = [Change(each.path, sha256=each.proposed) for each in chosen if each.proposed]
    return [*removed, *moved.changes, *put]


def _differing(base: Revision | None, head: Revision | None, paths: Collection[str]) -> Mapping[str, str]:
    """The SHA-256 of the file at those of the paths where `head` may differ from `base`; "" for none, or for a folder.

    Both trees are read once and level by level, however many paths there are.
    """
    trees = reading.StoredTrees()
    after = head.root_tree_id if head is not None else None
    leaves: dict[str, tree.Leaf | None]
    if base is None or head is None or reading.salt_of(base) == reading.salt_of(head):
        found = tree.diff_trees(trees, base.root_tree_id if base is not None else None, after)
        leaves = {each.path: each.new for each in found if each.path in paths}
    else:
        # Leaves under different salts say nothing about each other.
        leaves = dict.fromkeys(paths) | {path: leaf for path, leaf in reading.all_files(head) if path in paths}
    here = (leaf.digest for leaf in leaves.values() if leaf is not None)
    blobs = reading.blobs_of(head, here) if head is not None else {}
    return {
        path: blobs[leaf.digest].sha256 if leaf is not None and leaf.digest in blobs else ""
        for path, leaf in leaves.items()
    }
