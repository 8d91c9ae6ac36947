"""The rewards' share of the schedule."""

from celery import shared_task
from django.utils import timezone

from rewards import pipeline, upkeep


@shared_task(name="rewards.advance")
def advance() -> None:
    """Take whatever step the epochs need now."""
    pipeline.advance(timezone.now())


@shared_task(name="rewards.check_bundles")
def check_bundles(*, afresh: bool = False) -> None:
    """Make bundles again that are damaged. Often with what shows from outside, daily with every byte."""
    upkeep.check_bundles(timezone.now(), afresh=afresh)
