"""Database values in the log's terms, so that a column can be compared with an entry and shown without giving words away."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeAlias
from uuid import UUID

from ledger.entry import format_time

Plain: TypeAlias = Any
"""None, bool, int, str, or lists and dicts of them."""

_ID = re.compile(r"(?:[a-z]+:)?(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?:0x)?[0-9a-f]{32,64})")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
WITHHELD = "(not shown)"
_SHOWN = 300
_NONE = object()


def plain(value: Any) -> Plain:
    """A value as an entry would write it: times in UTC to the millisecond, ids and bytes in hex, decimals as strings."""
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, Mapping):
        return {str(name): plain(member) for name, member in value.items()}
    if isinstance(value, Iterable):
        return [plain(member) for member in value]
    return repr(value)


def equal(expected: Any, found: Any) -> bool:
    """Whether two values say the same. Numbers equal their decimal strings, `True` is not 1."""
    left, right = plain(expected), plain(found)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(expected, Decimal) or isinstance(found, Decimal):
        return bool(_decimal(left) == _decimal(right))
    return bool(left == right)


def differing(expected: Any, found: Any) -> tuple[Any, Any]:
    """The parts of two lists or objects that differ, a member called `name` besides, so that one sees of what they are.

    Values of any other shape are returned whole.
    """
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        names = [name for name in {**expected, **found} if expected.get(name, _NONE) != found.get(name, _NONE)]
        kept = names if "name" in names or not names else ["name", *names]
        return {n: expected[n] for n in kept if n in expected}, {n: found[n] for n in kept if n in found}
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = [differing(*pair) for pair in zip(expected, found, strict=True) if pair[0] != pair[1]]
        return [left for left, _right in pairs], [right for _left, right in pairs]
    return expected, found


def shown(value: Any, public: frozenset[str]) -> str:
    """A value in public: words, and names of members, that the log does not hold in the open are left out.

    A column that differs may hold anything, a name or an address included, and must not get into public by differing.
    Nor may its digest: whoever guesses a name can hash it.
    """
    return json.dumps(_masked(value, public), ensure_ascii=False, sort_keys=True)[:_SHOWN]


def shown_key(key: Mapping[str, Any]) -> str:
    """The key of a row in public: its look-ups, and what they look for as `shown` writes it.

    Keys that differ only in words may look the same.
    """
    found = {lookup: _masked(value, frozenset()) for lookup, value in key.items()}
    return json.dumps(found, ensure_ascii=False, sort_keys=True)


def strings(value: Any) -> Iterator[str]:
    """Every string in an entry's data, names of members included, and what stands after the colon of a subject."""
    if isinstance(value, str):
        yield value
        yield value.partition(":")[2]
    elif isinstance(value, Mapping):
        for name, member in value.items():
            yield name
            yield from strings(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from strings(member)


def _masked(value: Any, public: frozenset[str]) -> Plain:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex() if bytes(value).hex() in public else WITHHELD
    value = plain(value)
    if isinstance(value, str):
        return value if _is_open(value, public) else WITHHELD
    if isinstance(value, dict):
        return {name if name in public else WITHHELD: _masked(member, public) for name, member in value.items()}
    if isinstance(value, list):
        return [_masked(member, public) for member in value]
    return value


def _is_open(value: str, public: frozenset[str]) -> bool:
    return value == "" or value in public or bool(_ID.fullmatch(value) or _TIME.fullmatch(value))


def _decimal(value: Plain) -> Any:
    try:
        return Decimal(str(value))
    except ArithmeticError:
        return value
