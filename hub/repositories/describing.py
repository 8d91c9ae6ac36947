"""What repositories and revisions are called on the ledger's pages, and whose details a reader may see there."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from hub import names
from hub.repositories import metrics, showing
from hub.repositories.access import visible
from hub.repositories.models import Repository, Revision
from ledger.describing import Label, Viewer, label
from ledger.records import EntryView

REPOSITORY, REVISION = "repo:", "rev:"
_OURS = ("repository.", "revision.", "reference.", "ownership.")


def repository_labels(subjects: Collection[str], viewer: Viewer) -> dict[str, Label]:
    """Names, linked, of those the viewer may see. All private ones are called alike. Two queries."""
    ids = [subject.removeprefix(REPOSITORY) for subject in subjects]
    rows = {str(row.pk): row for row in Repository.objects.filter(pk__in=ids).select_related("owner")}
    shown = _shown(viewer, rows)
    return {subject: _repository(rows.get(subject.removeprefix(REPOSITORY)), shown) for subject in subjects}


def revision_labels(subjects: Collection[str], viewer: Viewer) -> dict[str, Label]:
    """Repository and number, linked to the revision's page. Two queries."""
    ids = [subject.removeprefix(REVISION) for subject in subjects]
    related = Revision.objects.select_related("repository__owner").defer("body", "message", "metrics")
    rows = related.in_bulk(ids)
    shown = _shown(viewer, {row.repository_id for row in rows.values()})
    return {subject: _revision(rows.get(subject.removeprefix(REVISION)), shown) for subject in subjects}


def called(words: str, viewer: Viewer) -> str | None:
    """By `owner/name` or its address, if the viewer may see it; a model before a dataset of the same name."""
    parts = words.strip("/").split("/")
    kinds = {"models": ["model"], "datasets": ["dataset"]}.get(parts[0], ["model", "dataset"])
    owner, name = parts[-2:] if len(parts) in {2, 3} else ("", "")
    if not name or (len(parts) == 3 and len(kinds) == 2):
        return None
    rows = visible(viewer).filter(kind__in=kinds, owner__username__iexact=owner, name__iexact=name)
    found = rows.order_by("-kind").values_list("pk", flat=True).first()
    return f"{REPOSITORY}{found}" if found else None


def _shown(viewer: Viewer, ids: Collection[Any]) -> set[UUID]:
    return set(visible(viewer).filter(pk__in=list(ids)).values_list("pk", flat=True))


def _repository(row: Repository | None, shown: set[UUID]) -> Label:
    if row is None:
        return names.unknown_repository()
    if row.pk in shown:
        return names.repository(row.kind, row.owner.username, row.name)
    public = row.visibility == Repository.Visibility.PUBLIC
    return names.withdrawn_repository() if public else names.private_repository()


def _revision(row: Revision | None, shown: set[UUID]) -> Label:
    if row is None:
        return names.unknown_repository()
    repository = _repository(row.repository, shown)
    if row.number is not None:
        return names.revision(repository, row.number, row.id)
    if not repository.url:
        return repository
    words = _("%(repository)s, a proposed revision") % {"repository": repository.text}
    return Label(words, f"{repository.url}/tree/{row.commit}")


def metrics_field(value: Any) -> str:
    """Measurements as people read them; the decimals as they were recorded stand in the entry's bytes."""
    if not isinstance(value, list):
        raise TypeError("measurements are a list")
    rows = showing.recorded(metrics.from_data(value))
    data = [label(row["metric"].on) if row["metric"].on is not None else None for row in rows]
    return render_to_string("repositories/_recorded_metrics.html", {"rows": list(zip(rows, data, strict=True))})


def readable(entries: Sequence[EntryView], viewer: Viewer) -> set[UUID]:
    """Names, reasons and outside sources are for whoever may see the repository. One query."""
    about = {entry.uid: _repository_of(entry) for entry in entries if entry.type.startswith(_OURS)}
    shown = {str(found) for found in _shown(viewer, set(filter(None, about.values())))}
    return {uid for uid, repository in about.items() if repository in shown}


def _repository_of(entry: EntryView) -> str:
    subject = entry.subject if entry.subject.startswith(REPOSITORY) else entry.data.get("repo", "")
    return str(subject).removeprefix(REPOSITORY)
