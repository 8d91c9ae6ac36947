"""The pages of a repository that need several features: history, lineage, bundle."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from hub.accounts.authentication import reader
from hub.errors import NotFound
from hub.explore import bundles, checks
from hub.explore.crew import Member, people_of
from hub.explore.origins import Origins, origins
from hub.explore.timeline import repository_timeline
from hub.repositories import links
from hub.repositories import selectors as repositories
from ledger import disagreements
from ledger.trust import trust_anchors

DEPTHS = (1, 2, 3)


def _context(request: HttpRequest, kind: str, owner: str, name: str) -> dict[str, Any]:
    repository = repositories.visible_repository(request.user, kind, owner, name)
    return {"repository": repository, "section": "models" if kind == "model" else "datasets"}


@require_safe
def history(request: HttpRequest, owner: str, name: str, kind: str = "model") -> HttpResponse:
    context = _context(request, kind, owner, name)
    repository = context["repository"]
    events, page = repository_timeline(repository, request.user, request.GET.get("cursor", ""))
    latest, status = repository.head, checks.repository_status(repository)
    context |= {
        "events": events,
        "page": page,
        "latest": latest,
        "status": status,
        "disagreements": disagreements.told(status.mismatches, request.user),
        "origins": origins(latest, request.user) if latest is not None else Origins(),
        "people": [{"account": person.account, "words": _role(person)} for person in people_of(repository)],
        "compare_url": f"{links.repository(repository)}/compare/" if repository.revision_count > 1 else "",
        "lineage_url": links.lineage(repository),
        "bundle_url": links.bundle(repository),
        "verify_command": trust_anchors().command_for(f"{repository.name}.bundle"),
    }
    return render(request, "explore/history.html", context)


def _role(person: Member) -> str:
    shared = ngettext("co-author of %(n)d revision", "co-author of %(n)d revisions", person.shared) % {
        "n": person.shared
    }
    if person.shared and not (person.owner or person.maintainer or person.revisions):
        return shared
    words = ngettext("%(n)d revision", "%(n)d revisions", person.revisions) % {"n": person.revisions}
    if person.owner:
        words = _("owns, %(revisions)s") % {"revisions": words}
    elif person.maintainer:
        words = _("maintains, %(revisions)s") % {"revisions": words}
    return _("%(first)s; %(second)s") % {"first": words, "second": shared} if person.shared else words


@require_safe
def lineage(request: HttpRequest, owner: str, name: str, kind: str = "model") -> HttpResponse:
    context = _context(request, kind, owner, name)
    repository = context["repository"]
    try:
        depth = int(request.GET.get("depth", "1"))
    except ValueError:
        depth = 1
    depth = min(max(depth, DEPTHS[0]), DEPTHS[-1])
    base = links.lineage(repository)
    found = origins(repository.head, request.user, depth=depth, uses=True) if repository.head else Origins()
    context |= {
        "origins": found,
        "depths": [
            {
                "label": ngettext("%(n)d step", "%(n)d steps", n) % {"n": n},
                "url": f"{base}?depth={n}",
                "current": n == depth,
            }
            for n in DEPTHS
        ],
    }
    return render(request, "explore/lineage.html", context)


@require_safe
def bundle(request: HttpRequest, owner: str, name: str, kind: str = "model") -> HttpResponse:
    """Everything needed to verify the repository's history, or one revision, without this hub."""
    viewer = reader(request)
    repository = repositories.visible_repository(viewer, kind, owner, name)
    wanted = request.GET.get("rev", "")
    revision = repositories.revision_by_ref(repository, wanted) if wanted else repository.head
    if revision is None:
        raise NotFound(_("Nothing is published in this repository yet."))
    text = bundles.revision_bundle(repository, revision, viewer)
    answer = HttpResponse(text, content_type="application/vnd.akashi.bundle; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{repository.name}.bundle"'
    answer["Cache-Control"] = "private, no-store" if repository.visibility != "public" else "public, max-age=10"
    return answer
