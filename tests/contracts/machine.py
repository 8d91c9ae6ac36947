"""Contracts in an in-process EVM, with calls that return values or name the error they were refused with."""

import re
from functools import cache
from hashlib import sha256
from typing import Any

import pyrevm
from eth_abi.abi import decode, encode
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak

from contracts import build

ORIGIN = sha256(b"akashi.test/log").digest()
CHAIN_ID = 31337
DELAY = 2 * 24 * 3600
START = 1_800_000_000
OPERATOR = PrivateKey(keccak(b"operator"))
ROTATION = PrivateKey(keccak(b"rotation key"))
STRANGER = PrivateKey(keccak(b"stranger"))
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


class Refused(Exception):
    """The call reverted; the text is the name of the contract's error."""


def address(key: PrivateKey) -> str:
    return str(key.public_key.to_address())


def types(parameters: list[dict[str, Any]]) -> list[str]:
    return [
        f"({','.join(types(item['components']))}){item['type'][5:]}"
        if item["type"].startswith("tuple")
        else item["type"]
        for item in parameters
    ]


def signature_hash(item: dict[str, Any]) -> bytes:
    return bytes(keccak(f"{item['name']}({','.join(types(item['inputs']))})".encode()))


@cache
def artifacts() -> dict[str, build.Artifact]:
    return build.run()


class Contract:
    """A deployed contract: `contract.call("name", sender, *arguments)`."""

    def __init__(self, name: str, *arguments: Any, spec: str = "OSAKA", chain_id: int = CHAIN_ID) -> None:
        evm = pyrevm.EVM(spec_id=spec, env=pyrevm.Env(cfg=pyrevm.CfgEnv(chain_id=chain_id)))
        self._take(name, evm)
        self.now = START
        self.wait(0)
        constructor = next(item for item in self.abi if item["type"] == "constructor")
        code = bytes.fromhex(self.artifact["bytecode"][2:]) + encode(types(constructor["inputs"]), arguments)
        try:
            self.address = self.evm.deploy(address(STRANGER), code)
        except RuntimeError as error:
            raise self._refusal(error) from None

    @classmethod
    def beside(cls, other: "Contract", name: str, at: str) -> "Contract":
        """A contract that stands at an address of another one's chain. Its clock is the other one's."""
        contract = cls.__new__(cls)
        contract._take(name, other.evm)
        contract.now, contract.address = other.now, at
        return contract

    def _take(self, name: str, evm: pyrevm.EVM) -> None:
        self.artifact = artifacts()[name]
        self.abi = self.artifact["abi"]
        self.functions = {item["name"]: item for item in self.abi if item["type"] == "function"}
        self.errors = {self._selector(item): item["name"] for item in self.abi if item["type"] == "error"}
        self.evm = evm
        self.emitted: list[tuple[str, dict[str, Any]]] = []

    @staticmethod
    def _selector(item: dict[str, Any]) -> bytes:
        return signature_hash(item)[:4]

    def wait(self, seconds: int) -> None:
        self.now += seconds
        self.evm.set_block_env(pyrevm.BlockEnv(number=1, timestamp=self.now))

    def call(self, name: str, sender: PrivateKey, *arguments: Any, value: int = 0) -> Any:
        function = self.functions[name]
        data = self._selector(function) + encode(types(function["inputs"]), arguments)
        try:
            answer = self.evm.message_call(address(sender), self.address, data, value=value)
        except RuntimeError as error:
            raise self._refusal(error) from None
        if function["stateMutability"] != "view":
            logs = self.evm.result.logs if self.evm.result else []
            self.emitted = [self._event(log) for log in logs if log.address.lower() == self.address.lower()]
        values = decode(types(function["outputs"]), answer)
        return values[0] if len(values) == 1 else values

    def read(self, name: str, *arguments: Any) -> Any:
        return self.call(name, STRANGER, *arguments)

    def _refusal(self, error: RuntimeError) -> Refused:
        found = re.search(r"output: 0x([0-9a-f]*)", str(error))
        return Refused(self.errors.get(bytes.fromhex(found[1])[:4], str(error)) if found else str(error))

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """The events of the last call that could change state, decoded."""
        return self.emitted

    def _event(self, log: pyrevm.Log) -> tuple[str, dict[str, Any]]:
        topics, data = log.data
        item = next(item for item in self.abi if item["type"] == "event" and signature_hash(item) == topics[0])
        indexed = [field for field in item["inputs"] if field["indexed"]]
        plain = [field for field in item["inputs"] if not field["indexed"]]
        values = {
            field["name"]: decode([field["type"]], topic)[0] for field, topic in zip(indexed, topics[1:], strict=True)
        }
        rest = decode(types(plain), data)
        return item["name"], values | {field["name"]: value for field, value in zip(plain, rest, strict=True)}


class Anchor(Contract):
    def __init__(self, *, origin: bytes = ORIGIN, delay: int = DELAY, chain_id: int = CHAIN_ID) -> None:
        super().__init__("CheckpointAnchor", origin, address(OPERATOR), address(ROTATION), delay, chain_id=chain_id)

    def anchor(self, size: int, root: bytes, proof: list[bytes], sender: PrivateKey = OPERATOR) -> None:
        self.call("anchor", sender, size, root, proof)

    def head(self) -> tuple[int, bytes, int]:
        size, root, time = self.read("head")
        return size, root, time

    def consistent(self, size: int, root: bytes, proof: list[bytes]) -> bool:
        return bool(self.read("verifyConsistency", size, root, proof))

    def sign(self, size: int, root: bytes, key: PrivateKey = OPERATOR) -> bytes:
        signature = key.sign_msg_hash(self.read("headDigest", size, root))
        return signature_bytes(signature.r, signature.s, signature.v + 27)


def signature_bytes(r: int, s: int, v: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([v])
