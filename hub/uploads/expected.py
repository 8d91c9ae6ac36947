"""What the table of blobs must hold, according to the log."""

from collections.abc import Iterator, Mapping
from typing import Any

from hub.uploads.takedowns import beside_the_log
from ledger.expecting import Deviation, ExpectedRow
from ledger.records import EntryView

BLOB = "uploads.Blob"


def taken_down(entry: EntryView, details: Mapping[str, Mapping[str, Any]]) -> list[ExpectedRow]:
    """The bytes are marked as taken down, since then and for that reason. That they are gone is the removal's matter."""
    columns = {
        "taken_down": entry.time,
        "takedown_reason": entry.data["reason"],
        "takedown_entry__uid": entry.uid,
    }
    return [ExpectedRow(BLOB, {"sha256": entry.data["digest"]}, columns)]


def unsaid() -> Iterator[tuple[str, Deviation]]:
    """Rows that say that a file was taken down, of which the log knows nothing."""
    for digest in beside_the_log():
        yield "log", Deviation(BLOB, {"sha256": digest}, "taken_down", 0, 1)
