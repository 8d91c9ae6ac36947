"""What the rule takes: the works of an epoch with their ancestors, the edges between them, a budget and a policy.

Everything is a whole number or an id. Accounts are pseudonyms (32 hex digits, without `acct:`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter
from typing import NamedTuple

from rewards.errors import EpochRefused
from rewards.policy import CLASSES, POOLS, WHOLE, Policy

MAX_PARENTS = 16
LEAST_WEIGHT, MOST_WEIGHT = 1_000, 10_000
Owners = tuple[tuple[str, int], ...]
"""Accounts and their shares in bps, ascending by account, together 10,000."""


class Work(NamedTuple):
    """One accepted submission with the signals that were frozen when it became payable.

    `sequence` is the leaf index of the entry that made it a work, unique among works. `initial` says that this is the
    epoch in which it became payable, `standing` that it passed its assessment then; `openness` is the class of its
    licence. One-time points count while `initial`, `usage` always.
    """

    id: str
    sequence: int
    kind: str
    owners: Owners
    initial: bool
    standing: bool
    accepted_epoch: int | None
    effort: int
    quality: int
    reviews: int
    gain_bps: int
    usage: int
    openness: str
    originality_bps: int


class Edge(NamedTuple):
    """`child` was made from `parent`; both are sequences, and the parent's is the smaller."""

    child: int
    parent: int
    weight: int


@dataclass(frozen=True)
class EpochInput:
    """Everything an allocation depends on. `clusters` names the cluster of an account; one not in it is its own."""

    epoch: int
    budget_wei: int
    policy: Policy
    works: Sequence[Work]
    edges: Sequence[Edge]
    clusters: Mapping[str, str] = field(default_factory=dict)


def in_order(works: Iterable[Work], edges: Iterable[Edge]) -> tuple[list[Work], list[Edge]]:
    """Works by sequence and edges by child and parent, checked.

    Raises `EpochRefused` unless sequences are unique, shares add up, kinds and classes are known, and each edge leads
    from a work to an earlier one with a weight in range, at most 16 from one work and none twice. That parents are
    earlier is what makes cycles impossible.
    """
    ordered = sorted(works, key=attrgetter("sequence"))
    pairs = sorted(edges, key=itemgetter(0, 1))
    _check_works(ordered)
    _check_edges({work.sequence for work in ordered}, pairs)
    return ordered, pairs


def _check_works(works: list[Work]) -> None:
    previous = -1
    for work in works:
        if work.sequence <= previous:
            raise EpochRefused(f"Two works have the sequence {work.sequence}.")
        previous = work.sequence
        if work.kind not in POOLS or work.openness not in CLASSES:
            raise EpochRefused(f"Work {work.id} has an unknown kind or class: {work.kind}, {work.openness}.")
        if len(work.owners) == 1 and work.owners[0][1] == WHOLE:
            continue
        if not are_owners(work.owners):
            raise EpochRefused(f"The shares of work {work.id} are not ascending, positive and together {WHOLE}.")


def are_owners(owners: Owners) -> bool:
    """Whether these are shares as a work has them."""
    accounts = [account for account, _ in owners]
    shares = [share for _, share in owners]
    return accounts == sorted(set(accounts)) and all(share > 0 for share in shares) and sum(shares) == WHOLE


def _check_edges(sequences: set[int], edges: list[Edge]) -> None:
    previous, count = (-1, -1), 0
    for edge in edges:
        child, parent, weight = edge
        count = count + 1 if child == previous[0] else 1
        if (child, parent) == previous:
            raise EpochRefused(f"The edge from {child} to {parent} stands twice.")
        if parent >= child or child not in sequences or parent not in sequences:
            raise EpochRefused(f"The edge from {child} to {parent} does not lead to an earlier work of this epoch.")
        if count > MAX_PARENTS or not LEAST_WEIGHT <= weight <= MOST_WEIGHT:
            raise EpochRefused(f"Work {child} has more than {MAX_PARENTS} parents or a weight out of range.")
        previous = (child, parent)
