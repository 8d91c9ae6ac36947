"""Where the tables of repositories repeat words that stand beside an entry."""

from hub import redactable
from hub.repositories.models import LineageEdge, Revision
from ledger.records import EntryView


def register() -> None:
    redactable.register(["revision.published"], "message", _message)
    redactable.register(["revision.published"], "outside_sources", _sources)


def _message(entry: EntryView) -> None:
    Revision.all_states.filter(pk=entry.subject.removeprefix("rev:")).update(message="")


def _sources(entry: EntryView) -> None:
    """The addresses; their digests stay, in the entry and in the rows."""
    edges = LineageEdge.objects.filter(revision=entry.subject.removeprefix("rev:"), source__isnull=True)
    edges.update(outside_url="")
