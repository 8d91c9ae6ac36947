"""A new revision in the browser: files through the upload widget, the reason, measurements, what will be public."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub.errors import HubError, Invalid
from hub.repositories import access, drafts, links, metrics, selectors, services
from hub.repositories.forms import (
    METRIC_ROWS,
    MOST_METRIC_ROWS,
    MetricForm,
    PublishForm,
    chosen_pins,
    metric_forms,
    refuse,
)
from hub.repositories.models import Repository
from hub.repositories.views.common import account_of, load, show
from web import http

MOST_TICKED = 200


@login_required
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, owner: str, name: str, kind: str) -> HttpResponse:
    repository = load(request, kind, owner, name)
    if request.method == "GET" and not access.may_publish(request.user, repository):
        return redirect(links.propose(repository))
    access.require_publisher(account_of(request), repository)
    posted = request.method == "POST"
    data = request.POST if posted else None
    rows = http.integer(request.POST, "metric_rows", METRIC_ROWS, least=1, most=MOST_METRIC_ROWS)
    more = posted and "more" in request.POST
    count = min(rows + 2, MOST_METRIC_ROWS) if more else rows
    pinned, initial = selectors.has_pins(repository.head), {"parent": repository.head_id or ""}
    form = PublishForm(data, files=_files(repository), pinned=pinned, initial=initial)
    measured = metric_forms(data, count, drafts.measured_on(repository, request.user))
    if posted and not more:
        valid = all([form.is_valid(), *(each.is_valid() for each in measured)])
        published = _publish(request, repository, form, measured) if valid else None
        if published is not None:
            return published
        return _page(request, repository, form, measured, 422)
    return _page(request, repository, form, measured)


def _publish(
    request: HttpRequest, repository: Repository, form: PublishForm, measured: list[MetricForm]
) -> HttpResponse | None:
    """Publish and go to the new revision; None with the refusal at its field."""
    filled = [each for each in measured if each.row()]
    try:
        published = services.publish_revision(
            account=account_of(request),
            repository=repository,
            changes=form.changes(),
            message=form.cleaned_data["message"],
            kind=form.cleaned_data["kind"],
            metrics=[each.row() for each in filled] or None,
            now=timezone.now(),
            expected_parent=form.cleaned_data["parent"],
            pins=form.cleaned_data.get("pins", ""),
        )
    except HubError as error:
        _show_refusal(error, form, filled)
        return None
    messages.success(request, _("Revision %(number)d is published.") % {"number": published.number})
    return redirect(links.commit(published))


def _show_refusal(error: HubError, form: PublishForm, filled: list[MetricForm]) -> None:
    """`metrics.2.value` belongs to a field of the third row that has something in it."""
    parts = error.field.split(".") if isinstance(error, Invalid) else []
    if len(parts) == 3 and parts[0] == "metrics" and int(parts[1]) < len(filled):
        refuse(filled[int(parts[1])], error, {error.field: parts[2]} if isinstance(error, Invalid) else None)
    else:
        refuse(form, error)


def _files(repository: Repository) -> list[str] | None:
    """Paths that can be ticked for removal; None when there are more than a page takes."""
    head = repository.head
    if head is None:
        return []
    if head.file_count > MOST_TICKED:
        return None
    return sorted(path for path, _leaf in selectors.all_files(head))


def _page(
    request: HttpRequest, repository: Repository, form: PublishForm, measured: list[MetricForm], status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "metric_forms": measured,
        "metric_names": sorted(metrics.KNOWN),
        "metrics_open": any(each.is_bound and (each.errors or each.has_changed()) for each in measured),
        "purpose": f"revision:{repository.pk}",
        "number": repository.revision_count + 1,
        "head": repository.head,
        "sentence": drafts.publication(
            account_of(request), repository, str(form["kind"].value() or ""), chosen_pins(form)
        ),
    }
    return show(request, repository, "upload.html", status, **context)
