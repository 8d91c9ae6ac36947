"""The API's view of rewards: epochs, what accounts and works got, and the claim of a wallet. Read only, open to everybody."""

import re
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chain import distribution
from hub.errors import NotFound
from rewards import contract, proofs, reading
from rewards.models import Allocation, Epoch, Royalty
from rewards.serializers import (
    AllocationSerializer,
    ClaimSerializer,
    EpochSerializer,
    WorkRewardsSerializer,
)
from web.api import KeysetAPIPagination

NUMBER = OpenApiParameter("number", OpenApiTypes.INT64, OpenApiParameter.PATH, description="The epoch's number.")
# Royalties of one work that an answer names; the bundle holds all of them.
MOST = 1_000
_WALLET = re.compile(r"0x[0-9a-f]{40}")


@extend_schema_view(
    get=extend_schema(operation_id="epochs_list", summary="Epochs that had something to pay, newest first")
)
class Epochs(ListAPIView[Epoch]):
    permission_classes = [AllowAny]
    pagination_class = KeysetAPIPagination
    serializer_class = EpochSerializer
    queryset = Epoch.objects.select_related("policy")
    keyset_order = ("-number",)


class LatestEpoch(APIView):
    permission_classes = [AllowAny]

    @extend_schema(operation_id="epochs_latest", summary="The newest final epoch", responses=EpochSerializer)
    def get(self, request: Request) -> Response:
        """The epoch whose distribution pays claims now."""
        found = reading.newest_final()
        if found is None:
            raise NotFound(_("No distribution is final yet."))
        return Response(EpochSerializer(found).data)


class EpochDetail(APIView):
    permission_classes = [AllowAny]

    @extend_schema(operation_id="epochs_read", summary="One epoch", parameters=[NUMBER], responses=EpochSerializer)
    def get(self, request: Request, number: int) -> Response:
        return Response(EpochSerializer(reading.epoch(number)).data)


@extend_schema_view(
    get=extend_schema(operation_id="epochs_allocations", summary="What accounts were credited", parameters=[NUMBER])
)
class Allocations(ListAPIView[Allocation]):
    permission_classes = [AllowAny]
    pagination_class = KeysetAPIPagination
    serializer_class = AllocationSerializer
    queryset = Allocation.objects.none()
    keyset_order = ("pseudonym",)

    def get_queryset(self) -> QuerySet[Allocation]:
        return Allocation.objects.filter(epoch=reading.epoch(self.kwargs["number"]))


class WorkRewards(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="works_rewards",
        summary="What a work got, and what passed between it and other works",
        parameters=[
            OpenApiParameter("key", OpenApiTypes.STR, OpenApiParameter.PATH, description="The work's subject.")
        ],
        responses=WorkRewardsSerializer,
    )
    def get(self, request: Request, key: str) -> Response:
        """Epochs that were cancelled paid nothing and are left out. A work that got nothing has empty lists."""
        if "\x00" in key:
            raise NotFound(_("There is no such work."))
        royalties = Royalty.objects.filter(Q(child=key) | Q(parent=key)).exclude(epoch__state=Epoch.State.CANCELLED)
        answer: dict[str, Any] = {
            "rewards": reading.rewards_of_works([key]),
            "royalties": royalties.order_by("-epoch", "child", "parent")[:MOST],
        }
        return Response(WorkRewardsSerializer(answer).data)


class WalletClaim(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="claims_read", summary="What a wallet can claim, with its proof", responses=ClaimSerializer
    )
    def get(self, request: Request, wallet: str) -> Response:
        """From the newest final distribution. Anybody may send the claim; it pays the wallet alone."""
        found = proofs.newest_claim(wallet) if _WALLET.fullmatch(wallet.lower()) else None
        if found is None:
            raise NotFound(_("No final distribution holds anything for this wallet."))
        claimed = distribution.claimed(found.wallet)
        answer = {
            "distributor": contract.terms().distributor,
            "epoch": found.epoch,
            "wallet": found.wallet,
            "cumulative_wei": found.cumulative_wei,
            "claimed_wei": claimed,
            "claimable_wei": max(0, found.cumulative_wei - claimed),
            "proof": found.proof,
        }
        return Response(ClaimSerializer(answer).data)
