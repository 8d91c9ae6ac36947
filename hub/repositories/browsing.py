"""Lists of repositories: search, facets, whose they are, and the figures beside them. Only what the viewer may see."""

import re
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Case, FloatField, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Lower

from hub.repositories.access import visible
from hub.repositories.models import Repository
from web.pagination import Page, keyset

if TYPE_CHECKING:
    pass

MOST_WORDS = 8
MOST_FACETS = 60
_FACETS_KEPT = 60  # seconds


def with_heads(rows: QuerySet[Repository]) -> QuerySet[Repository]:
    """The rows with everything a list shows, in one query."""
    return rows.select_related("owner", "entry", "head__author", "head__entry", "head__repository__owner")


def search(
    kind: str,
    text: str = "",
    *,
    viewer: Any,
    licence: str = "",
    tag: str = "",
    owner: str = "",
    cursor: str = "",
    size: int = 30,
) -> Page[Repository]:
    """Repositories of one kind ("" for both). Without words the newest change first, else the best match first.

    Every word must occur in name, owner, title, summary or tags, in any language; or the whole query must resemble a
    part of them, so that a slip of the finger still finds. Raises BadCursor.
    """
    rows = visible(viewer).filter(head__isnull=False)
    if kind:
        rows = rows.filter(kind=kind)
    if licence:
        rows = rows.filter(licence=licence)
    if tag:
        rows = rows.filter(tags__contains=[tag])
    if owner:
        rows = rows.alias(owner_name=Lower("owner__username")).filter(owner_name=owner.lower())
    words = text.casefold().split()[:MOST_WORDS]
    if not words:
        return keyset(with_heads(rows), order=("-changed", "id"), cursor=cursor, size=size)
    return keyset(with_heads(_matching(rows, words)), order=("-rank", "-changed", "id"), cursor=cursor, size=size)


def _matching(rows: QuerySet[Repository], words: list[str]) -> QuerySet[Repository]:
    phrase = " ".join(words)
    every_word = Q()
    for word in words:
        every_word &= Q(search_text__contains=word)
    closeness = Cast(TrigramWordSimilarity(phrase, "search_text"), FloatField())
    bonus = Case(
        When(name__iexact=phrase, then=Value(2.0)),
        When(every_word, then=Value(1.0)),
        default=Value(0.0),
        output_field=FloatField(),
    )
    return rows.filter(every_word | Q(search_text__trigram_word_similar=phrase)).annotate(rank=closeness + bonus)


def search_text(repository: Repository, *words: str) -> str:
    """What search looks through: owner, name with and without its hyphens, and whatever the card says."""
    name = repository.name
    parts = [repository.owner.username, name, re.sub(r"[-_.]+", " ", name), *words]
    return " ".join(" ".join(part.split()) for part in parts if part).casefold()[:20_000]
