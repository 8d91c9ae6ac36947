"""What runs by itself: lost checks are queued again, old uploads go, stored bytes are read again."""

import shutil
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import file_digest
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db.models import F, QuerySet

from hub.uploads import references, selectors
from hub.uploads.checking import waiting
from hub.uploads.models import Blob, Upload
from hub.uploads.services import remove_upload
from hub.uploads.store import BlobStore
from web.receiver import remove_abandoned

# Longer than any request or check takes, so that work under way is never swept.
SETTLED = timedelta(days=1)


def batched(items: Iterable[str], size: int) -> Iterator[list[str]]:
    """Lists of at most `size` items."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def requeue_checks(now: datetime) -> list[uuid.UUID]:
    """Uploads whose check was lost or interrupted: queued two minutes ago, or held by a worker that shows no life since."""
    late = Upload.objects.filter(waiting(now), touched__lt=now - timedelta(minutes=2))
    return list(late.order_by("touched").values_list("pk", flat=True))


def expire_uploads(now: datetime) -> int:
    """Remove uploads that nobody touched for 7 days, and with them bytes that nothing was published with."""
    old = Upload.objects.filter(touched__lt=now - selectors.KEPT).exclude(state=Upload.State.CHECKING)
    removed = 0
    for upload in old.iterator(chunk_size=200):
        remove_upload(upload)
        removed += 1
    return removed


def sweep(now: datetime) -> int:
    """Free the disk: blobs that nobody needs, and files whose row never came. Returns how many files went.

    Each run walks a sixteenth of the store, by the hour, so that hourly runs walk all of it in a day.
    """
    store = selectors.blob_store()
    unheld = Blob.objects.filter(holders__isnull=True, stored__lt=now - SETTLED).values_list("pk", flat=True)
    freed = sum(references.remove_if_unused(store, digest) for digest in list(unheld))
    for batch in batched(store.digests(f"{now.hour % 16:x}"), 1000):
        known = set(Blob.objects.filter(pk__in=batch).values_list("pk", flat=True))
        freed += _remove_again(store, batch)
        strays = [digest for digest in batch if digest not in known and _is_settled(store.path(digest), now)]
        freed += sum(references.remove_stray_file(store, digest, now) for digest in strays)
    return freed + _sweep_temporary(now)


def _remove_again(store: BlobStore, batch: Iterable[str]) -> int:
    """Files of takedowns that came back past the hub, with a restored disk for example."""
    back = list(Blob.objects.filter(pk__in=batch, removed__isnull=False).values_list("pk", flat=True))
    for digest in back:
        store.delete(digest)
    return len(back)


def _is_settled(path: Path, now: datetime) -> bool:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC) < now - SETTLED


def _sweep_temporary(now: datetime) -> int:
    """Leftovers of killed processes: half-assembled files, and part folders without their upload."""
    freed = 0
    for path in selectors.blob_store().leftovers():
        if _is_settled(path, now):
            path.unlink(missing_ok=True)
            freed += 1
    freed += remove_abandoned(settings.UPLOAD_DIR / "incoming", (now - SETTLED).timestamp())
    parts = selectors.part_store()
    for upload_id in parts.uploads():
        if not Upload.objects.filter(pk=upload_id).exists():
            shutil.rmtree(parts.folder(upload_id), ignore_errors=True)
            freed += 1
    return freed


def verify_blobs(now: datetime, limit: int) -> list[str]:
    """Read the blobs that were verified longest ago, at least one and up to `limit` bytes, and hash them.

    A blob whose bytes are missing or differ is marked damaged, from when it was first seen; the digests of such blobs
    are returned. Blobs already marked are read too, up to `limit` again, and equal bytes clear the mark.
    """
    sound = Blob.objects.filter(taken_down__isnull=True, damaged__isnull=True)
    marked = Blob.objects.filter(taken_down__isnull=True, damaged__isnull=False)
    oldest = F("verified").asc(nulls_first=True)
    to_read = [*_up_to(limit, sound.order_by(oldest, "pk")), *_up_to(limit, marked.order_by("damaged", "pk"))]
    damaged = []
    for blob in to_read:
        if _is_whole(blob):
            Blob.objects.filter(pk=blob.pk).update(verified=now, damaged=None)
        else:
            damaged.append(blob.pk)
            Blob.objects.filter(pk=blob.pk, damaged__isnull=True).update(damaged=now)
    return damaged


def _up_to(limit: int, blobs: QuerySet[Blob]) -> Iterator[Blob]:
    """The first blob, and those after it until their sizes add up to more than `limit`."""
    total = 0
    for blob in blobs[:1000]:
        total += blob.size
        if total > limit and total > blob.size:
            return
        yield blob


def _is_whole(blob: Blob) -> bool:
    try:
        with selectors.blob_store().open(blob.pk) as file:
            return file_digest(file, "sha256").hexdigest() == blob.pk
    except OSError:
        return False
