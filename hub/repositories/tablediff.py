"""Two versions of a table: which columns and rows came, went and changed. Pure; reads both as streams, several times.

CSV and TSV have their columns in the first row; in JSON lines each line is an object, and the columns are its names.
Rows are compared by the columns that both versions have, so that a new column does not change every row. If the first of
those columns has another value in each row of both versions, it names the rows, and a row can be said to have changed;
otherwise rows are told apart by all their values, and a changed one counts as one removed and one added.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import BinaryIO, Literal, TypeAlias

MOST_BYTES = 32 * 1024 * 1024
MOST_ROWS = 300_000
MOST_COLUMNS = 2_000
SHOWN_ROWS, SHOWN_CELLS, LONGEST_CELL = 12, 8, 120
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_LINES = (".jsonl", ".ndjson")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*|[eE][+-]?[0-9]+|\.[0-9]*[eE][+-]?[0-9]+)?|[+-]?(\.[0-9]+)")
# A string, closed or running to the end so that the scan is linear, or one bracket.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_DEEPEST = 64
_LONGEST_LINE = 4 * 1024 * 1024

Open: TypeAlias = Callable[[], BinaryIO]
Type: TypeAlias = Literal["empty", "whole", "number", "truth", "text", "list", "object"]


class NoTable(ValueError):
    """Bytes that are no table after all, or one beyond the bounds."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a row that changed; in added and removed rows one side is empty."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row that differs. `name` is its value in the naming column; `more` counts cells that are not shown."""

    kind: Literal["added", "removed", "changed"]
    name: str
    cells: Sequence[Cell]
    more: int


@dataclass(frozen=True, slots=True)
class Retyped:
    """A column whose values are of another type than before."""

    column: str
    before: Type
    after: Type


@dataclass(frozen=True, slots=True)
class TableChange:
    """What differs. `key` is the column that names rows, "" for none. `rows` are the first rows of each kind."""

    rows_before: int
    rows_after: int
    columns_before: int
    columns_after: int
    columns_added: Sequence[str]
    columns_removed: Sequence[str]
    retyped: Sequence[Retyped]
    reordered: bool
    key: str
    added: int
    removed: int
    changed: int
    rows: Sequence[Row]

    @property
    def same_columns(self) -> bool:
        return not (self.columns_added or self.columns_removed or self.retyped or self.reordered)


def is_comparable(path: str) -> bool:
    return _suffix(path) in {*_DELIMITERS, *_LINES}


def compare(path: str, old: Open, new: Open) -> TableChange:
    """Compare two versions of the table at `path`; `old` and `new` open its bytes anew. Raises NoTable."""
    try:
        return _compare(_table(path, old), _table(path, new))
    except NoTable:
        raise
    except (csv.Error, ValueError) as error:
        raise NoTable(str(error)) from None


# --- reading -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Table:
    """A version that can be read again and again. Rows are values by column; a value that is not there is missing."""

    rows: Callable[[], Iterator[Mapping[str, object]]]
    columns: Mapping[str, Type]
    count: int


def _table(path: str, open_bytes: Open) -> _Table:
    suffix = _suffix(path)

    def rows() -> Iterator[Mapping[str, object]]:
        found = _lines(open_bytes) if suffix in _LINES else _cells(open_bytes, _DELIMITERS[suffix])
        for count, row in enumerate(found):
            if count >= MOST_ROWS or len(row) > MOST_COLUMNS:
                raise NoTable("more rows or columns than are compared")
            yield row

    columns, count = _columns(rows)
    if suffix not in _LINES:
        with _records(open_bytes, _DELIMITERS[suffix]) as records:
            names = _distinct(next(records, []))
        # Cells beyond the header stand together as one more column.
        columns = {name: columns.get(name, "empty") for name in [*names, *([""] if "" in columns else [])]}
    return _Table(rows, columns, count)


@contextmanager
def _records(open_bytes: Open, delimiter: str) -> Iterator[Iterator[list[str]]]:
    """The rows that have any cells, the header among them."""
    with io.TextIOWrapper(open_bytes(), encoding="utf-8-sig", newline="") as text:
        yield (row for row in csv.reader(text, delimiter=delimiter) if row)


def _distinct(names: Sequence[str]) -> list[str]:
    """Names of columns, each once: a second `a` is `a (2)`."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


def _cells(open_bytes: Open, delimiter: str) -> Iterator[Mapping[str, object]]:
    with _records(open_bytes, delimiter) as records:
        header = _distinct(next(records, []))
        for row in records:
            found: dict[str, object] = dict(zip(header, row, strict=False))
            if len(row) > len(header):
                found[""] = delimiter.join(row[len(header) :])
            yield found


def _lines(open_bytes: Open) -> Iterator[Mapping[str, object]]:
    with open_bytes() as raw:
        yield from _objects(raw)


def _objects(raw: BinaryIO) -> Iterator[Mapping[str, object]]:
    while line := raw.readline(_LONGEST_LINE + 1):
        if len(line) > _LONGEST_LINE:
            raise NoTable("a line is too long")
        if not line.strip():
            continue
        if _is_deep(line):
            raise NoTable("a line is nested too deeply")
        row = json.loads(line)
        if not isinstance(row, dict):
            raise NoTable("a line is no object")
        yield row


def _is_deep(line: bytes) -> bool:
    """Whether brackets outside of strings are nested beyond what the parser takes without harm."""
    if line.count(b"[") + line.count(b"{") <= _DEEPEST:
        return False
    depth = 0
    for token in _TOKEN.finditer(line):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token[0], 0)
        if depth > _DEEPEST:
            return True
    return False


def _columns(rows: Callable[[], Iterator[Mapping[str, object]]]) -> tuple[dict[str, Type], int]:
    """Every column with the type that holds all its values, and the number of rows."""
    found: dict[str, Type] = {}
    count = 0
    for row in rows():
        count += 1
        for name, value in row.items():
            found[name] = _wider(found.get(name, "empty"), _type(value))
        if len(found) > MOST_COLUMNS:
            raise NoTable("more columns than are compared")
    return found, count


def _type(value: object) -> Type:
    if value is None or value == "":
        return "empty"
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, int | float):
        return "whole" if isinstance(value, int) else "number"
    if isinstance(value, str):
        return _type_of_text(value)
    return "list" if isinstance(value, list) else "object"


def _type_of_text(value: str) -> Type:
    match = _NUMBER.fullmatch(value.strip()) if len(value) < 100 else None
    if match is None:
        return "text"
    return "number" if match[1] or match[2] else "whole"


def _wider(known: Type, new: Type) -> Type:
    if new in {known, "empty"}:
        return known
    if known == "empty":
        return new
    return "number" if {known, new} == {"whole", "number"} else "text"


# --- comparing -----------------------------------------------------------------------------------
def _compare(old: _Table, new: _Table) -> TableChange:
    common = [name for name in old.columns if name in new.columns]
    order = [name for name in new.columns if name in old.columns]
    key = common[0] if common and _names_rows(old, common[0]) and _names_rows(new, common[0]) else ""
    counts, rows = _by_key(old, new, common, key) if key else _by_values(old, new, common)
    return TableChange(
        rows_before=old.count,
        rows_after=new.count,
        columns_before=len(old.columns),
        columns_after=len(new.columns),
        columns_added=[name for name in new.columns if name not in old.columns],
        columns_removed=[name for name in old.columns if name not in new.columns],
        retyped=[
            Retyped(name, old.columns[name], new.columns[name])
            for name in common
            if old.columns[name] != new.columns[name] and "empty" not in {old.columns[name], new.columns[name]}
        ],
        reordered=common != order,
        key=key,
        added=counts["added"],
        removed=counts["removed"],
        changed=counts["changed"],
        rows=rows,
    )


def _names_rows(table: _Table, column: str) -> bool:
    seen: set[bytes] = set()
    for row in table.rows():
        value = row.get(column)
        if value is None or value == "" or (digest := _digest([value])) in seen:
            return False
        seen.add(digest)
    return True


def _digest(values: Sequence[object]) -> bytes:
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), default=str)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _values(row: Mapping[str, object], columns: Sequence[str]) -> list[object]:
    return [row.get(name) for name in columns]


def _by_key(old: _Table, new: _Table, common: Sequence[str], key: str) -> tuple[Counter[str], list[Row]]:
    before = {_digest([row[key]]): _digest(_values(row, common)) for row in old.rows()}
    counts: Counter[str] = Counter()
    added: list[Row] = []
    changed: dict[bytes, Mapping[str, object]] = {}
    for row in new.rows():
        name = _digest([row[key]])
        known = before.pop(name, None)
        if known is None:
            counts["added"] += 1
            _keep(added, "added", key, {}, row, new.columns)
        elif known != _digest(_values(row, common)):
            counts["changed"] += 1
            if len(changed) < SHOWN_ROWS:
                changed[name] = row
    counts["removed"] = len(before)
    return counts, _with_old_sides(old, new, common, key, before, changed, added)


def _with_old_sides(
    old: _Table,
    new: _Table,
    common: Sequence[str],
    key: str,
    gone: Mapping[bytes, bytes],
    changed: Mapping[bytes, Mapping[str, object]],
    added: list[Row],
) -> list[Row]:
    """The rows to show, now that it is known which of the old version belong to them."""
    removed: list[Row] = []
    both: list[Row] = []
    if gone or changed:
        for row in old.rows():
            name = _digest([row[key]])
            if name in changed:
                _keep(both, "changed", key, row, changed[name], common)
            elif name in gone:
                _keep(removed, "removed", key, row, {}, old.columns)
    return [*both, *added, *removed]


def _by_values(old: _Table, new: _Table, common: Sequence[str]) -> tuple[Counter[str], list[Row]]:
    left = Counter(_digest(_values(row, common)) for row in old.rows())
    counts: Counter[str] = Counter()
    added: list[Row] = []
    for row in new.rows():
        digest = _digest(_values(row, common))
        if left[digest] > 0:
            left[digest] -= 1
        else:
            counts["added"] += 1
            _keep(added, "added", "", {}, row, new.columns)
    counts["removed"] = left.total()
    removed: list[Row] = []
    for row in old.rows() if counts["removed"] else ():
        digest = _digest(_values(row, common))
        if left[digest] > 0:
            left[digest] -= 1
            _keep(removed, "removed", "", row, {}, old.columns)
    return counts, [*added, *removed]


def _keep(
    rows: list[Row],
    kind: Literal["added", "removed", "changed"],
    key: str,
    before: Mapping[str, object],
    after: Mapping[str, object],
    columns: Mapping[str, object] | Sequence[str],
) -> None:
    if len(rows) >= SHOWN_ROWS:
        return
    cells = [
        Cell(name or "…", _shown(before.get(name)), _shown(after.get(name)))
        for name in columns
        if name != key and before.get(name) != after.get(name)
    ]
    name = _shown((after or before).get(key)) if key else ""
    rows.append(Row(kind, name, cells[:SHOWN_CELLS], max(0, len(cells) - SHOWN_CELLS)))


def _shown(value: object) -> str:
    text = (
        "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    )
    text = text[: LONGEST_CELL + 1].encode("utf-8", "replace").decode()
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


def _suffix(path: str) -> str:
    name = path.rsplit("/", 1)[-1].lower()
    return name[name.rindex(".") :] if "." in name[1:] else ""
