"""The raw bytes of a transaction (EIP-1559, EIP-2718), signed by anything that signs a digest. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import rlp
from eth_utils.crypto import keccak

_TYPE = b"\x02"


@dataclass(frozen=True)
class SignedTransaction:
    raw: bytes
    hash: str


class SigningKey(ABC):
    """A secp256k1 key, wherever it lies."""

    address: str

    @abstractmethod
    def sign_digest(self, digest: bytes) -> bytes:
        """65 bytes r, s, v over a 32-byte digest; v is 27 or 28, s is in the lower half. `BadKey` if that fails."""

    def sign_transaction(self, fields: Mapping[str, Any]) -> SignedTransaction:
        """The raw bytes of an EIP-1559 transaction and its hash (0x…). Without `to` it makes a contract."""
        members = _members(fields)
        signature = self.sign_digest(keccak(_TYPE + rlp.encode(members)))
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
        raw = _TYPE + rlp.encode([*members, signature[64] - 27, r, s])
        return SignedTransaction(raw, "0x" + keccak(raw).hex())


def _members(fields: Mapping[str, Any]) -> list[Any]:
    """chain id, nonce, tip, fee cap, gas, to, value, data, access list (always empty)."""
    to = bytes.fromhex(fields["to"].removeprefix("0x")) if fields.get("to") else b""
    return [
        fields["chainId"],
        fields["nonce"],
        fields["maxPriorityFeePerGas"],
        fields["maxFeePerGas"],
        fields["gas"],
        to,
        fields["value"],
        bytes(fields["data"]),
        [],
    ]
