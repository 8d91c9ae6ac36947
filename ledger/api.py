"""The API's view of the log: entries with their proofs, checkpoints, anchors. Read only, open to everybody."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger import describing, progress, proofs, selectors, witnesses
from ledger.errors import NotFound
from ledger.models import Anchor, Checkpoint, Entry
from ledger.records import CheckpointView, EntryView
from ledger.serializers import (
    AnchorSerializer,
    CheckpointDetailSerializer,
    CheckpointSerializer,
    EntrySerializer,
    ProofSerializer,
)
from web import http
from web.api import KeysetAPIPagination


def _query(name: str, words: str, kind: Any = OpenApiTypes.STR) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=words)


INDEX = OpenApiParameter("index", OpenApiTypes.INT64, OpenApiParameter.PATH, description="The entry's leaf index.")
SIZE = OpenApiParameter("size", OpenApiTypes.INT64, OpenApiParameter.PATH, description="The checkpoint's tree size.")


class _List(ListAPIView[Any]):
    """A keyset page of rows, each turned into a view before it is serialised."""

    permission_classes = [AllowAny]
    pagination_class = KeysetAPIPagination

    def paginate_queryset(self, queryset: Any) -> list[Any] | None:
        rows = super().paginate_queryset(queryset)
        return None if rows is None else list(self.to_views(list(rows)))

    def to_views(self, rows: Sequence[Any]) -> Sequence[Any]:
        raise NotImplementedError


@extend_schema_view(
    get=extend_schema(
        operation_id="entries_list",
        summary="Entries, newest first",
        parameters=[
            _query("type", "Only entries of this type."),
            _query("actor", "Only entries by this actor."),
            _query("subject", "Only entries about this subject or related to it."),
        ],
    )
)
class Entries(_List):
    serializer_class = EntrySerializer
    queryset = Entry.objects.none()
    keyset_order: tuple[str, ...] = ("-leaf_index",)

    def get_queryset(self) -> QuerySet[Entry]:
        asked = {name: http.text(self.request.query_params, name) for name in ("type", "actor", "subject")}
        found, self.keyset_order = selectors.sequenced(**asked)
        return found

    def to_views(self, rows: Sequence[Entry]) -> list[dict[str, Any]]:
        return _entries([selectors.to_view(row) for row in rows], self.request)


class EntryDetail(APIView):
    permission_classes = [AllowAny]

    @extend_schema(operation_id="entries_read", summary="One entry", parameters=[INDEX], responses=EntrySerializer)
    def get(self, request: Request, index: int) -> Response:
        [found] = _entries([selectors.entry_by_index(index)], request)
        return Response(EntrySerializer(found).data)


class EntryProof(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="entries_proof",
        summary="The proof that an entry is in the log",
        parameters=[
            INDEX,
            _query("size", "The tree size to prove it in; the newest checkpoint's without it.", OpenApiTypes.INT64),
        ],
        responses=ProofSerializer,
    )
    def get(self, request: Request, index: int) -> Response:
        entry, last = selectors.entry_by_index(index), progress.latest_checkpoint()
        if last is None:
            raise NotFound("The log has not published a checkpoint yet.")
        checkpoint = progress.checkpoint_at(http.integer(request.query_params, "size", last.size, least=1))
        proof = {
            "index": index,
            "size": checkpoint.size,
            "leaf_hash": entry.leaf_hash,
            "hashes": proofs.inclusion_proof(index, checkpoint.size),
            "root_hash": checkpoint.root,
            "checkpoint": checkpoint.note,
        }
        return Response(ProofSerializer(proof).data)


@extend_schema_view(get=extend_schema(operation_id="checkpoints_list", summary="Checkpoints, largest first"))
class Checkpoints(_List):
    serializer_class = CheckpointSerializer
    queryset = Checkpoint.objects.all()
    keyset_order = ("-size",)

    def to_views(self, rows: Sequence[Checkpoint]) -> Sequence[Any]:
        return _checkpoints([progress.checkpoint_view(row) for row in rows])


class CheckpointDetail(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="checkpoints_read",
        summary="One checkpoint",
        parameters=[SIZE, _query("from", "A smaller size: adds the consistency proof from there.", OpenApiTypes.INT64)],
        responses=CheckpointDetailSerializer,
    )
    def get(self, request: Request, size: int) -> Response:
        found = progress.checkpoint_at(size)
        answer = dict(CheckpointSerializer(_checkpoints([found])[0]).data)
        start = http.integer(request.query_params, "from", -1, most=size)
        if start >= 0:
            answer["consistency"] = [value.hex() for value in proofs.consistency_proof(start, found.size)]
        return Response(answer)


@extend_schema_view(get=extend_schema(operation_id="anchors_list", summary="Anchors, largest tree first"))
class Anchors(_List):
    serializer_class = AnchorSerializer
    queryset = Anchor.objects.select_related("checkpoint")
    keyset_order = ("-checkpoint_id",)

    def to_views(self, rows: Sequence[Anchor]) -> Sequence[Any]:
        return progress.anchor_views(rows)


def _checkpoints(views: Sequence[CheckpointView]) -> list[dict[str, Any]]:
    """What the API says of checkpoints, with their cosignatures."""
    cosignatures = witnesses.cosignatures(views)
    return [
        {
            "size": view.size,
            "root": view.root,
            "note": view.note,
            "operator_signature": view.operator_signature,
            "published": view.published,
            "cosignatures": cosignatures[view.size],
        }
        for view in views
    ]


def _entries(views: Sequence[EntryView], request: Request) -> list[dict[str, Any]]:
    """What the API says of entries: the record, its sentence, its status, and the details this reader may see."""
    shown, sentences = describing.disclose(views, request.user), describing.describe(views, request.user)
    statuses = progress.statuses(views)
    return [
        {
            "leaf_index": view.leaf_index,
            "type": view.type,
            "subject": view.subject,
            "actor": view.actor,
            "time": view.time,
            "sentence": sentence.text,
            "data": view.data,
            "details": view.details,
            "digests": view.digests,
            "leaf_hash": view.leaf_hash,
            "body": view.body.decode(errors="replace"),
            "status": statuses[view.uid],
        }
        for view, sentence in zip(shown, sentences, strict=True)
    ]
