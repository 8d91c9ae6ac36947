"""What every endpoint of the API shares: strict JSON in, RFC 9457 problems out, keyset pages with opaque cursors."""

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.pagination import BasePagination
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from web import http, pagination, strictjson
from web.errors import BadInput
from web.idempotency import idempotent
from web.problems import CONTENT_TYPE, Problem, field_error, problem_for, register_problem, standard

if TYPE_CHECKING:
    # At run time `rest_framework.views` reads its defaults from the settings, which name this module.
    from rest_framework.views import APIView

__all__ = [
    "BadInput",
    "KeysetAPIPagination",
    "Problem",
    "StrictJSONParser",
    "idempotent",
    "problem_response",
    "register_problem",
]

log = logging.getLogger(__name__)


class StrictJSONParser(BaseParser):
    """One JSON object in UTF-8: depth at most 64, finite numbers, no name twice, at most `BODY_CAP` bytes."""

    media_type = "application/json"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        charset = str((parser_context or {}).get("encoding") or "utf-8").lower()
        if charset not in {"utf-8", "utf8"}:
            raise standard(415)
        body = stream.read(settings.BODY_CAP + 1)
        if len(body) > settings.BODY_CAP:
            raise standard(413, limit=settings.BODY_CAP)
        try:
            value = strictjson.loads(body)
        except strictjson.NotStrictJSON as error:
            raise standard(
                400, _("The body is not JSON that this site takes: %(reason)s.") % {"reason": error}
            ) from None
        if not isinstance(value, dict):
            raise standard(400, _("The body must be one JSON object."))
        return value


# --- errors --------------------------------------------------------------------------------------


def problem_response(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler. None for defects of the program, which Django then answers with a 500 problem."""
    problem = problem_for(error) or _of_drf(error)
    if problem is None:
        return None
    if problem.status >= 500:
        log.error("answered %s", problem.type_slug, exc_info=error)
    request = context.get("request")
    body = (
        problem.body(instance=request.path, request_id=getattr(request, "request_id", ""))
        if request
        else problem.body()
    )
    return Response(body, status=problem.status, headers=problem.headers, content_type=CONTENT_TYPE)


def _of_drf(error: Exception) -> Problem | None:
    if isinstance(error, exceptions.ValidationError):
        return standard(422, errors=_field_errors(error.get_full_details(), ()))
    if isinstance(error, exceptions.Throttled):
        return standard(429, retry_after=max(1, int(getattr(error, "wait", None) or 1)))
    if isinstance(error, exceptions.APIException):
        detail = error.detail if isinstance(error.detail, str) else ""
        auth = getattr(error, "auth_header", "")
        return standard(error.status_code, detail, headers={"WWW-Authenticate": auth} if auth else None)
    return None


def _field_errors(details: Any, path: tuple[str, ...]) -> list[dict[str, str]]:
    """DRF's nested details as a flat list; `non_field_errors` belongs to the object itself."""
    if _is_leaf(details):
        return [field_error(".".join(path), details["message"], details["code"])]
    return [item for inner, each in _below(details, path) for item in _field_errors(each, inner)]


def _below(details: Any, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], Any]]:
    """The parts of one level: a field's messages stay at its path, fields and list items lie below it."""
    if isinstance(details, Mapping):
        return [(path if name == "non_field_errors" else (*path, str(name)), each) for name, each in details.items()]
    if all(_is_leaf(each) for each in details):
        return [(path, each) for each in details]
    return [((*path, str(index)), each) for index, each in enumerate(details) if each]


def _is_leaf(details: Any) -> bool:
    return isinstance(details, Mapping) and set(details) == {"message", "code"} and isinstance(details["code"], str)


# --- pages ---------------------------------------------------------------------------------------


class KeysetAPIPagination(BasePagination):
    """`{"results": […], "next": url|null, "previous": url|null}`; `cursor` and `size` in the address.

    The view says how rows are ordered: `keyset_order = ("-created", "-id")`; or a subclass sets `order`.
    """

    order: ClassVar[tuple[str, ...]] = ("-id",)
    size: ClassVar[int] = pagination.SIZE

    def paginate_queryset(
        self, queryset: "QuerySet[Any, Any] | Sequence[Any]", request: Request, view: "APIView | None" = None
    ) -> list[Any]:
        if not isinstance(queryset, QuerySet):
            raise TypeError("only database rows are paged")
        order: tuple[str, ...] = getattr(view, "keyset_order", self.order)
        size = http.integer(request.query_params, "size", self.size, least=1, most=pagination.MOST)
        cursor = http.text(request.query_params, "cursor", most=4096)
        self.request = request
        self.page = pagination.keyset(queryset, order=order, cursor=cursor, size=size)
        return self.page.items

    def get_paginated_response(self, data: Any) -> Response:
        links = {"next": self._link(self.page.next_cursor), "previous": self._link(self.page.previous_cursor)}
        header = ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links.items() if url)
        return Response({"results": data, **links}, headers={"Link": header} if header else None)

    def _link(self, cursor: str) -> str | None:
        if not cursor:
            return None
        here = remove_query_param(self.request.build_absolute_uri(), "cursor")
        return str(replace_query_param(here, "cursor", cursor))

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "nullable": True, "format": "uri"}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {"results": schema, "next": link, "previous": link},
        }

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        cursor = "Where the page begins; taken from `next` or `previous`."
        size = f"Rows on the page, 1 to {pagination.MOST}."
        return [
            {"name": "cursor", "required": False, "in": "query", "description": cursor, "schema": {"type": "string"}},
            {
                "name": "size",
                "required": False,
                "in": "query",
                "description": size,
                "schema": {"type": "integer", "minimum": 1, "maximum": pagination.MOST, "default": self.size},
            },
        ]
