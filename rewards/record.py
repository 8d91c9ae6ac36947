"""What the log says about works: the entries that matter, read once in their order.

Pure. An entry that the rule does not allow (an assessment by somebody who is no reviewer, a second submission of one
revision) stays in the log and counts for nothing, so no entry can stop an epoch. `docs/rewards.md` section 4 says the
same in words; `akashi_recompute.py` does it again on its own.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from rewards import policy as policies
from rewards.errors import EpochRefused, PolicyRefused
from rewards.inputs import Owners, are_owners
from rewards.policy import POOLS, WHOLE, Policy

HUB: Final = "sys:hub"
EFFORTS = (1, 2, 3, 5, 8, 13, 21)
NOT_A_SOURCE = "evaluated_on"


class LogEntry(NamedTuple):
    """One entry of the log, at leaf index `leaf`. `details` maps a group to its digest (hex)."""

    leaf: int
    type: str
    subject: str
    actor: str
    time: str
    data: Mapping[str, Any]
    details: Mapping[str, str]

    @classmethod
    def read(cls, leaf: int, body: bytes) -> "LogEntry":
        """The entry with these bytes, which stand in the log and so are well formed."""
        found = json.loads(body)
        return cls(
            leaf, found["type"], found["subject"], found["actor"], found["time"], found["data"], found["details"]
        )


class Revision(NamedTuple):
    """A published revision. `parent` is its first parent if that was published before, else empty."""

    leaf: int
    author: str
    kind: str
    licence: str
    parent: str
    sources: tuple[str, ...]


class Submission(NamedTuple):
    """A work: what was accepted or submitted at leaf `sequence`. `base` and `revision` are `rev:…` subjects.

    `repository` is the `repo:…` that it was made in.
    """

    id: str
    sequence: int
    kind: str
    owners: Owners
    revision: str
    base: str
    repository: str


class Assessment(NamedTuple):
    """A valid assessment, at its leaf index."""

    leaf: int
    assessor: str
    effort: int
    quality: int


class Binding(NamedTuple):
    """The entry by which an account bound a wallet, and the digest of the signed text."""

    leaf: int
    time: str
    digest: str


class Closing(NamedTuple):
    """A closed epoch: the entries below `cutoff` counted for it."""

    epoch: int
    cutoff: int


class PolicySet(NamedTuple):
    leaf: int
    first_epoch: int
    policy: Policy


@dataclass
class Proposals:
    """What is known of a contribution: who opened it, its newest version, who agreed to which share, who gave verdicts."""

    opener: str = ""
    newest: LogEntry | None = None
    consents: set[tuple[str, int]] = field(default_factory=set)
    judges: set[str] = field(default_factory=set)


@dataclass
class Record:
    """What the first `size` entries of the log say. Accounts are pseudonyms without `acct:`.

    `submissions` and `assessments` are keyed by work id, the latter by valid assessments in order. `decided` maps an
    epoch to whether its distribution was finalized (True) or cancelled (False). `bindings` holds each account's first.
    `publishers` maps a repository to who published a revision of their own in it.
    """

    size: int
    revisions: dict[str, Revision] = field(default_factory=dict)
    submissions: dict[str, Submission] = field(default_factory=dict)
    assessments: dict[str, list[Assessment]] = field(default_factory=dict)
    reviewers: set[str] = field(default_factory=set)
    policies: list[PolicySet] = field(default_factory=list)
    closings: list[Closing] = field(default_factory=list)
    decided: dict[int, bool] = field(default_factory=dict)
    bindings: dict[str, Binding] = field(default_factory=dict)
    proposals: dict[str, Proposals] = field(default_factory=dict)
    publishers: dict[str, set[str]] = field(default_factory=dict)
    submitted: set[str] = field(default_factory=set)

    def policy_at(self, epoch: int, cutoff: int) -> Policy:
        """The policy in force: of those logged below the cutoff that begin at the epoch or before, the last one.

        A policy drops those that were to begin with it or later, as the distributor does, so a later entry always wins.
        """
        known = [each for each in self.policies if each.leaf < cutoff and each.first_epoch <= epoch]
        if not known:
            raise EpochRefused(f"No policy is in force for epoch {epoch}.")
        return known[-1].policy


def fold(entries: Iterable[LogEntry], size: int) -> Record:
    """The record of the first `size` entries of a log.

    `entries` ascend by leaf index and hold at least every entry below `size` whose type is in `TYPES`; others are passed
    over. Raises `EpochRefused` when they do not ascend or one is at `size` or beyond.
    """
    record, previous = Record(size), -1
    for entry in entries:
        if not previous < entry.leaf < size:
            raise EpochRefused(f"Entry {entry.leaf} does not stand after entry {previous} and below {size}.")
        previous = entry.leaf
        read = _READERS.get(entry.type)
        if read is not None:
            read(record, entry)
    return record


def pseudonym(actor: str) -> str:
    return actor.removeprefix("acct:")


def _publish(record: Record, entry: LogEntry) -> None:
    if entry.subject in record.revisions:
        return
    data = entry.data
    parent = data["parents"][0] if data["parents"] else ""
    author = data.get("author", entry.actor)
    if author == entry.actor:
        record.publishers.setdefault(data["repo"], set()).add(pseudonym(author))
    record.revisions[entry.subject] = Revision(
        leaf=entry.leaf,
        author=pseudonym(author),
        kind=data["kind"],
        licence=data.get("licence", ""),
        parent=parent if parent in record.revisions else "",
        sources=tuple(each["revision"] for each in data["sources"] if each["relation"] != NOT_A_SOURCE),
    )


def _proposals(record: Record, entry: LogEntry) -> Proposals:
    return record.proposals.setdefault(entry.subject, Proposals())


def _propose(record: Record, entry: LogEntry) -> None:
    found = _proposals(record, entry)
    found.opener, found.newest = found.opener or pseudonym(entry.actor), entry


def _join(record: Record, entry: LogEntry) -> None:
    """Somebody agrees to the share that the newest version names for them."""
    found, wanted = _proposals(record, entry), {"account": entry.actor, "bps": entry.data["bps"]}
    newest = found.newest
    if newest is not None and newest.data["proposed"] == entry.data["proposed"] and wanted in newest.data["authors"]:
        found.consents.add((pseudonym(entry.actor), entry.data["bps"]))


def _judge(record: Record, entry: LogEntry) -> None:
    _proposals(record, entry).judges.add(pseudonym(entry.actor))


def _owners(found: Proposals, named: Owners) -> Owners:
    """Whose a work is: those who agreed to their share, and whoever opened the contribution with all the rest."""
    agreed = [share for share in named if share in found.consents and share[0] != found.opener]
    rest = WHOLE - sum(bps for _, bps in agreed)
    return tuple(sorted([*agreed, (found.opener, rest)] if rest else agreed))


def _accept(record: Record, entry: LogEntry) -> None:
    """A contribution becomes a work as it was last proposed; the accepted revision is that proposal's."""
    _judge(record, entry)
    found = _proposals(record, entry)
    proposal = found.newest
    if proposal is None or proposal.data["proposed"] != entry.data["revision"]:
        return
    named = tuple(sorted((pseudonym(each["account"]), each["bps"]) for each in proposal.data["authors"]))
    if not are_owners(named):
        return
    _submit(
        record,
        Submission(
            id=entry.subject,
            sequence=entry.leaf,
            kind=proposal.data["kind"],
            owners=_owners(found, named),
            revision=proposal.data["proposed"],
            base=proposal.data.get("base", ""),
            repository=entry.data["repo"],
        ),
    )


def _submit_revision(record: Record, entry: LogEntry) -> None:
    """An author submits a revision of his own; nobody else can."""
    revision = record.revisions.get(entry.subject)
    if revision is not None and revision.author == pseudonym(entry.actor):
        owners = ((revision.author, WHOLE),)
        work = Submission(
            entry.subject, entry.leaf, revision.kind, owners, entry.subject, revision.parent, entry.data["repo"]
        )
        _submit(record, work)


def _submit(record: Record, work: Submission) -> None:
    """One revision is one work, the first one."""
    if work.revision not in record.submitted and work.kind in POOLS:
        record.submissions[work.id] = work
        record.submitted.add(work.revision)


def _assess(record: Record, entry: LogEntry) -> None:
    work, assessor = record.submissions.get(entry.subject), pseudonym(entry.actor)
    if work is None or assessor not in record.reviewers or entry.data["revision"] != work.revision:
        return
    made = record.assessments.setdefault(work.id, [])
    barred = _involved(record, work) | {each.assessor for each in made}
    effort, quality = entry.data["effort"], entry.data["quality"]
    if assessor not in barred and effort in EFFORTS and 0 <= quality <= 100:
        made.append(Assessment(entry.leaf, assessor, effort, quality))


def _involved(record: Record, work: Submission) -> set[str]:
    """Who may not assess a work: whoever owns it or ever agreed to, decided about it, or published where it was made."""
    found = record.proposals.get(work.id, Proposals())
    agreed = {account for account, _ in found.consents}
    publishers = record.publishers.get(work.repository, set())
    return {found.opener, *(account for account, _ in work.owners)} | agreed | found.judges | publishers


def _grant(record: Record, entry: LogEntry) -> None:
    if entry.actor == HUB:
        record.reviewers.add(pseudonym(entry.subject))


def _revoke(record: Record, entry: LogEntry) -> None:
    if entry.actor == HUB:
        record.reviewers.discard(pseudonym(entry.subject))


def _set_policy(record: Record, entry: LogEntry) -> None:
    try:
        found = policies.parse(entry.data["policy"])
    except PolicyRefused:
        return
    if entry.actor == HUB and entry.subject == f"policy:{found.hash}":
        record.policies.append(PolicySet(entry.leaf, entry.data["first_epoch"], found))


def _close(record: Record, entry: LogEntry) -> None:
    epoch, cutoff = _epoch(entry), entry.data["cutoff"]
    last = record.closings[-1] if record.closings else Closing(-1, 0)
    if entry.actor == HUB and epoch > last.epoch and last.cutoff <= cutoff <= entry.leaf:
        record.closings.append(Closing(epoch, cutoff))


def _decide(record: Record, entry: LogEntry) -> None:
    if entry.actor == HUB:
        record.decided[_epoch(entry)] = entry.type == "distribution.finalized"


def _bind(record: Record, entry: LogEntry) -> None:
    if entry.actor == entry.subject:
        found = Binding(entry.leaf, entry.time, entry.details["binding"])
        record.bindings.setdefault(pseudonym(entry.subject), found)


def _epoch(entry: LogEntry) -> int:
    return int(entry.subject.removeprefix("epoch:"))


_READERS: dict[str, Callable[[Record, LogEntry], None]] = {
    "revision.published": _publish,
    "contribution.opened": _propose,
    "contribution.updated": _propose,
    "contribution.joined": _join,
    "contribution.accepted": _accept,
    "contribution.declined": _judge,
    "review.submitted": _judge,
    "work.submitted": _submit_revision,
    "assessment.made": _assess,
    "reviewer.granted": _grant,
    "reviewer.revoked": _revoke,
    "wallet.bound": _bind,
    "policy.set": _set_policy,
    "epoch.closed": _close,
    "distribution.finalized": _decide,
    "distribution.cancelled": _decide,
}
TYPES = frozenset(_READERS)
