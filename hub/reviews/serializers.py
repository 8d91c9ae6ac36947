"""The JSON of reviews and works in the API. Requests refuse unknown names, as those of repositories do."""

from typing import Any

from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from hub import events
from hub.contributions import links
from hub.repositories.serializers import (
    AccountReferenceSerializer,
    Data,
    EntryReferenceSerializer,
    RequestSerializer,
    TextField,
)
from hub.reviews import access
from hub.reviews.assessing import BEST, LONGEST_COMMENT
from hub.reviews.models import Appeal, Assessment, Review, Work

_ID = r"^[0-9a-f]{64}$"


# --- requests ------------------------------------------------------------------------------------
class NewReviewSerializer(RequestSerializer):
    contribution = serializers.UUIDField()
    verdict = serializers.ChoiceField(events.VERDICTS)
    reason = serializers.ChoiceField(
        events.REVIEW_REASONS, required=False, help_text=gettext_lazy("Needed to ask for changes and to decline")
    )
    comment = TextField(
        default="", allow_blank=True, max_length=LONGEST_COMMENT, trim_whitespace=False,
        help_text=gettext_lazy("Why, in your own words; needed to ask for changes and to decline"),
    )  # fmt: skip
    expected_proposal = serializers.RegexField(
        _ID,
        max_length=64,
        help_text=gettext_lazy("The revision that you looked at. If there is a newer one, nothing is decided: 409"),
    )


class NewAppealSerializer(RequestSerializer):
    contribution = serializers.UUIDField()
    comment = TextField(max_length=LONGEST_COMMENT, trim_whitespace=False)


class NewWorkSerializer(RequestSerializer):
    revision = serializers.RegexField(
        _ID, max_length=64, help_text=gettext_lazy("A revision of yours that is published, 64 hex digits")
    )


class NewAssessmentSerializer(RequestSerializer):
    effort = serializers.ChoiceField(events.EFFORTS)
    quality = serializers.IntegerField(min_value=0, max_value=BEST)
    comment = TextField(
        max_length=LONGEST_COMMENT, trim_whitespace=False, help_text=gettext_lazy("Why, in your own words")
    )


# --- answers -------------------------------------------------------------------------------------
class ReviewSerializer(serializers.ModelSerializer[Review]):
    """A verdict. `checks` is the SHA-256 of what was known then; its bytes are at `checks_url`."""

    contribution = serializers.UUIDField(source="contribution_id")
    number = serializers.IntegerField(source="contribution.number")
    repository = serializers.UUIDField(source="contribution.repository_id")
    revision = serializers.CharField(source="revision_id")
    reviewer = AccountReferenceSerializer()
    verdict = serializers.ChoiceField(events.VERDICTS)
    reason = serializers.CharField(help_text=gettext_lazy("A reason code; empty for an acceptance"))
    checks = serializers.CharField(source="checks_id")
    checks_url = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()
    entry = EntryReferenceSerializer()

    class Meta:
        model = Review
        fields = (
            "id", "contribution", "number", "repository", "revision", "reviewer", "verdict", "reason", "comment", "time",
            "checks", "checks_url", "url", "entry",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.CharField())
    def get_checks_url(self, review: Review) -> str:
        return f"/api/v1/reviews/{review.pk}/checks"

    @extend_schema_field(serializers.CharField(help_text=gettext_lazy("The contribution's page")))
    def get_url(self, review: Review) -> str:
        return links.page(review.contribution)


class AppealSerializer(serializers.ModelSerializer[Appeal]):
    contribution = serializers.UUIDField(source="contribution_id")
    entry = EntryReferenceSerializer()

    class Meta:
        model = Appeal
        fields = ("contribution", "comment", "time", "entry")
        read_only_fields = fields


class AssessmentSerializer(serializers.ModelSerializer[Assessment]):
    """What one hub reviewer thinks of a work."""

    work = serializers.CharField(source="work_id")
    reviewer = AccountReferenceSerializer()
    effort = serializers.IntegerField()
    entry = EntryReferenceSerializer()

    class Meta:
        model = Assessment
        fields = ("work", "reviewer", "effort", "quality", "comment", "time", "entry")
        read_only_fields = fields


class WorkSerializer(serializers.ModelSerializer[Work]):
    """One accepted submission. `key` is the subject of its entries: an accepted contribution, or a submitted revision."""

    # A list gives the context `authors`, by key (`access.authors_of_each`).
    contribution = serializers.UUIDField(source="contribution_id", allow_null=True)
    revision = serializers.CharField(source="revision_id")
    repository = serializers.UUIDField(source="repository_id")
    kind = serializers.SerializerMethodField()
    authors = serializers.SerializerMethodField()
    assessments = serializers.IntegerField(source="spoken", help_text=gettext_lazy("By how many hub reviewers"))
    url = serializers.SerializerMethodField()
    entry = EntryReferenceSerializer()

    class Meta:
        model = Work
        fields = (
            "key", "kind", "contribution", "revision", "repository", "authors", "submitted", "assessments", "url", "entry",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(events.WORK_KINDS))
    def get_kind(self, work: Work) -> str:
        return work.contribution.kind if work.contribution is not None else work.revision.kind

    @extend_schema_field(AccountReferenceSerializer(many=True))
    def get_authors(self, work: Work) -> Any:
        given = self.context.get("authors")
        authors = access.authors_of_work(work) if given is None else given[work.pk]
        return AccountReferenceSerializer(authors.values(), many=True).data

    @extend_schema_field(serializers.CharField())
    def get_url(self, work: Work) -> str:
        return f"/reviews/assess/{work.pk}"


class WaitingSerializer(serializers.Serializer[Data]):
    """One thing that waits for you: a contribution for a verdict, or a work for an assessment."""

    contribution = serializers.UUIDField(allow_null=True)
    work = serializers.CharField(allow_null=True)
    repository = serializers.UUIDField()
    since = serializers.DateTimeField()
    stale = serializers.BooleanField(help_text=gettext_lazy("It has to be moved to the newest revision first"))
    appealed = serializers.BooleanField()
    connections = serializers.ListField(
        child=serializers.CharField(), help_text=gettext_lazy("What connects you with its authors, as sentences")
    )
    url = serializers.CharField()


class QueueSerializer(serializers.Serializer[Data]):
    """At most 30 of each: contributions the longest waiting first, works that nobody has assessed before the others and
    then the oldest first; `…_more` counts those behind them."""

    decide = WaitingSerializer(many=True)
    decide_more = serializers.IntegerField()
    assess = WaitingSerializer(many=True)
    assess_more = serializers.IntegerField()
    asked = serializers.ListField(
        child=serializers.UUIDField(), help_text=gettext_lazy("Contributions of yours that were sent back to you")
    )
