"""A log that ends has a successor, whose entry 0 commits to the frozen head; the break is shown and the old log stays."""

import io
import shutil
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from chain import services as chain_services
from ledger import auditing, expecting, succession
from ledger.entry import parse
from ledger.guard import chain_memory
from ledger.models import Entry, Log
from ledger.progress import facts_cache
from tests.ledger.conftest import ORIGIN, Ledger
from tests.ledger.log_checker import LogChecker
from tests.ledger.losing import Hub

NEW = "akashi.test/new"


class Ended(Hub):
    """A hub whose log has ended: a copy of it is all that is left, and a new, empty hub."""

    copy: Path
    key: str
    old_key_file: Path

    def succeed(self, reason: str = "key_lost", **options: str) -> str:
        out = io.StringIO()
        call_command("succeed_log", str(self.copy), **{"log_key": self.key, "reason": reason, **options}, stdout=out)
        return out.getvalue()

    def go_on(self) -> Ledger:
        """The new hub's ledger, once its contract stands."""
        chain_services.deploy_contracts(now=self.ledger.now, origin=NEW)
        return Ledger(self.settings.LOG_DIR, self.ledger.now, self.ledger.node)


@pytest.fixture
def ended(ledger: Ledger, settings: Settings, tmp_path: Path) -> Ended:
    hub = Ended(ledger, settings, tmp_path)
    ledger.grow(299)
    hub.copy, hub.key = tmp_path / "copy", ledger.log.verifier_key
    call_command("export_log", hub.copy)
    call_command("flush", interactive=False, verbosity=0)
    settings.LOG_ORIGIN = NEW
    settings.LOG_DIR = tmp_path / "new" / "log"
    hub.old_key_file, settings.LOG_KEY_FILE = settings.LOG_KEY_FILE, tmp_path / "new" / "log.pem"
    settings.DEPLOYMENT_FILE = tmp_path / "new" / "deployment.json"
    facts_cache.forget()
    chain_memory.forget()
    return hub


def test_entry_0_commits_to_the_frozen_head(ended: Ended, client: Client) -> None:
    said = ended.succeed()
    log = Log.objects.get()
    assert said.splitlines()[:2] == [NEW, log.verifier_key]
    first = parse(bytes(Entry.objects.get().body))
    assert (first.type, first.subject, first.actor) == ("log.succeeded", "log", "sys:hub")
    old = LogChecker(ended.copy, ended.key)
    old._check_signed_head = lambda size, hashes: None  # type: ignore[method-assign]  # not published
    assert old.check() == 300
    assert first.data["previous_origin"] == ORIGIN
    assert (first.data["previous_size"], first.data["previous_root"]) == (300, old.seen[300].hex())
    assert (first.data["previous_key"], first.data["reason"]) == (ended.key, "key_lost")
    later = ended.go_on()
    assert later.grow(4) == 5
    later.anchor_to_the_end()
    call_command("verify_log", stdout=io.StringIO())
    assert ORIGIN in client.get("/status").content.decode()
    assert ORIGIN in client.get("/ledger").content.decode()
    assert f"continued the log {ORIGIN} here" in client.get("/ledger/0").content.decode()


def test_the_frozen_log_is_served_beside_the_new_one(ended: Ended, client: Client) -> None:
    assert client.get("/log/previous/checkpoint").status_code == 404
    ended.succeed()
    for path in ("checkpoint", "tile/0/000", "tile/0/001.p/44", "tile/entries/000", "tile/entries/001.p/44"):
        assert client.get(f"/log/previous/{path}").content == (ended.copy / path).read_bytes()
    assert client.get("/log/previous/key").content.decode() == f"{ended.key}\n"
    assert client.get("/log/previous/tile/0/002").status_code == 404
    assert client.get("/log/checkpoint").status_code == 404


def test_a_frozen_log_that_rots_is_found(ended: Ended) -> None:
    ended.succeed()
    later = ended.go_on()
    later.grow(1)
    path = succession.previous_store().folder / "tile/entries/000"
    path.write_bytes(path.read_bytes().replace(b"test.happened", b"test.hapqened", 1))
    with pytest.raises(CommandError, match="does not agree"):
        call_command("verify_log", stdout=io.StringIO())


def test_a_backup_holds_the_frozen_log_too(ended: Ended) -> None:
    ended.succeed()
    later = ended.go_on()
    later.grow(3)
    folder = ended.backup()
    ended.lose_database()
    ended.lose_folders()
    ended.restore(folder)
    succession.check_previous()
    assert (succession.previous_store().folder / "checkpoint").read_bytes() == (ended.copy / "checkpoint").read_bytes()
    assert later.grow(1) == 5


def test_a_copy_that_is_not_the_log_of_that_key_begins_nothing(ended: Ended) -> None:
    other = (Path(__file__).parent.parent / "vectors" / "log.vkey").read_text().strip()
    with pytest.raises(CommandError, match="No log was begun"):
        ended.succeed(log_key=other)
    with pytest.raises(CommandError, match="No log was begun"):
        ended.succeed(log_key="no key")
    path = ended.copy / "tile/entries/001.p/44"
    path.write_bytes(path.read_bytes().replace(b"test.happened", b"test.hapqened", 1))
    with pytest.raises(CommandError, match="another root"):
        ended.succeed()
    assert not Log.objects.exists()


def test_a_log_is_not_its_own_successor_and_begins_once(ended: Ended) -> None:
    ended.settings.LOG_ORIGIN = ORIGIN
    with pytest.raises(CommandError, match="LOG_ORIGIN must name the new log"):
        ended.succeed()
    ended.settings.LOG_ORIGIN = NEW
    ended.succeed()
    with pytest.raises(CommandError, match="has a log already"):
        ended.succeed()
    assert Entry.objects.count() == 1


def test_a_successor_does_not_sign_with_the_key_that_was_stolen(ended: Ended, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    shutil.copy(ended.old_key_file, ended.settings.LOG_KEY_FILE)
    with pytest.raises(CommandError, match="the old log's key"):
        ended.succeed("key_stolen")
    assert not Log.objects.exists()
    ended.settings.LOG_KEY_FILE = tmp_path / "new" / "another.pem"
    assert ended.succeed("key_stolen").startswith(NEW)


def test_a_log_that_began_by_itself_has_no_predecessor(ledger: Ledger) -> None:
    ledger.grow(1)
    assert succession.predecessor() is None
    run = auditing.audit_full(ledger.now)
    assert run is not None
    assert run.mismatches == 0
    assert "log.succeeded" not in expecting._functions
