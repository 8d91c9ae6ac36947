"""The outbox of transactions. Raw bytes are committed here before they are sent, so a crash loses nothing."""

from django.db import models
from django.db.models import Q


class ChainTransaction(models.Model):
    """Something the hub wants to happen on the chain, exactly once. `key` makes asking for it idempotent."""

    class State(models.TextChoices):
        QUEUED = "queued"  # wanted, no nonce yet
        SIGNED = "signed"  # raw bytes committed, perhaps sent
        MINED = "mined"  # in a block that is not deep enough yet
        FINAL = "final"  # deep enough
        FAILED = "failed"  # reverted, or superseded; `error` says why

    key = models.CharField(max_length=120, unique=True)
    chain_id = models.BigIntegerField()
    sender = models.CharField(max_length=42)
    to = models.CharField(max_length=42, blank=True)
    data = models.BinaryField()
    gas_limit = models.BigIntegerField()
    nonce = models.BigIntegerField(null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    error = models.TextField(blank=True)
    created = models.DateTimeField()
    block_number = models.BigIntegerField(null=True)
    block_hash = models.CharField(max_length=66, blank=True)
    mined_hash = models.CharField(max_length=66, blank=True)
    gas_used = models.BigIntegerField(null=True)
    confirmations = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["chain_id", "sender", "nonce"], condition=Q(nonce__isnull=False), name="chain_nonce_once"
            )
        ]
        indexes = [models.Index(fields=["state"], name="chain_open", condition=~Q(state__in=["final", "failed"]))]


class Attempt(models.Model):
    """One signed form of a transaction; a fee bump makes another under the same nonce."""

    transaction = models.ForeignKey(ChainTransaction, on_delete=models.PROTECT, related_name="attempts")
    raw = models.BinaryField()
    hash = models.CharField(max_length=66, unique=True)
    max_fee = models.DecimalField(max_digits=40, decimal_places=0)
    priority_fee = models.DecimalField(max_digits=40, decimal_places=0)
    signed = models.DateTimeField()
    sent = models.DateTimeField(null=True)


class ChainEvent(models.Model):
    """Something the chain follower noticed and shows on `/status`: lost blocks, replays, reorganisations, an empty account.

    `text` holds the facts as a JSON object; `chain.events` puts them into words of the reader's language.
    """

    time = models.DateTimeField()
    kind = models.CharField(max_length=40)
    text = models.TextField()
    ended = models.DateTimeField(null=True)


class ChainHead(models.Model):
    """The highest block seen on a chain. A chain that stands lower, or has another genesis, has lost blocks."""

    chain_id = models.BigIntegerField(primary_key=True)
    genesis = models.CharField(max_length=66)
    number = models.BigIntegerField()
    hash = models.CharField(max_length=66)
    seen = models.DateTimeField()
