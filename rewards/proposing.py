"""Brings a computed epoch onto the chain: proposes it, waits for the window, makes it final.

Each call looks at the chain and takes the one step that is missing, so nothing depends on what was done before. A chain
that lost blocks lacks epochs that the log says are final; they are brought there again in their order. What was cancelled
without a fault is proposed again, unchanged, once the cancellation is final and in the log.
"""

from datetime import UTC, datetime

from django.conf import settings

from chain import distribution
from chain import selectors as chain
from chain.distribution import DistributionState, Pending
from rewards import recording, sending
from rewards.computing import tell
from rewards.contract import begins, terms
from rewards.models import DistributionLog, Epoch

State = Epoch.State
OPEN = (State.COMPUTED, State.PROPOSED, State.CHALLENGED)
ON_CHAIN = (*OPEN, State.FINALIZED)
PASSED = (
    "The chain went past this epoch with another distribution than the one computed here. This distributor can never pay it,"
    " and no later epoch is closed. The way on is a new distributor that starts from the last good bundle."
)


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
        tell(row.number, _stranger(row, state.pending))
    else:
        _show(row, state.pending)
        _decide(row, state.pending, state, now)
        tell(row.number, "")


def uri(epoch: int) -> str:
    """Where everybody finds the bundle."""
    return f"{settings.SITE_URL}/epochs/{epoch}/manifest.json"


def _is_own(row: Epoch, pending: Pending) -> bool:
    return _is_same_tree(row, pending) and (pending.credited, pending.total) == (
        int(row.credited_wei),
        int(row.total_wei),
    )


def _is_same_tree(row: Epoch, pending: Pending) -> bool:
    return (pending.epoch, pending.root.hex(), pending.manifest.hex()) == (row.number, row.root, row.manifest)


def _stranger(row: Epoch, pending: Pending) -> str:
    if _is_same_tree(row, pending):
        return (
            "A distribution with this epoch's root waits on the chain and names other sums: it credits"
            f" {pending.credited} wei in all, {pending.total} of them in leaves. Nobody here made it."
        )
    return f"Another distribution waits on the chain, for epoch {pending.epoch}; nobody here made it."


def _tell_passed(state: DistributionState) -> None:
    """An epoch here that the chain went past without its distribution can never be paid as it was computed."""
    for row in Epoch.objects.filter(state__in=OPEN, number__lt=state.next_epoch):
        if _is_passed(row):
            tell(row.number, PASSED)


def _is_passed(row: Epoch) -> bool:
    """False also while the event that names the sums was not read yet."""
    if distribution.manifest_of(row.number) is None:
        return True
    events = DistributionLog.objects.filter(epoch=row.number, kind="finalized").order_by("-block_number", "-log_index")
    newest = events.first()
    return newest is not None and not recording.is_own(row, newest)


# --- proposing -----------------------------------------------------------------------------------
def _propose(row: Epoch, state: DistributionState, now: datetime) -> None:
    if row.state != State.FINALIZED:
        Epoch.objects.filter(pk=row.pk, state__in=OPEN).update(state=State.COMPUTED, ready=None)
    refused = _refused(row, state)
    if refused or now < begins(terms(), row.number + 1):
        tell(row.number, refused)
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
    tell(row.number, "")


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


def _decide(row: Epoch, pending: Pending, state: DistributionState, now: datetime) -> None:
    # A public chain's next block is later than its newest one; the embedded chain makes none until something is sent.
    clock = now.timestamp() if chain.is_embedded() else state.time.timestamp()
    if pending.challenge_expires is not None:
        if clock > pending.challenge_expires:
            _send(row, "expire", distribution.expire_calldata(), distribution.EXPIRE_GAS, now)
    elif clock > pending.ready_at:
        _send(row, "finalize", distribution.finalize_calldata(), distribution.FINALIZE_GAS, now)


def _send(row: Epoch, act: str, data: bytes, gas_limit: int, now: datetime) -> None:
    """Once for each proposal: after a cancellation that the log holds, the same distribution has another turn."""
    to, turn = terms().distributor, recording.cancellations(row.number)
    name = f"{act}:{to}:{row.number}" + (f".{turn}" if turn else "")
    sending.send(name, to=to, data=data, gas_limit=gas_limit, now=now)
