"""Reads across many repositories or revisions: lists, histories, people, lineage and look-ups by digest.

Wherever a viewer is given, only what that viewer may see is found.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import Count, F, Func, Q, QuerySet, TextField

from hub import names
from hub.repositories import revision as revision_object
from hub.repositories.access import account_of, visible
from hub.repositories.browsing import with_heads
from hub.repositories.models import FileChange, LineageEdge, Maintainer, Repository, Revision
from hub.repositories.reading import tree_bodies

if TYPE_CHECKING:
    from hub.accounts.models import Account

__all__ = ["tree_bodies", "visible"]

MOST_FACETS = 60
_FACETS_KEPT = 60  # seconds
_HEX = re.compile(r"[0-9a-f]{8,64}")
WITH_REVISION = ("author", "entry", "parent", "repository__owner")


@dataclass(frozen=True)
class Person:
    """Somebody who owns, maintains or has published in a repository; `revisions` counts what they published."""

    account: "Account"
    owner: bool
    maintainer: bool
    revisions: int


@dataclass(frozen=True)
class Facets:
    """What a list can be narrowed by, the most frequent first."""

    licences: list[str]
    tags: list[str]


# --- lists ---------------------------------------------------------------------------------------
def facets(kind: str, viewer: Any) -> Facets:
    """Licences and tags of the repositories that the viewer may see. For the public they are at most a minute old."""
    key = f"repositories.facets/{kind}"
    public = account_of(viewer) is None
    found = cache.get(key) if public else None
    if found is None:
        rows = visible(viewer).filter(kind=kind, head__isnull=False)
        found = Facets(_most_frequent(rows.exclude(licence=""), F("licence")), _most_frequent(rows, _each_tag()))
        if public:
            cache.set(key, found, _FACETS_KEPT)
    return found


def _each_tag() -> Func:
    return Func(F("tags"), function="jsonb_array_elements_text", output_field=TextField())


def _most_frequent(rows: QuerySet[Repository], value: Any) -> list[str]:
    counted = rows.order_by().annotate(facet=value).values("facet").annotate(n=Count("pk")).order_by("-n", "facet")
    return [row["facet"] for row in counted[:MOST_FACETS]]


def owned_by(account: "Account", viewer: Any, most: int = 100) -> list[Repository]:
    """The account's repositories that the viewer may see, the newest change first."""
    return list(with_heads(visible(viewer).filter(owner=account)).order_by("-changed", "id")[:most])


# --- figures beside a list -----------------------------------------------------------------------
def histories(ids: Collection[UUID], most: int = 30) -> dict[UUID, list[Revision]]:
    """The last revisions of each repository, oldest first."""
    recent = Q(number__gt=F("repository__revision_count") - most)
    found: dict[UUID, list[Revision]] = defaultdict(list)
    rows = Revision.objects.filter(recent, repository__in=list(ids)).select_related("entry")
    for revision in rows.defer("body", "entry__body").order_by("number"):
        found[revision.repository_id].append(revision)
    return dict(found)


def people_counts(ids: Collection[UUID]) -> dict[UUID, int]:
    """How many people own, maintain or have published in each repository."""
    people: dict[UUID, set[int]] = defaultdict(set)
    wanted = list(ids)
    pairs: list[Iterable[tuple[UUID, int]]] = [
        Repository.objects.filter(pk__in=wanted).values_list("pk", "owner_id"),
        Maintainer.objects.filter(repository__in=wanted).values_list("repository_id", "account_id"),
        Revision.objects.filter(repository__in=wanted).values_list("repository_id", "author_id").distinct(),
    ]
    for rows in pairs:
        for repository, account in rows:
            people[repository].add(account)
    return {repository: len(accounts) for repository, accounts in people.items()}


def damaged_repositories(ids: Collection[UUID]) -> set[UUID]:
    """Those in whose files some stored bytes no longer match their digest."""
    rows = FileChange.objects.filter(repository__in=list(ids), number__isnull=False, blob__damaged__isnull=False)
    return set(rows.values_list("repository_id", flat=True))


# --- revisions -----------------------------------------------------------------------------------
def by_prefix(rows: Any, text: str) -> Revision | None:
    """The one revision whose id begins so; None when there is none, or more than one."""
    if not _HEX.fullmatch(text):
        return None
    found: list[Revision] = list(rows.filter(id__startswith=text).select_related(*WITH_REVISION)[:2])
    return found[0] if len(found) == 1 else None


def find_revision(text: str, viewer: Any) -> Revision | None:
    """The one visible revision whose id begins with `text` (8 to 64 hex digits)."""
    return by_prefix(Revision.objects.filter(repository__in=visible(viewer)), text)


def latest_revisions(repository: Repository, most: int = 30) -> list[Revision]:
    """The last revisions, oldest first."""
    rows = repository.revisions.select_related(*WITH_REVISION).order_by("-number")[:most]
    return list(rows)[::-1]


def own_line(revision: Revision, most: int) -> list[Revision]:
    """A revision and those published before it in its repository, at most `most`, oldest first."""
    rows = Revision.objects.filter(repository_id=revision.repository_id, number__lte=revision.number)
    return list(rows.select_related(*WITH_REVISION).order_by("-number")[:most])[::-1]


def first_revision(revision: Revision) -> Revision:
    """The one with which the repository of `revision` begins."""
    rows = Revision.objects.filter(repository_id=revision.repository_id)
    return rows.select_related(*WITH_REVISION).get(number=1)


def revisions_by_entry(repository: Repository, uids: Collection[UUID]) -> dict[UUID, Revision]:
    """Which of these entries published which revision, by the entry's uid."""
    rows = repository.revisions.filter(entry__uid__in=list(uids)).select_related(*WITH_REVISION)
    return {revision.entry.uid: revision for revision in rows}


# --- people --------------------------------------------------------------------------------------
def people_of(repository: Repository, most: int = 50) -> list[Person]:
    """The owner, then maintainers, then authors by how much they published."""
    counts = {
        row["author"]: row["n"]
        for row in repository.revisions.order_by().values("author").annotate(n=Count("pk")).order_by("-n")[:most]
    }
    authors = {r.author_id: r.author for r in repository.revisions.filter(author__in=counts).distinct("author")
               .order_by("author").select_related("author")}  # fmt: skip
    named = Maintainer.objects.filter(repository=repository).select_related("account").order_by("pk")
    maintainers = {row.account_id: row.account for row in named}
    everyone = {repository.owner_id: repository.owner, **maintainers, **{pk: authors[pk] for pk in counts}}
    return [
        Person(account, pk == repository.owner_id, pk in maintainers, counts.get(pk, 0))
        for pk, account in everyone.items()
    ]


# --- lineage -------------------------------------------------------------------------------------
def sources_of(revision: Revision, viewer: Any) -> list[LineageEdge]:
    """What the revision was made from, in the order of its card.

    A source that the viewer may not see comes as an outside one without address, named by nothing but these words.
    """
    rows = revision.sources.select_related(*(f"source__{path}" for path in WITH_REVISION)).order_by("pk")
    edges = [edge for edge in rows if _said(revision, edge)]
    ids = {edge.source.repository_id for edge in edges if edge.source is not None}
    seen = set(visible(viewer).filter(pk__in=ids).values_list("pk", flat=True))
    return [edge if edge.source is None or edge.source.repository_id in seen else _hidden(edge) for edge in edges]


def _said(revision: Revision, edge: LineageEdge) -> bool:
    """Whether the revision object itself names this source; a row that was slipped in says nothing."""
    try:
        named = revision_object.decode(bytes(revision.body)).edges
    except revision_object.MalformedRevision:
        return False
    return any(
        (e.relation, e.source, e.outside) == (edge.relation, edge.source_id or "", edge.outside_digest) for e in named
    )


def _hidden(edge: LineageEdge) -> LineageEdge:
    words = names.private_repository().text
    return LineageEdge(
        revision=edge.revision, relation=edge.relation, outside_digest=str(edge.source_id), outside_url=words
    )


def has_pins(revision: Revision | None) -> bool:
    """Whether the revision was made from pinned revisions of this hub."""
    return revision is not None and revision.sources.filter(source__isnull=False).exists()


def uses_of(revision: Revision, viewer: Any, most: int = 100) -> list[LineageEdge]:
    """Visible revisions elsewhere that were made from this revision's repository, newest first, with the edge to each."""
    rows = LineageEdge.objects.filter(
        source__repository_id=revision.repository_id,
        revision__repository__in=visible(viewer),
        revision__number__isnull=False,
    ).exclude(revision__repository_id=revision.repository_id)
    related = [f"{end}__{path}" for end in ("revision", "source") for path in WITH_REVISION]
    found = rows.select_related(*related).order_by("-revision__published", "pk")[:most]
    return [edge for edge in found if _said(edge.revision, edge)]


def used_by(repository: Repository, viewer: Any, most: int = 100) -> list[Repository]:
    """Other visible repositories that have a revision made from one of this one's, the newest change first."""
    users = LineageEdge.objects.filter(source__repository=repository, revision__number__isnull=False)
    rows = visible(viewer).filter(pk__in=users.values("revision__repository")).exclude(pk=repository.pk)
    return list(with_heads(rows).order_by("-changed", "id")[:most])


# --- bytes ---------------------------------------------------------------------------------------
def files_with_digest(sha256: str, viewer: Any, most: int = 20) -> list[FileChange]:
    """Where these bytes were published, newest first, in repositories that the viewer may see."""
    rows = FileChange.objects.filter(blob_id=sha256, number__isnull=False, repository__in=visible(viewer))
    related = (
        "blob",
        "revision__author",
        "revision__entry",
        "revision__parent",
        "revision__repository__owner",
        "revision__repository__head",
    )
    return list(rows.select_related(*related).order_by("-revision__published", "path")[:most])


def damaged_paths(revision: Revision) -> list[str]:
    """Files of the revision whose stored bytes no longer match their digest."""
    return _paths_of(revision, Q(blob__damaged__isnull=False))


def taken_down_paths(revision: Revision) -> list[str]:
    """Files of the revision whose bytes a moderator took down. Their digests still stand in it."""
    return _paths_of(revision, Q(blob__taken_down__isnull=False))


def _paths_of(revision: Revision, condition: Q) -> list[str]:
    """Paths whose newest change up to the revision put such bytes there. One query, however many there are."""
    changes = FileChange.objects.filter(repository_id=revision.repository_id, number__lte=revision.number)
    touched = changes.filter(condition).values("path")
    newest = changes.filter(path__in=touched).order_by("path", "-number").distinct("path").values("pk")
    return list(FileChange.objects.filter(condition, pk__in=newest).order_by("path").values_list("path", flat=True))
