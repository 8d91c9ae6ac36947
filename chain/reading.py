"""Reads of our contracts: calls that change nothing, and what their events say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chain.abi import Event
from chain.artifacts import artifact
from chain.client import ChainClient
from chain.errors import CallReverted, NodeRefused, NotDeployed


@dataclass(frozen=True)
class Entry:
    """A decoded event and its place in the chain."""

    event: Event
    transaction: str
    block_number: int
    block_hash: str
    log_index: int


def read(contract: str, address: str, function: str, *arguments: Any) -> tuple[Any, ...]:
    """What a view of the contract at an address answers, at the newest block.

    CallReverted when it refuses, NotDeployed when something else stands there, ChainUnavailable, WrongChain.
    """
    abi = artifact(contract).abi
    try:
        answer = ChainClient.from_settings().read(address, abi.encode_call(function, *arguments))
        return abi.decode_result(function, answer)
    except NodeRefused as error:
        raise CallReverted(abi.error_name(error.data), f"{function}: {error}") from error
    except ValueError as error:
        raise NotDeployed(f"{address} does not answer as {contract} does: {error}") from error


def entries(
    contract: str, address: str, from_block: int, to_block: int | None, topics: Sequence[bytes] = ()
) -> list[Entry]:
    """The events of the contract at an address in a range of blocks, in their order; up to the newest block without
    `to_block`. `topics` narrows the search to events that begin with these.
    """
    query: dict[str, Any] = {
        "address": address,
        "fromBlock": hex(from_block),
        "toBlock": "latest" if to_block is None else hex(to_block),
        "topics": ["0x" + topic.hex() for topic in topics],
    }
    found = [_entry(contract, raw) for raw in ChainClient.from_settings().call("eth_getLogs", query)]
    return [entry for entry in found if entry is not None]


def _entry(contract: str, raw: dict[str, Any]) -> Entry | None:
    """None for an event that the contract as compiled here does not have."""
    event = artifact(contract).abi.decode_event([_bytes(topic) for topic in raw["topics"]], _bytes(raw["data"]))
    if event is None:
        return None
    return Entry(
        event=event,
        transaction=raw["transactionHash"],
        block_number=int(raw["blockNumber"], 16),
        block_hash=raw["blockHash"],
        log_index=int(raw["logIndex"], 16),
    )


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
