"""Compares rows with what entries say about them, a window of entries at a time, in memory bounded by the window.

Within a window later entries override earlier ones. What then still differs may have been overridden by an entry after the
window, so those entries are looked up, newest first; most differences end at the first one. Only what no later entry
speaks about is a mismatch.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from django.apps import apps
from django.db.models import Model, Q

from ledger import canonical, values
from ledger.expecting import ERASED, ExpectedRow, expected_rows, registered_types
from ledger.records import EntryView
from ledger.selectors import later_entries
from ledger.soundness import is_sound

ROW = ""  # the column that stands for the row's being there
_KEYS_AT_ONCE = 200
_REMEMBERED = 100_000

RowName: TypeAlias = tuple[str, str]
"""Table and canonical key."""
Slot: TypeAlias = tuple[str, str, str]
"""Table, canonical key, column."""


@dataclass(frozen=True)
class Claim:
    """What an entry says a slot holds."""

    entry: EntryView
    value: Any


@dataclass(frozen=True)
class Difference:
    """A slot that holds something else than the entry says."""

    slot: Slot
    entry: EntryView
    expected: Any
    found: Any


@dataclass
class _Row:
    table: str
    key: Mapping[str, Any]
    claims: dict[str, Claim] = field(default_factory=dict)


class Comparison:
    """Compares windows of entries. One for each audit: it remembers which claims it found to be overridden."""

    def __init__(self) -> None:
        self._overridden_by: OrderedDict[Slot, int] = OrderedDict()

    def compare(self, entries: Sequence[EntryView]) -> list[Difference]:
        """The mismatches among what these entries, in the order of the log, say."""
        rows = _claimed(entries)
        found = _read_rows(rows)
        differences = [each for name, row in rows.items() for each in _differences(name, row, found.get(name, []))]
        return [difference for difference in differences if not self._is_overridden(difference)]

    def _is_overridden(self, difference: Difference) -> bool:
        entry, slot = difference.entry, difference.slot
        known = self._overridden_by.get(slot)
        if known is not None and entry.leaf_index is not None and entry.leaf_index < known:
            return True
        for later in later_entries(entry, registered_types()):
            # One whose stored bytes were changed says nothing; the audit names it.
            if is_sound(later) and slot in _slots(later):
                self._remember(slot, later)
                return True
        return False

    def _remember(self, slot: Slot, later: EntryView) -> None:
        if later.leaf_index is not None:
            self._overridden_by[slot] = later.leaf_index
            while len(self._overridden_by) > _REMEMBERED:
                self._overridden_by.popitem(last=False)


def _claimed(entries: Sequence[EntryView]) -> dict[RowName, _Row]:
    """What a window says, by row; the last entry to speak about a slot has it."""
    rows: dict[RowName, _Row] = {}
    for entry in entries:
        for expected in expected_rows(entry):
            name = row_name(expected)
            row = rows.setdefault(name, _Row(expected.table, expected.key))
            row.claims[ROW] = Claim(entry, not expected.absent)
            row.claims.update({column: Claim(entry, value) for column, value in expected.columns.items()})
    return rows


def _slots(entry: EntryView) -> set[Slot]:
    """Every slot that an entry speaks about."""
    return {(*row_name(expected), column) for expected in expected_rows(entry) for column in (ROW, *expected.columns)}


def row_name(expected: ExpectedRow) -> RowName:
    return expected.table, canonical.encode(values.plain(expected.key)).decode()


def _differences(name: RowName, row: _Row, found: Sequence[Mapping[str, Any]]) -> Iterator[Difference]:
    there = row.claims[ROW]
    if bool(found) is not there.value or len(found) > 1:
        yield Difference((*name, ROW), there.entry, int(there.value), len(found))
    if len(found) != 1 or not there.value:
        return
    for column, claim in row.claims.items():
        if column == ROW or claim.value is ERASED:
            continue
        if not values.equal(claim.value, found[0][column]):
            yield Difference((*name, column), claim.entry, claim.value, found[0][column])


def _read_rows(rows: Mapping[RowName, _Row]) -> dict[RowName, list[dict[str, Any]]]:
    """The columns spoken about, of every row that a key finds; a few queries for each table."""
    alike: dict[tuple[str, tuple[str, ...]], list[_Row]] = defaultdict(list)
    for row in rows.values():
        alike[row.table, tuple(sorted(row.key))].append(row)
    found: dict[RowName, list[dict[str, Any]]] = defaultdict(list)
    for (table, lookups), group in alike.items():
        columns = {column for row in group for column in row.claims if column != ROW}
        for start in range(0, len(group), _KEYS_AT_ONCE):
            for record in _query(table, lookups, columns, group[start : start + _KEYS_AT_ONCE]):
                key = {lookup: record[lookup] for lookup in lookups}
                found[row_name(ExpectedRow(table, key))].append(record)
    return found


def _query(table: str, lookups: Sequence[str], columns: Iterable[str], rows: Sequence[_Row]) -> list[dict[str, Any]]:
    model: type[Model] = apps.get_model(table)
    if len(lookups) == 1:
        wanted = Q(**{f"{lookups[0]}__in": [row.key[lookups[0]] for row in rows]})
    else:
        wanted = Q()
        for row in rows:
            wanted |= Q(**dict(row.key))
    # The base manager: a row that a room hides from its pages is compared like any other.
    return list(model._base_manager.filter(wanted).values(*{*lookups, *columns}))
