"""Proposing: new files or another card, for the first time or as a new version."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub.contributions import links, selectors, services
from hub.contributions.errors import Over
from hub.contributions.forms import CardProposalForm, FilesForm
from hub.contributions.models import Contribution
from hub.contributions.views.common import account_of, load, load_contribution, show
from hub.errors import Gone, HubError, Invalid, NotAllowed
from hub.pieces import percent
from hub.repositories import card, drafts, metrics
from hub.repositories import selectors as repositories
from hub.repositories.changes import Change
from hub.repositories.forms import METRIC_ROWS, MOST_METRIC_ROWS, MetricForm, refuse
from hub.repositories.models import Repository, Revision
from hub.repositories.services import set_fields
from hub.repositories.showing import MOST_FILES, card_preview
from hub.uploads import services as uploads
from hub.uploads.selectors import waiting_files
from web import http
from web.signin import signed_in

MOST_TICKED = 200
# Where a service's fields stand on these pages.
_FIELDS = {"reason": "message", "changes": "uploads", "name": "uploads", "size": "uploads", "card": "text"}


# --- files ---------------------------------------------------------------------------------------
@signed_in
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, owner: str, name: str, kind: str) -> HttpResponse:
    return _files(request, load(request, kind, owner, name), None)


@signed_in
@require_http_methods(["GET", "POST"])
def update(request: HttpRequest, owner: str, name: str, kind: str, number: int) -> HttpResponse:
    contribution = _own(request, load_contribution(request, kind, owner, name, number))
    return _files(request, contribution.repository, contribution)


def _files(request: HttpRequest, repository: Repository, contribution: Contribution | None) -> HttpResponse:
    posted = request.method == "POST"
    data = request.POST if posted else None
    known = _known_metrics(contribution)
    rows = http.integer(request.POST, "metric_rows", max(METRIC_ROWS, len(known)), least=1, most=MOST_METRIC_ROWS)
    more, fresh = posted and "more" in request.POST, posted and "fresh" in request.POST
    if fresh:
        uploads.remove_uploads(account_of(request), _purpose(repository, contribution))
    state = _state(repository, contribution)
    form = FilesForm(data, files=_paths(state), initial=_initial(repository, contribution))
    count = min(rows + 2, MOST_METRIC_ROWS) if more else rows
    measured = _metric_forms(data, count, _datasets(request, repository, known), known)
    if posted and not more and not fresh:
        valid = all([form.is_valid(), *(each.is_valid() for each in measured)])
        done = _send(request, repository, contribution, form, form.changes(), measured) if valid else None
        return done or _files_page(request, repository, contribution, form, measured, 422)
    return _files_page(request, repository, contribution, form, measured)


def _files_page(
    request: HttpRequest,
    repository: Repository,
    contribution: Contribution | None,
    form: FilesForm,
    measured: list[MetricForm],
    status: int = 200,
) -> HttpResponse:
    purpose = _purpose(repository, contribution)
    return show(
        request,
        repository,
        "propose.html",
        status,
        **_frame(request, repository, contribution),
        form=form,
        metric_forms=measured,
        metric_names=sorted(metrics.KNOWN),
        metrics_open=any(each.initial or (each.is_bound and (each.errors or each.has_changed())) for each in measured),
        purpose=purpose,
        waiting=waiting_files(account_of(request), purpose),
        files_now=repositories.changes_of(selectors.newest_proposal(contribution).revision, MOST_FILES)
        if contribution
        else None,
    )


def _purpose(repository: Repository, contribution: Contribution | None) -> str:
    """What files are sent for from here: by it those of an earlier visit are found."""
    return f"proposal:{contribution.pk if contribution else repository.pk}"


# --- card ----------------------------------------------------------------------------------------
@signed_in
@require_http_methods(["GET", "POST"])
def new_card(request: HttpRequest, owner: str, name: str, kind: str) -> HttpResponse:
    return _card(request, load(request, kind, owner, name), None)


@signed_in
@require_http_methods(["GET", "POST"])
def update_card(request: HttpRequest, owner: str, name: str, kind: str, number: int) -> HttpResponse:
    contribution = _own(request, load_contribution(request, kind, owner, name, number))
    return _card(request, contribution.repository, contribution)


def _card(request: HttpRequest, repository: Repository, contribution: Contribution | None) -> HttpResponse:
    if request.method != "POST":
        return _card_page(request, repository, contribution, _blank_card(repository, contribution))
    form = CardProposalForm(request.POST, repository=repository)
    if form.is_valid() and "preview" not in request.POST:
        done = _send_card(request, repository, contribution, form)
        return done or _card_page(request, repository, contribution, form, 422)
    return _card_page(request, repository, contribution, form, 422 if form.errors else 200)


def _blank_card(repository: Repository, contribution: Contribution | None) -> CardProposalForm:
    text = _card_text(_state(repository, contribution))
    form = CardProposalForm.of(text, repository=repository, parent="")
    form.initial = {**form.initial, **_initial(repository, contribution)}
    assert isinstance(form, CardProposalForm)
    return form


def _send_card(
    request: HttpRequest, repository: Repository, contribution: Contribution | None, form: CardProposalForm
) -> HttpResponse | None:
    try:
        fields = form.changed_fields()
        text = set_fields(form.cleaned_data["text"], fields) if fields else form.cleaned_data["text"]
    except HubError as error:
        refuse(form, error, _FIELDS)
        return None
    change = Change(card.NAME, content=text.replace("\r\n", "\n").encode())
    return _send(request, repository, contribution, form, [change], None)


def _card_page(
    request: HttpRequest,
    repository: Repository,
    contribution: Contribution | None,
    form: CardProposalForm,
    status: int = 200,
) -> HttpResponse:
    frame = {**_frame(request, repository, contribution), **card_preview(repository, form)}
    return show(request, repository, "propose_card.html", status, **frame, form=form)


def _card_text(state: Revision | None) -> str:
    """The card to edit; one whose bytes are gone is written anew."""
    try:
        return repositories.card_text(state)
    except Gone:
        return ""


# --- shared --------------------------------------------------------------------------------------
def _own(request: HttpRequest, contribution: Contribution) -> Contribution:
    if contribution.contributor_id != account_of(request).pk:
        raise NotAllowed(_("Only who proposed this may change it."))
    if contribution.state not in services.UNDECIDED:
        raise Over
    return contribution


def _send(
    request: HttpRequest,
    repository: Repository,
    contribution: Contribution | None,
    form: FilesForm | CardProposalForm,
    changes: Sequence[Change],
    measured: list[MetricForm] | None,
) -> HttpResponse | None:
    """Propose and go to the contribution; None with the refusal at its field. Without `measured` metrics stay as they are."""
    account, data = account_of(request), form.cleaned_data
    filled = [each for each in measured or () if each.row()]
    said: dict[str, Any] = {
        "account": account,
        "changes": changes,
        "title": data["title"],
        "reason": data["message"],
        "kind": data.get("kind") or ("documentation" if contribution is None else None),
        "metrics": _metrics(measured, filled),
        "now": timezone.now(),
    }
    try:
        said["authors"] = form.shares(account.username)
        if contribution is None:
            made = services.open_contribution(repository=repository, expected_base=data["parent"], **said)
            messages.success(request, _("Contribution %(number)d is proposed.") % {"number": made.number})
        else:
            made = services.update_contribution(contribution=contribution, expected_proposal=data["parent"], **said)
            messages.success(request, _("The new version waits for a decision."))
    except HubError as error:
        if isinstance(error, Invalid) and error.field == "changes" and not changes:
            error = Invalid("changes", _("No file was sent, and none is to be removed."))
        _show_refusal(error, form, filled)
        return None
    made.repository = repository
    return redirect(links.page(made))


def _show_refusal(error: HubError, form: FilesForm | CardProposalForm, filled: list[MetricForm]) -> None:
    """`metrics.2.value` belongs to a field of the third row that has something in it."""
    parts = error.field.split(".") if isinstance(error, Invalid) else []
    if len(parts) == 3 and parts[0] == "metrics" and int(parts[1]) < len(filled) and isinstance(error, Invalid):
        refuse(filled[int(parts[1])], error, {error.field: parts[2]})
    else:
        refuse(form, error, {name: field for name, field in _FIELDS.items() if field in form.fields})


def _state(repository: Repository, contribution: Contribution | None) -> Revision | None:
    """What the changes are made to: the head, or the version before."""
    return repository.head if contribution is None else selectors.newest_proposal(contribution).revision


def _initial(repository: Repository, contribution: Contribution | None) -> dict[str, Any]:
    if contribution is None:
        return {"parent": repository.head_id or ""}
    others = [each for each in selectors.authors_of(contribution) if each.account.pk != contribution.contributor_id]
    return {
        "title": contribution.title,
        "message": contribution.reason,
        "kind": contribution.kind,
        "authors": "\n".join(f"{each.account.username} {percent(each.bps)}" for each in others),
        "parent": selectors.newest_proposal(contribution).revision_id,
    }


def _paths(state: Revision | None) -> list[str] | None:
    """Paths that can be ticked for removal; None when there are more than a page takes."""
    if state is None:
        return []
    return sorted(path for path, _leaf in repositories.all_files(state)) if state.file_count <= MOST_TICKED else None


def _datasets(
    request: HttpRequest, repository: Repository, known: Sequence[Mapping[str, Any]]
) -> list[tuple[str, str]]:
    """What something may have been measured on, and what the version before was."""
    offered = drafts.measured_on(repository, request.user)
    before = dict.fromkeys(row["on"] for row in known if row.get("on"))
    return offered + [(each, each[:12]) for each in before if each not in dict(offered)]


# --- metrics -------------------------------------------------------------------------------------
def _known_metrics(contribution: Contribution | None) -> list[dict[str, Any]]:
    """Those of the version before, as a form has them."""
    if contribution is None:
        return []
    rows = selectors.newest_proposal(contribution).revision.metrics
    return [{**row, **({"on": row["on"].removeprefix("rev:")} if "on" in row else {})} for row in rows]


def _metric_forms(
    data: Mapping[str, Any] | None,
    count: int,
    datasets: list[tuple[str, str]],
    known: Sequence[Mapping[str, Any]],
) -> list[MetricForm]:
    initial = [dict(row) for row in known] + [{} for _index in range(count)]
    return [
        MetricForm(data, prefix=f"metrics-{index}", datasets=datasets, initial=initial[index]) for index in range(count)
    ]


def _metrics(measured: list[MetricForm] | None, filled: list[MetricForm]) -> list[dict[str, Any]] | None:
    """Exactly what stands in the form. None, which keeps what was measured, where there were none and are none."""
    if not filled and not any(each.initial for each in measured or ()):
        return None
    return [_metric(each) for each in filled]


def _metric(form: MetricForm) -> dict[str, Any]:
    """A row as it stands, with what the form has no field for while it is the same metric."""
    row = form.row()
    same = form.initial.get("name") == row.get("name")
    unseen = {name: value for name, value in form.initial.items() if name not in form.fields} if same else {}
    return {**unseen, **row}


def _frame(request: HttpRequest, repository: Repository, contribution: Contribution | None) -> dict[str, Any]:
    number = contribution.number if contribution else selectors.next_number(repository)
    event_type, subject = ("updated", contribution.pk) if contribution else ("opened", uuid.UUID(int=0))
    data = {"repo": f"repo:{repository.pk}", "number": number}
    return {
        "contribution": contribution,
        "head": repository.head,
        "page_url": links.page(contribution) if contribution else "",
        "files_url": links.update(contribution) if contribution else links.new(repository),
        "card_url": links.update_card(contribution) if contribution else links.new_card(repository),
        "stale": contribution is not None and selectors.is_stale(contribution),
        "sentence": drafts.sentence(account_of(request), f"contribution.{event_type}", f"contrib:{subject}", data),
    }
