"""A problem as what the caller reads: problem+json under `/api/`, a page elsewhere."""

import logging

from django.http import HttpRequest, HttpResponse
from django.template.loader import select_template

from web.problems import Problem, problem_http_response

log = logging.getLogger(__name__)

API = "/api/"


def for_programs(request: HttpRequest) -> bool:
    return request.path.startswith(API)


def answer(request: HttpRequest, problem: Problem, template: str = "") -> HttpResponse:
    """The answer for a problem, with its headers; as a page by `template`, `<status>.html` or `error.html`."""
    if for_programs(request):
        return problem_http_response(problem, request)
    names = [name for name in (template, f"{problem.status}.html", "error.html") if name]
    response = _page(request, problem, names)
    for name, value in problem.headers.items():
        response.headers[name] = value
    return response


def _page(request: HttpRequest, problem: Problem, names: list[str]) -> HttpResponse:
    """The first template there is, with status, title, detail, errors (sentences), retry_after and request_id.

    In an outage a page may need the very part that is away. Then the page without its reader, then plain words.
    """
    context = {
        "status": problem.status,
        "title": problem.title,
        "detail": problem.detail,
        "errors": [error["detail"] for error in problem.extra.get("errors", [])],
        "retry_after": problem.extra.get("retry_after"),
        "request_id": getattr(request, "request_id", ""),
    }
    for reader in (request, None):
        try:
            return HttpResponse(select_template(names).render(context, reader), status=problem.status)
        except Exception:
            log.exception("the page for status %d cannot be drawn", problem.status)
    words = f"{problem.title}\n\n{problem.detail}\n\n{context['request_id']}\n"
    return HttpResponse(words, status=problem.status, content_type="text/plain; charset=utf-8")
