"""`/api/v1/takedowns` and `/api/v1/redactions`: what moderators remove, and what was taken down, for everybody."""

from typing import TYPE_CHECKING, Any, cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.moderation import redacting, serializers
from hub.uploads import selectors, takedowns
from web.api import KeysetAPIPagination, idempotent

if TYPE_CHECKING:
    from hub.accounts.models import Account


class TakedownsView(APIView):
    permission_classes = [IsAuthenticatedOrReadOnly]
    keyset_order = ("-taken_down", "sha256")
    pagination_class = KeysetAPIPagination

    @extend_schema(operation_id="takedowns_list", responses=serializers.TakedownSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Files that were taken down, newest first. Nobody can store them here again."""
        pages = KeysetAPIPagination()
        rows = pages.paginate_queryset(selectors.takedowns(), request, self)
        return pages.get_paginated_response(serializers.TakedownSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="takedowns_create",
        request=serializers.NewTakedownSerializer,
        responses={201: serializers.TakedownSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Take a file down by its digest, in every repository and for good. For moderators."""
        wanted = _read(serializers.NewTakedownSerializer(data=request.data))
        blob = takedowns.take_down(
            account=_account(request),
            sha256=wanted["digest"],
            reason=wanted["reason"],
            words=wanted["words"],
            now=timezone.now(),
        )
        return Response(serializers.TakedownSerializer(blob).data, status=201)


class RedactionsView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="redactions_create",
        request=serializers.NewRedactionSerializer,
        responses={201: serializers.RedactionSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Erase one group of words beside an entry, for good. For moderators."""
        wanted = _read(serializers.NewRedactionSerializer(data=request.data))
        made = redacting.redact(
            account=_account(request),
            index=wanted["entry"],
            group=wanted["group"],
            reason=wanted["reason"],
            words=wanted["words"],
            now=timezone.now(),
        )
        said = {"digest": made.data["digest"], "reason": made.data["reason"], "entry": made}
        return Response(serializers.RedactionSerializer(said).data, status=201)


def _account(request: Request) -> "Account":
    return cast("Account", request.user)


def _read(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
