"""Takedown: bytes that must not be here, named by their SHA-256. A moderator says so once; then they go, and stay away.

Two steps. `take_down` is one transaction: the entry `content.taken_down` and the mark on the row. From then on nothing
hands the bytes out and nobody can store them again. `remove_taken_down` destroys them afterwards: the file, uploads that
bring it, what upper features derived from it. It may be repeated and killed at any moment; a row whose bytes may still lie
somewhere has no `removed`, and the schedule asks until it has.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from hub import events
from hub.accounts.moderators import require_moderator
from hub.accounts.services import to_milliseconds
from hub.errors import Conflict, Invalid, NotFound
from hub.uploads import rules, selectors
from hub.uploads.models import Blob, Holding, Upload
from ledger.records import EntryView
from ledger.services import Entry
from web.pagination import Page, keyset

if TYPE_CHECKING:
    from hub.accounts.models import Account

# An owner's own wish is no ground: what is published under a licence is withdrawn, not destroyed.
REASONS = tuple(reason for reason in events.REMOVAL_REASONS if reason not in {"owner_request", "error"})
LONGEST_WORDS = 2_000
MOST_PLACES = 100
TAKEN_DOWN = "taken_down"
log = logging.getLogger(__name__)

Places = Callable[[str], Sequence[str]]
Forget = Callable[[str], None]
_places: list[Places] = []
_forget: list[Forget] = []


def register_places(places: Places) -> None:
    """`places(sha256)` are the subjects (`repo:…`) in which everybody could find these bytes, the first one first."""
    _places.append(places)


def register_forget(forget: Forget) -> None:
    """`forget(sha256)` destroys what a feature made from these bytes. It may be called any number of times."""
    _forget.append(forget)


def described(sha256: str, reason: str) -> tuple[str, dict[str, Any]]:
    """Subject and data of the entry that a takedown leaves now."""
    subject, *others = _named(sha256) or ["log"]
    data: dict[str, Any] = {"digest": sha256, "reason": reason}
    return subject, data | ({"repositories": others[:MOST_PLACES]} if others else {})


def _named(sha256: str) -> list[str]:
    return list(dict.fromkeys(subject for places in _places for subject in places(sha256)))


def stored(sha256: str) -> Blob:
    """The row of bytes that may be taken down. Raises Invalid and NotFound at `digest`, Conflict when that was done."""
    found = Blob.objects.filter(pk=_digest(sha256)).first()
    if found is None:
        raise NotFound(_("No file with this digest is stored here."))
    if found.taken_down is not None:
        raise Conflict(_("This file was taken down already."))
    return found


def _digest(sha256: str) -> str:
    if not rules.is_digest(sha256):
        raise Invalid("digest", _("The digest must be a SHA-256 in 64 lower-case hex digits."))
    return sha256


def take_down(*, account: "Account", sha256: str, reason: str, words: str = "", now: datetime) -> Blob:
    """Take these bytes out of every repository, for good. Entry and mark are one transaction; the bytes go right after it.

    `words` stand beside the entry, for everybody, and can be erased. Raises NotAllowed for who is no moderator, Invalid
    (digest, reason, words), NotFound for bytes that are not here, Conflict for bytes that were taken down.
    """
    if reason not in REASONS:
        raise Invalid("reason", _("Choose a reason."))
    said, moment = removal_words(words), to_milliseconds(now)
    require_moderator(account)
    stored(sha256)
    with transaction.atomic():
        require_moderator(account)
        blob = Blob.objects.select_for_update().filter(pk=sha256).first()
        if blob is None or blob.taken_down is not None:
            # Swept, or taken down by somebody else, while this waited for the row.
            stored(sha256)
            raise NotFound(_("No file with this digest is stored here."))
        subject, data = described(sha256, reason)
        details = {"reason": {"reason": said}} if said else {}
        entry = events.record(
            "content.taken_down", subject=subject, actor=account, data=data, details=details, now=moment
        )
        blob.taken_down, blob.takedown_reason, blob.takedown_entry = moment, reason, entry
        blob.damaged = blob.removed = None
        blob.save(update_fields=["taken_down", "takedown_reason", "takedown_entry", "damaged", "removed"])
        _remove_soon()
    return blob


def removal_words(words: str) -> str:
    """What a moderator says about a removal, as it is kept. Raises Invalid at `words`."""
    said = words.strip()
    if len(said) > LONGEST_WORDS:
        raise Invalid("words", _("At most %(most)d characters.") % {"most": LONGEST_WORDS})
    if "\x00" in said:
        raise Invalid("words", _("This contains a character that cannot be stored."))
    return said


def _remove_soon() -> None:
    """Queue the removal. If the queue is down, the schedule finds the row later."""
    from hub.uploads.tasks import remove_taken_down as task

    transaction.on_commit(lambda: task.delay(), robust=True)


def page_of(cursor: str) -> Page[Blob]:
    """What was taken down, the newest first. Raises BadCursor."""
    return keyset(selectors.takedowns(), order=("-taken_down", "sha256"), cursor=cursor, size=30)


# --- the bytes -----------------------------------------------------------------------------------
def remove_taken_down(now: datetime) -> int:
    """Destroy the bytes of every takedown that still may have some here. Returns how many are done.

    What fails (a disk, the cache) is logged and tried again with the next call; it holds up none of the others.
    """
    waiting = Blob.objects.filter(taken_down__isnull=False, removed__isnull=True).order_by("taken_down", "pk")
    done = 0
    for digest in list(waiting.values_list("pk", flat=True)):
        try:
            _remove(digest)
        except Exception:
            log.exception("the bytes of a takedown are not all gone yet: %s", digest)
            continue
        done += Blob.objects.filter(pk=digest, taken_down__isnull=False).update(removed=now)
    return done


def count_waiting() -> int:
    """Takedowns whose bytes may still lie somewhere."""
    return Blob.objects.filter(taken_down__isnull=False, removed__isnull=True).count()


def _remove(digest: str) -> None:
    for upload in Upload.objects.filter(Q(claimed_sha256=digest) | Q(blob=digest)).order_by("pk"):
        end_upload(upload)
    Holding.objects.filter(blob=digest).delete()
    selectors.blob_store().delete(digest)
    for forget in _forget:
        forget(digest)


def end_upload(upload: Upload) -> None:
    """An upload that brings bytes which were taken down: it fails, says why, and its parts go."""
    with transaction.atomic():
        current = Upload.objects.select_for_update().filter(pk=upload.pk).first()
        if current is not None:
            current.state, current.error, current.blob, current.lease = Upload.State.FAILED, TAKEN_DOWN, None, None
            current.bad_parts = []
            current.save(update_fields=["state", "error", "blob", "lease", "bad_parts"])
            current.parts.all().delete()
    selectors.part_store().remove(upload.pk)


# --- what the log says ---------------------------------------------------------------------------
def restore(told: EntryView) -> bool:
    """Bring the row in line with an entry `content.taken_down`, after a backup older than it was restored; true if it was not.

    The bytes are removed again, because the backup may hold them.
    """
    sha256, reason, moment = told.data["digest"], told.data["reason"], told.time
    with transaction.atomic():
        entry_id = Entry.objects.get(uid=told.uid).pk
        # A row that the backup does not have is made, so that the bytes cannot be sent again.
        Blob.objects.bulk_create([Blob(sha256=sha256, size=0, stored=moment)], ignore_conflicts=True)
        blob = Blob.objects.select_for_update().get(pk=sha256)
        known = (blob.taken_down, blob.takedown_reason, blob.takedown_entry_id) == (moment, reason, entry_id)
        blob.taken_down, blob.takedown_reason, blob.takedown_entry_id = moment, reason, entry_id
        blob.damaged = blob.removed = None
        blob.save(update_fields=["taken_down", "takedown_reason", "takedown_entry", "damaged", "removed"])
    return not known


def beside_the_log() -> Iterator[str]:
    """Digests of rows that say a file was taken down though no entry does."""
    rows = Blob.objects.filter(taken_down__isnull=False).select_related("takedown_entry").order_by("pk")
    for blob in rows.iterator(chunk_size=500):
        entry = blob.takedown_entry
        told = entry is not None and entry.type == "content.taken_down" and blob.pk.encode() in bytes(entry.body)
        if not told:
            yield blob.pk
