"""The discussion of a contribution: what the log holds about it and what people said, in the order of time.

Rooms above say what stands beside an entry (`register_beside`): the reason of a verdict, what was known then.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.safestring import SafeString

from hub.contributions import selectors
from hub.contributions.differing import differing
from hub.contributions.models import Comment, Contribution
from hub.sentences import describe_here
from ledger import selectors as ledger
from web.pagination import Page

Beside = Callable[[Sequence[UUID]], Mapping[UUID, SafeString]]

MOST_ENTRIES = 100
# Accepting says what it became, so the entry of that revision is not told again.
_TOLD_ELSEWHERE = {"revision.published", "assessment.made"}
_beside: list[Beside] = []


def register_beside(render: Beside) -> None:
    """`render(uids)` says, for all entries of a page at once, what stands beside those that it knows."""
    _beside.append(render)


@dataclass(frozen=True)
class Event:
    """One entry of the log (`sentence`, with its number and page once it has them, and what stands `beside` it) or one
    comment.
    """

    time: datetime
    sentence: SafeString | str = ""
    number: int | None = None
    url: str = ""
    comment: Comment | None = None
    beside: Sequence[SafeString] = ()


def timeline(contribution: Contribution, viewer: Any, cursor: str = "") -> tuple[list[Event], Page[Comment]]:
    """One page, oldest first; the page without a cursor is the newest one. Raises BadCursor.

    A page has some comments and the entries of the time that they span, or the last of them if there are very many.
    """
    page = selectors.comments(contribution, cursor)
    since = page.items[-1].time if page.next_cursor else None
    newer = selectors.first_comment_after(page.items[0]) if page.previous_cursor else None
    until = newer.time if newer is not None else None
    entries = [
        event
        for event in _entries(contribution, viewer)
        if (since is None or event.time >= since) and (until is None or event.time < until)
    ]
    comments = [Event(comment.time, comment=comment) for comment in page.items[::-1]]
    return sorted([*entries, *comments], key=lambda event: event.time), page


def _entries(contribution: Contribution, viewer: Any) -> Sequence[Event]:
    page = ledger.entries_about(f"contrib:{contribution.pk}", size=MOST_ENTRIES)
    entries = [entry for entry in page.items if entry.type not in _TOLD_ELSEWHERE][::-1]
    sentences = describe_here(entries, viewer, f"repo:{contribution.repository_id}")
    known: list[Mapping[UUID, SafeString]] = [differing(contribution, entries)]
    known += [render([entry.uid for entry in entries]) for render in _beside]
    return [
        Event(
            entry.time,
            sentence.html,
            entry.leaf_index,
            reverse("ledger:entry", args=[entry.leaf_index]) if entry.leaf_index is not None else "",
            beside=[found[entry.uid] for found in known if entry.uid in found],
        )
        for entry, sentence in zip(entries, sentences, strict=True)
    ]
