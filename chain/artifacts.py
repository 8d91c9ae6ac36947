"""Compiled contracts as `python -m contracts.build` leaves them, and whether deployed code is one of them."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from chain.abi import Abi
from chain.errors import ChainError, ForeignCode

NAMES = ("CheckpointAnchor", "EpochDistributor", "HubToken")
FOLDER = Path(__file__).resolve().parent.parent / "contracts" / "build"


@dataclass(frozen=True)
class Artifact:
    """`immutables` maps the name of a variable that the constructor fills to its (start, length) ranges in the code."""

    name: str
    abi: Abi
    creation_code: bytes
    deployed_code: bytes
    immutables: dict[str, list[tuple[int, int]]]

    def immutable_values(self, code: bytes) -> dict[str, bytes]:
        """What the constructor filled in, by name, as 32-byte words.

        Raises `ForeignCode` unless `code` equals this contract's deployed code everywhere else.
        """
        if self._masked(code) != self._masked(self.deployed_code):
            raise ForeignCode(f"the code is not that of {self.name} as compiled here")
        found = {
            name: {code[start : start + size] for start, size in ranges} for name, ranges in self.immutables.items()
        }
        if any(len(values) != 1 for values in found.values()):
            raise ForeignCode(f"an immutable value of {self.name} differs between its places in the code")
        return {name: values.pop() for name, values in found.items()}

    def _masked(self, code: bytes) -> bytes:
        masked = bytearray(code)
        for ranges in self.immutables.values():
            for start, size in ranges:
                masked[start : start + size] = bytes(size)
        return bytes(masked)


@cache
def artifact(name: str) -> Artifact:
    """ChainError, saying how to build it, if the contract has not been compiled."""
    path = FOLDER / f"{name}.json"
    if not path.exists():
        raise ChainError(f"{path} is missing; `make contracts` compiles the contracts")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Artifact(
        name=name,
        abi=Abi(content["abi"]),
        creation_code=bytes.fromhex(content["bytecode"].removeprefix("0x")),
        deployed_code=bytes.fromhex(content["deployedBytecode"].removeprefix("0x")),
        immutables={
            key: [(part["start"], part["length"]) for part in parts]
            for key, parts in content["immutableReferences"].items()
        },
    )


def error_name(data: bytes) -> str:
    """The name of the error of any of our contracts that revert data holds; empty if it is none of them."""
    return next((found for name in NAMES if (found := artifact(name).abi.error_name(data))), "")
