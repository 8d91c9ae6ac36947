"""The JSON of contributions in the API. Requests refuse unknown names, as those of repositories do."""

from typing import Any

from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from hub import events
from hub.contributions import links, selectors, shares
from hub.contributions.models import Comment, Contribution, Proposal
from hub.repositories import links as repository_links
from hub.repositories import metrics
from hub.repositories.models import Revision
from hub.repositories.serializers import (
    MOST_CHANGES,
    AccountReferenceSerializer,
    ChangeSerializer,
    Data,
    EntryReferenceSerializer,
    MetricSerializer,
    RequestSerializer,
    TextField,
    refuse_too_many,
)

_ID = r"^[0-9a-f]{64}$"


# --- requests ------------------------------------------------------------------------------------
class ShareSerializer(RequestSerializer):
    handle = TextField(max_length=39)
    bps = serializers.IntegerField(
        min_value=1, max_value=shares.WHOLE, help_text=gettext_lazy("Hundredths of a percent; all together 10,000")
    )


class _Changes(RequestSerializer):
    metrics: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=MetricSerializer(), required=False, allow_null=True, max_length=metrics.MOST
    )
    authors: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=ShareSerializer(),
        required=False,
        max_length=shares.MOST_AUTHORS,
        help_text=gettext_lazy("Everybody who shares in it, yourself among them; without it you alone"),
    )
    changes: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=ChangeSerializer(), required=False, max_length=MOST_CHANGES
    )

    def validate_changes(self, changes: list[Data]) -> list[Data]:
        return refuse_too_many(changes)


class NewContributionSerializer(_Changes):
    repository = serializers.UUIDField(help_text=gettext_lazy("The repository to improve"))
    title = TextField(help_text=gettext_lazy("What it changes, in a few words"))
    reason = TextField(default="", allow_blank=True, trim_whitespace=False, help_text=gettext_lazy("Why"))
    kind = serializers.ChoiceField(events.WORK_KINDS, help_text=gettext_lazy("What mainly changes"))
    expected_base = serializers.RegexField(
        _ID,
        required=False,
        max_length=64,
        help_text=gettext_lazy("The revision that you changed. If somebody was faster, nothing is proposed: 409"),
    )


class NewVersionSerializer(_Changes):
    """What is left out stays as it was; `changes` come after those of the version before."""

    title = TextField(required=False)
    reason = TextField(required=False, allow_blank=True, trim_whitespace=False)
    kind = serializers.ChoiceField(events.WORK_KINDS, required=False)
    expected_proposal = serializers.RegexField(
        _ID, required=False, max_length=64, help_text=gettext_lazy("The version that you looked at")
    )


class JoinSerializer(RequestSerializer):
    bps = serializers.IntegerField(
        min_value=1,
        max_value=shares.WHOLE,
        help_text=gettext_lazy("The share that you agree to, in hundredths of a percent"),
    )
    expected_proposal = serializers.RegexField(
        _ID, required=False, max_length=64, help_text=gettext_lazy("The version that you looked at")
    )


class RebaseSerializer(RequestSerializer):
    mine = serializers.ListField(
        child=TextField(trim_whitespace=False),
        required=False,
        max_length=MOST_CHANGES,
        help_text=gettext_lazy("Paths that both sides changed and that stay as they are proposed"),
    )
    theirs = serializers.ListField(
        child=TextField(trim_whitespace=False),
        required=False,
        max_length=MOST_CHANGES,
        help_text=gettext_lazy("Paths that both sides changed and that become as they are in the repository"),
    )
    expected_head = serializers.RegexField(
        _ID, required=False, max_length=64, help_text=gettext_lazy("The newest revision that you compared with")
    )
    expected_proposal = serializers.RegexField(
        _ID, required=False, max_length=64, help_text=gettext_lazy("The version that you looked at")
    )


class WithdrawalSerializer(RequestSerializer):
    reason = TextField(default="", allow_blank=True, trim_whitespace=False)


class NewCommentSerializer(RequestSerializer):
    text = TextField(trim_whitespace=False)


# --- answers -------------------------------------------------------------------------------------
class ProposedRevisionSerializer(serializers.ModelSerializer[Revision]):
    """A revision that is proposed, or was published since; `number` is null until then."""

    parent = serializers.CharField(source="parent_id", allow_null=True)  # type: ignore[assignment]  # DRF takes it off the class
    kind = serializers.ChoiceField(events.WORK_KINDS)
    author = AccountReferenceSerializer()
    metrics = MetricSerializer(many=True)
    files = serializers.IntegerField(source="file_count")
    bytes = serializers.IntegerField(source="byte_count")
    root_tree = serializers.CharField(source="root_tree_id")
    url = serializers.SerializerMethodField()

    class Meta:
        model = Revision
        fields: tuple[str, ...] = (
            "id", "commit", "number", "parent", "kind", "author", "licence", "metrics", "files", "bytes", "root_tree",
            "salted", "url",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.CharField())
    def get_url(self, revision: Revision) -> str:
        return repository_links.tree(revision.repository, revision.commit)


class VersionSerializer(serializers.ModelSerializer[Proposal]):
    """One version. What is decided is always exactly the newest one's revision."""

    revision = serializers.SerializerMethodField()
    base = serializers.CharField(source="base_id", allow_null=True)
    entry = EntryReferenceSerializer()

    class Meta:
        model = Proposal
        fields = ("version", "revision", "base", "rebased", "time", "entry")
        read_only_fields = fields

    @extend_schema_field(ProposedRevisionSerializer())
    def get_revision(self, proposal: Proposal) -> Any:
        proposal.revision.repository = self.context["repository"]
        return ProposedRevisionSerializer(proposal.revision).data


class AuthorSerializer(serializers.Serializer[Any]):
    account = AccountReferenceSerializer()
    bps = serializers.IntegerField()
    agreed = serializers.BooleanField(
        help_text=gettext_lazy("Whether the share is theirs; until they agree it stays with whoever proposed it")
    )


class ContributionSerializer(serializers.ModelSerializer[Contribution]):
    """A contribution with its newest version. `waiting` says since when it waits for a decision, null if it does not."""

    # A list gives the context `authors`, by id (`selectors.authors_of_each`).
    repository = serializers.UUIDField(source="repository_id")
    contributor = AccountReferenceSerializer()
    kind = serializers.ChoiceField(events.WORK_KINDS)
    state = serializers.ChoiceField(Contribution.State.values)
    authors = serializers.SerializerMethodField()
    proposal = serializers.SerializerMethodField()
    stale = serializers.SerializerMethodField()
    result = serializers.CharField(source="result_id", allow_null=True)
    url = serializers.SerializerMethodField()
    entry = EntryReferenceSerializer()

    class Meta:
        model = Contribution
        fields = (
            "id", "repository", "number", "title", "reason", "kind", "state", "contributor", "authors", "proposal",
            "stale", "result", "opened", "changed", "waiting", "decided", "appealed", "url", "entry",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(AuthorSerializer(many=True))
    def get_authors(self, contribution: Contribution) -> Any:
        given = self.context.get("authors")
        authors = selectors.authors_of(contribution) if given is None else given[contribution.pk]
        return AuthorSerializer(authors, many=True).data

    @extend_schema_field(VersionSerializer())
    def get_proposal(self, contribution: Contribution) -> Any:
        newest = selectors.newest_proposal(contribution)
        return VersionSerializer(newest, context={"repository": contribution.repository}).data

    @extend_schema_field(
        serializers.BooleanField(help_text=gettext_lazy("Whether it has to be moved to the newest revision first"))
    )
    def get_stale(self, contribution: Contribution) -> bool:
        return contribution.state in selectors.UNDECIDED and selectors.is_stale(contribution)

    @extend_schema_field(serializers.CharField())
    def get_url(self, contribution: Contribution) -> str:
        return links.page(contribution)


class CommentSerializer(serializers.ModelSerializer[Comment]):
    """Something said in the discussion. A deleted comment has no text any more."""

    author = AccountReferenceSerializer()

    class Meta:
        model = Comment
        fields = ("id", "author", "text", "time", "deleted")
        read_only_fields = fields
