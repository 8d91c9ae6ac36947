"""The whole log as static files, verified while it is copied."""

import functools
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ledger import keys, proofs
from ledger.selectors import entry_by_index
from tests.ledger.conftest import ORIGIN, Ledger
from tests.ledger.log_checker import LogChecker


def export(folder: Path) -> None:
    call_command("export_log", folder)


def test_a_copy_is_a_whole_log_for_a_stranger(ledger: Ledger, tmp_path: Path) -> None:
    ledger.grow(600)
    export(tmp_path / "copy")
    stranger = LogChecker(tmp_path / "copy", ledger.log.verifier_key)
    stranger._check_signed_head = lambda size, hashes: None  # type: ignore[method-assign]  # not published
    assert stranger.check() == 601
    assert not (tmp_path / "copy" / "signed_head.json").exists()
    assert (tmp_path / "copy" / "key").read_text().splitlines() == [
        ledger.log.verifier_key,
        keys.operator_key(ORIGIN).vkey,
    ]
    ledger.grow(10)
    export(tmp_path / "copy")
    assert stranger.check() == 611


def test_the_copy_checks_a_bundle_without_the_hub(ledger: Ledger, tmp_path: Path) -> None:
    ledger.grow(5)
    copy = tmp_path / "copy"
    export(copy)
    (copy / "some.bundle").write_text(proofs.bundle([entry_by_index(2)]))
    command = next(line for line in (copy / "README.txt").read_text().splitlines() if "NAME.bundle" in line)
    run = functools.partial(subprocess.run, cwd=copy, capture_output=True, text=True, check=False)
    words = command.replace("NAME.bundle", "some.bundle").replace("'", "").split()
    done = run([sys.executable, *words[1:]])
    assert done.returncode == 0, done.stdout + done.stderr


def test_files_that_do_not_lead_to_the_signed_root_are_not_copied(ledger: Ledger, tmp_path: Path) -> None:
    ledger.grow(300)
    path = ledger.folder / "tile/entries/000"
    path.write_bytes(path.read_bytes().replace(b"test.happened", b"test.hapqened", 1))
    with pytest.raises(CommandError, match=r"do not lead to the signed root|another root"):
        export(tmp_path / "copy")
    assert not (tmp_path / "copy" / "checkpoint").exists()
    call_command("verify_log", repair=True)
    export(tmp_path / "copy")


def test_a_copy_that_rotted_is_made_again(ledger: Ledger, tmp_path: Path) -> None:
    ledger.grow(300)
    export(tmp_path / "copy")
    path = tmp_path / "copy" / "tile/0/001.p/45"
    path.write_bytes(bytes(45 * 32))
    export(tmp_path / "copy")
    assert path.read_bytes() == (ledger.folder / "tile/0/001.p/45").read_bytes()


def test_a_copy_of_another_log_is_left_alone(ledger: Ledger, tmp_path: Path) -> None:
    ledger.grow(3)
    path = tmp_path / "copy" / "checkpoint"
    path.parent.mkdir()
    path.write_text("somebody's\n")
    with pytest.raises(CommandError, match="something else"):
        export(tmp_path / "copy")
    assert path.read_text() == "somebody's\n"


def test_before_the_first_checkpoint_there_is_nothing_to_copy(bare: Ledger, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Nothing was published"):
        export(tmp_path / "copy")


# --- verify_log ----------------------------------------------------------------------------------
def test_verify_log_finds_an_entry_that_is_not_what_was_recorded(ledger: Ledger) -> None:
    from ledger.models import Entry

    ledger.grow(3)
    call_command("verify_log")
    Entry.objects.filter(leaf_index=2).update(body=b"{}")
    with pytest.raises(CommandError, match="does not agree") as caught:
        call_command("verify_log")
    assert caught.value.returncode == 1


def test_verify_log_says_when_the_chain_was_silent(ledger: Ledger) -> None:
    ledger.grow(3)
    assert ledger.node is not None
    ledger.node.kill()
    with pytest.raises(CommandError, match="could not be asked") as caught:
        call_command("verify_log")
    assert caught.value.returncode == 2
