"""Tables of the Merkle log. Only `ledger` writes them; other rooms use `ledger.services` and `ledger.selectors`."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.db.models import Q

# The subject, and the table, of what concerns the log as a whole.
LOG = "log"


class Log(models.Model):
    """The one log of this hub: who it is and where its sequenced head stands. A single row, id 1.

    Sequencing locks this row, so at most one sequencer moves the head at a time. `frontier` holds the hashes of the
    complete subtrees that cover the first `size` leaves, largest first and 32 bytes each: enough to append without
    reading the tree.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    origin = models.CharField(max_length=200)
    verifier_key = models.CharField(max_length=300)
    created = models.DateTimeField()
    size = models.BigIntegerField(default=0)
    root = models.BinaryField(max_length=32)
    frontier = models.BinaryField(max_length=64 * 32, default=bytes)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="ledger_one_log")]


class Entry(models.Model):
    """One event. Its bytes are frozen when it is recorded; sequencing only gives it a leaf index.

    `related` repeats subjects that the entry's data names (a revision's repository, say). It is derived from `body` and is
    not part of the leaf. Look-ups by subject go through `Mention`.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    leaf_index = models.BigIntegerField(null=True, unique=True)
    leaf_hash = models.BinaryField(max_length=32)
    body = models.BinaryField()
    type = models.CharField(max_length=64)
    subject = models.CharField(max_length=200)
    actor = models.CharField(max_length=64)
    time = models.DateTimeField()
    related = ArrayField(models.CharField(max_length=200), default=list)

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="ledger_pending", condition=Q(leaf_index__isnull=True)),
            models.Index(fields=["actor", "time"], name="ledger_actor"),
            models.Index(fields=["type", "leaf_index"], name="ledger_type"),
            HashIndex(fields=["leaf_hash"], name="ledger_leaf"),
        ]


class Mention(models.Model):
    """A subject under which an entry is found: its own, and each related one. Its index reads a subject's history in order.

    A table of its own and not an index over `related`, because sequencing rewrites the entry's row and would rewrite
    every index on it as well.
    """

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="mentions", db_index=False)
    subject = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "entry"], name="ledger_mention_once")]


class Details(models.Model):
    """The erasable part of an entry: one named group, whose salted SHA-256 stands in the entry.

    `salt` and `body` are null once the group is erased; `digest` stays.
    """

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="detail_groups")
    group = models.CharField(max_length=64)
    digest = models.BinaryField(max_length=32)
    salt = models.BinaryField(max_length=32, null=True)
    body = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "group"], name="ledger_group_once"),
            models.CheckConstraint(
                condition=Q(salt__isnull=True, body__isnull=True) | Q(salt__isnull=False, body__isnull=False),
                name="ledger_erased_whole",
            ),
        ]


class Checkpoint(models.Model):
    """A signed head of the log: `note` is the signed note with every signature line collected so far."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    operator_signature = models.BinaryField(max_length=65)
    published = models.DateTimeField()


class Cosignature(models.Model):
    """A witness's word on a checkpoint: the signature line as it stands in the note, and the time that it names."""

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="cosignatures")
    witness = models.CharField(max_length=400)
    time = models.DateTimeField()
    line = models.CharField(max_length=600)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["witness", "checkpoint"], name="ledger_cosigned_once")]


class Witness(models.Model):
    """What a witness answered last. `key` is its verifier key string; which witnesses are asked is a setting.

    `problem` is empty while all is well, else one of `Problem`; `failing_since` is when it was first not, `failures` how
    often in a row.
    """

    class Problem(models.TextChoices):
        """Why a witness did not cosign."""

        AWAY = "away"
        REFUSED = "refused"
        LARGER = "larger"
        ANOTHER = "another"
        INVALID = "invalid"
        CLOCK = "clock"

    key = models.CharField(primary_key=True, max_length=400)
    asked = models.DateTimeField()
    answered = models.DateTimeField(null=True)
    problem = models.CharField(max_length=10, blank=True, choices=Problem)
    detail = models.TextField(blank=True)
    failing_since = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)


class Anchor(models.Model):
    """A checkpoint sent to the chain. `transaction_key` names the row in the chain room's outbox.

    Block number, block hash and confirmations are copied from the chain when it is followed; `final` is set
    once the block is deep enough and cleared if a reorganisation takes it away.
    """

    checkpoint = models.OneToOneField(Checkpoint, on_delete=models.PROTECT, primary_key=True)
    transaction_key = models.CharField(max_length=120, unique=True)
    chain_id = models.BigIntegerField()
    contract = models.CharField(max_length=42)
    previous_size = models.BigIntegerField()
    transaction_hash = models.CharField(max_length=66, blank=True)
    block_number = models.BigIntegerField(null=True)
    block_hash = models.CharField(max_length=66, blank=True)
    gas_used = models.BigIntegerField(null=True)
    confirmations = models.IntegerField(default=0)
    sent = models.DateTimeField()
    mined = models.DateTimeField(null=True)
    final = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["checkpoint"], name="ledger_anchor_open", condition=Q(final__isnull=True)),
            models.Index(fields=["transaction_hash"], name="ledger_anchor_hash"),
        ]


class AuditRun(models.Model):
    """One comparison of database, log and chain.

    `upto` is the tree size whose entries were compared by this run and those before it. `mismatches` counts what was
    open when the run ended. `chain_checked` is false when the chain did not answer.
    """

    started = models.DateTimeField()
    finished = models.DateTimeField(null=True)
    full = models.BooleanField()
    upto = models.BigIntegerField(default=0)
    entries = models.BigIntegerField(default=0)
    mismatches = models.IntegerField(default=0)
    chain_checked = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["-id"], name="ledger_audit_done", condition=Q(finished__isnull=False))]


class Mismatch(models.Model):
    """A column that differs from what the log says. Open until a later audit finds it equal again."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, null=True, related_name="mismatches")
    subject = models.CharField(max_length=200)
    table = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    column = models.CharField(max_length=80)
    expected = models.TextField()
    found = models.TextField()
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    resolved = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["table", "key", "column"], condition=Q(resolved__isnull=True), name="ledger_mismatch_once"
            )
        ]
        indexes = [models.Index(fields=["subject"], name="ledger_mismatch_subject", condition=Q(resolved__isnull=True))]
