"""What the tables of upper rooms must hold, according to the log. Rooms register a pure function for each event type."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn, TypeAlias

from ledger.records import EntryView


class _Erased:
    """Stands for a value that was erased. It can be put into a row; anything else made of it is refused."""

    def __repr__(self) -> str:
        return "ERASED"

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError("an erased value cannot be computed with")

    __str__ = __format__ = __bool__ = __len__ = __iter__ = __eq__ = __lt__ = _refuse
    __hash__ = object.__hash__


ERASED: Final = _Erased()


@dataclass(frozen=True)
class ExpectedRow:
    """A row of `table` ("repositories.Revision") that the log speaks about: found by `key`, holding `columns`.

    Both are Django look-ups to values, and the key finds at most one row. A column with the value `ERASED` may hold
    anything. `absent` says that there must be no such row.

    A later entry about the same table, key and column counts instead of an earlier one. For that to be found, the two
    entries share a subject, be it their own or a related one, and write the key with the same look-ups.
    """

    table: str
    key: Mapping[str, Any]
    columns: Mapping[str, Any] = field(default_factory=dict)
    absent: bool = False


Details: TypeAlias = Mapping[str, Mapping[str, Any]]
ExpectRows: TypeAlias = Callable[[EntryView, Details], Sequence[ExpectedRow]]

Related: TypeAlias = Callable[[EntryView], Collection[str]]

_functions: dict[str, ExpectRows] = {}


@dataclass(frozen=True)
class SpokenFor:
    """A table in which every row is one that an entry speaks about; a row beside them was put there past the log.

    `keys` are the forms in which expectations write a row's key. The entries are those of `types` whose own subject is a
    prefix and the value of a look-up, as (prefix, look-up) in `subjects`. `only` narrows the rows.
    """

    table: str
    keys: Sequence[Sequence[str]]
    subjects: Sequence[tuple[str, str]]
    types: Sequence[str]
    only: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Addressed:
    """A table whose rows are named by the SHA-256, in hex, of the bytes they hold."""

    table: str
    key: str
    body: str


@dataclass(frozen=True)
class Deviation:
    """A row that is not what follows from the objects an entry commits to. `column` "" stands for the row's being there.

    What `expected` and `found` say is shown in public unless it is words.
    """

    table: str
    key: Mapping[str, Any]
    column: str
    expected: Any
    found: Any


Recompute: TypeAlias = Callable[[EntryView], Iterable[Deviation]]
FindStray: TypeAlias = Callable[[], Iterable[tuple[str, Deviation]]]

_recomputed: dict[str, Recompute] = {}
stray: dict[str, FindStray] = {}
spoken_for: dict[str, SpokenFor] = {}
addressed: dict[str, Addressed] = {}
_related: list[Related] = []


def register_spoken_for(table: SpokenFor) -> None:
    """The daily audit looks for rows of this table that no entry speaks about."""
    spoken_for[table.table] = table


def register_addressed(table: Addressed) -> None:
    """The daily audit hashes the bytes in this table again."""
    addressed[table.table] = table


def register_related(related: Related) -> None:
    """`related(entry)` says which subjects besides its own an entry must be found under. It is pure."""
    _related.append(related)


def related_subjects(entry: EntryView) -> set[str]:
    """The subjects under which an entry must be found, its own among them."""
    return {entry.subject, *(subject for function in _related for subject in function(entry))}


def register_expected_rows(event_type: str, expect_rows: ExpectRows) -> None:
    """`expect_rows(entry, details)` says which rows an entry of this type leaves behind. It is pure.

    `details` holds the groups of the entry. Every value of an erased group is `ERASED`: a function that passes it on into a
    column says that the column is spoken for and unknown. A function that cannot work with it is called again
    without the erased groups.
    """
    _functions[event_type] = expect_rows


def register_recomputed(event_type: str, recompute: Recompute) -> None:
    """`recompute(entry)` computes again what an entry of this type decides only by a digest, and yields what differs.

    It reads objects and rows but writes none. It is asked in every audit that compares the entry.
    """
    _recomputed[event_type] = recompute


def recomputed(entry: EntryView) -> Iterable[Deviation]:
    """What differs from what was computed again from the objects that an entry commits to."""
    function = _recomputed.get(entry.type)
    return () if function is None else function(entry)


def register_stray(table: str, find: FindStray) -> None:
    """The daily audit asks `find()` for rows of this table that follow from nothing, each with the subject it belongs to."""
    stray[table] = find


def registered_types() -> list[str]:
    """The event types whose rows are compared."""
    return sorted(_functions)


def expected_rows(entry: EntryView) -> Sequence[ExpectedRow]:
    """What an entry with all its details says about the tables."""
    function = _functions.get(entry.type)
    if function is None:
        return []
    if not entry.erased:
        return function(entry, entry.details)
    erased = {group: _ErasedGroup() for group in entry.erased}
    try:
        return function(entry, {**entry.details, **erased})
    except Exception:
        # Whatever the function made of an erased value, it has its answer for a group that is not there.
        return function(entry, entry.details)


class _ErasedGroup(Mapping[str, Any]):
    """A group of which nothing is known any more, so every field is there and erased."""

    def __getitem__(self, name: str) -> Any:
        return ERASED

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 1
