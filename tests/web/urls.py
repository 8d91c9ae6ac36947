"""Addresses for the tests of the plumbing: small views that stand for those of the rooms."""

import os
import threading
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, transaction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template import engines
from django.urls import include, path
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET
from rest_framework import generics, permissions, serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.web.receiver_site import memory
from web import limits
from web.api import KeysetAPIPagination, idempotent
from web.errors import BadCursor, BadInput
from web.problems import register_problem
from web.ranges import file_response


class Closed(Exception):
    """Stands for a room's error."""


class Wrong(Exception):
    """Stands for a room's error about one field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


register_problem(Closed, 410, "closed", "Closed")
register_problem(Wrong, 422, "invalid", "The request cannot be taken as it is")

# A request that waits says so, and goes on when it may.
running, go_on = threading.Event(), threading.Event()

ERRORS: dict[str, Exception] = {
    "closed": Closed("It was closed in May."),
    "absent": Http404("secret words"),
    "forbidden": PermissionDenied(),
    "cursor": BadCursor(),
    "input": BadInput("size", "A whole number."),
    "outage": OperationalError("host quokka refused"),
    "wrong": Wrong("card.license", "Not a licence we know."),
    "defect": RuntimeError("host quokka exploded"),
}


def fail(request: HttpRequest, name: str) -> HttpResponse:
    raise ERRORS[name]


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"<!doctype html><title>{get_language()}</title>")


def themed(request: HttpRequest) -> HttpResponse:
    template = engines["django"].from_string("theme={{ theme }} id={{ request_id }}{% slot 'test.slot' 'subject' %}")
    return HttpResponse(template.render({}, request))


@limits.limit("test", "2/h", methods=("GET",))
def limited(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in time")


@csrf_exempt
def upload(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(request.body)))


def file(request: HttpRequest) -> HttpResponseBase:
    found = Path(os.environ["TEST_FILE"])
    return file_response(
        request, found, size=found.stat().st_size, etag="sha256-abc", filename=request.GET.get("name", "f")
    )


def figures(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(memory()))


class Named(serializers.ModelSerializer[Group]):
    class Meta:
        model = Group
        fields = ("id", "name")


class Body(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=20)
    sizes = serializers.ListField(child=serializers.IntegerField(), required=False)


class Groups(generics.ListAPIView[Group]):
    """Lists groups; makes one, whatever its name, and then may fail."""

    authentication_classes = (SessionAuthentication,)
    permission_classes = (permissions.IsAuthenticatedOrReadOnly,)
    queryset = Group.objects.all()
    serializer_class = Named
    pagination_class = KeysetAPIPagination
    keyset_order = ("-name", "-id")

    @idempotent
    def post(self, request: Request) -> HttpResponseBase:
        body = Body(data=request.data)
        body.is_valid(raise_exception=True)
        with transaction.atomic():
            group = Group.objects.create(name=f"{body.validated_data['name']}-{Group.objects.count()}")
        match request.headers.get("X-Then"):
            case "raise":
                raise Closed("after the effect")
            case "refuse":
                return Response({"no": True}, status=409)
            case "stream":
                return StreamingHttpResponse([b"piece"])
            case "wait":
                running.set()
                assert go_on.wait(30)
        return Response({"id": group.pk, "name": group.name}, status=201, headers={"Location": f"/groups/{group.pk}"})


class Echo(APIView):
    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request) -> Response:
        return Response({"got": request.data})


urlpatterns = [
    path("", include("web.urls")),
    path("fail/<name>", fail),
    path("api/fail/<name>", fail),
    path("page", page),
    path("api/page", page),
    path("themed", themed),
    path("limited", limited),
    path("upload", upload),
    path("file", file),
    path("figures", figures),
    path("api/groups", Groups.as_view()),
    path("api/echo", Echo.as_view()),
]
handler400 = "web.views.bad_request"
handler403 = "web.views.forbidden"
handler404 = "web.views.not_found"
handler500 = "web.views.server_error"
