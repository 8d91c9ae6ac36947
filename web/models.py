"""Answers kept so that a repeated request gets the same one."""

from django.conf import settings
from django.db import models


class IdempotentRequest(models.Model):
    """A request an account marked with an `Idempotency-Key`.

    `fingerprint` is the SHA-256 of method, path and body. `status` is null until the request has had its effect; the
    answer is written in the same transaction as the effect. While it runs, the transaction holds the row's lock.
    """

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    created = models.DateTimeField(db_index=True)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="web_idempotency_key_once")]
