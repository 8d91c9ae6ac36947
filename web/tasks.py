"""Housekeeping of the plumbing. The schedule is in `config.celery`."""

from celery import shared_task
from django.utils import timezone

from web import idempotency


@shared_task(name="web.expire_idempotency")
def expire_idempotency() -> int:
    """Forget kept answers older than 24 hours; how many."""
    return idempotency.expire(timezone.now())
