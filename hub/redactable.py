"""Which words of an entry a moderator may redact, and where the tables repeat them. Features fill it at their start.

What is not registered cannot be redacted by itself: a handle goes with its account, a repository's name by renaming it.
"""

from collections.abc import Callable, Iterable

from ledger.records import EntryView

Forget = Callable[[EntryView], None]
_words: dict[tuple[str, str], Forget] = {}


def register(types: Iterable[str], group: str, forget: Forget) -> None:
    """`forget(entry)` empties, in the caller's transaction, every column that repeats the words of this details group."""
    for event_type in types:
        _words[event_type, group] = forget


def is_redactable(event_type: str, group: str) -> bool:
    return (event_type, group) in _words


def forget(entry: EntryView, group: str) -> None:
    """Empty what repeats these words. It may be done again; a group that is not registered stays as it is."""
    function = _words.get((entry.type, group))
    if function is not None:
        function(entry)
