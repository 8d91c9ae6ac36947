"""A monitor of a log elsewhere: what it has verified so far, whom it looks for, and what it reports.

One look: read the newest checkpoint, verify it against the saved one, read every entry since, pick those that match. The
state moves on only when whoever wanted to know has been told; what could not be delivered is found again next time.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ledger import entry as format
from ledger import following
from ledger.checkpoint import Checkpoint, open_checkpoint
from ledger.durable import replace_file
from ledger.entry import ParsedEntry
from ledger.errors import BadCheckpoint, BadEntry, BadNote, Broken, Damaged, Unreachable
from ledger.fetching import Client
from ledger.following import Published, RemoteLog
from ledger.merkle import EMPTY_ROOT
from ledger.note import Ed25519Key

REPORT_ENTRIES = 500
_MAX_ANSWER = 64 * 1024


@dataclass(frozen=True)
class Saved:
    """What a monitor remembers: the key that it trusts and the last checkpoint that it verified, if any."""

    key: Ed25519Key
    published: Published | None = None

    @property
    def head(self) -> Checkpoint:
        return self.published.head if self.published else Checkpoint(self.key.name, 0, EMPTY_ROOT)


def load(file: Path) -> Saved | None:
    """The saved state; None before the first look. `Damaged` when it cannot be read: it is never taken for none."""
    try:
        members = json.loads(file.read_text(encoding="utf-8"))
        key, text = Ed25519Key.from_vkey(members["log_key"]), members["checkpoint"]
        return Saved(key, None if text is None else Published(text, open_checkpoint(text, log=key)))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError, BadNote, BadCheckpoint) as error:
        raise Damaged(f"{file} is no state of a monitor: {error}") from error


def save(file: Path, saved: Saved) -> None:
    """Writes the state, durably."""
    text = saved.published.note if saved.published else None
    replace_file(file, json.dumps({"log_key": saved.key.vkey, "checkpoint": text}, indent=1).encode())


@dataclass(frozen=True)
class Filter:
    """Whom to look for: actors (`acct:…`), and subjects that an entry is about or names."""

    actors: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()

    def matches(self, body: bytes, entry: ParsedEntry | None) -> bool:
        """Whether to report an entry. Bytes that are no entry match when they hold one of the words."""
        if entry is None:
            return any(word.encode() in body for word in self.actors | self.subjects)
        return entry.actor in self.actors or not self.subjects.isdisjoint((entry.subject, *_words(entry.data)))


@dataclass(frozen=True)
class Match:
    """An entry to report. `entry` is None for a leaf that is no entry of this format."""

    index: int
    body: bytes
    entry: ParsedEntry | None

    def line(self) -> str:
        """One line for a person."""
        if self.entry is None:
            return f"#{self.index} is no entry of this format"
        found = self.entry
        return f"#{self.index} {format.format_time(found.time)} {found.type} {found.subject} by {found.actor}"

    def members(self) -> dict[str, Any]:
        """For a program."""
        text = self.body.decode(errors="replace")
        if self.entry is None:
            return {"index": self.index, "body": text}
        found = self.entry
        return {
            "index": self.index,
            "leaf_hash": found.leaf_hash.hex(),
            "time": format.format_time(found.time),
            "type": found.type,
            "subject": found.subject,
            "actor": found.actor,
            "data": found.data,
            "body": text,
        }


@dataclass
class Look:
    """What one look found: the head that is verified now, and the entries to report."""

    published: Published
    matches: list[Match] = field(default_factory=list)
    entries: int = 0


class Alarm(Broken):
    """The log contradicts what was saved, or itself. `found` is the note that shows it, if one was read."""

    def __init__(self, reason: str, found: str) -> None:
        super().__init__(reason)
        self.found = found


def look(client: Client, saved: Saved, wanted: Filter) -> Look:
    """Reads what is new and verifies all of it. Raises `Alarm` and `Unreachable`.

    An older checkpoint, as a cache may still hold it, changes nothing once it is shown to be under the saved one.
    """
    note = ""
    try:
        published = following.read_checkpoint(client, saved.key)
        note = published.note
        log = RemoteLog(client, max(published.head.size, saved.head.size))
        following.check_extends(log, saved.head, published.head)
        if published.head.size < saved.head.size:
            assert saved.published is not None, "no tree is smaller than the empty one"
            return Look(saved.published)
        found = Look(published)
        for chunk in following.read_on(log, saved.head.size, saved.head.root, published.head):
            found.entries += len(chunk.entries)
            found.matches += _matches(chunk.start, chunk.entries, wanted)
    except Broken as error:
        raise Alarm(str(error), note) from error
    return found


def _matches(start: int, bodies: Sequence[bytes], wanted: Filter) -> Iterator[Match]:
    for index, body in enumerate(bodies, start):
        try:
            parsed: ParsedEntry | None = format.parse(body)
        except BadEntry:
            parsed = None
        if wanted.matches(body, parsed):
            yield Match(index, body, parsed)


def keep_evidence(file: Path, url: str, saved: Saved, alarm: Alarm, now: datetime) -> Path:
    """Writes both checkpoints into a file next to the state; the same contradiction is written once."""
    before = saved.published.note if saved.published else ""
    name = hashlib.sha256(f"{before}\n{alarm.found}\n{alarm}".encode()).hexdigest()[:16]
    target = file.with_name(f"{file.name}.evidence-{name}.json")
    if not target.exists():
        members = {
            "reason": str(alarm),
            "url": url,
            "seen": now.isoformat(),
            "log_key": saved.key.vkey,
            "saved_checkpoint": before,
            "found_checkpoint": alarm.found,
        }
        replace_file(target, json.dumps(members, indent=1, ensure_ascii=False).encode())
    return target


# --- reports -------------------------------------------------------------------------------------
def reports(url: str, found: Look) -> Iterator[dict[str, Any]]:
    """What is sent about a look, so many entries at a time."""
    head = found.published.head
    for start in range(0, len(found.matches), REPORT_ENTRIES):
        entries = [match.members() for match in found.matches[start : start + REPORT_ENTRIES]]
        yield {"event": "entries", "url": url, "log": head.origin, "size": head.size, "entries": entries}


def alarm_report(url: str, saved: Saved, alarm: Alarm) -> dict[str, Any]:
    """What is sent about an alarm."""
    return {
        "event": "alarm",
        "url": url,
        "log": saved.key.name,
        "reason": str(alarm),
        "saved_checkpoint": saved.published.note if saved.published else "",
        "found_checkpoint": alarm.found,
    }


def post(webhook: str, report: dict[str, Any]) -> None:
    """Sends a report as JSON; raises `Unreachable` unless it is taken (status 2xx)."""
    client = Client(webhook)
    try:
        answer = client.ask("POST", "", json.dumps(report).encode(), "application/json", most=_MAX_ANSWER)
    finally:
        client.close()
    if not 200 <= answer.status < 300:
        raise Unreachable(webhook, f"answers with status {answer.status}")


def _words(value: Any) -> Iterator[str]:
    """Every text in an entry's data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from _words(member)
    elif isinstance(value, list):
        for member in value:
            yield from _words(member)
