"""What a takedown means for repositories: where everybody could find the bytes, and what was made from them."""

from collections.abc import Iterator

from django.db import transaction

from hub.repositories import card, reading
from hub.repositories.browsing import search_text
from hub.repositories.errors import BytesGone
from hub.repositories.models import FileChange, Repository
from hub.repositories.publishing import lock
from web import cached, idempotency


def places(sha256: str) -> list[str]:
    """The public repositories that published these bytes, the first one first. Others are not for the log to name."""
    rows = FileChange.objects.filter(
        blob_id=sha256, number__isnull=False, repository__visibility=Repository.Visibility.PUBLIC
    )
    found = rows.order_by("revision__published", "pk").values_list("repository_id", flat=True)
    return [f"repo:{repository}" for repository in dict.fromkeys(found)]


def forget(sha256: str) -> None:
    """What was copied out of these bytes goes: rendered texts and compared tables in the cache, words of cards in lists."""
    for repository in _with_card(sha256):
        _forget_card(repository, sha256)
    cached.forget(f"repositories.*{sha256}*")


def _with_card(sha256: str) -> Iterator[Repository]:
    cards = FileChange.objects.filter(blob_id=sha256, path=card.NAME).values("repository")
    yield from Repository.objects.filter(pk__in=cards).order_by("pk")


def _forget_card(repository: Repository, sha256: str) -> None:
    """If it is still the newest card. Its licence stays: that is in the entry, which nobody can change."""
    with transaction.atomic():
        locked = lock(repository)
        try:
            newest = reading.file_or_none(locked.head, card.NAME)
        except BytesGone:
            newest = None
        if newest is None or newest.sha256 != sha256:
            return
        locked.summary, locked.tags, locked.search_text = "", [], search_text(locked)
        locked.save(update_fields=["summary", "tags", "search_text"])
    # Answers that were kept for repeated requests show the card's words as well.
    idempotency.blank(containing=str(repository.pk))
