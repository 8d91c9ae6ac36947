"""What pages show of a revision beside another one: measurements, sources, files, lines of texts, rows of tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _

from hub import names
from hub.errors import Gone
from hub.repositories import (
    card,
    figures,
    links,
    metrics,
    preview,
    reading,
    rendering,
    selectors,
    tablediff,
    textdiff,
    words,
)
from hub.repositories.card_forms import CardForm
from hub.repositories.front_matter import FrontMatterRefused
from hub.repositories.lineage import Kind
from hub.repositories.models import Repository, Revision

MOST_FILES = 200
MOST_DIFFS = 12
DIFF_BYTES = 256 * 1024
# Tables are read in the request, so a page compares so many bytes of them; digests name what was compared before.
MOST_TABLES, TABLE_BYTES = 8, 8 * 1024 * 1024
_KEPT = 24 * 60 * 60  # seconds


@dataclass(frozen=True)
class TextChange:
    """A text file that changed, line by line; `words` stands in place of lines that cannot be shown."""

    path: str
    diff: textdiff.Diff | None
    words: str = ""


@dataclass(frozen=True)
class FileRow:
    """One changed file, as `components/diff_manifest.html` takes it."""

    path: str
    url: str
    action: str
    size: int | None
    old_size: int | None
    digest: str | None
    old_digest: str | None


@dataclass(frozen=True)
class TableChange:
    """A table that changed, by rows and columns; `words` stands in place of what cannot be compared."""

    path: str
    change: tablediff.TableChange | None
    words: str = ""

    @property
    def retyped(self) -> list[str]:
        """Columns whose values are of another type now, in words."""
        sentence = _("%(column)s: %(before)s, now %(after)s")
        return [
            sentence % {"column": each.column, "before": words.TYPES[each.before], "after": words.TYPES[each.after]}
            for each in (self.change.retyped if self.change else ())
        ]


# --- measurements and sources --------------------------------------------------------------------
def measured(revision: Revision, before: Revision | None = None) -> list[dict[str, Any]]:
    """Rows of a table of metrics, against another revision or the parent."""
    old = before if before is not None else revision.parent
    compared = metrics.compare(
        metrics.from_data(old.metrics) if old is not None else [], metrics.from_data(revision.metrics)
    )
    return [_row(comparison) for comparison in compared]


def recorded(measurements: Sequence[metrics.Metric]) -> list[dict[str, Any]]:
    """The same rows of measurements that are compared with nothing."""
    return [_row(comparison) for comparison in metrics.compare([], measurements)]


def _row(comparison: metrics.Comparison) -> dict[str, Any]:
    metric, before = comparison.metric, comparison.before
    interval = metric.low is not None and metric.high is not None
    return {
        "metric": metric,
        "name": figures.metric_name(metric.name),
        "value": figures.shown(metric.value),
        "exact": metrics.plain(metric.value),
        "before": figures.shown(before.value) if before is not None else "",
        "low": figures.shown(metric.low) if interval and metric.low is not None else "",
        "high": figures.shown(metric.high) if interval and metric.high is not None else "",
        "how": figures.measured_how(metric),
        "effect": figures.effect(comparison),
        "tone": figures.tone(comparison),
    }


def sources(viewer: Any, revision: Revision) -> list[dict[str, Any]]:
    """What a revision was made from, as rows."""
    rows = []
    for edge in selectors.sources_of(revision, viewer):
        row = {"relation": words.RELATIONS.get(edge.relation, edge.relation), "name": edge.outside_url, "url": ""}
        if edge.source is not None:
            source = edge.source.repository
            row["name"] = _("%(owner)s/%(name)s, revision %(number)d") % {
                "owner": names.account(source.owner).text, "name": source.name, "number": edge.source.number,
            }  # fmt: skip
            row["url"] = links.commit(edge.source)
            row["licence"] = edge.source.licence
        rows.append(row)
    return rows


# --- cards ---------------------------------------------------------------------------------------
def card_preview(repository: Repository, form: CardForm) -> dict[str, Any]:
    """Context of `_preview.html`: the card as it would be published, and what it will state, or why it cannot be read."""
    try:
        text = form.final_text()[: card.MAX_BYTES]
        return {"preview": rendering.markdown_text(repository, "main", text), "states": _states(repository, text)}
    except FrontMatterRefused as error:
        return {"problem": words.card_refusal(error)}


def _states(repository: Repository, text: str) -> dict[str, Any]:
    about = card.parse(text)
    licence = words.licence(about.licence.id) if about.licence is not None else None
    kind: Kind = "dataset" if repository.kind == Repository.Kind.DATASET else "model"
    sources = about.sources(kind, settings.SITE_URL)
    return {
        "licence": licence.name if licence is not None else "",
        "tags": about.tags,
        "sources": [(words.RELATIONS.get(each.relation, each.relation), each.text) for each in sources],
    }


# --- files ---------------------------------------------------------------------------------------
def what_changed(
    repository: Repository, old: Revision | None, new: Revision, changes: reading.Changes
) -> dict[str, Any]:
    """Context of `_what_changed.html`: the table of files, counts, text differences, the card's first, and tables."""
    tables = _tables(changes)
    compared = {table.path for table in tables if table.change is not None}
    changed = (change for change in changes.shown if change.action == "changed" and change.path not in compared)
    texts = [change for change in changed if _may_be_text(change)]
    return {
        "files": [_file_row(repository, old, new, change) for change in changes.shown],
        "more_files": changes.more,
        "counts": changes.counts,
        "texts": [_text_change(change) for change in texts[:MOST_DIFFS]],
        "more_texts": max(0, len(texts) - MOST_DIFFS),
        "tables": tables,
    }


def _file_row(repository: Repository, old: Revision | None, new: Revision, change: reading.ChangeView) -> FileRow:
    after, before = change.new, change.old
    rev = new.commit if after is not None else old.commit if old is not None else ""
    return FileRow(
        path=change.path,
        url=links.blob(repository, rev, change.path) if rev else "",
        action=change.action,
        size=after.size if after else None,
        old_size=before.size if before else None,
        digest=after.sha256 if after else None,
        old_digest=before.sha256 if before else None,
    )


def _may_be_text(change: reading.ChangeView) -> bool:
    binary = preview.is_image(change.path) or preview.is_safetensors(change.path)
    return not binary and change.path.rsplit(".", 1)[-1] not in {
        "parquet",
        "arrow",
        "npy",
        "npz",
        "zip",
        "gz",
        "bin",
        "onnx",
    }


def _text_change(change: reading.ChangeView) -> TextChange:
    assert change.old is not None
    assert change.new is not None
    if max(change.old.size, change.new.size) > DIFF_BYTES:
        return TextChange(change.path, None, _("Too large to be compared by line."))
    before, after = _text(change.old), _text(change.new)
    if before is None or after is None:
        return TextChange(change.path, None, _("Not text, or no longer stored; only its digests can be compared."))
    found = textdiff.diff(before, after)
    words = _("Too many lines to be compared.") if found is None else ""
    return TextChange(change.path, found, words)


def _text(file: reading.FileView) -> str | None:
    try:
        return preview.text_of(reading.read_bytes(file, DIFF_BYTES), whole=True)
    except Gone:
        return None


def _tables(changes: reading.Changes) -> list[TableChange]:
    """The tables that changed, as many as a page takes."""
    found: list[TableChange] = []
    for change in changes.shown:
        if change.old and change.new and tablediff.is_comparable(change.path) and len(found) < MOST_TABLES:
            found.append(_table(change.path, change.old, change.new))
    return found


def _table(path: str, old: reading.FileView, new: reading.FileView) -> TableChange:
    if max(old.size, new.size) > TABLE_BYTES:
        return TableChange(path, None, _("Too large to be compared by row."))
    key = f"repositories.tables/1/{preview.suffix_of(path)}/{old.sha256}/{new.sha256}"
    try:
        for side in (old, new):
            reading.refuse_taken_down(side)
    except Gone as error:
        return TableChange(path, None, str(error))
    found = cache.get(key)
    if found is None:
        try:
            before, after = reading.location(old), reading.location(new)
            found = tablediff.compare(path, lambda: before.open("rb"), lambda: after.open("rb"))
        except Gone as error:
            return TableChange(path, None, str(error))
        except tablediff.NoTable:
            found = False
        cache.set(key, found, _KEPT)
    return TableChange(path, found) if found else TableChange(path, None, _("This cannot be read as a table."))
