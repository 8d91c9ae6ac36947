"""From accounts to wallets: the leaves of a distribution, and the credit that waits for a wallet.

A leaf says how much a wallet was ever credited, so it never falls and an old proof can never pay twice. What an account
without a wallet earns waits; the first epoch after it bound one moves all of it there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rewards.errors import EpochRefused
from rewards.rule import Allocation


@dataclass(frozen=True)
class Previous:
    """What the last distribution left: its leaves by wallet and the credit that waits by account, in wei."""

    epoch: int
    manifest: str
    root: str
    credited_wei: int
    total_wei: int
    leaves: Mapping[str, int] = field(default_factory=dict)
    pending: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account in an epoch. `wallet` is None while it has bound none."""

    account: str
    cluster: str
    wallet: str | None
    pending_before_wei: int
    pending_after_wei: int


@dataclass(frozen=True)
class Settlement:
    """`leaves` ascend by wallet and hold positive amounts. Everything ever credited is in `total_wei` or in `pending_wei`."""

    leaves: Mapping[str, int]
    accounts: tuple[AccountRow, ...]
    credited_wei: int
    total_wei: int
    pending_wei: int


def settle(
    previous: Previous | None,
    allocation: Allocation,
    wallets: Mapping[str, str],
    clusters: Mapping[str, str] | None = None,
) -> Settlement:
    """The state after an epoch. `wallets` maps an account to its wallet (lower-case 0x hex), bound by the cutoff.

    Accounts are those that the epoch credits and those with credit waiting. Raises `EpochRefused` when the sums of
    the previous distribution do not hold.
    """
    before = _sound(previous)
    leaves, rows = dict(before.leaves), []
    for account in accounts_of(previous, allocation):
        pending, wallet = before.pending.get(account, 0), wallets.get(account)
        credit = pending + allocation.accounts.get(account, 0)
        if wallet is not None and credit:
            leaves[wallet] = leaves.get(wallet, 0) + credit
        after = 0 if wallet is not None else credit
        rows.append(AccountRow(account, (clusters or {}).get(account, account), wallet, pending, after))
    return Settlement(
        leaves={wallet: leaves[wallet] for wallet in sorted(leaves)},
        accounts=tuple(rows),
        credited_wei=before.credited_wei + allocation.allocated_wei,
        total_wei=sum(leaves.values()),
        pending_wei=sum(row.pending_after_wei for row in rows),
    )


def accounts_of(previous: Previous | None, allocation: Allocation) -> list[str]:
    """The accounts with credit, new or waiting, ascending. Of no other account does an epoch show the wallet."""
    waiting = {account for account, wei in previous.pending.items() if wei} if previous else set()
    return sorted(waiting | {account for account, wei in allocation.accounts.items() if wei})


def has_waiting(previous: Previous | None, wallets: Iterable[str]) -> bool:
    """Whether an account among those with a wallet has credit that waits for one."""
    return previous is not None and any(previous.pending.get(account, 0) for account in wallets)


def _sound(previous: Previous | None) -> Previous:
    if previous is None:
        return Previous(-1, "", "", 0, 0)
    if previous.total_wei != sum(previous.leaves.values()):
        raise EpochRefused(f"The leaves of epoch {previous.epoch} do not add up to its total.")
    if previous.credited_wei != previous.total_wei + sum(previous.pending.values()):
        raise EpochRefused(f"Total and waiting credit of epoch {previous.epoch} do not add up to what it credited.")
    return previous
