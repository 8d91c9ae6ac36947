"""The JSON forms of the API. Hashes are hex; times are UTC."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ledger.records import State


@extend_schema_field({"type": "string", "pattern": "^([0-9a-f]{2})*$"})
class HexField(serializers.Field[bytes, str, str, Any]):
    """Bytes as hex digits."""

    def to_representation(self, value: bytes) -> str:
        return bytes(value).hex()

    def to_internal_value(self, data: str) -> bytes:
        return bytes.fromhex(data)


class AnchorSerializer(serializers.Serializer[Any]):
    """A checkpoint in a transaction. `state` is sent, mined or final."""

    size = serializers.IntegerField()
    root_hash = HexField(source="root")
    previous_size = serializers.IntegerField()
    state = serializers.ChoiceField(["sent", "mined", "final"])
    chain_id = serializers.IntegerField()
    contract = serializers.CharField()
    transaction = serializers.CharField(source="transaction_hash")
    block_number = serializers.IntegerField(allow_null=True)
    block_hash = serializers.CharField()
    gas_used = serializers.IntegerField(allow_null=True)
    confirmations = serializers.IntegerField()
    needed = serializers.IntegerField()
    sent = serializers.DateTimeField()
    mined = serializers.DateTimeField(allow_null=True)
    final = serializers.DateTimeField(allow_null=True)


class CosignatureSerializer(serializers.Serializer[Any]):
    """A witness's word on a checkpoint, whose `line` stands in the note. `witness` is its verifier key string."""

    name = serializers.CharField()
    witness = serializers.CharField(source="key")
    time = serializers.DateTimeField()
    line = serializers.CharField()
    verifies = serializers.BooleanField()


class CheckpointSerializer(serializers.Serializer[Any]):
    """A signed head: `note` is the signed note, `operator_signature` its second signature as the contract takes it."""

    size = serializers.IntegerField()
    root_hash = HexField(source="root")
    note = serializers.CharField()
    operator_signature = HexField()
    published = serializers.DateTimeField()
    cosignatures = CosignatureSerializer(many=True)


class CheckpointDetailSerializer(CheckpointSerializer):
    """A checkpoint, and with `from` the proof that it extends that smaller one."""

    consistency = serializers.ListField(child=HexField(), required=False)


class StatusSerializer(serializers.Serializer[Any]):
    """How far an entry has come."""

    state = serializers.ChoiceField([state.value for state in State])
    confirmations = serializers.IntegerField()
    needed = serializers.IntegerField()
    checkpoint_size = serializers.IntegerField(allow_null=True)
    anchor = AnchorSerializer(allow_null=True)


class EntrySerializer(serializers.Serializer[Any]):
    """An entry. `body` is the leaf: SHA-256(0x00 || body) is `leaf_hash`. `details` are those that this reader may see."""

    index = serializers.IntegerField(source="leaf_index")
    type = serializers.CharField()
    subject = serializers.CharField()
    actor = serializers.CharField()
    time = serializers.DateTimeField()
    sentence = serializers.CharField()
    data = serializers.JSONField()  # type: ignore[assignment]  # DRF takes declared fields off the class
    details = serializers.JSONField()
    digests = serializers.DictField(child=HexField())
    leaf_hash = HexField()
    body = serializers.CharField()
    status = StatusSerializer()


class ProofSerializer(serializers.Serializer[Any]):
    """An inclusion proof: `hashes` lead from the entry's leaf to `root_hash`, the sibling of the leaf first."""

    index = serializers.IntegerField()
    size = serializers.IntegerField()
    leaf_hash = HexField()
    hashes = serializers.ListField(child=HexField())
    root_hash = HexField()
    checkpoint = serializers.CharField()
