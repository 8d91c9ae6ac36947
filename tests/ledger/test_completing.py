"""A restored hub signs nothing that contradicts what was signed before, and takes missing entries from any copy of the log."""

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from hub.accounts.erasure import erase_account
from hub.accounts.models import Account
from ledger import recovering
from ledger.errors import Fork
from ledger.models import Details, Entry, Log, Mention
from ledger.storage import Store
from ledger.tiles import EntryBundle
from tests.hub.factories import make_account
from tests.ledger.conftest import REPOSITORY, Ledger
from tests.ledger.losing import Hub
from tests.ledger.test_publisher import files_of

OLD, NEW = 4, 310


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


def test_entries_that_come_back_are_found_under_their_subjects_and_without_their_words(later: Later) -> None:
    """Restoring and completing in one step."""
    later.lose_database()
    said = later.restore(later.folder, entries_from=str(later.export), checkpoint=[later.export / "checkpoint"])
    assert f"{NEW - OLD - 2} entries put back, 2 had waited here" in said
    last = Entry.objects.get(leaf_index=NEW - 1)
    assert Mention.objects.filter(entry=last).values_list("subject", flat=True).get() == REPOSITORY
    words = Details.objects.get(entry=last)
    assert (words.salt, words.body) == (None, None)
    assert bytes(words.digest).hex() in bytes(last.body).decode()
    assert later.ledger.grow(1) == NEW + 1


def test_who_was_erased_after_the_backup_is_erased_again(
    ledger: Ledger, settings: Settings, tmp_path: Path, now: datetime
) -> None:
    hub, export = Hub(ledger, settings, tmp_path), tmp_path / "export"
    person = make_account("zaphod-b", email="zaphod@heartofgold.example")
    ledger.grow(1)
    folder = hub.backup()
    erase_account(person, now)
    ledger.grow(1)
    call_command("export_log", export)
    hub.lose_database()
    said = hub.restore(folder, entries_from=str(export))
    assert "1 erased accounts had come back and are erased again" in said
    back = Account.objects.get(pk=person.pk)
    assert (back.email, back.is_active) == ("", False)
    assert back.username.startswith("erased-")


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


def test_a_copy_that_is_not_there_is_said(later: Later) -> None:
    later.lose_database()
    later.refused(later.folder, code=2)
    for place in ("nowhere", "http://127.0.0.1:9/log"):
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
