"""RFC 8785 canonical JSON as the ledger uses it: no fractions, integers strictly between -2**53 and 2**53.

One value has one text and one text has one value, so a digest of the text is a digest of the value.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypeAlias

import rfc8785

from ledger.errors import NotCanonical

JSON: TypeAlias = bool | int | str | Sequence["JSON"] | Mapping[str, "JSON"] | None

MAX_DEPTH = 64
LARGEST = 2**53 - 1


def encode(value: JSON) -> bytes:
    """The canonical UTF-8 bytes of `value`.

    Raises `NotCanonical` for fractions, integers of 2**53 and beyond, lone surrogates, keys that are not strings,
    other types, and values nested deeper than `MAX_DEPTH`.
    """
    _check(value, MAX_DEPTH)
    quick = _quick(value)
    if quick is not None:
        return quick
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise NotCanonical(str(error)) from error


def decode(data: bytes) -> Any:
    """The value whose canonical bytes are `data`; raises `NotCanonical` when `data` is not canonical.

    Objects with doubled keys, spaces, other escapes or other key orders are refused with everything else
    that `encode` would have written differently.
    """
    try:
        value = _read(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise NotCanonical(f"not JSON: {error}") from error
    # What was read has no types to refuse, and nothing is nested deeper than there are brackets.
    shallow = data.count(b"{") + data.count(b"[") <= MAX_DEPTH
    if (_quick(value) if shallow else None) != data and encode(value) != data:
        raise NotCanonical("JSON that is not in its canonical form")
    return value


def _quick(value: object) -> bytes | None:
    """The canonical bytes if all of them are ASCII, else None; for values that are known to have a canonical form.

    Python's own writer is much faster than one in Python. For ASCII it writes what RFC 8785 asks for: the same escapes,
    and names in the order of their characters, which for ASCII is that of UTF-16 code units.
    """
    text = _write(value)
    return text.encode() if text.isascii() else None


def _check(value: object, depth: int) -> None:
    if depth < 0:
        raise NotCanonical(f"nested deeper than {MAX_DEPTH}")
    if isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, str):
                raise NotCanonical(f"the key {key!r} is not a string")
            _check(member, depth - 1)
    elif isinstance(value, (list, tuple)):
        for member in value:
            _check(member, depth - 1)
    elif isinstance(value, int):
        _check_number(value)
    elif not (value is None or isinstance(value, str)):
        raise NotCanonical(f"{type(value).__name__} has no canonical form here")


def _check_number(value: int) -> int:
    if not -LARGEST <= value <= LARGEST:
        raise NotCanonical(f"the number {value} is not between -2**53 and 2**53")
    return value


def _read_number(text: str) -> int:
    return _check_number(int(text))


def _refuse_number(text: str) -> NoReturn:
    raise NotCanonical(f"the number {text} is not an integer")


_read = json.JSONDecoder(parse_int=_read_number, parse_float=_refuse_number, parse_constant=_refuse_number).decode
_write = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False).encode
