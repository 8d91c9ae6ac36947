"""Announcing, receiving, completing and holding, on the real database."""

import uuid
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from hub.errors import Conflict, Gone, Invalid, NotFound, OverQuota
from hub.uploads import selectors, services
from hub.uploads.errors import PartDiffers, PartsMissing
from hub.uploads.models import Blob, Holding, Upload
from hub.uploads.rules import MIB, PART_BYTES
from tests.hub.uploads.sending import PURPOSE, Sender, digest, piece, stored_bytes

if TYPE_CHECKING:
    from hub.accounts.models import Account

TWO_PARTS = bytes(range(256)) * (PART_BYTES // 256) + b"the rest"


def test_an_announced_file_has_its_parts_planned(sender: Sender) -> None:
    upload = sender.start(TWO_PARTS)
    assert (upload.state, upload.part_size, upload.part_count) == (Upload.State.SENDING, 8 * MIB, 2)
    assert selectors.missing_parts(upload) == [0, 1]


@pytest.mark.parametrize("name", ["model.pkl", "../x", "a\0b"])
def test_a_refused_name_is_said_beside_the_name(sender: Sender, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        sender.start(b"x", name)
    assert refused.value.field == "name"
    assert not Upload.objects.exists()


def test_a_pickle_is_refused_with_what_to_do_instead(sender: Sender) -> None:
    with pytest.raises(Invalid, match="safetensors"):
        sender.start(b"x", "weights.pt")


def test_a_file_over_the_limit_is_refused(sender: Sender, settings: Settings) -> None:
    settings.FILE_BYTES = 3
    with pytest.raises(Invalid) as refused:
        sender.start(b"1234")
    assert refused.value.field == "size"


@pytest.mark.parametrize("purpose", ["", "Two Words", "x" * 121])
def test_a_purpose_is_one_short_word(alice: "Account", now: datetime, purpose: str) -> None:
    with pytest.raises(Invalid) as refused:
        services.start_upload(alice, "a.csv", 1, purpose, now)
    assert refused.value.field == "purpose"


def test_open_uploads_count_against_the_quota_at_their_full_size(sender: Sender, settings: Settings) -> None:
    settings.QUOTA_BYTES = 10
    sender.start(b"123456")
    with pytest.raises(OverQuota):
        sender.start(b"12345", "second.csv")
    sender.start(b"1234", "third.csv")
    assert selectors.usage(sender.account).free == 0


def test_held_bytes_count_against_the_quota_once(sender: Sender, settings: Settings) -> None:
    settings.QUOTA_BYTES = 10
    sender.store(b"12345")
    assert selectors.usage(sender.account).used == 5
    sender.store(b"12345", "copy.csv")
    assert selectors.usage(sender.account).used == 5


def test_asking_about_several_files_adds_them_up(sender: Sender, settings: Settings) -> None:
    settings.QUOTA_BYTES = 10
    answers = services.refusals(sender.account, [("a.csv", 6), ("b.pkl", 1), ("c.csv", 5), ("d.csv", 4)])
    assert [bool(answer) for answer in answers] == [False, True, True, False]
    assert not Upload.objects.exists()


def test_a_part_that_arrives_is_stored_and_listed(sender: Sender) -> None:
    upload = sender.start(TWO_PARTS)
    sender.part(upload, 1, b"the rest")
    assert [part.index for part in selectors.parts_of(upload)] == [1]
    assert selectors.missing_parts(upload) == [0]
    assert selectors.part_store().path(upload.pk, 1).read_bytes() == b"the rest"


def test_a_part_of_the_wrong_length_is_refused(sender: Sender) -> None:
    upload = sender.start(TWO_PARTS)
    with pytest.raises(PartDiffers):
        sender.part(upload, 1, b"the rest and more")
    assert not selectors.parts_of(upload)


def test_there_is_no_part_beyond_the_last(sender: Sender) -> None:
    with pytest.raises(Invalid):
        sender.part(sender.start(b"abc"), 1, b"abc")


def test_a_part_sent_again_replaces_the_first(sender: Sender) -> None:
    upload = sender.start(b"abc")
    sender.part(upload, 0, b"xyz")
    sender.part(upload, 0, b"abc")
    (part,) = selectors.parts_of(upload)
    assert part.sha256 == digest(b"abc")
    assert selectors.part_store().path(upload.pk, 0).read_bytes() == b"abc"


def test_completing_names_the_parts_that_are_missing(sender: Sender) -> None:
    upload = sender.start(TWO_PARTS)
    sender.part(upload, 1, b"the rest")
    with pytest.raises(PartsMissing) as refused:
        sender.complete(upload, TWO_PARTS)
    assert refused.value.missing == [0]


def test_completing_twice_with_the_same_digest_changes_nothing(sender: Sender) -> None:
    upload = sender.send(b"abc")
    first = sender.complete(upload, b"abc")
    assert sender.complete(upload, b"abc").pk == first.pk
    with pytest.raises(Conflict):
        services.complete_upload(upload, digest(b"other"), sender.now)


def test_no_part_is_taken_while_the_whole_is_checked(sender: Sender) -> None:
    upload = sender.send(b"abc")
    sender.complete(upload, b"abc")
    with pytest.raises(Conflict):
        sender.part(upload, 0, b"abc")


def test_a_digest_that_is_none_is_refused(sender: Sender) -> None:
    upload = sender.send(b"abc")
    with pytest.raises(Invalid):
        services.complete_upload(upload, "ABC", sender.now)


def test_bytes_the_account_holds_are_stored_at_once(sender: Sender) -> None:
    sender.store(b"abc")
    again = sender.start(b"abc", "again.csv", known=digest(b"abc"))
    assert (again.state, again.blob_id) == (Upload.State.STORED, digest(b"abc"))


def test_known_bytes_do_not_pass_by_the_number_of_open_uploads(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_OPEN", 1)
    sender.store(b"abc")
    sender.start(b"def", "open.csv")
    for known in (None, digest(b"abc")):
        with pytest.raises(OverQuota):
            sender.start(b"abc", "again.csv", known=known)


def test_uploads_that_wait_to_be_published_are_counted_too(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_KEPT", 2)
    sender.store(b"abc")
    sender.start(b"abc", "again.csv", known=digest(b"abc"))
    for known in (None, digest(b"abc")):
        with pytest.raises(OverQuota, match="wait to be published"):
            sender.start(b"abc", "third.csv", known=known)


def test_a_digest_says_nothing_about_the_bytes_of_others(sender: Sender, other: Sender) -> None:
    sender.store(b"abc")
    absent = other.start(b"xyz", known=digest(b"xyz"))
    foreign = other.start(b"abc", "b.csv", known=digest(b"abc"))
    assert absent.state == foreign.state == Upload.State.SENDING
    assert selectors.readable_blob(other.account, digest(b"abc")) is None


def test_a_known_digest_with_another_size_is_not_believed(sender: Sender) -> None:
    sender.store(b"abc")
    upload = services.start_upload(sender.account, "x.csv", 4, PURPOSE, sender.now, sha256=digest(b"abc"))
    assert upload.state == Upload.State.SENDING


def test_a_feature_can_let_an_account_read_bytes_it_never_sent(
    sender: Sender, other: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender.store(b"abc")
    monkeypatch.setattr(selectors, "_readers", [])
    selectors.register_reader(lambda account, sha256: sha256 == digest(b"abc") and account == other.account)
    assert other.start(b"abc", known=digest(b"abc")).state == Upload.State.STORED
    assert not Holding.objects.filter(account=other.account).exists()


def test_an_upload_of_somebody_else_is_not_there(sender: Sender, other: Sender) -> None:
    upload = sender.start(b"abc")
    with pytest.raises(NotFound):
        selectors.upload_of(other.account, upload.pk)
    with pytest.raises(NotFound):
        selectors.upload_of(other.account, uuid.uuid4())


def test_removing_an_upload_removes_its_parts(
    sender: Sender, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    upload = sender.send(b"abc")
    with django_capture_on_commit_callbacks(execute=True):
        services.remove_upload(upload)
    assert not Upload.objects.exists()
    assert not selectors.part_store().folder(upload.pk).exists()
    services.remove_upload(upload)


def test_removing_a_stored_upload_gives_the_quota_back(sender: Sender) -> None:
    upload = sender.store(b"abc")
    services.remove_upload(upload)
    assert selectors.usage(sender.account).used == 0


def test_bytes_that_another_upload_has_stay_held(sender: Sender) -> None:
    upload = sender.store(b"abc")
    sender.store(b"abc", "copy.csv")
    services.remove_upload(upload)
    assert selectors.readable_blob(sender.account, digest(b"abc")) is not None


def test_stored_files_are_only_those_that_are_stored_and_ones_own(sender: Sender, other: Sender) -> None:
    stored, open_ = sender.store(b"abc", "a.csv"), sender.start(b"def", "b.csv")
    foreign = other.store(b"ghi")
    found = selectors.stored_files(sender.account, [stored.pk, open_.pk, foreign.pk, uuid.uuid4()])
    assert found == {stored.pk: selectors.StoredFile(stored.pk, "a.csv", digest(b"abc"), 3)}


@pytest.mark.parametrize("mark", ["damaged", "taken_down"])
def test_bytes_that_are_not_there_any_more_are_no_stored_file(sender: Sender, mark: str) -> None:
    stored = sender.store(b"abc")
    Blob.objects.update(**{mark: sender.now})
    assert selectors.stored_files(sender.account, [stored.pk]) == {}


def test_finishing_forgets_the_upload_and_keeps_the_bytes(sender: Sender) -> None:
    upload, open_ = sender.store(b"abc"), sender.start(b"def", "b.csv")
    services.finish_uploads(sender.account, [upload.pk, open_.pk])
    assert list(Upload.objects.all()) == [open_]
    assert selectors.readable_blob(sender.account, digest(b"abc")) is not None


def test_bytes_of_the_hub_itself_are_held_for_an_account(alice: "Account", now: datetime) -> None:
    blob = services.hold_bytes(alice, b"# Card\n", now)
    assert (blob.pk, blob.size) == (digest(b"# Card\n"), 7)
    assert stored_bytes(blob.pk) == b"# Card\n"
    assert selectors.readable_blob(alice, blob.pk) == blob


def test_a_held_file_is_taken_over(alice: "Account", now: datetime, tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(b"object")
    blob = services.hold_bytes(alice, file, now)
    assert not file.exists()
    assert stored_bytes(blob.pk) == b"object"
    assert services.hold_bytes(alice, b"object", now) == blob


def test_holding_bytes_respects_the_quota(alice: "Account", now: datetime, settings: Settings) -> None:
    settings.QUOTA_BYTES = 5
    services.hold_bytes(alice, b"12345", now)
    services.hold_bytes(alice, b"12345", now)
    with pytest.raises(OverQuota):
        services.hold_bytes(alice, b"6", now)
    assert not list(selectors.blob_store().leftovers())


def test_bytes_that_were_taken_down_are_not_readable_and_cannot_come_back(alice: "Account", now: datetime) -> None:
    blob = services.hold_bytes(alice, b"bad", now)
    Blob.objects.update(taken_down=now)
    assert selectors.readable_blob(alice, blob.pk) is None
    with pytest.raises(Gone):
        services.hold_bytes(alice, b"bad", now)


def test_the_parts_of_a_large_file_arrive_in_any_order(sender: Sender) -> None:
    upload = sender.start(TWO_PARTS)
    for index in (1, 0):
        sender.part(upload, index, piece(TWO_PARTS, index))
    assert sender.complete(upload, TWO_PARTS).state == Upload.State.CHECKING
