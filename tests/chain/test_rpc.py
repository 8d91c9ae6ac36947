"""`/rpc` lets wallets read and send, and nobody rewrite the chain."""

import json
import time
from typing import Any, cast

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from eth_account import Account
from pytest_django import Settings

from chain import rpc, selectors
from chain.client import ChainClient
from tests.chain.conftest import Hub

WALLET = Account.create()


@pytest.fixture(autouse=True)
def fresh_limits(hub: Hub) -> None:
    cache.clear()


def post(content: Any, address: str = "127.0.0.1") -> HttpResponse:
    body = content if isinstance(content, bytes) else json.dumps(content)
    client = Client(enforce_csrf_checks=True, REMOTE_ADDR=address)
    return cast(HttpResponse, client.post("/rpc", body, content_type="application/json"))


def ask(method: str, *params: Any) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(
        post({"jsonrpc": "2.0", "id": 7, "method": method, "params": list(params)}).content
    )
    assert (answer["jsonrpc"], answer["id"]) == ("2.0", 7)
    return answer


def transfer(nonce: int) -> str:
    fields = {
        "type": 2, "chainId": 31337, "nonce": nonce, "to": "0xABaBaBaBABabABabAbAbABAbABabababaBaBABaB", "value": 5,
        "gas": 21_000, "maxFeePerGas": 10**10, "maxPriorityFeePerGas": 10**9, "data": b"",
    }  # fmt: skip
    return "0x" + bytes(Account.sign_transaction(fields, WALLET.key).raw_transaction).hex()


def test_a_wallet_reads_the_chain(hub: Hub) -> None:
    assert ask("eth_chainId")["result"] == "0x7a69"
    assert ask("eth_getBlockByNumber", "latest", False)["result"]["number"] == "0x0"


@pytest.mark.parametrize(
    "method",
    [
        "anvil_setBalance", "anvil_dumpState", "anvil_loadState", "anvil_reorg", "anvil_impersonateAccount", "evm_mine",
        "evm_revert", "evm_snapshot", "evm_setNextBlockTimestamp", "hardhat_setCode", "debug_traceTransaction",
        "eth_accounts", "eth_sendTransaction", "eth_sendUnsignedTransaction", "eth_sign", "eth_newFilter", "eth_mining",
        "txpool_content", "personal_sign", "wallet_revokePermissions", "ots_getApiLevel", "trace_block", "", "ETH_CHAINID",
    ],
)  # fmt: skip
def test_every_method_that_is_not_listed_is_refused(method: str) -> None:
    assert ask(method)["error"]["code"] == -32601


def test_a_wallets_transaction_is_mined_and_on_disk_before_the_answer(hub: Hub) -> None:
    hub.rpc("anvil_setBalance", WALLET.address, hex(10**18))
    found = ask("eth_sendRawTransaction", transfer(0))["result"]
    hub.node.kill()
    hub.node.start()
    receipt = ChainClient.from_settings().receipt(found)
    assert receipt is not None
    assert receipt["status"] == "0x1"
    assert ask("eth_getBalance", "0x" + "ab" * 20, "latest")["result"] == "0x5"


def test_a_transaction_that_the_node_refuses_makes_no_block(hub: Hub) -> None:
    assert "insufficient funds" in ask("eth_sendRawTransaction", transfer(0))["error"]["message"].lower()
    assert "error" in ask("eth_sendRawTransaction", "0x1234")
    assert hub.height() == 0


def test_the_contracts_reason_reaches_the_caller(deployed: Hub) -> None:
    request = {"to": selectors.deployment().anchor_address, "data": "0x" + "12" * 4}
    assert ask("eth_call", request, "latest")["error"]["code"] == 3


def test_a_simulated_call_cannot_override_state_or_take_more_than_a_blocks_gas(hub: Hub) -> None:
    code = {"0x" + "cd" * 20: {"code": "0x5a60005260206000f3"}}
    assert ask("eth_call", {"to": "0x" + "cd" * 20}, "latest", code)["result"] == "0x"
    hub.rpc("anvil_setCode", "0x" + "cd" * 20, "0x5a60005260206000f3")
    left = int(ask("eth_call", {"to": "0x" + "cd" * 20, "gas": hex(10**12)}, "latest")["result"], 16)
    assert left < rpc.CALL_GAS


def test_a_batch_is_answered_in_order_and_has_a_size(hub: Hub) -> None:
    calls = [{"jsonrpc": "2.0", "id": number, "method": "eth_blockNumber"} for number in range(20)]
    assert [answer["id"] for answer in json.loads(post(calls).content)] == list(range(20))
    assert post([*calls, calls[0]]).status_code == 400
    assert post([]).status_code == 400


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700), (b"{", -32700), (b"\xff\xfe", -32700), (b"[" * 100_000, -32700), (b"7", -32600), (b'"text"', -32600),
        (b"{}", -32600), (b'{"method": 5}', -32600), (b'{"method": "eth_call"}', -32602),
        (b'{"method": "eth_call", "params": {}}', -32602), (b'{"method": "eth_call", "params": [5]}', -32602),
        (b'{"method": "eth_call", "params": [{"gas": "x"}]}', -32602),
        (b'{"method": "eth_feeHistory", "params": [[]]}', -32602),
    ],
)  # fmt: skip
def test_a_request_that_makes_no_sense_is_refused_by_its_code(body: bytes, code: int) -> None:
    response = post(body)
    assert response.status_code < 500
    assert json.loads(response.content)["error"]["code"] == code


def test_a_body_over_the_cap_is_refused() -> None:
    assert post(b" " * (rpc.BODY_CAP + 1)).status_code == 413


def test_pages_of_other_sites_may_ask(hub: Hub) -> None:
    client = Client()
    preflight = client.options(
        "/rpc", headers={"Origin": "https://wallet.example", "Access-Control-Request-Method": "POST"}
    )
    assert preflight.status_code == 204
    for response in (preflight, post({"id": 1, "method": "eth_chainId"})):
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in response.headers


def test_only_post_is_answered() -> None:
    response = Client().get("/rpc")
    assert (response.status_code, response.headers["Allow"]) == (405, "POST, OPTIONS")


def test_calls_are_limited_by_the_minute_and_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc, "CALLS_PER_MINUTE", 5)
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)
    call = {"id": 1, "method": "eth_chainId"}
    assert [post(call).status_code for _ in range(7)] == [200] * 5 + [429] * 2
    assert post(call, address="192.0.2.9").status_code == 200
    assert post([call] * 6, address="192.0.2.10").status_code == 429


def test_transactions_are_limited_for_everybody_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc, "SENDS_PER_MINUTE", 1)
    send = {"id": 1, "method": "eth_sendRawTransaction", "params": ["0x00"]}
    assert post(send).status_code == 200
    assert post(send, address="192.0.2.9").status_code == 429


def test_there_is_no_such_address_on_a_public_chain(settings: Settings) -> None:
    settings.CHAIN_EMBEDDED = False
    assert post({"id": 1, "method": "eth_chainId"}).status_code == 404
    assert Client().options("/rpc").status_code == 404


def test_a_node_that_is_down_is_told_without_its_address(hub: Hub) -> None:
    hub.node.kill()
    answer = ask("eth_chainId")
    assert answer["error"]["code"] == -32002
    assert str(hub.node.port) not in json.dumps(answer)
