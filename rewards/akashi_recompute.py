#!/usr/bin/env python3
"""Computes an epoch's rewards again from its public bundle, with the hub switched off and without trusting it.

    python3 akashi_recompute.py FOLDER [--previous FOLDER] [--manifest-hash H] [--rpc URL --distributor 0x…] [--json]

One file, Python 3.9 or newer, standard library only: read it before you believe it. It shares no code with the hub.
The rule and the format are described in docs/rewards.md. From the log's entries in the bundle it follows which works
became payable, computes every score, payment, royalty and cap, settles them to wallets, builds the tree, and compares
each byte of what the bundle says with what it found.

Exit codes: 0 everything is as the rule says; 1 refused; 3 could not be checked.
Importable as well: `recompute(folder, …)` returns a `Report`.
"""

from __future__ import annotations

import sys

# The standard library alone: never a module that lies beside this file by chance.
if __name__ == "__main__" and not sys.flags.isolated and not getattr(sys.flags, "safe_path", False):
    del sys.path[0]

import argparse
import hashlib
import json
import re
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from typing import Any, NoReturn

FORMAT = "hub-epoch/1"
MANIFEST = "manifest.json"
WHOLE = 10_000
HUB = "sys:hub"
EFFORTS = (1, 2, 3, 5, 8, 13, 21)
KINDS = ("code", "compute", "data", "evaluation", "model", "review", "tuning")
MAX_MANIFEST = 1 << 20
MAX_ANSWER = 1 << 20
MAX_MEMBERS = 5_000  # lists and objects in one line: more than any entry has, too few to exhaust a reader's stack

Rpc = Callable[[str, "list[Any]"], Any]
"""Asks an Ethereum node: method and parameters in, result out. Raises `Unanswered` when it cannot be asked."""
Row = dict[str, Any]

LIMITS = (
    "That an amount follows from the record does not make the record just: what reviewers judged wrongly is paid wrongly.",
    "Entries that the bundle leaves out show only as hashes. Who keeps the log's tiles can look whether one of them counts.",
    "Which person stands behind an account the log does not say; one person may hold several.",
    "A chain that the hub runs by itself shows the mechanism, not the guarantee.",
)


class Refused(Exception):
    """Something that does not hold; the text says what, for a person."""


class Unanswered(Exception):
    """A question that nobody answered, such as a node that cannot be reached."""


# --- canonical JSON (RFC 8785, without fractions) ----------------------------------------------------


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical(value: Any) -> bytes:
    """The only bytes that `value` may be written as. Raises `Refused` for what the format excludes."""
    try:
        text = _ENCODER.encode(value)
        if not text.isascii():  # among names in ASCII the order of code points is that of UTF-16
            text = json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8")
    except (UnicodeEncodeError, RecursionError) as error:
        raise Refused(f"JSON that has no canonical form: {error}") from error


def parse_canonical(data: bytes, what: str) -> Any:
    """The value of canonical JSON bytes. Raises `Refused` when it could have been written otherwise."""
    if data.count(b"[") + data.count(b"{") > MAX_MEMBERS:
        raise Refused(f"{what} has too many members")
    try:
        value = json.loads(
            data.decode("utf-8"), parse_int=_whole, parse_float=_no_fraction, parse_constant=_no_fraction
        )
    except (ValueError, RecursionError) as error:
        raise Refused(f"{what} is not JSON") from error
    if canonical(value) != data:
        raise Refused(f"{what} is not in its canonical form")
    return value


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))  # RFC 8785 section 3.2.3
        return {name: _ordered(value[name]) for name in names}
    if isinstance(value, list):
        return [_ordered(member) for member in value]
    return value


def _whole(text: str) -> int:
    if len(text) > 17 or abs(int(text)) >= 2**53:
        raise Refused("an integer that not every JSON reader keeps exact")
    return int(text)


def _no_fraction(text: str) -> NoReturn:
    raise Refused(f"the number {text} is not an integer")


# --- Keccak-256, many messages at once ---------------------------------------------------------------

_RATE = 136
_LANES = _RATE // 8
_TOGETHER = 2048


@lru_cache(maxsize=64)  # the same few type hashes and domains are asked for with every binding
def keccak256(data: bytes) -> bytes:
    """Keccak with the padding that Ethereum uses (0x01, not SHA-3's 0x06)."""
    return keccak_many([data])[0]


def keccak_many(messages: Sequence[bytes]) -> list[bytes]:
    """The hashes of messages that all have the same length; ValueError for others.

    A lane of the state is one long integer that holds that lane of every message, 64 bits each, so that Python's own
    arithmetic works on thousands of messages in one step.
    """
    if len({len(message) for message in messages}) > 1:
        raise ValueError("messages of different lengths")
    found: list[bytes] = []
    for start in range(0, len(messages), _TOGETHER):
        found += _keccak_batch(messages[start : start + _TOGETHER])
    return found


def _keccak_batch(messages: Sequence[bytes]) -> list[bytes]:
    count, length = len(messages), len(messages[0])
    room = _RATE - length % _RATE
    tail = b"\x81" if room == 1 else b"\x01" + bytes(room - 2) + b"\x80"
    padded = [message + tail for message in messages]
    lanes = [0] * 25
    for block in range(0, length + room, _RATE):
        words = memoryview(b"".join(message[block : block + _RATE] for message in padded)).cast("Q")
        for lane in range(_LANES):
            lanes[lane] ^= int.from_bytes(words[lane::_LANES].tobytes(), "little")
        lanes = _keccak_f(lanes, count)
    mixed = bytearray(32 * count)
    view = memoryview(mixed).cast("Q")
    for lane in range(4):
        view[lane::4] = memoryview(lanes[lane].to_bytes(8 * count, "little")).cast("Q")
    return [bytes(mixed[start : start + 32]) for start in range(0, 32 * count, 32)]


def _keccak_f(lanes: list[int], count: int) -> list[int]:
    """The permutation Keccak-f[1600] on `count` states; lane (x, y) stands at x + 5y."""
    ones = int.from_bytes(b"\x01\0\0\0\0\0\0\0" * count, "little")
    low = [ones * ((1 << bits) - 1) for bits in range(65)]  # the lowest bits of each lane
    register = 1

    def rotate(lane: int, turn: int) -> int:
        return (lane & low[64 - turn]) << turn | (lane >> (64 - turn)) & low[turn]

    for _ in range(24):
        column = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        mixed = [column[x - 1] ^ rotate(column[(x + 1) % 5], 1) for x in range(5)]
        lanes = [lane ^ mixed[place % 5] for place, lane in enumerate(lanes)]
        moved, x, y = lanes[:], 1, 0
        for step in range(24):
            source, turn = lanes[x + 5 * y], (step + 1) * (step + 2) // 2 % 64
            x, y = y, (2 * x + 3 * y) % 5
            moved[x + 5 * y] = rotate(source, turn)
        lanes = [
            lane ^ (moved[place - place % 5 + (place + 1) % 5] ^ low[64]) & moved[place - place % 5 + (place + 2) % 5]
            for place, lane in enumerate(moved)
        ]
        for bit in range(7):
            register = (register << 1 ^ (register >> 7) * 0x71) % 256
            if register & 2:
                lanes[0] ^= ones << ((1 << bit) - 1)
    return lanes


# --- secp256k1 and EIP-712 ---------------------------------------------------------------------------

_Q = 2**256 - 2**32 - 977
_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_Point = tuple[int, int, int]  # x/z², y/z³; z = 0 is the point at infinity
_G: _Point = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
    1,
)


def recover_key(digest: bytes, signature: bytes) -> bytes | None:
    """The 64 bytes of the public key that made the 65-byte signature r || s || v; None when there is none.

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
    x, y, z = _sum_of_products(s * inverse % _N, (r, y, 1), -int.from_bytes(digest, "big") * inverse % _N, _G)
    if not z:
        return None
    turn = pow(z, -1, _Q)
    x, y = x * turn * turn % _Q, y * turn * turn * turn % _Q
    return x.to_bytes(32, "big") + y.to_bytes(32, "big")


def _double(point: _Point) -> _Point:
    x, y, z = point
    a, b = x * x % _Q, y * y % _Q
    c, d = b * b % _Q, 4 * x * b % _Q
    e = 3 * a
    x3 = (e * e - 2 * d) % _Q
    return x3, (e * (d - x3) - 8 * c) % _Q, 2 * y * z % _Q


def _plus(one: _Point, two: _Point) -> _Point:
    if not one[2] or not two[2]:
        return two if not one[2] else one
    z1, z2 = one[2] * one[2] % _Q, two[2] * two[2] % _Q
    u1, u2 = one[0] * z2 % _Q, two[0] * z1 % _Q
    s1, s2 = one[1] * z2 * two[2] % _Q, two[1] * z1 * one[2] % _Q
    if u1 == u2:
        return _double(one) if s1 == s2 else (1, 1, 0)
    h, r = u2 - u1, s2 - s1
    h2 = h * h % _Q
    h3, v = h * h2 % _Q, u1 * h2 % _Q
    x = (r * r - h3 - 2 * v) % _Q
    return x, (r * (v - x) - s1 * h3) % _Q, h * one[2] * two[2] % _Q


def _sum_of_products(a: int, one: _Point, b: int, two: _Point) -> _Point:
    """a times one plus b times two, doubling once for both."""
    summand = {(1, 0): one, (0, 1): two, (1, 1): _plus(one, two)}
    result: _Point = (1, 1, 0)
    for bit in range(max(a, b).bit_length() - 1, -1, -1):
        result = _double(result)
        digits = (a >> bit & 1, b >> bit & 1)
        if digits != (0, 0):
            result = _plus(result, summand[digits])
    return result


def binding_digests(chain_id: int, bindings: Sequence[Row]) -> list[bytes]:
    """EIP-712, domain {Akashi, 1, chain}, `WalletBinding`; the account's 16 bytes are followed by 16 zeros."""
    domain = keccak256(
        keccak256(b"EIP712Domain(string name,string version,uint256 chainId)")
        + keccak256(b"Akashi")
        + keccak256(b"1")
        + chain_id.to_bytes(32, "big")
    )
    kind = keccak256(b"WalletBinding(bytes32 account,address wallet,uint256 nonce,uint64 deadline)")
    messages = [
        kind
        + bytes.fromhex(each["account"]).ljust(32, b"\x00")
        + bytes.fromhex(each["wallet"][2:]).rjust(32, b"\x00")
        + each["nonce"].to_bytes(32, "big")
        + each["deadline"].to_bytes(32, "big")
        for each in bindings
    ]
    return keccak_many([b"\x19\x01" + domain + message for message in keccak_many(messages)])


# --- the two trees -----------------------------------------------------------------------------------


def log_root(pieces: Iterable[tuple[int, int, bytes]], size: int) -> bytes:
    """The root (RFC 9162) of the tree that these complete subtrees (start, level, hash) cover from left to right."""
    edge: list[tuple[int, bytes]] = []
    reached = 0
    for start, level, value in pieces:
        if start != reached or start % (1 << level):
            raise Refused(f"entries.ndjson and gaps.ndjson do not meet at leaf {reached} of the log")
        reached += 1 << level
        while edge and edge[-1][0] == level:
            value, level = hashlib.sha256(b"\x01" + edge.pop()[1] + value).digest(), level + 1
        edge.append((level, value))
    if reached != size:
        raise Refused(f"entries.ndjson and gaps.ndjson cover {reached} leaves of the log, the cutoff is {size}")
    result = edge[-1][1] if edge else hashlib.sha256(b"").digest()
    for _, left in reversed(edge[:-1]):
        result = hashlib.sha256(b"\x01" + left + result).digest()
    return result


def distribution_root(leaves: Sequence[tuple[str, int]]) -> bytes:
    """The root of OpenZeppelin's `standard-v1` over (address, uint256); zeros without leaves."""
    if not leaves:
        return bytes(32)
    encoded = [bytes.fromhex(wallet[2:]).rjust(32, b"\x00") + amount.to_bytes(32, "big") for wallet, amount in leaves]
    hashes = sorted(keccak_many(keccak_many(encoded)), reverse=True)
    nodes = [b""] * (len(hashes) - 1) + hashes
    end = len(hashes) - 1
    while end:
        # Nodes from `start` on have both children ready: those stand behind `end`, or at it.
        start = (end - 1) // 2 if end % 2 else end // 2
        pairs = [sorted(nodes[2 * place + 1 : 2 * place + 3]) for place in range(start, end)]
        nodes[start:end] = keccak_many([one + two for one, two in pairs])
        end = start
    return nodes[0]


# --- the bundle --------------------------------------------------------------------------------------

_MEMBERS = (
    "format", "chain_id", "distributor", "token", "anchor", "epoch", "schedule", "ledger", "policy", "policy_hash",
    "budget_wei", "previous", "files", "result",
)  # fmt: skip
# The files and, for those that are read and not only compared, the members of a row. The first is the key.
_FILES: dict[str, tuple[str, ...]] = {
    "accounts.ndjson": (),
    "allocations.ndjson": (),
    "bindings.ndjson": ("account", "binding", "salt"),
    "contributions.ndjson": (),
    "edges.ndjson": (),
    "entries.ndjson": ("leaf", "entry"),
    "gaps.ndjson": ("start", "level", "hash"),
    "leaves.ndjson": (),
    "previous.ndjson": ("wallet", "cumulative_wei"),
    "rewards.ndjson": (),
}


@dataclass
class Bundle:
    """A folder whose files are those that its manifest names."""

    folder: Path
    manifest: Row
    hash: str

    @classmethod
    def open(cls, folder: Path) -> Bundle:
        path = folder / MANIFEST
        if path.stat().st_size > MAX_MANIFEST:
            raise Refused("the manifest is too long")
        body = path.read_bytes()
        manifest = _object(parse_canonical(body, MANIFEST), _MEMBERS, "the manifest")
        if manifest["format"] != FORMAT:
            raise Refused(f"the folder is not a {FORMAT} bundle")
        _object(manifest["files"], tuple(_FILES), "the list of files")
        bundle = cls(folder, manifest, hashlib.sha256(body).hexdigest())
        bundle._check_files()
        return bundle

    def _check_files(self) -> None:
        stray = sorted({path.name for path in self.folder.iterdir()} - {MANIFEST, *_FILES})
        if stray:
            raise Refused(f"the folder holds something that the manifest does not name: {stray[0]!r}")
        for name, listed in self.manifest["files"].items():
            _object(listed, ("sha256", "lines"), f"the entry of {name} in the manifest")
            digest, lines = hashlib.sha256(), 0
            with (self.folder / name).open("rb") as handle:
                for piece in iter(lambda: handle.read(1 << 20), b""):
                    digest.update(piece)
                    lines += piece.count(b"\n")
            if digest.hexdigest() != listed["sha256"]:
                raise Refused(f"{name} is not the file that the manifest names: its SHA-256 differs")
            if lines != listed["lines"]:
                raise Refused(f"{name} has {lines} lines, the manifest says {listed['lines']}")

    def lines(self, name: str) -> Iterator[bytes]:
        with (self.folder / name).open("rb") as handle:
            for line in handle:
                if not line.endswith(b"\n"):
                    raise Refused(f"the last line of {name} does not end")
                yield line[:-1]

    def rows(self, name: str, members: tuple[str, ...] = ()) -> Iterator[Row]:
        """The rows of a file: canonical, with the members of its format, strictly ascending by key."""
        names = members or _FILES[name]
        previous: Any = None
        for number, line in enumerate(self.lines(name), 1):
            row = _object(parse_canonical(line, f"line {number} of {name}"), names, f"line {number} of {name}")
            key = row[names[0]]
            if previous is not None and not previous < key:
                raise Refused(f"line {number} of {name} does not come after the one before")
            previous = key
            yield row


def _object(value: Any, members: Sequence[str], what: str) -> Row:
    if not isinstance(value, dict) or sorted(value) != sorted(members):
        raise Refused(f"{what} has other members than the format says")
    return value


def wei(text: Any) -> int:
    if not isinstance(text, str) or not re.fullmatch(r"0|[1-9][0-9]{0,77}", text, re.ASCII):
        raise Refused(f"{text!r} is not an amount in wei")
    return int(text)


def compare(bundle: Bundle, name: str, expected: Iterable[Row]) -> int:
    """Compares a file with the rows that should be in it, byte by byte; returns how many there are."""
    count = 0
    for count, (found, row) in enumerate(zip_longest(bundle.lines(name), expected), 1):
        if found is None:
            raise Refused(f"{name} lacks a line: {canonical(row).decode()}")
        if row is None:
            raise Refused(
                f"line {count} of {name} does not follow from the record: {found[:200].decode(errors='replace')}"
            )
        if found != canonical(row):
            raise Refused(f"line {count} of {name} {_difference(found, row)}")
    return count


def compare_member(what: str, found: Any, expected: Any) -> None:
    if canonical(found) != canonical(expected):
        raise Refused(f"the manifest's {what} is {_shown(found)} and should be {_shown(expected)}")


def _difference(line: bytes, row: Row) -> str:
    try:
        found = json.loads(line)
        name = next(name for name in row if found.get(name) != row[name])
        return (
            f"({_shown(row[next(iter(row))])}) says {name} {_shown(found.get(name))} and should say {_shown(row[name])}"
        )
    except (ValueError, AttributeError, StopIteration, RecursionError):
        return f"is not {canonical(row).decode()}"


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else canonical(value).decode()
    return text if len(text) <= 300 else text[:300] + "…"


# --- the record --------------------------------------------------------------------------------------


@dataclass
class Work:
    """Something that was accepted or submitted, at leaf `seq`."""

    id: str
    seq: int
    kind: str
    owners: list[tuple[str, int]]
    revision: str
    base: str | None
    repository: str
    assessments: list[tuple[int, str, int, int]] = field(default_factory=list)  # leaf, account, effort, quality


class Record:
    """What the entries below the cutoff say, read in their order. What the rule does not allow counts for nothing."""

    def __init__(self) -> None:
        self.published: dict[str, tuple[int, str, Row]] = {}  # revision: leaf, author, data
        self.works: dict[str, Work] = {}
        self.by_revision: dict[str, Work] = {}
        self.policies: list[tuple[int, int, Row]] = []  # first epoch, leaf, policy
        self.closed: list[tuple[int, int]] = []  # epoch, cutoff
        self.paid: dict[int, bool] = {}
        self.bound: dict[str, tuple[int, str, str]] = {}  # account: leaf, time, digest
        self._proposals: dict[str, Row] = {}  # contribution: data of the newest version
        self._openers: dict[str, str] = {}
        self._agreed: dict[str, list[tuple[str, int]]] = {}  # contribution: account, share
        self._judges: dict[str, set[str]] = {}  # contribution: who gave a verdict
        self._publishers: dict[str, set[str]] = {}  # repository: who published a revision of their own in it
        self._reviewers: set[str] = set()

    def read(self, leaf: int, entry: Row) -> None:
        kind, subject, actor, data = entry["type"], entry["subject"], entry["actor"], entry["data"]
        if kind == "revision.published":
            self._published(leaf, subject, _account(actor), data)
        elif kind in ("contribution.opened", "contribution.updated"):
            self._proposals[subject] = data
            self._openers.setdefault(subject, _account(actor))
        elif kind == "contribution.joined":
            self._joined(subject, actor, data)
        elif kind in ("review.submitted", "contribution.declined", "contribution.accepted"):
            self._judges.setdefault(subject, set()).add(_account(actor))
            if kind == "contribution.accepted":
                self._accepted(leaf, subject, data)
        elif kind == "work.submitted":
            self._submitted(leaf, subject, _account(actor), data)
        elif kind == "assessment.made":
            self._assessed(leaf, subject, _account(actor), data)
        elif kind == "wallet.bound" and actor == subject:
            self.bound.setdefault(_account(subject), (leaf, entry["time"], entry["details"]["binding"]))
        elif actor == HUB:
            self._ruled(kind, leaf, subject, data)

    def _published(self, leaf: int, subject: str, actor: str, data: Row) -> None:
        if subject not in self.published:
            author = _account(data.get("author", actor))
            self.published[subject] = (leaf, author, {**data, "parents": self._known(data["parents"])})
            if author == actor:
                self._publishers.setdefault(data["repo"], set()).add(actor)

    def _joined(self, subject: str, actor: str, data: Row) -> None:
        """Consent to the share that the newest version names."""
        newest = self._proposals.get(subject, {"proposed": None, "authors": []})
        shares = [each["bps"] for each in newest["authors"] if each["account"] == actor]
        if newest["proposed"] == data["proposed"] and data["bps"] in shares:
            self._agreed.setdefault(subject, []).append((_account(actor), data["bps"]))

    def _known(self, parents: list[str]) -> list[str]:
        """The first parent, if it was published before."""
        return [parent for parent in parents[:1] if parent in self.published]

    def _accepted(self, leaf: int, subject: str, data: Row) -> None:
        proposal = self._proposals.get(subject)
        if not proposal or proposal["proposed"] != data["revision"]:
            return
        named = {_account(each["account"]): each["bps"] for each in proposal["authors"]}
        if len(named) < len(proposal["authors"]) or sum(named.values()) != WHOLE or min(named.values()) <= 0:
            return
        opener, agreed = self._openers[subject], self._agreed.get(subject, [])
        shares = {account: bps for account, bps in agreed if named.get(account) == bps and account != opener}
        if sum(shares.values()) < WHOLE:
            shares[opener] = WHOLE - sum(shares.values())
        owners, base = sorted(shares.items()), proposal.get("base")
        self._add(Work(subject, leaf, proposal["kind"], owners, data["revision"], base, data["repo"]))

    def _submitted(self, leaf: int, subject: str, actor: str, submitted: Row) -> None:
        if subject in self.published:
            _, author, data = self.published[subject]
            if author == actor:
                base = data["parents"][0] if data["parents"] else None
                owners, repository = [(author, WHOLE)], submitted["repo"]
                self._add(Work(subject, leaf, data["kind"], owners, subject, base, repository))

    def _add(self, work: Work) -> None:
        if work.revision not in self.by_revision and work.kind in (*KINDS, "documentation"):
            self.works[work.id] = self.by_revision[work.revision] = work

    def _assessed(self, leaf: int, subject: str, actor: str, data: Row) -> None:
        work = self.works.get(subject)
        if work is None or actor not in self._reviewers or data["revision"] != work.revision:
            return
        if actor not in self._barred(work) and data["effort"] in EFFORTS and 0 <= data["quality"] <= 100:
            work.assessments.append((leaf, actor, data["effort"], data["quality"]))

    def _barred(self, work: Work) -> set[str]:
        """Who owns or opened the work, ever agreed to share in it, gave a verdict on it, published where it was made, or
        has assessed it."""
        part = [account for account, _ in (*work.owners, *self._agreed.get(work.id, ()))]
        part += [self._openers.get(work.id, ""), *(each[1] for each in work.assessments)]
        return {*part, *self._judges.get(work.id, ()), *self._publishers.get(work.repository, ())}

    def _ruled(self, kind: str, leaf: int, subject: str, data: Row) -> None:
        """What only the hub itself may write."""
        if kind == "reviewer.granted":
            self._reviewers.add(_account(subject))
        elif kind == "reviewer.revoked":
            self._reviewers.discard(_account(subject))
        elif kind == "policy.set":
            if subject == "policy:" + hashlib.sha256(canonical(data["policy"])).hexdigest() and _sound(data["policy"]):
                self.policies.append((data["first_epoch"], leaf, data["policy"]))
        elif kind == "epoch.closed":
            epoch, before = int(subject[6:]), self.closed[-1] if self.closed else (-1, 0)
            if epoch > before[0] and before[1] <= data["cutoff"] <= leaf:
                self.closed.append((epoch, data["cutoff"]))
        elif kind in ("distribution.finalized", "distribution.cancelled"):
            self.paid[int(subject[6:])] = kind == "distribution.finalized"

    def policy_at(self, epoch: int, cutoff: int) -> Row:
        """The policy logged last, below the cutoff, among those that begin at this epoch or before: each drops those
        that were to begin with it or later."""
        in_force: list[tuple[int, int, Row]] = []
        for each in self.policies:
            if each[1] < cutoff:
                in_force = [*(earlier for earlier in in_force if earlier[0] < each[0]), each]
        known = [each for each in in_force if each[0] <= epoch]
        if not known:
            raise Refused(f"the log names no policy for epoch {epoch}")
        return known[-1][2]

    def parents(self, work: Work) -> list[int]:
        """The works behind the base revision and the sources."""
        sources = self.published[work.revision][2]["sources"] if work.revision in self.published else []
        starts = [work.base, *(each["revision"] for each in sources if each["relation"] != "evaluated_on")]
        found: list[int] = []
        for start in starts:
            maker = self._maker(start, work.seq)
            if maker is not None and maker not in found:
                found.append(maker)
        return found[:16]

    def _maker(self, revision: str | None, below: int) -> int | None:
        """The work of smaller sequence to which the nearest revision along first parents belongs."""
        while revision in self.published:
            work = self.by_revision.get(revision)
            if work is not None and work.seq < below:
                return work.seq
            parents = self.published[revision][2]["parents"]
            revision = parents[0] if parents else None
        return None


def _account(actor: str) -> str:
    return actor[5:] if actor.startswith("acct:") else actor


_PARTS = ("pool_bps", "w_effort", "w_gain", "w_use", "price_cap_wei")


def _sound(policy: Any) -> bool:
    """Whether this is a policy of version 1."""
    try:
        _object(policy, ("version", "royalty_bps", "cluster_cap_bps", "min_reviews", "quality_floor", "openness_bps",
                         "licences", "kinds"), "a policy")  # fmt: skip
        _object(policy["openness_bps"], ("open", "restricted", "none"), "openness_bps")
        _object(policy["licences"], ("open", "restricted"), "licences")
        _object(policy["kinds"], KINDS, "kinds")
        numbers = [(policy["version"], 1, 1), (policy["min_reviews"], 1, 15), (policy["quality_floor"], 0, 100)]
        numbers += [(policy[name], 0, WHOLE) for name in ("royalty_bps", "cluster_cap_bps")]
        numbers += [(bps, 0, WHOLE) for bps in policy["openness_bps"].values()]
        for part in policy["kinds"].values():
            _object(part, _PARTS, "a kind")
            numbers += [(part["pool_bps"], 0, WHOLE), *((part[name], 0, 10**6) for name in _PARTS[1:4])]
            if wei(part["price_cap_wei"]) >= 10**39:
                return False
        named = policy["licences"]["open"] + policy["licences"]["restricted"]
        listed = all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+-]*", name, re.ASCII) for name in named)
        ascending = all(names == sorted(names) for names in policy["licences"].values())
        whole = all(type(number) is int and least <= number <= most for number, least, most in numbers)
        pools = sum(part["pool_bps"] for part in policy["kinds"].values())
        return listed and ascending and whole and len(set(named)) == len(named) and pools == WHOLE
    except (Refused, TypeError, AttributeError):
        return False


def openness(policy: Row, licence: str) -> str:
    """The class of a licence id or expression: AND takes the worst, OR the best, both together are `none`."""
    words = re.sub(r" WITH [^ ]+", "", licence).split(" ")
    classes = [next((name for name in ("open", "restricted") if word in policy["licences"][name]), "none")
               for word in words[::2]]  # fmt: skip
    joined = set(words[1::2])
    order = ("open", "restricted", "none")
    if joined <= {"AND"}:
        return max(classes, key=order.index)
    return min(classes, key=order.index) if joined == {"OR"} else "none"


# --- the works of the epoch --------------------------------------------------------------------------


def _median(values: Iterable[int]) -> int:
    """The lower one."""
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2]


@dataclass
class Epoch:
    """What the rule takes: rows as in contributions.ndjson and edges.ndjson, by sequence."""

    number: int
    policy: Row
    works: dict[int, Row]
    parents: dict[int, list[int]]
    previous: int | None


def epoch_of(record: Record, number: int, cutoff: int) -> Epoch:
    """The works that became payable in this epoch, their reviews, and their ancestors."""
    rounds: list[tuple[int, int, Row]] = []
    for epoch, size in record.closed:
        if epoch >= number or epoch not in record.paid:
            raise Refused(f"epoch {epoch} was closed before and is not decided below the cutoff")
        if record.paid[epoch]:
            rounds.append((epoch, size, record.policy_at(epoch, size)))
    previous = rounds[-1][0] if rounds else None
    rounds.append((number, cutoff, record.policy_at(number, cutoff)))
    policy = rounds[-1][2]
    works = {work.seq: work for work in record.works.values()}
    accepted = {seq: _accepted_in(record, work, rounds) for seq, work in works.items()}
    rows: dict[int, Row] = {}
    parents: dict[int, list[int]] = {}
    waiting = [seq for seq, found in accepted.items() if found and found[0] == number]
    for seq in waiting:
        rows.update(_review_rows(works[seq], accepted[seq], number))
    while waiting:
        seq = waiting.pop()
        if seq not in parents:
            parents[seq] = record.parents(works[seq])
            rows[seq] = _work_row(record, works[seq], accepted[seq], number, policy)
            waiting += parents[seq]
    return Epoch(number, policy, {seq: rows[seq] for seq in sorted(rows)}, parents, previous)


def _accepted_in(record: Record, work: Work, rounds: list[tuple[int, int, Row]]) -> tuple[int, int, Row] | None:
    if work.assessments and work.revision in record.published:
        for epoch, cutoff, policy in rounds:
            count = sum(leaf < cutoff for leaf, *_ in work.assessments)
            if record.published[work.revision][0] < cutoff and count >= policy["min_reviews"]:
                return epoch, cutoff, policy
    return None


def _row(id: str, seq: int, kind: str, owners: Sequence[tuple[str, int]], **more: Any) -> Row:
    names = ("initial", "standing", "accepted_epoch")
    signals = {"effort": 0, "quality": 0, "reviews": 0, "gain_bps": 0, "usage": 0, "openness": "open",
               "originality_bps": WHOLE}  # fmt: skip
    signals.update((name, value) for name, value in more.items() if name not in names)
    return {"id": id, "seq": seq, "kind": kind, "owners": [list(owner) for owner in owners],
            **{name: more[name] for name in names}, "signals": signals}  # fmt: skip


def _work_row(record: Record, work: Work, accepted: tuple[int, int, Row] | None, number: int, policy: Row) -> Row:
    licence = record.published[work.revision][2].get("licence", "") if work.revision in record.published else ""
    if accepted is None:
        return _row(work.id, work.seq, work.kind, work.owners, initial=False, standing=False, accepted_epoch=None,
                    openness=openness(policy, licence))  # fmt: skip
    epoch, cutoff, rules = accepted
    made = [each for each in work.assessments if each[0] < cutoff]
    quality = _median(each[3] for each in made)
    return _row(work.id, work.seq, work.kind, work.owners, initial=epoch == number,
                standing=quality >= rules["quality_floor"], accepted_epoch=epoch, effort=_median(each[2] for each in made),
                quality=quality, reviews=len(made), openness=openness(rules, licence))  # fmt: skip


def _review_rows(work: Work, accepted: tuple[int, int, Row] | None, number: int) -> dict[int, Row]:
    if accepted is None:
        return {}
    made = [each for each in work.assessments if each[0] < accepted[1]]
    effort = min(5, _median(each[2] for each in made))
    return {
        leaf: _row(f"review:{leaf}", leaf, "review", [(account, WHOLE)], initial=True,
                   standing=accepted[2]["quality_floor"] <= 60, accepted_epoch=number, effort=effort, quality=60,
                   reviews=len(made))
        for leaf, account, _, _ in made
    }  # fmt: skip


# --- the rule, version 1 -----------------------------------------------------------------------------


def share_out(total: int, weights: Sequence[int]) -> list[int]:
    """Largest remainder: whole parts first, then one each to the largest remainders, ties to the earlier."""
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda item: (-(total * weights[item] % whole), item))
    for item in order[: total - sum(parts)]:
        parts[item] += 1
    return parts


@dataclass
class Allocation:
    """In wei; by sequence, by kind, by account."""

    score: dict[int, int]
    gross: dict[int, int]
    kept: dict[int, int]
    pools: dict[str, Row]
    accounts: dict[str, int]
    budget: int


def allocate(epoch: Epoch, budget: int) -> Allocation:
    score = {seq: _score(row, epoch.policy) for seq, row in epoch.works.items()}
    gross = dict.fromkeys(epoch.works, 0)
    pools: dict[str, Row] = {}
    shares = [epoch.policy["kinds"][kind]["pool_bps"] for kind in KINDS]
    for kind, part in zip(KINDS, share_out(budget, shares)):
        members = [seq for seq, row in epoch.works.items() if _pool(row["kind"]) == kind]
        total = sum(score[seq] for seq in members)
        paid = min(part, wei(epoch.policy["kinds"][kind]["price_cap_wei"]) * total)
        gross.update(zip(members, share_out(paid, [score[seq] for seq in members])))
        pools[kind] = {"budget_wei": str(part), "score": str(total), "paid_wei": str(paid)}
    kept = _royalties(epoch, gross)
    earned: dict[str, int] = {}
    for seq, amount in kept.items():
        owners = epoch.works[seq]["owners"]
        for (account, _), part in zip(owners, share_out(amount, [share for _, share in owners])):
            earned[account] = earned.get(account, 0) + part
    most = budget * epoch.policy["cluster_cap_bps"] // WHOLE  # in version 1 every account is a cluster of its own
    accounts = {account: min(earned[account], most) for account in sorted(earned) if min(earned[account], most)}
    return Allocation(score, gross, kept, pools, accounts, budget)


def _pool(kind: str) -> str:
    return "code" if kind == "documentation" else kind


def _score(row: Row, policy: Row) -> int:
    weights, signals = policy["kinds"][_pool(row["kind"])], row["signals"]
    points = weights["w_use"] * signals["usage"]
    if row["initial"]:
        points += weights["w_effort"] * signals["effort"] * signals["quality"] + weights["w_gain"] * signals["gain_bps"]
    counted = points * policy["openness_bps"][signals["openness"]] * signals["originality_bps"] // WHOLE**2
    return int(counted) if row["standing"] else 0


def _royalties(epoch: Epoch, gross: dict[int, int]) -> dict[int, int]:
    """What each work keeps. `inflow` holds what was passed on from others and what from the same people."""
    rho = epoch.policy["royalty_bps"]
    lives: dict[int, bool] = {}
    for seq, row in epoch.works.items():
        own = row["standing"] and row["signals"]["originality_bps"] > 0
        lives[seq] = own or any(lives[parent] for parent in epoch.parents.get(seq, ()))
    inflow = {seq: [0, 0] for seq in epoch.works}
    kept: dict[int, int] = {}
    for seq in sorted(epoch.works, reverse=True):
        row, (foreign, same) = epoch.works[seq], inflow[seq]
        parents = sorted(parent for parent in epoch.parents.get(seq, ()) if lives[parent])
        if not parents:
            kept[seq] = gross[seq] + foreign + same
            continue
        originality = row["signals"]["originality_bps"] if row["standing"] else 0
        kept[seq] = gross[seq] - gross[seq] * rho // WHOLE + foreign * (WHOLE - rho) * originality // WHOLE**2
        passed = gross[seq] + foreign + same - kept[seq]
        shares = dict(row["owners"])
        for parent, part in zip(parents, share_out(passed, [WHOLE] * len(parents))):
            common = sum(min(bps, shares.get(account, 0)) for account, bps in epoch.works[parent]["owners"])
            inflow[parent][0] += part - part * common // WHOLE
            inflow[parent][1] += part * common // WHOLE
    return {seq: kept[seq] for seq in epoch.works}


# --- settlement --------------------------------------------------------------------------------------


def wallets_of(record: Record, accounts: Iterable[str], shown: dict[str, Row], chain_id: int) -> dict[str, str]:
    """The wallet that each account bound first, by the signed text that the log's entry commits to."""
    bound = [account for account in accounts if account in record.bound]
    signed = [_binding(record, account, shown.get(account), chain_id) for account in bound]
    keys = []
    for account, each, digest in zip(bound, signed, binding_digests(chain_id, signed)):
        key = recover_key(digest, bytes.fromhex(each["signature"][2:]))
        if key is None:
            raise Refused(f"the binding of account {account} is not signed by the wallet {each['wallet']}")
        keys.append(key)
    for account, each, hashed in zip(bound, signed, keccak_many(keys)):
        if "0x" + hashed[12:].hex() != each["wallet"]:
            raise Refused(f"the binding of account {account} is not signed by the wallet {each['wallet']}")
    return {account: each["wallet"] for account, each in zip(bound, signed)}


def _binding(record: Record, account: str, shown: Row | None, chain_id: int) -> Row:
    """The text of a binding, which has to be what the log commits to and in time; its signature is not checked here."""
    leaf, time, digest = record.bound[account]
    if shown is None:
        raise Refused(f"bindings.ndjson lacks the binding of account {account}, entry {leaf}")
    group = canonical({"binding": shown["binding"]})
    if hashlib.sha256(bytes.fromhex(shown["salt"]) + group).hexdigest() != digest:
        raise Refused(f"the binding of account {account} is not what entry {leaf} commits to")
    members = ("account", "wallet", "chain_id", "nonce", "deadline", "signature")
    signed = _object(parse_canonical(shown["binding"].encode(), "a binding"), members, "a binding")
    if (signed["account"], signed["chain_id"]) != (account, chain_id):
        raise Refused(f"the binding in entry {leaf} is of another account or for another chain")
    logged = datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    if signed["deadline"] < logged.timestamp():
        raise Refused(f"the binding in entry {leaf} was logged after its deadline")
    return signed


@dataclass
class Before:
    """What the last distribution left."""

    leaves: dict[str, int]
    pending: dict[str, int]
    credited: int
    total: int


# --- the report --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Check:
    """One thing looked at. `passed` is None when it was not asked for or not possible; `code` never changes."""

    code: str
    passed: bool | None
    text: str


@dataclass
class Report:
    checks: list[Check] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """`refused`, `unchecked` or `recomputed`."""
        if any(check.passed is False for check in self.checks):
            return "refused"
        return "unchecked" if any(check.code == "unanswered" for check in self.checks) else "recomputed"

    @property
    def exit_code(self) -> int:
        return {"recomputed": 0, "refused": 1, "unchecked": 3}[self.verdict]

    @property
    def summary(self) -> str:
        return {
            "recomputed": "Recomputed: every amount follows from the record by the rule.",
            "refused": "Refused: do not rely on this bundle.",
            "unchecked": "Not checked: something you asked for could not be looked at.",
        }[self.verdict]

    def add(self, code: str, passed: bool | None, text: str) -> None:
        self.checks.append(Check(code, passed, text))


_MALFORMED = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)


def recompute(
    folder: Path,
    *,
    previous: Path | None = None,
    manifest_hash: str | None = None,
    rpc: Rpc | None = None,
    distributor: str | None = None,
) -> Report:
    """Computes the epoch in a folder again.

    `previous` is the folder of the epoch that paid before; `manifest_hash` the SHA-256 that the reader already knows;
    `rpc` asks a node (see `http_rpc`) about the reader's `distributor`. Malformed input is reported, never raised.
    """
    report, stage = Report(), ["files"]
    try:
        _recompute(report, stage, folder, previous, manifest_hash, rpc, distributor)
    except Refused as refusal:
        report.add(stage[0], False, _sentence(str(refusal)))
    except Unanswered as silence:
        report.add("unanswered", None, _sentence(str(silence)))
    except OSError as error:
        report.add(stage[0], False, _sentence(f"a file of the bundle cannot be read: {error}"))
    except _MALFORMED as error:
        report.add(stage[0], False, _sentence(f"the bundle is malformed: {error!r}"))
    return report


def _recompute(
    report: Report,
    stage: list[str],
    folder: Path,
    previous: Path | None,
    manifest_hash: str | None,
    rpc: Rpc | None,
    distributor: str | None,
) -> None:
    bundle = Bundle.open(folder)
    report.add("files", True, f"The bundle is whole: its files are those that manifest {bundle.hash} names.")
    stage[0] = "manifest"
    _check_hash(report, bundle, manifest_hash)
    stage[0] = "log"
    record = _read_log(report, bundle)
    stage[0] = "works"
    epoch = _check_works(report, bundle, record)
    stage[0] = "allocation"
    allocation = _check_allocation(report, bundle, epoch)
    stage[0] = "previous"
    before = _read_before(report, bundle, epoch, previous)
    stage[0] = "settlement"
    leaves = _check_settlement(report, bundle, record, allocation, before)
    stage[0] = "tree"
    root = "0x" + distribution_root(leaves).hex()
    compare_member("root", bundle.manifest["result"]["root"], root)
    report.add("tree", True, f"The {len(leaves)} leaves lead to the root {root}.")
    stage[0] = "chain"
    if rpc is not None:
        _check_chain(report, bundle, rpc, distributor)


def _sentence(text: str) -> str:
    """With a capital letter and a full stop; the name of a file stays as it is written."""
    if re.match(r"[a-z_]+\.(ndjson|json)\b", text):
        return f"{text}."
    return f"{text[:1].upper()}{text[1:]}."


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _both(amount: int) -> str:
    """In wei, and exactly in HUB, of which one is 10^18 wei."""
    whole, rest = divmod(amount, 10**18)
    part = f"{rest:018}".rstrip("0")
    return f"{amount} wei ({whole}{'.' if part else ''}{part} HUB)"


# --- the checks --------------------------------------------------------------------------------------


def _check_hash(report: Report, bundle: Bundle, known: str | None) -> None:
    if known is not None:
        if known.lower().replace("0x", "", 1) != bundle.hash:
            raise Refused(f"the manifest's hash is {bundle.hash}, not the one you gave")
        report.add("manifest", True, "The manifest is the one you asked for.")


def _read_log(report: Report, bundle: Bundle) -> Record:
    """Reads the entries, and shows that they stand in the log under the root of the cutoff."""
    ledger = _object(bundle.manifest["ledger"], ("size", "root"), "the manifest's ledger")
    record, pieces = Record(), []
    for row in bundle.rows("entries.ndjson"):
        body = canonical(row["entry"])
        pieces.append((row["leaf"], 0, hashlib.sha256(b"\x00" + body).digest()))
        record.read(row["leaf"], row["entry"])
    count = len(pieces)
    pieces += [(row["start"], row["level"], bytes.fromhex(row["hash"])) for row in bundle.rows("gaps.ndjson")]
    if log_root(sorted(pieces), ledger["size"]).hex() != ledger["root"]:
        raise Refused(f"the entries are not those of the log: its root at size {ledger['size']} is another one")
    text = f"{count} entries stand in the log under its root at size {ledger['size']}, {ledger['root']}."
    report.add("log", True, text)
    return record


def _check_works(report: Report, bundle: Bundle, record: Record) -> Epoch:
    manifest = bundle.manifest
    epoch = epoch_of(record, manifest["epoch"], manifest["ledger"]["size"])
    compare_member("policy", manifest["policy"], epoch.policy)
    compare_member("policy_hash", manifest["policy_hash"], hashlib.sha256(canonical(epoch.policy)).hexdigest())
    compare(bundle, "contributions.ndjson", epoch.works.values())
    edges = [
        {"child": child, "parent": parent, "weight": WHOLE}
        for child in sorted(epoch.parents)
        for parent in sorted(epoch.parents[child])
    ]
    compare(bundle, "edges.ndjson", edges)
    new = sum(row["initial"] for row in epoch.works.values())
    text = f"From them follow {_count(len(epoch.works), 'work')}, {new} of them new, and {_count(len(edges), 'edge')}, "
    report.add("works", True, text + f"under policy {manifest['policy_hash']}.")
    return epoch


def _check_allocation(report: Report, bundle: Bundle, epoch: Epoch) -> Allocation:
    manifest, result = bundle.manifest, bundle.manifest["result"]
    names = ("pools", "allocated_wei", "unallocated_wei", "pending_wei", "credited_wei", "total_wei", "root")
    _object(result, names, "the manifest's result")
    terms = _object(
        manifest["schedule"], ("genesis", "epoch_seconds", "first_budget_wei", "halving_seconds"), "the schedule"
    )
    budget = wei(terms["first_budget_wei"]) >> (epoch.number * terms["epoch_seconds"] // terms["halving_seconds"])
    compare_member("budget_wei", manifest["budget_wei"], str(budget))
    found = allocate(epoch, budget)
    rewards = (
        {"id": row["id"], "seq": seq, "score": str(found.score[seq]), "gross_wei": str(found.gross[seq]),
         "kept_wei": str(found.kept[seq])}
        for seq, row in epoch.works.items()
    )  # fmt: skip
    compare(bundle, "rewards.ndjson", rewards)
    compare(
        bundle, "allocations.ndjson", ({"account": name, "wei": str(part)} for name, part in found.accounts.items())
    )
    allocated = sum(found.accounts.values())
    compare_member("pools", result["pools"], found.pools)
    compare_member("allocated_wei", result["allocated_wei"], str(allocated))
    compare_member("unallocated_wei", result["unallocated_wei"], str(budget - allocated))
    report.add(
        "allocation",
        True,
        f"The rule gives {_both(allocated)} to {_count(len(found.accounts), 'account')}, of {_both(budget)}.",
    )
    return found


_ACCOUNT = ("account", "cluster", "wallet", "pending_before_wei", "pending_after_wei")


def _read_before(report: Report, bundle: Bundle, epoch: Epoch, folder: Path | None) -> Before:
    """What the last distribution left: from its own bundle when that is given, else as this one says."""
    said = bundle.manifest["previous"]
    if (said["epoch"] if said else None) != epoch.previous:
        raise Refused(
            f"the log's newest finalized epoch before this one is {epoch.previous}, the manifest says otherwise"
        )
    leaves = {row["wallet"]: wei(row["cumulative_wei"]) for row in bundle.rows("previous.ndjson")}
    pending = {row["account"]: wei(row["pending_before_wei"]) for row in bundle.rows("accounts.ndjson", _ACCOUNT)}
    pending = {account: amount for account, amount in pending.items() if amount}
    if said is None:
        if leaves or pending:
            raise Refused("this is the first distribution, and yet something was credited before")
        return Before({}, {}, 0, 0)
    _object(said, ("epoch", "manifest", "root", "credited_wei", "total_wei"), "the manifest's previous")
    before = Before(leaves, pending, wei(said["credited_wei"]), wei(said["total_wei"]))
    if sum(leaves.values()) != before.total or before.credited != before.total + sum(pending.values()):
        raise Refused("what was credited before does not add up: leaves and waiting credit give another sum")
    if "0x" + distribution_root(sorted(leaves.items())).hex() != said["root"]:
        raise Refused("previous.ndjson does not lead to the root of the previous distribution")
    if folder is None:
        text = f"What epoch {said['epoch']} left is taken as this bundle says it. To check that, give its folder: --previous."
        report.add("previous", None, text)
    else:
        _check_before(bundle, Bundle.open(folder), said, pending)
        report.add("previous", True, f"It goes on from epoch {said['epoch']}, whose bundle you gave.")
    return before


def _check_before(bundle: Bundle, older: Bundle, said: Row, pending: dict[str, int]) -> None:
    if older.hash != said["manifest"]:
        raise Refused(f"this bundle goes on from manifest {said['manifest']}, the folder you gave holds {older.hash}")
    for name in ("chain_id", "distributor", "token", "anchor", "schedule"):
        compare_member(name, bundle.manifest[name], older.manifest[name])
    for name in ("root", "credited_wei", "total_wei"):
        compare_member(f"previous {name}", said[name], older.manifest["result"][name])
    compare(bundle, "previous.ndjson", older.rows("leaves.ndjson", ("wallet", "cumulative_wei")))
    left = {row["account"]: wei(row["pending_after_wei"]) for row in older.rows("accounts.ndjson", _ACCOUNT)}
    if pending != {account: amount for account, amount in left.items() if amount}:
        raise Refused("the credit that waits is not what the previous epoch left")


def _check_settlement(
    report: Report, bundle: Bundle, record: Record, allocation: Allocation, before: Before
) -> list[tuple[str, int]]:
    manifest, result = bundle.manifest, bundle.manifest["result"]
    shown = {row["account"]: row for row in bundle.rows("bindings.ndjson")}
    accounts = {*allocation.accounts, *before.pending}  # both hold positive amounts alone
    stray = sorted(set(shown) - {account for account in accounts if account in record.bound})
    if stray:
        raise Refused(f"bindings.ndjson holds a binding that nothing asks for, of account {stray[0]}")
    wallets = wallets_of(record, sorted(accounts), shown, manifest["chain_id"])
    leaves, rows, waiting = dict(before.leaves), [], 0
    for account in sorted(accounts):
        wallet = wallets.get(account)
        pending = before.pending.get(account, 0)
        credit = pending + allocation.accounts.get(account, 0)
        if wallet is not None and credit:
            leaves[wallet] = leaves.get(wallet, 0) + credit
        left = credit if wallet is None else 0
        waiting += left
        rows.append(dict(zip(_ACCOUNT, (account, account, wallet, str(pending), str(left)))))
    compare(bundle, "accounts.ndjson", rows)
    ordered = sorted(leaves.items())
    compare(bundle, "leaves.ndjson", ({"wallet": wallet, "cumulative_wei": str(amount)} for wallet, amount in ordered))
    total, credited = sum(leaves.values()), before.credited + sum(allocation.accounts.values())
    for name, amount in (("pending_wei", waiting), ("credited_wei", credited), ("total_wei", total)):
        compare_member(name, result[name], str(amount))
    if credited != total + waiting:
        raise Refused("wallets and waiting credit do not add up to what was credited")
    report.add(
        "settlement",
        True,
        f"{_both(total)} are in the leaves of {_count(len(ordered), 'wallet')}, {_both(waiting)} wait for a wallet.",
    )
    return ordered


# --- the chain ---------------------------------------------------------------------------------------


def http_rpc(url: str, timeout: float = 20.0) -> Rpc:
    """Asks a node over HTTP (JSON-RPC 2.0)."""
    if not url.startswith(("http://", "https://")):
        raise Unanswered(f"{url} is not an address that begins with http:// or https://")

    def ask(method: str, parameters: list[Any]) -> Any:
        question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        request = urllib.request.Request(url, json.dumps(question).encode(), {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                answer = json.loads(response.read(MAX_ANSWER))
        except (OSError, ValueError) as error:
            raise Unanswered(f"the node at {url} could not be asked: {error}") from error
        if not isinstance(answer, dict) or "result" not in answer:
            raise Unanswered(f"the node refused {method}: {json.dumps(answer)[:200]}")
        return answer["result"]

    return ask


def _check_chain(report: Report, bundle: Bundle, rpc: Rpc, distributor: str | None) -> None:
    manifest, epoch = bundle.manifest, bundle.manifest["epoch"]
    address = (distributor or manifest["distributor"]).lower()
    compare_member("distributor", manifest["distributor"], address)
    compare_member("chain_id", manifest["chain_id"], int(rpc("eth_chainId", []), 16))
    result, ends = manifest["result"], _end_of(manifest)
    final, held = _held(rpc, address, epoch, ends)
    if held[:2] != (int(result["root"], 16), int(bundle.hash, 16)):
        raise Refused(f"the distributor {address} holds another manifest or root for epoch {epoch}, or none")
    if held[2:] != (wei(result["credited_wei"]), wei(result["total_wei"])):
        raise Refused(
            f"the distributor {address} holds this manifest and root with other sums: {held[2]} wei credited,"
            f" {held[3]} of them in leaves"
        )
    token, terms = manifest["token"], manifest["schedule"]
    if _read_word(rpc, address, "token()") != int(token, 16):
        raise Refused("the distributor pays another token than the manifest says")
    fixed = [("genesis()", terms["genesis"]), ("epochSeconds()", terms["epoch_seconds"])]
    fixed += [("halvingSeconds()", terms["halving_seconds"]), ("firstBudget()", wei(terms["first_budget_wei"]))]
    for signature, expected in fixed:
        if _read_word(rpc, token, signature) != expected:
            raise Refused(f"the token's {signature} is not what the manifest says")
    if f"{_read_word(rpc, address, 'policyAt(uint48)', epoch):064x}" != manifest["policy_hash"]:
        raise Refused("the distributor announced another policy for this epoch")
    if not _is_anchored(rpc, manifest["anchor"], manifest["ledger"]["size"], manifest["ledger"]["root"], ends):
        raise Refused("the log's root at the cutoff is not anchored in the contract that the manifest names")
    state = "finalized" if final else "proposed, and not final yet"
    text = (
        f"The distributor {address} holds exactly this manifest, root and sums ({state}), and the cutoff is anchored."
    )
    report.add(
        "chain", True, text if distributor else text + " Is that the distributor you know? Give it: --distributor."
    )


def _end_of(manifest: Row) -> int:
    """When the bundle's epoch was over, in Unix seconds."""
    terms = manifest["schedule"]
    return int(terms["genesis"] + (manifest["epoch"] + 1) * terms["epoch_seconds"])


def _held(rpc: Rpc, address: str, epoch: int, ends: int) -> tuple[bool, tuple[int, ...]]:
    """Whether the distributor holds a final distribution of the epoch, and the root, manifest, credit and total it names.

    Without a final one they are those of the proposal that waits, and zeros when that is of another epoch.
    """
    hash = _read_word(rpc, address, "manifestOf(uint48)", epoch)
    if not hash:
        proposal = _call(rpc, address, "pending()")
        waits = len(proposal) == 9 and proposal[0] and proposal[1] == epoch
        return False, (proposal[5], proposal[6], proposal[3], proposal[4]) if waits else (0, 0, 0, 0)
    root = _read_word(rpc, address, "rootOf(uint48)", epoch)
    state = _call(rpc, address, "state()")
    if len(state) > 2 and state[0] == epoch + 1:
        return True, (root, hash, state[1], state[2])
    topics = [_topic("Finalized(uint48,bytes32,bytes32,uint112,uint112,uint112)"), f"0x{epoch:064x}", f"0x{root:064x}"]
    for log in _logs(rpc, address, topics, ends):
        words = [int(log["data"][start : start + 64], 16) for start in range(2, 258, 64)]
        if words[0] == hash:
            return True, (root, hash, words[1], words[2])
    raise Refused(
        f"the distributor {address} says that epoch {epoch} is final, and no event of it says with which sums"
    )


def _is_anchored(rpc: Rpc, contract: str, size: int, root: str, ends: int) -> bool:
    """Whether the contract holds this head: as the newest, as one that was kept, or in an `Anchored` event."""
    if _read_word(rpc, contract, "rootAt(uint64)", size) == int(root, 16):
        return True
    topics = [_topic("Anchored(uint64,bytes32,uint64)"), f"0x{size:064x}"]
    return any(log["data"][2:66] == root for log in _logs(rpc, contract, topics, ends))


_PAGE = 2_000  # blocks per question, which public nodes answer


def _logs(rpc: Rpc, contract: str, topics: list[str], moment: int) -> Iterator[Row]:
    """The contract's events with these topics, from the blocks around a moment outwards: there they are found soonest."""
    last = int(rpc("eth_blockNumber", []), 16)
    later = _first_block(rpc, moment, last)
    earlier = later - 1
    while later <= last or earlier >= 0:
        for start, end in ((later, min(later + _PAGE - 1, last)), (max(earlier - _PAGE + 1, 0), earlier)):
            if start <= end:
                asked = {"address": contract, "topics": topics, "fromBlock": hex(start), "toBlock": hex(end)}
                yield from (log for log in rpc("eth_getLogs", [asked]) if log["topics"] == topics)
        later, earlier = later + _PAGE, earlier - _PAGE


def _first_block(rpc: Rpc, moment: int, last: int) -> int:
    """The first block that is not before a moment; the one after `last` if there is none. About 25 questions."""
    low, high = 0, last + 1
    while low < high:
        middle = (low + high) // 2
        block = rpc("eth_getBlockByNumber", [hex(middle), False])
        if block is None:
            raise Unanswered(f"the node does not show block {middle}")
        low, high = (middle + 1, high) if int(block["timestamp"], 16) < moment else (low, middle)
    return low


def _topic(signature: str) -> str:
    return "0x" + keccak256(signature.encode()).hex()


def _read_word(rpc: Rpc, contract: str, signature: str, *arguments: int) -> int:
    words = _call(rpc, contract, signature, *arguments)
    if len(words) != 1:
        raise Refused(f"there is no contract at {contract} that answers {signature}")
    return words[0]


def _call(rpc: Rpc, contract: str, signature: str, *arguments: int) -> list[int]:
    """A read of the contract, as the words of its answer."""
    data = keccak256(signature.encode())[:4] + b"".join(value.to_bytes(32, "big") for value in arguments)
    answer = bytes.fromhex(rpc("eth_call", [{"to": contract, "data": f"0x{data.hex()}"}, "latest"])[2:])
    return [int.from_bytes(answer[start : start + 32], "big") for start in range(0, len(answer), 32)]


# --- the command -------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    options = _options().parse_args(arguments)
    try:
        rpc = http_rpc(options.rpc) if options.rpc else None
        report = recompute(
            Path(options.folder),
            previous=options.previous and Path(options.previous),
            manifest_hash=options.manifest_hash,
            rpc=rpc,
            distributor=options.distributor,
        )
    except Unanswered as error:
        print(f"akashi_recompute: {error}", file=sys.stderr)
        return 3
    _print_json(report) if options.json else _print_words(report)
    return report.exit_code


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(3, f"{self.prog}: {message}\n")


def _options() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="akashi_recompute.py",
        description="Computes an epoch's rewards again from its public bundle, with the hub switched off.",
        epilog="Exit codes: 0 everything is as the rule says; 1 refused; 3 could not be checked.",
    )
    parser.add_argument("folder", metavar="FOLDER", help="the bundle: manifest.json and the files it names")
    parser.add_argument("--previous", metavar="FOLDER", help="the bundle of the epoch that paid before")
    parser.add_argument(
        "--manifest-hash", metavar="H", help="the SHA-256 of the manifest that you know, from the chain, say"
    )
    parser.add_argument("--rpc", metavar="URL", help="an Ethereum node to ask what the distributor holds")
    parser.add_argument("--distributor", metavar="0x…", help="the distributor that you trust")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser


def _print_json(report: Report) -> None:
    checks = [{"code": check.code, "passed": check.passed, "text": check.text} for check in report.checks]
    print(
        json.dumps({"verdict": report.verdict, "summary": report.summary, "checks": checks, "limits": LIMITS}, indent=2)
    )


# For each answer the mark, the mark of a terminal that lacks it, and a colour.
_MARKS = {True: ("\u2713", "+", "32"), False: ("\u2717", "x", "31"), None: ("\u2013", "-", "33")}


def _print_words(report: Report) -> None:
    for check in report.checks:
        _say(check.text, _mark(check.passed))
    if report.verdict == "recomputed":
        _say("\nWhat this cannot show:")
        for limit in LIMITS:
            _say(f"  {limit}")
    _say(f"\n{report.summary}")


def _mark(passed: bool | None) -> str:
    mark, plain, colour = _MARKS[passed]
    if mark.encode(_encoding(), "replace") == b"?":
        mark = plain
    return f"\x1b[{colour}m{mark}\x1b[0m " if sys.stdout.isatty() else f"{mark} "


def _encoding() -> str:
    return sys.stdout.encoding or "utf-8"


def _say(line: str, mark: str = "") -> None:
    """Prints a line even where the terminal lacks a character of it, and nothing in it that could steer the terminal."""
    clean = "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in line)
    print((mark + clean).encode(_encoding(), "replace").decode(_encoding()))


if __name__ == "__main__":
    sys.exit(main())
