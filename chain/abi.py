"""Encoding and decoding of contract calls from a compiled contract's ABI. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eth_abi.abi import encode
from eth_abi.codec import ABICodec
from eth_abi.decoding import StringDecoder
from eth_abi.exceptions import DecodingError
from eth_abi.registry import BaseEquals, registry
from eth_utils.crypto import keccak

Item = dict[str, Any]


def _lenient() -> ABICodec:
    """A contract takes any bytes as a string. What is no UTF-8 is shown as such, and keeps nobody from reading on."""
    types = registry.copy()  # type: ignore[no-untyped-call]
    types.unregister_decoder("string")
    decoder = StringDecoder(handle_string_errors="replace")  # type: ignore[no-untyped-call]
    types.register_decoder(BaseEquals("string"), decoder, label="string")  # type: ignore[no-untyped-call]
    return ABICodec(types)


decode = _lenient().decode


def parameter_types(parameters: Sequence[Item]) -> list[str]:
    """ABI types of a parameter list; tuples are written out: `(uint64,bytes32[])`."""
    return [_type(item) for item in parameters]


def _type(item: Item) -> str:
    kind: str = item["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(parameter_types(item['components']))}){kind.removeprefix('tuple')}"


def signature_hash(item: Item) -> bytes:
    """Keccak-256 of the canonical signature: an event's first topic; its first 4 bytes select a function or error."""
    return keccak(text=f"{item['name']}({','.join(parameter_types(item['inputs']))})")


@dataclass(frozen=True)
class Event:
    """A decoded log entry of a known contract."""

    name: str
    values: dict[str, Any]


class Abi:
    def __init__(self, items: Sequence[Item]) -> None:
        self.items = list(items)

    def _named(self, kind: str, name: str) -> Item:
        return next(item for item in self.items if item["type"] == kind and item.get("name") == name)

    def encode_constructor(self, *arguments: Any) -> bytes:
        constructor = next(item for item in self.items if item["type"] == "constructor")
        return encode(parameter_types(constructor["inputs"]), arguments)

    def encode_call(self, name: str, *arguments: Any) -> bytes:
        function = self._named("function", name)
        return signature_hash(function)[:4] + encode(parameter_types(function["inputs"]), arguments)

    def decode_call(self, data: bytes) -> tuple[str, dict[str, Any]]:
        """The function's name and its arguments; ValueError if the data is no call of this contract."""
        for function in self.items:
            if function["type"] == "function" and signature_hash(function)[:4] == data[:4]:
                return function["name"], self._values(function["inputs"], data[4:])
        raise ValueError("the data calls no function of this contract")

    def decode_result(self, name: str, data: bytes) -> tuple[Any, ...]:
        """The values a function returned; ValueError if the bytes are not of its types (no code there, for example)."""
        outputs = self._named("function", name)["outputs"]
        try:
            return decode(parameter_types(outputs), data)
        except DecodingError as error:
            raise ValueError(f"{name} answered with {len(data)} bytes that it cannot have returned") from error

    @cached_property
    def _errors(self) -> dict[bytes, str]:
        return {signature_hash(item)[:4]: item["name"] for item in self.items if item["type"] == "error"}

    def error_name(self, data: bytes) -> str:
        """The name of the contract's own error in revert data; empty if it is none of them."""
        return self._errors.get(data[:4], "")

    def topic(self, event: str) -> bytes:
        return signature_hash(self._named("event", event))

    def decode_event(self, topics: Sequence[bytes], data: bytes) -> Event | None:
        """The event, or None if this contract has no such one."""
        for item in self.items:
            if item["type"] == "event" and topics and signature_hash(item) == topics[0]:
                return Event(item["name"], self._event_values(item, topics[1:], data))
        return None

    def _event_values(self, item: Item, topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
        indexed = [field for field in item["inputs"] if field["indexed"]]
        plain = [field for field in item["inputs"] if not field["indexed"]]
        values = {
            field["name"]: decode([field["type"]], topic)[0] for field, topic in zip(indexed, topics, strict=True)
        }
        return values | self._values(plain, data)

    @staticmethod
    def _values(parameters: Sequence[Item], data: bytes) -> dict[str, Any]:
        names = [field["name"] for field in parameters]
        return dict(zip(names, decode(parameter_types(parameters), data), strict=True))
