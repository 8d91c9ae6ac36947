"""`/api/v1/uploads`: sending files in parts. One part's bytes go to the receiver (`receiver_routes`), all else comes here."""

import uuid
from typing import TYPE_CHECKING, Any, cast

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.uploads import selectors, serializers, services
from hub.uploads.errors import PartsMissing
from hub.uploads.models import Part, Upload
from web import http
from web.api import KeysetAPIPagination, Problem, idempotent
from web.errors import BadInput
from web.problems import standard

if TYPE_CHECKING:
    from hub.accounts.models import Account

MOST_IDS = 100
MOST_NAMED = 100
PURPOSE = OpenApiParameter("purpose", str, description="Only uploads for this purpose")
IDS = OpenApiParameter("id", OpenApiTypes.UUID, many=True, description=f"Only these uploads, at most {MOST_IDS}")
KEY = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
INDEX = OpenApiParameter("index", int, OpenApiParameter.PATH)
DIGEST = OpenApiParameter(
    "X-Part-Sha256", str, OpenApiParameter.HEADER, required=True, description="SHA-256 of this part, in lower-case hex"
)


def _account(request: Request) -> "Account":
    return cast("Account", request.user)


def _detail(account: "Account", upload_id: uuid.UUID, status: int = 200) -> Response:
    """The upload as it is now. Its parts are listed as long as some may be missing."""
    found = selectors.with_progress(selectors.uploads_of(account, ids=[upload_id]))
    parts = Part.objects.filter(upload__state__in=[Upload.State.SENDING, Upload.State.FAILED]).order_by("index")
    upload = found.prefetch_related(Prefetch("parts", parts)).first() or selectors.upload_of(account, upload_id)
    return Response(serializers.UploadDetailSerializer(upload).data, status=status)


class UploadsView(APIView):
    permission_classes = [IsAuthenticated]
    keyset_order = ("created", "id")
    pagination_class = KeysetAPIPagination

    @extend_schema(
        operation_id="uploads_list", parameters=[PURPOSE, IDS], responses=serializers.UploadSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """Your uploads of the last 7 days, oldest first: on their way, being checked, stored and waiting to be published."""
        found = selectors.uploads_of(
            _account(request), purpose=http.text(request.query_params, "purpose", most=120), ids=_ids(request)
        )
        pages = KeysetAPIPagination()
        rows = pages.paginate_queryset(selectors.with_progress(found), request, self)
        return pages.get_paginated_response(serializers.UploadSerializer(rows, many=True).data)

    @extend_schema(request=serializers.NewUploadSerializer, responses={201: serializers.UploadDetailSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Announce a file. Its name, type and size and your quota are checked now, before any byte is sent."""
        wanted = _read(serializers.NewUploadSerializer(data=request.data))
        account = _account(request)
        upload = services.start_upload(
            account, wanted["name"], wanted["size"], wanted["purpose"], timezone.now(), sha256=wanted.get("sha256")
        )
        response = _detail(account, upload.pk, 201)
        response["Location"] = f"/api/v1/uploads/{upload.pk}"
        return response


class RefusalsView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(request=serializers.FilesSerializer, responses=serializers.RefusalsSerializer)
    def post(self, request: Request) -> Response:
        """Which of these files would be refused, and why. Nothing is announced by asking."""
        files = _read(serializers.FilesSerializer(data=request.data))["files"]
        pairs, account = [(file["name"], file["size"]) for file in files], _account(request)
        sizes = selectors.familiar_sizes(account, [size for _name, size in pairs])
        return Response(
            {"refusals": services.refusals(account, pairs), "familiar": [size in sizes for _name, size in pairs]}
        )


class UploadView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(parameters=[KEY], responses=serializers.UploadDetailSerializer)
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """One upload with the parts that have arrived."""
        return _detail(_account(request), id)

    @extend_schema(parameters=[KEY], responses={204: None})
    def delete(self, request: Request, id: uuid.UUID) -> Response:
        """Remove an upload and what has arrived of it. What was published with it stays."""
        services.remove_upload(selectors.upload_of(_account(request), id))
        return Response(status=204)


class CompleteView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        parameters=[KEY], request=serializers.CompleteSerializer, responses={202: serializers.UploadDetailSerializer}
    )
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """All parts are sent. The hub now hashes the stored bytes; the upload becomes `stored` or `failed`."""
        digest = _read(serializers.CompleteSerializer(data=request.data))["sha256"]
        account = _account(request)
        try:
            services.complete_upload(selectors.upload_of(account, id), digest, timezone.now())
        except PartsMissing as error:
            title = _("Parts are missing")
            raise Problem(409, "parts-missing", title, str(error), missing=error.missing[:MOST_NAMED]) from None
        return _detail(account, id, 202)


class PartView(APIView):
    """Describes the receiver's route. A request that comes this far came past a server without the receiver."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        parameters=[KEY, INDEX, DIGEST],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=serializers.PartSerializer,
    )
    def put(self, request: Request, id: uuid.UUID, index: int) -> Response:
        """One part's bytes, from index 0. Every part has `part_size` bytes, the last one what is left. May be repeated."""
        # The receiver leaves alone what can be no part at all, such as a number beyond any file's.
        services.announced_length(selectors.upload_of(_account(request), id), index)
        raise standard(503)


def _read(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _ids(request: Request) -> list[uuid.UUID]:
    raw = request.query_params.getlist("id")
    if len(raw) > MOST_IDS:
        raise BadInput("id", _("At most %(most)d ids.") % {"most": MOST_IDS})
    try:
        return [uuid.UUID(text) for text in raw]
    except ValueError:
        raise BadInput("id", _("Each id is a UUID.")) from None
