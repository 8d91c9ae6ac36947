"""Uploads and stored bytes in numbers, for alarms. All are read from the database when they are asked for."""

from django.db.models import Count, Sum

from hub.uploads.models import Blob, Upload
from hub.uploads.selectors import OPEN_STATES
from web.health import register_gauge


def open_uploads() -> dict[str, float]:
    """Uploads on their way, by state."""
    counts = Upload.objects.filter(state__in=OPEN_STATES).values("state").annotate(count=Count("pk"))
    return dict.fromkeys((state.value for state in OPEN_STATES), 0.0) | {row["state"]: row["count"] for row in counts}


def stored_bytes() -> float:
    """Bytes of all blobs, each counted once. Those that were taken down are gone."""
    total = Blob.objects.filter(taken_down__isnull=True).aggregate(total=Sum("size"))["total"]
    return float(total or 0)


def damaged_blobs() -> float:
    return Blob.objects.filter(damaged__isnull=False, taken_down__isnull=True).count()


def register() -> None:
    register_gauge("akashi_uploads_open", "Uploads on their way", open_uploads, label="state")
    register_gauge("akashi_stored_bytes", "Bytes of all stored files", stored_bytes)
    register_gauge("akashi_blobs_damaged", "Stored files whose bytes differ from their digest", damaged_blobs)
