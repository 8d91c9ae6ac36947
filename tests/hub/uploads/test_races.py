"""What happens at the same moment, on real connections."""

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from django.db import transaction
from pytest_django import Settings

from hub.accounts.moderators import grant_moderator
from hub.errors import Conflict, Gone, OverQuota
from hub.uploads import checking, references, selectors, services, takedowns
from hub.uploads.models import Blob, Holding, Upload
from ledger.models import Entry
from tests.hub.factories import make_account
from tests.hub.uploads.sending import PURPOSE, Sender, digest, stored_bytes
from web.threads import with_connections

if TYPE_CHECKING:
    from hub.accounts.models import Account

pytestmark = pytest.mark.django_db(transaction=True)
T = TypeVar("T")
MANY = 8


@pytest.fixture
def dora(transactional_db: None, tmp_path: Path, now: datetime) -> Sender:
    return Sender(make_account("dora"), tmp_path, now)


def at_once(acts: list[Callable[[], T]]) -> list[Future[T]]:
    """Every act in its own thread, all let go together."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], T]) -> T:
        gate.wait()
        return with_connections(act)

    with ThreadPoolExecutor(len(acts)) as threads:
        return [threads.submit(run, act) for act in acts]


def test_uploads_started_at_once_do_not_exceed_the_quota_together(dora: Sender, settings: Settings) -> None:
    settings.QUOTA_BYTES = 30

    def start(number: int) -> Callable[[], Upload]:
        return lambda: services.start_upload(dora.account, f"{number}.csv", 10, PURPOSE, dora.now)

    outcomes = [future.exception() for future in at_once([start(number) for number in range(MANY)])]
    assert outcomes.count(None) == 3
    assert all(outcome is None or isinstance(outcome, OverQuota) for outcome in outcomes)
    assert selectors.usage(dora.account).used == 30


def test_the_same_bytes_held_at_once_by_many_are_one_blob(dora: Sender) -> None:
    people = [make_account() for _ in range(MANY)]

    def hold(account: "Account") -> Callable[[], Blob]:
        return lambda: services.hold_bytes(account, b"shared", dora.now)

    assert {future.result().pk for future in at_once([hold(account) for account in people])} == {digest(b"shared")}
    assert Blob.objects.count() == 1
    assert Holding.objects.count() == MANY
    assert stored_bytes(digest(b"shared")) == b"shared"


def test_only_one_of_many_workers_checks_an_upload(dora: Sender) -> None:
    upload = dora.complete(dora.send(b"abc"), b"abc")
    checks = at_once([lambda: checking.check_upload(upload.pk, lambda: dora.now)] * MANY)
    assert sorted(str(future.result()) for future in checks) == ["None"] * (MANY - 1) + ["stored"]


def test_the_same_part_sent_many_times_at_once_arrives(dora: Sender) -> None:
    upload = dora.start(b"abc")

    def send(number: int) -> Callable[[], None]:
        body = dora.folder / f"copy-{number}"
        body.write_bytes(b"abc")
        return lambda: services.receive_part(upload, 0, body, digest(b"abc"), 3, dora.now)

    for future in at_once([send(number) for number in range(MANY)]):
        future.result()
    assert [part.sha256 for part in selectors.parts_of(upload)] == [digest(b"abc")]


def in_background(act: Callable[..., T], *arguments: object) -> Future[T]:
    thread = ThreadPoolExecutor(1)
    running = thread.submit(with_connections, act, *arguments)
    thread.shutdown(wait=False)
    return running


def swept_in_background(sha256: str) -> Future[bool]:
    return in_background(references.remove_if_unused, selectors.blob_store(), sha256)


def test_an_upload_that_is_being_published_cannot_be_removed_before_that_ends(dora: Sender) -> None:
    upload = dora.store(b"abc")
    with transaction.atomic():
        assert set(selectors.stored_files(dora.account, [upload.pk])) == {upload.pk}
        removal = in_background(services.remove_upload, upload)
        time.sleep(0.3)
        assert not removal.done()
        services.finish_uploads(dora.account, [upload.pk])
    removal.result(20)
    assert Holding.objects.filter(account=dora.account, blob=digest(b"abc")).exists()


def test_an_upload_is_published_once(dora: Sender) -> None:
    upload = dora.store(b"abc")

    def publish() -> int:
        with transaction.atomic():
            found = selectors.stored_files(dora.account, [upload.pk])
            time.sleep(0.2)
            services.finish_uploads(dora.account, found)
            return len(found)

    assert sorted(future.result() for future in at_once([publish, publish])) == [0, 1]


def test_uploads_are_locked_in_one_order(dora: Sender) -> None:
    uploads = [dora.store(b"%d" % number, f"{number}.csv").pk for number in range(30)]

    def publish(ids: list[uuid.UUID]) -> int:
        with transaction.atomic():
            return len(selectors.stored_files(dora.account, ids))

    acts = [lambda: publish(uploads), lambda: publish(uploads[::-1])]
    assert [future.result() for future in at_once(acts * 4)] == [30] * 8


def unheld_blob(sender: Sender) -> str:
    blob = services.hold_bytes(sender.account, b"abc", sender.now)
    Holding.objects.all().delete()
    return blob.pk


def test_a_blob_that_a_transaction_is_about_to_use_is_not_swept(dora: Sender) -> None:
    sha256 = unheld_blob(dora)
    with transaction.atomic():
        blob = references.keep(sha256)
        assert blob is not None
        removal = swept_in_background(sha256)
        time.sleep(0.3)
        assert not removal.done()
        Holding.objects.create(account=dora.account, blob=blob, since=dora.now)
    assert removal.result(20) is False
    assert stored_bytes(sha256) == b"abc"


def test_bytes_stored_while_they_are_swept_are_there_afterwards(dora: Sender) -> None:
    sha256 = unheld_blob(dora)
    outcomes = at_once(
        [
            lambda: references.remove_if_unused(selectors.blob_store(), sha256),
            lambda: bool(services.hold_bytes(dora.account, b"abc", dora.now)),
        ]
    )
    for outcome in outcomes:
        outcome.result()
    assert stored_bytes(sha256) == b"abc"
    assert selectors.readable_blob(dora.account, sha256) is not None


def test_a_stray_file_that_somebody_stores_at_that_moment_is_there_afterwards(dora: Sender) -> None:
    sha256 = unheld_blob(dora)
    Blob.objects.all().delete()
    outcomes = at_once(
        [
            lambda: references.remove_stray_file(selectors.blob_store(), sha256, dora.now + timedelta(days=2)),
            lambda: bool(services.hold_bytes(dora.account, b"abc", dora.now)),
        ]
    )
    for outcome in outcomes:
        outcome.result()
    assert stored_bytes(sha256) == b"abc"
    assert Blob.objects.get().size == 3


def test_bytes_that_are_stored_while_they_are_taken_down_go_all_the_same(dora: Sender) -> None:
    """Whoever comes first: either the storing ends and its bytes are removed, or it is refused. None are left."""
    mona = make_account("mona")
    grant_moderator(account=mona, now=dora.now)
    sha = digest(b"shared")
    dora.store(b"shared")
    people = [make_account() for _ in range(MANY - 1)]

    def hold(account: "Account") -> Callable[[], object]:
        return lambda: services.hold_bytes(account, b"shared", dora.now)

    def take_down() -> Blob:
        return takedowns.take_down(account=mona, sha256=sha, reason="illegal", now=dora.now)

    outcomes = [future.exception() for future in at_once([take_down, *(hold(person) for person in people)])]
    assert outcomes[0] is None
    assert all(outcome is None or isinstance(outcome, Gone) for outcome in outcomes)
    takedowns.remove_taken_down(dora.now)
    assert not selectors.blob_store().path(sha).exists()
    assert not Holding.objects.filter(blob=sha).exists()
    assert list(selectors.blob_store().leftovers()) == []


def test_two_moderators_take_the_same_file_down_once(dora: Sender) -> None:
    moderators = [make_account(f"mona-{number}") for number in range(2)]
    for account in moderators:
        grant_moderator(account=account, now=dora.now)
    sha = digest(b"abc")
    dora.store(b"abc")

    def take_down(account: "Account") -> Callable[[], Blob]:
        return lambda: takedowns.take_down(account=account, sha256=sha, reason="illegal", now=dora.now)

    outcomes = [future.exception() for future in at_once([take_down(account) for account in moderators])]
    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 1
    assert Entry.objects.filter(type="content.taken_down").count() == 1
