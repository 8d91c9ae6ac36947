"""Nodes that fail, lie, or belong to another chain."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from chain import calls, selectors
from chain.client import ChainClient
from chain.embedded import AnvilProcess
from chain.errors import ChainUnavailable, NodeRefused, WrongChain
from chain.models import ChainTransaction
from tests.chain.conftest import CHAIN_ID, Hub
from tests.chain.faulty import FaultyNode, honest

State = ChainTransaction.State


@pytest.fixture
def faulty(node: AnvilProcess) -> Iterator[FaultyNode]:
    found = FaultyNode(node.url)
    yield found
    found.close()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, b"slow down"), (500, b""), (502, b"<html>"), (200, b""), (200, b"not json"), (200, b"[]"), (200, b"{}"),
        (200, b'{"error": {"code": -32005, "message": "limit exceeded"}}'),
    ],
)  # fmt: skip
def test_the_next_node_is_asked_when_one_gives_no_sound_answer(
    faulty: FaultyNode, node: AnvilProcess, status: int, body: bytes
) -> None:
    faulty.spoil = lambda _method, _answer: (status, body)
    assert ChainClient([faulty.url, node.url], CHAIN_ID).latest().number == 0
    with pytest.raises(ChainUnavailable):
        ChainClient([faulty.url], CHAIN_ID).latest()


def test_the_next_node_is_asked_when_one_takes_too_long(faulty: FaultyNode, node: AnvilProcess) -> None:
    def slow(method: str, answer: dict[str, Any]) -> tuple[int, bytes]:
        time.sleep(2)
        return honest(method, answer)

    faulty.spoil = slow
    assert ChainClient([faulty.url, node.url], CHAIN_ID, timeout=0.3).latest().number == 0


def test_a_node_that_failed_is_asked_last_for_a_while(faulty: FaultyNode, node: AnvilProcess) -> None:
    client = ChainClient([faulty.url, node.url], CHAIN_ID)
    faulty.spoil = lambda _method, _answer: (503, b"")
    client.latest()
    asked = len(faulty.calls)
    for _ in range(5):
        client.latest()
    assert len(faulty.calls) == asked


def test_an_answer_of_no_is_not_asked_elsewhere(faulty: FaultyNode, node: AnvilProcess) -> None:
    with pytest.raises(NodeRefused):
        ChainClient([node.url, faulty.url], CHAIN_ID).send(b"\x12\x34")
    assert faulty.calls == []


def test_every_node_says_its_chain_before_it_hears_anything(faulty: FaultyNode) -> None:
    def other_chain(method: str, answer: dict[str, Any]) -> tuple[int, bytes]:
        return honest(method, {**answer, "result": "0x1"} if method == "eth_chainId" else answer)

    faulty.spoil = other_chain
    with pytest.raises(WrongChain):
        ChainClient([faulty.url], CHAIN_ID).send(b"secret")
    assert faulty.calls == ["eth_chainId"]


def test_a_node_that_failed_says_its_chain_again(faulty: FaultyNode) -> None:
    client = ChainClient([faulty.url], CHAIN_ID)
    client.latest()
    faulty.spoil = lambda _method, _answer: (503, b"")
    with pytest.raises(ChainUnavailable):
        client.latest()
    faulty.spoil, faulty.calls = honest, []
    client.latest()
    assert faulty.calls[0] == "eth_chainId"


def test_without_an_address_the_chain_is_unavailable() -> None:
    with pytest.raises(ChainUnavailable):
        ChainClient([], CHAIN_ID).latest()


@pytest.mark.parametrize("lie", ["blockHash", "blockNumber"])
def test_a_receipt_that_its_block_does_not_confirm_is_not_believed(
    deployed: Hub, faulty: FaultyNode, settings: Settings, lie: str
) -> None:
    def lying(method: str, answer: dict[str, Any]) -> tuple[int, bytes]:
        if method == "eth_getTransactionReceipt" and answer.get("result"):
            false = {"blockHash": "0x" + "ee" * 32, "blockNumber": "0x0"}[lie]
            answer = {**answer, "result": {**answer["result"], lie: false}}
        return honest(method, answer)

    key = deployed.enqueue_anchor(7)
    deployed.advance()
    faulty.spoil = lying
    settings.CHAIN_EMBEDDED = False
    settings.CHAIN_RPC_URLS = [faulty.url]
    deployed.advance(60)
    assert deployed.row(key).state == State.SIGNED
    faulty.spoil = honest
    deployed.advance(60)
    assert deployed.row(key).state in {State.MINED, State.FINAL}


def test_a_node_that_lags_behind_changes_nothing_at_first(
    deployed: Hub, faulty: FaultyNode, settings: Settings
) -> None:
    """Several nodes behind one address may answer from different heights."""
    key = deployed.enqueue_anchor(7)
    for _ in range(3):
        deployed.advance()

    def lagging(method: str, answer: dict[str, Any]) -> tuple[int, bytes]:
        if method == "eth_getBlockByNumber" and answer["result"]["number"] != "0x0":
            answer = {**answer, "result": {**answer["result"], "number": "0x1"}}
        if method in {"eth_getTransactionCount", "eth_getTransactionReceipt"}:
            answer = {**answer, "result": "0x0" if method == "eth_getTransactionCount" else None}
        return honest(method, answer)

    faulty.spoil = lagging
    settings.CHAIN_EMBEDDED = False
    settings.CHAIN_RPC_URLS = [faulty.url]
    deployed.advance(60)
    assert deployed.row(key).state == State.FINAL
    assert selectors.recent_events() == []
    deployed.advance(700)
    assert deployed.row(key).state == State.SIGNED, "after ten minutes the node is believed"
    assert selectors.recent_events()[0].kind == "lost_blocks"


def test_a_public_chain_is_asked_at_intervals(deployed: Hub, faulty: FaultyNode, settings: Settings) -> None:
    settings.CHAIN_EMBEDDED = False
    settings.CHAIN_RPC_URLS = [faulty.url]
    deployed.advance(60)
    asked = len(faulty.calls)
    for _ in range(4):
        deployed.advance(1)
    assert len(faulty.calls) == asked
    deployed.enqueue_anchor(7)
    deployed.advance(1)
    assert len(faulty.calls) > asked


def test_an_account_that_cannot_pay_is_told_until_it_can(deployed: Hub, settings: Settings) -> None:
    settings.CHAIN_EMBEDDED = False
    operator = selectors.operator_address()
    deployed.rpc("anvil_setBalance", operator, "0x1")
    key = deployed.enqueue_anchor(7)
    deployed.advance(60)
    assert [(event.kind, event.ended) for event in selectors.recent_events()] == [("low_balance", None)]
    assert operator in selectors.recent_events()[0].text
    assert "insufficient funds" in deployed.row(key).error.lower()
    deployed.rpc("anvil_setBalance", operator, hex(10**18))
    deployed.advance(60)
    deployed.rpc("evm_mine")
    deployed.advance(60)
    assert selectors.recent_events()[0].ended is not None
    assert (deployed.row(key).state, deployed.row(key).error) == (State.MINED, "")
    assert calls.read_head().size == 7


def test_an_answer_that_is_json_but_no_number_is_unavailable(faulty: FaultyNode) -> None:
    faulty.spoil = lambda _method, _answer: (200, json.dumps({"result": None}).encode())
    with pytest.raises(ChainUnavailable):
        ChainClient([faulty.url], CHAIN_ID).latest()
