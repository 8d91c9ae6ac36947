"""The discussion of a contribution: what the log holds about it and what people said, in the order of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.safestring import SafeString

from hub.contributions import selectors
from hub.contributions.models import Comment, Contribution
from hub.sentences import describe_here
from ledger import selectors as ledger

MOST_ENTRIES = 200
# Accepting says what it became, so the entry of that revision is not told again.
_TOLD_ELSEWHERE = {"revision.published", "assessment.made"}


@dataclass(frozen=True)
class Event:
    """One entry of the log (`sentence`, with its number and page once it has them) or one comment.

    `uid` is the entry's; the slot `contribution.entry` adds what rooms above know about it.
    """

    time: datetime
    sentence: SafeString | str = ""
    number: int | None = None
    url: str = ""
    comment: Comment | None = None
    uid: UUID | None = None


def timeline(contribution: Contribution, viewer: Any) -> list[Event]:
    """Oldest first, with the last entries if there are very many."""
    told = [*_entries(contribution, viewer), *_comments(contribution)]
    return sorted(told, key=lambda event: event.time)


def _entries(contribution: Contribution, viewer: Any) -> Sequence[Event]:
    page = ledger.entries_about(f"contrib:{contribution.pk}", size=MOST_ENTRIES)
    entries = [entry for entry in page.items if entry.type not in _TOLD_ELSEWHERE][::-1]
    sentences = describe_here(entries, viewer, f"repo:{contribution.repository_id}")
    return [
        Event(
            entry.time,
            sentence.html,
            entry.leaf_index,
            reverse("ledger:entry", args=[entry.leaf_index]) if entry.leaf_index is not None else "",
            uid=entry.uid,
        )
        for entry, sentence in zip(entries, sentences, strict=True)
    ]


def _comments(contribution: Contribution) -> Sequence[Event]:
    return [Event(comment.time, comment=comment) for comment in selectors.comments(contribution)]
