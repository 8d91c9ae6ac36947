"""The rewards' share of the schedule."""

from celery import shared_task
from django.utils import timezone

from rewards import pipeline


@shared_task(name="rewards.advance")
def advance() -> None:
    """Take whatever step the epochs need now."""
    pipeline.advance(timezone.now())
