"""What the ledger hands out: frozen records, free of the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class EntryView:
    """One entry. `details` holds the groups that are not erased and that the reader may see.

    `digests` holds the digest of every group as it stands in the entry, so a group that is in `digests` but not in
    `details` is either erased (then it is in `erased`) or withheld from this reader. `related` are the other subjects
    under which the entry is found; they are derived from it and not part of its bytes.
    """

    uid: UUID
    leaf_index: int | None
    type: str
    subject: str
    actor: str
    time: datetime
    data: dict[str, Any]
    details: Mapping[str, Mapping[str, Any]]
    body: bytes
    leaf_hash: bytes
    related: tuple[str, ...] = ()
    digests: Mapping[str, bytes] = field(default_factory=dict)
    erased: frozenset[str] = frozenset()

    @property
    def subjects(self) -> tuple[str, ...]:
        """Everything the entry names: its subject, its actor, and what it is related to."""
        return tuple(dict.fromkeys((self.subject, self.actor, *self.related)))


@dataclass(frozen=True)
class CheckpointView:
    """A signed head. `note` is the signed note as published."""

    size: int
    root: bytes
    note: str
    operator_signature: bytes
    published: datetime


@dataclass(frozen=True)
class CosignatureView:
    """A witness's word on a checkpoint. `key` is its verifier key string; `verifies` was found out now."""

    name: str
    key: str
    time: datetime
    line: str
    verifies: bool


@dataclass(frozen=True)
class WitnessView:
    """A witness that this hub asks. `size` and `time` are of its last cosignature, 0 and None before the first.

    `problem` says in words why it did not cosign when it was asked last, `detail` in its own, `since` since when; all is
    well while it is empty. `contradicts` says that it speaks of another history than this hub's.
    """

    name: str
    key: str
    size: int
    time: datetime | None
    asked: datetime | None
    problem: str
    detail: str
    since: datetime | None
    contradicts: bool = False


@dataclass(frozen=True)
class WitnessesView:
    """The witnesses of this hub. `needed` of them make a checkpoint count; `size` is of the newest that has so many."""

    needed: int
    each: tuple[WitnessView, ...]
    size: int

    @property
    def count(self) -> int:
        return len(self.each)

    @property
    def contradict(self) -> bool:
        """Whether one of them speaks of another history than this hub's."""
        return any(each.contradicts for each in self.each)


@dataclass(frozen=True)
class AnchorView:
    """A checkpoint on its way to the chain or on it. `state` is `sent`, `mined` or `final`."""

    size: int
    root: bytes
    previous_size: int
    chain_id: int
    contract: str
    state: str
    transaction_hash: str
    block_number: int | None
    block_hash: str
    gas_used: int | None
    confirmations: int
    needed: int
    sent: datetime
    mined: datetime | None
    final: datetime | None


class State(StrEnum):
    """How far an entry has come. Derived from sizes, never stored."""

    PENDING = "pending"
    SEQUENCED = "sequenced"
    PUBLISHED = "published"
    ANCHORED = "anchored"
    FINAL = "final"


@dataclass(frozen=True)
class EntryStatus:
    """How far an entry has come.

    `anchor` is the first anchor that covers the entry, or the one under way; `checkpoint_size` the size of the first
    checkpoint that covers it. `confirmations` of `needed` blocks stand on the anchor.
    """

    state: State
    confirmations: int
    needed: int
    anchor: AnchorView | None
    checkpoint_size: int | None


@dataclass(frozen=True)
class LogFacts:
    """The log in one line. `size`, `root` and `published` are those of the last checkpoint, 0 and None before the first.

    `anchored_size` is the size under the newest anchor in a block, `final_size` under the newest final one. `disagrees`
    says that an audit found the log itself in disagreement, so that nothing that rests on it counts as verified.
    """

    origin: str
    size: int
    root: bytes
    published: datetime | None
    anchored_size: int
    final_size: int
    final: datetime | None
    disagrees: bool = False


@dataclass(frozen=True)
class MismatchView:
    """One disagreement between database, log and chain that is open."""

    subject: str
    table: str
    key: str
    column: str
    expected: str
    found: str
    leaf_index: int | None
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True)
class AuditView:
    """The last finished comparison of database, log and chain."""

    started: datetime
    finished: datetime
    full: bool
    upto: int
    entries: int
    mismatches: int
    chain_checked: bool
