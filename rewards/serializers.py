"""The JSON forms of rewards. Amounts are wei as decimal strings, hashes hex, times UTC."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from rewards import contract
from rewards.models import Allocation, Epoch, Royalty, WorkReward
from rewards.proposing import uri


@extend_schema_field({"type": "string", "pattern": "^(0|[1-9][0-9]*)$", "nullable": True})
class WeiField(serializers.Field[Any, Any, Any, Any]):
    """A whole amount of the smallest unit as decimal digits."""

    def to_representation(self, value: Any) -> str:
        return str(int(value))


class EpochSerializer(serializers.ModelSerializer[Epoch]):
    """An epoch that had something to pay. `problem` says in words what it waits for, and is empty while it waits for nothing."""

    policy = serializers.CharField(source="policy.hash")
    budget_wei, allocated_wei, credited_wei, total_wei = WeiField(), WeiField(), WeiField(), WeiField()
    begins = serializers.SerializerMethodField()
    ends = serializers.SerializerMethodField()
    bundle = serializers.SerializerMethodField()

    class Meta:
        model = Epoch
        fields = [
            "number", "state", "begins", "ends", "cutoff", "policy", "closed", "manifest", "root", "budget_wei",
            "allocated_wei", "credited_wei", "total_wei", "proposed", "ready", "finalized", "problem", "bundle",
        ]  # fmt: skip

    @extend_schema_field({"type": "string", "format": "date-time"})
    def get_begins(self, row: Epoch) -> str:
        return contract.begins(contract.terms(), row.number).isoformat()

    @extend_schema_field({"type": "string", "format": "date-time"})
    def get_ends(self, row: Epoch) -> str:
        return contract.begins(contract.terms(), row.number + 1).isoformat()

    @extend_schema_field({"type": "string", "format": "uri", "nullable": True})
    def get_bundle(self, row: Epoch) -> str | None:
        """Where the bundle's manifest is, once it is computed."""
        return uri(row.number) if row.manifest else None


class AllocationSerializer(serializers.ModelSerializer[Allocation]):
    """What an account, by its pseudonym, was credited."""

    wei = WeiField()

    class Meta:
        model = Allocation
        fields = ["epoch", "pseudonym", "wei"]


class WorkRewardSerializer(serializers.ModelSerializer[WorkReward]):
    """What a work got in an epoch: its points, its part of the pool, and what stayed after royalties."""

    gross_wei, kept_wei = WeiField(), WeiField()

    class Meta:
        model = WorkReward
        fields = ["epoch", "work", "sequence", "kind", "initial", "score", "gross_wei", "kept_wei"]


class RoyaltySerializer(serializers.ModelSerializer[Royalty]):
    """What passed from a work to one of its parents."""

    wei = WeiField()

    class Meta:
        model = Royalty
        fields = ["epoch", "child", "parent", "wei"]


class WorkRewardsSerializer(serializers.Serializer[Any]):
    rewards = WorkRewardSerializer(many=True)
    royalties = RoyaltySerializer(many=True)


class ClaimSerializer(serializers.Serializer[Any]):
    """What the distributor's `claim` takes for a wallet."""

    distributor = serializers.CharField()
    epoch = serializers.IntegerField()
    wallet = serializers.CharField()
    cumulative_wei = WeiField()
    claimed_wei = WeiField()
    claimable_wei = WeiField()
    proof = serializers.ListField(child=serializers.CharField())
