"""Who decided what about which contribution and why, which works there are, and what hub reviewers think of them."""

from django.db import models
from django.db.models import Q

from hub.events import EFFORTS, REVIEW_REASONS, VERDICTS


class FrozenChecks(models.Model):
    """What was known when somebody decided: RFC 8785 JSON, addressed by the SHA-256 of those bytes (hex)."""

    digest = models.CharField(max_length=64, primary_key=True)
    body = models.BinaryField()


class Review(models.Model):
    """A verdict on one version of a contribution. `checks` is what was known then; the entry names it by its digest.

    The entry is `contribution.accepted`, `contribution.declined`, or `review.submitted` for a wish for changes.
    """

    contribution = models.ForeignKey("contributions.Contribution", on_delete=models.PROTECT, related_name="reviews")
    revision = models.ForeignKey("repositories.Revision", on_delete=models.PROTECT, related_name="+")
    reviewer = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="reviews")
    verdict = models.CharField(max_length=7, choices=[(verdict, verdict) for verdict in VERDICTS])
    reason = models.CharField(max_length=16, blank=True, choices=[(reason, reason) for reason in REVIEW_REASONS])
    comment = models.TextField(blank=True)
    checks = models.ForeignKey(FrozenChecks, on_delete=models.PROTECT, related_name="+")
    time = models.DateTimeField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["reviewer", "-time"], name="reviews_of_person"),
            models.Index(fields=["contribution", "time"], name="reviews_of_contribution"),
        ]


class Appeal(models.Model):
    """The author of a declined contribution asks somebody else to decide. Once per contribution."""

    contribution = models.OneToOneField("contributions.Contribution", on_delete=models.PROTECT, related_name="appeal")
    comment = models.TextField()
    time = models.DateTimeField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")


class Work(models.Model):
    """One accepted submission: an accepted contribution, or a published revision that its author submitted.

    `key` is the subject of its entries: `contrib:…` or `rev:…`.
    """

    key = models.CharField(max_length=80, primary_key=True)
    contribution = models.OneToOneField(
        "contributions.Contribution", on_delete=models.PROTECT, null=True, related_name="work"
    )
    revision = models.OneToOneField("repositories.Revision", on_delete=models.PROTECT, related_name="work")
    repository = models.ForeignKey("repositories.Repository", on_delete=models.PROTECT, related_name="works")
    submitted = models.DateTimeField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["submitted"], name="reviews_oldest_work")]


class Assessment(models.Model):
    """What one hub reviewer thinks of one work."""

    work = models.ForeignKey(Work, on_delete=models.PROTECT, related_name="assessments")
    reviewer = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="assessments")
    effort = models.IntegerField(choices=[(effort, str(effort)) for effort in EFFORTS])
    quality = models.IntegerField()
    comment = models.TextField()
    time = models.DateTimeField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["work", "reviewer"], name="reviews_assessed_once"),
            models.CheckConstraint(condition=Q(quality__gte=0, quality__lte=100), name="reviews_quality"),
        ]
