"""Bytes: what is stored, who may use it, and uploads on their way."""

import uuid

from django.db import models

TAKEN_DOWN = models.Q(taken_down__isnull=False)


class Blob(models.Model):
    """A stored file, named by its SHA-256 in hex. The bytes lie in the blob store under the same name.

    `verified` is the last time the stored bytes were hashed and found equal; `damaged` the first time they were not. Since
    `taken_down` they may not be handed out; since `removed` they are gone from everywhere here. The row stays, so that
    they never come back.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.BigIntegerField()
    stored = models.DateTimeField()
    verified = models.DateTimeField(null=True)
    damaged = models.DateTimeField(null=True)
    taken_down = models.DateTimeField(null=True)
    takedown_reason = models.CharField(max_length=20, blank=True)
    takedown_entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, null=True, related_name="+")
    removed = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["taken_down", "sha256"], name="uploads_taken_down", condition=TAKEN_DOWN),
            models.Index(models.F("verified").asc(nulls_first=True), "sha256", name="uploads_oldest_verified"),
            models.Index(fields=["sha256"], name="uploads_damaged", condition=models.Q(damaged__isnull=False)),
        ]


class Holding(models.Model):
    """An account that once sent these bytes itself, and may therefore refer to them by digest."""

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="holdings")
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="holders")
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "blob"], name="uploads_holding_once")]


class Upload(models.Model):
    """A file being sent in parts."""

    class State(models.TextChoices):
        SENDING = "sending"
        CHECKING = "checking"  # all parts are here; the server hashes the whole, again where `error` says why
        STORED = "stored"
        FAILED = "failed"  # `error` says why; `bad_parts` names parts to send again

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="uploads")
    purpose = models.CharField(max_length=120)
    name = models.CharField(max_length=512)
    size = models.BigIntegerField()
    part_size = models.BigIntegerField()
    part_count = models.IntegerField()
    claimed_sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.SENDING)
    error = models.CharField(max_length=200, blank=True)
    bad_parts = models.JSONField(default=list)
    checked_bytes = models.BigIntegerField(default=0)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, null=True, related_name="+")
    created = models.DateTimeField()
    # The last moment somebody did something with it; it expires 7 days later.
    touched = models.DateTimeField()
    # The last sign of life of the worker that checks it.
    lease = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["account", "state"], name="uploads_open")]


class Part(models.Model):
    """One part that arrived whole and with the digest its sender named."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="parts")
    index = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "index"], name="uploads_part_once")]
