"""The hub's own hash decides; a killed or overtaken worker changes nothing."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from hub.uploads import checking, selectors, services, upkeep, words
from hub.uploads.models import Blob, Holding, Upload
from hub.uploads.rules import PART_BYTES
from hub.uploads.serializers import UploadSerializer
from tests.hub.uploads.sending import Sender, digest, stored_bytes

DATA = b"0123456789abcdef" * (PART_BYTES // 16) + b"tail"
State = Upload.State


def check(upload: Upload, now: datetime) -> Upload.State | None:
    state = checking.check_upload(upload.pk, lambda: now)
    upload.refresh_from_db()
    return state


def test_equal_bytes_become_a_blob_that_its_sender_holds(
    sender: Sender, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    upload = sender.complete(sender.send(DATA), DATA)
    with django_capture_on_commit_callbacks(execute=True):
        assert check(upload, sender.now) == State.STORED
    assert stored_bytes(digest(DATA)) == DATA
    blob = Blob.objects.get()
    assert (blob.pk, blob.size, blob.verified) == (digest(DATA), len(DATA), sender.now)
    assert Holding.objects.get().account == sender.account
    assert (upload.blob, upload.checked_bytes, upload.lease) == (blob, len(DATA), None)
    assert not selectors.part_store().folder(upload.pk).exists()
    assert not list(selectors.blob_store().leftovers())


def test_an_empty_file_has_no_parts_and_is_stored(sender: Sender) -> None:
    assert sender.store(b"", "empty.txt").blob_id == digest(b"")


def test_a_part_that_changed_on_disk_is_named_and_asked_for_again(sender: Sender) -> None:
    upload = sender.complete(sender.send(DATA), DATA)
    selectors.part_store().path(upload.pk, 1).write_bytes(b"tali")
    assert check(upload, sender.now) == State.FAILED
    assert (upload.bad_parts, upload.error) == ([1], "parts_differ")
    assert [part.index for part in selectors.parts_of(upload)] == [0]
    assert not Blob.objects.exists()
    sender.part(upload, 1, b"tail")
    upload.refresh_from_db()
    assert (upload.state, upload.bad_parts) == (State.SENDING, [])
    sender.complete(upload, DATA)
    assert check(upload, sender.now) == State.STORED


def test_a_part_that_went_missing_is_named(sender: Sender) -> None:
    upload = sender.complete(sender.send(DATA), DATA)
    selectors.part_store().path(upload.pk, 0).unlink()
    assert check(upload, sender.now) == State.FAILED
    assert upload.bad_parts == [0]


def test_a_whole_that_differs_from_the_claim_is_refused_though_every_part_is_intact(sender: Sender) -> None:
    upload = services.complete_upload(sender.send(b"abc"), digest(b"abd"), sender.now)
    assert check(upload, sender.now) == State.FAILED
    assert (upload.error, upload.bad_parts) == ("digest_differs", [])
    assert not Blob.objects.exists()
    assert not list(selectors.blob_store().leftovers())


def test_bytes_that_were_taken_down_are_not_stored_again(sender: Sender) -> None:
    sender.store(b"abc")
    upload = sender.complete(sender.send(b"abc", "again.csv"), b"abc")
    Blob.objects.update(taken_down=sender.now)
    assert check(upload, sender.now) == State.FAILED
    assert upload.error == "taken_down"


def test_sending_the_bytes_of_a_damaged_blob_again_heals_it(sender: Sender) -> None:
    sender.store(b"abc")
    path = selectors.blob_store().path(digest(b"abc"))
    path.unlink()
    Blob.objects.update(damaged=sender.now)
    assert selectors.readable_blob(sender.account, digest(b"abc")) is None
    sender.store(b"abc", "again.csv")
    assert Blob.objects.get().damaged is None
    assert path.read_bytes() == b"abc"


def test_checking_twice_does_the_work_once(sender: Sender) -> None:
    upload = sender.complete(sender.send(b"abc"), b"abc")
    assert check(upload, sender.now) == State.STORED
    assert check(upload, sender.now) is None


def test_an_upload_that_another_worker_holds_is_left_alone(sender: Sender) -> None:
    upload = sender.complete(sender.send(b"abc"), b"abc")
    Upload.objects.update(lease=sender.now - timedelta(seconds=119))
    assert check(upload, sender.now) is None
    assert upload.state == State.CHECKING


def test_a_killed_workers_upload_is_queued_again_after_two_minutes(sender: Sender) -> None:
    upload = sender.complete(sender.send(b"abc"), b"abc")
    Upload.objects.update(lease=sender.now)
    assert upkeep.requeue_checks(sender.now + timedelta(seconds=119)) == []
    later = sender.now + timedelta(seconds=121)
    assert upkeep.requeue_checks(later) == [upload.pk]
    assert check(upload, later) == State.STORED


def test_a_check_whose_message_was_lost_is_queued_again(sender: Sender) -> None:
    upload = sender.complete(sender.send(b"abc"), b"abc")
    assert upkeep.requeue_checks(sender.now + timedelta(minutes=1)) == []
    assert upkeep.requeue_checks(sender.now + timedelta(minutes=3)) == [upload.pk]


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def broken_store() -> Iterator[None]:
    """A file lies where the store wants a folder for its temporary files."""
    place = selectors.blob_store().root / "incoming"
    place.parent.mkdir(exist_ok=True)
    place.touch()
    try:
        yield
    finally:
        place.unlink()


def test_without_room_an_upload_says_so_and_its_check_is_tried_again(sender: Sender) -> None:
    upload = sender.complete(sender.send(DATA), DATA)
    with room_for(PART_BYTES // 2):
        assert check(upload, sender.now) == State.CHECKING
    assert (upload.state, upload.error, upload.checked_bytes) == (State.CHECKING, "no_room", 0)
    said = UploadSerializer(selectors.with_progress(Upload.objects.all()).get()).data
    assert (said["state"], said["error"], "tried again" in said["error_text"]) == ("checking", "no_room", True)
    assert len(selectors.parts_of(upload)) == 2
    assert not list(selectors.blob_store().leftovers())
    later = sender.now + timedelta(seconds=121)
    assert upkeep.requeue_checks(later) == [upload.pk]
    assert check(upload, later) == State.STORED
    assert upload.error == ""


def test_a_store_that_fails_is_tried_again(sender: Sender) -> None:
    upload = sender.complete(sender.send(DATA), DATA)
    with broken_store():
        assert check(upload, sender.now) == State.CHECKING
    assert upload.error == "disk_failed"
    assert check(upload, sender.now + timedelta(seconds=119)) is None
    assert check(upload, sender.now + timedelta(seconds=121)) == State.STORED


def test_after_a_day_of_trying_the_sender_decides_and_need_not_send_again(sender: Sender) -> None:
    upload = sender.complete(sender.send(DATA), DATA)
    with broken_store():
        assert check(upload, sender.now + timedelta(days=1, seconds=1)) == State.FAILED
    assert (upload.error, upload.bad_parts, bool(words.failure(upload.error))) == ("gave_up", [], True)
    sender.complete(upload, DATA)
    assert check(upload, sender.now + timedelta(days=2)) == State.STORED


def test_a_part_that_can_no_longer_be_read_is_asked_for_again(sender: Sender) -> None:
    upload = sender.complete(sender.send(DATA), DATA)
    part = selectors.part_store().path(upload.pk, 1)
    part.unlink()
    part.mkdir()
    assert check(upload, sender.now) == State.FAILED
    assert (upload.error, upload.bad_parts) == ("parts_differ", [1])


def test_progress_is_written_while_the_whole_is_read(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = sender.complete(sender.send(DATA), DATA)
    seen, ticks = [], count()

    def clock() -> datetime:
        seen.append(Upload.objects.values_list("checked_bytes", flat=True).get(pk=upload.pk))
        return sender.now + timedelta(seconds=2 * next(ticks))

    assert checking.check_upload(upload.pk, clock) == State.STORED
    assert seen == sorted(seen)
    assert len(set(seen)) > 4


def test_a_worker_that_was_overtaken_stops_and_stores_nothing(sender: Sender) -> None:
    upload = sender.complete(sender.send(DATA), DATA)
    ticks = count()

    def clock() -> datetime:
        if next(ticks) == 3:
            Upload.objects.update(lease=sender.now + timedelta(hours=1))
        return sender.now + timedelta(seconds=10)

    assert checking.check_upload(upload.pk, clock) is None
    assert not Blob.objects.exists()
    assert not list(selectors.blob_store().leftovers())


def test_an_upload_removed_during_its_check_leaves_nothing(sender: Sender) -> None:
    upload = sender.complete(sender.send(DATA), DATA)
    ticks = count()

    def clock() -> datetime:
        tick = next(ticks)
        if tick == 3:
            services.remove_upload(upload)
        return sender.now + timedelta(seconds=2 * tick)

    assert checking.check_upload(upload.pk, clock) is None
    assert not Upload.objects.exists()
    assert not Blob.objects.exists()
    assert not list(selectors.blob_store().leftovers())
