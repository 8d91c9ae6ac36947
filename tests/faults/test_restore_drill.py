"""The restore drill of docs/operations.md on whole hubs: two machines, a backup under load, and a log that goes on.

The short forms are in tests/ledger/test_backup.py and test_restore.py.
"""

import shutil
import subprocess
import sys
import time

import pytest

from tests.faults.writing import Watcher, Writers, all_entries
from tests.running_hub import RunningHub
from tests.services import ROOT

NEW = {"kind": "dataset", "name": "new", "licence": "CC0-1.0"}
pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]


def _restore(hub: RunningHub, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "manage.py", "restore", *arguments],
        cwd=ROOT,
        env=hub.environment(),
        text=True,
        capture_output=True,
    )
    return done.returncode, done.stdout + done.stderr


def _size(hub: RunningHub) -> int:
    return int(hub.get("/log/checkpoint").decode().split("\n")[1])


def _settled(hub: RunningHub, least: int) -> int:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if _size(hub) >= least:
                return _size(hub)
        except OSError:
            pass
        time.sleep(0.5)
    raise AssertionError(f"the log stays below {least}" + hub.logs())


def test_a_backup_under_load_comes_back_on_another_machine_and_nothing_forks() -> None:
    first, second = RunningHub(), RunningHub()
    backups, export = first.folder / "backups", first.folder / "export"
    try:
        first.start()
        first.sign_up("kurt")
        token = first.token("kurt")
        watcher = Watcher(first)
        watcher.start()
        with Writers(first, token, 2) as writers:
            time.sleep(5)
            first.manage("backup", str(backups), "--keys")
            time.sleep(5)
        _settled(first, len(writers.acknowledged))
        watcher.stopped.set()
        watcher.join(30)
        first.manage("export_log", str(export))
        checkpoint = first.folder / "kept"
        shutil.copyfile(export / "checkpoint", checkpoint)
        size, before = _size(first), all_entries(first, _size(first))
        assert first.stop() == 0

        code, said = _restore(second, str(backups), "--checkpoint", str(checkpoint))
        assert code == 2, said
        assert f"to {size - 1}: they were signed" in said
        second.start()
        second.sign_up("later")
        time.sleep(4)
        assert 0 < _size(second) < size
        code, said = _restore(second, "--entries-from", str(export), "--checkpoint", str(checkpoint))
        assert code == 0, said
        after = _settled(second, size + 1)
        assert all_entries(second, after)[:size] == before
        second.manage("verify_log")
        assert second.get("/status")
        status, answer = second.post_json("/api/v1/repositories", NEW, token=token)
        assert status in {200, 201}, answer
        _settled(second, after + 1)
    finally:
        first.close()
        second.close()
