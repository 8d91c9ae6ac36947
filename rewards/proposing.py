"""Brings a computed epoch onto the chain: proposes it, waits for the window, makes it final.

Each call looks at the chain and takes the one step that is missing, so nothing depends on what was done before. A chain
that lost blocks lacks epochs that the log says are final; they are brought there again in their order.
"""

from datetime import UTC, datetime

from django.conf import settings

from chain import distribution
from chain import selectors as chain
from chain.distribution import DistributionState, Pending
from rewards import recording, sending
from rewards.computing import tell
from rewards.contract import begins, terms
from rewards.models import Epoch

State = Epoch.State
OPEN = (State.COMPUTED, State.PROPOSED, State.CHALLENGED)
ON_CHAIN = (*OPEN, State.FINALIZED)


def advance(now: datetime) -> None:
    """Take the next step for the first epoch that the chain lacks. Raises the chain's errors."""
    state = distribution.read_distribution()
    _tell_passed(state)
    row = Epoch.objects.filter(state__in=ON_CHAIN, number__gte=state.next_epoch).order_by("number").first()
    if row is None:
        return
    if state.pending is None:
        _propose(row, state, now)
    elif not _is_own(row, state.pending):
        tell(
            row.number,
            f"Another distribution waits on the chain, for epoch {state.pending.epoch}; nobody here made it.",
        )
    else:
        _show(row, state.pending)
        _decide(row, state.pending, state, now)


def uri(epoch: int) -> str:
    """Where everybody finds the bundle."""
    return f"{settings.SITE_URL}/epochs/{epoch}/manifest.json"


def _is_own(row: Epoch, pending: Pending) -> bool:
    return (pending.epoch, pending.root.hex(), pending.manifest.hex()) == (row.number, row.root, row.manifest)


def _tell_passed(state: DistributionState) -> None:
    """An epoch here that the chain went past without its distribution can never be paid as it was computed."""
    for row in Epoch.objects.filter(state__in=OPEN, number__lt=state.next_epoch):
        manifest = distribution.manifest_of(row.number)
        if manifest is None or manifest.hex() != row.manifest:
            tell(row.number, "The chain went past this epoch with another distribution than the one computed here.")


# --- proposing -----------------------------------------------------------------------------------
def _propose(row: Epoch, state: DistributionState, now: datetime) -> None:
    if recording.is_cancelled(row):
        return
    if row.state != State.FINALIZED:
        Epoch.objects.filter(pk=row.pk, state__in=OPEN).update(state=State.COMPUTED, ready=None)
    refused = _refused(row, state)
    tell(row.number, refused)
    if refused or now < begins(terms(), row.number + 1):
        return
    address = uri(row.number)
    _send(
        row,
        "propose",
        distribution.propose_calldata(
            row.number,
            bytes.fromhex(row.root),
            bytes.fromhex(row.manifest),
            bytes.fromhex(row.policy.hash),
            int(row.credited_wei),
            int(row.total_wei),
            address,
        ),
        distribution.propose_gas_limit(address),
        now,
    )


def _refused(row: Epoch, state: DistributionState) -> str:
    """Why the distributor would refuse the proposal; sending it would only cost gas."""
    if distribution.policy_at(row.number).hex() != row.policy.hash:
        return "The chain names other rules for this epoch than the log."
    credit = int(row.credited_wei) - state.credited
    if not 0 <= credit <= distribution.budget(row.number):
        return "What this epoch credits does not fit what the chain holds."
    if int(row.total_wei) < state.cumulative:
        return "The leaves of this epoch add up to less than what the chain has minted."
    return ""


# --- a proposal that waits -----------------------------------------------------------------------
def _show(row: Epoch, pending: Pending) -> None:
    """State and time of the window as the chain has them now. What the log says is final stays."""
    shown = State.CHALLENGED if pending.challenger else State.PROPOSED
    ready = datetime.fromtimestamp(pending.ready_at, UTC)
    if row.state in OPEN and (row.state, row.ready) != (shown, ready):
        Epoch.objects.filter(pk=row.pk, state__in=OPEN).update(state=shown, ready=ready)
    tell(row.number, "")


def _decide(row: Epoch, pending: Pending, state: DistributionState, now: datetime) -> None:
    # A public chain's next block is later than its newest one; the embedded chain makes none until something is sent.
    clock = now.timestamp() if chain.is_embedded() else state.time.timestamp()
    if pending.challenge_expires is not None:
        if clock > pending.challenge_expires:
            _send(row, "expire", distribution.expire_calldata(), distribution.EXPIRE_GAS, now)
    elif clock > pending.ready_at:
        _send(row, "finalize", distribution.finalize_calldata(), distribution.FINALIZE_GAS, now)


def _send(row: Epoch, act: str, data: bytes, gas_limit: int, now: datetime) -> None:
    to = terms().distributor
    sending.send(f"{act}:{to}:{row.number}", to=to, data=data, gas_limit=gas_limit, now=now)
