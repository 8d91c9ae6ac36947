"""Keeps the public list of disagreements: opened when an audit finds one, resolved when a later one finds it gone.

The list says which column of which row differs, never the words in it nor their digest. Rows that differ only in words
that are not shown share one line, which is open until all of them agree again.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from ledger import values
from ledger.comparing import ROW, Difference, row_name
from ledger.expecting import Deviation, ExpectedRow
from ledger.models import LOG, Entry, Mismatch
from ledger.records import EntryView

_KEY_LENGTH = 200


@dataclass(frozen=True)
class Finding:
    """A disagreement in the words in which it is shown."""

    entry: EntryView | None
    subject: str
    table: str
    key: str
    column: str
    expected: str
    found: str

    @property
    def name(self) -> tuple[str, str, str]:
        return self.table, self.key, self.column


def from_deviation(entry: EntryView, deviation: Deviation) -> Finding:
    """A row that differs from what follows from the entry."""
    table, key = row_name(ExpectedRow(deviation.table, deviation.key))
    return from_difference(Difference((table, key, deviation.column), entry, deviation.expected, deviation.found))


def from_difference(difference: Difference) -> Finding:
    """A row that differs. Words that the log does not hold in the open are not shown."""
    table, key, column = difference.slot
    entry = difference.entry
    public = frozenset((*values.strings(entry.data), *values.strings(list(entry.subjects))))
    expected, found = values.differing(difference.expected, difference.found)
    return Finding(
        entry=entry,
        subject=entry.subject,
        table=table,
        key=_shown_key(key),
        column="(row)" if column == ROW else column,
        expected=values.shown(expected, public),
        found=values.shown(found, public),
    )


def about_log(check: str, expected: str, found: str) -> Finding:
    """Something that disagrees about the log as a whole."""
    return Finding(None, LOG, LOG, LOG, check, expected, found)


def about_entry(entry: EntryView, column: str, expected: str, found: str) -> Finding:
    """A stored entry that is not what was recorded."""
    place = str(entry.leaf_index) if entry.leaf_index is not None else str(entry.uid)
    return Finding(entry, entry.subject, "ledger.Entry", place, column, expected, found)


def about_row(check: str, table: str, key: str, expected: object, found: object, *, subject: str = LOG) -> Finding:
    """A row that the log says nothing of, or whose bytes are not those it is named by. `subject` says on whose pages."""
    public: frozenset[str] = frozenset()
    words = (_shown_key(key), check, values.shown(expected, public), values.shown(found, public))
    return Finding(None, subject, table, *words)


def settle(findings: Iterable[Finding], now: datetime, *, unchecked: frozenset[str] = frozenset()) -> int:
    """Make the open mismatches those that were found; returns how many are open.

    Everything else that was open is resolved, except the checks without an entry that this audit did not make.
    """
    found = {finding.name: finding for finding in findings}
    still_open = 0
    for row in Mismatch.objects.filter(resolved__isnull=True):
        finding = found.pop((row.table, row.key, row.column), None)
        if finding is not None:
            row.expected, row.found, row.last_seen = finding.expected, finding.found, now
            still_open += 1
        elif row.entry_id is None and row.column in unchecked:
            still_open += 1
        else:
            row.resolved = now
        row.save(update_fields=["expected", "found", "last_seen", "resolved"])
    _open(found.values(), now)
    return still_open + len(found)


def _open(findings: Collection[Finding], now: datetime) -> None:
    uids = {finding.entry.uid for finding in findings if finding.entry}
    ids = dict(Entry.objects.filter(uid__in=uids).values_list("uid", "pk"))
    Mismatch.objects.bulk_create(
        Mismatch(
            entry_id=ids[finding.entry.uid] if finding.entry else None,
            subject=finding.subject,
            table=finding.table,
            key=finding.key,
            column=finding.column[:80],
            expected=finding.expected,
            found=finding.found,
            first_seen=now,
            last_seen=now,
        )
        for finding in findings
    )


def _shown_key(key: str) -> str:
    return values.shown_key(json.loads(key))[:_KEY_LENGTH]
