"""Backups are whole or none, taken while the hub runs, and cost only what is new."""

import json
import shutil
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from config.backups import manifest, pruning
from config.backups.manifest import BadBackup
from hub.uploads.models import Blob
from hub.uploads.selectors import blob_store
from ledger.models import Entry, Log
from tests.ledger.conftest import Ledger
from tests.ledger.losing import Hub


@pytest.fixture
def hub(ledger: Ledger, settings: Settings, tmp_path: Path) -> Hub:
    return Hub(ledger, settings, tmp_path)


def pool(hub: Hub) -> set[str]:
    return {path.name for path in (hub.backups / "pool").rglob("*") if path.is_file()}


def test_a_hub_that_lost_everything_comes_back_and_goes_on(hub: Hub, settings: Settings) -> None:
    hub.ledger.grow(300)
    hub.ledger.anchor_to_the_end()
    digest = hub.store(b"some bytes")
    bundle = settings.EPOCH_DIR / "0" / "manifest.json"
    bundle.parent.mkdir(parents=True)
    bundle.write_text("{}")
    bodies = [bytes(body) for body in Entry.objects.order_by("leaf_index").values_list("body", flat=True)]
    folder = hub.backup(keys=True)
    hub.lose_database()
    hub.lose_folders()
    shutil.rmtree(settings.LOG_KEY_FILE.parent)
    settings.DEPLOYMENT_FILE.unlink()
    said = hub.restore(folder)
    assert "301 entries lead to the recorded root" in said
    assert [bytes(body) for body in Entry.objects.order_by("leaf_index").values_list("body", flat=True)] == bodies
    assert blob_store().path(digest).read_bytes() == b"some bytes"
    assert bundle.read_text() == "{}"
    assert hub.ledger.grow(5) == 306
    hub.ledger.anchor_to_the_end()
    call_command("verify_log")


def test_a_backup_says_what_is_in_it(hub: Hub, settings: Settings) -> None:
    hub.ledger.grow(3)
    hub.ledger.record(2)
    hub.ledger.sequence()
    folder = hub.backup()
    found = manifest.check(folder, lambda words: None)
    log = Log.objects.get()
    assert (found.origin, found.size, found.published, found.root) == (log.origin, 6, 4, bytes(log.root).hex())
    assert found.rows["ledger_entry"] == 6
    assert not found.keys
    assert not (folder / "keys").exists()
    assert {"database.dump", "signed_head.json", "deployment.json", "pool.txt"} <= set(found.files)


def test_a_backup_that_is_taken_while_the_hub_writes_is_whole(hub: Hub, settings: Settings) -> None:
    hub.ledger.grow(5)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            hub.ledger.record(3)
            hub.ledger.sequence()
            hub.ledger.publish()
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        folder = hub.backup()
    finally:
        stop.set()
        writer.join()
    later = Log.objects.get().size
    hub.lose_database()
    hub.lose_folders()
    hub.ledger.checker.seen.clear()
    assert "extends everything that is known to be signed" in hub.restore(folder)
    assert later > Log.objects.get().size >= 6
    hub.ledger.grow(1)


def test_stored_files_are_copied_once_for_all_backups(hub: Hub) -> None:
    hub.ledger.grow(1)
    first = hub.store(b"one")
    hub.backup()
    path = manifest.pool_path(hub.backups, first)
    before = path.stat().st_ino
    second = hub.store(b"two")
    folder = _later(hub)
    assert path.stat().st_ino == before
    assert {each.name for each in manifest.pooled(folder)} == {f"blobs/{first}", f"blobs/{second}"}
    assert pool(hub) == {first, second}


def test_old_backups_are_deleted_and_with_them_what_only_they_kept(hub: Hub) -> None:
    hub.ledger.grow(1)
    gone, kept = hub.store(b"gone"), hub.store(b"kept")
    old = _age(hub.backup(), days=31)
    blob_store().delete(gone)
    Blob.objects.filter(sha256=gone).delete()
    cut_off = hub.backups / manifest.folder_name(timezone.now() - timedelta(days=2))
    cut_off.mkdir()
    new = hub.backup(keep_days=30)
    assert manifest.backup_folders(hub.backups) == [new]
    assert not old.exists()
    assert not cut_off.exists()
    assert pool(hub) == {kept}


def test_a_backup_that_was_killed_does_not_spoil_the_next_one(hub: Hub) -> None:
    hub.ledger.grow(1)
    kept = hub.store(b"kept")
    killed = hub.backups / manifest.folder_name(timezone.now() - timedelta(hours=2))
    killed.mkdir(parents=True)
    (killed / manifest.POOL_LIST).write_text(f"4 {64 * 'a'} blobs/{64 * 'a'}\n4 {64 * 'b'} blo")
    new = hub.backup(keep_days=30)
    assert manifest.newest(hub.backups) == new
    assert pool(hub) == {kept}


def test_the_newest_backup_stays_however_old_it_is(hub: Hub) -> None:
    hub.ledger.grow(1)
    folder = _age(hub.backup(), days=400)
    pruning.prune(hub.backups, timezone.now(), 1, lambda words: None)
    assert manifest.newest(hub.backups) == folder


def test_a_damaged_file_is_not_taken_for_a_good_one(hub: Hub) -> None:
    hub.ledger.grow(1)
    digest = hub.store(b"some bytes")
    blob_store().path(digest).chmod(0o600)
    blob_store().path(digest).write_bytes(b"other byte")
    with pytest.raises(CommandError, match="damaged") as caught:
        hub.backup()
    assert caught.value.returncode == 2
    assert pool(hub) == set()
    assert manifest.read(manifest.newest(hub.backups)).damaged == [f"blobs/{digest}"]


def test_without_a_manifest_there_is_no_backup(hub: Hub) -> None:
    hub.ledger.grow(1)
    whole = hub.backup()
    cut_off = hub.backups / "2999-01-01T00-00-00Z"
    shutil.copytree(whole, cut_off)
    (cut_off / manifest.MANIFEST).unlink()
    assert manifest.newest(hub.backups) == whole
    (whole / manifest.MANIFEST).unlink()
    with pytest.raises(BadBackup, match="no whole backup"):
        manifest.newest(hub.backups)
    assert "no whole backup" in hub.refused(hub.backups)


@pytest.mark.parametrize("text", ["", "{}", '{"akashi_backup": 2}', "[]", '{"akashi_backup": 1, "files": {"x": 1}}'])
def test_a_file_that_is_no_manifest_is_refused_in_words(tmp_path: Path, text: str) -> None:
    (tmp_path / manifest.MANIFEST).write_text(text)
    with pytest.raises(BadBackup, match=r"manifest\.json"):
        manifest.read(tmp_path)


@pytest.mark.parametrize(
    "name",
    ["../../etc", "/etc", "log//etc/x", "log/previous//etc/x", "epochs//etc/x", "epochs/./x", "log/signed_head.json",
     "log/previous/../signed_head.json", "blobs/aa", "blobs/" + 64 * "b"],
)  # fmt: skip
def test_a_name_that_leads_out_of_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / manifest.POOL_LIST).write_text(f"1 {64 * 'a'} {name}\n")
    with pytest.raises(BadBackup, match="names no file"):
        list(manifest.pooled(tmp_path))


@pytest.mark.parametrize("line", ["x", "1 aa blobs/aa"])
def test_a_list_that_leads_out_of_the_folder_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / manifest.POOL_LIST).write_text(line + "\n")
    with pytest.raises(BadBackup, match="names no file"):
        list(manifest.pooled(tmp_path))


def test_two_backups_at_once_into_one_folder_are_refused(hub: Hub) -> None:
    from config.backups.taking import _alone

    hub.ledger.grow(1)
    manifest.make_folder(hub.backups)
    with _alone(hub.backups), pytest.raises(CommandError, match="Another backup"):
        hub.backup()


def _later(hub: Hub) -> Path:
    """Another backup; names have seconds, so the one before is renamed."""
    _age(manifest.newest(hub.backups), days=1)
    return hub.backup()


def _age(folder: Path, *, days: int) -> Path:
    """The backup as if it had been taken days ago."""
    moment = timezone.now() - timedelta(days=days)
    path = folder / manifest.MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | {"taken": moment.isoformat()}))
    return folder.rename(folder.with_name(manifest.folder_name(moment)))


def test_keys_whose_files_have_one_name_are_not_put_over_each_other(hub: Hub, settings: Settings) -> None:
    hub.ledger.grow(1)
    other = settings.OPERATOR_KEYSTORE.parent / "elsewhere" / settings.LOG_KEY_FILE.name
    other.parent.mkdir()
    settings.OPERATOR_KEYSTORE = settings.OPERATOR_KEYSTORE.rename(other)
    with pytest.raises(CommandError, match="would overwrite each other"):
        hub.backup(keys=True)
