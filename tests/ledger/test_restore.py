"""What is put back, what is refused before anything is changed, and the restore on a machine without servers."""

import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from config.backups import database, manifest
from hub.uploads.selectors import blob_store
from ledger import guard, storage
from tests.ledger.conftest import Ledger
from tests.ledger.losing import Hub
from tests.running_hub import _SERVICE_NAMES
from tests.services import ROOT


@pytest.fixture
def hub(ledger: Ledger, settings: Settings, tmp_path: Path) -> Hub:
    return Hub(ledger, settings, tmp_path)


# --- what is not restored ------------------------------------------------------------------------
def test_a_database_that_holds_a_hub_is_not_replaced_without_a_word_that_names_it(hub: Hub) -> None:
    hub.ledger.grow(3)
    folder = hub.backup()
    assert "--replace akashi.test/log" in hub.refused(folder)
    assert "--replace akashi.test/log" in hub.refused(folder, replace="akashi.test/other")
    hub.restore(folder, replace="akashi.test/log")
    assert hub.ledger.grow(1) == 5


@pytest.mark.parametrize("name", ["database.dump", "signed_head.json", "pool.txt", "a stored file"])
def test_a_damaged_backup_changes_nothing(hub: Hub, name: str) -> None:
    hub.ledger.grow(3)
    digest = hub.store(b"some bytes")
    folder = hub.backup()
    path = manifest.pool_path(hub.backups, digest) if name == "a stored file" else folder / name
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert "is damaged" in hub.refused(folder, replace="akashi.test/log")
    assert hub.ledger.grow(1) == 5


def test_one_rotten_file_in_the_pool_does_not_keep_a_hub_from_coming_back(hub: Hub) -> None:
    hub.ledger.grow(3)
    rotten, sound = hub.store(b"rotten"), hub.store(b"sound")
    folder = hub.backup()
    path = manifest.pool_path(hub.backups, rotten)
    path.chmod(0o600)
    path.write_bytes(b"rotteN")
    hub.lose_database()
    hub.lose_folders()
    assert "is damaged" in hub.refused(folder)
    said = hub.restore(folder, without_damaged=True)
    assert f"left out: blobs/{rotten}" in said
    assert "1 stored files that the database names are not here" in said
    assert blob_store().path(sound).read_bytes() == b"sound"
    assert not blob_store().path(rotten).exists()
    assert hub.ledger.grow(1) == 5


def test_a_log_folder_of_another_log_is_not_written_into(hub: Hub, settings: Settings) -> None:
    hub.ledger.grow(3)
    folder = hub.backup()
    hub.lose_database()
    path = settings.LOG_DIR / "checkpoint"
    path.write_text(path.read_text().replace("akashi.test/log", "akashi.test/other"))
    assert "is of the log akashi.test/other" in hub.refused(folder)
    path.unlink()
    hub.restore(folder)


def test_a_database_that_holds_something_else_is_refused(hub: Hub) -> None:
    hub.ledger.grow(1)
    folder = hub.backup()
    hub.lose_database()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE others AS SELECT 1 AS number")
    assert "holds no hub" in hub.refused(folder)
    hub.lose_database()
    assert database.held_log() is None
    hub.restore(folder)


def test_a_restore_that_was_cut_off_while_it_emptied_the_database_is_run_again(hub: Hub) -> None:
    hub.ledger.grow(3)
    folder = hub.backup()
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
    connection.close()
    assert "is back as of" in hub.restore(folder)
    assert hub.ledger.grow(1) == 5


def test_rows_that_are_not_those_of_the_manifest_are_said(hub: Hub) -> None:
    hub.ledger.grow(3)
    folder = hub.backup()
    path = folder / manifest.MANIFEST
    path.write_text(path.read_text().replace('"ledger_entry": 4', '"ledger_entry": 5'))
    assert "ledger_entry has 4 rows; the backup says 5" in hub.refused(folder, replace="akashi.test/log")


def test_a_checkpoint_that_cannot_be_read_is_said_before_anything_is_replaced(hub: Hub, tmp_path: Path) -> None:
    hub.ledger.grow(3)
    folder = hub.backup()
    hub.ledger.grow(1)
    assert "cannot be read" in hub.refused(folder, replace="akashi.test/log", checkpoint=[tmp_path / "mistyped"])
    assert hub.ledger.grow(1) == 6


def test_the_command_needs_something_to_do() -> None:
    with pytest.raises(CommandError, match="Name the backup"):
        call_command("restore")


def test_without_chain_and_log_folder_the_hub_asks_the_chain_before_it_signs(hub: Hub) -> None:
    hub.ledger.grow(3)
    folder = hub.backup()
    hub.lose_database()
    hub.lose_folders()
    hub.lose_chain()
    assert "the chain was not asked" in hub.restore(folder)
    assert storage.store().signed_head() is not None
    guard.chain_memory.forget()


# --- one machine ---------------------------------------------------------------------------------
def test_an_empty_data_folder_gets_servers_of_its_own_for_the_restore(hub: Hub, tmp_path: Path) -> None:
    """As after `git clone` on a new machine: no server runs, and `make run` comes afterwards."""
    hub.ledger.grow(3)
    hub.ledger.anchor_to_the_end()
    folder = hub.backup(keys=True)
    data = tmp_path / "new machine"
    kept = {name: value for name, value in os.environ.items() if name not in _SERVICE_NAMES}
    run = functools.partial(
        subprocess.run, cwd=ROOT, env=kept | {"DATA_DIR": str(data)}, capture_output=True, text=True, check=False
    )
    done = run([sys.executable, "manage.py", "restore", str(hub.backups)])
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"backup {folder}" in done.stdout
    assert "(the chain)" in done.stdout
    assert {"log.pem", "operator.json", "operator.password", "rotation.json"} <= {
        path.name for path in (data / "keys").iterdir()
    }
    again = run([sys.executable, "manage.py", "restore", str(hub.backups)])
    assert again.returncode == 1
    assert "--replace akashi.test/log" in again.stderr
    assert "Traceback" not in again.stderr
