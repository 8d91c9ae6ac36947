"""Errors as RFC 9457 problems: one description that pages, the API and the receiver of bodies all answer with.

`problem_for(error)` knows the problem of an exception: its own class, a class registered by a room, or one of
Django's. `None` means a defect of the program, which becomes a 500 without details.
"""

import errno
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import ConnectionError as CacheConnectionError
from redis.exceptions import TimeoutError as CacheTimeout

from web.errors import BadCursor, BadInput, RateLimited

CONTENT_TYPE = "application/problem+json"
# Seconds after which a client may try again when a server behind this one is away.
RETRY_UNAVAILABLE = 5
# A document names so many errors of fields; `errors_left_out` counts the others.
MOST_ERRORS = 50

Words = str | Promise


@dataclass(frozen=True)
class Kind:
    """One problem type: the status and title that all its occurrences share, and the usual explanation."""

    status: int
    slug: str
    title: Words
    detail: Words = ""


class Problem(Exception):
    """An answer that says what is wrong. `extra` are extension members; `retry_after` also becomes a header."""

    def __init__(
        self,
        status: int,
        type_slug: str,
        title: Words,
        detail: Words = "",
        *,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.type_slug = type_slug
        self.title = title
        self.detail = detail
        self.extra = _shortened(extra)
        self.headers = dict(headers or {})
        if "retry_after" in extra:
            self.headers.setdefault("Retry-After", str(extra["retry_after"]))

    def body(self, *, instance: str = "", request_id: str = "") -> dict[str, Any]:
        """The members of the problem document; empty ones are left out."""
        members: dict[str, Any] = {
            "type": f"/problems/{self.type_slug}",
            "title": str(self.title),
            "status": self.status,
            "detail": str(self.detail),
            "instance": quote(instance, safe="/:@!$&'()*+,;=~%"),
            "request_id": request_id,
            **self.extra,
        }
        return {name: value for name, value in members.items() if value != ""}


def _shortened(extra: dict[str, Any]) -> dict[str, Any]:
    more = len(extra.get("errors", ())) - MOST_ERRORS
    return {**extra, "errors": extra["errors"][:MOST_ERRORS], "errors_left_out": more} if more > 0 else extra


_kinds: dict[str, Kind] = {}
_errors: dict[type[Exception], str] = {}
_by_status: dict[int, str] = {}


def _standard(status: int, slug: str, title: Words, detail: Words) -> None:
    _kinds[slug] = Kind(status, slug, title, detail)
    _by_status[status] = slug


_standard(400, "bad-request", _("The request cannot be read"), _("Something in the request is malformed."))
_standard(401, "sign-in-needed", _("Sign in first"), _("This needs an account: sign in, or send a valid token."))
_standard(403, "not-allowed", _("Not allowed"), _("Your account may not do this."))
_standard(404, "not-found", _("Not found"), _("There is nothing at this address that you may see."))
_standard(405, "method-not-allowed", _("Method not allowed"), _("This address does not take this kind of request."))
_standard(406, "not-acceptable", _("Not acceptable"), _("This address has no answer in a format you accept."))
_standard(
    408, "too-slow", _("The body came too slowly"), _("Too little of it arrived for a while. Please send it again.")
)
_standard(410, "gone", _("Gone"), _("It was here and has been taken away."))
_standard(411, "length-needed", _("The length is missing"), _("Send a Content-Length header."))
_standard(412, "changed", _("It has changed"), _("It is no longer as your request expects it."))
_standard(413, "too-large", _("Too large"), _("The body is larger than this address takes."))
_standard(415, "unsupported-media-type", _("Unsupported media type"), _("This address takes JSON in UTF-8."))
_standard(422, "invalid", _("The request cannot be taken as it is"), _("Some fields cannot be taken as they are."))
_standard(429, "too-many-requests", _("Too many requests"), _("Please wait a little and try again."))
_standard(500, "internal-error", _("Something broke on our side"), _("It has been written down. Please try again."))
_standard(503, "unavailable", _("Not available just now"), _("A part of the site does not answer. Please try again."))


def register_problem(error: type[Exception], status: int, slug: str, title: Words) -> None:
    """Answer `error` and its subclasses with this problem; the error's own words become the detail.

    An attribute `field` of the error becomes one item of `errors`; `retry_after` (seconds) becomes the header.
    """
    standard = _kinds.get(slug)
    if standard is not None and standard.status != status:
        raise ValueError(f"problem {slug!r} has status {standard.status}, not {status}")
    _kinds[slug] = Kind(status, slug, title, standard.detail if standard else "")
    _errors[error] = slug


def kinds() -> tuple[Kind, ...]:
    """Every problem type this site answers with, by slug."""
    return tuple(_kinds[slug] for slug in sorted(_kinds))


def standard(status: int, detail: Words = "", *, headers: Mapping[str, str] | None = None, **extra: Any) -> Problem:
    """The usual problem of an HTTP status, with the usual explanation unless another is given."""
    slug = _by_status.get(status)
    if slug is None:
        title = HTTPStatus(status).phrase
        return Problem(status, slugify(title), title, detail, headers=headers, **extra)
    kind = _kinds[slug]
    return Problem(kind.status, kind.slug, kind.title, detail or kind.detail, headers=headers, **extra)


def field_error(field: str, detail: Words, code: str = "invalid") -> dict[str, str]:
    """One item of the `errors` member: a field by its dotted path, the sentence for a person, a code for a program."""
    return {"field": field, "detail": str(detail), "code": code}


def unavailable() -> Problem:
    return standard(503, retry_after=RETRY_UNAVAILABLE)


def problem_for(error: BaseException) -> Problem | None:
    """The problem that an exception stands for, or None when it is a defect of the program."""
    if isinstance(error, Problem):
        return error
    for ancestor in type(error).__mro__:
        slug = _errors.get(ancestor)
        if slug is not None:
            return _registered(_kinds[slug], error)
    return _of_django(error)


def _registered(kind: Kind, error: BaseException) -> Problem:
    extra: dict[str, Any] = {}
    field = getattr(error, "field", "")
    if field:
        extra["errors"] = [field_error(field, str(error))]
    if getattr(error, "retry_after", None) is not None:
        extra["retry_after"] = max(1, int(error.retry_after))  # type: ignore[attr-defined]
    return Problem(kind.status, kind.slug, kind.title, str(error), **extra)


def _of_django(error: BaseException) -> Problem | None:
    if isinstance(error, Http404):
        return standard(404)
    if isinstance(error, PermissionDenied):
        return standard(403)
    if isinstance(error, RequestDataTooBig):
        return standard(413)
    # A value that PostgreSQL cannot hold, such as a number out of range, came from the caller.
    if isinstance(error, BadRequest | SuspiciousOperation | MultiPartParserError | UnreadablePostError | DataError):
        return standard(400)
    return unavailable() if _is_outage(error) else None


def _is_outage(error: BaseException) -> bool:
    """Whether a server behind this one is away, or the disk is full."""
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return True
    database = OperationalError | InterfaceError
    return isinstance(error, database | CacheConnectionError | CacheTimeout | BrokerError)


def as_json(value: object) -> bytes:
    """UTF-8 JSON; times, UUIDs, decimals and translated words become strings."""
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")).encode()


def problem_http_response(problem: Problem, request: HttpRequest) -> HttpResponse:
    """The problem as an answer of Django, outside DRF."""
    body = problem.body(instance=request.path, request_id=getattr(request, "request_id", ""))
    response = HttpResponse(as_json(body), status=problem.status, content_type=CONTENT_TYPE)
    for name, value in problem.headers.items():
        response.headers[name] = value
    return response


register_problem(BadInput, 400, "bad-parameter", _("A parameter cannot be read"))
register_problem(BadCursor, 400, "bad-cursor", _("The page marker is not valid"))
register_problem(RateLimited, 429, "too-many-requests", _("Too many requests"))
