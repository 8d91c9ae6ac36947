"""Celery's side of contributions: upkeep by the schedule in `config.celery`."""

from celery import shared_task
from django.utils import timezone

from hub.contributions import upkeep


@shared_task(name="contributions.release_files")
def release_files() -> None:
    upkeep.release_files(timezone.now())
