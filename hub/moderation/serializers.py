"""The JSON of removals in the API."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from hub.repositories.serializers import EntryReferenceSerializer
from hub.uploads.models import Blob
from hub.uploads.takedowns import LONGEST_WORDS, REASONS

Data = dict[str, Any]


class _RemovalSerializer(serializers.Serializer[Data]):
    reason = serializers.ChoiceField(REASONS)
    words = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=LONGEST_WORDS,
        help_text=_("For everybody to read; beside the entry, and erasable"),
    )


class NewTakedownSerializer(_RemovalSerializer):
    digest = serializers.CharField(max_length=64, help_text=_("SHA-256 of the file, in lower-case hex"))


class NewRedactionSerializer(_RemovalSerializer):
    entry = serializers.IntegerField(min_value=0, max_value=2**53 - 1, help_text=_("The entry's number in the log"))
    group = serializers.CharField(max_length=64, help_text=_("The name of the group of words"))


class TakedownSerializer(serializers.ModelSerializer[Blob]):
    """A file that was taken down. `removed` is when its bytes were gone from everywhere here."""

    digest = serializers.CharField(source="sha256")
    reason = serializers.CharField(source="takedown_reason")
    entry = EntryReferenceSerializer(source="takedown_entry", allow_null=True)

    class Meta:
        model = Blob
        fields = ("digest", "reason", "taken_down", "removed", "entry")
        read_only_fields = fields


class RedactionSerializer(serializers.Serializer[Data]):
    """The entry that says so; the index comes with the next sequencing."""

    digest = serializers.CharField(help_text=_("The digest of the words, as it stands in their entry"))
    reason = serializers.ChoiceField(REASONS)
    entry = EntryReferenceSerializer()
