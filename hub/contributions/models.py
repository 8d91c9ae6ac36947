"""What somebody proposes for a repository, in which versions, and what was said about it."""

import uuid

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from hub.events import WORK_KINDS


class Contribution(models.Model):
    """A proposal for a repository, numbered there from 1. `proposal` is its newest version.

    It is open while somebody has to decide; after `asked` its author has to act, and all that can be decided is to decline
    it; the other states are ends, except that a declined one may be appealed once (`appealed`), which opens it again for
    somebody else.
    """

    class State(models.TextChoices):
        OPEN = "open"
        ASKED = "asked"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        WITHDRAWN = "withdrawn"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    repository = models.ForeignKey("repositories.Repository", on_delete=models.PROTECT, related_name="contributions")
    number = models.IntegerField()
    contributor = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="contributions")
    title = models.CharField(max_length=300)
    reason = models.TextField(blank=True)
    kind = models.CharField(max_length=16, choices=[(kind, kind) for kind in WORK_KINDS])
    # As its newest entry has them: a list of {"account": "acct:…", "bps": …}, together 10,000 bps.
    authors = models.JSONField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    # Null only inside the transaction that opens it.
    proposal = models.OneToOneField("Proposal", on_delete=models.PROTECT, null=True, related_name="+")
    result = models.OneToOneField("repositories.Revision", on_delete=models.PROTECT, null=True, related_name="+")
    opened = models.DateTimeField()
    changed = models.DateTimeField()
    # Since when it waits for a decision; null while it does not.
    waiting = models.DateTimeField(null=True)
    decided = models.DateTimeField(null=True)
    appealed = models.DateTimeField(null=True)
    # When the files of what was not accepted went, some time after the end.
    released = models.DateTimeField(null=True)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["repository", "number"], name="contributions_number_once"),
            models.CheckConstraint(
                condition=Q(state="accepted", result__isnull=False) | ~Q(state="accepted") & Q(result__isnull=True),
                name="contributions_accepted_with_result",
            ),
        ]
        indexes = [
            models.Index(fields=["repository", "state", "-number"], name="contributions_listed"),
            models.Index(fields=["contributor", "-opened"], name="contributions_of_person"),
            GinIndex(fields=["authors"], name="contributions_authors", opclasses=["jsonb_path_ops"]),
            models.Index(fields=["waiting"], name="contributions_waiting", condition=Q(waiting__isnull=False)),
        ]


class Proposal(models.Model):
    """One version of what is proposed: a revision that nobody has published yet, against a published base.

    Each comes with the one entry that proposed it, so what is decided is always one exact revision.
    """

    contribution = models.ForeignKey(Contribution, on_delete=models.PROTECT, related_name="proposals")
    version = models.IntegerField()
    revision = models.OneToOneField("repositories.Revision", on_delete=models.PROTECT, related_name="proposal")
    base = models.ForeignKey("repositories.Revision", on_delete=models.PROTECT, null=True, related_name="+")
    # Set when it is the version before, moved to another head by path, and not new work.
    rebased = models.BooleanField(default=False)
    time = models.DateTimeField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contribution", "version"], name="contributions_version_once")]


class Consent(models.Model):
    """A co-author agreed to a share that a version named for them. It counts while the newest version names the same.

    It stays when the share changes or goes: whoever agreed once had a part in the contribution.
    """

    contribution = models.ForeignKey(Contribution, on_delete=models.PROTECT, related_name="consents")
    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="consents")
    revision = models.ForeignKey("repositories.Revision", on_delete=models.PROTECT, related_name="+")
    bps = models.IntegerField()
    time = models.DateTimeField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contribution", "account", "bps"], name="contributions_agreed_once"),
        ]


class Comment(models.Model):
    """Something said in the discussion. Not in the log; its author may delete it, and its place stays."""

    contribution = models.ForeignKey(Contribution, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    time = models.DateTimeField()
    deleted = models.DateTimeField(null=True)
