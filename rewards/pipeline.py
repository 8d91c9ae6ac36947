"""One step of everything that an epoch needs, as often as somebody calls. What is to be done is read from log, chain and files.

Nothing is remembered of earlier calls: one that was killed anywhere is made good by the next, and a call too many does
nothing. One process at a time works; the others return at once.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from chain import selectors as chain
from chain.errors import ChainError, NotDeployed
from chain.lock import alone
from ledger import selectors as log
from ledger.errors import LedgerError
from rewards import claims, closing, computing, following, proposing, recording
from rewards.errors import RewardsError
from rewards.models import Epoch, Policy
from rewards.policy_setting import set_first_policy

logger = logging.getLogger(__name__)


def advance(now: datetime) -> None:
    """Follow the chain, record what is final there, close, compute, propose, finalize, send claims: what can be done now.

    A step that has to wait keeps none of the others from being tried.
    """
    with alone("rewards") as got:
        if not got:
            return
        for step in (_set_first_policy, _follow, closing.close_epoch, _compute, proposing.advance, claims.send_claims):
            _try(step, now)


def _try(step: Callable[[datetime], object], now: datetime) -> None:
    try:
        step(now)
    except NotDeployed as error:
        logger.debug("no distributor yet: %s", error)
    except ChainError as error:
        logger.warning("rewards wait for the chain: %s", error)
    except (RewardsError, LedgerError) as error:
        logger.error("rewards wait: %s", error)


def _set_first_policy(now: datetime) -> None:
    """Contracts and log come in either order; the rules are logged when both are there."""
    if not Policy.objects.exists() and chain.deployment().distribution is not None and log.log_facts().origin:
        set_first_policy(now)


def _follow(now: datetime) -> None:
    following.follow(now)
    waiting = Epoch.objects.filter(state__in=proposing.OPEN).order_by("number")
    if not waiting:
        return
    head = following.head()
    for row in waiting:
        recording.record_outcomes(row.number, head, now)


def _compute(now: datetime) -> None:
    """Closed epochs, and the newest that is on its way or pays claims if its files are gone."""
    numbers = list(Epoch.objects.filter(state=Epoch.State.CLOSED).order_by("number").values_list("number", flat=True))
    newest = Epoch.objects.filter(state__in=proposing.ON_CHAIN).order_by("-number").values_list("number", flat=True)
    for number in [*numbers, *newest[:1]]:
        computing.compute_epoch(number, now)
