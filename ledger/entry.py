"""Entries: the leaves of the log, as canonical JSON whose bytes never change.

    {"actor":"acct:…","akashi":1,"data":{…},"details":{"message":"<sha256>"},"subject":"repo:…","time":"…Z","type":"…"}

An entry holds ids, digests, enumerations and integers. What may have to be forgotten stands beside it in named
groups; the entry holds only SHA-256(salt || group), so that erasing salt and group leaves the log as it was.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ledger import canonical
from ledger.canonical import JSON
from ledger.errors import BadEntry, NotCanonical
from ledger.merkle import leaf_hash

FORMAT = 1
MAX_BYTES = 65_535
SALT_SIZE = 32
SYSTEM = "sys:hub"

_ACTOR = re.compile(r"acct:[0-9a-f]{32}|sys:hub")
_TYPE = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_SUBJECT = re.compile(
    rf"log|(?:repo|contrib):{_UUID}|(?:rev|policy):[0-9a-f]{{64}}|acct:[0-9a-f]{{32}}|epoch:(?:0|[1-9][0-9]{{0,14}})"
    r"|goods:https?://[\x21-\x7e]{1,180}"
)
_MEMBERS = {"akashi", "type", "time", "actor", "subject", "data", "details"}
_LENGTHS = {"type": 64, "subject": 200, "group": 64}


@dataclass(frozen=True)
class ParsedEntry:
    """An entry's members. `details` maps each group to its 32-byte digest; `body` is the leaf."""

    type: str
    subject: str
    actor: str
    time: datetime
    data: dict[str, Any]
    details: dict[str, bytes]
    body: bytes

    @property
    def leaf_hash(self) -> bytes:
        """The leaf hash under RFC 9162."""
        return leaf_hash(self.body)


def build(
    *, type: str, subject: str, actor: str, time: datetime, data: Mapping[str, JSON], details: Mapping[str, bytes]
) -> bytes:
    """The entry's frozen bytes. `details` maps each group's name to its digest from `seal_group`.

    Raises `BadEntry` when a form is wrong, a number is not an integer below 2**53, or the whole exceeds
    65,535 bytes (the most an entry bundle can carry). Time is cut to milliseconds.
    """
    members: dict[str, JSON] = {
        "akashi": FORMAT,
        "type": type,
        "time": format_time(time),
        "actor": actor,
        "subject": subject,
        "data": data,
        "details": {group: digest.hex() for group, digest in details.items()},
    }
    try:
        body = canonical.encode(members)
    except NotCanonical as error:
        raise BadEntry(str(error)) from error
    _check(members, body)
    return body


def parse(body: bytes) -> ParsedEntry:
    """The members of an entry; raises `BadEntry` unless `body` is exactly what `build` would write."""
    try:
        members = canonical.decode(body)
    except NotCanonical as error:
        raise BadEntry(str(error)) from error
    _check(members, body)
    return ParsedEntry(
        type=members["type"],
        subject=members["subject"],
        actor=members["actor"],
        time=parse_time(members["time"]),
        data=members["data"],
        details={group: bytes.fromhex(digest) for group, digest in members["details"].items()},
        body=body,
    )


def seal_group(body: Mapping[str, JSON], salt: bytes) -> tuple[bytes, bytes]:
    """The digest of a details group that goes into the entry, and the group's canonical bytes.

    The digest is SHA-256(salt || bytes). The salt is 32 random bytes used for this group alone: without it a
    short text could be guessed from its digest.
    """
    try:
        text = canonical.encode(body)
    except NotCanonical as error:
        raise BadEntry(str(error)) from error
    return group_digest(text, salt), text


def group_digest(text: bytes, salt: bytes) -> bytes:
    """The digest of a group from its canonical bytes, as `seal_group` computes it."""
    if len(salt) != SALT_SIZE:
        raise BadEntry(f"a salt has {SALT_SIZE} bytes, not {len(salt)}")
    return hashlib.sha256(salt + text).digest()


def to_milliseconds(time: datetime) -> datetime:
    """The moment in UTC as an entry can say it; finer parts are cut off."""
    if time.utcoffset() is None:
        raise BadEntry("a time without a zone")
    time = time.astimezone(UTC)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def format_time(time: datetime) -> str:
    """UTC with milliseconds and `Z`; finer parts are cut off."""
    return to_milliseconds(time).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def parse_time(text: str) -> datetime:
    """The moment that `format_time` wrote; raises `BadEntry` on any other form."""
    if not _TIME.fullmatch(text):
        raise BadEntry(f"{text!r} is not a time in UTC with milliseconds")
    try:
        return datetime.fromisoformat(text[:-1] + "+00:00")
    except ValueError as error:
        raise BadEntry(f"{text!r} is not a time: {error}") from error


def check_subject(subject: str) -> None:
    """Raises `BadEntry` unless `subject` has one of the forms of the log's subjects."""
    _require_form(_SUBJECT, subject, "subject")


def is_subject(text: str) -> bool:
    """Whether `text` has one of the forms of the log's subjects."""
    return _SUBJECT.fullmatch(text) is not None


def _check(members: Any, body: bytes) -> None:
    if len(body) > MAX_BYTES:
        raise BadEntry(f"an entry of {len(body)} bytes exceeds {MAX_BYTES}")
    if not isinstance(members, dict) or set(members) != _MEMBERS:
        raise BadEntry(f"an entry has the members {', '.join(sorted(_MEMBERS))} and no others")
    if members["akashi"] != FORMAT or members["akashi"] is True:
        raise BadEntry(f"format {members['akashi']!r} is not {FORMAT}")
    _require_form(_TYPE, members["type"], "type")
    _require_form(_ACTOR, members["actor"], "actor")
    _require_form(_TIME, members["time"], "time")
    check_subject(members["subject"])
    parse_time(members["time"])
    _check_members(members["data"], members["details"])


def _check_members(data: Any, details: Any) -> None:
    if not isinstance(data, dict) or not isinstance(details, dict):
        raise BadEntry("data and details are objects")
    for name in data:
        _require_form(_NAME, name, "data field")
    for group, digest in details.items():
        _require_form(_NAME, group, "group")
        _require_form(_DIGEST, digest, "digest")


def _require_form(pattern: re.Pattern[str], value: Any, what: str) -> None:
    if not isinstance(value, str) or not pattern.fullmatch(value) or len(value) > _LENGTHS.get(what, 256):
        raise BadEntry(f"{value!r} is not the form of an entry's {what}")
