"""Checkpoints of C2SP tlog-checkpoint: the log's head as a signed note.

The text is the origin, the tree size and the base64 root hash, each on its line; this log writes no extension
lines. Two signatures are required: Ed25519 by the log, and an EIP-712 head by the anchoring operator, so that the
contract can be shown two heads that contradict each other.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Protocol

from ledger import note
from ledger.errors import BadCheckpoint, BadNote
from ledger.merkle import EMPTY_ROOT, HASH_SIZE, MAX_SIZE

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
SIGNATURE_SIZE = 65


@dataclass(frozen=True)
class Checkpoint:
    """A head of the log: `root` is the 32-byte root hash of its first `size` leaves."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def from_text(cls, text: str) -> "Checkpoint":
        """Parses a note's text; `from_text(t).text == t` for everything it accepts."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise BadCheckpoint("a checkpoint is three lines: origin, size, root")
        if not _SIZE.fullmatch(lines[1]):
            raise BadCheckpoint(f"{lines[1]!r} is not a tree size")
        try:
            root = note.decode_base64(lines[2])
        except BadNote as error:
            raise BadCheckpoint(f"root hash: {error}") from error
        return cls(lines[0], int(lines[1]), root)

    def __post_init__(self) -> None:
        check_origin(self.origin)
        if not 0 <= self.size <= MAX_SIZE:
            raise BadCheckpoint(f"{self.size} is not a tree size")
        if len(self.root) != HASH_SIZE:
            raise BadCheckpoint(f"a root hash has {HASH_SIZE} bytes")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise BadCheckpoint("size 0 with the root of a tree that has leaves")

    @property
    def text(self) -> str:
        """The note text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @property
    def origin_hash(self) -> bytes:
        return origin_hash(self.origin)


class RecoverHead(Protocol):
    """Recovers who signed an EIP-712 head; the chain room provides it, so that this module needs no curve."""

    def __call__(
        self, *, chain_id: int, contract: bytes, origin_hash: bytes, size: int, root: bytes, signature: bytes
    ) -> bytes | None:
        """The signer's 20-byte address, or None when the 65 bytes r || s || v are no signature (s must be low)."""
        ...


@dataclass(frozen=True)
class OperatorVerifier:
    """A `note.Verifier` for the operator's line on a checkpoint."""

    key: note.OperatorKey
    recover: RecoverHead

    @property
    def name(self) -> str:
        return self.key.name

    @property
    def key_id(self) -> bytes:
        return self.key.key_id

    def verifies(self, text: str, signature: bytes) -> bool:
        try:
            head = Checkpoint.from_text(text)
        except BadCheckpoint:
            return False
        if len(signature) != SIGNATURE_SIZE:
            return False
        signer = self.recover(
            chain_id=self.key.chain_id,
            contract=self.key.contract,
            origin_hash=head.origin_hash,
            size=head.size,
            root=head.root,
            signature=signature,
        )
        return signer == self.key.operator


def open_checkpoint(source: str, *, log: note.Verifier, operator: note.Verifier | None = None) -> Checkpoint:
    """The head in a signed note, once the log's signature, and the operator's if asked for, are verified.

    Raises `BadNote`, `BadSignature` or `BadCheckpoint`. The log's key is named after the origin.
    """
    signed = note.Note.from_text(source)
    signed.verified_by(log)
    if operator is not None:
        signed.verified_by(operator)
    head = Checkpoint.from_text(signed.text)
    if head.origin != log.name:
        raise BadCheckpoint(f"the origin {head.origin} is not {log.name}")
    return head


def operator_name(origin: str) -> str:
    """The key name of the operator's signature line."""
    return f"{origin}/operator"


def origin_hash(origin: str) -> bytes:
    """SHA-256 of the origin line: how the contract names the log."""
    return hashlib.sha256(origin.encode()).digest()


def check_origin(origin: str) -> None:
    """Raises `BadCheckpoint` unless `origin` can also name a key (no space, no plus) and has at most 200 characters."""
    try:
        note.check_name(origin)
        note.check_text(origin)
    except BadNote as error:
        raise BadCheckpoint(f"origin: {error}") from error
    if len(origin) > 200 or "\n" in origin:
        raise BadCheckpoint("an origin has at most 200 characters")
