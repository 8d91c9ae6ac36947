"""Whose reasons a reader of the ledger's pages may see: those about repositories that the reader may see."""

from collections.abc import Sequence
from uuid import UUID

from hub.repositories import selectors as repositories
from ledger.describing import Viewer
from ledger.records import EntryView

_OURS = ("review.", "work.", "assessment.", "contribution.accepted", "contribution.declined", "contribution.appealed")
_PREFIX = "repo:"


def readable(entries: Sequence[EntryView], viewer: Viewer) -> set[UUID]:
    """One query."""
    about = {entry.uid: _repository_of(entry) for entry in entries if entry.type.startswith(_OURS)}
    wanted = set(filter(None, about.values()))
    if not wanted:
        return set()
    shown = repositories.visible(viewer).filter(pk__in=wanted).values_list("pk", flat=True)
    ids = {str(found) for found in shown}
    return {uid for uid, repository in about.items() if repository in ids}


def _repository_of(entry: EntryView) -> str:
    return str(entry.data.get("repo", "")).removeprefix(_PREFIX)
