"""What was computed for whom, what stands on the chain, and who asked for what. All of it can be made again from the log,
the chain and the bundles; bindings, which people signed, are in the log's details."""

from typing import Any

from django.db import models
from django.db.models import Q


def wei(*, null: bool = False) -> Any:
    """A column for an amount in wei: a whole number of up to 39 digits."""
    return models.DecimalField(max_digits=39, decimal_places=0, null=null)


class Policy(models.Model):
    """The numbers of the rule from an epoch on, until a later row. `hash` is the SHA-256 (hex) of `body`, RFC 8785 JSON.

    One row for each `policy.set`. A row drops earlier ones that were to begin with it or later, so of those that begin at
    an epoch or before the last one is in force. The same numbers may come again.
    """

    hash = models.CharField(max_length=64)
    body = models.BinaryField()
    first_epoch = models.BigIntegerField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")


class Epoch(models.Model):
    """An epoch that had something to pay. Epochs without a row were empty and cost nothing.

    `cutoff` is the tree size whose entries count. Amounts and hashes are filled when it is computed; `problem` says in
    words what stops it, and is empty while nothing does.
    """

    class State(models.TextChoices):
        CLOSED = "closed"  # the cutoff is in the log
        COMPUTED = "computed"  # the bundle is written and rechecked
        PROPOSED = "proposed"  # on the chain, in its window
        CHALLENGED = "challenged"
        CANCELLED = "cancelled"
        FINALIZED = "finalized"  # claims are open

    number = models.BigIntegerField(primary_key=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.CLOSED)
    cutoff = models.BigIntegerField()
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="epochs")
    closed = models.DateTimeField()
    manifest = models.CharField(max_length=64, blank=True)
    root = models.CharField(max_length=64, blank=True)
    budget_wei = wei(null=True)
    allocated_wei = wei(null=True)
    credited_wei = wei(null=True)
    total_wei = wei(null=True)
    proposed = models.DateTimeField(null=True)
    ready = models.DateTimeField(null=True)
    finalized = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")


class WorkReward(models.Model):
    """What one work got in one epoch: its score, its part of the pool, and what stayed after royalties."""

    epoch = models.ForeignKey(Epoch, on_delete=models.CASCADE, related_name="works")
    work = models.CharField(max_length=80)
    sequence = models.BigIntegerField()
    kind = models.CharField(max_length=16)
    initial = models.BooleanField()
    score = models.BigIntegerField()
    gross_wei = wei()
    kept_wei = wei()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["epoch", "work"], name="rewards_work_once")]
        indexes = [models.Index(fields=["work"], name="rewards_of_work")]


class Royalty(models.Model):
    """What passed from a work to one of its parents in one epoch."""

    epoch = models.ForeignKey(Epoch, on_delete=models.CASCADE, related_name="royalties")
    child = models.CharField(max_length=80)
    parent = models.CharField(max_length=80)
    wei = wei()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["epoch", "child", "parent"], name="rewards_royalty_once")]


class Allocation(models.Model):
    """What one account was credited in one epoch. `pseudonym` is the account's in the log."""

    epoch = models.ForeignKey(Epoch, on_delete=models.CASCADE, related_name="allocations")
    pseudonym = models.CharField(max_length=32)
    wei = wei()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["epoch", "pseudonym"], name="rewards_allocated_once")]
        indexes = [models.Index(fields=["pseudonym"], name="rewards_of_account")]


class Leaf(models.Model):
    """What a wallet was ever credited up to an epoch: a leaf of that epoch's distribution."""

    epoch = models.ForeignKey(Epoch, on_delete=models.CASCADE, related_name="leaves")
    wallet = models.CharField(max_length=42)
    cumulative_wei = wei()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["epoch", "wallet"], name="rewards_leaf_once")]


class WalletBinding(models.Model):
    """A wallet that an account signed for, for good. `message` is the JSON text that stands in the entry's details."""

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="wallet_bindings")
    wallet = models.CharField(max_length=42)
    nonce = models.BigIntegerField()
    message = models.TextField()
    bound = models.DateTimeField()
    released = models.DateTimeField(null=True)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "nonce"], name="rewards_binding_nonce_once"),
            models.UniqueConstraint(fields=["account"], condition=Q(released__isnull=True), name="rewards_bound_once"),
            models.UniqueConstraint(fields=["wallet"], condition=Q(released__isnull=True), name="rewards_wallet_once"),
        ]


class DistributionLog(models.Model):
    """An event of the distributor as it stands on the chain now. Rows of blocks that a reorganisation dropped are removed."""

    block_number = models.BigIntegerField()
    block_hash = models.CharField(max_length=66)
    log_index = models.IntegerField()
    transaction = models.CharField(max_length=66)
    kind = models.CharField(max_length=24)
    epoch = models.BigIntegerField(null=True)
    wallet = models.CharField(max_length=42, blank=True)
    values = models.JSONField()
    time = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["block_number", "log_index"], name="rewards_log_once"),
        ]
        indexes = [
            models.Index(fields=["wallet", "block_number"], name="rewards_log_wallet"),
            models.Index(fields=["epoch", "block_number"], name="rewards_log_epoch"),
        ]


class Followed(models.Model):
    """How far the distributor's events have been read: one row per distributor."""

    distributor = models.CharField(max_length=42, primary_key=True)
    block_number = models.BigIntegerField()
    block_hash = models.CharField(max_length=66)


class Obstacle(models.Model):
    """What stops a step of the pipeline, in words, and since when. A step that goes through has no row."""

    step = models.CharField(max_length=20, primary_key=True)
    reason = models.TextField()
    since = models.DateTimeField()


class RelayedClaim(models.Model):
    """An account asked the hub to send its claim. The money goes to the wallet alone.

    `transaction_key` names the outbox's transaction that carries it, with others of its batch; empty until it is sent.
    `attempt` counts these transactions.
    """

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="relayed_claims")
    epoch = models.ForeignKey(Epoch, on_delete=models.PROTECT, related_name="relayed_claims")
    wallet = models.CharField(max_length=42)
    cumulative_wei = wei()
    asked = models.DateTimeField()
    attempt = models.IntegerField(default=1)
    transaction_key = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["epoch", "wallet"], name="rewards_relayed_once")]
