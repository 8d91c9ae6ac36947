"""The settings pages."""

from datetime import timedelta
from typing import cast

from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub import names
from hub.accounts import erasure, selectors, services, tabs
from hub.accounts.forms import AUTO, DisplayForm, EraseForm, ProfileForm, TokenForm, refuse
from hub.accounts.models import Account
from hub.errors import HubError
from web import languages, preferences

# The cookie that carries a new token from its form to the page that shows it, and for how long at most.
NEW_TOKEN_COOKIE = "akashi_new_token"  # noqa: S105  (a name)
NEW_TOKEN_SECONDS = 300


def _account(request: HttpRequest) -> Account:
    """The signed-in account; the views are behind `login_required`."""
    return cast(Account, request.user)


def _page(request: HttpRequest, page: str, status: int = 200, **context: object) -> HttpResponse:
    shown = tabs.settings_tabs("data" if page == "erase" else page)
    return render(request, f"accounts/{page}.html", {"tabs": shown, **context}, status=status)


@require_GET
@login_required
def index(request: HttpRequest) -> HttpResponse:
    return redirect("accounts:profile")


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def profile(request: HttpRequest) -> HttpResponse:
    account = _account(request)
    initial = {"display_name": account.display_name, "bio": account.bio}
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=initial)
    page_url = names.person_url(account.username)
    if not form.is_bound:
        return _page(request, "profile", form=form, page_url=page_url)
    if form.is_valid():
        try:
            services.change_profile(account, **form.cleaned_data)
        except HubError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Your profile is saved."))
            return redirect("accounts:profile")
    return _page(request, "profile", 422, form=form, page_url=page_url)


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def display(request: HttpRequest) -> HttpResponse:
    account = _account(request)
    initial = {
        "language": account.language or AUTO,
        "theme": account.theme or AUTO,
        "key_shortcuts": account.key_shortcuts,
    }
    form = DisplayForm(request.POST if request.method == "POST" else None, initial=initial)
    if not form.is_bound:
        return _page(request, "display", form=form)
    if not form.is_valid():
        return _page(request, "display", 422, form=form)
    language, theme = (
        "" if form.cleaned_data[name] == AUTO else form.cleaned_data[name] for name in ("language", "theme")
    )
    services.change_preferences(
        account, language=language, theme=theme, key_shortcuts=form.cleaned_data["key_shortcuts"]
    )
    with override(account.language or languages.accepted(request.headers.get("Accept-Language", ""))):
        messages.success(request, _("Your choice is saved."))
    response = redirect("accounts:display")
    # A cookie wins over the account, because it belongs to this device; so saving sets it too, or forgets the language.
    preferences.remember(response, language=account.language, theme=account.theme or AUTO)
    return response


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def tokens(request: HttpRequest) -> HttpResponse:
    """The tokens. A new one is shown on the page that follows its form, once: only the answer's cookie carries it there."""
    account, now = _account(request), timezone.now()
    form = TokenForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        days = form.cleaned_data["days"]
        expires = now + timedelta(days=days) if days else None
        try:
            _token, created = services.create_token(
                account, form.cleaned_data["name"], form.cleaned_data["scope"], now, expires
            )
        except HubError as error:
            refuse(form, error)
        else:
            return _with_new_token(redirect("accounts:tokens"), account, created)
    created = "" if form.is_bound else _new_token(request, account)
    rows = selectors.tokens_of(account)
    status = 422 if form.is_bound else 200
    answer = _page(request, "tokens", status, form=form, rows=rows, created=created, now=now)
    if created:
        answer.delete_cookie(NEW_TOKEN_COOKIE, path=reverse("accounts:tokens"), samesite="Strict")
    return answer


def _with_new_token(answer: HttpResponseRedirect, account: Account, created: str) -> HttpResponse:
    """In a cookie rather than the session, since the hub keeps no token, not even for a moment."""
    answer.set_signed_cookie(
        NEW_TOKEN_COOKIE, created, salt=_token_salt(account), max_age=NEW_TOKEN_SECONDS, path=reverse("accounts:tokens"),
        secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Strict",
    )  # fmt: skip
    return answer


def _new_token(request: HttpRequest, account: Account) -> str:
    """The token that the form before this page made, for this account alone; empty if there is none."""
    return str(request.get_signed_cookie(NEW_TOKEN_COOKIE, "", salt=_token_salt(account), max_age=NEW_TOKEN_SECONDS))


def _token_salt(account: Account) -> str:
    return f"{NEW_TOKEN_COOKIE} {account.pk}"


@require_POST
@login_required
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    services.revoke_token(_account(request), token_id, timezone.now())
    messages.success(request, _("The token is revoked; it opens nothing any more."))
    return redirect("accounts:tokens")


@require_GET
@login_required
@never_cache
def security(request: HttpRequest) -> HttpResponse:
    return _page(request, "security")


@require_GET
@login_required
@never_cache
def data(request: HttpRequest) -> HttpResponse:
    return _page(request, "data")


@require_GET
@login_required
@never_cache
def export(request: HttpRequest) -> HttpResponse:
    account = _account(request)
    response = JsonResponse(erasure.export_account(account), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="akashi-{account.username}.json"'
    return response


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@login_required
@never_cache
@rate_limit(action="reauthenticate")  # type: ignore[untyped-decorator]
def erase(request: HttpRequest) -> HttpResponseBase:
    account = _account(request)
    form = EraseForm(account, request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return _page(request, "erase", form=form)
    if form.is_valid():
        try:
            erasure.erase_account(account, timezone.now())
        except HubError as error:
            refuse(form, error)
        else:
            logout(request)
            messages.success(request, _("Your account is erased. Its entries in the log stay, under a pseudonym."))
            return redirect("/")
    return _page(request, "erase", 422, form=form)
