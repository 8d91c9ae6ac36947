"""Settings of a repository: name, visibility, maintainers, withdrawal. For its owner."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub.errors import HubError
from hub.repositories import access, drafts, links, services, words
from hub.repositories.forms import MaintainerForm, NameForm, VisibilityForm, WithdrawForm, refuse
from hub.repositories.models import Repository
from hub.repositories.views.common import account_of, load, show


@login_required
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, owner: str, name: str, kind: str) -> HttpResponse:
    """Each form of the page posts its `act`; a refusal shows the page again with that form's words."""
    repository = load(request, kind, owner, name)
    access.require_owner(account_of(request), repository)
    act = request.POST.get("act", "")
    if request.method == "POST" and act in ACTS:
        form = _form(act, repository, request.POST)
        if form.is_valid():
            try:
                return ACTS[act](request, repository, form)
            except HubError as error:
                refuse(form, error)
        return _page(request, repository, 422, **{act: form})
    return _page(request, repository)


def _form(act: str, repository: Repository, data: Any = None) -> Form:
    if act == "rename":
        return NameForm(data, initial={"name": repository.name})
    if act == "withdraw":
        return WithdrawForm(data, repository=repository)
    return VisibilityForm(data) if act == "visibility" else MaintainerForm(data)


def _page(request: HttpRequest, repository: Repository, status: int = 200, **forms: Form) -> HttpResponse:
    account = account_of(request)
    # Becoming public, the repository is named to everybody as to its owner now.
    seen_by = account if repository.visibility != Repository.Visibility.PUBLIC else None
    other = "private" if repository.visibility == Repository.Visibility.PUBLIC else "public"
    name = {"name": {"name": "…"}}
    subject = f"repo:{repository.pk}"
    context: dict[str, Any] = {
        act: forms.get(act) or _form(act, repository) for act in ("rename", "visibility", "maintainer", "withdraw")
    }
    context |= {
        "other": other,
        "visibility_words": words.VISIBILITIES[repository.visibility],
        "maintainers": [row.account for row in repository.maintainers.select_related("account").order_by("pk")],
        "rename_sentence": drafts.sentence(account, "repository.renamed", subject, {}, name),
        "visibility_sentence": drafts.about(
            account, repository, "repository.visibility_changed", viewer=seen_by, visibility=other
        ),
        "withdraw_sentence": drafts.about(account, repository, "repository.withdrawn", reason="owner_request"),
    }
    return show(request, repository, "settings.html", status, **context)


# --- acts ----------------------------------------------------------------------------------------
def _rename(request: HttpRequest, repository: Repository, form: Form) -> HttpResponse:
    services.rename(
        account=account_of(request), repository=repository, name=form.cleaned_data["name"].strip(), now=timezone.now()
    )
    messages.success(request, _("The repository has its new name."))
    return redirect(f"{links.repository(repository)}/settings")


def _visibility(request: HttpRequest, repository: Repository, form: Form) -> HttpResponse:
    services.change_visibility(
        account=account_of(request),
        repository=repository,
        visibility=form.cleaned_data["visibility"],
        now=timezone.now(),
    )
    said = _("Everybody can see the repository now.")
    if repository.visibility == Repository.Visibility.PRIVATE:
        said = _("Only its people can see the repository now. What was public may have been copied.")
    messages.success(request, said)
    return redirect(f"{links.repository(repository)}/settings")


def _add_maintainer(request: HttpRequest, repository: Repository, form: Form) -> HttpResponse:
    handle = form.cleaned_data["handle"].strip()
    services.add_maintainer(account=account_of(request), repository=repository, handle=handle)
    messages.success(request, _("%(handle)s may publish here now.") % {"handle": handle})
    return redirect(f"{links.repository(repository)}/settings")


def _remove_maintainer(request: HttpRequest, repository: Repository, form: Form) -> HttpResponse:
    handle = form.cleaned_data["handle"].strip()
    services.remove_maintainer(account=account_of(request), repository=repository, handle=handle)
    messages.success(request, _("%(handle)s may no longer publish here.") % {"handle": handle})
    return redirect(f"{links.repository(repository)}/settings")


def _withdraw(request: HttpRequest, repository: Repository, form: Form) -> HttpResponse:
    services.withdraw(
        account=account_of(request), repository=repository, reason=form.cleaned_data["reason"], now=timezone.now()
    )
    messages.success(request, _("The repository is withdrawn. Its entries stay in the log."))
    return redirect("/me")


ACTS: dict[str, Callable[[HttpRequest, Repository, Form], HttpResponse]] = {
    "rename": _rename,
    "visibility": _visibility,
    "maintainer": _add_maintainer,
    "remove-maintainer": _remove_maintainer,
    "withdraw": _withdraw,
}
