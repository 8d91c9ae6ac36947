"""The hub's own reading of what arrived: hash while assembling, and only then a blob.

A worker holds an upload by its lease, the last moment at which it showed life. Renewing compares the lease with the
value that this worker wrote, so a worker that was given up for dead notices and stops.

When the hub's own disk is full or fails, the upload stays in `checking` and says why; its lease runs out and the check is
queued again, for a day. Then it fails, and its sender may ask again without sending again.
"""

import errno
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from django.db import transaction
from django.db.models import Q, QuerySet

from hub.errors import Gone
from hub.uploads import selectors, services, takedowns
from hub.uploads.models import Part, Upload
from hub.uploads.store import append, chunks_from

LEASE = timedelta(minutes=2)
RENEW = timedelta(seconds=1)
# How long after the last act of its sender a check is tried again by itself.
TRIED = timedelta(days=1)
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
Clock = Callable[[], datetime]
log = logging.getLogger(__name__)


class LostLease(Exception):
    """The upload was removed, or another worker took it over."""


@dataclass
class Lease:
    """This worker's hold on one upload."""

    upload: uuid.UUID
    held: datetime
    clock: Clock

    def renew(self, checked: int) -> None:
        """Show life and progress, at most once a second. Raises LostLease."""
        now = self.clock()
        if now - self.held < RENEW:
            return
        if not self.rows().update(lease=now, checked_bytes=checked):
            raise LostLease
        self.held = now

    def rows(self) -> QuerySet[Upload]:
        return Upload.objects.filter(pk=self.upload, state=Upload.State.CHECKING, lease=self.held)


def waiting(now: datetime) -> Q:
    """Uploads to check that no living worker holds."""
    return Q(state=Upload.State.CHECKING) & (Q(lease__isnull=True) | Q(lease__lt=now - LEASE))


def check_upload(upload_id: uuid.UUID, clock: Clock) -> Upload.State | None:
    """Read the parts, hash the whole, and store it or name the parts that differ.

    Returns the state it led to, `checking` when it has to be tried again; None when there was nothing to do or somebody
    else does it. May be called any number of times and killed at any moment.
    """
    now = clock()
    if not Upload.objects.filter(waiting(now), pk=upload_id).update(lease=now, checked_bytes=0):
        return None
    upload = Upload.objects.select_related("account").get(pk=upload_id)
    lease = Lease(upload_id, now, clock)
    try:
        return _check(upload, lease)
    except LostLease:
        log.info("upload %s was taken over or removed while it was checked", upload_id)
        return None


def _check(upload: Upload, lease: Lease) -> Upload.State:
    try:
        return _read(upload, lease)
    except OSError as error:
        log.error("upload %s cannot be checked now", upload.pk, exc_info=error)
        return _interrupt(upload, lease, full=error.errno in NO_ROOM)


def _read(upload: Upload, lease: Lease) -> Upload.State:
    target = selectors.blob_store().temporary()
    try:
        digest = _assemble(upload, target, lease)
        if digest == upload.claimed_sha256:
            return _keep(upload, target, digest, lease)
        if digest is not None and selectors.is_taken_down(digest):
            # Announced under another digest: the parts are those bytes all the same, and go with the refusal.
            return _refuse_taken_down(upload, lease)
        bad = _bad_parts(upload, lease)
        return _fail(lease, "parts_differ" if bad else "digest_differs", bad)
    finally:
        target.unlink(missing_ok=True)


def _assemble(upload: Upload, target: Path, lease: Lease) -> str | None:
    """Put the parts one after the other into `target` and read them back: the SHA-256 (hex) of what `target` holds.

    None if a part is not there.
    """
    whole, done, store = sha256(), 0, selectors.part_store()
    with target.open("w+b", buffering=0) as output:
        for index in range(upload.part_count):
            try:
                append(store.path(upload.pk, index), output)
            except FileNotFoundError:
                return None
            for chunk in chunks_from(output, done):
                whole.update(chunk)
                done += len(chunk)
                lease.renew(done)
    return whole.hexdigest()


def _keep(upload: Upload, target: Path, digest: str, lease: Lease) -> Upload.State:
    """Blob, holding and the finished upload in one transaction; the parts go once it is through."""
    with transaction.atomic():
        current = lease.rows().select_for_update().first()
        if current is None:
            raise LostLease
        try:
            with transaction.atomic():
                current.blob = services.store_blob(upload.account, target, digest, lease.clock())
            current.state, current.checked_bytes, current.error = Upload.State.STORED, upload.size, ""
        except Gone:
            current.state, current.error = Upload.State.FAILED, "taken_down"
        current.touched, current.lease = lease.clock(), None
        current.save()
        current.parts.all().delete()
        transaction.on_commit(lambda: selectors.part_store().remove(upload.pk))
    return Upload.State(current.state)


def _refuse_taken_down(upload: Upload, lease: Lease) -> Upload.State:
    if not lease.rows().exists():
        raise LostLease
    takedowns.end_upload(upload)
    return Upload.State.FAILED


def _interrupt(upload: Upload, lease: Lease, *, full: bool) -> Upload.State:
    """The disk gave out. Parts that it lost are asked for again; else the check is tried again once the lease runs out."""
    bad = [] if full else _bad_parts(upload, lease)
    if bad:
        return _fail(lease, "parts_differ", bad)
    if lease.clock() - upload.touched > TRIED:
        return _fail(lease, "gave_up", [])
    if not lease.rows().update(error="no_room" if full else "disk_failed", checked_bytes=0):
        raise LostLease
    return Upload.State.CHECKING


def _fail(lease: Lease, error: str, bad: list[int]) -> Upload.State:
    """The upload's sender has to act: send the parts `bad` again, or whatever `words.failure` says of the error."""
    with transaction.atomic():
        current = lease.rows().select_for_update().first()
        if current is None:
            raise LostLease
        current.parts.filter(index__in=bad).delete()
        current.state, current.bad_parts, current.lease = Upload.State.FAILED, bad, None
        current.error, current.touched = error, lease.clock()
        current.save()
    return Upload.State.FAILED


def _bad_parts(upload: Upload, lease: Lease) -> list[int]:
    """Parts whose stored bytes are not what arrived, or cannot be read any more."""
    return [part.index for part in selectors.parts_of(upload) if not _is_intact(upload, part, lease)]


def _is_intact(upload: Upload, part: Part, lease: Lease) -> bool:
    digest = sha256()
    try:
        with selectors.part_store().path(upload.pk, part.index).open("rb", buffering=0) as file:
            for chunk in chunks_from(file, 0):
                digest.update(chunk)
                lease.renew(upload.size)
    except OSError:
        return False
    return digest.hexdigest() == part.sha256
