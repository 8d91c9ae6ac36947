"""The JSON of uploads in the API."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from hub.uploads import selectors, words
from hub.uploads.models import Part, Upload

MOST_FILES = 500
Data = dict[str, Any]


class FileSerializer(serializers.Serializer[Data]):
    """A file as its sender describes it. What names and sizes are allowed is a rule of the hub, not of the JSON."""

    name = serializers.CharField(
        max_length=2048, allow_blank=True, trim_whitespace=False, help_text=_("Path in the repository")
    )
    size = serializers.IntegerField(min_value=0, max_value=2**53 - 1, help_text=_("Bytes"))


class NewUploadSerializer(FileSerializer):
    purpose = serializers.CharField(max_length=120, help_text=_("What it is for; uploads can be listed by it"))
    sha256 = serializers.CharField(
        required=False, help_text=_("Digest of the whole, if known: bytes that you may read already are not sent again")
    )


class CompleteSerializer(serializers.Serializer[Data]):
    sha256 = serializers.CharField(max_length=64, help_text=_("SHA-256 of the whole file, in lower-case hex"))


class FilesSerializer(serializers.Serializer[Data]):
    files = serializers.ListField(child=FileSerializer(), max_length=MOST_FILES)


class RefusalsSerializer(serializers.Serializer[Data]):
    refusals = serializers.ListField(
        child=serializers.CharField(allow_blank=True), help_text=_("For each file why it would be refused, or empty")
    )
    familiar = serializers.ListField(
        child=serializers.BooleanField(),
        help_text=_(
            "For each file whether you hold one of the same size, so that hashing it first may save sending it"
        ),
    )


class PartSerializer(serializers.ModelSerializer[Part]):
    class Meta:
        model = Part
        fields = ("index", "sha256", "size")


class UploadSerializer(serializers.ModelSerializer[Upload]):
    """`mode` says where parts go: to this site (`server`)."""

    mode = serializers.SerializerMethodField()
    sha256 = serializers.CharField(source="blob_id", allow_null=True, read_only=True, help_text=_("Once it is stored"))
    error_text = serializers.SerializerMethodField(
        help_text=_("What went wrong, or while it is being checked, why that has to be tried again")
    )
    parts_here = serializers.IntegerField(read_only=True, help_text=_("Parts that have arrived"))
    bytes_here = serializers.IntegerField(read_only=True, help_text=_("Bytes that have arrived"))
    expires_at = serializers.SerializerMethodField()

    class Meta:
        model = Upload
        fields: tuple[str, ...] = (
            "id", "name", "size", "purpose", "state", "mode", "part_size", "part_count", "parts_here", "bytes_here",
            "checked_bytes", "sha256", "error", "error_text", "bad_parts", "created", "expires_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=["server"]))
    def get_mode(self, upload: Upload) -> str:
        return "server"

    @extend_schema_field(serializers.CharField())
    def get_error_text(self, upload: Upload) -> str:
        return words.failure(upload.error)

    @extend_schema_field(serializers.DateTimeField())
    def get_expires_at(self, upload: Upload) -> str:
        return selectors.expires(upload).isoformat().replace("+00:00", "Z")


class UploadDetailSerializer(UploadSerializer):
    """With the parts that are here; once all are, the list is empty and `parts_here` counts them."""

    parts = PartSerializer(many=True, read_only=True)

    class Meta(UploadSerializer.Meta):
        fields = (*UploadSerializer.Meta.fields, "parts")
        read_only_fields = fields
