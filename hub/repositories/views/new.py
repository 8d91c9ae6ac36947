"""`/new`: a repository with its first card."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub.errors import Conflict, HubError
from hub.repositories import access, links, services
from hub.repositories.forms import NewForm, refuse
from hub.repositories.models import Repository
from hub.repositories.views.common import account_of


@login_required
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    account = account_of(request)
    owners = access.owners_for(account)
    if request.method != "POST":
        wanted = request.GET.get("kind", "")
        initial = {"kind": wanted if wanted in Repository.Kind.values else "dataset"}
        return render(request, "repositories/new.html", {"form": NewForm(owners=owners, initial=initial)})
    form = NewForm(request.POST, owners=owners)
    if form.is_valid():
        try:
            return _create(request, form)
        except HubError as error:
            if isinstance(error, Conflict):
                form.add_error("name", str(error))
            else:
                refuse(form, error, {"card": "licence"})
    return render(request, "repositories/new.html", {"form": form}, status=422)


def _create(request: HttpRequest, form: NewForm) -> HttpResponse:
    data = form.cleaned_data
    repository = services.create_repository(
        account=account_of(request),
        owner=form.owners[data["owner"]],
        kind=data["kind"],
        name=data["name"],
        visibility=data["visibility"],
        card=form.card_text(),
        now=timezone.now(),
    )
    messages.success(request, _("Your repository is there. Now add its files."))
    return redirect(f"{links.repository(repository)}/upload")
