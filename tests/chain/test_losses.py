"""What happens when the chain forgets: a killed node, a snapshot that is older than the chain, a reorganisation."""

import json
from typing import Any

import pytest
from pytest_django import Settings

from chain import calls, selectors, services, tasks
from chain.client import ChainClient
from chain.embedded import snapshots
from chain.errors import ChainUnavailable
from chain.models import ChainTransaction
from tests.chain.conftest import TREE, Hub
from tests.chain.faulty import FaultyNode, honest

State = ChainTransaction.State


def anchored(hub: Hub, *sizes: int) -> list[str]:
    """Anchors the sizes one after the other, each final before the next."""
    keys, old = [], 0
    for size in sizes:
        keys.append(hub.enqueue_anchor(size, old))
        for _ in range(3):
            hub.advance()
        old = size
    return keys


def restart(hub: Hub) -> None:
    hub.node.kill()
    hub.node.start()


def states(keys: list[str]) -> list[str]:
    found = selectors.transactions(keys)
    return [found[key].state for key in keys]


def test_a_killed_node_comes_back_with_every_block_that_was_spoken_of(deployed: Hub) -> None:
    keys = anchored(deployed, 7, 20)
    head = ChainClient.from_settings().latest()
    restart(deployed)
    deployed.advance()
    assert ChainClient.from_settings().latest() == head
    assert states(keys) == [State.FINAL, State.FINAL]
    assert selectors.recent_events() == []


def test_a_chain_keeps_its_first_block_among_those_that_later_starts_of_the_node_made(deployed: Hub) -> None:
    first = ChainClient.from_settings().block(0)
    newest = snapshots(deployed.node.folder)[0]
    state = json.loads(newest.read_bytes())
    (begun,) = (block for block in state["blocks"] if int(block["header"]["number"], 16) == 0)
    later = {**begun, "header": {**begun["header"], "timestamp": hex(int(begun["header"]["timestamp"], 16) + 60)}}
    newest.write_text(json.dumps({**state, "blocks": [*state["blocks"], later]}))
    restart(deployed)
    deployed.advance()
    assert ChainClient.from_settings().block(0) == first
    assert selectors.recent_events() == []


def test_a_node_that_shows_no_first_block_has_not_begun_anew(deployed: Hub, settings: Settings) -> None:
    faulty = FaultyNode(deployed.node.url)
    settings.CHAIN_RPC_URLS = [faulty.url]
    asked: list[str] = []

    def without_first_block(method: str, answer: dict[str, Any]) -> tuple[int, bytes]:
        found = answer["result"]
        if method == "eth_getBlockByNumber" and found and int(found["number"], 16) == 0:
            asked.append(method)
            answer = {**answer, "result": None}
        return honest(method, answer)

    faulty.spoil = without_first_block
    deployed.advance()
    faulty.spoil = honest
    deployed.advance()
    faulty.close()
    assert asked
    assert selectors.recent_events() == []


def test_a_chain_that_lost_blocks_is_rebuilt_from_the_same_bytes(deployed: Hub) -> None:
    keys = anchored(deployed, 7)
    old = snapshots(deployed.node.folder)[0].read_bytes()
    for size, before in ((20, 7), (33, 20)):
        keys.append(deployed.enqueue_anchor(size, before))
        deployed.advance()
    raw = [deployed.raw(key) for key in keys]
    for snapshot in snapshots(deployed.node.folder):
        snapshot.write_bytes(old)
    restart(deployed)
    assert calls.read_head().size == 7
    deployed.advance()
    assert calls.read_head().root == TREE.root(33)
    assert [deployed.raw(key) for key in keys] == raw
    assert states(keys) == [State.FINAL, State.MINED, State.MINED]


def test_lost_blocks_are_told_in_the_diary_until_everything_is_back(deployed: Hub) -> None:
    old = snapshots(deployed.node.folder)[0].read_bytes()
    anchored(deployed, 7)
    height = deployed.height()
    for snapshot in snapshots(deployed.node.folder):
        snapshot.write_bytes(old)
    restart(deployed)
    back = deployed.height()
    deployed.advance()
    event = selectors.recent_events()[0]
    assert event.kind == "lost_blocks"
    assert f"stood at block {height} and came back at block {back}; 1 transaction" in event.text
    assert event.ended == deployed.now


def test_a_chain_that_lost_everything_gets_the_same_contract_and_the_same_anchors(deployed: Hub) -> None:
    before = selectors.deployment()
    keys = anchored(deployed, 7, 20, 33)
    deployed.node.kill()
    for snapshot in snapshots(deployed.node.folder):
        snapshot.unlink()
    deployed.node.start()
    assert services.deploy_contracts(now=deployed.now) == before
    for _ in range(3):
        deployed.advance()
    assert calls.read_head().root == TREE.root(33)
    assert states(keys) == [State.FINAL] * 3
    assert all(len(deployed.raw(key)) == 1 for key in keys)
    event = selectors.recent_events()[0]
    assert (event.kind, event.ended is not None) == ("lost_blocks", True)


def test_events_are_found_after_the_deployment_was_replayed_into_an_earlier_block(hub: Hub) -> None:
    for _ in range(5):
        hub.rpc("evm_mine")
    before = hub.deploy()
    anchored(hub, 7)
    hub.node.kill()
    for snapshot in snapshots(hub.node.folder):
        snapshot.unlink()
    hub.node.start()
    hub.advance()
    assert selectors.deployment().block < before.block
    assert calls.anchored_root(7) == TREE.root(7)


def test_a_broken_newest_snapshot_is_passed_over(deployed: Hub) -> None:
    anchored(deployed, 7)
    newest = snapshots(deployed.node.folder)[0]
    newest.write_bytes(newest.read_bytes()[:-100])
    restart(deployed)
    for _ in range(2):
        deployed.advance()
    assert calls.read_head().root == TREE.root(7)


@pytest.mark.parametrize("depth", [1, 3, 12])
def test_a_reorganisation_sends_the_same_bytes_again(deployed: Hub, depth: int, settings: Settings) -> None:
    settings.CONFIRMATIONS = 20
    for _ in range(12):
        deployed.rpc("evm_mine")
    key = deployed.enqueue_anchor(7)
    deployed.advance()
    raw, block = deployed.raw(key), deployed.row(key).block_hash
    for _ in range(depth - 1):
        deployed.rpc("evm_mine")
    deployed.rpc("anvil_reorg", depth, [])
    assert calls.read_head().size == 0
    deployed.advance()
    row = deployed.row(key)
    assert (row.state, deployed.raw(key)) == (State.MINED, raw)
    assert row.block_hash != block
    assert calls.read_head().root == TREE.root(7)
    event = selectors.recent_events()[0]
    assert event.kind == "reorganised"
    assert "1 transaction left its block" in event.text


def test_a_final_transaction_that_a_deep_reorganisation_took_is_sent_again(deployed: Hub) -> None:
    (key,) = anchored(deployed, 7)
    raw = deployed.raw(key)
    deployed.rpc("anvil_reorg", 4, [])
    deployed.advance()
    assert deployed.row(key).state in {State.MINED, State.FINAL}
    assert deployed.raw(key) == raw
    assert calls.read_head().root == TREE.root(7)


def test_what_is_not_final_any_more_is_among_the_unsettled(deployed: Hub) -> None:
    (key,) = anchored(deployed, 7)
    assert selectors.unsettled("anchor:") == []
    deployed.rpc("anvil_reorg", 4, [])
    deployed.advance()
    assert [view.key for view in selectors.unsettled("anchor:")] == [key]


def test_a_chain_that_does_not_answer_is_told_and_changes_nothing(deployed: Hub) -> None:
    key = deployed.enqueue_anchor(7)
    deployed.node.kill()
    for _ in range(2):
        with pytest.raises(ChainUnavailable):
            deployed.advance()
    assert deployed.row(key).state == State.QUEUED
    assert [(event.kind, event.ended) for event in selectors.recent_events()] == [("unavailable", None)]
    deployed.node.start()
    deployed.advance()
    assert deployed.row(key).state == State.MINED
    assert selectors.recent_events()[0].ended == deployed.now


def test_the_task_waits_for_a_chain_that_does_not_answer(deployed: Hub) -> None:
    key = deployed.enqueue_anchor(7)
    deployed.node.kill()
    tasks.advance()
    assert deployed.row(key).state == State.QUEUED
    deployed.node.start()
    tasks.advance()
    assert deployed.row(key).state == State.MINED


def test_a_long_replay_ends_in_one_pass(deployed: Hub) -> None:
    """More transactions than are ever in flight at once, all lost together."""
    keys, old = [], 0
    for size in range(1, 41):
        keys.append(deployed.enqueue_anchor(size, old))
        old = size
        deployed.advance()
    deployed.node.kill()
    for snapshot in snapshots(deployed.node.folder):
        snapshot.unlink()
    deployed.node.start()
    deployed.advance()
    assert calls.read_head().root == TREE.root(40)
    assert "signed" not in states(keys)
