"""Licences by SPDX id or by the name of a model licence: what a card says, brought to one spelling and classed.

`C-UDA` and other restricted ones keep their ids, so that a page can say why they are not open.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from hub.repositories import spdx

OTHER = "other"
_OPERATOR = re.compile(r"\s+(AND|OR|WITH)\s+", re.IGNORECASE)
# Exceptions only widen what the licence allows, so they do not change its class (SPDX exceptions list).
EXCEPTIONS = {
    name.lower(): name
    for name in ("Classpath-exception-2.0", "GCC-exception-3.1", "LLVM-exception", "Linux-syscall-note", "Font-exception-2.0")
}  # fmt: skip


class Openness(StrEnum):
    OPEN = "open"
    RESTRICTED = "restricted"
    UNSTATED = "unstated"


@dataclass(frozen=True, slots=True)
class Licence:
    """One licence, or an expression of several. `id` is what the log holds."""

    id: str
    name: str
    openness: Openness


LICENCES: dict[str, Licence] = {row[0]: Licence(row[0], row[1], Openness(row[2])) for row in spdx.ROWS}


def _key(text: str) -> str:
    return re.sub(r"[\s_]+", " ", text.strip().lower())


def _spellings() -> dict[str, str]:
    found = {_key(name): row[0] for row in spdx.ROWS for name in (row[1], *row[3])}
    return found | {_key(row[0]): row[0] for row in spdx.ROWS}


_SPELLINGS = _spellings()


def find(text: str) -> Licence | None:
    """The licence meant by an id, a usual spelling of it, or an expression such as `MIT OR Apache-2.0`; else None.

    An expression is open when everything joined by AND is open, or any one joined by OR; parentheses are not read.
    """
    simple = LICENCES.get(_SPELLINGS.get(_key(text), ""))
    if simple is not None or not _OPERATOR.search(text):
        return simple
    parts = _OPERATOR.split(text.strip())
    operators = [word.upper() for word in parts[1::2]]
    if len(set(operators) - {"WITH"}) > 1:
        return None
    return _expression(parts[0::2], operators)


def _expression(names: list[str], operators: list[str]) -> Licence | None:
    """Licences joined by one kind of operator, each with its exception at most."""
    found: list[Licence] = []
    text = ""
    for operator, name in zip(["", *operators], names, strict=True):
        if operator == "WITH":
            exception = EXCEPTIONS.get(name.strip().lower())
            if exception is None:
                return None
            text += f" WITH {exception}"
            continue
        licence = LICENCES.get(_SPELLINGS.get(_key(name), ""))
        if licence is None:
            return None
        found.append(licence)
        text += f" {operator} {licence.id}" if operator else licence.id
    openness = _joined(found, any_of="OR" in operators)
    return Licence(text, text, openness)


def _joined(found: list[Licence], *, any_of: bool) -> Openness:
    """AND takes the worst of all, OR the best."""
    order = list(Openness)
    ranks = [order.index(licence.openness) for licence in found]
    return order[min(ranks) if any_of else max(ranks)]


def licence_of(text: str, name: str = "") -> Licence | None:
    """What a card's `license` (and `license_name`) says. None when it says nothing; unknown words become `other`."""
    if not text.strip():
        return None
    found = find(text)
    if found is None or found.id == OTHER:
        return (find(name) if name else None) or LICENCES[OTHER]
    return found


def nearest(text: str, most: int = 3) -> list[str]:
    """Known ids that look like `text`, the likeliest first; perhaps none."""
    alike = get_close_matches(_key(text), _SPELLINGS, n=4 * most, cutoff=0.5)
    return list(dict.fromkeys(_SPELLINGS[spelling] for spelling in alike))[:most]


def by_id(identifier: str) -> Licence | None:
    """The licence that a row or an entry names."""
    return LICENCES.get(identifier) or find(identifier)


def groups() -> list[tuple[str, list[Licence]]]:
    """For a choice list: (`content`, …), (`code`, …), (`models`, …), (`unnamed`, …), each in the order of ids."""
    tables = {"content": spdx.CONTENT, "code": spdx.CODE, "models": spdx.MODELS, "unnamed": spdx.UNNAMED}
    return [
        (group, sorted((LICENCES[row[0]] for row in rows), key=lambda licence: licence.id.lower()))
        for group, rows in tables.items()
    ]
