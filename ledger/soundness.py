"""Whether a stored entry is still what was recorded: its bytes, the columns derived from them, and what it says of rows."""

from collections.abc import Iterator

from ledger import entry as format
from ledger import values
from ledger.errors import BadEntry
from ledger.expecting import expected_rows, related_subjects
from ledger.merkle import leaf_hash
from ledger.records import EntryView


def faults(view: EntryView) -> Iterator[tuple[str, str, str]]:
    """What is wrong, as column, expected and found in words that may be shown."""
    if leaf_hash(view.body) != view.leaf_hash:
        yield "body", view.leaf_hash.hex(), leaf_hash(view.body).hex()
        return
    try:
        parsed = format.parse(view.body)
    except BadEntry:
        yield "body", "an entry", "bytes that are no entry"
        return
    for column in ("type", "subject", "actor", "time"):
        expected, found = getattr(parsed, column), getattr(view, column)
        if expected != found:
            public = frozenset((str(expected),))
            yield column, values.shown(expected, public), values.shown(found, public)
    if (view.type, view.subject) == (parsed.type, parsed.subject):
        yield from _unusual(view)


def is_sound(view: EntryView) -> bool:
    return next(faults(view), None) is None


def _unusual(view: EntryView) -> Iterator[tuple[str, str, str]]:
    """Bytes that fit their hash and yet are not what the entry's type holds were never recorded by a service."""
    try:
        missing = related_subjects(view) - {view.subject, *view.related}
        expected_rows(view)
    except Exception:
        # Whatever the function stumbled over: one such entry must not keep the others from being compared.
        yield "data", f"what {view.type} holds", "something else"
        return
    if missing:
        yield "related", " ".join(sorted(missing)), ""
