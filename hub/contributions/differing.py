"""What a new version of a contribution changes against the one before, in a few words beside its entry."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from hub.contributions import selectors
from hub.contributions.models import Contribution
from ledger.records import EntryView

if TYPE_CHECKING:
    from hub.contributions.models import Proposal


def differing(contribution: Contribution, entries: Sequence[EntryView]) -> Mapping[UUID, SafeString]:
    """For the entries of new versions, by uid. One query, and none while there is one version.

    Versions on one base have the same directories exactly if they have the same files. Words that are erased, or stand in
    entries that are not among `entries`, are not compared.
    """
    if not any(entry.type == "contribution.updated" for entry in entries):
        return {}
    told, versions = {entry.uid: entry for entry in entries}, selectors.proposals(contribution)
    found: dict[UUID, SafeString] = {}
    for before, after in pairwise(versions):
        parts = _parts(before, after, told.get(before.entry.uid), told.get(after.entry.uid))
        if parts:
            found[after.entry.uid] = format_html('<p class="small quiet">{}</p>', ", ".join(parts))
    return found


def _parts(before: "Proposal", after: "Proposal", old: EntryView | None, new: EntryView | None) -> list[str]:
    parts: list[str] = []
    if after.rebased:
        parts.append(_("moved to another base"))
    else:
        if before.revision.root_tree_id != after.revision.root_tree_id:
            parts.append(pgettext("new version", "other files"))
        if before.revision.metrics != after.revision.metrics:
            parts.append(pgettext("new version", "other measurements"))
    if old is None or new is None:
        return parts
    if old.data.get("authors") != new.data.get("authors"):
        parts.append(pgettext("new version", "other shares"))
    if old.data.get("kind") != new.data.get("kind") or _reworded(old, new):
        parts.append(pgettext("new version", "other words"))
    return parts


def _reworded(old: EntryView, new: EntryView) -> bool:
    groups = [group for group in ("title", "reason") if group not in old.erased | new.erased]
    return any(old.details.get(group) != new.details.get(group) for group in groups)
