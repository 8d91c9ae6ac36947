"""What contributions are called on the ledger's pages, and whose details a reader may see there."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from hub import names
from hub.contributions.models import Contribution
from hub.repositories.access import visible
from hub.repositories.describing import repository_labels
from ledger.describing import Label, Viewer
from ledger.records import EntryView

_PREFIX = "contrib:"


def labels(subjects: Collection[str], viewer: Viewer) -> dict[str, Label]:
    """Repository and number, linked to the contribution's page. Three queries."""
    ids = [subject.removeprefix(_PREFIX) for subject in subjects]
    rows = {f"{_PREFIX}{row.pk}": row for row in Contribution.objects.filter(pk__in=ids)}
    repositories = repository_labels({f"repo:{row.repository_id}" for row in rows.values()}, viewer)
    return {subject: _label(rows.get(subject), repositories) for subject in subjects}


def _label(row: Contribution | None, repositories: dict[str, Label]) -> Label:
    if row is None:
        return names.unknown_repository()
    repository = repositories[f"repo:{row.repository_id}"]
    if not repository.url:
        return repository
    text = _("%(repository)s, contribution %(number)d") % {"repository": repository.text, "number": row.number}
    return Label(text, names.contribution_url(repository.url, row.number))


def readable(entries: Sequence[EntryView], viewer: Viewer) -> set[UUID]:
    """Titles, reasons and comments are for whoever may see the repository. One query."""
    about = {entry.uid: str(entry.data.get("repo", "")) for entry in entries if entry.subject.startswith(_PREFIX)}
    ids = {repository.removeprefix("repo:") for repository in about.values()} - {""}
    shown = {f"repo:{pk}" for pk in visible(viewer).filter(pk__in=ids).values_list("pk", flat=True)} if ids else set()
    return {uid for uid, repository in about.items() if repository in shown}
