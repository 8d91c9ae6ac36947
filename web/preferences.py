"""Language and colours a reader chose: kept in two cookies, and in the account of who is signed in."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from web import http, languages

THEME_COOKIE = "akashi_theme"
# "auto" is a choice too: the device decides, whatever the account says.
THEMES = ("light", "dark", "auto")
LANGUAGE_PARAMETER, THEME_PARAMETER = "lang", "theme"
_YEAR = 365 * 24 * 3600


def account_of(request: HttpRequest) -> Any | None:
    """Who is signed in by session. Without a session cookie neither session nor database is touched."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    user = getattr(request, "user", None)
    return user if user is not None and user.is_authenticated else None


def explicit_language(request: HttpRequest) -> str | None:
    """The language named by `?lang=`, else by the cookie; None when neither names one of the site's."""
    for code in (request.GET.get(LANGUAGE_PARAMETER), request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)):
        found = languages.supported(code) if code else None
        if found:
            return found
    return None


def theme_of(request: HttpRequest) -> str:
    """`light`, `dark`, or empty where the device decides: from `?theme=`, the cookie, the account."""
    for value in (request.GET.get(THEME_PARAMETER), request.COOKIES.get(THEME_COOKIE)):
        if value in THEMES:
            return "" if value == "auto" else value
    theme = getattr(account_of(request), "theme", "")
    return theme if theme in ("light", "dark") else ""


def remember(response: HttpResponseBase, *, language: str | None = None, theme: str | None = None) -> None:
    """Keep the choices in the reader's cookies for a year. None leaves a choice as it is; an empty one forgets it."""
    for name, value in ((settings.LANGUAGE_COOKIE_NAME, language), (THEME_COOKIE, theme)):
        if value:
            response.set_cookie(name, value, max_age=_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
        elif value is not None:
            response.delete_cookie(name, samesite="Lax")


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """`POST /preferences` with `language`, `theme` and `next`: keep what is named and go back."""
    language = http.choice(request.POST, "language", [code for code, _name in settings.LANGUAGES])
    theme = http.choice(request.POST, "theme", THEMES)
    response = HttpResponse(status=303, headers={"Location": _way_back(request)})
    remember(response, language=language or None, theme=theme or None)
    account = account_of(request)
    if account is not None:
        _keep_in_account(account, language, theme)
    return response


def _keep_in_account(account: Any, language: str, theme: str) -> None:
    chosen = {"language": language, "theme": "" if theme == "auto" else theme}
    named = [field for field, given in (("language", language), ("theme", theme)) if given and hasattr(account, field)]
    for field in named:
        setattr(account, field, chosen[field])
    if named:
        account.save(update_fields=named)


def _way_back(request: HttpRequest) -> str:
    """The page to return to, on this host, without the parameters that would overrule the new choice."""
    wanted = request.POST.get("next") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return "/"
    parts = urlsplit(wanted)
    query = [pair for pair in parse_qsl(parts.query, True) if pair[0] not in {LANGUAGE_PARAMETER, THEME_PARAMETER}]
    path = "/" + parts.path.lstrip("/")
    return urlunsplit(("", "", path, urlencode(query), parts.fragment))
