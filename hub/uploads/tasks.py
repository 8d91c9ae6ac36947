"""Celery's side of the uploads: `check` on the queue `bytes`, upkeep by the schedule in `config.celery`."""

import uuid

from celery import shared_task
from django.utils import timezone

from hub.uploads import checking, takedowns, upkeep

# What one run of the scrub reads at most, so that it never keeps a sender waiting for long.
SCRUB_BYTES = 4 * 1024**3


@shared_task(name="uploads.check")
def check(upload_id: str) -> None:
    checking.check_upload(uuid.UUID(upload_id), timezone.now)


@shared_task(name="uploads.requeue")
def requeue() -> None:
    for upload_id in upkeep.requeue_checks(timezone.now()):
        # The first message may still wait in a long queue; one that is not taken soon is not piled on top of it.
        check.apply_async((str(upload_id),), expires=60)


@shared_task(name="uploads.remove_taken_down")
def remove_taken_down() -> None:
    """Bytes of takedowns go; asked by each takedown, and by the schedule until all are gone."""
    takedowns.remove_taken_down(timezone.now())


@shared_task(name="uploads.expire")
def expire() -> None:
    upkeep.expire_uploads(timezone.now())
    upkeep.sweep(timezone.now())


@shared_task(name="uploads.verify_blobs")
def verify_blobs() -> None:
    upkeep.verify_blobs(timezone.now(), SCRUB_BYTES)
