"""Receiving files in parts, and holding bytes. A blob exists only after the hub's own hash of the stored bytes agreed.

Time is UTC and handed in. Every refusal is raised before anything is stored.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext as _

from hub.errors import Conflict, Gone, Invalid, OverQuota
from hub.events import refuse_erased
from hub.uploads import references, rules, selectors, takedowns, words
from hub.uploads.errors import PartDiffers, PartsMissing
from hub.uploads.models import Blob, Holding, Part, Upload

if TYPE_CHECKING:
    from hub.accounts.models import Account

# Uploads of one account: on their way, and all of them with those that wait to be published, as many as one revision takes.
MOST_OPEN = 5_000
MOST_KEPT = 200_000
State = Upload.State


def start_upload(
    account: "Account", name: str, size: int, purpose: str, now: datetime, *, sha256: str | None = None
) -> Upload:
    """Everything that can be refused is refused here, before a byte moves.

    With the digest of bytes that the account may read already, the upload is stored at once and nothing has to be sent.
    Raises Invalid (name, size, purpose, sha256), OverQuota, and Gone for bytes that were taken down.
    """
    refuse_file(name, size)
    if not rules.is_purpose(purpose):
        raise Invalid("purpose", _("The purpose must be a short word such as “revision”."))
    if sha256 is not None and not rules.is_digest(sha256):
        raise Invalid("sha256", _("The digest must be a SHA-256 in 64 lower-case hex digits."))
    if sha256 is not None:
        refuse_taken_down(sha256)
    plan = rules.part_plan(size)
    upload = Upload(
        account=account, purpose=purpose, name=name, size=size, part_size=plan.part_size, part_count=plan.count,
        created=now, touched=now,
    )  # fmt: skip
    with transaction.atomic():
        _lock_account(account)
        _refuse_too_many(account)
        blob = selectors.readable_blob(account, sha256) if sha256 is not None else None
        if blob is not None and blob.size == size:
            upload.state, upload.blob, upload.claimed_sha256 = State.STORED, blob, blob.sha256
        else:
            _refuse_over_quota(account, size)
        upload.save(force_insert=True)
    return upload


def refusals(account: "Account", files: Sequence[tuple[str, int]]) -> list[str]:
    """For each (path, size), in order, why it would be refused now; empty where it would be taken.

    Files share the quota in their order, so the words name those that do not fit beside the ones before them.
    """
    used, answers = selectors.usage(account), []
    free = used.free
    for name, size in files:
        refused = rules.refused_reason(name, size, settings.FILE_BYTES)
        if refused is not None:
            answers.append(words.refusal(refused))
        elif size > free:
            answers.append(words.over_quota(size, free, used.quota))
        else:
            free -= size
            answers.append("")
    return answers


def refuse_file(name: str, size: int) -> None:
    """Raises Invalid, with words about what to do instead, if a file of this path and size may not be sent."""
    refused = rules.refused_reason(name, size, settings.FILE_BYTES)
    if refused is not None:
        raise Invalid(refused.field, words.refusal(refused))


def refuse_taken_down(sha256: str) -> None:
    """Raises Gone if these bytes were taken down: they cannot come back, in no repository and under no name."""
    if selectors.is_taken_down(sha256):
        raise Gone(words.failure("taken_down"))


def announced_length(upload: Upload, index: int) -> int:
    """Bytes that part `index` must have. Raises Invalid if there is no such part, Conflict if no parts are taken now, Gone
    if the file was found to be one that was taken down."""
    if upload.error == "taken_down":
        raise Gone(words.failure("taken_down"))
    try:
        length = selectors.plan_of(upload).length(index)
    except IndexError:
        raise Invalid("part", _("The file has no part with this number.")) from None
    if upload.state not in {State.SENDING, State.FAILED}:
        raise Conflict(_("All parts of this file are here already."))
    return length


def receive_part(upload: Upload, index: int, body: Path, digest: str, size: int, now: datetime) -> None:
    """Take the file `body`, whose SHA-256 (hex) and size were measured while it came to stable storage, as one part.

    The part has its name on disk before its row says that it is here. Sending a part again replaces it. Raises
    PartDiffers for a wrong length, Conflict when the upload takes no parts any more.
    """
    if size != announced_length(upload, index):
        raise PartDiffers(_("The part does not have the length that it should have."))
    with transaction.atomic():
        current = _locked(upload)
        announced_length(current, index)
        selectors.part_store().put(body, upload.pk, index)
        Part.objects.update_or_create(upload=current, index=index, defaults={"sha256": digest, "size": size})
        current.bad_parts = [bad for bad in current.bad_parts if bad != index]
        current.state, current.touched = State.SENDING, now
        current.save(update_fields=["bad_parts", "state", "touched"])


def complete_upload(upload: Upload, digest: str, now: datetime) -> Upload:
    """The sender has sent everything and says what the whole is. The hub now reads and hashes it (state `checking`).

    Asking again with the same digest changes nothing. Raises PartsMissing, Invalid (sha256), Conflict for another digest,
    Gone for bytes that were taken down; the parts go then.
    """
    if not rules.is_digest(digest):
        raise Invalid("sha256", _("The digest must be a SHA-256 in 64 lower-case hex digits."))
    if selectors.is_taken_down(digest):
        # One that was completed with another digest brings other bytes, which stay.
        _is_completed(upload, digest)
        takedowns.end_upload(upload)
        refuse_taken_down(digest)
    with transaction.atomic():
        current = _locked(upload)
        if _is_completed(current, digest):
            return current
        missing = selectors.missing_parts(current)
        if missing:
            raise PartsMissing(_("Some parts of the file have not arrived."), missing)
        current.claimed_sha256, current.state, current.touched = digest, State.CHECKING, now
        current.checked_bytes, current.bad_parts, current.error, current.lease = 0, [], "", None
        current.save()
        _check_soon(current.pk)
    return current


def _is_completed(upload: Upload, digest: str) -> bool:
    """Whether it was completed with this digest. Raises Conflict if it was with another."""
    if upload.state not in {State.CHECKING, State.STORED}:
        return False
    if upload.claimed_sha256 != digest:
        raise Conflict(_("This file was completed with another digest."))
    return True


def remove_upload(upload: Upload) -> None:
    """Forget an upload and its parts. Bytes that nothing was published with stop counting against the quota."""
    with transaction.atomic():
        current = Upload.objects.select_for_update().filter(pk=upload.pk).first()
        if current is None:
            return
        account, blob = current.account, current.blob_id
        current.delete()
        if blob is not None:
            _release(account, blob)
        transaction.on_commit(lambda: selectors.part_store().remove(upload.pk))


def remove_uploads(account: "Account", purpose: str) -> None:
    """Forget everything of the account that was sent for `purpose` and not used yet, as `remove_upload` does."""
    for upload in selectors.uploads_of(account, purpose=purpose).iterator(chunk_size=500):
        remove_upload(upload)


def finish_uploads(account: "Account", upload_ids: Iterable[uuid.UUID]) -> None:
    """The files of these uploads were published: their rows have done their work. Part of the caller's transaction."""
    Upload.objects.filter(account=account, pk__in=set(upload_ids), state=State.STORED).delete()


def hold_bytes(account: "Account", source: Path | bytes, now: datetime) -> Blob:
    """Store bytes that the hub has received or written itself, for the account. A file at `source` is taken over.

    Raises OverQuota, and Gone for bytes that were taken down.
    """
    path = source if isinstance(source, Path) else selectors.blob_store().temporary()
    try:
        if isinstance(source, bytes):
            path.write_bytes(source)
        with path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
        with transaction.atomic():
            _lock_account(account)
            if not Holding.objects.filter(account=account, blob_id=digest).exists():
                _refuse_over_quota(account, path.stat().st_size)
            return store_blob(account, path, digest, now)
    finally:
        path.unlink(missing_ok=True)


def store_blob(account: "Account", path: Path, digest: str, now: datetime) -> Blob:
    """Blob and holding, in the caller's transaction, for a file whose bytes were just hashed to `digest`.

    The row is claimed before the bytes are put, so nothing can sweep them in between. Raises Gone for bytes that were
    taken down.
    """
    blob = references.claim(digest, path.stat().st_size, now)
    if blob.taken_down is not None:
        raise Gone(words.failure("taken_down"))
    selectors.blob_store().put(path, digest)
    Blob.objects.filter(pk=digest).update(verified=now, damaged=None)
    Holding.objects.get_or_create(account=account, blob=blob, defaults={"since": now})
    return blob


def release_bytes(account: "Account", digests: Iterable[str]) -> None:
    """The account's rows about these bytes are gone: what it neither publishes nor sends elsewhere stops counting."""
    for sha256 in sorted(digests):
        _release(account, sha256)


def _release(account: "Account", sha256: str) -> None:
    """End the account's holding unless it has published these bytes or another upload of it has them.

    What others published must not count: the account's own quota would tell what lies in repositories it cannot see.
    """
    waits = Upload.objects.filter(account=account, blob=sha256).exists()
    if not waits and not selectors.has_published(account, sha256):
        Holding.objects.filter(account=account, blob=sha256).delete()


def _lock_account(account: "Account") -> None:
    """Requests of one account that spend its quota wait for each other until the transaction ends. Raises NotAllowed for
    one that is erased."""
    get_user_model().objects.select_for_update(no_key=True).get(pk=account.pk)
    refuse_erased(account)


def _refuse_over_quota(account: "Account", size: int) -> None:
    used = selectors.usage(account)
    if size > used.free:
        raise OverQuota(words.over_quota(size, used.free, used.quota))


def _refuse_too_many(account: "Account") -> None:
    uploads = Upload.objects.filter(account=account)
    if uploads.filter(state__in=selectors.OPEN_STATES).count() >= MOST_OPEN:
        raise OverQuota(_("Too many files are on their way at once. Finish or remove some of them first."))
    if uploads.count() >= MOST_KEPT:
        raise OverQuota(_("Too many files wait to be published. Publish or remove some of them first."))


def _locked(upload: Upload) -> Upload:
    """The upload as it is now, locked until the transaction ends. Raises Conflict if it was removed meanwhile."""
    current = Upload.objects.select_for_update().filter(pk=upload.pk).first()
    if current is None:
        raise Conflict(_("This upload was removed."))
    return current


def _check_soon(upload_id: uuid.UUID) -> None:
    """Queue the check once the transaction is through. If the queue is down, `requeue_checks` finds the upload later."""
    from hub.uploads.tasks import check

    transaction.on_commit(lambda: check.delay(str(upload_id)), robust=True)
