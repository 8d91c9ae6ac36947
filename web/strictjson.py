"""JSON as I-JSON (RFC 7493) and nothing more: what is accepted here can be stored, canonicalised and signed.

Plain `json.loads` takes NaN, 1e400, duplicate names, lone surrogates and any depth; each of them breaks something later.
"""

import json
import math
import re
from typing import Any

DEPTH = 64
LARGEST_INTEGER = 2**53 - 1

# A string (closed or running to the end, so that the scan is linear), or one bracket.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_SUSPECT_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


class NotStrictJSON(ValueError):
    """The bytes are not JSON, or use something this site does not take. The message says which, for developers."""


def loads(body: bytes) -> Any:
    """The value of strict JSON in UTF-8; raises NotStrictJSON."""
    _check_depth(body)
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_constant,
        )
    except UnicodeDecodeError:
        raise NotStrictJSON("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise NotStrictJSON(f"{error.msg} at character {error.pos}") from None
    if b"\x00" in body or _SUSPECT_ESCAPE.search(body):
        _check_strings(value)
    return value


def _check_depth(body: bytes) -> None:
    if body.count(b"[") + body.count(b"{") <= DEPTH:
        return
    depth = 0
    for token in _TOKEN.finditer(body):
        mark = token.group()
        if mark in b"[{":
            depth += 1
            if depth > DEPTH:
                raise NotStrictJSON(f"nested deeper than {DEPTH}")
        elif mark in b"]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotStrictJSON("an object has the same name twice")
    return found


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > LARGEST_INTEGER:
        raise NotStrictJSON("an integer is beyond 2^53 - 1")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise NotStrictJSON("a number is too large")
    return value


def _constant(name: str) -> Any:
    raise NotStrictJSON(f"{name} is not JSON")


def _check_strings(value: Any) -> None:
    """Refuse lone surrogates, which no UTF-8 can hold, and U+0000, which PostgreSQL cannot."""
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            todo.extend((*item.keys(), *item.values()))
        elif isinstance(item, list):
            todo.extend(item)
        elif isinstance(item, str) and ("\0" in item or not _encodable(item)):
            raise NotStrictJSON("a string holds U+0000 or half of a surrogate pair")


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
