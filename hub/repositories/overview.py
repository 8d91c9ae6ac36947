"""Reads across many repositories or revisions: lists, histories, lineage and look-ups by digest."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from hub.repositories import tree
from hub.repositories.models import FileChange, LineageEdge, Maintainer, Repository, Revision, Tree

if TYPE_CHECKING:
    from hub.accounts.models import Account

_MOST_FACETS = 40


@dataclass(frozen=True)
class Person:
    """Somebody with a part in a repository."""

    account: "Account"
    owner: bool
    maintainer: bool
    revisions: int


@dataclass(frozen=True)
class Facets:
    """Values that a list can be narrowed by, most frequent first."""

    licences: list[str]
    tags: list[str]


def visible(viewer: Any) -> "QuerySet[Repository]":
    """Every repository that `viewer` may see: public ones, and those they own or maintain. Withdrawn ones are hidden."""
    shown = Q(visibility=Repository.Visibility.PUBLIC)
    if getattr(viewer, "is_authenticated", False):
        shown |= Q(owner=viewer) | Q(maintainers__account=viewer) | Q(owner__members__person=viewer)
    ids = Repository.objects.filter(shown, withdrawn__isnull=True).values("id")
    return Repository.objects.filter(id__in=ids).select_related("owner", "head__entry", "head__author")


def owned_by(account: "Account", viewer: Any) -> "list[Repository]":
    """The repositories of a person or organisation, newest change first, at most 100."""
    return list(visible(viewer).filter(owner=account).order_by("-changed", "id")[:100])


def facets(kind: str, viewer: Any) -> Facets:
    found = visible(viewer).filter(kind=kind)
    licences = found.exclude(licence="").values_list("licence").annotate(n=Count("id")).order_by("-n", "licence")
    counts: dict[str, int] = defaultdict(int)
    for tags in found.order_by("-changed").values_list("tags", flat=True)[:500]:
        for tag in tags:
            counts[tag] += 1
    ranked = sorted(counts, key=lambda tag: (-counts[tag], tag))
    return Facets([row[0] for row in licences[:_MOST_FACETS]], ranked[:_MOST_FACETS])


# --- revisions -----------------------------------------------------------------------------------
def latest_revisions(repository: Repository, *, most: int) -> list[Revision]:
    """The newest `most` revisions, oldest first."""
    return list(repository.revisions.select_related("author", "entry").order_by("-number")[:most])[::-1]


def histories(ids: Collection[UUID], *, most: int = 30) -> dict[UUID, list[Revision]]:
    """The newest `most` revisions of several repositories, oldest first: numbers and metrics only."""
    found: dict[UUID, list[Revision]] = defaultdict(list)
    rows = Revision.objects.filter(repository__in=ids).only("id", "number", "metrics", "repository_id")
    for repository, count in Repository.objects.filter(id__in=ids).values_list("id", "revision_count"):
        found[repository] = list(rows.filter(repository=repository, number__gt=count - most).order_by("number"))
    return found


def revisions_by_entry(repository: Repository, uids: Collection[UUID]) -> dict[UUID, Revision]:
    """The repository's revisions whose entries these are, by the entry's id, with their parents."""
    rows = repository.revisions.filter(entry__uid__in=uids).select_related(
        "entry", "parent", "author", "repository__owner"
    )
    return {row.entry.uid: row for row in rows}


def own_line(revision: Revision, *, most: int) -> list[Revision]:
    """The revision and its parents, oldest first, at most `most`."""
    line = [_loaded().get(id=revision.id)]
    while line[-1].parent_id is not None and len(line) < most:
        line.append(_loaded().get(id=line[-1].parent_id))
    return line[::-1]


def find_revision(digest: str, viewer: Any) -> Revision | None:
    """A revision by its id or by at least 8 hex digits of its beginning, if the viewer may see it and it is the only one."""
    rows = list(_loaded().filter(id__startswith=digest, repository__in=visible(viewer).values("id"))[:2])
    return rows[0] if len(rows) == 1 else None


def _loaded() -> "QuerySet[Revision]":
    return Revision.objects.select_related("author", "entry", "parent", "repository__owner", "root_tree")


# --- people --------------------------------------------------------------------------------------
def people_of(repository: Repository) -> list[Person]:
    """Owner first, then maintainers, then authors by the number of their revisions."""
    counts = dict(repository.revisions.values_list("author").annotate(n=Count("id")))
    maintainers = [row.account for row in repository.maintainers.select_related("account")]
    authors = {row.author_id: row.author for row in repository.revisions.select_related("author").distinct("author")}
    found = [Person(repository.owner, True, False, counts.pop(repository.owner_id, 0))]
    others = (account for account in maintainers if account.pk != repository.owner_id)
    found.extend(Person(account, False, True, counts.pop(account.pk, 0)) for account in others)
    rest = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return found + [Person(authors[key], False, False, n) for key, n in rest if key in authors]


def people_counts(ids: Collection[UUID]) -> dict[UUID, int]:
    """How many people have a part in each repository."""
    people: dict[UUID, set[int]] = defaultdict(set)
    for repository, owner in Repository.objects.filter(id__in=ids).values_list("id", "owner"):
        people[repository].add(owner)
    for repository, account in Maintainer.objects.filter(repository__in=ids).values_list("repository", "account"):
        people[repository].add(account)
    for repository, author in (
        Revision.objects.filter(repository__in=ids).values_list("repository", "author").distinct()
    ):
        people[repository].add(author)
    return {repository: len(accounts) for repository, accounts in people.items()}


# --- lineage -------------------------------------------------------------------------------------
def sources_of(revision: Revision, viewer: Any) -> list[LineageEdge]:
    """What a revision was made from. A source that the viewer may not see is left out."""
    return [edge for edge in _edges().filter(revision=revision) if edge.source is None or _sees(viewer, edge.source)]


def uses_of(revision: Revision, viewer: Any, *, most: int = 60) -> list[LineageEdge]:
    """Revisions that any revision of this repository went into, newest first, among those the viewer may see."""
    rows = _edges().filter(source__repository=revision.repository).order_by("-revision__published")[:most]
    return [edge for edge in rows if _sees(viewer, edge.revision)]


def _edges() -> "QuerySet[LineageEdge]":
    return LineageEdge.objects.select_related(
        "source__repository__owner", "source__entry", "source__author", "source__parent",
        "revision__repository__owner", "revision__entry", "revision__author",
    ).order_by("id")  # fmt: skip


def _sees(viewer: Any, revision: Revision) -> bool:
    repository = revision.repository
    public = repository.visibility == Repository.Visibility.PUBLIC and repository.withdrawn is None
    return public or visible(viewer).filter(id=repository.id).exists()


# --- bytes ---------------------------------------------------------------------------------------
def files_with_digest(digest: str, viewer: Any, *, most: int = 20) -> list[FileChange]:
    """Where these bytes were published, newest first, among the repositories that the viewer may see."""
    rows = FileChange.objects.filter(blob=digest, revision__repository__in=visible(viewer).values("id"))
    related = ("blob", "revision__author", "revision__entry", "revision__repository__owner", "revision__parent")
    return list(rows.select_related(*related).order_by("-revision__published", "path")[:most])


def damaged_paths(revision: Revision) -> list[str]:
    """Paths of the repository whose stored bytes no longer match their digest."""
    rows = FileChange.objects.filter(revision__repository=revision.repository_id, blob__damaged__isnull=False)
    return list(rows.order_by("path").values_list("path", flat=True)[:20])


def damaged_repositories(ids: Iterable[UUID]) -> set[UUID]:
    rows = FileChange.objects.filter(revision__repository__in=list(ids), blob__damaged__isnull=False)
    return set(rows.values_list("revision__repository", flat=True).distinct())


def tree_bodies(revision: Revision, *, most: int = 5_000) -> Sequence[bytes]:
    """The canonical bytes of every directory of a revision, root first, at most `most`."""
    found: dict[str, bytes] = {}
    wanted = [revision.root_tree_id]
    while wanted and len(found) < most:
        for row in Tree.objects.filter(digest__in=wanted[: most - len(found)]):
            found[row.digest] = bytes(row.body)
        below = {member.sha256 for digest in wanted if digest in found for member in _folders(found[digest])}
        wanted = sorted(below - set(found))
    return list(found.values())


def _folders(body: bytes) -> list[tree.Member]:
    return [member for member in tree.decode(body) if member.type == tree.TREE]
