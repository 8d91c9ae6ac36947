"""JSON-RPC to the nodes of one chain: several addresses, time limits, and never a word to the wrong chain."""

import logging
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

from chain.errors import ChainUnavailable, NodeRefused, WrongChain

if TYPE_CHECKING:
    from web3 import HTTPProvider

log = logging.getLogger(__name__)
# Seconds that a node which failed is asked last; doubled for each further failure, with a fifth of chance in it.
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
# JSON-RPC error codes that mean "not now" rather than "no": resource unavailable, limit exceeded.
_PASSING = {-32002, -32005}


class _Node:
    """One address. It is asked for its chain id before anything else, and again after every failure."""

    def __init__(self, url: str, chain_id: int, timeout: float) -> None:
        self.url = url
        self.chain_id = chain_id
        self.timeout = timeout
        self.checked = False
        self.failures = 0
        self.rested = 0.0
        self._provider: HTTPProvider | None = None

    def call(self, method: str, params: Sequence[Any]) -> Any:
        if not self.checked:
            self._check()
        return self._ask(method, params)

    def _check(self) -> None:
        found = int(self._ask("eth_chainId", []), 16)
        if found != self.chain_id:
            raise WrongChain(f"{self.url} serves chain {found}; this hub is set to chain {self.chain_id}")
        self.checked = True

    def _ask(self, method: str, params: Sequence[Any]) -> Any:
        """`result`; NodeRefused for an error, and whatever the transport raises when there is no sound answer."""
        answer: dict[str, Any] = dict(self._transport().make_request(method, params))
        error = answer.get("error")
        if error is None:
            return answer["result"]
        if isinstance(error, str):
            raise NodeRefused(0, error)
        raise NodeRefused(int(error.get("code", 0)), str(error.get("message", "")), _revert_data(error.get("data")))

    def _transport(self) -> "HTTPProvider":
        if self._provider is None:
            # Imported here: it takes more than a second, and most processes never talk to a node.
            from web3 import HTTPProvider

            self._provider = HTTPProvider(
                self.url, request_kwargs={"timeout": self.timeout}, exception_retry_configuration=None
            )
        return self._provider

    def failed(self) -> None:
        self.checked = False
        pause = min(_FIRST_PAUSE * 2**self.failures, _LONGEST_PAUSE)
        self.failures = min(self.failures + 1, 10)
        self.rested = time.monotonic() + pause * random.uniform(0.8, 1.2)  # noqa: S311  (spreads load, guards nothing)

    def succeeded(self) -> None:
        self.failures = 0
        self.rested = 0.0


def _revert_data(found: Any) -> bytes:
    """Revert data as nodes send it: hex text, or an object that holds it under `data`."""
    if isinstance(found, dict):
        found = found.get("data")
    try:
        return bytes.fromhex(found.removeprefix("0x")) if isinstance(found, str) else b""
    except ValueError:
        return b""


@dataclass(frozen=True)
class Block:
    number: int
    hash: str
    parent: str
    time: int
    base_fee: int
    transactions: tuple[str, ...]


class ChainClient:
    """Calls to a chain through the first of its nodes that answers.

    Every method raises `ChainUnavailable` when none does, `WrongChain` when one serves another chain, and
    `NodeRefused` when a node answered with an error.
    """

    def __init__(self, urls: Sequence[str], chain_id: int, timeout: float = 8.0) -> None:
        self.chain_id = chain_id
        self._nodes = [_Node(url, chain_id, timeout) for url in urls]
        self._lock = threading.Lock()

    @classmethod
    def from_settings(cls) -> "ChainClient":
        """The client for this process; one per set of addresses."""
        return _shared(tuple(settings.CHAIN_RPC_URLS), settings.CHAIN_ID, settings.CHAIN_TIMEOUT)

    @property
    def first_url(self) -> str:
        if not self._nodes:
            raise ChainUnavailable("CHAIN_RPC_URLS names no node")
        return self._nodes[0].url

    def call(self, method: str, *params: Any) -> Any:
        """The `result` of a JSON-RPC call."""
        problems = []
        for node in self._in_order():
            try:
                result = node.call(method, params)
            except NodeRefused as error:
                if error.code not in _PASSING or error.data:
                    node.succeeded()
                    raise
                problems.append(f"{node.url}: {error}")
            except (OSError, ValueError, KeyError, TypeError) as error:
                # requests' exceptions are OSErrors; the others are answers that are no JSON-RPC.
                problems.append(f"{node.url}: {type(error).__name__}")
            else:
                node.succeeded()
                return result
            node.failed()
            log.warning("node failed: %s", problems[-1])
        raise ChainUnavailable("no node of the chain answers" + "".join(f"; {problem}" for problem in problems))

    def _in_order(self) -> list[_Node]:
        """Nodes as configured, those that failed lately last."""
        now = time.monotonic()
        with self._lock:
            return sorted(self._nodes, key=lambda node: max(node.rested - now, 0.0))

    # --- what this room asks for -----------------------------------------------------------------
    def block(self, which: int | str) -> Block | None:
        """A block by number or tag; None if there is none."""
        tag = hex(which) if isinstance(which, int) else which
        found = self.call("eth_getBlockByNumber", tag, False)
        if found is None:
            return None
        return Block(
            number=int(found["number"], 16),
            hash=found["hash"],
            parent=found["parentHash"],
            time=int(found["timestamp"], 16),
            base_fee=int(found.get("baseFeePerGas") or "0x0", 16),
            transactions=tuple(found["transactions"]),
        )

    def latest(self) -> Block:
        block = self.block("latest")
        if block is None:
            raise ChainUnavailable("the node has no blocks")
        return block

    def nonce(self, address: str, block: int | str = "latest") -> int:
        """How many transactions of the address are in the chain up to a block."""
        return int(self.call("eth_getTransactionCount", address, hex(block) if isinstance(block, int) else block), 16)

    def balance(self, address: str) -> int:
        """In wei."""
        return int(self.call("eth_getBalance", address, "latest"), 16)

    def code(self, address: str) -> bytes:
        return bytes.fromhex(self.call("eth_getCode", address, "latest").removeprefix("0x"))

    def receipt(self, transaction: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.call("eth_getTransactionReceipt", transaction)
        return found

    def knows(self, transaction: str) -> bool:
        """Whether the node holds the transaction, waiting or mined."""
        return self.call("eth_getTransactionByHash", transaction) is not None

    def send(self, raw: bytes) -> None:
        self.call("eth_sendRawTransaction", "0x" + raw.hex())

    def read(self, to: str, data: bytes) -> bytes:
        """The result of a call that changes nothing; NodeRefused with `data` if the contract reverts."""
        found = self.call("eth_call", {"to": to, "data": "0x" + data.hex()}, "latest")
        return bytes.fromhex(found.removeprefix("0x"))


@cache
def _shared(urls: tuple[str, ...], chain_id: int, timeout: float) -> ChainClient:
    return ChainClient(urls, chain_id, timeout)
