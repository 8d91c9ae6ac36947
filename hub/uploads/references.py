"""Which blobs somebody still needs, and letting go of the others. Works for every table that points at a blob.

A blob row locked `FOR KEY SHARE` cannot be removed before the locking transaction ends; removal locks `FOR UPDATE`.
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.db import connection, models, transaction

from hub.uploads.models import Blob, Holding, Upload
from hub.uploads.store import BlobStore


def keep(sha256: str) -> Blob | None:
    """The blob; inside a transaction it will be there until the end of it."""
    return keep_all([sha256]).get(sha256)


def keep_all(digests: Collection[str]) -> dict[str, Blob]:
    """Those of the blobs that are here; inside a transaction they will be there until the end of it."""
    if not connection.in_atomic_block:
        return Blob.objects.in_bulk(list(digests))
    locked = 'SELECT * FROM "uploads_blob" WHERE "sha256" = ANY(%s) ORDER BY "sha256" FOR KEY SHARE'
    return {blob.sha256: blob for blob in Blob.objects.raw(locked, [sorted(digests)])}


def claim(sha256: str, size: int, now: datetime) -> Blob:
    """The blob's row, made if need be, and kept until the caller's transaction ends. Its bytes may still be missing."""
    while True:
        row = Blob(sha256=sha256, size=size, stored=now, verified=now)
        Blob.objects.bulk_create([row], ignore_conflicts=True)
        found = keep(sha256)
        if found is not None:
            return found


def _published_in() -> Iterator[tuple[type[models.Model], str]]:
    """Every table and column that refers to blobs, apart from holdings and uploads."""
    for field in Blob._meta.get_fields(include_hidden=True):
        if isinstance(field, models.ManyToOneRel) and field.related_model not in {Holding, Upload}:
            yield field.related_model, field.field.name


def is_published(sha256: str) -> bool:
    """Whether a row of some feature, such as a revision's change, refers to the blob."""
    return any(table._default_manager.filter(**{column: sha256}).exists() for table, column in _published_in())


def remove_if_unused(store: BlobStore, sha256: str) -> bool:
    """Delete row and bytes of a blob that nobody holds, sends or has published. True if it is gone."""
    with transaction.atomic():
        row = Blob.objects.select_for_update().filter(pk=sha256, taken_down__isnull=True).first()
        if row is None or _is_wanted(sha256):
            return False
        row.delete()
        with connection.cursor() as cursor:
            # Foreign keys are checked now, so nothing can undo the removal once the bytes are gone.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        store.delete(sha256)
    return True


def _is_wanted(sha256: str) -> bool:
    held = Holding.objects.filter(blob=sha256).exists() or Upload.objects.filter(blob=sha256).exists()
    return held or is_published(sha256)


def remove_stray_file(store: BlobStore, sha256: str, now: datetime) -> bool:
    """Delete bytes that have no row, left behind by a transaction that did not end. True if they are gone.

    Whoever stores the same bytes at this moment waits for the row that is tried here.
    """
    with transaction.atomic():
        row = Blob(sha256=sha256, size=0, stored=now)
        Blob.objects.bulk_create([row], ignore_conflicts=True)
        ours = Blob.objects.filter(pk=sha256, size=0, stored=now, verified__isnull=True).exists()
        if ours:
            store.delete(sha256)
            Blob.objects.filter(pk=sha256).delete()
    return ours
