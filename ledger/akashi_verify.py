#!/usr/bin/env python3
"""Checks an Akashi bundle or checkpoint, with the hub switched off and without trusting it.

    python3 akashi_verify.py BUNDLE [--log-key VKEY] [--contract 0x…] [--checkpoint SAVED] [--rpc URL] [--file PATH …]
    python3 akashi_verify.py CHECKPOINT --log-key KEYS [--checkpoint SAVED --proof PROOF] [--witness VKEY …] [--rpc URL]

One file, Python 3.9 or newer, standard library only: read it before you believe it. It shares no code with the hub.
The formats are described in docs/log-format.md: RFC 9162 Merkle proofs, RFC 8785 JSON, C2SP signed notes and
cosignatures, RFC 8032 Ed25519, EIP-712 with secp256k1 and Keccak-256.

Exit codes: 0 verified; 1 refused; 2 consistent, but nothing says whom to trust; 3 could not be checked.
Importable as well: `verify_bundle(data, log_key=…, …)` returns a `Report`.
"""

from __future__ import annotations

import sys

# The standard library alone: never a module that lies beside this file by chance.
if __name__ == "__main__" and not sys.flags.isolated and not getattr(sys.flags, "safe_path", False):
    del sys.path[0]

import argparse
import base64
import binascii
import hashlib
import json
import os
import re
import time
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

FORMAT = "akashi-bundle/1"
MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 128
MAX_NESTING = 64
EMPTY_ROOT = hashlib.sha256(b"").digest()
ED25519_TYPE = b"\x01"
COSIGNATURE_TYPE = b"\x04"
OPERATOR_TYPE = b"\xffakashi-eip712-head"

Rpc = Callable[[str, list[Any]], Any]
"""Asks an Ethereum node: method and parameters in, result out. Raises `Unanswered` when it cannot be asked."""

LIMITS = (
    "That a record is proved does not make it true: the proof shows that it is the one that was logged, and unchanged.",
    "Only what the bundle holds is proved. It cannot show that nothing else happened.",
    "acct: names are pseudonyms. The log does not say which person stands behind one.",
    "Times are the hub's word. The block of an anchor shows only that everything under it existed by then.",
    "Until an anchor is final, or witnesses that both know have cosigned, two readers can be shown different histories.",
    "An anchor is worth what its chain is worth. A chain that the hub runs by itself shows the mechanism, "
    "not the guarantee.",
)


class Refused(Exception):
    """Something that does not hold; the text says what, for a person."""


class Unanswered(Exception):
    """A question that nobody answered, such as a node that cannot be reached."""


# --- canonical JSON (RFC 8785, without fractions) ----------------------------------------------------


def canonical(value: Any) -> bytes:
    """The only bytes that `value` may be written as. Raises `Refused` for what the formats exclude."""
    try:
        return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError as error:
        raise Refused("JSON that has no canonical form") from error


def parse_canonical(text: str, what: str) -> Any:
    """The value of a canonical JSON text. Raises `Refused` when it could have been written otherwise."""
    try:
        value = json.loads(text, parse_float=_no_fraction, parse_constant=_no_fraction)
    except RecursionError as error:
        raise Refused(f"JSON nested deeper than {MAX_NESTING}") from error
    except ValueError as error:
        raise Refused(f"{what} is not JSON") from error
    if canonical(value) != text.encode("utf-8", "surrogatepass"):
        raise Refused(f"{what} is not in its canonical form")
    return value


def _ordered(value: Any, room: int = MAX_NESTING) -> Any:
    if room < 0:
        raise Refused(f"JSON nested deeper than {MAX_NESTING}")
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))  # RFC 8785 section 3.2.3
        return {name: _ordered(value[name], room - 1) for name in names}
    if isinstance(value, list):
        return [_ordered(member, room - 1) for member in value]
    if isinstance(value, int) and abs(value) >= 2**53:
        raise Refused("an integer that not every JSON reader keeps exact")
    return value


def _no_fraction(text: str) -> NoReturn:
    raise Refused(f"the number {text} is not an integer")


# --- the Merkle tree (RFC 9162) ----------------------------------------------------------------------


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that an inclusion proof leads to; section 2.1.3.2."""
    if not 0 <= index < size:
        raise Refused(f"a tree of {size} leaves has no leaf {index}")
    place, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise Refused(f"the inclusion proof of entry {index} is too long")
        if place & 1 or place == last:
            result = node_hash(sibling, result)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise Refused(f"the inclusion proof of entry {index} is too short")
    return result


def is_consistent(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of `new` leaves begins with the tree of `old` leaves; section 2.1.4.2."""
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        return not proof and (old_root == EMPTY_ROOT if old == 0 else old_root == new_root)
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_found = new_found = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old_found, new_found = node_hash(sibling, old_found), node_hash(sibling, new_found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new_found = node_hash(new_found, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and old_found == old_root and new_found == new_root


# --- Ed25519 (RFC 8032) ------------------------------------------------------------------------------

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_SQRT_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_Point = tuple[int, int, int, int]
_ZERO: _Point = (0, 1, 1, 0)


def ed25519_verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is by `public` over `message`.

    Stricter than the RFC asks: S below the group order, R as its canonical bytes (so that no second signature can be
    made from one), and no key of small order (under which one signature would fit many messages).
    """
    key = _decompress(public)
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or len(signature) != 64 or scalar >= _L or _is_small(key):
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _L
    x, y, z, t = key
    return _compress(_sum_of_products(scalar, _BASE, challenge, (-x % _P, y, z, -t % _P))) == signature[:32]


def _plus(one: _Point, two: _Point) -> _Point:
    """Section 5.1.4, extended coordinates."""
    a = (one[1] - one[0]) * (two[1] - two[0]) % _P
    b = (one[1] + one[0]) * (two[1] + two[0]) % _P
    c = 2 * one[3] * two[3] * _D % _P
    d = 2 * one[2] * two[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _sum_of_products(a: int, one: _Point, b: int, two: _Point) -> _Point:
    """a times one plus b times two, doubling once for both."""
    summand = {(1, 0): one, (0, 1): two, (1, 1): _plus(one, two)}
    result = _ZERO
    for bit in range(max(a, b).bit_length() - 1, -1, -1):
        result = _plus(result, result)
        digits = (a >> bit & 1, b >> bit & 1)
        if digits != (0, 0):
            result = _plus(result, summand[digits])
    return result


def _is_small(point: _Point) -> bool:
    """Whether eight times the point is the neutral element."""
    for _ in range(3):
        point = _plus(point, point)
    return point[0] == 0 and (point[1] - point[2]) % _P == 0


def _compress(point: _Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decompress(data: bytes) -> _Point | None:
    """Section 5.1.3; None for what is not the canonical form of a point."""
    if len(data) != 32:
        return None
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _SQRT_MINUS_ONE % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


_BASE = _decompress((4 * pow(5, -1, _P) % _P).to_bytes(32, "little")) or _ZERO


# --- Keccak-256, secp256k1, EIP-712 ------------------------------------------------------------------

_RATE = 136
_LANE = 2**64 - 1


def keccak256(data: bytes) -> bytes:
    """Keccak with the padding that Ethereum uses (0x01, not SHA-3's 0x06)."""
    room = _RATE - len(data) % _RATE
    padded = bytearray(data) + bytearray(room)
    padded[len(data)] |= 0x01
    padded[-1] |= 0x80
    lanes = [0] * 25
    for block in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            start = block + 8 * lane
            lanes[lane] ^= int.from_bytes(padded[start : start + 8], "little")
        lanes = _keccak_f(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def _keccak_f(lanes: list[int]) -> list[int]:
    """The permutation Keccak-f[1600]; lane (x, y) stands at x + 5y."""
    register = 1
    for _ in range(24):
        column = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        mixed = [column[x - 1] ^ _rotate(column[(x + 1) % 5], 1) for x in range(5)]
        lanes = [lane ^ mixed[place % 5] for place, lane in enumerate(lanes)]
        moved, x, y = lanes[:], 1, 0
        for step in range(24):
            source, turn = lanes[x + 5 * y], (step + 1) * (step + 2) // 2 % 64
            x, y = y, (2 * x + 3 * y) % 5
            moved[x + 5 * y] = _rotate(source, turn)
        lanes = [
            lane ^ (~moved[place - place % 5 + (place + 1) % 5] & moved[place - place % 5 + (place + 2) % 5] & _LANE)
            for place, lane in enumerate(moved)
        ]
        for bit in range(7):
            register = (register << 1 ^ (register >> 7) * 0x71) % 256
            if register & 2:
                lanes[0] ^= 1 << ((1 << bit) - 1)
    return lanes


def _rotate(lane: int, turn: int) -> int:
    return (lane << turn | lane >> (64 - turn)) & _LANE


_Q = 2**256 - 2**32 - 977
_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
_Affine = tuple[int, int]


def recover_address(digest: bytes, signature: bytes) -> bytes | None:
    """The 20-byte address whose key made the 65-byte signature r || s || v; None when there is none.

    v is 27 or 28 and s lies in the lower half of the group order, so a signature has one form only.
    """
    if len(signature) != 65 or signature[64] not in (27, 28):
        return None
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    square = (pow(r, 3, _Q) + 7) % _Q
    y = pow(square, (_Q + 1) // 4, _Q)
    if not 0 < r < _N or not 0 < s <= _N // 2 or y * y % _Q != square:
        return None
    if y & 1 != signature[64] - 27:
        y = _Q - y
    inverse = pow(r, -1, _N)
    message = int.from_bytes(digest, "big")
    public = _curve_plus(_curve_times(s * inverse % _N, (r, y)), _curve_times(-message * inverse % _N, _G))
    if public is None:
        return None
    return keccak256(public[0].to_bytes(32, "big") + public[1].to_bytes(32, "big"))[12:]


def _curve_plus(one: _Affine | None, two: _Affine | None) -> _Affine | None:
    if one is None or two is None:
        return one or two
    if one[0] == two[0]:
        if (one[1] + two[1]) % _Q == 0:
            return None
        slope = 3 * one[0] * one[0] * pow(2 * one[1], -1, _Q)
    else:
        slope = (two[1] - one[1]) * pow(two[0] - one[0], -1, _Q)
    x = (slope * slope - one[0] - two[0]) % _Q
    return x, (slope * (one[0] - x) - one[1]) % _Q


def _curve_times(scalar: int, point: _Affine) -> _Affine | None:
    result: _Affine | None = None
    for digit in bin(scalar)[2:]:
        result = _curve_plus(result, result)
        if digit == "1":
            result = _curve_plus(result, point)
    return result


def head_digest(chain_id: int, contract: bytes, origin: str, size: int, root: bytes) -> bytes:
    """The EIP-712 digest of `Head(bytes32 origin,uint64 size,bytes32 root)` for one contract on one chain.

    The contract knows the log by the SHA-256 of its origin line.
    """
    domain = keccak256(
        keccak256(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
        + keccak256(b"Akashi CheckpointAnchor")
        + keccak256(b"1")
        + chain_id.to_bytes(32, "big")
        + contract.rjust(32, b"\x00")
    )
    head = keccak256(
        keccak256(b"Head(bytes32 origin,uint64 size,bytes32 root)")
        + hashlib.sha256(origin.encode()).digest()
        + size.to_bytes(32, "big")
        + root
    )
    return keccak256(b"\x19\x01" + domain + head)


# --- signed notes (C2SP) -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Key:
    """A verifier key: a name and the signature type followed by the encoded public key."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> Key:
        name, _, rest = vkey.partition("+")
        identifier, _, encoded = rest.partition("+")
        key = cls(name, _base64(encoded, "a verifier key"))
        if not _is_name(name) or key.id.hex() != identifier:
            raise Refused("a verifier key whose key id does not belong to it")
        return key

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + self.public).digest()[:4]

    def is_type(self, kind: bytes) -> bool:
        """Whether it is an Ed25519 key that signs as this type says."""
        return self.public[:1] == kind and len(self.public) == 33

    def log_verifies(self, text: str, signature: bytes) -> bool:
        return ed25519_verifies(self.public[1:], text.encode(), signature)

    def cosigned(self, text: str, signature: bytes) -> int | None:
        """When a witness says it saw the note, in Unix seconds (C2SP cosignature/v1); None when it does not verify."""
        seconds = int.from_bytes(signature[:8], "big")
        signed = f"cosignature/v1\ntime {seconds}\n{text}".encode()
        return seconds if ed25519_verifies(self.public[1:], signed, signature[8:]) else None


@dataclass(frozen=True)
class Operator:
    """Who anchors: the content of a key of type 0xff `akashi-eip712-head`."""

    key: Key
    chain_id: int
    contract: bytes
    address: bytes

    @classmethod
    def parse(cls, vkey: str) -> Operator:
        key = Key.parse(vkey)
        rest = key.public[len(OPERATOR_TYPE) :]
        if not key.public.startswith(OPERATOR_TYPE) or len(rest) != 48:
            raise Refused("the operator key is not of the type akashi-eip712-head")
        return cls(key, int.from_bytes(rest[:8], "big"), rest[8:28], rest[28:])


@dataclass(frozen=True)
class Note:
    """A text and the signatures under it, each as (name, key id, signature)."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]

    @classmethod
    def parse(cls, source: str, what: str) -> Note:
        text, blank, lines = source.rpartition("\n\n")
        if not blank or not lines.endswith("\n"):
            raise Refused(f"{what} is not a signed note")
        if any(character < " " and character != "\n" for character in source):
            raise Refused(f"{what} holds control characters")
        return cls(text + "\n", tuple(_signature(line, what) for line in lines[:-1].split("\n")))

    def by(self, key: Key) -> list[bytes]:
        """The signatures that name this key."""
        return [
            signature for name, identifier, signature in self.signatures if (name, identifier) == (key.name, key.id)
        ]


def _signature(line: str, what: str) -> tuple[str, bytes, bytes]:
    name, space, encoded = line[2:].partition(" ")
    if not line.startswith("\u2014 ") or not space or not _is_name(name):
        raise Refused(f"{what} has a malformed signature line")
    data = _base64(encoded, what)
    if len(data) < 5:
        raise Refused(f"{what} has a signature line without a signature")
    return name, data[:4], data[4:]


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(sign.isspace() or sign < " " for sign in name)


def _base64(text: str, what: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(f"{what} holds malformed base64") from error
    if base64.b64encode(data).decode() != text:
        raise Refused(f"{what} holds base64 that is not in its canonical form")
    return data


@dataclass(frozen=True)
class Head:
    """What a checkpoint says: the root of the first `size` entries."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> Head:
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]):
            raise Refused("a checkpoint is three lines: origin, size, root")
        root = _base64(lines[2], "a checkpoint")
        if len(root) != 32 or int(lines[1]) >= 2**63:
            raise Refused("a checkpoint with a size or root out of range")
        return cls(lines[0], int(lines[1]), root)


# --- the bundle --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """A logged event. `disclosed` maps a details group to its salt and canonical text."""

    index: int
    body: str
    members: dict[str, Any]
    proof: list[bytes]
    disclosed: dict[str, tuple[bytes, str]]


@dataclass(frozen=True)
class Anchor:
    """Where the bundle says that the tree of `size` entries was anchored; `proof` leads on to the checkpoint."""

    chain_id: int
    contract: bytes
    transaction: str
    block: int
    block_hash: str
    size: int
    root: bytes
    proof: list[bytes]


@dataclass(frozen=True)
class Bundle:
    """The parsed content. `trees` and `revisions` map a digest to the text under it, not yet compared."""

    origin: str
    log_key: Key
    log_vkey: str
    operator: Operator
    checkpoint: Note
    entries: list[Entry]
    revisions: dict[str, str]
    trees: dict[str, str]
    salts: dict[str, bytes]
    anchor: Anchor | None


_MEMBERS = [
    "format",
    "origin",
    "log_key",
    "operator_key",
    "checkpoint",
    "entries",
    "revisions",
    "trees",
    "salts",
    "anchor",
]
_ENTRY = ["akashi", "type", "time", "actor", "subject", "data", "details"]
_ANCHOR = ["chain_id", "contract", "transaction", "block", "block_hash", "size", "root", "proof"]


def open_note(data: bytes) -> Note:
    """The signed note that a file holds."""
    if len(data) > MAX_BYTES:
        raise Refused(f"a file of more than {MAX_BYTES} bytes is no bundle")
    try:
        return Note.parse(data.decode("utf-8"), "the file")
    except UnicodeDecodeError as error:
        raise Refused("the file is not UTF-8 text") from error


def open_checkpoint(note: Note) -> str:
    """The origin of a checkpoint that stands alone."""
    if note.text.count("\n") != 3:
        raise Refused("the file is neither a bundle nor a checkpoint")
    return Head.parse(note.text).origin


def checkpoint_alone(note: Note, origin: str, log_key: str | None) -> Bundle:
    """A checkpoint as a bundle of no entries. It carries no keys, so those that the reader gave say whose it is."""
    if log_key is None:
        raise Unanswered("a checkpoint carries no keys: give both lines that the log serves as /log/key")
    given = {vkey: _given_key(vkey) for vkey in log_key.split()}
    by_log = [vkey for vkey, key in given.items() if key.name == origin and note.by(key)]
    by_operator = [vkey for vkey, key in given.items() if key.name == f"{origin}/operator"]
    if not by_log:
        raise Refused("the checkpoint is not signed by a log key that you trust")
    if not by_operator:
        raise Unanswered("the keys you gave do not say who anchors: give both lines that the log serves as /log/key")
    operator = Operator.parse(by_operator[0])
    return Bundle(origin, given[by_log[0]], by_log[0], operator, note, [], {}, {}, {}, None)


def _given_key(vkey: str) -> Key:
    """A key that the reader gave."""
    try:
        return Key.parse(vkey)
    except Refused as error:
        raise Unanswered(f"not a verifier key string: {vkey}") from error


def open_bundle(note: Note) -> Bundle:
    """The content of a bundle. The signature is not checked here."""
    if note.text.count("\n") != 1:
        raise Refused("the signed text is not one line")
    content = parse_canonical(note.text[:-1], "the bundle")
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise Refused(f"the file is not an {FORMAT}")
    return _read_bundle(_object(content, _MEMBERS, "the bundle"))


def _read_bundle(content: dict[str, Any]) -> Bundle:
    anchor = content["anchor"]
    return Bundle(
        origin=_text(content["origin"], "the origin"),
        log_key=Key.parse(_text(content["log_key"], "the log key")),
        log_vkey=content["log_key"],
        operator=Operator.parse(_text(content["operator_key"], "the operator key")),
        checkpoint=Note.parse(_text(content["checkpoint"], "the checkpoint"), "the checkpoint"),
        entries=[_read_entry(entry) for entry in _list(content["entries"], "the entries")],
        revisions=_texts(content["revisions"], "a revision"),
        trees=_texts(content["trees"], "a tree"),
        salts={name: _hex(salt, 32, "a salt") for name, salt in _object(content["salts"], None, "the salts").items()},
        anchor=None if anchor is None else _read_anchor(_object(anchor, _ANCHOR, "the anchor")),
    )


def _read_entry(value: Any) -> Entry:
    found = _object(value, ["index", "body", "proof", "details"], "an entry of the bundle")
    groups = _object(found["details"], None, "the details of an entry")
    body = _text(found["body"], "an entry")
    return Entry(
        index=_whole(found["index"], "an entry's index"),
        body=body,
        members=_read_members(body),
        proof=_hashes(found["proof"], "an inclusion proof"),
        disclosed={name: _read_group(group) for name, group in groups.items()},
    )


def _read_members(body: str) -> dict[str, Any]:
    if len(body.encode()) > 65_535:
        raise Refused("an entry is longer than 65,535 bytes")
    members = _object(parse_canonical(body, "an entry"), _ENTRY, "an entry")
    if canonical(members["akashi"]) != b"1":
        raise Refused("an entry of an unknown format")
    for name in ("type", "time", "actor", "subject"):
        _text(members[name], f"an entry's {name}")
    _object(members["data"], None, "an entry's data")
    for digest in _object(members["details"], None, "an entry's details").values():
        _hex(digest, 32, "a details digest")
    return members


def _read_group(value: Any) -> tuple[bytes, str]:
    group = _object(value, ["body", "salt"], "a details group")
    return _hex(group["salt"], 32, "a salt"), _text(group["body"], "a details group")


def _read_anchor(found: dict[str, Any]) -> Anchor:
    return Anchor(
        chain_id=_whole(found["chain_id"], "a chain id"),
        contract=_prefixed(found["contract"], 20, "a contract address"),
        transaction="0x" + _prefixed(found["transaction"], 32, "a transaction hash").hex(),
        block=_whole(found["block"], "a block number"),
        block_hash="0x" + _prefixed(found["block_hash"], 32, "a block hash").hex(),
        size=_whole(found["size"], "an anchored size"),
        root=_hex(found["root"], 32, "an anchored root"),
        proof=_hashes(found["proof"], "a consistency proof"),
    )


def _object(value: Any, members: Sequence[str] | None, what: str) -> dict[str, Any]:
    if not isinstance(value, dict) or (members is not None and sorted(value) != sorted(members)):
        raise Refused(f"{what} has other members than the format says")
    return value


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise Refused(f"{what} should be a list")
    return value


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise Refused(f"{what} should be text")
    return value


def _whole(value: Any, what: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Refused(f"{what} should be a whole number")
    return value


def _hex(value: Any, size: int, what: str) -> bytes:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]*", value) or len(value) != 2 * size:
        raise Refused(f"{what} should be {2 * size} hexadecimal digits")
    return bytes.fromhex(value)


def _prefixed(value: Any, size: int, what: str) -> bytes:
    if not isinstance(value, str) or not value.startswith("0x"):
        raise Refused(f"{what} should begin with 0x")
    return _hex(value[2:], size, what)


def _hashes(value: Any, what: str) -> list[bytes]:
    return [_hex(item, 32, what) for item in _list(value, what)]


def _texts(value: Any, what: str) -> dict[str, str]:
    found = _object(value, None, what)
    for digest, text in found.items():
        _hex(digest, 32, f"the digest of {what}")
        _text(text, what)
    return found


# --- the report --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Check:
    """One thing looked at. `passed` is None when it was not asked for or not possible; `code` never changes."""

    code: str
    passed: bool | None
    text: str
    values: dict[str, Any]


@dataclass
class Report:
    """What was found in a `subject`. `trusted` says that the log is one the reader already knew."""

    subject: str = "bundle"
    checks: list[Check] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    trusted: bool = False
    unanswered: bool = False

    @property
    def verdict(self) -> str:
        """`refused`, `unchecked`, `verified` or `consistent`."""
        if any(check.passed is False for check in self.checks):
            return "refused"
        if self.unanswered:
            return "unchecked"
        return "verified" if self.trusted else "consistent"

    @property
    def exit_code(self) -> int:
        return {"verified": 0, "refused": 1, "consistent": 2, "unchecked": 3}[self.verdict]

    @property
    def summary(self) -> str:
        return {
            "verified": "Verified: every record in this bundle is in the log you trust."
            if self.subject == "bundle"
            else "Verified: this checkpoint is by the log you trust.",
            "refused": f"Refused: do not rely on this {self.subject}.",
            "consistent": "Consistent, but not with whom: nothing you gave says which log to trust. Get the log key from "
            "somewhere other than this bundle and check again with it (--log-key).",
            "unchecked": "Not checked: something you asked for could not be looked at.",
        }[self.verdict]

    def add(self, code: str, passed: bool | None, text: str, **values: Any) -> None:
        self.checks.append(Check(code, passed, text, values))

    def reject(self, code: str, problem: Exception) -> None:
        """Something that does not hold, or that could not be looked at, in the words of its exception."""
        silent, text = isinstance(problem, Unanswered), str(problem)
        self.unanswered |= silent
        self.add(code, None if silent else False, f"{text[:1].upper()}{text[1:]}.")


@dataclass(frozen=True)
class FileDigest:
    """A reader's own file: what it is called, its SHA-256 and its size in bytes."""

    name: str
    sha256: bytes
    size: int

    @classmethod
    def of(cls, path: Path) -> FileDigest:
        """Hashes a file without holding it in memory."""
        digest, size = hashlib.sha256(), 0
        with path.open("rb") as handle:
            for piece in iter(lambda: handle.read(1 << 20), b""):
                digest.update(piece)
                size += len(piece)
        return cls(path.name, digest.digest(), size)


def verify_bundle(
    data: bytes,
    *,
    log_key: str | None = None,
    contract: str | None = None,
    saved_checkpoint: str | None = None,
    proof: str | None = None,
    witnesses: Sequence[str] = (),
    witnesses_needed: int | None = None,
    files: Iterable[FileDigest] = (),
    rpc: Rpc | None = None,
) -> Report:
    """Checks a bundle, or a checkpoint alone.

    The reader trusts already: `log_key`, a verifier key string or all that a log serves as `/log/key` (a checkpoint needs
    all); `contract`, an address; `saved_checkpoint`, a signed note, with a consistency `proof` between it and this
    checkpoint where the bundle has none; `witnesses`, verifier key strings of which `witnesses_needed` (else all) must have
    cosigned. `files` are looked for in the trees; `rpc` asks a node (see `http_rpc`).
    Malformed input is reported, never raised.
    """
    report = Report("bundle" if data[:1] == b"{" else "checkpoint")
    stage = "format"
    try:
        note = open_note(data)
        if report.subject == "bundle":
            bundle, stage = open_bundle(note), "signature"
            _check_signature(report, bundle, note)
        else:
            origin, stage = open_checkpoint(note), "log_key"
            bundle = checkpoint_alone(note, origin, log_key)
        stage = "checkpoint"
        head = _check_checkpoint(report, bundle)
    except (Refused, Unanswered) as problem:
        report.reject(stage, problem)
        return report
    questions: list[tuple[str, Callable[[], None]]] = [
        ("entries", lambda: _check_entries(report, bundle, head)),
        ("details", lambda: _check_details(report, bundle)),
        ("revisions", lambda: _check_revisions(report, bundle)),
        ("files", lambda: _check_files(report, bundle, files)),
        ("anchor", lambda: _check_anchor(report, bundle, head)),
        ("log_key", lambda: _check_log_key(report, bundle, log_key)),
        ("contract", lambda: _check_contract(report, bundle, contract)),
        ("saved", lambda: _check_saved(report, bundle, head, saved_checkpoint, proof)),
        ("witnesses", lambda: _check_witnesses(report, bundle.checkpoint, witnesses, witnesses_needed)),
        ("chain", lambda: _check_chain(report, bundle, head, contract, rpc)),
    ]
    for code, ask in questions:
        if report.subject == "bundle" or code not in _ABOUT_ENTRIES:
            _ask(report, code, ask)
    if report.verdict != "refused":
        entries = {entry.index: entry for entry in bundle.entries}
        for said in report.entries:
            said["words"] = _in_words(entries[said["index"]])
    return report


# What a checkpoint alone has nothing to say about.
_ABOUT_ENTRIES = ("entries", "details", "revisions", "anchor")


def _ask(report: Report, code: str, question: Callable[[], None]) -> None:
    try:
        question()
    except (Refused, Unanswered) as problem:
        report.reject(code, problem)


# --- the checks --------------------------------------------------------------------------------------


def _check_signature(report: Report, bundle: Bundle, note: Note) -> None:
    key = bundle.log_key
    if key.name != bundle.origin or bundle.operator.key.name != f"{bundle.origin}/operator":
        raise Refused("the keys are not named after the origin")
    if len(note.signatures) != 1 or len(note.by(key)) != 1:
        raise Refused("the bundle is not signed by its log key, and by that alone")
    if not key.is_type(ED25519_TYPE) or not key.log_verifies(note.text, note.by(key)[0]):
        raise Refused("the signature does not fit: the bundle was changed after the log signed it, or never signed")
    text = f"The bundle is whole: no byte differs from what {bundle.origin} (key {key.id.hex()}) signed."
    report.add("signature", True, text, origin=bundle.origin, key=bundle.log_vkey)


def _check_checkpoint(report: Report, bundle: Bundle) -> Head:
    note, operator = bundle.checkpoint, bundle.operator
    head = Head.parse(note.text)
    if not bundle.log_key.is_type(ED25519_TYPE):
        raise Refused("the log key is not an Ed25519 key")
    if head.origin != bundle.origin:
        raise Refused("the checkpoint is of another log")
    by_log, by_operator = note.by(bundle.log_key), note.by(operator.key)
    if not by_log or not all(bundle.log_key.log_verifies(note.text, signature) for signature in by_log):
        raise Refused("the checkpoint is not signed by the log")
    digest = head_digest(operator.chain_id, operator.contract, head.origin, head.size, head.root)
    if not by_operator or any(recover_address(digest, signature) != operator.address for signature in by_operator):
        raise Refused("the checkpoint is not signed by the anchoring operator")
    text = (
        f"The checkpoint of {head.size} entries is signed by the log and by 0x{operator.address.hex()}, "
        f"who anchors for contract 0x{operator.contract.hex()} on chain {operator.chain_id}."
    )
    values = {"operator": f"0x{operator.address.hex()}", "contract": f"0x{operator.contract.hex()}"}
    report.add("checkpoint", True, text, size=head.size, root=head.root.hex(), chain_id=operator.chain_id, **values)
    return head


def _check_entries(report: Report, bundle: Bundle, head: Head) -> None:
    previous = -1
    for entry in bundle.entries:
        if entry.index <= previous:
            raise Refused("the entries are not in the order of the log")
        previous = entry.index
        if root_from_inclusion(leaf_hash(entry.body.encode()), entry.index, head.size, entry.proof) != head.root:
            raise Refused(f"entry {entry.index} is not in the log under this checkpoint")
        said = {name: entry.members[name] for name in ("type", "time", "actor", "subject")}
        report.entries.append({"index": entry.index, **said})
    count = len(bundle.entries)
    text = f"All entries in the bundle ({count}) are in the log: each inclusion proof leads to the checkpoint's root."
    report.add("entries", True, text, count=count)


def _check_details(report: Report, bundle: Bundle) -> None:
    disclosed = committed = 0
    for entry in bundle.entries:
        digests = entry.members["details"]
        committed += len(digests)
        disclosed += len(entry.disclosed)
        for group, (salt, text) in entry.disclosed.items():
            _object(parse_canonical(text, f"the group {group} of entry {entry.index}"), None, f"the group {group}")
            if digests.get(group) != hashlib.sha256(salt + text.encode()).hexdigest():
                raise Refused(f"the words in {group} of entry {entry.index} are not those that were logged")
    text = (
        f"The words that people wrote ({disclosed} groups) are those that were logged; "
        f"{committed - disclosed} groups are erased or not disclosed here."
    )
    report.add("details", True, text, disclosed=disclosed, withheld=committed - disclosed)


def _check_revisions(report: Report, bundle: Bundle) -> None:
    trees = Trees(bundle.trees)
    complete = sum(_check_revision(bundle, trees, name, entry) for name, entry in _publishers(bundle).items())
    unreached = set(bundle.trees) - trees.reached
    if unreached:
        raise Refused(f"tree {min(unreached)} belongs to no revision in the bundle")
    count = len(bundle.revisions)
    text = (
        f"The revisions ({count}) and directories ({len(bundle.trees)}) are those whose digests the entries name; "
        f"{complete} of the revisions with every file listed."
    )
    report.add("revisions", True, text, revisions=count, trees=len(bundle.trees), complete=complete)


# What a revision object and the entry that published it must say alike.
_ALIKE = ("root_tree", "parents", "kind", "licence", "sources", "outside", "metrics")


def _check_revision(bundle: Bundle, trees: Trees, name: str, entry: Entry) -> bool:
    """Whether the bundle lists every file of this revision."""
    revision = _read_revision(bundle, name)
    data = entry.members["data"]
    counts = _object(data.get("counts"), None, f"the counts of revision {name}")
    alike = [(revision.get(member), data.get(member)) for member in _ALIKE]
    alike += [(revision["counts"].get(what), counts.get(what)) for what in ("files", "bytes")]
    alike += [(revision.get("repository"), data.get("repo"))]
    # As texts, because Python takes true and 1 for equal.
    if any(canonical(one) != canonical(two) for one, two in alike):
        raise Refused(f"revision {name} and the entry that published it disagree")
    found = trees.totals(revision["root_tree"])
    if (
        found is not None
        and f"[{found[0]},{found[1]}]" != canonical([counts.get("files"), counts.get("bytes")]).decode()
    ):
        raise Refused(f"the files of revision {name} are not as many or as large as it says")
    return found is not None


def _read_revision(bundle: Bundle, name: str) -> dict[str, Any]:
    text = bundle.revisions[name]
    if hashlib.sha256(text.encode()).hexdigest() != name:
        raise Refused(f"revision {name} has another digest than its name")
    revision = _object(parse_canonical(text, f"revision {name}"), None, f"revision {name}")
    if canonical(revision.get("akashi")) != b"1" or revision.get("type") != "revision":
        raise Refused(f"revision {name} is not a revision object")
    _object(revision.get("counts"), None, f"the counts of revision {name}")
    _hex(revision.get("root_tree"), 32, f"the root tree of revision {name}")
    return revision


def _publishers(bundle: Bundle) -> dict[str, Entry]:
    """The entry that published each revision in the bundle, in the order of the log."""
    names = {f"rev:{name}": name for name in bundle.revisions}
    found: dict[str, Entry] = {}
    for entry in bundle.entries:
        subject = entry.members["subject"]
        if entry.members["type"] == "revision.published" and subject in names:
            found.setdefault(names[subject], entry)
    missing = set(bundle.revisions) - set(found)
    if missing:
        raise Refused(f"no entry in the bundle publishes revision {min(missing)}")
    return found


class Trees:
    """The directories in a bundle. Totals are kept per directory, so that shared ones are read once."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts
        self._members: dict[str, list[dict[str, Any]]] = {}
        self._totals: dict[str, tuple[int, int] | None] = {}
        self._absent: set[tuple[str, str]] = set()
        self.reached: set[str] = set()

    def totals(self, digest: str, depth: int = 0) -> tuple[int, int] | None:
        """How many files lie below a directory and their bytes; None when the bundle does not hold all of it."""
        if digest not in self._totals:
            self._totals[digest] = self._count(digest, depth) if digest in self._texts else None
        return self._totals[digest]

    def find(self, digest: str, leaf: str, depth: int = 0) -> tuple[str, int] | None:
        """The path and size of the first file below a directory that has this leaf."""
        if (digest, leaf) in self._absent or digest not in self._texts:
            return None
        _limit_depth(depth)
        for member in self.members(digest):
            if member["type"] == "file" and member["sha256"] == leaf:
                return member["name"], member["size"]
            below = self.find(member["sha256"], leaf, depth + 1) if member["type"] == "tree" else None
            if below is not None:
                return f"{member['name']}/{below[0]}", below[1]
        self._absent.add((digest, leaf))
        return None

    def members(self, digest: str) -> list[dict[str, Any]]:
        """The parsed members of a directory that the bundle holds."""
        if digest not in self._members:
            text = self._texts[digest]
            if hashlib.sha256(text.encode()).hexdigest() != digest:
                raise Refused(f"tree {digest} has another digest than its name")
            self._members[digest] = _read_tree(parse_canonical(text, f"tree {digest}"), f"tree {digest}")
        return self._members[digest]

    def _count(self, digest: str, depth: int) -> tuple[int, int] | None:
        _limit_depth(depth)
        self.reached.add(digest)
        files = size = 0
        complete = True
        for member in self.members(digest):
            below = (1, member["size"]) if member["type"] == "file" else self.totals(member["sha256"], depth + 1)
            if below is None:
                complete = False
            elif below[1] != member["size"]:
                raise Refused(f"the directory {member['name']} is not as large as tree {digest} says")
            else:
                files, size = files + below[0], size + below[1]
        return (files, size) if complete else None


def _limit_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Refused(f"directories are nested deeper than {MAX_DEPTH}")


def _read_tree(value: Any, what: str) -> list[dict[str, Any]]:
    tree = _object(value, ["members", "type"], what)
    members = [_read_member(member) for member in _list(tree["members"], what)]
    names = [member["name"].encode() for member in members]
    if tree["type"] != "tree" or names != sorted(set(names)):
        raise Refused(f"{what} is not a directory with each name once and in order")
    return members


def _read_member(value: Any) -> dict[str, Any]:
    member = _object(value, ["name", "sha256", "size", "type"], "a tree's member")
    _hex(member["sha256"], 32, "a tree member's digest")
    _whole(member["size"], "a tree member's size")
    if not _text(member["name"], "a name") or "/" in member["name"] or member["type"] not in ("file", "tree"):
        raise Refused("a tree's member has no proper name or type")
    return member


def _check_files(report: Report, bundle: Bundle, files: Iterable[FileDigest]) -> None:
    if report.subject != "bundle":
        if list(files):
            raise Unanswered("a checkpoint lists no files: give a bundle")
        return
    trees = Trees(bundle.trees)
    for file in files:
        _ask(report, "file", partial(_check_file, report, bundle, trees, file))


def _check_file(report: Report, bundle: Bundle, trees: Trees, file: FileDigest) -> None:
    hidden = 0
    for name, entry in _publishers(bundle).items():
        revision = _read_revision(bundle, name)
        leaf = _leaf_of(bundle, revision, file)
        found = None if leaf is None else trees.find(revision["root_tree"], leaf)
        if found is not None:
            path, size = found
            if size != file.size:
                raise Refused(f"the file {file.name} has the digest of {path} in entry {entry.index}, but not its size")
            text = f"{file.name} is, byte for byte, {path} of revision {name[:10]}, published by entry {entry.index}."
            report.add("file", True, text, file=file.name, path=path, revision=name, index=entry.index)
            return
        hidden += leaf is None or trees.totals(revision["root_tree"]) is None
    if hidden:
        raise Unanswered(
            f"the file {file.name} was not found, but the bundle does not list every file of {hidden} revisions"
        )
    raise Refused(f"the file {file.name} is in none of the revisions in the bundle ({len(bundle.revisions)})")


def _leaf_of(bundle: Bundle, revision: dict[str, Any], file: FileDigest) -> str | None:
    """What stands in a revision's tree for these bytes; None when the tree is salted and the salt is not disclosed."""
    if not revision.get("salted"):
        return file.sha256.hex()
    salt = bundle.salts.get(_text(revision.get("repository"), "a repository"))
    return None if salt is None else hashlib.sha256(salt + file.sha256).hexdigest()


def _check_anchor(report: Report, bundle: Bundle, head: Head) -> None:
    anchor = bundle.anchor
    if anchor is None:
        report.add("anchor", None, "Nothing here says that these entries were anchored on a chain yet.")
        return
    if (anchor.chain_id, anchor.contract) != (bundle.operator.chain_id, bundle.operator.contract):
        raise Refused("the anchor is on another chain or contract than the operator signs for")
    if anchor.size < 1 or not is_consistent(anchor.size, head.size, anchor.root, head.root, anchor.proof):
        raise Refused("the checkpoint does not extend the anchored tree")
    under = sum(entry.index < anchor.size for entry in bundle.entries)
    text = (
        f"The log says that transaction {anchor.transaction} in block {anchor.block} anchored its first {anchor.size} "
        f"entries; the checkpoint extends that tree, and {under} of the {len(bundle.entries)} entries here are in it."
    )
    values = {"transaction": anchor.transaction, "block": anchor.block, "chain_id": anchor.chain_id}
    report.add("anchor", True, text, size=anchor.size, under=under, **values)


def _check_log_key(report: Report, bundle: Bundle, log_key: str | None) -> None:
    if log_key is None:
        return
    if bundle.log_vkey not in log_key.split():
        raise Refused(f"the bundle is by another log key than the one you trust: {bundle.log_vkey}")
    report.trusted = True
    report.add("log_key", True, "The log key is the one you trust.")


def _check_contract(report: Report, bundle: Bundle, contract: str | None) -> None:
    if contract is None:
        return
    if contract.strip().lower() != f"0x{bundle.operator.contract.hex()}":
        raise Refused(f"the log anchors in another contract than yours: 0x{bundle.operator.contract.hex()}")
    report.add("contract", True, "The log anchors in the contract you named.")


def _known(bundle: Bundle, head: Head) -> dict[int, bytes]:
    """The roots of this history that are proved here, by tree size."""
    anchored = {} if bundle.anchor is None else {bundle.anchor.size: bundle.anchor.root}
    return {**anchored, head.size: head.root}


def _check_saved(report: Report, bundle: Bundle, head: Head, saved: str | None, proof: str | None) -> None:
    if saved is None:
        if proof is not None:
            raise Unanswered("a consistency proof leads from a saved checkpoint: give that too")
        return
    note = Note.parse(saved, "the saved checkpoint")
    mine = Head.parse(note.text)
    signatures = note.by(bundle.log_key)
    if mine.origin != bundle.origin or not signatures:
        raise Refused("your saved checkpoint is by another log key")
    if not all(bundle.log_key.log_verifies(note.text, signature) for signature in signatures):
        raise Refused(f"the signature on your saved checkpoint does not fit the {report.subject}'s log key")
    known = _known(bundle, head)
    if known.get(mine.size, mine.root) != mine.root:
        raise Refused(
            f"the log signed two different histories of {mine.size} entries: this file's and your saved checkpoint's. "
            "Keep both files: together they prove it"
        )
    old, new = sorted((mine, head), key=lambda each: each.size)
    if mine.size in known:
        text = f"Your saved checkpoint of {mine.size} entries shows the same history."
    elif proof is None:
        text = (
            f"Your saved checkpoint of {mine.size} entries is by the same log key. No proof between that size and "
            f"{head.size} was given, so whether one extends the other was not compared."
        )
    elif is_consistent(old.size, new.size, old.root, new.root, read_proof(proof)):
        text = f"Your saved checkpoint of {mine.size} entries is of the same history: {new.size} entries extend {old.size}."
    else:
        raise Refused(f"the proof does not show that the history of {new.size} entries extends that of {old.size}")
    report.trusted = True
    report.add("saved", True, text, size=mine.size, compared=mine.size in known or proof is not None)


def read_proof(text: str) -> list[bytes]:
    """A consistency proof as `/api/v1/checkpoints/<size>?from=<size>` answers it, or its hashes alone, one a line."""
    if not text.lstrip().startswith("{"):
        return _hashes(text.split(), "the consistency proof")
    try:
        return _hashes(json.loads(text).get("consistency"), "the consistency proof")
    except (ValueError, RecursionError) as error:
        raise Refused("the consistency proof is not JSON") from error


def _check_witnesses(report: Report, note: Note, vkeys: Sequence[str], needed: int | None) -> None:
    if not vkeys and needed is None:
        return
    keys = [_given_key(vkey) for vkey in dict.fromkeys(vkeys)]
    distinct = len({key.public for key in keys}) == len({key.name for key in keys}) == len(keys)
    if not distinct or not all(key.is_type(COSIGNATURE_TYPE) for key in keys):
        raise Unanswered("the witness keys that you gave are not distinct keys for cosignature/v1")
    needed = len(keys) if needed is None else needed
    if not 1 <= needed <= len(keys):
        raise Unanswered(f"of {len(keys)} witnesses that you named, {needed} cannot be asked for")
    seen = {key.name: max(map(partial(_cosigned, key, note.text), note.by(key))) for key in keys if note.by(key)}
    if len(seen) < needed:
        missing = ", ".join(key.name for key in keys if key.name not in seen)
        raise Refused(f"only {len(seen)} of the {needed} witnesses that you ask for cosigned, and not {missing}")
    listed = ", ".join(f"{name} ({_moment(seconds)})" for name, seconds in seen.items())
    text = f"The checkpoint is cosigned by {len(seen)} of the {len(keys)} witnesses that you named: {listed}."
    report.add("witnesses", True, text, cosigned=seen, named=len(keys), needed=needed)


def _cosigned(key: Key, text: str, signature: bytes) -> int:
    seconds = key.cosigned(text, signature)
    if seconds is None:
        raise Refused(f"the cosignature of {key.name} does not fit this checkpoint")
    return seconds


def _moment(seconds: int) -> str:
    within = seconds < 253_402_300_800  # the year 10000
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds)) if within else f"second {seconds}"


# --- entries in words --------------------------------------------------------------------------------

_MOST_WORDS = 60


def _in_words(entry: Entry) -> str:
    """A line about an entry whose details were checked: when, what, which number, what people wrote, and who."""
    moment = entry.members["time"]
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment, re.ASCII):
        moment = f"{moment[:10]} {moment[11:16]} UTC"
    words = re.sub("[._]", " ", entry.members["type"])
    number = entry.members["data"].get("number")
    if isinstance(number, int) and not isinstance(number, bool):
        words += f" #{number}"
    for _group, (_salt, text) in sorted(entry.disclosed.items()):
        values = [value for value in json.loads(text).values() if isinstance(value, str)]
        words += "".join(f" \u201c{_short(value, _MOST_WORDS)}\u201d" for value in values[:1])
    return f"{moment}  {words}, {_short_name(entry.members['subject'])}, by {_short_name(entry.members['actor'])}"


def _short(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most]}\u2026"


def _short_name(subject: str) -> str:
    kind, colon, rest = subject.partition(":")
    return f"{kind}{colon}{_short(rest, 8)}"


# --- the chain ---------------------------------------------------------------------------------------


def http_rpc(url: str, timeout: float = 20.0) -> Rpc:
    """Asks an Ethereum JSON-RPC endpoint over HTTP."""
    if not url.startswith(("http://", "https://")):
        raise Unanswered(f"{url} is not an http or https address")

    def ask(method: str, parameters: list[Any]) -> Any:
        question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(url, json.dumps(question).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                answer = json.loads(response.read(MAX_BYTES))
        except (OSError, ValueError) as error:
            raise Unanswered(f"the node at {url} could not be asked: {error}") from error
        if not isinstance(answer, dict) or "result" not in answer:
            raise Unanswered(f"the node refused {method}: {json.dumps(answer)[:200]}")
        return answer["result"]

    return ask


def _check_chain(report: Report, bundle: Bundle, head: Head, contract: str | None, rpc: Rpc | None) -> None:
    if rpc is None:
        if contract is not None and not report.trusted:
            text = "Only the chain can say who may anchor in that contract: name a node that you trust (--rpc)."
            report.add("chain", None, text)
        return
    try:
        _check_contract_state(report, bundle, head, rpc)
        if bundle.anchor is not None:
            _check_transaction(report, bundle.anchor, rpc)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unanswered("the node's answer makes no sense") from error
    if contract is not None and not any(check.passed is False for check in report.checks):
        report.trusted = True


def _check_contract_state(report: Report, bundle: Bundle, head: Head, rpc: Rpc) -> None:
    operator = bundle.operator
    chain_id = int(rpc("eth_chainId", []), 16)
    if chain_id != operator.chain_id:
        raise Refused(f"the node is on chain {chain_id}, the log is anchored on chain {operator.chain_id}")
    origin = _call(rpc, operator.contract, "origin()")
    if origin != hashlib.sha256(bundle.origin.encode()).digest():
        raise Refused("the contract is not there, or belongs to another log")
    address = operator.address.rjust(32, b"\x00")
    if int.from_bytes(_call(rpc, operator.contract, "everOperator(address)", address), "big") != 1:
        raise Refused(f"the contract never knew 0x{operator.address.hex()} as its operator")
    answer = _call(rpc, operator.contract, "head()")
    size, root = int.from_bytes(answer[:32], "big"), answer[32:64]
    if bundle.anchor is not None and size < bundle.anchor.size:
        raise Refused(f"the contract's head is at {size} entries, below the anchor in the bundle")
    known = _known(bundle, head)
    if known.get(size, root) != root:
        raise Refused(f"the contract's head of {size} entries is of another history")
    same = "where it has the same root" if size in known else "a size whose root is not proved here"
    text = f"The contract belongs to this log, knows the operator, and its head stands at {size} entries, {same}."
    report.add("chain", True, text, size=size, chain_id=chain_id, compared=size in known)
    if int.from_bytes(_call(rpc, operator.contract, "equivocated(address)", address), "big"):
        text = "Warning: the contract holds proof that this operator once signed two contradicting histories."
        report.add("equivocated", None, text)


def _check_transaction(report: Report, anchor: Anchor, rpc: Rpc) -> None:
    receipt = rpc("eth_getTransactionReceipt", [anchor.transaction])
    if receipt is None:
        raise Refused(f"the chain has no transaction {anchor.transaction}")
    block = rpc("eth_getBlockByNumber", [hex(anchor.block), False])
    stands = block is not None and block["hash"] == receipt["blockHash"] == anchor.block_hash
    if not stands or int(receipt["blockNumber"], 16) != anchor.block or int(receipt["status"], 16) != 1:
        raise Refused(f"transaction {anchor.transaction} does not stand in block {anchor.block} of the chain")
    if not any(_is_anchored_event(log, anchor) for log in receipt["logs"]):
        raise Refused(f"transaction {anchor.transaction} anchored something else")
    depth = int(rpc("eth_blockNumber", []), 16) - anchor.block + 1
    text = f"The transaction stands in block {anchor.block}, {depth} blocks deep, and anchored exactly that root."
    report.add("transaction", True, text, block=anchor.block, depth=depth, time=int(block["timestamp"], 16))


def _is_anchored_event(log: dict[str, Any], anchor: Anchor) -> bool:
    """`Anchored(uint64 indexed size, bytes32 root, uint64 previousSize)` of that contract, with this size and root."""
    topics = [keccak256(b"Anchored(uint64,bytes32,uint64)"), anchor.size.to_bytes(32, "big")]
    return (
        _bytes(log["address"]) == anchor.contract
        and [_bytes(topic) for topic in log["topics"]] == topics
        and _bytes(log["data"])[:32] == anchor.root
    )


def _call(rpc: Rpc, contract: bytes, signature: str, argument: bytes = b"") -> bytes:
    """A read of the contract; no bytes when there is no such contract."""
    data = keccak256(signature.encode())[:4] + argument
    return _bytes(rpc("eth_call", [{"to": f"0x{contract.hex()}", "data": f"0x{data.hex()}"}, "latest"]))


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


# --- the command -------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    options = _options().parse_args(arguments)
    try:
        report = verify_bundle(
            Path(options.bundle).read_bytes(),
            log_key=options.log_key,
            contract=options.contract,
            saved_checkpoint=options.checkpoint and Path(options.checkpoint).read_text(encoding="utf-8"),
            proof=options.proof and Path(options.proof).read_text(encoding="utf-8"),
            witnesses=options.witness,
            witnesses_needed=options.witnesses_needed,
            files=[FileDigest.of(Path(path)) for path in options.file],
            rpc=http_rpc(options.rpc) if options.rpc else None,
        )
    except (OSError, UnicodeDecodeError, Unanswered) as error:
        print(f"akashi_verify: {error}", file=sys.stderr)
        return 3
    try:
        _print_json(report) if options.json else _print_words(report)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has read enough, `head` for example
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return report.exit_code


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(3, f"{self.prog}: {message}\n")


def _options() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="akashi_verify.py",
        description="Checks an Akashi bundle or checkpoint, with the hub switched off and without trusting it.",
        epilog="Exit codes: 0 verified; 1 refused; 2 consistent, but nothing says whom to trust; 3 could not be checked.",
    )
    add = parser.add_argument
    add("bundle", metavar="BUNDLE", help="the bundle file, or a checkpoint alone")
    add("--log-key", metavar="VKEY", help="the log's verifier key string that you trust, or all of /log/key")
    add("--contract", metavar="0x…", help="the contract that you trust the log to anchor in")
    add("--checkpoint", metavar="SAVED", help="a checkpoint of the log that you saved earlier")
    add("--proof", metavar="PROOF", help="a consistency proof between the saved checkpoint and this one")
    add("--witness", metavar="VKEY", action="append", default=[], help="who must have cosigned; may be repeated")
    add("--witnesses-needed", metavar="K", type=int, help="how many of the named witnesses suffice (all)")
    add("--rpc", metavar="URL", help="an Ethereum node to ask about the anchor")
    add("--file", metavar="PATH", action="append", default=[], help="a file to look for; may be repeated")
    add("--json", action="store_true", help="print the report as JSON")
    return parser


def _print_json(report: Report) -> None:
    checks = [
        {"code": check.code, "passed": check.passed, "text": check.text, "values": check.values}
        for check in report.checks
    ]
    answer = {"verdict": report.verdict, "summary": report.summary, "checks": checks, "entries": report.entries}
    print(json.dumps({**answer, "limits": LIMITS}, indent=2))


# For each answer the mark, the mark of a terminal that lacks it, and a colour.
_MARKS = {True: ("\u2713", "+", "32"), False: ("\u2717", "x", "31"), None: ("\u2013", "-", "33")}
_SHOWN = 6


def _print_words(report: Report) -> None:
    for check in report.checks:
        _say(check.text, _mark(check.passed))
    if report.verdict != "refused":
        if report.entries:
            _say("")
            _say("What was logged:")
        between = len(report.entries) - 2 * _SHOWN
        for place, entry in enumerate(report.entries):
            if between <= 1 or not _SHOWN <= place < _SHOWN + between:
                _say("  {index:>6}  {words}".format(**entry))
            elif place == _SHOWN:
                _say(f"          \u2026 {between} more, in full with --json")
        _say("")
        _say("What this cannot show:")
        for limit in LIMITS:
            _say(f"  {limit}")
    _say("")
    _say(report.summary)


def _mark(passed: bool | None) -> str:
    mark, plain, colour = _MARKS[passed]
    if mark.encode(_encoding(), "replace") == b"?":
        mark = plain
    return f"\x1b[{colour}m{mark}\x1b[0m " if sys.stdout.isatty() else f"{mark} "


def _encoding() -> str:
    return sys.stdout.encoding or "utf-8"


def _say(line: str, mark: str = "") -> None:
    """Prints one line, even where the terminal lacks a character of it, and nothing in it that could steer the terminal or
    look like a line of its own."""
    clean = "".join(sign if sign.isprintable() else "?" for sign in line)
    print((mark + clean).encode(_encoding(), "replace").decode(_encoding()))


if __name__ == "__main__":
    sys.exit(main())
