"""The history page's rows: what happened to a repository, newest first, with the effect on its headline metric."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from hub import names
from hub.contributions import selectors as contributions
from hub.explore import checks, figures
from hub.repositories import links, metrics
from hub.repositories import selectors as repositories
from hub.sentences import describe_here
from ledger import selectors as ledger
from ledger.records import EntryStatus, EntryView, State
from web.pagination import Page

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from hub.repositories.models import Repository, Revision

PAGE = 30


@dataclass(frozen=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True)
class Event:
    """One row, as `components/event.html` takes it."""

    number: int | None
    url: str
    mark: str
    sentence: SafeString
    time: datetime
    filled: int = 0
    needed: int = 0
    reason: str = ""
    hash: str = ""
    notes: Sequence[str] = field(default_factory=list)
    links: Sequence[Link] = field(default_factory=list)
    value: str = ""
    unit: str = ""
    word: str = ""
    tone: str = ""


def repository_timeline(repository: "Repository", viewer: Any, cursor: str) -> tuple[list[Event], Page[EntryView]]:
    """Everything the log holds about the repository, 30 entries a page, and the page for its cursors."""
    page = ledger.entries_about(f"repo:{repository.id}", cursor=cursor, size=PAGE)
    entries = page.items
    revisions = repositories.revisions_by_entry(repository, [entry.uid for entry in entries])
    statuses = ledger.statuses(entries)
    wrong = {
        (mismatch.leaf_index, mismatch.subject) for mismatch in ledger.open_mismatches([e.subject for e in entries])
    }
    doubted = checks.doubted(pair for row in revisions.values() for pair in (row, row.parent) if pair is not None)
    wrong |= {
        (revision.entry.leaf_index, f"rev:{revision.id}") for revision in revisions.values() if revision.id in doubted
    }
    sharing = contributions.coauthors_of(revision.id for revision in revisions.values())
    told = {
        uid: _revision_parts(repository, revision, doubted, sharing.get(str(revision.id), ()))
        for uid, revision in revisions.items()
    }
    events = [
        _event(
            entry,
            sentence.html,
            statuses[entry.uid],
            told.get(entry.uid, {}),
            (entry.leaf_index, entry.subject) in wrong,
        )
        for entry, sentence in zip(entries, describe_here(entries, viewer, f"repo:{repository.id}"), strict=True)
    ]
    return events, page


def _event(entry: EntryView, sentence: SafeString, status: EntryStatus, told: Mapping[str, Any], wrong: bool) -> Event:
    parts = dict(told)
    notes = [*parts.pop("notes", []), *filter(None, [waiting_words(status)])]
    return Event(
        number=entry.leaf_index,
        url=reverse("ledger:entry", args=[entry.leaf_index]) if entry.leaf_index is not None else "",
        mark=_mark(entry, status, wrong),
        sentence=sentence,
        time=entry.time,
        filled=status.confirmations,
        needed=status.needed,
        notes=notes,
        **parts,
    )


def _mark(entry: EntryView, status: EntryStatus, wrong: bool) -> str:
    if wrong:
        return "mismatch"
    if status.state is not State.FINAL:
        return "waiting"
    if entry.type == "revision.published":
        return "accepted" if "contribution" in entry.data else "own"
    return "declined" if entry.type == "contribution.declined" else "plain"


def waiting_words(status: EntryStatus) -> str:
    """What an entry waits for; one that is final waits for nothing."""
    if status.state is State.FINAL:
        return ""
    if status.state in (State.PENDING, State.SEQUENCED):
        return _("waiting for the next checkpoint")
    if status.anchor is None or status.anchor.block_number is None:
        return _("waiting for the anchor")
    return _("waiting for the anchor, %(n)d of %(needed)d blocks") % {
        "n": status.confirmations,
        "needed": status.needed,
    }


def _revision_parts(
    repository: "Repository", revision: "Revision", doubted: Collection[str], coauthors: Sequence["Account"]
) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "reason": revision.message,
        "hash": revision.commit,
        "notes": [
            *([_("history begins here")] if revision.parent is None else []),
            *(_("co-author: %(who)s") % {"who": names.account(each).text} for each in coauthors),
        ],
        "links": [],
    }
    if revision.parent is not None:
        url = links.compare(repository, revision.parent.commit, revision.commit)
        parts["links"] = [Link(_("Compare"), url)]
    return parts | _effect(revision, doubted)


def _effect(revision: "Revision", doubted: Collection[str]) -> dict[str, str]:
    """What it did to the headline metric. What differs from the log is neither shown nor compared with."""
    headline = _headline(revision)
    if headline is None:
        return {}
    if revision.id in doubted:
        return {"word": _("differs from the log"), "tone": "bad"}
    found = {"value": figures.shown(headline.metric.value), "unit": figures.metric_name(headline.metric.name)}
    if revision.parent_id in doubted:
        return {**found, "word": _("the revision before differs from the log")}
    return {**found, "word": figures.effect(headline), "tone": figures.tone(headline)}


def _headline(revision: "Revision") -> metrics.Comparison | None:
    """The revision's first metric beside its parent's."""
    new = metrics.from_data(revision.metrics)
    if not new:
        return None
    old = metrics.from_data(revision.parent.metrics) if revision.parent is not None else []
    return metrics.compare(old, new[:1])[0]
