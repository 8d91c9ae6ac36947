"""The rewards' share of the schedule."""

import logging

from celery import shared_task
from django.utils import timezone

from chain.errors import ChainError
from rewards import pipeline, replaying, upkeep

logger = logging.getLogger(__name__)


@shared_task(name="rewards.advance")
def advance() -> None:
    """Take whatever step the epochs need now."""
    pipeline.advance(timezone.now())


@shared_task(name="rewards.check_bundles")
def check_bundles(*, afresh: bool = False) -> None:
    """Make bundles again that are damaged. Often with what shows from outside, daily with every byte."""
    upkeep.check_bundles(timezone.now(), afresh=afresh)


@shared_task(name="rewards.replay_chain")
def replay_chain() -> None:
    """Compare the whole chain with what the hub remembers, as long as that takes few calls; else the command does it."""
    try:
        if replaying.is_cheap():
            for words in replaying.replay_chain(timezone.now()).differences:
                logger.error("the chain differs: %s", words)
    except ChainError as error:
        logger.warning("The chain was not replayed: %s", error)
