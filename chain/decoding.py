"""A transaction of the hub in words: which function it called with what, and which events the contract answered with."""

from dataclasses import dataclass, field
from typing import Any

from chain import deployment
from chain.artifacts import artifact
from chain.calls import CONTRACT
from chain.client import ChainClient


@dataclass(frozen=True)
class Called:
    """A function or an event with its values by name: whole numbers, bytes, lists of bytes, addresses."""

    name: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AnchorCall:
    """The transaction as a node shows it. `call` is None when its data is no call of the contract; `fee` is wei, None before
    it is in a block."""

    sender: str
    nonce: int
    call: Called | None
    events: list[Called]
    fee: int | None


def anchor_call(transaction: str) -> AnchorCall | None:
    """What a transaction to `CheckpointAnchor` did, asked of a node; None when the node does not know it.

    Raises this room's errors when no node answers or nothing is deployed.
    """
    client, address = ChainClient.from_settings(), deployment.current().anchor_address
    found = client.call("eth_getTransactionByHash", transaction)
    if found is None or str(found.get("to") or "").lower() != address.lower():
        return None
    receipt = client.receipt(transaction)
    return AnchorCall(
        sender=str(found["from"]),
        nonce=int(found["nonce"], 16),
        call=_call(_bytes(found["input"])),
        events=_events(receipt or {}, address),
        fee=int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16) if receipt else None,
    )


def _call(data: bytes) -> Called | None:
    try:
        return Called(*artifact(CONTRACT).abi.decode_call(data))
    except ValueError:
        return None


def _events(receipt: dict[str, Any], address: str) -> list[Called]:
    found = []
    for entry in receipt.get("logs", ()):
        if str(entry["address"]).lower() != address.lower():
            continue
        event = artifact(CONTRACT).abi.decode_event([_bytes(topic) for topic in entry["topics"]], _bytes(entry["data"]))
        if event is not None:
            found.append(Called(event.name, event.values))
    return found


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
