"""One step of everything that an epoch needs, as often as somebody calls. What is to be done is read from log, chain and files.

Nothing is remembered of earlier calls: one that was killed anywhere is made good by the next, and a call too many does
nothing. One process at a time works; the others return at once.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db.models import Max, Q

from chain import selectors as chain
from chain.errors import NotDeployed
from chain.lock import alone
from ledger import selectors as log
from rewards import claims, closing, computing, following, obstacles, proposing, reading, recording
from rewards.models import Epoch, Policy
from rewards.policy_setting import set_first_policy

logger = logging.getLogger(__name__)


def advance(now: datetime) -> None:
    """Follow the chain, record what is final there, close, compute, propose, finalize, send claims: what can be done now.

    A step that has to wait or fails keeps none of the others from being tried; why is kept and said in public.
    """
    with alone("rewards") as got:
        if not got:
            return
        for name, step in _STEPS.items():
            _try(name, step, now)


def _try(name: str, step: Callable[[datetime], object], now: datetime) -> None:
    try:
        step(now)
    except NotDeployed as error:
        logger.debug("no distributor yet: %s", error)
    except Exception as error:
        if not obstacles.is_expected(error):
            logger.exception("rewards: %s failed", name)
            _tell_epoch(name, error)
        obstacles.stopped(name, error, now)
    else:
        obstacles.cleared(name)


def _tell_epoch(name: str, error: Exception) -> None:
    """What nobody foresaw is said on the epoch that it holds up, too."""
    under_way = reading.under_way()
    if name in _OF_AN_EPOCH and under_way:
        computing.tell(under_way[0].number, obstacles.words(error))


def _set_first_policy(now: datetime) -> None:
    """Contracts and log come in either order; the rules are logged when both are there."""
    if not Policy.objects.exists() and chain.deployment().distribution is not None and log.log_facts().origin:
        set_first_policy(now)


def _follow(now: datetime) -> None:
    """What is final is judged by the block up to which events were read just now, never by a newer one."""
    head = following.follow(now)
    if head is None:
        return
    for number in _undecided():
        recording.record_outcomes(number, head, now)


def _undecided() -> list[int]:
    """Epochs that the chain may still make final. A dead one may too, until a later one is."""
    last = Epoch.objects.filter(state=Epoch.State.FINALIZED).aggregate(last=Max("number"))["last"]
    dead = Q(state=Epoch.State.CANCELLED, number__gt=-1 if last is None else last)
    rows = Epoch.objects.filter(Q(state__in=proposing.OPEN) | dead)
    return list(rows.order_by("number").values_list("number", flat=True))


def _compute(now: datetime) -> None:
    """Closed epochs, and the newest that is on its way or pays claims if its files are gone."""
    numbers = list(Epoch.objects.filter(state=Epoch.State.CLOSED).order_by("number").values_list("number", flat=True))
    newest = Epoch.objects.filter(state__in=proposing.ON_CHAIN).order_by("-number").values_list("number", flat=True)
    for number in [*numbers, *newest[:1]]:
        computing.compute_epoch(number, now)


_STEPS: dict[str, Callable[[datetime], object]] = {
    "policy": _set_first_policy,
    "follow": _follow,
    "close": lambda now: closing.close_epoch(now),
    "compute": _compute,
    "propose": lambda now: proposing.advance(now),
    "claims": lambda now: claims.send_claims(now),
}
_OF_AN_EPOCH = ("follow", "propose")
