"""One epoch from the record to the root: works, allocation, settlement, tree. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from rewards import bindings, tree, works
from rewards.bindings import DisclosedBinding
from rewards.errors import EpochRefused
from rewards.inputs import EpochInput
from rewards.record import Record
from rewards.rule import Allocation, allocate
from rewards.settlement import Previous, Settlement, accounts_of, has_waiting, settle


@dataclass(frozen=True)
class Terms:
    """What the contracts fix for good. Addresses are lower-case 0x hex, times in seconds, `genesis` in Unix time.

    `anchor` is the contract in which the log is anchored.
    """

    chain_id: int
    distributor: str
    token: str
    anchor: str
    genesis: int
    epoch_seconds: int
    first_budget_wei: int
    halving_seconds: int

    def budget(self, epoch: int) -> int:
        """What the epoch may credit at most, in wei. It halves by elapsed time, not by epoch number."""
        return self.first_budget_wei >> (epoch * self.epoch_seconds // self.halving_seconds)


@dataclass(frozen=True)
class Calculation:
    """An epoch, computed. `cutoff_root` is the log's root (hex) at the record's size, under a final anchor."""

    terms: Terms
    epoch: int
    cutoff: int
    cutoff_root: str
    previous: Previous | None
    input: EpochInput
    allocation: Allocation
    settlement: Settlement
    disclosed: Mapping[str, DisclosedBinding]

    @cached_property
    def nodes(self) -> bytes:
        """The nodes of the distribution tree (`rewards.tree`)."""
        return tree.build(self.settlement.leaves.items())

    @property
    def root(self) -> str:
        """The root of the distribution, 64 hex digits."""
        return tree.root(self.nodes).hex()


def calculate(
    record: Record,
    *,
    terms: Terms,
    epoch: int,
    cutoff_root: str,
    previous: Previous | None,
    disclosed: Mapping[str, DisclosedBinding],
) -> Calculation:
    """The epoch whose cutoff is the record's size. `previous` is the newest epoch that the record shows as finalized.

    `disclosed` maps an account to its first binding; those of accounts without credit in this epoch are left out of
    the result. Raises `EpochRefused` and `BindingRefused`.
    """
    epoch_input = works.epoch_input(record, epoch, terms.budget(epoch))
    paid, given = works.last_paid(record), previous.epoch if previous else None
    if paid != given:
        raise EpochRefused(f"The record's newest finalized epoch is {paid}, and not {given}.")
    allocation = allocate(epoch_input)
    touched = accounts_of(previous, allocation)
    wallets = bindings.wallets(record, disclosed, touched, terms.chain_id)
    return Calculation(
        terms=terms,
        epoch=epoch,
        cutoff=record.size,
        cutoff_root=cutoff_root,
        previous=previous,
        input=epoch_input,
        allocation=allocation,
        settlement=settle(previous, allocation, wallets, epoch_input.clusters),
        disclosed={account: disclosed[account] for account in wallets},
    )


def is_due(record: Record, epoch: int, previous: Previous | None) -> bool:
    """Whether the epoch has something to say: a work newly payable, or a wallet for credit that waited.

    An epoch that is not due is skipped: nothing is written and nothing sent.
    """
    return bool(works.newly_payable(record, epoch)) or has_waiting(previous, record.bindings)
