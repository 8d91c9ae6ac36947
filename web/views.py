"""Django's error handlers, and the list of problem types that the API names."""

import sys

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from web.error_pages import answer
from web.problems import Kind, kinds, problem_for, standard


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, problem_for(exception) or standard(400))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, problem_for(exception) or standard(403))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, problem_for(exception) or standard(404))


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when the error says that a server behind this one is away."""
    error = sys.exc_info()[1]
    return answer(request, (problem_for(error) if error else None) or standard(500))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    words = _(
        "This form was open for too long, or came from another site. Go back, load the page again, and send it again."
    )
    return answer(request, standard(403, words), "csrf_failure.html")


def _described(kind: Kind) -> dict[str, object]:
    return {
        "type": f"/problems/{kind.slug}",
        "title": str(kind.title),
        "status": kind.status,
        "detail": str(kind.detail),
    }


@require_safe
def problem_types(request: HttpRequest) -> JsonResponse:
    """`GET /problems`: every `type` that a problem of this site can have."""
    return JsonResponse({"results": [_described(kind) for kind in kinds()]})


@require_safe
def problem_type(request: HttpRequest, slug: str) -> JsonResponse:
    """`GET /problems/<slug>`: what a problem's `type` points to."""
    for kind in kinds():
        if kind.slug == slug:
            return JsonResponse(_described(kind))
    raise Http404
