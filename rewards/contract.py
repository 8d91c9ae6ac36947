"""The contract's terms in the form that the rule takes, and when epochs begin and end."""

from datetime import UTC, datetime

from chain import selectors as chain
from chain.errors import NotDeployed
from rewards.calculation import Terms


def terms() -> Terms:
    """What the deployed contracts fix for good. Raises the chain's `NotDeployed` before they stand."""
    here = chain.deployment()
    made = here.distribution
    if made is None:
        raise NotDeployed("the distributor is not deployed yet; `manage.py prepare` does it")
    return Terms(
        chain_id=here.chain_id,
        distributor=made.distributor_address.lower(),
        token=made.token_address.lower(),
        anchor=here.anchor_address.lower(),
        genesis=made.genesis,
        epoch_seconds=made.epoch_seconds,
        first_budget_wei=made.first_budget_wei,
        halving_seconds=made.halving_seconds,
    )


def begins(found: Terms, epoch: int) -> datetime:
    """When an epoch begins; its end is the beginning of the next one."""
    return datetime.fromtimestamp(found.genesis + epoch * found.epoch_seconds, UTC)


def running(found: Terms, now: datetime) -> int:
    """The epoch that runs at a moment; negative before the first."""
    return (int(now.timestamp()) - found.genesis) // found.epoch_seconds
