"""An upper room for the tests of the audit: notes that can be kept, changed and removed, each with its entry."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction

from ledger import auditing, selectors, services
from ledger.auditing import ExpectedRow
from ledger.models import AuditRun, Entry
from ledger.records import EntryView
from tests.ledger.conftest import ACTOR, Ledger

EXPIRES = datetime(2026, 12, 1, 12, 30, 15, 123_000, tzinfo=UTC)
OTHERS = "repo:00000000-0000-4000-8000-000000000000"


def subject(name: str) -> str:
    return "rev:" + hashlib.sha256(name.encode()).hexdigest()


def expect_kept(entry: EntryView, details: Mapping[str, Mapping[str, Any]]) -> list[ExpectedRow]:
    """A note is a session row: its key, its words (a detail), its time."""
    columns: dict[str, Any] = {"expire_date": entry.data["expires"]}
    if "words" in details:
        columns["session_data"] = details["words"]["words"]
    return [ExpectedRow("sessions.Session", {"session_key": entry.data["key"]}, columns)]


def expect_removed(entry: EntryView, details: Mapping[str, Mapping[str, Any]]) -> list[ExpectedRow]:
    return [ExpectedRow("sessions.Session", {"session_key": entry.data["key"]}, absent=True)]


class Notes:
    """The upper room of these tests."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def keep(self, name: str, words: str = "words", *, related: str = "", apply: bool = True) -> Entry:
        key = hashlib.sha256(name.encode()).hexdigest()[:32]
        with transaction.atomic():
            if apply:
                Session.objects.update_or_create(
                    session_key=key, defaults={"session_data": words, "expire_date": EXPIRES}
                )
            return services.record(
                type="note.kept",
                subject=subject(name),
                actor=ACTOR,
                time=self.ledger.now,
                data={"key": key, "expires": "2026-12-01T12:30:15.123Z"},
                details={"words": {"words": words}},
                related=[related] if related else (),
            )

    def remove(self, name: str) -> Entry:
        row = self.row(name)
        with transaction.atomic():
            entry = services.record(
                type="note.removed",
                subject=subject(name),
                actor=ACTOR,
                time=self.ledger.now,
                data={"key": row.session_key},
            )
            row.delete()
        return entry

    def row(self, name: str) -> Session:
        return Session.objects.get(session_key=hashlib.sha256(name.encode()).hexdigest()[:32])


def settle(notes: Notes) -> None:
    """Everything recorded so far is sequenced, published and audited."""
    notes.ledger.sequence()
    notes.ledger.publish()
    touched(notes)


def touched(notes: Notes) -> AuditRun | None:
    return auditing.audit_touched(notes.ledger.pass_time(60))


def full(notes: Notes) -> AuditRun:
    run = auditing.audit_full(notes.ledger.pass_time(60))
    assert run is not None
    return run


def found() -> list[tuple[str, str]]:
    return [(row.table, row.column) for row in selectors.open_mismatches()]
