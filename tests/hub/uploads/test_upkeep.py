"""Nothing that is needed goes, and nothing that is not needed stays for ever."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from hub.uploads import references, selectors, services, upkeep
from hub.uploads.models import Blob, Holding, Upload
from tests.hub.uploads.sending import Sender, digest

if TYPE_CHECKING:
    from hub.accounts.models import Account

Publish = Callable[["Account", str], None]
WEEK = timedelta(days=7)


def age(digest_: str, moment: datetime) -> None:
    os.utime(selectors.blob_store().path(digest_), (moment.timestamp(), moment.timestamp()))


def sweep_all(now: datetime) -> None:
    """Sixteen runs, an hour apart, walk the whole store."""
    for hour in range(16):
        upkeep.sweep(now.replace(hour=hour))


def has_bytes(data: bytes) -> bool:
    return selectors.blob_store().path(digest(data)).exists()


def test_an_upload_expires_7_days_after_it_was_last_touched(sender: Sender) -> None:
    old, fresh = sender.start(b"abc"), sender.start(b"def", "b.csv")
    Upload.objects.filter(pk=fresh.pk).update(touched=sender.now + timedelta(seconds=2))
    assert upkeep.expire_uploads(sender.now + WEEK) == 0
    assert upkeep.expire_uploads(sender.now + WEEK + timedelta(seconds=1)) == 1
    assert list(Upload.objects.all()) == [fresh]
    assert old.pk != fresh.pk


def test_stored_bytes_that_were_never_published_go_with_their_upload(sender: Sender) -> None:
    sender.store(b"abc")
    later = sender.now + WEEK + timedelta(seconds=1)
    upkeep.expire_uploads(later)
    assert selectors.usage(sender.account).used == 0
    sweep_all(later)
    assert not Blob.objects.exists()
    assert not has_bytes(b"abc")


def test_bytes_that_somebody_holds_stay(sender: Sender, other: Sender) -> None:
    upload = sender.store(b"abc")
    other.store(b"abc")
    services.remove_upload(upload)
    sweep_all(sender.now + timedelta(days=400))
    assert Blob.objects.exists()
    assert has_bytes(b"abc")


def test_published_bytes_stay_held_and_stored(sender: Sender, published: Publish) -> None:
    upload = sender.store(b"abc")
    published(sender.account, digest(b"abc"))
    services.remove_upload(upload)
    assert selectors.readable_blob(sender.account, digest(b"abc")) is not None
    sweep_all(sender.now + timedelta(days=400))
    assert has_bytes(b"abc")


def test_published_bytes_stay_stored_though_nobody_holds_them(sender: Sender, published: Publish) -> None:
    published(sender.account, sender.store(b"abc").blob_id or "")
    Upload.objects.all().delete()
    Holding.objects.all().delete()
    sweep_all(sender.now + timedelta(days=400))
    assert has_bytes(b"abc")


def test_a_file_without_a_row_goes_after_a_day(sender: Sender) -> None:
    store = selectors.blob_store()
    for data, days in ((b"old", 2), (b"new", 0)):
        path = store.temporary()
        path.write_bytes(data)
        store.put(path, digest(data))
        age(digest(data), sender.now - timedelta(days=days))
    sweep_all(sender.now)
    assert list(store.digests()) == [digest(b"new")]
    assert not Blob.objects.exists()


def test_a_file_with_a_row_is_no_stray(sender: Sender) -> None:
    sender.store(b"abc")
    assert not references.remove_stray_file(selectors.blob_store(), digest(b"abc"), sender.now)
    assert selectors.blob_store().path(digest(b"abc")).exists()


def test_what_killed_processes_left_behind_goes(sender: Sender) -> None:
    upload = sender.send(b"abc")
    Upload.objects.all().delete()
    half = selectors.blob_store().temporary()
    half.write_bytes(b"half")
    os.utime(half, (0, 0))
    assert upkeep.sweep(sender.now) == 2
    assert not half.exists()
    assert not selectors.part_store().folder(upload.pk).exists()


def test_a_changed_blob_is_marked_and_no_longer_readable(sender: Sender) -> None:
    sender.store(b"abc")
    path = selectors.blob_store().path(digest(b"abc"))
    path.chmod(0o644)
    path.write_bytes(b"abd")
    assert upkeep.verify_blobs(sender.now, 1000) == [digest(b"abc")]
    first = Blob.objects.get().damaged
    assert first == sender.now
    assert selectors.readable_blob(sender.account, digest(b"abc")) is None
    upkeep.verify_blobs(sender.now + WEEK, 1000)
    assert Blob.objects.get().damaged == first
    path.write_bytes(b"abc")
    assert upkeep.verify_blobs(sender.now + WEEK, 1000) == []
    assert Blob.objects.get().damaged is None


def test_a_missing_blob_is_damaged(sender: Sender) -> None:
    sender.store(b"abc")
    selectors.blob_store().delete(digest(b"abc"))
    assert upkeep.verify_blobs(sender.now, 1000) == [digest(b"abc")]


@pytest.mark.parametrize(("limit", "read"), [(0, 1), (5, 1), (10, 2), (1000, 3)])
def test_the_blobs_read_longest_ago_are_read_first_within_the_limit(sender: Sender, limit: int, read: int) -> None:
    for minute, data in enumerate((b"aaaaa", b"bbbbb", b"ccccc")):
        sender.store(data, f"{minute}.csv")
        Blob.objects.filter(pk=digest(data)).update(verified=sender.now + timedelta(minutes=minute))
    later = sender.now + WEEK
    upkeep.verify_blobs(later, limit)
    again = Blob.objects.filter(verified=later).values_list("pk", flat=True)
    assert set(again) == {digest(data) for data in (b"aaaaa", b"bbbbb", b"ccccc")[:read]}


def test_the_scrub_finds_its_rows_by_an_index(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT * FROM uploads_blob ORDER BY verified ASC NULLS FIRST, sha256 LIMIT 10")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "uploads_oldest_verified" in plan
