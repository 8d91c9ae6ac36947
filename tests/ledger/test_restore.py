"""A restored hub signs nothing that contradicts what was signed before, and says how it can go on."""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from config.backups import database, manifest
from ledger import guard, recovering, storage
from ledger.errors import Fork
from ledger.models import Details, Entry, Log, Mention
from ledger.storage import Store
from ledger.tiles import EntryBundle
from tests.ledger.conftest import REPOSITORY, Ledger
from tests.ledger.losing import Hub
from tests.ledger.test_publisher import files_of
from tests.running_hub import _SERVICE_NAMES
from tests.services import ROOT

OLD, NEW = 4, 310


@pytest.fixture
def hub(ledger: Ledger, settings: Settings, tmp_path: Path) -> Hub:
    return Hub(ledger, settings, tmp_path)


class Later(Hub):
    """A hub of which there is a backup, and which then wrote more: `export` is a copy of its log by a stranger."""

    folder: Path
    export: Path


@pytest.fixture
def later(ledger: Ledger, settings: Settings, tmp_path: Path) -> Later:
    hub = Later(ledger, settings, tmp_path)
    hub.export = tmp_path / "export"
    ledger.grow(OLD - 1)
    ledger.record(2, type="test.waited")
    hub.folder = hub.backup()
    ledger.grow(NEW - OLD - 2, details={"words": {"words": "kept apart"}})
    call_command("export_log", hub.export)
    return hub


def test_a_signed_head_that_survived_beside_the_tiles_is_not_contradicted(later: Later) -> None:
    later.lose_database()
    before = files_of(later.ledger.folder)
    said = later.refused(later.folder, code=2)
    assert f"lacks entries {OLD} to {NEW - 1}" in said
    assert "--entries-from" in said
    later.ledger.record(5, type="test.other")
    later.ledger.sequence()
    with pytest.raises(Fork):
        later.ledger.publish()
    assert files_of(later.ledger.folder) == before


def test_what_only_the_chain_remembers_is_not_contradicted(later: Later) -> None:
    later.ledger.anchor_to_the_end()
    later.lose_database()
    later.lose_folders()
    assert f"lacks entries {OLD} to {NEW - 1}" in later.refused(later.folder, code=2)
    later.ledger.record(500, type="test.other")
    later.ledger.sequence()
    with pytest.raises(Fork):
        later.ledger.publish()


def test_what_only_a_stranger_kept_is_not_contradicted(later: Later) -> None:
    later.lose_database()
    later.lose_folders()
    checkpoint = later.export / "checkpoint"
    assert f"lacks entries {OLD} to {NEW - 1}" in later.refused(later.folder, code=2, checkpoint=[checkpoint])
    later.ledger.record(500, type="test.other")
    later.ledger.sequence()
    with pytest.raises(Fork):
        later.ledger.publish()


def test_entries_from_a_copy_let_the_log_go_on(later: Later) -> None:
    later.lose_database()
    later.lose_folders()
    later.refused(later.folder, code=2, checkpoint=[later.export / "checkpoint"])
    served = Store(later.ledger.folder)
    assert (served.checkpoint() or "").split("\n")[1] == str(OLD)
    assert len(served.read_entries(EntryBundle(0, OLD))) == OLD
    assert "entries put back" in later.restore(entries_from=str(later.export))
    assert later.ledger.grow(3) == NEW + 3
    later.ledger.anchor_to_the_end()
    call_command("verify_log")


def test_restoring_and_completing_are_one_step_if_asked_for(later: Later) -> None:
    later.lose_database()
    said = later.restore(later.folder, entries_from=str(later.export), checkpoint=[later.export / "checkpoint"])
    assert f"{NEW - OLD - 2} entries put back, 2 had waited here" in said
    assert later.ledger.grow(1) == NEW + 1


def test_entries_that_come_back_are_found_under_their_subjects_and_without_their_words(later: Later) -> None:
    later.lose_database()
    later.restore(later.folder, entries_from=str(later.export))
    last = Entry.objects.get(leaf_index=NEW - 1)
    assert Mention.objects.filter(entry=last).values_list("subject", flat=True).get() == REPOSITORY
    words = Details.objects.get(entry=last)
    assert (words.salt, words.body) == (None, None)
    assert bytes(words.digest).hex() in bytes(last.body).decode()


def test_what_was_recorded_after_the_restore_gets_new_places(later: Later) -> None:
    later.lose_database()
    later.refused(later.folder, code=2)
    own = later.ledger.record(7, type="test.other")
    later.ledger.sequence()
    assert "7 entries that were never published" in later.restore(entries_from=str(later.export))
    assert later.ledger.grow(1) == NEW + 8
    found = Entry.objects.filter(pk__in=[row.pk for row in own]).values_list("leaf_index", flat=True)
    assert set(found) == set(range(NEW, NEW + 7))


def test_the_missing_entries_may_come_from_an_address(later: Later, site: str) -> None:
    later.lose_database()
    later.refused(later.folder, code=2)
    later.restore(entries_from=site)
    assert later.ledger.grow(1) == NEW + 1


def test_a_copy_that_was_changed_puts_nothing_back(later: Later) -> None:
    later.lose_database()
    later.refused(later.folder, code=2)
    before = Entry.objects.count()
    path = later.export / f"tile/entries/001.p/{NEW - 256}"
    path.write_bytes(path.read_bytes().replace(b"test.happened", b"test.hapqened", 1))
    said = later.refused(entries_from=str(later.export))
    assert "do not lead to" in said
    assert Entry.objects.count() == before
    assert Log.objects.get().size == OLD


def test_a_copy_that_ends_too_early_leaves_the_hub_silent(later: Later, tmp_path: Path) -> None:
    middle = tmp_path / "middle"
    shutil.copytree(later.export, middle)
    later.ledger.grow(10)
    later.lose_database()
    assert f"lacks entries {NEW} to {NEW + 9}" in later.refused(later.folder, code=2, entries_from=str(middle))
    with pytest.raises(Fork):
        later.ledger.grow(1)


@pytest.mark.parametrize("place", ["nowhere", "http://127.0.0.1:9/log"])
def test_a_copy_that_is_not_there_is_said(later: Later, place: str) -> None:
    later.lose_database()
    later.refused(later.folder, code=2)
    assert "No entries were put back" in later.refused(entries_from=place)


def test_a_checkpoint_of_another_log_is_refused(later: Later, tmp_path: Path) -> None:
    later.lose_database()
    foreign = tmp_path / "foreign"
    foreign.write_text((later.export / "checkpoint").read_text().replace("\n310\n", "\n311\n"))
    assert "no checkpoint that this log signed" in later.refused(later.folder, checkpoint=[foreign])
    foreign.write_text("gone")
    assert "no checkpoint" in later.refused(later.folder, replace=later.ledger.log.origin, checkpoint=[foreign])


def test_a_history_that_was_signed_otherwise_is_said(later: Later) -> None:
    """Somebody holds a head of this log's key that the backup contradicts: nothing can be appended to it."""
    later.lose_database()
    later.refused(later.folder, code=2)
    row = Entry.objects.get(leaf_index=1)
    Entry.objects.filter(pk=row.pk).update(leaf_hash=bytes(32))
    with pytest.raises(Fork, match="another history"):
        recovering.standing(recovering.known_heads({})[0] + [_published(later)])


def _published(later: Later) -> recovering.KnownHead:
    from ledger.publisher import last_head

    return recovering.KnownHead("a reader", last_head())


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


def test_rows_that_are_not_those_of_the_manifest_are_said(hub: Hub) -> None:
    hub.ledger.grow(3)
    folder = hub.backup()
    path = folder / manifest.MANIFEST
    path.write_text(path.read_text().replace('"ledger_entry": 4', '"ledger_entry": 5'))
    assert "ledger_entry has 4 rows; the backup says 5" in hub.refused(folder, replace="akashi.test/log")


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


@pytest.fixture
def site(later: Later) -> Iterator[str]:
    """The export, as any file server offers it."""
    handler = functools.partial(_Quiet, directory=str(later.export))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


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
