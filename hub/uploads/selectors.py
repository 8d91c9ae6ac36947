"""What is stored and for whom. Every answer is about bytes that the asking account may use."""

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import BigIntegerField, Case, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from hub.errors import NotFound
from hub.uploads import references
from hub.uploads.models import Blob, Holding, Part, Upload
from hub.uploads.rules import PartPlan
from hub.uploads.store import BlobStore, PartStore

if TYPE_CHECKING:
    from hub.accounts.models import Account

KEPT = timedelta(days=7)
OPEN_STATES = (Upload.State.SENDING, Upload.State.CHECKING, Upload.State.FAILED)
Reader = Callable[["Account", str], bool]
_readers: list[Reader] = []
_publishers: list[Reader] = []


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes that an account holds or is sending, against its quota."""

    used: int
    quota: int

    @property
    def free(self) -> int:
        return self.quota - self.used


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A finished upload that waits to be published: repository path, digest (hex) and size in bytes."""

    upload: uuid.UUID
    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class WaitingFiles:
    """Files that were sent for something, or begun, and not used yet: since when, the first names, how many more."""

    since: datetime
    names: list[str]
    more: int


def register_reader(reads: Reader) -> None:
    """Upper features say when an account may read a blob that it never sent itself (a public repository's, say)."""
    _readers.append(reads)


def register_publisher(published: Reader) -> None:
    """Upper features say whether an account itself has published a blob, and so keeps holding it."""
    _publishers.append(published)


def has_published(account: "Account", sha256: str) -> bool:
    return any(published(account, sha256) for published in _publishers)


def blob_store() -> BlobStore:
    return BlobStore(settings.BLOB_DIR)


def missing_blobs() -> list[str]:
    """Digests of blobs that should be here and whose bytes are not. Looks at every one."""
    store, rows = blob_store(), Blob.objects.filter(taken_down=None).order_by("sha256")
    names = rows.values_list("sha256", flat=True).iterator(chunk_size=5_000)
    return [digest for digest in names if not store.path(digest).exists()]


def part_store() -> PartStore:
    return PartStore(settings.UPLOAD_DIR)


def plan_of(upload: Upload) -> PartPlan:
    return PartPlan(upload.size, upload.part_size, upload.part_count)


def expires(upload: Upload) -> datetime:
    """When the upload is thrown away if nothing more arrives."""
    return upload.touched + KEPT


def upload_of(account: "Account", upload_id: uuid.UUID) -> Upload:
    """The account's own upload. Raises NotFound for anybody else's, as if it were not there."""
    try:
        return Upload.objects.select_related("blob").get(pk=upload_id, account=account)
    except Upload.DoesNotExist:
        raise NotFound(_("There is no such upload. It may have expired after 7 days.")) from None


def uploads_of(account: "Account", *, purpose: str = "", ids: Sequence[uuid.UUID] = ()) -> QuerySet[Upload]:
    """The account's uploads of any state, for one purpose or with one of these ids where given."""
    found = Upload.objects.filter(account=account)
    if purpose:
        found = found.filter(purpose=purpose)
    return found.filter(pk__in=ids) if ids else found


def waiting_files(account: "Account", purpose: str, most: int = 10) -> WaitingFiles | None:
    """What a page finds for `purpose` of an earlier visit; None when there is nothing. Two queries."""
    found = uploads_of(account, purpose=purpose)
    first = list(found.order_by("created", "pk").values_list("created", "name")[:most])
    if not first:
        return None
    return WaitingFiles(first[0][0], [name for _created, name in first], found.count() - len(first))


def with_progress(uploads: QuerySet[Upload]) -> QuerySet[Upload]:
    """The same uploads with `parts_here` and `bytes_here`: how much has arrived. After the last part it is all of it."""
    arrived = Part.objects.filter(upload=OuterRef("pk")).order_by().values("upload")
    whole = Q(state__in=[Upload.State.CHECKING, Upload.State.STORED])
    counts = {"parts_here": (Count("pk"), F("part_count")), "bytes_here": (Sum("size"), F("size"))}
    for name, (counted, all_of_it) in counts.items():
        here = Coalesce(Subquery(arrived.annotate(n=counted).values("n")), 0, output_field=BigIntegerField())
        uploads = uploads.annotate(
            **{name: Case(When(whole, then=all_of_it), default=here, output_field=BigIntegerField())}
        )
    return uploads


def parts_of(upload: Upload) -> list[Part]:
    """The parts that are here, by index."""
    return list(upload.parts.order_by("index"))


def missing_parts(upload: Upload) -> list[int]:
    here = set(upload.parts.values_list("index", flat=True))
    return [index for index in range(upload.part_count) if index not in here]


def usage(account: "Account") -> Usage:
    """Bytes the account holds, plus the full size of files it is still sending."""
    held = Holding.objects.filter(account=account).aggregate(total=Sum("blob__size"))["total"]
    # Of an upload whose bytes were taken down nothing is left but the words why.
    sending = Upload.objects.filter(account=account, state__in=OPEN_STATES).exclude(error="taken_down")
    coming = sending.aggregate(total=Sum("size"))["total"]
    return Usage((held or 0) + (coming or 0), settings.QUOTA_BYTES)


def familiar_sizes(account: "Account", sizes: Iterable[int]) -> set[int]:
    """Those of `sizes` (bytes) that a file has which the account holds: hashing such a file first may save sending it."""
    held = Holding.objects.filter(account=account, blob__size__in=set(sizes))
    return set(held.values_list("blob__size", flat=True))


def readable_blob(account: "Account", sha256: str) -> Blob | None:
    """The blob, if the account sent these bytes itself or some feature lets it read them; else None.

    None says nothing about whether anybody else has stored the bytes. Damaged and taken-down bytes are not readable.
    Inside a transaction the blob stays until the end of it.
    """
    return readable_blobs(account, [sha256]).get(sha256)


def readable_blobs(account: "Account", digests: Collection[str]) -> dict[str, Blob]:
    """Those of the blobs that `readable_blob` gives, by digest. What the account sent itself is asked for at once."""
    here = references.keep_all(digests)
    usable = {key: blob for key, blob in here.items() if blob.taken_down is None and blob.damaged is None}
    held = set(Holding.objects.filter(account=account, blob__in=usable).values_list("blob_id", flat=True))
    return {key: blob for key, blob in usable.items() if key in held or any(reads(account, key) for reads in _readers)}


def is_taken_down(sha256: str) -> bool:
    """Whether these bytes were taken down, and so can never be stored again. That is public: the log names the digest."""
    return Blob.objects.filter(pk=sha256, taken_down__isnull=False).exists()


def damaged_since() -> datetime | None:
    """When the oldest damage was found that still is there; None when no stored file is damaged."""
    damaged = Blob.objects.filter(damaged__isnull=False, taken_down__isnull=True)
    return damaged.order_by("damaged").values_list("damaged", flat=True).first()


def removal_waits_since() -> datetime | None:
    """When the oldest takedown was whose bytes are not all gone; None when all are."""
    waiting = Blob.objects.filter(taken_down__isnull=False, removed__isnull=True)
    return waiting.order_by("taken_down").values_list("taken_down", flat=True).first()


def takedowns() -> QuerySet[Blob]:
    """What was taken down, with the entry that says so."""
    return Blob.objects.filter(taken_down__isnull=False).select_related("takedown_entry")


def stored_files(account: "Account", upload_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, StoredFile]:
    """Those of the account's uploads that are stored, by id. Unknown, foreign and unfinished ids are left out, and those
    whose bytes are damaged or were taken down.

    Only inside a transaction: until its end nobody else can use these uploads or remove them, nor their bytes be swept.
    """
    found = Upload.objects.filter(
        account=account, pk__in=set(upload_ids), state=Upload.State.STORED,
        blob__damaged__isnull=True, blob__taken_down__isnull=True,
    )  # fmt: skip
    locked = found.select_related("blob").select_for_update(of=("self",)).order_by("pk")
    return {
        upload.pk: StoredFile(upload.pk, upload.name, upload.blob.sha256, upload.blob.size)
        for upload in locked
        if upload.blob is not None
    }
