"""What is published is whole, signed twice, never forked; and whichever write fails, the next run goes on from there."""

import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from pytest_django import Settings

from chain.errors import ChainUnavailable, NotDeployed
from ledger import guard, publisher, sequencer, services, storage
from ledger.checkpoint import open_checkpoint
from ledger.errors import Damaged, Fork, WrongKey
from ledger.keys import operator_verifier
from ledger.merkle import CompactRange
from ledger.models import Anchor, Checkpoint, Details, Entry, Log, Mention
from ledger.note import Ed25519Key
from ledger.storage import SignedHead, Store
from ledger.tree_files import write_files
from tests.ledger.conftest import ORIGIN, Ledger


class PowerCut(Exception):
    """The process ends here."""


class FailingStore(Store):
    """A store whose n-th write fails: before anything of it is on disk, or after all of it is."""

    def __init__(self, folder: Path, step: int, *, written: bool) -> None:
        super().__init__(folder)
        self.left, self.written = step, written

    def write(self, files: Mapping[str, bytes]) -> None:
        self.left -= 1
        if self.left == 0 and not self.written:
            raise PowerCut
        super().write(files)
        if self.left == 0:
            raise PowerCut


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- what is published ---------------------------------------------------------------------------
def test_everything_sequenced_is_published(ledger: Ledger) -> None:
    assert ledger.grow(5) == 6
    assert ledger.checker.entries() == [bytes(row.body) for row in Entry.objects.order_by("leaf_index")]


def test_a_checkpoint_is_signed_by_the_log_and_by_the_operator(ledger: Ledger) -> None:
    ledger.grow(3)
    text = (ledger.folder / "checkpoint").read_text()
    head = open_checkpoint(text, log=Ed25519Key.from_vkey(ledger.log.verifier_key), operator=operator_verifier(ORIGIN))
    row = Checkpoint.objects.get()
    assert (head.size, head.root) == (row.size, bytes(row.root)) == (4, bytes(Log.objects.get().root))
    assert row.note == text
    assert len(bytes(row.operator_signature)) == 65


@pytest.mark.parametrize("steps", [[1, 1, 1, 1], [254, 1, 1, 1], [255, 256, 513], [700, 2000]])
def test_the_log_grows_consistently(ledger: Ledger, steps: list[int]) -> None:
    for count in steps:
        ledger.grow(count)
    assert ledger.check() == sum(steps) + 1


def test_partial_tiles_go_once_the_full_one_is_there(ledger: Ledger) -> None:
    ledger.grow(200)
    assert (ledger.folder / "tile/0/000.p/201").exists()
    ledger.grow(100)
    assert not (ledger.folder / "tile/0/000.p").exists()
    assert (ledger.folder / "tile/0/000").stat().st_size == 8192


def test_nothing_new_writes_nothing(ledger: Ledger) -> None:
    ledger.grow(3)
    before = files_of(ledger.folder)
    assert ledger.publish() is None
    assert files_of(ledger.folder) == before
    assert Checkpoint.objects.count() == 1


def test_tiles_follow_from_the_entries_alone(ledger: Ledger, tmp_path: Path) -> None:
    for count in (100, 200, 300):
        ledger.grow(count)
    elsewhere = Store(tmp_path / "elsewhere")
    write_files(elsewhere, 0, 601)
    here = files_of(ledger.folder)
    assert all(here[path] == data for path, data in files_of(elsewhere.folder).items())


def test_before_there_is_a_contract_nothing_is_published(bare: Ledger) -> None:
    bare.sequence()
    with pytest.raises(NotDeployed):
        bare.publish()
    assert not (bare.folder / "checkpoint").exists()


def test_a_contract_of_another_log_signs_nothing(ledger: Ledger) -> None:
    ledger.record()
    ledger.sequence()
    Log.objects.update(origin="akashi.test/other")
    with pytest.raises(WrongKey):
        ledger.publish()


# --- failures ------------------------------------------------------------------------------------
# One batch of tiles, the signed head, the checkpoint file.
WRITES = 3


@pytest.mark.parametrize("written", [False, True], ids=["failed and not written", "failed but written"])
@pytest.mark.parametrize("step", range(1, WRITES + 1))
@pytest.mark.parametrize("more", [0, 300], ids=["nothing new since", "more entries since"])
def test_a_write_that_fails_is_made_good_by_the_next_run(ledger: Ledger, step: int, written: bool, more: int) -> None:
    ledger.grow(250)
    ledger.record(20)
    ledger.sequence()
    with pytest.raises(PowerCut):
        publisher.publish(ledger.now, FailingStore(ledger.folder, step, written=written))
    ledger.check()
    ledger.record(more)
    ledger.sequence()
    ledger.publish()
    assert ledger.check() == 271 + more


def test_all_writes_of_a_publication_were_tried(ledger: Ledger) -> None:
    ledger.grow(250)
    ledger.record(20)
    ledger.sequence()
    assert publisher.publish(ledger.now, FailingStore(ledger.folder, WRITES + 1, written=True)) == 271


@pytest.mark.parametrize("executed", [False, True], ids=["before the row", "after the row"])
def test_a_database_that_fails_is_made_good_by_the_next_run(ledger: Ledger, executed: bool) -> None:
    ledger.grow(10)
    ledger.record(5)
    ledger.sequence()
    with pytest.raises(PowerCut), _failing('INSERT INTO "ledger_checkpoint"', after=executed):
        ledger.publish()
    assert storage.store().signed_head() is not None
    assert ledger.check() == 11
    ledger.publish()
    assert ledger.check() == 16


def test_the_same_signature_is_shown_after_a_crash(ledger: Ledger) -> None:
    ledger.record(5)
    ledger.sequence()
    with pytest.raises(PowerCut):
        publisher.publish(ledger.now, FailingStore(ledger.folder, 2, written=True))
    signed = storage.store().signed_head()
    assert signed is not None
    ledger.publish()
    assert (ledger.folder / "checkpoint").read_text() == signed.note


def test_two_publishers_at_once_do_no_harm(ledger: Ledger) -> None:
    start = threading.Barrier(2)

    def run() -> None:
        start.wait(20)
        for _ in range(10):
            with transaction.atomic():
                services.record(type="test.x", subject="log", actor="sys:hub", time=ledger.now, data={})
            sequencer.sequence()
            publisher.publish(ledger.now)
        connection.close()

    workers = [threading.Thread(target=run) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    ledger.sequence()
    ledger.publish()
    assert ledger.check() == 21
    sizes = list(Checkpoint.objects.order_by("size").values_list("size", flat=True))
    assert sizes == sorted(set(sizes))


# --- damage --------------------------------------------------------------------------------------
@pytest.mark.parametrize("damage", ["tile/0/000", "tile/1/000.p/1", "tile/0/001.p/45", "tile/entries/001.p/45"])
def test_files_that_rot_are_made_again_from_the_entries(ledger: Ledger, damage: str) -> None:
    ledger.grow(300)
    path = ledger.folder / damage
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    ledger.record(10)
    ledger.sequence()
    ledger.publish()
    if damage == "tile/0/000":
        # No new hash depends on the inside of an old full tile. The daily audit reads it, and this command mends it.
        with pytest.raises(CommandError):
            call_command("verify_log")
        call_command("verify_log", repair=True)
    assert ledger.check() == 311


def test_lost_files_are_made_again_from_the_entries(ledger: Ledger) -> None:
    ledger.grow(300)
    shutil.rmtree(ledger.folder / "tile")
    assert ledger.grow(10) == 311


def test_nothing_is_signed_over_entries_that_were_spoilt(ledger: Ledger) -> None:
    ledger.grow(10)
    ledger.record(5)
    ledger.sequence()
    Entry.objects.filter(leaf_index=13).update(body=b"{}")
    with pytest.raises(Damaged):
        ledger.publish()
    assert ledger.check() == 11
    signed = storage.store().signed_head()
    assert signed is not None
    assert signed.size == 11


# --- forks ---------------------------------------------------------------------------------------
def restore_backup(size: int) -> None:
    """What a database looks like that was restored from when the log had `size` entries."""
    Checkpoint.objects.filter(size__gt=size).delete()
    gone = Entry.objects.filter(leaf_index__gte=size)
    for table in (Mention, Details):
        table.objects.filter(entry__in=gone).delete()
    gone.delete()
    edge = CompactRange()
    edge.extend(bytes(row) for row in Entry.objects.order_by("leaf_index").values_list("leaf_hash", flat=True))
    Log.objects.update(size=size, root=edge.root(), frontier=b"".join(edge.hashes))


@pytest.mark.parametrize("more", [1, 10, 11, 40], ids=lambda more: f"{more} entries after the restore")
def test_a_database_restored_from_an_older_backup_signs_nothing(ledger: Ledger, more: int) -> None:
    ledger.grow(10)
    ledger.grow(10)
    before = files_of(ledger.folder)
    restore_backup(11)
    ledger.record(more, type="test.other")
    ledger.sequence()
    with pytest.raises(Fork):
        ledger.publish()
    assert files_of(ledger.folder) == before
    assert ledger.check() == 21


def test_a_restored_database_with_the_same_entries_goes_on(ledger: Ledger) -> None:
    ledger.grow(10)
    ledger.grow(10)
    Checkpoint.objects.filter(size=21).delete()
    assert ledger.grow(5) == 26


def test_the_file_refuses_an_earlier_and_another_head(tmp_path: Path) -> None:
    store = Store(tmp_path)
    head = SignedHead(5, bytes(32), "note")
    store.put_signed_head(head)
    store.put_signed_head(head)
    for other in (SignedHead(4, bytes(32), ""), SignedHead(5, b"\x01" * 32, "")):
        with pytest.raises(Fork):
            store.put_signed_head(other)
    assert store.signed_head() == head


def test_a_signed_head_whose_note_is_another_one_is_signed_anew(ledger: Ledger) -> None:
    """A file that was spoilt must not put one head into the note and another one beside it."""
    ledger.grow(3)
    old = Checkpoint.objects.get().note
    ledger.record(2)
    ledger.sequence()
    log = Log.objects.get()
    storage.store().put_signed_head(SignedHead(log.size, bytes(log.root), old))
    ledger.publish()
    assert ledger.check() == 6
    assert Checkpoint.objects.get(size=6).note != old


@pytest.mark.parametrize("spoilt", [b"gone", b"\xff\xfe", b""])
def test_a_published_file_that_is_no_checkpoint_is_replaced(ledger: Ledger, spoilt: bytes) -> None:
    ledger.grow(3)
    (ledger.folder / "checkpoint").write_bytes(spoilt)
    ledger.publish()
    assert ledger.check() == 4


def test_a_published_file_that_claims_a_larger_size_without_a_signature_is_replaced(ledger: Ledger) -> None:
    ledger.grow(3)
    path = ledger.folder / "checkpoint"
    path.write_text(path.read_text().replace("\n4\n", "\n400\n"))
    ledger.publish()
    assert ledger.check() == 4


def test_what_was_renamed_but_not_synced_is_synced_by_the_next_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failed, but written: the same bytes are there, and yet a power cut could still take them."""
    synced: list[Path] = []
    sync = storage._sync_folder

    def failing(folder: Path) -> None:
        if (folder / "signed_head.json").exists() and not synced:
            synced.append(folder)
            raise PowerCut
        synced.append(folder)
        sync(folder)

    monkeypatch.setattr(storage, "_sync_folder", failing)
    store = Store(tmp_path)
    head = SignedHead(5, bytes(32), "note")
    with pytest.raises(PowerCut):
        store.put_signed_head(head)
    assert store.signed_head() == head
    synced[:] = [tmp_path / "before"]
    store.put_signed_head(head)
    assert tmp_path in synced


def test_a_head_that_cannot_be_read_stops_the_log(ledger: Ledger) -> None:
    ledger.grow(3)
    (ledger.folder / "signed_head.json").write_text("{}")
    ledger.record()
    ledger.sequence()
    with pytest.raises(Damaged):
        ledger.publish()


def test_an_earlier_checkpoint_never_replaces_a_later_one(ledger: Ledger) -> None:
    ledger.grow(3)
    first = (ledger.folder / "checkpoint").read_text()
    ledger.grow(3)
    storage.store().put_checkpoint(lambda: first)
    assert ledger.check() == 7


def test_the_chain_remembers_when_database_and_files_do_not(ledger: Ledger) -> None:
    """The whole data folder and the database were restored; only the chain knows better."""
    ledger.grow(10)
    backup = files_of(ledger.folder)
    ledger.grow(10)
    ledger.anchor_to_the_end()
    shutil.rmtree(ledger.folder)
    for path, data in backup.items():
        storage.store().write({path: data})
    Anchor.objects.all().delete()
    restore_backup(11)
    ledger.record(30, type="test.other")
    ledger.sequence()
    guard.chain_memory.forget()
    with pytest.raises(Fork):
        ledger.publish()


def test_without_the_file_and_without_the_chain_nothing_is_signed(ledger: Ledger) -> None:
    ledger.grow(3)
    (ledger.folder / "signed_head.json").unlink()
    ledger.record()
    ledger.sequence()
    guard.chain_memory.forget()
    assert ledger.node is not None
    ledger.node.kill()
    with pytest.raises(ChainUnavailable):
        ledger.publish()


def forget_everything(ledger: Ledger) -> None:
    """The database and the data folder are those of the log's first minute; only the chain has seen more."""
    shutil.rmtree(ledger.folder)
    Anchor.objects.all().delete()
    restore_backup(1)
    Checkpoint.objects.all().delete()
    ledger.record(3, type="test.other")
    ledger.sequence()


def test_when_all_other_memories_are_lost_the_chain_has_to_answer_before_anything_is_signed(ledger: Ledger) -> None:
    ledger.grow(10)
    ledger.anchor_to_the_end()
    forget_everything(ledger)
    guard.chain_memory.forget()
    assert ledger.node is not None
    ledger.node.kill()
    with pytest.raises(ChainUnavailable):
        ledger.publish()
    assert storage.store().signed_head() is None


@pytest.mark.parametrize("size", [3, 20], ids=["a shorter history", "a longer history"])
def test_a_process_that_has_asked_the_chain_asks_again_when_the_other_memories_are_gone(
    ledger: Ledger, size: int
) -> None:
    ledger.grow(10)
    ledger.anchor_to_the_end()
    ledger.grow(1)
    forget_everything(ledger)
    ledger.record(size, type="test.other")
    ledger.sequence()
    with pytest.raises(Fork):
        ledger.publish()
    assert storage.store().signed_head() is None


def test_while_the_chain_is_away_the_log_goes_on(ledger: Ledger) -> None:
    ledger.grow(1)
    guard.chain_memory.forget()
    assert ledger.node is not None
    ledger.node.kill()
    assert [ledger.grow(3) for _ in range(3)] == [5, 8, 11]


def test_a_new_log_does_not_write_into_the_folder_of_an_old_one(ledger: Ledger, settings: Settings) -> None:
    ledger.grow(3)
    restore_backup(0)
    Log.objects.all().delete()
    services.create_log(ledger.now)
    ledger.sequence()
    with pytest.raises(Fork):
        ledger.publish()


def _failing(statement: str, *, after: bool) -> Any:
    """Lets the database fail at a statement: before it, or once it was executed."""

    def execute_wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(statement):
            return execute(sql, params, many, context)
        if after:
            execute(sql, params, many, context)
        raise PowerCut

    return connection.execute_wrapper(execute_wrapper)
