"""Cosignatures of C2SP tlog-cosignature, version 1 with Ed25519: a witness's word on a checkpoint, with its time.

A cosignature is one more signature line of the checkpoint's note, of type 0x04: eight bytes of POSIX time, big-endian,
and the Ed25519 signature over

    cosignature/v1
    time 1679315147
    <the note's text>

It says that at that time this was the largest tree of the log that the witness had seen, and that it extends all those
which the witness had seen before.
"""

import base64
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger import note
from ledger.errors import BadNote, BadSignature
from ledger.note import Note, Signature

COSIGNATURE = b"\x04"
MAX_TIME = 2**63 - 1
_TIME_SIZE = 8
_SIZE = _TIME_SIZE + 64
_PRIVATE = "PRIVATE+KEY+"


@dataclass(frozen=True)
class WitnessKey:
    """A witness's public key: 32 bytes as in RFC 8032. A `note.Verifier`."""

    name: str
    public: bytes

    @classmethod
    def from_vkey(cls, vkey: str) -> "WitnessKey":
        """Parses a verifier key string of type 0x04; raises `BadNote`."""
        name, public = note.parse_vkey(vkey)
        if public[:1] != COSIGNATURE or len(public) != 33:
            raise BadNote("not a witness's Ed25519 verifier key (type 0x04)")
        return cls(name, public[1:])

    @property
    def key_id(self) -> bytes:
        return note.key_id(self.name, COSIGNATURE + self.public)

    @property
    def vkey(self) -> str:
        return note.format_vkey(self.name, COSIGNATURE + self.public)

    def verifies(self, text: str, signature: bytes) -> bool:
        if len(signature) != _SIZE or time_of(signature) > MAX_TIME:
            return False
        message = _message(text, time_of(signature))
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature[_TIME_SIZE:], message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, repr=False)
class WitnessSigner:
    """A witness's private key. `seed` is the 32-byte secret of RFC 8032."""

    name: str
    seed: bytes

    @classmethod
    def from_text(cls, text: str) -> "WitnessSigner":
        """Parses what `as_text` writes; raises `BadNote`, which does not repeat it."""
        name, _, rest = text.strip().removeprefix(_PRIVATE).partition("+")
        identifier, _, encoded = rest.partition("+")
        note.check_name(name)
        secret = note.decode_base64(encoded)
        if not text.startswith(_PRIVATE) or secret[:1] != COSIGNATURE or len(secret) != 33:
            raise BadNote("not a witness's private key")
        signer = cls(name, secret[1:])
        if signer.key.key_id.hex() != identifier:
            raise BadNote("the key id does not belong to the private key")
        return signer

    def as_text(self) -> str:
        """`PRIVATE+KEY+name+keyid+base64(type || seed)`, as other witnesses keep theirs."""
        encoded = base64.b64encode(COSIGNATURE + self.seed).decode()
        return f"{_PRIVATE}{self.name}+{self.key.key_id.hex()}+{encoded}\n"

    @property
    def key(self) -> WitnessKey:
        """The public half."""
        return WitnessKey(self.name, self._private().public_key().public_bytes_raw())

    def cosign(self, text: str, time: int) -> Signature:
        """The cosignature of a note's text at a POSIX time."""
        if not 0 <= time <= MAX_TIME:
            raise BadNote(f"{time} is no time of a cosignature")
        signature = self._private().sign(_message(text, time))
        return Signature(self.name, self.key.key_id, time.to_bytes(_TIME_SIZE, "big") + signature)

    def __repr__(self) -> str:
        return f"WitnessSigner({self.name!r})"

    def _private(self) -> Ed25519PrivateKey:
        if len(self.seed) != 32:
            raise BadNote("an Ed25519 seed has 32 bytes")
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def time_of(signature: bytes) -> int:
    """The POSIX time at which a cosignature says it was made."""
    return int.from_bytes(signature[:_TIME_SIZE], "big")


def cosignature_by(key: WitnessKey, text: str, answer: str) -> Signature:
    """The cosignature of `text` among the signature lines that a witness answered; lines of other keys are set aside.

    Raises `BadNote` for what is no signature lines, `BadSignature` when there is none by `key` or one does not verify.
    """
    if not answer.endswith("\n"):
        raise BadNote("signature lines end in a newline")
    note.check_text(answer)
    lines = tuple(note.parse_line(line) for line in answer[:-1].split("\n"))
    Note(text, lines).verified_by(key)
    return next(line for line in lines if (line.name, line.key_id) == (key.name, key.key_id))


def cosigners(signed: Note, keys: list[WitnessKey]) -> list[WitnessKey]:
    """Those of these witnesses whose cosignatures are under the note and verify."""
    return [key for key in keys if _is_cosigned(signed, key)]


def _is_cosigned(signed: Note, key: WitnessKey) -> bool:
    try:
        signed.verified_by(key)
    except BadSignature:
        return False
    return True


def _message(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
