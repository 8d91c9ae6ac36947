"""Keyset pages: a page begins after the last row of the one before, so depth costs nothing and rows do not repeat.

A cursor holds the ordering values of one row, signed by the site and bound to the table and the ordering.
"""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.core import signing
from django.db.models import Model, Q, QuerySet

from web.errors import BadCursor

if TYPE_CHECKING:
    from django.http import QueryDict

T = TypeVar("T")
SIZE = 30
MOST = 100
_LONGEST_CURSOR = 4096


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list; a cursor is empty where the list ends."""

    items: list[T]
    next_cursor: str = ""
    previous_cursor: str = ""


def keyset(queryset: "QuerySet[Any, T]", *, order: tuple[str, ...], cursor: str = "", size: int = SIZE) -> Page[T]:
    """The page of `queryset` at `cursor` (empty: the first), at most `size` rows, `MOST` at the utmost.

    `order` names columns as `order_by` does (`-created`, `repository__name`). They must not be null, the last must be
    unique among the rows, and computed floats must be double precision. Raises BadCursor.
    """
    list_ = _List(queryset, order, max(1, min(size, MOST)))
    if not cursor:
        return list_.first()
    backwards, values = list_.read(cursor)
    return list_.before(values) if backwards else list_.after(values)


def section_pager(page: Page[Any], query: str, given: "QueryDict") -> dict[str, str]:
    """Addresses for `components/section_pager.html`, of a list that pages by itself on a page with others: by the field `query`
    of the address, which is an id in the list's section as well. `given` are the fields now; the others of them stay.
    """
    return {
        "older": _address(query, page.next_cursor, given),
        "newer": _address(query, page.previous_cursor, given),
    }


def _address(query: str, cursor: str, given: "QueryDict") -> str:
    if not cursor:
        return ""
    fields = given.copy()
    fields[query] = cursor
    return f"?{fields.urlencode()}#{query}"


class _List(Generic[T]):
    """One ordered list of rows."""

    def __init__(self, queryset: "QuerySet[Any, T]", order: tuple[str, ...], size: int) -> None:
        self.queryset = queryset
        self.columns = tuple((name.lstrip("-"), name.startswith("-")) for name in order)
        self.size = size
        label = queryset.model._meta.label if issubclass(queryset.model, Model) else ""
        self.signer = signing.Signer(salt=f"web.keyset/{label}/{','.join(order)}")

    def first(self) -> Page[T]:
        rows, more = self._rows(self.queryset, backwards=False)
        return Page(rows, next_cursor=self._cursor(rows[-1], False) if more else "")

    def after(self, values: list[Any]) -> Page[T]:
        rows, more = self._rows(self.queryset.filter(self._beyond(values, backwards=False)), backwards=False)
        if not rows:
            return Page([])
        return Page(rows, self._cursor(rows[-1], False) if more else "", self._cursor(rows[0], True))

    def before(self, values: list[Any]) -> Page[T]:
        rows, more = self._rows(self.queryset.filter(self._beyond(values, backwards=True)), backwards=True)
        if not more:
            return self.first()
        return Page(rows, self._cursor(rows[-1], False), self._cursor(rows[0], True))

    def _rows(self, queryset: "QuerySet[Any, T]", *, backwards: bool) -> tuple[list[T], bool]:
        """At most `size` rows in list order, and whether more lie beyond in the direction of reading."""
        names = [f"-{name}" if down != backwards else name for name, down in self.columns]
        rows = list(queryset.order_by(*names)[: self.size + 1])
        more = len(rows) > self.size
        rows = rows[: self.size]
        return (rows[::-1] if backwards else rows), more

    def _beyond(self, values: list[Any], *, backwards: bool) -> Q:
        """Rows strictly beyond `values`: (a beyond) or (a equal and b beyond) ...; the outer bound lets an index serve it."""
        condition, equal = Q(), Q()
        for (name, down), value in zip(self.columns, values, strict=True):
            side = "lt" if down != backwards else "gt"
            condition |= equal & Q(**{f"{name}__{side}": value})
            equal &= Q(**{name: value})
        name, down = self.columns[0]
        bound = Q(**{f"{name}__{'lte' if down != backwards else 'gte'}": values[0]})
        return bound & condition

    def _cursor(self, row: T, backwards: bool) -> str:
        values = [_to_text(_value_of(row, name)) for name, _down in self.columns]
        text = json.dumps([int(backwards), *values], separators=(",", ":"), ensure_ascii=False)
        return self.signer.sign(signing.b64_encode(text.encode()).decode())

    def read(self, cursor: str) -> tuple[bool, list[Any]]:
        """Direction and ordering values of a cursor this list made; BadCursor for any other."""
        if len(cursor) > _LONGEST_CURSOR:
            raise BadCursor
        try:
            text = signing.b64_decode(self.signer.unsign(cursor).encode())
        except (signing.BadSignature, UnicodeError):
            raise BadCursor from None
        backwards, *values = json.loads(text)
        return bool(backwards), [_from_text(value) for value in values]


def _value_of(row: Any, name: str) -> Any:
    if isinstance(row, dict):
        return row[name]
    return attrgetter(name.replace("__", "."))(row)


_READERS: dict[str, Callable[[str], Any]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "UUID": uuid.UUID,
    "Decimal": Decimal,
    "bytes": bytes.fromhex,
}


def _to_text(value: Any) -> Any:
    """A JSON form that keeps the type: numbers and strings as they are, the rest as {type: text}."""
    if isinstance(value, bytes | memoryview):
        return {"bytes": bytes(value).hex()}
    if isinstance(value, str | int | float | bool):
        return value
    if type(value).__name__ not in _READERS:
        raise ValueError(f"cannot page by a {type(value).__name__}")
    return {type(value).__name__: str(value)}


def _from_text(value: Any) -> Any:
    if isinstance(value, dict):
        ((name, text),) = value.items()
        return _READERS[name](text)
    return value
