"""Disagreements between the log and what is stored, in words: about what, which fact, what each side says, since when."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from ledger.describing import Label, label, naming
from ledger.records import MismatchView
from ledger.values import WITHHELD
from web.templatetags.display import short_hash

LONGEST = 120
_DIGEST_DIGITS = (32, 40, 64)

_facts: dict[str, Promise] = {
    "(row)": pgettext_lazy("fact", "whether it is there at all"),
    "(no entry)": pgettext_lazy("fact", "a row that no entry speaks of"),
    "(bytes)": pgettext_lazy("fact", "the stored bytes"),
    "ledger.actor": pgettext_lazy("fact", "who acted"),
    "ledger.body": pgettext_lazy("fact", "the bytes of the entry"),
    "ledger.data": pgettext_lazy("fact", "the data of the entry"),
    "ledger.details": pgettext_lazy("fact", "the words beside the entry"),
    "ledger.mentions": pgettext_lazy("fact", "what the entry speaks of"),
    "ledger.related": pgettext_lazy("fact", "what the entry speaks of"),
    "ledger.subject": pgettext_lazy("fact", "what the entry is about"),
    "ledger.time": pgettext_lazy("fact", "when it was recorded"),
    "ledger.type": pgettext_lazy("fact", "the kind of entry"),
    "log.anchors": pgettext_lazy("fact", "the anchors on the chain"),
    "log.chain head": pgettext_lazy("fact", "the newest head on the chain"),
    "log.checkpoint notes": pgettext_lazy("fact", "the signed text of a checkpoint"),
    "log.checkpoints": pgettext_lazy("fact", "the root of a checkpoint"),
    "log.files": pgettext_lazy("fact", "the files of the tree"),
    "log.leaves": pgettext_lazy("fact", "how many leaves there are"),
    "log.published checkpoint": pgettext_lazy("fact", "the checkpoint in the published file"),
    "log.right edge": pgettext_lazy("fact", "the newest hashes of the tree"),
    "log.signatures": pgettext_lazy("fact", "the signatures of the newest checkpoint"),
    "log.signed head": pgettext_lazy("fact", "the memory of signed heads"),
}


def register_facts(room: str, words: Mapping[str, Promise]) -> None:
    """What the columns of a room's tables hold, in words. `words` is keyed by column, or by `Table.column` where one
    table means something else by it.
    """
    _facts.update({f"{room}.{name}": said for name, said in words.items()})


@dataclass(frozen=True)
class Disagreement:
    """One fact on which the two sides differ. `about` has an address where the reader may go there."""

    about: Label
    fact: str
    expected: str
    found: str
    since: datetime
    entry: int | None


def told(mismatches: Sequence[MismatchView], viewer: Any) -> list[Disagreement]:
    """Each mismatch in words for this reader, in the same order."""
    with naming(viewer, {mismatch.subject for mismatch in mismatches}):
        return [_told(mismatch) for mismatch in mismatches]


def _told(mismatch: MismatchView) -> Disagreement:
    return Disagreement(
        about=label(mismatch.subject),
        fact=fact(mismatch),
        expected=in_words(mismatch.expected),
        found=in_words(mismatch.found),
        since=mismatch.first_seen,
        entry=mismatch.leaf_index,
    )


def fact(mismatch: MismatchView) -> str:
    """The fact in words; one without words by its table and column."""
    return fact_words(mismatch.table, mismatch.column)


def fact_words(table: str, column: str) -> str:
    """What a column holds; `table` is `room.Table`, `column` may go on after a dot (`details.reason`)."""
    room, first = table.partition(".")[0], column.partition(".")[0]
    for name in (f"{table}.{column}", f"{room}.{first}", column):
        if name in _facts:
            return str(_facts[name])
    return f"{table}.{column}"


def in_words(text: str) -> str:
    """A value as the audit keeps it, which is JSON, or its beginning where it is long."""
    try:
        said = _said(json.loads(text))
    except ValueError:
        said = text
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…"


def _said(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        rest = ", ".join(f"{name} {_said(member)}" for name, member in value.items() if name != "name")
        return f"{value['name']}: {rest}" if "name" in value else rest
    if isinstance(value, list):
        return "; ".join(_said(member) for member in value)
    if value == WITHHELD:
        return _("words that are not shown")
    return _shortened(value) if isinstance(value, str) else str(value)


def _shortened(text: str) -> str:
    digits = text.rpartition(":")[2]
    is_digest = len(digits) in _DIGEST_DIGITS and all(digit in "0123456789abcdef" for digit in digits)
    return short_hash(digits) if is_digest else text
