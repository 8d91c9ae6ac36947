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

# What the columns that the log speaks of hold.
FACTS: Mapping[str, Promise] = {
    "(row)": pgettext_lazy("fact", "whether it is there at all"),
    "(no entry)": pgettext_lazy("fact", "a row that no entry speaks of"),
    "(bytes)": pgettext_lazy("fact", "the stored bytes"),
    "(files)": pgettext_lazy("fact", "the folders of its files"),
    "action": pgettext_lazy("fact", "what it did to a file"),
    "author__pseudonym": pgettext_lazy("fact", "who made it"),
    "blob_id": pgettext_lazy("fact", "the bytes of a file"),
    "body": pgettext_lazy("fact", "the revision object"),
    "byte_count": pgettext_lazy("fact", "how many bytes it has"),
    "changed": pgettext_lazy("fact", "when it last changed"),
    "created": pgettext_lazy("fact", "when it was created"),
    "entry__uid": pgettext_lazy("fact", "the entry it belongs to"),
    "file_count": pgettext_lazy("fact", "how many files it has"),
    "head_id": pgettext_lazy("fact", "its newest revision"),
    "hub_reviewer": pgettext_lazy("fact", "whether this is a hub reviewer"),
    "kind": pgettext_lazy("fact", "its kind"),
    "licence": pgettext_lazy("fact", "its licence"),
    "message": pgettext_lazy("fact", "the reason in its author's words"),
    "metrics": pgettext_lazy("fact", "its measurements"),
    "name": pgettext_lazy("fact", "its name"),
    "number": pgettext_lazy("fact", "its number"),
    "old_blob_id": pgettext_lazy("fact", "the bytes of a file before"),
    "old_size": pgettext_lazy("fact", "the size of a file before"),
    "outside_url": pgettext_lazy("fact", "the address of an outside source"),
    "owner__pseudonym": pgettext_lazy("fact", "its owner"),
    "parent_id": pgettext_lazy("fact", "the revision it was made from"),
    "published": pgettext_lazy("fact", "when it was published"),
    "revision_count": pgettext_lazy("fact", "how many revisions it has"),
    "revision_id": pgettext_lazy("fact", "the revision it points at"),
    "root_tree_id": pgettext_lazy("fact", "its files as a whole"),
    "salt": pgettext_lazy("fact", "its salt"),
    "salted": pgettext_lazy("fact", "whether its files are salted"),
    "size": pgettext_lazy("fact", "the size of a file"),
    "source_id": pgettext_lazy("fact", "what it was made from"),
    "username": pgettext_lazy("fact", "the handle"),
    "visibility": pgettext_lazy("fact", "who may see it"),
    "withdrawn": pgettext_lazy("fact", "whether it is withdrawn"),
}


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
    known = FACTS.get(mismatch.column) if mismatch.table.startswith(("repositories.", "accounts.")) else None
    return str(known) if known is not None else f"{mismatch.table}.{mismatch.column}"


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
