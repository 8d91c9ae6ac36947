"""From the names in a card to pinned revisions: the lineage edges of a revision that is about to be published."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from hub.errors import Invalid
from hub.repositories import selectors
from hub.repositories.card import Card
from hub.repositories.errors import RepositoryNotFound, RevisionNotFound, Withdrawn
from hub.repositories.lineage import MOST_SOURCES, Declared, Kind, Link, find_cycle, walk
from hub.repositories.models import LineageEdge, Repository, Revision
from hub.repositories.reading import coming_salt
from hub.repositories.revision import Edge, outside_digest
from hub.repositories.rules import is_text

if TYPE_CHECKING:
    from hub.accounts.models import Account

# Kinds of work that leave weights and data as they were, so that what these were made from cannot have changed either.
KEEPS_SOURCES = frozenset({"documentation", "evaluation"})
# What may be asked for: the parent's pins, the newest revisions, or "" for what the change suggests.
PINS = ("", "keep", "newest")
_DEPTH, _LIMIT = 40, 2_000


def resolve(
    account: "Account", repository: Repository, card: Card, parent: Revision | None, *, keep: bool
) -> tuple[Edge, ...]:
    """The card's sources as edges, each once: sources of this hub first, then outside references, in the card's order.

    A name without `@revision` means the newest revision; with `keep` the one that the parent is pinned to, if its card
    names it as well. A name that the account cannot see here stays an outside reference to what was written.
    Raises Invalid at `card` for a revision that does not exist.
    """
    pinned = _pinned(parent) if parent is not None and keep else {}
    kind: Kind = "dataset" if repository.kind == Repository.Kind.DATASET else "model"
    found: dict[tuple[str, str], Edge] = {}
    for declared in card.sources(kind, settings.SITE_URL):
        edge = _edge(account, repository, declared, pinned)
        if edge is not None:
            found.setdefault((edge.relation, edge.source or edge.outside), edge)
    edges = list(found.values())[:MOST_SOURCES]
    return tuple(sorted(edges, key=lambda edge: not edge.source))


def keeps(work: str, paths: Collection[str] | None, pins: str = "") -> bool:
    """Whether a revision keeps its parent's pins: as `pins` says, else when nothing was made anew.

    That is so for some kinds of work, and when `paths`, all that change, are texts. None: they are not known yet.
    """
    if pins:
        return pins == "keep"
    return work in KEEPS_SOURCES or (paths is not None and all(map(is_text, paths)))


def _edge(
    account: "Account", repository: Repository, declared: Declared, pinned: dict[tuple[str, object], str]
) -> Edge | None:
    source = _repository(account, declared) if declared.owner else None
    if source is not None and source.pk == repository.pk and not declared.rev:
        return None
    if source is None or source.head_id is None:
        return Edge(
            declared.relation, outside=outside_digest(declared.text, coming_salt(repository)), url=declared.text
        )
    kept = pinned.get((declared.relation, source.pk))
    if kept is not None and not declared.rev:
        return Edge(declared.relation, source=kept)
    return Edge(declared.relation, source=_revision(source, declared).id)


def _repository(account: "Account", declared: Declared) -> Repository | None:
    try:
        return selectors.visible_repository(account, declared.kind, declared.owner, declared.name)
    except (RepositoryNotFound, Withdrawn):
        return None


def _revision(source: Repository, declared: Declared) -> Revision:
    if not declared.rev:
        assert source.head is not None
        return source.head
    try:
        return selectors.revision_by_ref(source, declared.rev)
    except RevisionNotFound:
        words = _("The card names “%(source)s” as a source, but that revision does not exist.")
        raise Invalid("card", words % {"source": declared.text}) from None


def _pinned(parent: Revision) -> dict[tuple[str, object], str]:
    rows = parent.sources.filter(source__isnull=False).values_list("relation", "source__repository_id", "source_id")
    return {(relation, repository): str(source) for relation, repository, source in rows}


def refuse_circle(revision_id: str, edges: Collection[Edge]) -> None:
    """Pinned revisions existed before, so no circle can arise; this looks all the same. Raises Invalid at `card`."""
    links = [Link(revision_id, edge.source, edge.relation) for edge in edges if edge.source]
    for link in list(links):
        links += walk(_links_of, link.source, depth=_DEPTH, limit=_LIMIT).links
    if find_cycle(links):
        raise Invalid("card", _("A work cannot be made from itself, not even by a detour."))


def _links_of(ids: Collection[str]) -> list[Link]:
    rows = LineageEdge.objects.filter(revision__in=ids, source__isnull=False)
    return [
        Link(user, source, relation)
        for user, source, relation in rows.values_list("revision_id", "source_id", "relation")
    ]
