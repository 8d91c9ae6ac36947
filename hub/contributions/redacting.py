"""Where the tables of contributions repeat words that stand beside an entry."""

from django.db.models import QuerySet

from hub import redactable
from hub.contributions.models import Contribution
from ledger.records import EntryView

VERSIONS = ("contribution.opened", "contribution.updated")


def register() -> None:
    redactable.register(VERSIONS, "title", _title)
    redactable.register([*VERSIONS, "contribution.withdrawn"], "reason", _reason)


def _title(entry: EntryView) -> None:
    """Unless a later version says something else."""
    said = entry.details.get("title", {}).get("title", "")
    _of(entry).filter(title=said).update(title="")


def _reason(entry: EntryView) -> None:
    said = entry.details.get("reason", {}).get("reason", "")
    _of(entry).filter(reason=said).update(reason="")


def _of(entry: EntryView) -> "QuerySet[Contribution]":
    return Contribution.objects.filter(pk=entry.subject.removeprefix("contrib:"))
