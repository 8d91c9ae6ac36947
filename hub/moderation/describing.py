"""What a moderator said about a removal is for everybody, until it is erased."""

from collections.abc import Sequence
from uuid import UUID

from ledger.describing import Viewer
from ledger.records import EntryView

REMOVALS = ("content.taken_down", "content.redacted")


def readable(entries: Sequence[EntryView], viewer: Viewer) -> set[UUID]:
    return {entry.uid for entry in entries if entry.type in REMOVALS}
