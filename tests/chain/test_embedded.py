"""The embedded node: its state outlives it, whatever happens to it or to its files."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from chain.embedded import AnvilError, AnvilProcess, call, find_anvil, loadable, save_snapshot, snapshots
from tests.chain.conftest import CHAIN_ID, free_port

RICH = "0x" + "aa" * 20


def head(node: AnvilProcess) -> str:
    block: dict[str, str] = call(node.url, "eth_getBlockByNumber", "latest", False)
    return block["hash"]


def grow(node: AnvilProcess, blocks: int = 3) -> str:
    call(node.url, "anvil_setBalance", RICH, hex(10**18))
    for _ in range(blocks):
        call(node.url, "evm_mine")
    return head(node)


def test_a_stopped_node_starts_where_it_stopped(node: AnvilProcess) -> None:
    before = grow(node)
    node.stop()
    assert not node.running
    node.start()
    assert head(node) == before
    assert call(node.url, "eth_getBalance", RICH, "latest") == hex(10**18)


def test_a_killed_node_starts_from_its_snapshot(node: AnvilProcess) -> None:
    before = grow(node)
    node.snapshot()
    grow(node)
    node.kill()
    node.start()
    assert head(node) == before


def test_a_torn_snapshot_gives_way_to_the_one_before(node: AnvilProcess) -> None:
    before = grow(node)
    node.snapshot()
    grow(node)
    newest = node.snapshot()
    newest.write_bytes(newest.read_bytes()[:-1])
    assert not loadable(newest)
    node.kill()
    node.start()
    assert head(node) == before


def test_a_snapshot_that_the_node_does_not_take_is_set_aside(node: AnvilProcess) -> None:
    before = grow(node)
    node.snapshot()
    strange = node.snapshot()
    strange.write_text('{"a": 1}')
    node.kill()
    node.start()
    assert head(node) == before
    assert strange.with_suffix(".refused").exists()
    assert strange not in snapshots(node.folder)


def test_a_folder_of_nothing_but_damaged_snapshots_begins_a_new_chain(node: AnvilProcess) -> None:
    grow(node)
    node.snapshot().write_text("{")
    node.kill()
    node.start()
    assert call(node.url, "eth_blockNumber") == "0x0"


def test_three_snapshots_are_kept_and_the_newest_has_the_highest_number(node: AnvilProcess) -> None:
    made = [node.snapshot() for _ in range(6)]
    assert snapshots(node.folder) == made[:2:-1]


def test_snapshots_that_are_taken_at_once_keep_their_order(node: AnvilProcess) -> None:
    """Each dump happens under the same lock as its write; the newest file then holds the newest state."""

    def work() -> None:
        for _ in range(5):
            call(node.url, "evm_mine")
            save_snapshot(node.url, node.folder)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    before = head(node)
    node.kill()
    node.start()
    assert head(node) == before


def test_the_node_holds_no_account_of_a_public_mnemonic(node: AnvilProcess) -> None:
    assert call(node.url, "eth_accounts") == []
    assert call(node.url, "eth_getBalance", "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "latest") == "0x0"


def test_a_port_that_another_chain_holds_is_said(node: AnvilProcess, tmp_path: Path) -> None:
    other = AnvilProcess(find_anvil(), node.port, CHAIN_ID + 1, tmp_path / "other")
    with pytest.raises(AnvilError):
        other.start()
    assert not other.running
    assert node.running


def test_a_binary_that_does_not_start_is_said(tmp_path: Path) -> None:
    binary = tmp_path / "anvil"
    binary.write_text("#!/bin/sh\nexit 3\n")
    binary.chmod(0o755)
    with pytest.raises(AnvilError, match=r"anvil\.log says why"):
        AnvilProcess(binary, free_port(), CHAIN_ID, tmp_path / "chain").start()


def test_a_binary_that_is_named_but_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(AnvilError, match="no anvil at"):
        find_anvil(str(tmp_path / "nowhere"))


def test_a_node_that_died_by_itself_is_started_again_on_the_same_port(node: AnvilProcess) -> None:
    before = grow(node)
    node.snapshot()
    assert node.process is not None
    node.process.kill()
    node.process.wait()
    assert not node.running
    node.start()
    assert head(node) == before


STARTER = """
import sys, time
from chain.embedded import AnvilProcess, find_anvil
node = AnvilProcess(find_anvil(), int(sys.argv[1]), 31337, sys.argv[2])
node.start()
print("started", flush=True)
time.sleep(600)
"""

if sys.platform.startswith("linux"):

    def test_the_node_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
        port = free_port()
        command = [sys.executable, "-c", STARTER, str(port), str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
            assert parent.stdout is not None
            assert parent.stdout.readline() == "started\n"
            parent.send_signal(signal.SIGKILL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                call(f"http://127.0.0.1:{port}", "eth_chainId")
            except OSError:
                return
            time.sleep(0.05)
        pytest.fail("the node outlived its parent")
