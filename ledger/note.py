"""Signed notes of C2SP signed-note: text, a blank line, and one line per signature.

    akashi.local/1f2e3d4c
    7
    <base64 root>
    <blank line>
    — akashi.local/1f2e3d4c <base64(4-byte key id || signature)>

A key is known by name and key id together. Signatures by unknown keys are set aside, so keys can rotate and
witnesses can add theirs; a bad signature by a known key spoils the note.

Two signature types are used: Ed25519 (0x01) and this log's own `akashi-eip712-head` (0xff and that name), by which
the anchoring operator signs a head in the form that the chain's contract can check.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.errors import BadNote, BadSignature

ED25519 = b"\x01"
EIP712_HEAD = b"\xffakashi-eip712-head"
MAX_SIGNATURES = 100
MAX_BYTES = 64 * 1024 * 1024
_DASH = "\u2014 "


class Verifier(Protocol):
    """A key whose signatures count."""

    @property
    def name(self) -> str: ...

    @property
    def key_id(self) -> bytes: ...

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether `signature` is this key's over `text`. Never raises on bad signatures."""
        ...


class Signer(Protocol):
    """A key that can sign."""

    @property
    def name(self) -> str: ...

    @property
    def key_id(self) -> bytes: ...

    def sign(self, text: str) -> bytes: ...


@dataclass(frozen=True)
class Signature:
    """One signature line: who claims to have signed, with which key, and the signature itself."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """The line as written in a note, with its newline."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True)
class Note:
    """A note's text (ending in a newline) and its signature lines, not yet verified."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def from_text(cls, source: str) -> "Note":
        """Parses a signed note strictly: `from_text(s).as_text() == s` for everything it accepts."""
        check_text(source)
        text, separator, lines = source.rpartition("\n\n")
        if not separator or not lines.endswith("\n"):
            raise BadNote("no blank line before the signatures, or no newline at the end")
        found = tuple(parse_line(line) for line in lines[:-1].split("\n"))
        if len(found) > MAX_SIGNATURES:
            raise BadNote(f"more than {MAX_SIGNATURES} signatures")
        return cls(text + "\n", found)

    def as_text(self) -> str:
        """The note as written."""
        return self.text + "\n" + "".join(signature.line() for signature in self.signatures)

    def with_signature(self, signature: Signature) -> "Note":
        """The note with one more signature line; unchanged when the line is already there."""
        return self if signature in self.signatures else Note(self.text, (*self.signatures, signature))

    def verified_by(self, verifier: Verifier) -> bytes:
        """The signature by this key; raises `BadSignature` when it is missing or does not verify."""
        found = [line for line in self.signatures if (line.name, line.key_id) == (verifier.name, verifier.key_id)]
        if not found:
            raise BadSignature(f"no signature by {verifier.name}")
        if not all(verifier.verifies(self.text, line.signature) for line in found):
            raise BadSignature(f"the signature by {verifier.name} does not verify")
        return found[0].signature


def sign(text: str, signers: Sequence[Signer]) -> Note:
    """A note over `text` (which ends in a newline) with one signature line per signer."""
    check_text(text)
    if not text.endswith("\n"):
        raise BadNote("a note's text ends in a newline")
    return Note(text, tuple(Signature(key.name, key.key_id, key.sign(text)) for key in signers))


def check_text(text: str) -> None:
    """Raises `BadNote` on control characters other than newline, lone surrogates, or more than 64 MiB."""
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise BadNote("not Unicode text") from error
    if size > MAX_BYTES:
        raise BadNote(f"a note of {size} bytes exceeds {MAX_BYTES}")
    if any(character < " " and character != "\n" for character in text):
        raise BadNote("a control character other than newline")


def check_name(name: str) -> None:
    """Raises `BadNote` unless `name` can name a key: not empty, no space, no plus, no control character."""
    if not name or "+" in name or any(character.isspace() or character < " " for character in name):
        raise BadNote(f"{name!r} cannot name a key")


def key_id(name: str, public: bytes) -> bytes:
    """SHA-256(name || 0x0A || public)[:4], where `public` is the signature type followed by the encoded key."""
    return hashlib.sha256(name.encode() + b"\n" + public).digest()[:4]


def format_vkey(name: str, public: bytes) -> str:
    """The verifier key string `name+keyid+base64(type || key)`."""
    check_name(name)
    return f"{name}+{key_id(name, public).hex()}+{base64.b64encode(public).decode()}"


def parse_vkey(vkey: str) -> tuple[str, bytes]:
    """The name and the typed public key of a verifier key string; raises `BadNote` when it is not consistent."""
    name, _, rest = vkey.partition("+")
    identifier, _, encoded = rest.partition("+")
    check_name(name)
    public = decode_base64(encoded)
    if key_id(name, public).hex() != identifier:
        raise BadNote("the key id does not belong to the key")
    return name, public


def decode_base64(text: str) -> bytes:
    """RFC 4648 base64 with padding; raises `BadNote` unless `text` is its canonical form."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadNote("not base64") from error
    if base64.b64encode(data).decode() != text:
        raise BadNote("base64 that is not in its canonical form")
    return data


@dataclass(frozen=True)
class Ed25519Key:
    """A public key of type 0x01: 32 bytes as in RFC 8032."""

    name: str
    public: bytes

    @classmethod
    def from_vkey(cls, vkey: str) -> "Ed25519Key":
        """Parses a verifier key string of this type."""
        name, public = parse_vkey(vkey)
        if public[:1] != ED25519 or len(public) != 33:
            raise BadNote("not an Ed25519 verifier key")
        return cls(name, public[1:])

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, ED25519 + self.public)

    @property
    def vkey(self) -> str:
        return format_vkey(self.name, ED25519 + self.public)

    def verifies(self, text: str, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, repr=False)
class Ed25519Signer:
    """A private key of type 0x01. `seed` is the 32-byte secret of RFC 8032."""

    name: str
    seed: bytes

    @property
    def key(self) -> Ed25519Key:
        """The public half."""
        return Ed25519Key(self.name, self._private().public_key().public_bytes_raw())

    @property
    def key_id(self) -> bytes:
        return self.key.key_id

    def sign(self, text: str) -> bytes:
        return self._private().sign(text.encode())

    def __repr__(self) -> str:
        return f"Ed25519Signer({self.name!r})"

    def _private(self) -> Ed25519PrivateKey:
        if len(self.seed) != 32:
            raise BadNote("an Ed25519 seed has 32 bytes")
        return Ed25519PrivateKey.from_private_bytes(self.seed)


@dataclass(frozen=True)
class OperatorKey:
    """The anchoring operator of one contract on one chain: type 0xff `akashi-eip712-head`.

    The encoded key is chain id (8 bytes, big-endian), contract address (20) and the operator's address (20).
    """

    name: str
    chain_id: int
    contract: bytes
    operator: bytes

    @classmethod
    def from_vkey(cls, vkey: str) -> "OperatorKey":
        """Parses a verifier key string of this type."""
        name, public = parse_vkey(vkey)
        rest = public.removeprefix(EIP712_HEAD)
        if not public.startswith(EIP712_HEAD) or len(rest) != 48:
            raise BadNote("not an operator's verifier key")
        return cls(name, int.from_bytes(rest[:8], "big"), rest[8:28], rest[28:])

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, self.encoded)

    @property
    def vkey(self) -> str:
        return format_vkey(self.name, self.encoded)

    @property
    def encoded(self) -> bytes:
        """The signature type and the key, as hashed into the key id."""
        if len(self.contract) != 20 or len(self.operator) != 20 or not 0 < self.chain_id < 2**64:
            raise BadNote("an operator key is a chain id and two addresses of 20 bytes")
        return EIP712_HEAD + self.chain_id.to_bytes(8, "big") + self.contract + self.operator


def parse_line(line: str) -> Signature:
    """A signature line without its newline; raises `BadNote`."""
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise BadNote("a signature line is an em dash, a name and base64")
    check_name(name)
    data = decode_base64(encoded)
    if len(data) < 5:
        raise BadNote("a signature line without a signature")
    return Signature(name, data[:4], data[4:])
