"""The JSON of repositories and revisions in the API. Requests refuse unknown names: a slip must not pass for a wish."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from hub import events, names
from hub.errors import Invalid
from hub.repositories import licences, links, metrics, resolving, services, tree, words
from hub.repositories.changes import Change
from hub.repositories.models import FileChange, LineageEdge, Repository, Revision
from hub.uploads import services as uploads

Data = dict[str, Any]
MOST_CHANGES = 10_000
# What the hub has to store itself, or look up one by one, while the request waits. Uploads come in any number.
MOST_OF = {"text": 100, "sha256": 2_000}
LONGEST_SUMMARY = 300
_SOURCES = ("upload", "sha256", "text", "remove")
_UNKNOWN_NAMED = 10


# --- requests ------------------------------------------------------------------------------------
class RequestSerializer(serializers.Serializer[Data]):
    """An object with its own fields and no others."""

    def to_internal_value(self, data: Any) -> Data:
        if isinstance(data, Mapping):
            unknown = [str(name) for name in data if name not in self.fields][:_UNKNOWN_NAMED]
            if unknown:
                told = [_("There is no field of this name.")]
                raise serializers.ValidationError({name[:80]: told for name in unknown}, code="unknown")
        found: Data = super().to_internal_value(data)
        return found


class TextField(serializers.CharField):
    """A string as it was sent; numbers are no strings."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        found: str = super().to_internal_value(data)
        return found


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "number"}]})
class DecimalField(serializers.Field[Any, Any, Any, Any]):
    """A decimal, as a string (every digit counts) or as a JSON number. Answers hold strings."""

    default_error_messages = {"invalid": gettext_lazy("Write a decimal number with a point, such as 0.979.")}

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, bool) or not isinstance(data, str | int | float) or len(str(data)) > 200:
            self.fail("invalid")
        return str(data)

    def to_representation(self, value: Any) -> str:
        return str(value)


class MetricSerializer(RequestSerializer):
    """One measurement. What is not known is left out."""

    name = TextField(max_length=200, help_text=gettext_lazy("Such as accuracy, roc_auc or wer"))
    value = DecimalField()
    better = serializers.ChoiceField(
        ["higher", "lower"],
        required=False,
        help_text=gettext_lazy("May be left out for metrics that the hub knows, such as accuracy"),
    )
    unit = TextField(max_length=200, required=False)
    method = TextField(max_length=200, required=False, help_text=gettext_lazy("How it was measured: 10-fold"))
    split = TextField(max_length=200, required=False, help_text=gettext_lazy("Which part of the data: test"))
    threshold = DecimalField(required=False)
    n = serializers.IntegerField(min_value=1, max_value=10**15 - 1, required=False, help_text=gettext_lazy("Samples"))
    positives = serializers.IntegerField(min_value=0, max_value=10**15 - 1, required=False)
    low = DecimalField(required=False)
    high = DecimalField(required=False)
    level = DecimalField(required=False, help_text=gettext_lazy("Confidence of the interval: 0.95"))
    on = TextField(max_length=68, required=False, help_text=gettext_lazy("The dataset's revision, 64 hex digits"))


class ChangeSerializer(RequestSerializer):
    """One act on one path: put bytes there (from an upload, by digest, or as text), or remove a file or folder."""

    path = TextField(trim_whitespace=False)
    upload = serializers.UUIDField(required=False, help_text=gettext_lazy("A stored upload of yours"))
    sha256 = serializers.RegexField(
        r"^[0-9a-f]{64}$", max_length=64, required=False, help_text=gettext_lazy("Bytes that you may read already")
    )
    text = TextField(required=False, allow_blank=True, trim_whitespace=False, help_text=gettext_lazy("Stored as UTF-8"))
    remove = serializers.BooleanField(required=False)

    def validate(self, attrs: Data) -> Data:
        given = [name for name in _SOURCES if name in attrs]
        if len(given) != 1 or attrs.get("remove") is False:
            raise serializers.ValidationError(_("Give one of upload, sha256, text and remove: true."))
        attrs["path"] = _clean_path(attrs["path"], removed="remove" in attrs)
        return attrs


def _clean_path(path: str, *, removed: bool) -> str:
    """The path in its one spelling; a folder that is removed may be written with a slash at its end."""
    try:
        found = tree.clean_path(path.rstrip("/") if removed else path)
        if not removed:
            uploads.refuse_file(found, 0)
    except tree.TreeRefused as error:
        raise serializers.ValidationError({"path": [words.tree_refusal(error)]}) from None
    except Invalid as error:
        raise serializers.ValidationError({"path": [str(error)]}) from None
    return found


def to_change(wanted: Data) -> Change:
    """The act that a valid `ChangeSerializer` describes."""
    text = wanted.get("text")
    return Change(
        wanted["path"],
        upload=wanted.get("upload"),
        sha256=wanted.get("sha256", ""),
        content=None if text is None else text.encode(),
    )


def refuse_too_many(changes: list[Data]) -> list[Data]:
    """Raises ValidationError for more of one source than the hub takes in one request."""
    for name, most in MOST_OF.items():
        if sum(name in change for change in changes) > most:
            told = _("At most %(most)d changes with %(name)s in one revision. Send the other files as uploads.")
            raise serializers.ValidationError(told % {"most": most, "name": name})
    return changes


class NewRevisionSerializer(RequestSerializer):
    message = TextField(
        default="",
        allow_blank=True,
        trim_whitespace=False,
        help_text=gettext_lazy("Why, in your own words; only documentation may leave it out"),
    )
    kind = serializers.ChoiceField(events.WORK_KINDS, help_text=gettext_lazy("What mainly changed"))
    metrics: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=MetricSerializer(),
        required=False,
        allow_null=True,
        max_length=metrics.MOST,
        help_text=gettext_lazy("Without it documentation keeps the metrics of its parent; other kinds have none"),
    )
    expected_parent = serializers.RegexField(
        r"^([0-9a-f]{64})?$",
        required=False,
        allow_null=True,
        allow_blank=True,
        max_length=64,
        help_text=gettext_lazy("The revision that you changed. If somebody was faster, nothing is published: 409"),
    )
    pins = serializers.ChoiceField(
        [pins for pins in resolving.PINS if pins],
        required=False,
        help_text=gettext_lazy(
            "Whether sources that the parent's card names as well keep their revision. Without it they do for documentation "
            "and evaluations and when only texts change; otherwise they are pinned to the newest"
        ),
    )
    changes: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=ChangeSerializer(), required=False, max_length=MOST_CHANGES
    )

    def validate(self, attrs: Data) -> Data:
        if not attrs["message"].strip() and attrs["kind"] != "documentation":
            raise serializers.ValidationError({"message": [_("Say why, in your own words.")]})
        return attrs

    def validate_changes(self, changes: list[Data]) -> list[Data]:
        return refuse_too_many(changes)


class NewRepositorySerializer(RequestSerializer):
    kind = serializers.ChoiceField(events.REPOSITORY_KINDS)
    name = TextField(max_length=200)
    visibility = serializers.ChoiceField(services.OFFERED, default=Repository.Visibility.PUBLIC)
    owner = TextField(
        max_length=200, required=False, help_text=gettext_lazy("Yourself, or an organisation for which you may create")
    )
    card = TextField(required=False, trim_whitespace=False, help_text=gettext_lazy("README.md as a whole"))
    licence = TextField(
        max_length=200,
        required=False,
        help_text=gettext_lazy("For a card that the hub writes: an SPDX id, or the name of a model licence"),
    )
    summary = TextField(
        max_length=LONGEST_SUMMARY,
        required=False,
        allow_blank=True,
        help_text=gettext_lazy("For a card that the hub writes: one sentence"),
    )
    message = TextField(default="", allow_blank=True, help_text=gettext_lazy("The message of the first revision"))

    def validate_licence(self, text: str) -> str:
        found = licences.find(text)
        if found is None:
            raise serializers.ValidationError(_("This licence is not known here. Name it by its SPDX id."))
        if found.id == licences.OTHER:
            told = _(
                "Other terms need their name and where they stand. Give a card with license_name and license_link."
            )
            raise serializers.ValidationError(told)
        return found.id

    def validate(self, attrs: Data) -> Data:
        if "card" not in attrs and "licence" not in attrs:
            raise serializers.ValidationError({"card": [_("Give the card, or a licence to begin one with.")]})
        both = [name for name in ("licence", "summary") if name in attrs and "card" in attrs]
        if both:
            told = [_("The card says this already; give either of them.")]
            raise serializers.ValidationError(dict.fromkeys(both, told))
        return attrs


class RepositoryChangeSerializer(RequestSerializer):
    """The fields that its owner may change; those left out stay."""

    name = TextField(max_length=200, required=False)
    visibility = serializers.ChoiceField(services.OFFERED, required=False)

    def validate(self, attrs: Data) -> Data:
        if not attrs:
            raise serializers.ValidationError(_("Give a name, a visibility, or both."))
        return attrs


# --- answers -------------------------------------------------------------------------------------
class AccountReferenceSerializer(serializers.Serializer[Any]):
    """A person or an organisation. `pseudonym` is what the log calls it."""

    handle = serializers.CharField(source="username")
    pseudonym = serializers.CharField()
    url = serializers.SerializerMethodField()

    @extend_schema_field(serializers.CharField())
    def get_url(self, account: Any) -> str:
        return names.person_url(account.username)


class EntryReferenceSerializer(serializers.Serializer[Any]):
    """Where it stands in the log. The index comes with the next sequencing, about a second later."""

    uid = serializers.UUIDField()
    leaf_index = serializers.IntegerField(allow_null=True)


class RevisionSerializer(serializers.ModelSerializer[Revision]):
    """A published state. `id` is the SHA-256 of the revision object, `commit` its first 40 digits."""

    repository = serializers.UUIDField(source="repository_id")
    number = serializers.IntegerField()
    parent = serializers.CharField(source="parent_id", allow_null=True)  # type: ignore[assignment]  # DRF takes it off the class
    kind = serializers.ChoiceField(events.WORK_KINDS)
    author = AccountReferenceSerializer()
    metrics = MetricSerializer(many=True)
    files = serializers.IntegerField(source="file_count")
    bytes = serializers.IntegerField(source="byte_count")
    root_tree = serializers.CharField(source="root_tree_id")
    salted = serializers.BooleanField(help_text=gettext_lazy("Whether the leaves of its tree are salted"))
    url = serializers.SerializerMethodField()
    entry = EntryReferenceSerializer()

    class Meta:
        model = Revision
        fields: tuple[str, ...] = (
            "id", "commit", "repository", "number", "parent", "kind", "message", "author", "published", "licence",
            "metrics", "files", "bytes", "root_tree", "salted", "url", "entry",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.CharField())
    def get_url(self, revision: Revision) -> str:
        return links.commit(revision)


class SourceSerializer(serializers.Serializer[LineageEdge]):
    """What the revision was made from: a pinned revision of this hub, or something outside by what the card says."""

    relation = serializers.CharField()
    revision = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()
    outside_url = serializers.SerializerMethodField()
    outside_sha256 = serializers.SerializerMethodField()

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_revision(self, edge: LineageEdge) -> str | None:
        return edge.outside_digest if _is_hidden(edge) else edge.source_id

    @extend_schema_field(serializers.CharField(help_text=gettext_lazy("Its page; empty if you may not see it")))
    def get_url(self, edge: LineageEdge) -> str:
        return links.commit(edge.source) if edge.source is not None else ""

    @extend_schema_field(serializers.CharField())
    def get_outside_url(self, edge: LineageEdge) -> str:
        return "" if _is_hidden(edge) else edge.outside_url

    @extend_schema_field(serializers.CharField(help_text=gettext_lazy("SHA-256 of `outside_url`, as the log has it")))
    def get_outside_sha256(self, edge: LineageEdge) -> str:
        return "" if _is_hidden(edge) else edge.outside_digest


def _is_hidden(edge: LineageEdge) -> bool:
    """Sources that the viewer may not see come from `selectors.sources_of` as rows that are not stored."""
    return edge.pk is None


class RevisionDetailSerializer(RevisionSerializer):
    """With its lineage, and the salt that its readers need to compute the leaves of a salted tree."""

    sources = serializers.SerializerMethodField()
    salt = serializers.SerializerMethodField()

    class Meta(RevisionSerializer.Meta):
        fields = (*RevisionSerializer.Meta.fields, "sources", "salt")
        read_only_fields = fields

    @extend_schema_field(SourceSerializer(many=True))
    def get_sources(self, revision: Revision) -> Any:
        return SourceSerializer(self.context["sources"], many=True).data

    @extend_schema_field(
        serializers.CharField(allow_null=True, help_text=gettext_lazy("Hex; a leaf is SHA-256(salt + file's SHA-256)"))
    )
    def get_salt(self, revision: Revision) -> str | None:
        return bytes(revision.salt).hex() if revision.salt is not None else None


class RepositorySerializer(serializers.ModelSerializer[Repository]):
    """A repository and its newest revision. Summary, licence and tags are those of its card."""

    kind = serializers.ChoiceField(events.REPOSITORY_KINDS)
    visibility = serializers.ChoiceField(events.VISIBILITIES)
    owner = AccountReferenceSerializer()
    tags = serializers.ListField(child=serializers.CharField())
    url = serializers.SerializerMethodField()
    entry = EntryReferenceSerializer()
    head = RevisionSerializer()

    class Meta:
        model = Repository
        fields: tuple[str, ...] = (
            "id", "kind", "owner", "name", "visibility", "summary", "licence", "tags", "created", "changed",
            "revision_count", "url", "entry", "head",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.CharField())
    def get_url(self, repository: Repository) -> str:
        return links.repository(repository)


class FileSerializer(serializers.Serializer[Data]):
    """A name in a folder. `digest` is what stands in the tree: a folder's object, or a file's leaf."""

    name = serializers.CharField()
    path = serializers.CharField()
    type = serializers.ChoiceField(["file", "tree"])
    size = serializers.IntegerField(help_text=gettext_lazy("Bytes; of a folder, all its files together"))
    digest = serializers.CharField()
    sha256 = serializers.CharField(allow_null=True, help_text=gettext_lazy("Of the file's bytes; null for folders"))
    url = serializers.CharField(help_text=gettext_lazy("The file's bytes, or the folder's page"))


class FilesPageSerializer(serializers.Serializer[Data]):
    results = FileSerializer(many=True)
    next = serializers.URLField(allow_null=True)


class FileChangeSerializer(serializers.ModelSerializer[FileChange]):
    """What a revision did to one path, against its parent. Digests are SHA-256 of the files' bytes."""

    sha256 = serializers.CharField(source="blob_id", allow_null=True)
    old_sha256 = serializers.CharField(source="old_blob_id", allow_null=True)

    class Meta:
        model = FileChange
        fields = ("path", "action", "size", "sha256", "old_size", "old_sha256")
        read_only_fields = fields
