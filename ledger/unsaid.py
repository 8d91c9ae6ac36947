"""Finds rows that the log says nothing of, and bytes that are not those their row is named by. Part of the daily audit.

Comparing entries with rows finds what differs or is missing; a row that somebody added is found only from the row's side.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import F

from ledger import canonical, values
from ledger.comparing import RowName, row_name
from ledger.expecting import Addressed, ExpectedRow, SpokenFor, addressed, expected_rows, spoken_for, stray
from ledger.mismatches import Finding, about_row
from ledger.models import Entry
from ledger.selectors import to_view
from ledger.soundness import is_sound

NO_ENTRY, OTHER_BYTES = "(no entry)", "(bytes)"
ROW_CHECKS = (NO_ENTRY, OTHER_BYTES)
_WINDOW = 500


def find_unsaid() -> Iterator[Finding]:
    for table in spoken_for.values():
        yield from _without_entry(table)
    for named in addressed.values():
        yield from _with_other_bytes(named)
    for find in stray.values():
        for subject, row in find():
            name = row_name(ExpectedRow(row.table, row.key))
            yield about_row(NO_ENTRY, *name, row.expected, row.found, subject=subject)


def _without_entry(table: SpokenFor) -> Iterator[Finding]:
    lookups = {lookup for key in table.keys for lookup in key} | {lookup for _prefix, lookup in table.subjects}
    rows = apps.get_model(table.table)._base_manager.filter(**table.only).order_by("pk").values("pk", *lookups)
    last = None
    while window := list((rows if last is None else rows.filter(pk__gt=last))[:_WINDOW]):
        last = window[-1]["pk"]
        said = _said(table, {subject for row in window for subject in _subjects(table, row)})
        for row in window:
            subjects = _subjects(table, row)
            if not any(_name(table, key, row) in said[subject] for key in table.keys for subject in subjects):
                yield about_row(NO_ENTRY, *_name(table, table.keys[0], row), 0, 1, subject=subjects[-1])


def _subjects(table: SpokenFor, row: Mapping[str, Any]) -> list[str]:
    return [f"{prefix}{row[lookup]}" for prefix, lookup in table.subjects]


def _name(table: SpokenFor, key: Collection[str], row: Mapping[str, Any]) -> RowName:
    return row_name(ExpectedRow(table.table, {lookup: row[lookup] for lookup in key}))


def _said(table: SpokenFor, subjects: Collection[str]) -> dict[str, set[RowName]]:
    """Which rows the entries about each subject speak of. Pending entries count: they came with their rows."""
    found: dict[str, set[RowName]] = defaultdict(set)
    entries = Entry.objects.filter(type__in=table.types, mentions__subject__in=subjects, subject=F("mentions__subject"))
    for view in map(to_view, entries.prefetch_related("detail_groups")):
        if is_sound(view):
            found[view.subject].update(row_name(row) for row in expected_rows(view) if not row.absent)
    return found


def _with_other_bytes(table: Addressed) -> Iterator[Finding]:
    meta = apps.get_model(table.table)._meta
    name, body = (connection.ops.quote_name(meta.get_field(field).column) for field in (table.key, table.body))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {name}, encode(sha256({body}), 'hex') FROM {connection.ops.quote_name(meta.db_table)}"  # noqa: S608  (names of our own tables)
            f" WHERE {name} <> encode(sha256({body}), 'hex')"
        )
        for key, found in cursor.fetchall():
            text = canonical.encode(values.plain({table.key: key})).decode()
            yield about_row(OTHER_BYTES, table.table, text, key, found)
