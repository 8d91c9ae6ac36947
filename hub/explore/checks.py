"""The badge: does what this hub says about a repository agree with its log and its chain?

Four checks. Content: the stored bytes still hash to what the revision names. Signature: the checkpoint over the
revision's entry carries valid signatures of the log and of the anchoring operator. Log: the entry's inclusion proof leads
to that checkpoint's root, no audited row differs from the log, and the log itself is in no disagreement. Anchor: that
root is on the chain, deep enough.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chain import selectors as chain
from chain.errors import ChainError
from hub.repositories import selectors as repositories
from ledger import selectors as ledger
from ledger.disagreements import fact
from ledger.records import EntryStatus, MismatchView, State

if TYPE_CHECKING:
    from hub.repositories.models import Repository, Revision

_KEPT = "_explore_status"
OK, WARN, BAD, RUNNING = "ok", "warn", "bad", "running"


@dataclass(frozen=True)
class Check:
    """One row of the checks box. `state` is ok, warn, bad or running; `value` is the number or name that proves it."""

    name: str
    state: str
    detail: str
    value: str = ""
    mono: bool = True


@dataclass(frozen=True)
class Status:
    """What the badge shows. `state` is verified, waiting, unverified or mismatch; `checked` when rows were last audited."""

    state: str
    detail: str
    filled: int = 0
    needed: int = 0
    url: str = ""
    checks: Sequence[Check] = field(default_factory=list)
    checked: datetime | None = None
    mismatches: Sequence[MismatchView] = field(default_factory=list)


def repository_status(repository: "Repository") -> Status:
    """The badge of the newest revision, with all four checks made now.

    The answer stays with this row object, so that the head of a page and its checks box say the same and cost once.
    """
    kept = vars(repository)
    if _KEPT not in kept:
        head = repository.head
        kept[_KEPT] = revision_status(repository, head) if head else Status("unverified", _("nothing published yet"))
    status: Status = kept[_KEPT]
    return status


def revision_status(repository: "Repository", revision: "Revision") -> Status:
    status = ledger.statuses([revision.entry])[revision.entry.uid]
    mismatches = ledger.open_mismatches([f"repo:{repository.id}", f"rev:{revision.id}"])
    damaged = repositories.damaged_paths(revision)
    checks = [
        _content(revision, damaged),
        signature(status),
        _log(revision, status, mismatches),
        anchor(status),
    ]
    audit = ledger.last_audit()
    return _sum_up(checks, status, mismatches, audit.finished if audit else None)


def doubted(revisions: Iterable["Revision"]) -> set[str]:
    """The ids of those revisions of which something stored differs from what their own entry says."""
    known = {f"rev:{each.id}": each for each in revisions}
    return {
        known[found.subject].id
        for found in ledger.open_mismatches(known)
        if found.leaf_index in (None, known[found.subject].entry.leaf_index)
    }


def list_statuses(found: Iterable["Repository"]) -> Mapping[UUID, Status]:
    """Badges of many repositories in a few queries: what is stored is compared, proofs are not recomputed."""
    rows = [repository for repository in found if repository.head is not None]
    statuses = ledger.statuses([repository.head.entry for repository in rows if repository.head])
    wrong, log_disagrees = {each.subject for each in ledger.open_mismatches(_subjects(rows))}, ledger.log_disagrees()
    damaged = repositories.damaged_repositories([repository.id for repository in rows])
    result = {}
    for repository in rows:
        assert repository.head is not None
        agrees = f"repo:{repository.id}" not in wrong and f"rev:{repository.head.id}" not in wrong
        status = statuses[repository.head.entry.uid]
        agrees = agrees and repository.id not in damaged and not log_disagrees
        result[repository.id] = _short(status, agrees=agrees)
    return result


def _subjects(rows: Iterable["Repository"]) -> list[str]:
    return [subject for row in rows if row.head for subject in (f"repo:{row.id}", f"rev:{row.head.id}")]


def _short(status: EntryStatus, *, agrees: bool) -> Status:
    if not agrees:
        return Status("mismatch", _("something disagrees"))
    if status.state is State.FINAL:
        return Status("verified", "")
    return Status("waiting", "", status.confirmations, status.needed)


def _sum_up(
    checks: Sequence[Check], status: EntryStatus, mismatches: Sequence[MismatchView], checked: datetime | None
) -> Status:
    bad = [check.name for check in checks if check.state == BAD]
    agree = sum(check.state == OK for check in checks)
    if bad:
        detail = _("%(check)s disagrees") % {"check": bad[0]}
        return Status("mismatch", detail, checks=checks, checked=checked, mismatches=mismatches)
    if agree == len(checks):
        detail = _("%(n)d of %(all)d checks agree") % {"n": agree, "all": len(checks)}
        return Status("verified", detail, checks=checks, checked=checked)
    return Status("waiting", "", status.confirmations, status.needed, checks=checks, checked=checked)


def _content(revision: "Revision", damaged: Sequence[str]) -> Check:
    files = ngettext("%(n)d file", "%(n)d files", revision.file_count) % {"n": revision.file_count}
    if damaged:
        detail = _("the stored bytes of %(path)s no longer match their digest") % {"path": damaged[0]}
        return Check(_("Content"), BAD, detail, files)
    gone = len(repositories.taken_down_paths(revision))
    if gone:
        words = ngettext(
            "%(n)d file was taken down, so only its digest is left; all others recomputed by the hub, equal",
            "%(n)d files were taken down, so only their digests are left; all others recomputed by the hub, equal",
            gone,
        )
        return Check(_("Content"), OK, words % {"n": gone}, files)
    return Check(_("Content"), OK, _("every digest recomputed by the hub, equal"), files)


def signature(status: EntryStatus) -> Check:
    """Whether the checkpoint over the entry is signed as it must be."""
    if status.checkpoint_size is None:
        return Check(_("Signature"), RUNNING, _("the next checkpoint will cover it"))
    try:
        valid = ledger.checkpoint_signers(status.checkpoint_size).valid
    except ChainError:
        return Check(_("Signature"), RUNNING, _("the chain does not say who the operator is"), "Ed25519")
    if not valid:
        return Check(_("Signature"), BAD, _("a signature of the checkpoint is not valid"), "Ed25519")
    return Check(_("Signature"), OK, _("by the log's key and by the anchoring operator"), "Ed25519, secp256k1")


def _log(revision: "Revision", status: EntryStatus, mismatches: Sequence[MismatchView]) -> Check:
    if mismatches:
        detail = _("differs from what the log says: %(fact)s") % {"fact": fact(mismatches[0])}
        return Check(_("Log"), BAD, detail)
    if ledger.log_disagrees():
        return Check(_("Log"), BAD, _("the log itself disagrees"))
    index, size = revision.entry.leaf_index, status.checkpoint_size
    if index is None or size is None:
        return Check(_("Log"), RUNNING, _("recorded, waiting for its number"))
    proof = ledger.checked_inclusion(index, size)
    if proof is None:
        return Check(_("Log"), BAD, _("the proof does not lead to the published root"))
    words = ngettext("%(n)d hash leads to the published root", "%(n)d hashes lead to the published root", len(proof))
    where = _("%(index)d in %(size)d") % {"index": index, "size": size}
    return Check(_("Log"), OK, words % {"n": len(proof)}, where)


def anchor(status: EntryStatus) -> Check:
    """How deep in the chain the first anchored head over the entry stands."""
    local = chain.is_embedded()
    if status.anchor is None or status.anchor.block_number is None:
        return Check(_("Anchor"), RUNNING, _("the next anchor will carry it to the chain"))
    blocks = _("%(n)d of %(needed)d blocks") % {"n": min(status.confirmations, status.needed), "needed": status.needed}
    block = _("block %(n)d") % {"n": status.anchor.block_number}
    if status.state is not State.FINAL:
        return Check(_("Anchor"), RUNNING, blocks, block)
    if local:
        blocks = _("%(blocks)s; local chain: shows the mechanism, not the guarantee") % {"blocks": blocks}
    return Check(_("Anchor"), OK, blocks, block)
