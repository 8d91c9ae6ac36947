"""Calls to CheckpointAnchor: what to send, what to read, what its events say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from eth_utils.address import to_checksum_address

from chain import deployment, reading
from chain.artifacts import artifact
from chain.client import ChainClient

CONTRACT = "CheckpointAnchor"
# The gas bound of every anchor after the first (tests/contracts/test_gas.py holds it), a quarter more for chains that
# price storage differently, and at least what a first anchor takes.
_BASE_GAS, _NODE_GAS, _LEAST_GAS = 38_500, 1_450, 100_000
APPLY_GAS = 150_000
# One question for events spans at most so many blocks; nodes refuse more.
_RANGE = 2_000


@dataclass(frozen=True)
class AnchoredHead:
    """The contract's head; `time` is the block time of the last anchor, None before the first."""

    size: int
    root: bytes
    time: datetime | None


@dataclass(frozen=True)
class AnchoredEvent:
    size: int
    root: bytes
    previous_size: int
    transaction: str
    block_number: int
    block_hash: str


# --- to send -------------------------------------------------------------------------------------
def anchor_calldata(size: int, root: bytes, proof: Sequence[bytes]) -> bytes:
    """Data of a transaction by the operator that anchors a head. The proof begins at the CHAIN's current size."""
    return artifact(CONTRACT).abi.encode_call("anchor", size, root, list(proof))


def anchor_signed_calldata(size: int, root: bytes, proof: Sequence[bytes], signature: bytes) -> bytes:
    """The same for anybody's transaction, with the operator's signature under the head."""
    return artifact(CONTRACT).abi.encode_call("anchorSigned", size, root, list(proof), signature)


def anchor_gas_limit(nodes: int) -> int:
    """A gas limit that no honest anchor with so many proof nodes exceeds."""
    return max(_LEAST_GAS, (_BASE_GAS + _NODE_GAS * nodes) * 5 // 4)


def announce_operator_calldata(address: str) -> bytes:
    """Data of a transaction by the rotation key: who replaces the operator, after the public delay."""
    return artifact(CONTRACT).abi.encode_call("announceOperator", address)


def cancel_operator_calldata() -> bytes:
    """Data of a transaction by the rotation key that withdraws the announcement."""
    return artifact(CONTRACT).abi.encode_call("cancelOperator")


def apply_operator_calldata() -> bytes:
    """Data of anybody's transaction (`APPLY_GAS`) that puts the announced operator in place once the delay is over."""
    return artifact(CONTRACT).abi.encode_call("applyOperator")


# --- to read -------------------------------------------------------------------------------------
def read_head() -> AnchoredHead:
    """The anchored head, from the chain. NotDeployed, ChainUnavailable, WrongChain."""
    size, root, time = _read("head")
    return AnchoredHead(size, root, datetime.fromtimestamp(time, UTC) if time else None)


def read_operator() -> str:
    """Who may anchor now, as the contract says it (lower-case hex)."""
    return str(_read("operator")[0])


def announced_operator() -> tuple[str, int] | None:
    """Who is announced to replace the operator (checksummed), and from which Unix second on; None if nobody is."""
    address = str(_read("pendingOperator")[0])
    return (to_checksum_address(address), int(_read("readyAt")[0])) if int(address, 16) else None


def operators_ever() -> list[str]:
    """Every operator the contract ever had, in order, the present one last. Searches all blocks since the deployment."""
    here, newest = deployment.current(), ChainClient.from_settings().latest().number
    topic = artifact(CONTRACT).abi.topic("OperatorChanged")
    return [
        str(to_checksum_address(entry.event.values["next"]))
        for first in range(here.block, newest + 1, _RANGE)
        for entry in reading.entries(CONTRACT, here.anchor_address, first, min(first + _RANGE - 1, newest), (topic,))
    ]


def is_beginning(size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the contract accepts (size, root) as a beginning of its tree; `proof` leads to the anchored size."""
    return bool(_read("verifyConsistency", size, root, list(proof))[0])


def anchored_root(size: int, *, block: int | None = None) -> bytes | None:
    """The root anchored for exactly this size, from the contract's events; None if this size was not anchored.

    `block` narrows the search to one block, which nodes that refuse long ranges need.
    """
    first = block if block is not None else deployment.current().block
    found = _events(first, block, size.to_bytes(32, "big"))
    return found[-1].root if found else None


def anchored_events(from_block: int, to_block: int | None = None) -> list[AnchoredEvent]:
    """All anchors of a range of blocks in their order; up to the newest block without `to_block`."""
    return _events(from_block, to_block)


def _events(from_block: int, to_block: int | None, *topics: bytes) -> list[AnchoredEvent]:
    anchored = artifact(CONTRACT).abi.topic("Anchored")
    address = deployment.current().anchor_address
    found = reading.entries(CONTRACT, address, from_block, to_block, (anchored, *topics))
    return [
        AnchoredEvent(
            size=entry.event.values["size"],
            root=entry.event.values["root"],
            previous_size=entry.event.values["previousSize"],
            transaction=entry.transaction,
            block_number=entry.block_number,
            block_hash=entry.block_hash,
        )
        for entry in found
    ]


def _read(name: str, *arguments: Any) -> tuple[Any, ...]:
    return reading.read(CONTRACT, deployment.current().anchor_address, name, *arguments)
