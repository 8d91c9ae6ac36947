"""The front page, lists and search."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hub.explore import checks, demo_state, figures, lookup
from hub.explore.origins import licence_name
from hub.explore.views.reading import typed
from hub.repositories import links
from hub.repositories import selectors as repositories
from ledger import selectors as ledger
from ledger.describing import describe
from ledger.records import EntryStatus, State

if TYPE_CHECKING:
    from hub.explore.lookup import Found
    from hub.repositories.models import Repository
    from ledger.records import EntryView

LIVE, LATEST = 3, 5


@dataclass(frozen=True)
class Line:
    """One repository in a list."""

    repository: "Repository"
    url: str
    status: checks.Status | None
    headline: figures.Headline | None
    people: int

    @property
    def checks_url(self) -> str:
        return f"{self.url}/history#checks"


def lines(found: "list[Repository]") -> list[Line]:
    statuses = checks.list_statuses(found)
    history = repositories.histories([repository.id for repository in found])
    people = repositories.people_counts([repository.id for repository in found])
    doubted = checks.doubted(revision for line in history.values() for revision in line)
    return [
        Line(
            repository,
            links.repository(repository),
            statuses.get(repository.id),
            figures.headline(history.get(repository.id, []), doubted),
            people.get(repository.id, 0),
        )
        for repository in found
    ]


def record_lines(entries: "Sequence[EntryView]", viewer: Any) -> list[dict[str, Any]]:
    """Entries as `components/record_list.html` takes them; one without a number has no page yet."""
    return [
        {
            "number": entry.leaf_index,
            "url": reverse("ledger:entry", args=[entry.leaf_index]) if entry.leaf_index is not None else "/ledger",
            "sentence": sentence.html,
            "time": entry.time,
        }
        for entry, sentence in zip(entries, describe(entries, viewer), strict=True)
    ]


def _newest_final() -> "EntryView | None":
    """The newest published revision under a final anchor: the record that the front page shows."""
    size = ledger.log_facts().final_size
    newest = ledger.sequenced_entries(type="revision.published", size=20).items
    return next((entry for entry in newest if entry.leaf_index is not None and entry.leaf_index < size), None)


def _slip_state(status: EntryStatus) -> str:
    if ledger.log_disagrees():
        return "mismatch"
    return "verified" if status.state is State.FINAL else "waiting"


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    entries = ledger.sequenced_entries(size=LATEST).items
    slip = _newest_final()
    context: dict[str, Any] = {
        "live": lines(repositories.search("model", viewer=request.user, size=LIVE).items),
        "latest": record_lines(entries, request.user),
        "demo": demo_state.progress(),
    }
    shown = slip or (entries[0] if entries else None)
    if shown is not None and shown.leaf_index is not None:
        status = ledger.statuses([shown])[shown.uid]
        block = status.anchor.block_number if status.anchor is not None else None
        context["slip"] = {
            "number": shown.leaf_index,
            "url": reverse("ledger:entry", args=[shown.leaf_index]),
            "sentence": describe([shown], request.user)[0].html,
            "time": shown.time,
            "leaf": shown.leaf_hash.hex(),
            "block": block,
            "state": _slip_state(status),
            "filled": status.confirmations,
            "needed": status.needed,
        }
    return render(request, "explore/home.html", context)


def _list(request: HttpRequest, kind: str) -> HttpResponse:
    query = typed(request)
    wanted = {name: typed(request, name) for name in ("licence", "tag", "owner")}
    page = repositories.search(
        kind, query, viewer=request.user, licence=wanted["licence"], tag=wanted["tag"], owner=wanted["owner"],
        cursor=request.GET.get("cursor", ""),
    )  # fmt: skip
    facets = repositories.facets(kind, request.user)
    context = {
        "section": "models" if kind == "model" else "datasets",
        "kind": kind,
        "query": query,
        "page": page,
        "lines": lines(page.items),
        "selects": [
            _select("licence", _("Licence"), _("any licence"), facets.licences, wanted["licence"], licence_name),
            _select("tag", _("Tag"), _("any tag"), facets.tags, wanted["tag"], str),
        ],
        "active": _active(request, wanted),
    }
    return render(request, "explore/list.html", context)


def _select(name: str, label: str, any_words: str, values: list[str], chosen: str, words: Any) -> dict[str, Any]:
    options = [{"value": "", "label": any_words, "selected": not chosen}]
    options += [{"value": value, "label": words(value), "selected": value == chosen} for value in values]
    return {"name": name, "label": label, "options": options}


def _active(request: HttpRequest, wanted: dict[str, str]) -> list[dict[str, str]]:
    found = []
    for name, value in wanted.items():
        if value:
            rest = request.GET.copy()
            rest.pop(name, None)
            rest.pop("cursor", None)
            found.append({"label": value, "url": f"{request.path}?{rest.urlencode()}"})
    return found


@require_safe
def models(request: HttpRequest) -> HttpResponse:
    return _list(request, "model")


@require_safe
def datasets(request: HttpRequest) -> HttpResponse:
    return _list(request, "dataset")


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """One box: an exact thing leads straight to it, words are searched in models and datasets."""
    query = typed(request)
    if query:
        target = _target(lookup.look_up(query, request.user))
        if target:
            return HttpResponseRedirect(target)
    context = {
        "query": query,
        "models": lines(repositories.search("model", query, viewer=request.user, size=10).items) if query else [],
        "datasets": lines(repositories.search("dataset", query, viewer=request.user, size=10).items) if query else [],
    }
    return render(request, "explore/search.html", context)


def _target(found: "Found") -> str:
    if found.entry is not None:
        return reverse("ledger:entry", args=[found.entry.leaf_index])
    if found.files:
        return f"/verify?q={found.text}"
    if found.revision is not None:
        return links.commit(found.revision)
    if found.repository is not None:
        return links.repository(found.repository)
    return f"/people/{found.handle}" if found.handle else ""
