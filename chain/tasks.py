"""The task that moves the outbox on, in the queue `log`. It only wakes the state machine, so running it twice is harmless."""

import logging

from celery import shared_task
from django.utils import timezone

from chain import services
from chain.errors import ChainError

log = logging.getLogger(__name__)


@shared_task(name="chain.advance")
def advance() -> None:
    """A chain that does not answer is in the diary already; the next run tries again."""
    try:
        services.advance(timezone.now())
    except ChainError as error:
        log.warning("%s", error)
