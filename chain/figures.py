"""The chain in numbers, for probes and alarms; from the database, or from a node and then shared by all processes."""

from dataclasses import dataclass
from math import nan

from django.core.cache import cache
from django.db.models import Count
from django.utils import timezone

from chain import keys
from chain.client import ChainClient
from chain.errors import BadKey, ChainError, ChainUnavailable
from chain.events import Kind
from chain.models import ChainEvent, ChainTransaction

# Seconds for which a node's answer counts, or that none came: one scrape asks for several figures of it.
_SHARED = 5
_KEY = "chain-node-figures"
State = ChainTransaction.State


@dataclass(frozen=True)
class _Node:
    block: int
    block_time: int
    balance: float


def must_answer() -> None:
    """Raises this room's errors unless a node of the configured chain answers."""
    ChainClient.from_settings().latest()


def answers() -> float:
    """1 when a node of the configured chain answers, else 0."""
    try:
        _node()
    except ChainError:
        return 0
    return 1


def block_number() -> float:
    return _node().block


def block_age() -> float:
    """Seconds since the newest block. The embedded chain makes blocks only when something waits."""
    return max(0.0, timezone.now().timestamp() - _node().block_time)


def operator_balance() -> float:
    """In wei."""
    return _node().balance


def open_transactions() -> dict[str, float]:
    """Transactions of the outbox that are not final, by state."""
    counts = ChainTransaction.objects.filter(state__in=[State.QUEUED, State.SIGNED, State.MINED])
    found = {row["state"]: row["count"] for row in counts.values("state").annotate(count=Count("pk"))}
    return {state.value: found.get(state, 0) for state in (State.QUEUED, State.SIGNED, State.MINED)}


def lasting_events() -> dict[str, float]:
    """What is the matter with the chain and is not over yet, by kind."""
    counts = ChainEvent.objects.filter(ended=None).values("kind").annotate(count=Count("pk"))
    return dict.fromkeys((kind.value for kind in Kind), 0.0) | {row["kind"]: row["count"] for row in counts}


def _node() -> _Node:
    found = cache.get(_KEY)
    if found is None:
        found = _ask()
        cache.set(_KEY, found, _SHARED)
    if isinstance(found, str):
        raise ChainUnavailable(found)
    return _Node(*found)


def _ask() -> tuple[int, int, float] | str:
    """The members of a `_Node`, or why there are none."""
    client = ChainClient.from_settings()
    try:
        latest = client.latest()
        return latest.number, latest.time, _balance(client)
    except ChainError as error:
        return str(error)


def _balance(client: ChainClient) -> float:
    """NaN on a host without the operator's key."""
    try:
        return client.balance(keys.operator_address())
    except BadKey:
        return nan
