"""What a redaction leaves behind, according to the log. Pure."""

from collections.abc import Mapping
from typing import Any

from ledger.expecting import ExpectedRow
from ledger.records import EntryView

DETAILS = "ledger.Details"


def redacted(entry: EntryView, details: Mapping[str, Mapping[str, Any]]) -> list[ExpectedRow]:
    """The words under this digest are gone, and so is the salt, without which the digest says nothing about them."""
    return [ExpectedRow(DETAILS, {"digest": bytes.fromhex(entry.data["digest"])}, {"body": None, "salt": None})]
