"""The ledger explorer: the list of entries and the page of one. A sentence first, fields second, bytes third."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chain import selectors as chain
from ledger import describing, disagreements, merkle, progress, proofs, selectors, shown
from ledger.describing import label
from ledger.errors import BadTile, InvalidProof
from ledger.records import CheckpointView, EntryStatus, EntryView
from ledger.shown import Crumb
from web import http
from web.drawing.prooftree import Path
from web.http import Page

FILTERS = ("type", "actor", "subject", "since", "until")
# Where people may write a name instead of a subject.
NAMED = ("actor", "subject")


# --- the list ------------------------------------------------------------------------------------
@require_safe
def entries(request: Page) -> HttpResponse:
    """All entries as sentences, newest first, perhaps of one type, actor, subject or of some days; with `live` it renews itself.

    It follows the log only where its newest entries are shown: neither filtered nor further down.
    """
    wanted = {name: http.text(request.GET, name).strip() for name in FILTERS}
    meant = wanted | {name: describing.subject_called(wanted[name], request.user) for name in NAMED if wanted[name]}
    cursor = http.text(request.GET, "cursor", most=4096)
    page = selectors.sequenced_entries(
        type=meant["type"],
        actor=meant["actor"],
        subject=meant["subject"],
        since=_midnight(http.day(request.GET, "since")),
        until=_midnight(http.day(request.GET, "until"), days=1),
        cursor=cursor,
    )
    newest = page.items[0].leaf_index if page.items else -1
    if request.htmx and http.text(request.GET, "newest") == str(newest):
        # Nothing new: the page on the screen stays as it is.
        return HttpResponse(status=204)
    filtered = any(wanted.values())
    context = {
        "lines": shown.lines(page.items, describing.describe(page.items, request.user)),
        "page": page,
        "newest": newest,
        "live": http.flag(request.GET, "live") and not filtered and not cursor,
        "filters": wanted,
        "filtered": filtered,
        "more": max(0, (newest or 0) - http.integer(request.GET, "newest", newest or 0, least=-1))
        if request.htmx
        else 0,
    }
    if request.htmx:
        return render(request, "ledger/_entries.html", context)
    with describing.naming(request.user, [value for value in meant.values() if value]):
        return render(request, "ledger/entries.html", {**context, **_list_context(request, meant)})


def _midnight(day: date | None, days: int = 0) -> datetime | None:
    """The beginning of a day in UTC, or of one so many days later; of the last day that there is, its beginning."""
    if day is None:
        return None
    later = day + timedelta(days=days) if day < date.max else day
    return datetime.combine(later, time.min, UTC)


def _list_context(request: HttpRequest, wanted: dict[str, str]) -> dict[str, Any]:
    latest = progress.latest_checkpoint()
    return {
        "section": "ledger",
        "types": selectors.recorded_types(),
        "active": [_active(request, name, value) for name, value in wanted.items() if value],
        "checkpoint": latest,
        "anchor": progress.last_anchor(),
        "pending": selectors.pending_count(),
        "mismatches": len(selectors.open_mismatches()),
        "audit": selectors.last_audit(),
        "predecessor": selectors.predecessor(),
    }


@dataclass(frozen=True)
class _Active:
    """A filter that is set, and the list without it."""

    label: str
    url: str


def _active(request: HttpRequest, name: str, value: str) -> _Active:
    rest = request.GET.copy()
    for gone in (name, "cursor"):
        rest.pop(gone, None)
    words = {
        "type": _("type %(value)s"),
        "actor": _("by %(value)s"),
        "subject": _("about %(value)s"),
        "since": _("from %(value)s"),
        "until": _("until %(value)s"),
    }
    said = label(value).text if name in NAMED else value
    return _Active(words[name] % {"value": said}, f"{reverse('ledger:entries')}?{rest.urlencode()}")


# --- one entry -----------------------------------------------------------------------------------
@require_safe
def entry(request: HttpRequest, index: str) -> HttpResponse:
    """One entry: its sentence, what was recorded, its anchor, the proof that it is in the log, its bytes."""
    found = selectors.find_entry(int(index))
    if found is None or found.leaf_index is None:
        return beyond(request, int(index))
    status = progress.entry_status(found)
    proof = _proof(found, status)
    wrong = [row for row in selectors.open_mismatches([found.subject]) if row.leaf_index == found.leaf_index]
    [sentence], [disclosed] = describing.describe([found], request.user), describing.disclose([found], request.user)
    with describing.naming(request.user, (*found.subjects, *shown.subjects_in(found.data))):
        context = {
            "section": "ledger",
            "entry": disclosed,
            "sentence": sentence,
            "status": status,
            "seal": _seal(status, disagrees=bool(wrong) or proof.fails),
            "mismatches": disagreements.told(wrong, request.user),
            "proof": proof,
            "actor": label(found.actor),
            "subject": label(found.subject),
            "fields": shown.data_fields(found),
            "groups": shown.detail_groups(disclosed, found.erased),
            "embedded": chain.is_embedded(),
            "body": found.body.decode(errors="replace"),
            **_place(found.leaf_index),
        }
        return render(request, "ledger/entry.html", context)


def _seal(status: EntryStatus, *, disagrees: bool) -> shown.Seal:
    if not disagrees and progress.log_disagrees():
        return shown.log_seal()
    return shown.entry_seal(status, disagrees=disagrees)


@dataclass
class _Proof:
    """The way from an entry to the root that was anchored, or before that to the first published one over it.

    `path` is None before there is such a root; `fails` says that the stored tree does not lead to it.
    """

    checkpoint: CheckpointView | None = None
    hashes: list[bytes] = field(default_factory=list)
    path: Path | None = None
    fails: bool = False


def _proof(entry: EntryView, status: EntryStatus) -> _Proof:
    if status.checkpoint_size is None or entry.leaf_index is None:
        return _Proof()
    anchor = status.anchor
    size = anchor.size if anchor is not None and anchor.mined else status.checkpoint_size
    checkpoint, leaf = progress.checkpoint_at(size), merkle.leaf_hash(entry.body)
    try:
        hashes = proofs.inclusion_proof(entry.leaf_index, size)
        merkle.verify_inclusion(leaf, entry.leaf_index, size, hashes, checkpoint.root)
    except (InvalidProof, BadTile):
        return _Proof(checkpoint, fails=True)
    anchors = progress.anchors_at(shown.left_edge_sizes(entry.leaf_index, size))
    return _Proof(checkpoint, hashes, shown.proof_path(leaf, entry.leaf_index, size, hashes, anchors))


def _place(index: int) -> dict[str, Any]:
    """Where the entry stands in the row of all entries."""
    last = selectors.last_index()
    words = _("Entry %(index)d of %(count)d") % {"index": index, "count": last + 1}
    return {
        "crumbs": [Crumb(_("Ledger"), reverse("ledger:entries")), Crumb(words)],
        "previous_url": shown.entry_url(index - 1) if index else "",
        "next_url": shown.entry_url(index + 1) if index < last else "",
    }


def beyond(request: HttpRequest, index: int | None) -> HttpResponse:
    """There is no such number: the page says how far the log goes."""
    last = selectors.last_index()
    context = {
        "section": "ledger",
        "index": index,
        "last": last,
        "last_url": shown.entry_url(last) if last >= 0 else "",
    }
    return render(request, "ledger/beyond.html", context, status=404)


# --- the foot of every page ----------------------------------------------------------------------
def footer_facts(request: HttpRequest, subject: Any) -> str:
    """The log in one line, for the slot `footer.facts`."""
    return render_to_string("ledger/_footer_facts.html", {"log": progress.log_facts()}, request)
