"""Calls to EpochDistributor and its token: what to send, what to read, what their events say.

Hashes are 32 bytes, amounts wei of the token, times Unix seconds. Addresses go in as any hex and come out checksummed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from eth_utils.address import to_checksum_address

from chain import deployment, reading
from chain.artifacts import artifact
from chain.client import ChainClient
from chain.distributor import CONTRACT, TOKEN
from chain.errors import ChainUnavailable

ZERO = bytes(32)
CAUSES = ("guardian", "expired", "decrease", "duplicate")
ROLES = ("proposer", "guardian")
# Gas limits: what tests/contracts/test_gas.py measures at most, and a quarter more for chains that price storage otherwise.
FINALIZE_GAS = 300_000
EXPIRE_GAS = 120_000
_PROPOSE_GAS, _CHARACTER_GAS = 170_000, 60
# A first claim is dearest where the wallet delegated its votes: its delegate's count of votes is written too.
_CLAIM_GAS, _BATCH_GAS, _ROW_GAS, _NODE_GAS = 190_000, 60_000, 130_000, 1_000
# How many wallets one read asks for.
_ASKED_AT_ONCE = 500


@dataclass(frozen=True)
class Claim:
    """A leaf of a finalized tree, with its path. `cumulative` is all that the wallet was ever credited."""

    account: str
    cumulative: int
    proof: Sequence[bytes]


@dataclass(frozen=True)
class Pending:
    """A proposal that is neither final nor cancelled. It can be finalized from `ready_at` on unless it is challenged;
    an open challenge cancels it from `challenge_expires` on.
    """

    epoch: int
    root: bytes
    manifest: bytes
    policy: bytes
    credited: int
    total: int
    proposer: str
    ready_at: int
    challenger: str | None
    challenge_expires: int | None


@dataclass(frozen=True)
class DistributionState:
    """The distributor at its newest block: the first epoch that was neither distributed nor skipped, its three sums, what
    a challenge costs now (wei of the chain's coin), and the block's time, which on the embedded chain lags.
    """

    next_epoch: int
    credited: int
    cumulative: int
    paid: int
    bond: int
    time: datetime
    pending: Pending | None


@dataclass(frozen=True)
class Announcement:
    """Who takes a role, and from when on."""

    next: str
    ready_at: int


@dataclass(frozen=True)
class Powers:
    """Who holds which power over distributions, and what is announced. `council` never changes."""

    proposer: str
    guardian: str
    council: str
    role_delay: int
    next_proposer: Announcement | None
    next_guardian: Announcement | None


@dataclass(frozen=True)
class DistributionEvent:
    """Something the distributor wrote down.

    `kind`: proposed, challenged, dismissed, cancelled, finalized, claimed, policy_scheduled, role_announced,
    role_withdrawn, role_changed, bond_refunded. `epoch` is None where there is none. `values` are the event's own, by the
    names in the contract; `cause` and `role` as words, addresses checksummed, hashes as bytes.
    """

    kind: str
    epoch: int | None
    values: dict[str, Any]
    transaction: str
    block_number: int
    block_hash: str
    log_index: int
    time: datetime


# --- to send -------------------------------------------------------------------------------------
def propose_calldata(
    epoch: int, root: bytes, manifest: bytes, policy: bytes, credited: int, total: int, uri: str
) -> bytes:
    """Data of a transaction by the proposer. A root of zeros goes with a total of 0: nobody with a wallet has credit.

    `credited` is what all epochs together earned, this one included; `total` is what the leaves add up to.
    """
    return artifact(CONTRACT).abi.encode_call("propose", epoch, root, manifest, policy, credited, total, uri)


def propose_gas_limit(uri: str) -> int:
    return _PROPOSE_GAS + _CHARACTER_GAS * len(uri.encode())


def finalize_calldata() -> bytes:
    """Data of anybody's transaction (`FINALIZE_GAS`) once the window is over."""
    return artifact(CONTRACT).abi.encode_call("finalize")


def expire_calldata() -> bytes:
    """Data of anybody's transaction (`EXPIRE_GAS`) that cancels a proposal whose challenge nobody decided in time."""
    return artifact(CONTRACT).abi.encode_call("expire")


def announce_role_calldata(role: str, address: str) -> bytes:
    """Data of a transaction by the council: who takes a role of `ROLES`, after its delay."""
    return artifact(CONTRACT).abi.encode_call("announceRole", ROLES.index(role), address)


def withdraw_role_calldata(role: str) -> bytes:
    """Data of a transaction by the council that withdraws the announcement."""
    return artifact(CONTRACT).abi.encode_call("withdrawRole", ROLES.index(role))


def apply_role_calldata(role: str) -> bytes:
    """Data of anybody's transaction that gives the role to whom it was announced for, once the delay is over."""
    return artifact(CONTRACT).abi.encode_call("applyRole", ROLES.index(role))


def claim_calldata(epoch: int, account: str, cumulative: int, proof: Sequence[bytes]) -> bytes:
    """Data of anybody's transaction that pays the account what it did not take yet. `epoch` names the final tree."""
    return artifact(CONTRACT).abi.encode_call("claim", epoch, to_checksum_address(account), cumulative, list(proof))


def claim_gas_limit(nodes: int) -> int:
    """A gas limit that no claim with so many proof nodes exceeds."""
    return _CLAIM_GAS + _NODE_GAS * nodes


def claim_many_calldata(epoch: int, claims: Sequence[Claim]) -> bytes:
    """The same for many accounts of one tree; those that took all of it are passed over."""
    rows = [(to_checksum_address(claim.account), claim.cumulative, list(claim.proof)) for claim in claims]
    return artifact(CONTRACT).abi.encode_call("claimMany", epoch, rows)


def claim_many_gas_limit(claims: Sequence[Claim]) -> int:
    return _BATCH_GAS + sum(_ROW_GAS + _NODE_GAS * len(claim.proof) for claim in claims)


# --- to read -------------------------------------------------------------------------------------
def read_distribution() -> DistributionState:
    """The distributor's state, all of one block. NotDeployed, ChainUnavailable, WrongChain."""
    next_epoch, credited, cumulative, paid, bond, time, proposal = _read("state")[0]
    return DistributionState(
        next_epoch=next_epoch,
        credited=credited,
        cumulative=cumulative,
        paid=paid,
        bond=bond,
        time=datetime.fromtimestamp(time, UTC),
        pending=_pending(*proposal),
    )


def _pending(
    proposer: str,
    epoch: int,
    ready_at: int,
    credited: int,
    total: int,
    root: bytes,
    manifest: bytes,
    challenger: str,
    ends: int,
) -> Pending | None:
    if not int(proposer, 16):
        return None
    challenged = bool(int(challenger, 16))
    return Pending(
        epoch=epoch,
        root=root,
        manifest=manifest,
        # The rules of an epoch that is over cannot change any more, so a second read is as good as one.
        policy=policy_at(epoch),
        credited=credited,
        total=total,
        proposer=to_checksum_address(proposer),
        ready_at=ready_at,
        challenger=to_checksum_address(challenger) if challenged else None,
        challenge_expires=ends if challenged else None,
    )


def claimed(wallet: str) -> int:
    """What a wallet took so far."""
    return int(_read("claimed", to_checksum_address(wallet))[0])


def claimed_many(wallets: Sequence[str]) -> dict[str, int]:
    """What each wallet took so far, by the wallet as it was asked for."""
    found: dict[str, int] = {}
    for start in range(0, len(wallets), _ASKED_AT_ONCE):
        part = wallets[start : start + _ASKED_AT_ONCE]
        amounts = _read("claimedBy", [to_checksum_address(wallet) for wallet in part])[0]
        found.update(zip(part, amounts, strict=True))
    return found


def root_of(epoch: int) -> bytes | None:
    """The root of an epoch's finalized distribution, zeros if that paid nobody; None if there is none."""
    return bytes(_read("rootOf", epoch)[0]) if manifest_of(epoch) is not None else None


def manifest_of(epoch: int) -> bytes | None:
    """The manifest hash of an epoch's finalized distribution; None if there is none."""
    found = bytes(_read("manifestOf", epoch)[0])
    return found if found != ZERO else None


def policy_at(epoch: int) -> bytes:
    """The hash of the rules for an epoch, as announced by now."""
    return bytes(_read("policyAt", epoch)[0])


def budget(epoch: int) -> int:
    """What an epoch may credit at most: pure arithmetic over the deployment, as the token computes it."""
    here = deployment.current_distribution()
    return here.first_budget_wei >> (epoch * here.epoch_seconds // here.halving_seconds)


def token_balance(wallet: str) -> int:
    """Tokens that a wallet holds."""
    return int(_read_token("balanceOf", to_checksum_address(wallet))[0])


def token_supply() -> int:
    """All tokens that were ever minted."""
    return int(_read_token("totalSupply")[0])


def powers() -> Powers:
    """Who may propose, who may cancel, who dismisses challenges and announces rules. As the contract says it now."""
    here = deployment.current_distribution()
    return Powers(
        proposer=to_checksum_address(_read("proposer")[0]),
        guardian=to_checksum_address(_read("guardian")[0]),
        council=to_checksum_address(_read("council")[0]),
        role_delay=here.role_delay,
        next_proposer=_announcement(0),
        next_guardian=_announcement(1),
    )


def _announcement(role: int) -> Announcement | None:
    address, ready_at = _read("announced", role)
    return Announcement(to_checksum_address(address), ready_at) if int(address, 16) else None


def _read(name: str, *arguments: Any) -> tuple[Any, ...]:
    return reading.read(CONTRACT, deployment.current_distribution().distributor_address, name, *arguments)


def _read_token(name: str, *arguments: Any) -> tuple[Any, ...]:
    return reading.read(TOKEN, deployment.current_distribution().token_address, name, *arguments)


# --- events --------------------------------------------------------------------------------------
def distribution_events(from_block: int, to_block: int | None = None) -> list[DistributionEvent]:
    """All that the distributor wrote down in a range of blocks, in order; up to the newest block without `to_block`.

    A reorganisation can take events back: whoever keeps them compares `block_hash` until they are deep enough.
    """
    address = deployment.current_distribution().distributor_address
    times: dict[int, datetime] = {}
    return [_event(entry, times) for entry in reading.entries(CONTRACT, address, from_block, to_block)]


def _event(entry: reading.Entry, times: dict[int, datetime]) -> DistributionEvent:
    values = {name: _readable(name, value) for name, value in entry.event.values.items()}
    if entry.block_number not in times:
        times[entry.block_number] = _block_time(entry.block_number)
    return DistributionEvent(
        kind=re.sub(r"(?<=[a-z])(?=[A-Z])", "_", entry.event.name).lower(),
        epoch=values.get("epoch", values.get("firstEpoch")),
        values=values,
        transaction=entry.transaction,
        block_number=entry.block_number,
        block_hash=entry.block_hash,
        log_index=entry.log_index,
        time=times[entry.block_number],
    )


def _readable(name: str, value: Any) -> Any:
    if name == "cause":
        return CAUSES[value]
    if name == "role":
        return ROLES[value]
    if name in {"account", "by", "challenger", "next", "previous"}:
        return to_checksum_address(value)
    return value


def _block_time(number: int) -> datetime:
    block = ChainClient.from_settings().block(number)
    if block is None:
        raise ChainUnavailable(f"the node does not show block {number} any more")
    return datetime.fromtimestamp(block.time, UTC)
