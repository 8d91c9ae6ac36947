"""What happens around every view.

All are synchronous on purpose: a chain without a change of mode costs one hop to a thread per request, not one for each
middleware.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

from web import error_pages, languages, preferences, requestids
from web.problems import CONTENT_TYPE, problem_for, standard

log = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]
_SPOKEN = ("text/html", "text/plain", CONTENT_TYPE)
_KEPT_ON_ERRORS = ("Allow", "Retry-After", "WWW-Authenticate")


class RequestIdMiddleware:
    """`request.request_id`, the header `X-Request-Id`, and the id in every log line."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = requestids.choose(request.headers.get(requestids.HEADER))
        request.request_id = request_id  # type: ignore[attr-defined]
        # Left set: Django logs errors after the middleware, and the next request brings its own.
        requestids.current.set(request_id)
        response = self.get_response(request)
        response.headers[requestids.HEADER] = request_id
        # "identity" keeps the compressing middleware off a file's bytes; on the wire it has no place (RFC 9110, 8.4.1).
        if response.headers.get("Content-Encoding") == "identity":
            del response.headers["Content-Encoding"]
        return response


class LanguageMiddleware:
    """The language of the answer: `?lang=`, the cookie, the account, Accept-Language. `?lang=` and `?theme=` are kept."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        first = preferences.explicit_language(request) or languages.accepted(request.headers.get("Accept-Language", ""))
        with translation.override(first):
            response = self.get_response(request)
            self._mark(response)
        self._remember(request, response)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Only here is it known who is signed in."""
        if preferences.explicit_language(request):
            return
        language = languages.supported(getattr(preferences.account_of(request), "language", "") or "")
        if language:
            translation.activate(language)

    def _mark(self, response: HttpResponseBase) -> None:
        if response.get("Content-Type", "").startswith(_SPOKEN):
            response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
            patch_vary_headers(response, ("Accept-Language", "Cookie"))

    def _remember(self, request: HttpRequest, response: HttpResponseBase) -> None:
        language = languages.supported(request.GET.get(preferences.LANGUAGE_PARAMETER, ""))
        theme = request.GET.get(preferences.THEME_PARAMETER)
        if language or theme in preferences.THEMES:
            preferences.remember(response, language=language, theme=theme if theme in preferences.THEMES else None)


class ErrorMiddleware:
    """Rooms' errors become pages, or problem+json under `/api/`; so do Django's bare answers to errors."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # PostgreSQL has no U+0000 in text, so no address with one names anything.
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return error_pages.answer(request, standard(400))
        response = self.get_response(request)
        return self._dressed(request, response) if response.status_code >= 400 else response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        problem = problem_for(error)
        if problem is None:
            return None
        if problem.status >= 500 or isinstance(error, DataError):
            log.error("%s %s: %s", request.method, request.path, problem.type_slug, exc_info=error)
        return error_pages.answer(request, problem)

    def _dressed(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Django's own error answers, such as an empty 405, in the form the caller reads."""
        bare = isinstance(response, HttpResponse) and response.get("Content-Type", "").startswith("text/html")
        if not bare or (not error_pages.for_programs(request) and response.content):  # type: ignore[attr-defined]
            return response
        headers = {name: response.headers[name] for name in _KEPT_ON_ERRORS if name in response.headers}
        dressed = error_pages.answer(request, standard(response.status_code, headers=headers))
        dressed.cookies = response.cookies
        return dressed
