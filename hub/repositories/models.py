"""Repositories, their trees, revisions and lineage."""

import secrets
import uuid

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower


def new_salt() -> bytes:
    return secrets.token_bytes(32)


class Repository(models.Model):
    """`salt` goes into the leaves of revisions published while it is not public; a published salt is replaced by a new one."""

    class Kind(models.TextChoices):
        MODEL = "model"
        DATASET = "dataset"

    class Visibility(models.TextChoices):
        PUBLIC = "public"
        GATED = "gated"
        PRIVATE = "private"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    owner = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="repositories")
    name = models.CharField(max_length=96)
    visibility = models.CharField(max_length=8, choices=Visibility.choices, default=Visibility.PUBLIC)
    salt = models.BinaryField(max_length=32, default=new_salt)
    created = models.DateTimeField()
    changed = models.DateTimeField()
    withdrawn = models.DateTimeField(null=True)
    head = models.ForeignKey("Revision", on_delete=models.PROTECT, null=True, related_name="+")
    revision_count = models.IntegerField(default=0)
    # Copied from the head revision's card, for lists and search.
    summary = models.CharField(max_length=300, blank=True)
    licence = models.CharField(max_length=80, blank=True)
    tags = models.JSONField(default=list)
    search_text = models.TextField(blank=True)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint("kind", "owner", Lower("name"), name="repositories_name_once")]
        indexes = [
            models.Index(fields=["kind", "-changed", "id"], name="repositories_recent"),
            GinIndex(fields=["search_text"], name="repositories_search", opclasses=["gin_trgm_ops"]),
            GinIndex(fields=["tags"], name="repositories_tags"),
        ]


class Maintainer(models.Model):
    """Somebody besides the owner who may publish and merge."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="maintainers")
    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="maintains")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "account"], name="repositories_maintainer_once")]


class Tree(models.Model):
    """One directory: RFC 8785 JSON of its members, addressed by the SHA-256 of those bytes (hex)."""

    digest = models.CharField(max_length=64, primary_key=True)
    body = models.BinaryField()


class PublishedRevisions(models.Manager["Revision"]):
    """Revisions that have been published. What is only proposed is asked for by name, so that no list shows it."""

    def get_queryset(self) -> models.QuerySet["Revision"]:
        return super().get_queryset().filter(number__isnull=False)


class Revision(models.Model):
    """A state of a repository. `id` is the SHA-256 (hex) of `body`, the revision object's RFC 8785 bytes.

    It is published once it has a number; until then it is the proposal of a contribution, which accepting publishes
    without changing a byte of it. `objects` gives published ones, `all_states` both. `entry` is the entry that
    published it, or before that the one that proposed it; `published` likewise. `salt` is what its leaves were salted
    with; null when they are not. The repository's own salt may be newer.
    """

    id = models.CharField(max_length=64, primary_key=True)
    repository = models.ForeignKey(Repository, on_delete=models.PROTECT, related_name="revisions")
    number = models.IntegerField(null=True)
    body = models.BinaryField()
    root_tree = models.ForeignKey(Tree, on_delete=models.PROTECT, related_name="+")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    kind = models.CharField(max_length=16)
    author = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="revisions")
    message = models.TextField(blank=True)
    licence = models.CharField(max_length=80, blank=True)
    metrics = models.JSONField(default=list)
    file_count = models.IntegerField()
    byte_count = models.BigIntegerField()
    salted = models.BooleanField()
    salt = models.BinaryField(max_length=32, null=True)
    published = models.DateTimeField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    objects = PublishedRevisions()
    all_states = models.Manager["Revision"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["repository", "number"], name="repositories_number_once"),
            models.CheckConstraint(
                condition=Q(salted=True, salt__isnull=False) | Q(salted=False, salt__isnull=True),
                name="repositories_salted_with_salt",
            ),
        ]

    @property
    def commit(self) -> str:
        """The commit id shown and sent as `X-Repo-Commit`."""
        return self.id[:40]


class Reference(models.Model):
    """A branch or tag. The branch `main` always exists once there is a revision."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="references")
    kind = models.CharField(max_length=6, choices=[("branch", "branch"), ("tag", "tag")])
    name = models.CharField(max_length=200)
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="references")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["repository", "kind", "name"], name="repositories_reference_once")
        ]


class FileChange(models.Model):
    """What a revision did to one path, against its parent. Rows are proportional to the change, not to the tree.

    `repository` and `number` (null while it is only proposed) repeat the revision's, so that a path's last change is
    found without reading others'.
    """

    repository = models.ForeignKey(Repository, on_delete=models.PROTECT, related_name="+")
    number = models.IntegerField(null=True)
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="changes")
    path = models.TextField()
    action = models.CharField(
        max_length=7, choices=[("added", "added"), ("changed", "changed"), ("removed", "removed")]
    )
    blob = models.ForeignKey("uploads.Blob", on_delete=models.PROTECT, null=True, related_name="+")
    old_blob = models.ForeignKey("uploads.Blob", on_delete=models.PROTECT, null=True, related_name="+")
    size = models.BigIntegerField(null=True)
    old_size = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["revision", "path"], name="repositories_change_once")]
        indexes = [models.Index(fields=["repository", "path", "-number"], name="repositories_path_history")]


class SaltedLeaf(models.Model):
    """Which bytes a salted tree leaf of a repository that is not public stands for."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="salted_leaves")
    leaf = models.CharField(max_length=64)
    blob = models.ForeignKey("uploads.Blob", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "leaf"], name="repositories_leaf_once")]


class LineageEdge(models.Model):
    """A source of a revision, resolved when it was published: a pinned revision here, or an outside reference."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="sources")
    relation = models.CharField(max_length=16)
    source = models.ForeignKey(Revision, on_delete=models.PROTECT, null=True, related_name="uses")
    outside_digest = models.CharField(max_length=64, blank=True)
    outside_url = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(source__isnull=False, outside_digest="") | Q(source__isnull=True) & ~Q(outside_digest=""),
                name="repositories_edge_one_source",
            )
        ]
