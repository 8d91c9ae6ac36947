"""Housekeeping of the plumbing. The schedule is in `config.celery`."""

import time

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from web import idempotency
from web.receiver import remove_abandoned

_DAY = 24 * 3600


@shared_task(name="web.expire_idempotency")
def expire_idempotency() -> int:
    """Forget kept answers older than 24 hours, and bodies that a killed process left half received."""
    remove_abandoned(settings.UPLOAD_DIR / "incoming", time.time() - _DAY)
    return idempotency.expire(timezone.now())
