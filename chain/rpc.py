"""`/rpc`: the embedded chain for wallets and verifiers, without the calls that would let anybody rewrite it.

The node itself stays on loopback, for it answers calls that set balances and rewind blocks. What passes here is a list
of reads and `eth_sendRawTransaction`; that one mines, and saves the chain, before it answers, so that a transaction
somebody was told about survives a crash. On a public chain there is no such address.
"""

import json
import math
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from chain import mining
from chain.client import ChainClient
from chain.errors import ChainError, NodeRefused

BODY_CAP = 256 * 1024
BATCH_CAP = 20
CALL_GAS = 30_000_000
FEE_HISTORY_CAP = 1024
# Calls of one address per minute; a transaction counts as many, for it makes a block and a snapshot.
CALLS_PER_MINUTE = 600
SEND_WEIGHT = 30
# Transactions of everybody per minute.
SENDS_PER_MINUTE = 120

SEND = "eth_sendRawTransaction"
READS = frozenset(
    {
        "eth_blockNumber",
        "eth_call",
        "eth_chainId",
        "eth_estimateGas",
        "eth_feeHistory",
        "eth_gasPrice",
        "eth_getBalance",
        "eth_getBlockByHash",
        "eth_getBlockByNumber",
        "eth_getBlockReceipts",
        "eth_getBlockTransactionCountByHash",
        "eth_getBlockTransactionCountByNumber",
        "eth_getCode",
        "eth_getLogs",
        "eth_getStorageAt",
        "eth_getTransactionByBlockHashAndIndex",
        "eth_getTransactionByBlockNumberAndIndex",
        "eth_getTransactionByHash",
        "eth_getTransactionCount",
        "eth_getTransactionReceipt",
        "eth_maxPriorityFeePerGas",
        "eth_syncing",
        "net_version",
        "web3_clientVersion",
    }
)
PARSE_ERROR, BAD_REQUEST, NO_METHOD, BAD_PARAMS = -32700, -32600, -32601, -32602
LIMIT, UNAVAILABLE = -32005, -32002
HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "content-type",
    "Access-Control-Max-Age": "86400",
    "Cache-Control": "no-store",
}


class Refused(Exception):
    """The call is answered with a JSON-RPC error."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


@csrf_exempt
def rpc(request: HttpRequest) -> HttpResponse:
    """JSON-RPC 2.0, single or in batches of at most 20, over POST."""
    if not settings.CHAIN_EMBEDDED:
        raise Http404
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=HEADERS)
    if request.method != "POST":
        return HttpResponse(status=405, headers={**HEADERS, "Allow": "POST, OPTIONS"})
    try:
        asked = _parsed(request)
        _spend(_client_address(request), asked if isinstance(asked, list) else [asked])
    except Refused as refusal:
        status = {LIMIT: 429, BAD_REQUEST: 413}.get(refusal.code, 400)
        return _response(_error(None, refusal), status)
    if isinstance(asked, list):
        return _response([_answer(item) for item in asked])
    return _response(_answer(asked))


def _parsed(request: HttpRequest) -> Any:
    body = request.read(BODY_CAP + 1)
    if len(body) > BODY_CAP:
        raise Refused(BAD_REQUEST, f"the request is larger than {BODY_CAP} bytes")
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(PARSE_ERROR, "the request is not JSON") from None
    if isinstance(asked, list) and not 0 < len(asked) <= BATCH_CAP:
        raise Refused(BAD_PARAMS, f"a batch holds 1 to {BATCH_CAP} calls")
    return asked


# --- limits --------------------------------------------------------------------------------------
def _client_address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR") or "unknown")


def _spend(address: str, asked: list[Any]) -> None:
    """Count the calls against the limits of this minute; Refused when one is used up."""
    sends = sum(isinstance(item, dict) and item.get("method") == SEND for item in asked)
    weight = len(asked) - sends + sends * SEND_WEIGHT
    if _count(f"rpc:{address}", weight) > CALLS_PER_MINUTE:
        raise Refused(LIMIT, "too many calls; try again in a minute")
    if sends and _count("rpc:sends", sends) > SENDS_PER_MINUTE:
        raise Refused(LIMIT, "too many transactions; try again in a minute")


def _count(name: str, weight: int) -> int:
    key = f"{name}:{int(time.time() // 60)}"
    cache.add(key, 0, timeout=120)
    try:
        return cache.incr(key, weight)
    except ValueError:
        # It expired in between: a new minute began.
        return weight


# --- one call ------------------------------------------------------------------------------------
def _answer(asked: Any) -> dict[str, Any]:
    number = _id(asked)
    try:
        return {"jsonrpc": "2.0", "id": number, "result": _result(asked)}
    except Refused as refusal:
        return _error(number, refusal)
    except NodeRefused as refusal:
        data = "0x" + refusal.data.hex() if refusal.data else None
        return _error(number, Refused(refusal.code, refusal.message, data))
    except ChainError:
        return _error(number, Refused(UNAVAILABLE, "the chain's node does not answer"))


def _id(asked: Any) -> str | int | float | None:
    """The call's id as JSON can hold it: Python reads NaN and 1e400 too."""
    found = asked.get("id") if isinstance(asked, dict) else None
    if isinstance(found, float) and not math.isfinite(found):
        return None
    return found if isinstance(found, (str, int, float)) else None


def _result(asked: Any) -> Any:
    if not isinstance(asked, dict) or not isinstance(asked.get("method"), str):
        raise Refused(BAD_REQUEST, "a call is an object with a method")
    method, params = asked["method"], asked.get("params", [])
    if method not in READS and method != SEND:
        raise Refused(NO_METHOD, f"{method} is not available here")
    if not isinstance(params, list):
        raise Refused(BAD_PARAMS, "params is a list")
    client = ChainClient.from_settings()
    result = client.call(method, *_TAMED.get(method, _unchanged)(params))
    if method == SEND:
        mining.mine(client)
    return result


def _unchanged(params: list[Any]) -> list[Any]:
    return params


def _tamed_call(params: list[Any]) -> list[Any]:
    """A simulated call gets no more gas than a block has, and no say over the state it sees."""
    if not params or not isinstance(params[0], dict):
        raise Refused(BAD_PARAMS, "the first parameter is a transaction object")
    gas = min(_number(params[0].get("gas"), CALL_GAS), CALL_GAS)
    return [{**params[0], "gas": hex(gas)}, *params[1:2]]


def _tamed_fee_history(params: list[Any]) -> list[Any]:
    blocks = _number(params[0] if params else None, FEE_HISTORY_CAP)
    return [hex(min(blocks, FEE_HISTORY_CAP)), *params[1:3]]


def _number(found: Any, default: int) -> int:
    if found is None:
        return default
    try:
        number = found if isinstance(found, int) else int(found, 16)
    except (TypeError, ValueError):
        raise Refused(BAD_PARAMS, "a quantity is hex, like 0x5208") from None
    return max(int(number), 0)


_TAMED: dict[str, Callable[[list[Any]], list[Any]]] = {
    "eth_call": _tamed_call,
    "eth_estimateGas": _tamed_call,
    "eth_feeHistory": _tamed_fee_history,
}


def _error(number: Any, refusal: Refused) -> dict[str, Any]:
    error: dict[str, Any] = {"code": refusal.code, "message": refusal.message}
    if refusal.data is not None:
        error["data"] = refusal.data
    return {"jsonrpc": "2.0", "id": number, "error": error}


def _response(content: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(json.dumps(content), status=status, content_type="application/json", headers=HEADERS)
