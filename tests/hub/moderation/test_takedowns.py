"""A file that is taken down is gone from everywhere, for good, and the record of it stays as it was."""

from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from hub.accounts.models import Account
from hub.accounts.moderators import revoke_moderator
from hub.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from hub.repositories import reading, rendering, selectors
from hub.repositories.changes import Change
from hub.repositories.models import Repository, Revision, SaltedLeaf
from hub.repositories.services import publish_revision
from hub.repositories.showing import what_changed
from hub.uploads import checking, upkeep
from hub.uploads import takedowns as services
from hub.uploads.models import Blob, Holding, Part, Upload
from hub.uploads.selectors import blob_store, part_store, usage
from hub.uploads.takedowns import REASONS, remove_taken_down, take_down
from ledger import selectors as ledger
from ledger.comparing import Comparison
from ledger.models import Entry
from ledger.records import EntryView
from ledger.selectors import to_view
from ledger.unsaid import find_unsaid
from tests.expectations import without_words
from tests.hub.moderation.conftest import DIGEST, SECRET, Create, Publish, is_stored, remove
from tests.hub.repositories.conftest import CARD
from tests.hub.uploads.sending import Sender

pytestmark = pytest.mark.django_db


@pytest.fixture
def sender(alice: Account, tmp_path: Path, now: datetime) -> Sender:
    return Sender(alice, tmp_path, now)


# --- the act -------------------------------------------------------------------------------------
def test_the_entry_names_the_digest_the_reason_and_where_everybody_saw_it(
    patients: Repository, mona: Account, now: datetime
) -> None:
    assert is_stored(DIGEST)
    blob = remove(mona, DIGEST, now, words="A patient is named.")
    entry = _entry_of(blob)
    assert (entry.type, entry.actor, entry.subject) == ("content.taken_down", mona.actor, f"repo:{patients.pk}")
    assert entry.data == {"digest": DIGEST, "reason": "personal_data"}
    assert entry.details == {"reason": {"reason": "A patient is named."}}
    assert not is_stored(DIGEST)
    assert blob.removed == now


def test_other_public_repositories_are_named_and_private_ones_never(
    patients: Repository, create: Create, publish: Publish, mona: Account, bob: Account, now: datetime
) -> None:
    second, hidden = create("copies"), create("hidden", visibility="private")
    publish(second, {"same.csv": SECRET})
    publish(hidden, {"same.csv": SECRET})
    blob = remove(mona, DIGEST, now)
    entry = _entry_of(blob)
    assert entry.data["repositories"] == [f"repo:{second.pk}"]
    assert str(hidden.pk) not in entry.body.decode()
    assert next(found.type for found in ledger.entries_about(f"repo:{second.pk}").items) == "content.taken_down"


def test_bytes_behind_salted_leaves_are_found_by_their_plain_digest(
    create: Create, publish: Publish, mona: Account, now: datetime
) -> None:
    hidden = create("hidden", visibility="private")
    revision = publish(hidden, {"patients.csv": SECRET})
    leaf = reading.file_at(revision, "patients.csv").leaf
    assert leaf != DIGEST
    blob = remove(mona, DIGEST, now)
    assert not is_stored(DIGEST)
    with pytest.raises(Gone, match="personal data"):
        reading.location(reading.file_at(revision, "patients.csv"))
    assert SaltedLeaf.objects.filter(leaf=leaf, blob=blob).exists()
    entry = _entry_of(blob)
    assert (entry.subject, entry.data) == ("log", {"digest": DIGEST, "reason": "personal_data"})


def test_only_a_moderator_may(patients: Repository, alice: Account, mona: Account, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        take_down(account=alice, sha256=DIGEST, reason="other", now=now)
    former = Account.objects.get(pk=mona.pk)
    revoke_moderator(account=mona, now=now)
    with pytest.raises(NotAllowed):
        take_down(account=former, sha256=DIGEST, reason="other", now=now)
    assert is_stored(DIGEST)
    assert not Entry.objects.filter(type="content.taken_down").exists()


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"reason": "because"}, Invalid),
        ({"reason": "owner_request"}, Invalid),
        ({"words": "x" * 2_001}, Invalid),
        ({"words": "a\x00b"}, Invalid),
        ({"sha256": "z" * 64}, Invalid),
        ({"sha256": "0" * 64}, NotFound),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(
    patients: Repository, mona: Account, now: datetime, given: dict[str, str], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        take_down(account=mona, now=now, **{"sha256": DIGEST, "reason": "other", **given})
    assert is_stored(DIGEST)
    assert not Entry.objects.filter(type="content.taken_down").exists()


def test_a_file_is_taken_down_once(patients: Repository, mona: Account, now: datetime) -> None:
    remove(mona, DIGEST, now)
    with pytest.raises(Conflict):
        take_down(account=mona, sha256=DIGEST, reason="other", now=now)


# --- the bytes -----------------------------------------------------------------------------------
def test_a_removal_that_was_cut_off_goes_on(
    patients: Repository, mona: Account, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a kill between the commit and the file: the mark stands, the bytes are refused, the next call removes them."""
    take_down(account=mona, sha256=DIGEST, reason="illegal", now=now)
    assert is_stored(DIGEST)
    with pytest.raises(Gone):
        reading.location(reading.file_at(_first(patients), "patients.csv"))

    def full(sha: str) -> None:
        raise OSError("the disk is away")

    with monkeypatch.context() as broken:
        broken.setattr(services, "_forget", [full])
        assert remove_taken_down(now) == 0
    assert Blob.objects.get(pk=DIGEST).removed is None
    assert remove_taken_down(now) == 1
    assert remove_taken_down(now) == 0
    assert not is_stored(DIGEST)


def test_one_file_that_cannot_be_removed_holds_up_no_other(
    patients: Repository, mona: Account, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sha256(b"a\n1\n").hexdigest()
    for digest in (DIGEST, other):
        take_down(account=mona, sha256=digest, reason="illegal", now=now)

    def stuck(sha: str) -> None:
        if sha == DIGEST:
            raise OSError("no")

    monkeypatch.setattr(services, "_forget", [stuck])
    assert remove_taken_down(now) == 1
    assert not is_stored(other)


def test_a_file_that_comes_back_with_a_restored_disk_is_swept(
    patients: Repository, mona: Account, now: datetime
) -> None:
    remove(mona, DIGEST, now)
    path = blob_store().path(DIGEST)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(SECRET.encode())
    upkeep.sweep(now.replace(hour=int(DIGEST[0], 16)))
    assert not path.exists()


def test_the_row_and_the_revision_stay(patients: Repository, mona: Account, now: datetime) -> None:
    before = [bytes(revision.body) for revision in patients.revisions.order_by("number")]
    remove(mona, DIGEST, now)
    upkeep.sweep(now)
    assert Blob.objects.filter(pk=DIGEST).exists()
    assert [bytes(revision.body) for revision in patients.revisions.order_by("number")] == before
    file = reading.file_at(_first(patients), "patients.csv")
    assert (file.sha256, file.size) == (DIGEST, len(SECRET))
    assert [item.name for item in reading.list_directory(_first(patients))] == ["patients.csv", "README.md"]


def test_it_stops_counting_against_anybodys_quota(sender: Sender, mona: Account, alice: Account, now: datetime) -> None:
    sender.store(SECRET.encode())
    assert usage(alice).used == len(SECRET)
    remove(mona, DIGEST, now)
    assert usage(alice).used == 0
    assert not Holding.objects.filter(blob=DIGEST).exists()


def test_nobody_calls_it_damage(patients: Repository, mona: Account, now: datetime) -> None:
    remove(mona, DIGEST, now)
    assert upkeep.verify_blobs(now, 10**9) == []
    assert not Blob.objects.filter(damaged__isnull=False).exists()
    assert selectors.damaged_paths(_first(patients)) == []
    assert selectors.taken_down_paths(_first(patients)) == ["patients.csv"]
    patients.refresh_from_db()
    assert patients.head is not None
    assert selectors.taken_down_paths(patients.head) == []


def test_one_query_finds_what_was_taken_down_under_however_many_paths(
    dataset: Repository, publish: Publish, mona: Account, now: datetime, django_assert_num_queries: Any
) -> None:
    paths = [f"folder-{number % 3}/{number:02}.csv" for number in range(30)]
    full = publish(dataset, dict.fromkeys(paths, SECRET))
    remove(mona, DIGEST, now)
    publish(dataset, {paths[0]: None, paths[1]: "other\n", "new.csv": "new\n", "folder-2": None})
    dataset.refresh_from_db()
    assert dataset.head is not None
    with django_assert_num_queries(1):
        found = selectors.taken_down_paths(dataset.head)
    assert found == sorted(path for path in paths[2:] if not path.startswith("folder-2"))
    assert selectors.taken_down_paths(full) == sorted(paths)


# --- it never comes back -------------------------------------------------------------------------
def test_an_announced_digest_is_refused_before_bytes_move(sender: Sender, mona: Account, now: datetime) -> None:
    sender.store(SECRET.encode())
    remove(mona, DIGEST, now)
    with pytest.raises(Gone, match="taken down"):
        sender.start(SECRET.encode(), known=DIGEST)


def test_a_digest_that_is_announced_at_the_end_is_refused_then_and_the_parts_go(
    sender: Sender, mona: Account, now: datetime
) -> None:
    sender.store(SECRET.encode())
    remove(mona, DIGEST, now)
    upload = sender.send(SECRET.encode())
    with pytest.raises(Gone, match="taken down"):
        sender.complete(upload, SECRET.encode())
    _assert_ended(upload)
    with pytest.raises(Gone, match="taken down"):
        sender.part(Upload.objects.get(pk=upload.pk), 0, SECRET.encode())


def test_a_file_that_was_completed_stays_whatever_digest_is_announced_for_it_later(
    sender: Sender, mona: Account, now: datetime
) -> None:
    sender.store(SECRET.encode())
    remove(mona, DIGEST, now)
    upload = sender.store(b"something else")
    with pytest.raises(Conflict):
        sender.complete(upload, SECRET.encode())
    upload.refresh_from_db()
    assert (upload.state, upload.blob_id) == (Upload.State.STORED, sha256(b"something else").hexdigest())


def test_bytes_under_a_false_digest_are_recognised_and_go(sender: Sender, mona: Account, now: datetime) -> None:
    sender.store(SECRET.encode())
    remove(mona, DIGEST, now)
    upload = sender.complete(sender.send(SECRET.encode()), b"something else")
    assert checking.check_upload(upload.pk, lambda: now) == Upload.State.FAILED
    _assert_ended(upload)
    assert list(blob_store().leftovers()) == []


@pytest.mark.parametrize("checked", [False, True], ids=["being checked", "waiting to be published"])
def test_uploads_on_their_way_end_with_the_takedown(
    sender: Sender, bob: Account, tmp_path: Path, mona: Account, now: datetime, checked: bool
) -> None:
    Sender(bob, tmp_path, now).store(SECRET.encode())
    upload = (
        sender.store(SECRET.encode()) if checked else sender.complete(sender.send(SECRET.encode()), SECRET.encode())
    )
    remove(mona, DIGEST, now)
    _assert_ended(upload)
    assert checking.check_upload(upload.pk, lambda: now) is None


def test_it_cannot_be_published_again_under_any_name(
    patients: Repository, alice: Account, mona: Account, now: datetime
) -> None:
    remove(mona, DIGEST, now)
    given: dict[str, Any] = {"account": alice, "message": "", "kind": "data", "now": now}
    with pytest.raises(Gone):
        publish_revision(repository=patients, changes=[Change("other-name.csv", content=SECRET.encode())], **given)
    with pytest.raises(Invalid):
        publish_revision(repository=patients, changes=[Change("other-name.csv", sha256=DIGEST)], **given)
    assert not is_stored(DIGEST)


def test_a_repository_goes_on_with_a_file_that_was_taken_down_in_it(
    dataset: Repository, publish: Publish, mona: Account, now: datetime
) -> None:
    publish(dataset, {"patients.csv": SECRET})
    remove(mona, DIGEST, now)
    later = publish(dataset, {"more.csv": "a\n2\n"})
    assert later.file_count == 3
    publish(dataset, {"patients.csv": None})
    assert dataset.head is not None
    assert [item.name for item in reading.list_directory(dataset.head)] == ["more.csv", "README.md"]


# --- what was made from it -----------------------------------------------------------------------
def test_the_words_of_a_card_go_from_lists_and_search(
    create: Create, mona: Account, now: datetime, alice: Account
) -> None:
    card = CARD.replace("569 cell samples", "Jane Doe").replace("oncology", "janedoe")
    repository = create("named", card=card)
    rendering.markdown_file(repository, "main", reading.file_at(_first(repository), "README.md"))
    digest = sha256(card.encode()).hexdigest()
    assert [found.name for found in selectors.search("dataset", "Jane Doe", viewer=None).items] == ["named"]
    remove(mona, digest, now, reason="court_order")
    repository.refresh_from_db()
    assert (repository.summary, repository.tags) == ("", [])
    assert selectors.search("dataset", "Jane Doe", viewer=None).items == []
    assert [found.name for found in selectors.search("dataset", "named", viewer=None).items] == ["named"]
    with pytest.raises(Gone):
        rendering.markdown_file(repository, "main", reading.file_at(_first(repository), "README.md"))


def test_an_older_card_takes_no_words_from_the_newest(
    create: Create, publish: Publish, mona: Account, now: datetime
) -> None:
    repository = create("named")
    publish(repository, {"README.md": CARD.replace("569", "600")})
    remove(mona, sha256(CARD.encode()).hexdigest(), now)
    repository.refresh_from_db()
    assert repository.summary == "Measurements of 600 cell samples."


def test_nothing_of_it_is_left_in_the_cache(patients: Repository, mona: Account, now: datetime) -> None:
    first, second = patients.revisions.order_by("number")[1:3]
    rendering.source(reading.file_at(first, "patients.csv"), SECRET)
    what_changed(patients, first, second, reading.changes_between(first, second))
    kept = _cached()
    assert any(DIGEST in key for key in kept)
    cache.set("another", 1)
    remove(mona, DIGEST, now)
    assert not any(DIGEST in key for key in _cached())
    assert cache.get("another") == 1
    shown = what_changed(patients, first, second, reading.changes_between(first, second))
    assert "Jane Doe" not in str(shown)


def _cached() -> list[str]:
    from django.conf import settings
    from redis import Redis

    with Redis.from_url(settings.CACHES["default"]["LOCATION"]) as server:
        return [key.decode() for key in server.scan_iter()]


# --- the audit -----------------------------------------------------------------------------------
def _differing() -> set[str]:
    """What the audit finds, in rows and past them."""
    views = [to_view(row) for row in Entry.objects.order_by("id").prefetch_related("detail_groups")]
    rows = {f"{found.slot[0]}.{found.slot[2]}" for found in Comparison().compare(views)}
    return rows | {f"{found.table}.{found.column}" for found in find_unsaid()}


def test_the_audit_agrees_after_a_takedown_and_notices_every_change_of_it(
    patients: Repository, mona: Account, now: datetime
) -> None:
    remove(mona, DIGEST, now)
    assert _differing() == set()
    blob = Blob.objects.filter(pk=DIGEST)
    entry = blob.values_list("takedown_entry", flat=True).get()
    for column, value, found in (
        ("taken_down", None, "taken_down"),
        ("takedown_reason", "other", "takedown_reason"),
        ("takedown_entry", None, "takedown_entry__uid"),
    ):
        before = blob.values_list(column, flat=True).get()
        blob.update(**{column: value})
        assert f"uploads.Blob.{found}" in _differing()
        blob.update(**{column: before})
    assert _differing() == set()
    other = Blob.objects.filter(pk=sha256(b"a\n1\n").hexdigest())
    other.update(taken_down=now)
    assert _differing() == {"uploads.Blob.(no entry)"}
    blob.update(takedown_entry=None)
    other.update(takedown_entry=entry)
    assert "uploads.Blob.(no entry)" in _differing()


def test_every_column_that_the_log_speaks_of_has_words(patients: Repository, mona: Account, now: datetime) -> None:
    remove(mona, DIGEST, now)
    assert without_words({"uploads", "accounts"}) == set()


def test_every_reason_has_words_in_the_form() -> None:
    from hub.moderation.forms import CHOICES

    assert [code for code, _words in CHOICES] == ["", *REASONS]


# --- helpers -------------------------------------------------------------------------------------
def _first(repository: Repository) -> Revision:
    """The first revision with the table in it, else the only one."""
    revisions = list(repository.revisions.order_by("number")[:2])
    return revisions[-1]


def _entry_of(blob: Blob) -> EntryView:
    assert blob.takedown_entry is not None
    return ledger.entry_by_uid(blob.takedown_entry.uid)


def _assert_ended(upload: Upload) -> None:
    upload.refresh_from_db()
    assert (upload.state, upload.error, upload.blob_id) == (Upload.State.FAILED, "taken_down", None)
    assert not Part.objects.filter(upload=upload).exists()
    assert not part_store().folder(upload.pk).exists()
