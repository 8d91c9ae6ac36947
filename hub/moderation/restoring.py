"""After a backup was restored: what the log says is erased, redacted or taken down is made so again.

A backup may be older than an erasure, so that restoring it brings back what was promised to be gone. The log knows better:
its entries stay, whichever database they are read from.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from hub.accounts import erasure
from hub.moderation import redacting
from hub.uploads import takedowns
from ledger import selectors as ledger
from ledger.records import EntryView


@dataclass(frozen=True)
class Applied:
    """How many accounts, words and files had come back and are gone again; `waiting` files could not be removed yet."""

    accounts: int
    words: int
    files: int
    waiting: int


_ACTS: dict[str, Callable[[EntryView], bool]] = {
    "account.erased": erasure.restore,
    "content.redacted": redacting.restore,
    "content.taken_down": takedowns.restore,
}


def apply_erasures(now: datetime) -> Applied:
    """Bring database and blob store in line with every erasure, redaction and takedown in the log. May be repeated.

    Call it after restoring database, blobs and the entries that were published since, and before the site is served again.
    """
    done = dict.fromkeys(_ACTS, 0)
    for entry in _removals():
        done[entry.type] += _ACTS[entry.type](entry)
    takedowns.remove_taken_down(now)
    accounts, words, files = done.values()
    return Applied(accounts, words, files, takedowns.count_waiting())


def _removals() -> Iterator[EntryView]:
    """Oldest first, those that have no number yet last."""
    yield from ledger.entries_of_types(list(_ACTS))
