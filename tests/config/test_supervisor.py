"""`make run` as an operator meets it: one line says ready, Ctrl-C stops in order, nothing is lost over a stop, a crash or a
chain that lost its blocks."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.supervisor import Supervisor
from tests.running_hub import RunningHub

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    running = RunningHub(ANCHOR_INTERVAL="1")
    try:
        yield running
    finally:
        running.close()


def _size(hub: RunningHub) -> int:
    return int(hub.get("/log/checkpoint").decode().split("\n")[1])


def _wait_final(hub: RunningHub, size: int) -> dict[str, object]:
    """The newest final anchor, once it covers `size` entries."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        for anchor in hub.get_json("/api/v1/anchors")["results"]:
            if anchor["size"] >= size and anchor["state"] == "final":
                return dict(anchor)
        time.sleep(0.5)
    raise AssertionError(f"no final anchor over {size} entries" + hub.logs())


def _transactions(hub: RunningHub) -> set[str]:
    """The transactions of every final anchor."""
    return {
        anchor["transaction"] for anchor in hub.get_json("/api/v1/anchors")["results"] if anchor["state"] == "final"
    }


def test_a_start_shows_its_steps_and_ends_in_one_line_with_the_address(hub: RunningHub) -> None:
    hub.start()
    text = "".join(hub.output)
    for step in ("PostgreSQL", "Valkey", "EVM node", "database tables", "contract"):
        assert step in text
    assert f"Akashi is ready: {hub.url}" in text
    hub.sign_up("first")
    _wait_final(hub, 2)


def test_a_second_hub_on_the_same_data_is_refused_with_a_reason(hub: RunningHub) -> None:
    second = RunningHub()
    second.data = hub.data
    try:
        with pytest.raises(AssertionError, match="already running"):
            second.start(30)
    finally:
        second.stop()
        shutil.rmtree(second.folder, ignore_errors=True)


def test_nobody_else_may_enter_the_folder_of_the_sockets(hub: RunningHub) -> None:
    # PostgreSQL asks for no password there.
    endpoints = json.loads((hub.data / "run" / "endpoints.json").read_text())
    folder = Path(urlsplit(endpoints["REDIS_URL"]).path).parent
    assert (folder / ".s.PGSQL.5432").exists()
    assert folder.stat().st_mode & 0o077 == 0


def test_demo_content_is_due_until_it_is_complete_and_only_in_a_new_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CHAIN_RPC_URLS", "DEMO"):
        monkeypatch.delenv(name, raising=False)
    supervisor = Supervisor(tmp_path / "var", "127.0.0.1", 0)
    supervisor.note_demo()
    assert supervisor.demo_due.exists()
    supervisor.note_demo()
    assert supervisor.demo_due.exists(), "a start that failed on the way, because its port was taken, say"
    supervisor.demo_due.unlink()
    supervisor.note_demo()
    assert not supervisor.demo_due.exists(), "complete"
    monkeypatch.setenv("DEMO", "0")
    without = Supervisor(tmp_path / "other", "127.0.0.1", 0)
    without.note_demo()
    assert not without.demo_due.exists()


def test_ctrl_c_stops_everything_and_the_next_start_has_it_all(hub: RunningHub) -> None:
    before = _wait_final(hub, 2)
    pids = list(hub.pids().values())
    assert hub.stop() == 0, "".join(hub.output)
    assert hub.output[-1].strip() == "Stopped."
    assert not any(_alive(pid) for pid in pids)
    hub.start()
    assert _size(hub) >= 2
    _wait_final(hub, 2)
    assert before["transaction"] in _transactions(hub)


def test_after_kill_9_of_everything_it_comes_up_by_itself(hub: RunningHub) -> None:
    before = _size(hub)
    hub.sign_up("second")
    hub.kill_everything()
    hub.start()
    # Whether or not it was sequenced before the crash: the entry of what was acknowledged comes, and comes once.
    _wait_final(hub, before + 1)
    types = [entry["type"] for entry in hub.get_json("/api/v1/entries")["results"]]
    assert types.count("account.registered") == 2


def test_a_chain_that_lost_its_blocks_is_replayed_and_said_on_the_status_page(hub: RunningHub) -> None:
    anchored = _wait_final(hub, 3)
    hub.kill_everything()
    for snapshot in (hub.data / "chain").glob("*"):
        if snapshot.name != "deployment.json":
            shutil.rmtree(snapshot) if snapshot.is_dir() else snapshot.unlink()
    hub.start()
    _wait_final(hub, 3)
    assert anchored["transaction"] in _transactions(hub)
    assert "sent again" in hub.get("/status?lang=en").decode()


def test_the_processes_are_listed_while_it_runs(hub: RunningHub) -> None:
    listed = json.loads((hub.data / "run" / "pids.json").read_text())
    assert {"web-1", "worker", "worker-log", "beat", "PostgreSQL", "Valkey", "EVM node"} <= set(listed)
    assert all(_alive(pid) for pid in listed.values())


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
