"""Before an act: the exact sentence that it will leave in the log, and what its form offers."""

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from hub import names
from hub.errors import Gone, Invalid
from hub.repositories import card, overview, reading, resolving
from hub.repositories.front_matter import FrontMatterRefused
from hub.repositories.models import Repository
from hub.repositories.revision import Edge, outside_of, sources_of
from ledger.describing import describe
from ledger.records import EntryView

if TYPE_CHECKING:
    from hub.accounts.models import Account


def sentence(
    account: "Account",
    event_type: str,
    subject: str,
    data: Mapping[str, Any],
    details: Mapping[str, Mapping[str, Any]] | None = None,
    viewer: Any = None,
) -> str:
    """What the ledger's pages will say to everybody, as plain text: there is nothing to link to yet.

    With a viewer it is what they will say to that one, as for something that is about to become public.
    """
    related = tuple(text for text in _strings(data) if text.partition(":")[0] in {"repo", "rev", "acct"})
    entry = EntryView(
        uid=uuid.uuid4(),
        leaf_index=None,
        type=event_type,
        subject=subject,
        actor=account.actor,
        time=timezone.now(),
        data=dict(data),
        details=details or {},
        body=b"",
        leaf_hash=b"",
        related=related,
    )
    return describe([entry], viewer)[0].text


def _strings(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for member in value.values() for text in _strings(member)]
    if isinstance(value, list):
        return [text for member in value for text in _strings(member)]
    return [value] if isinstance(value, str) else []


def about(account: "Account", repository: Repository, event_type: str, viewer: Any = None, **data: Any) -> str:
    return sentence(account, event_type, f"repo:{repository.pk}", data, viewer=viewer)


def publication(account: "Account", repository: Repository, work: str, pins: str = "") -> str:
    """The sentence of the next revision, with the sources that its card names now, pinned as they would be now."""
    edges = _edges(account, repository, work, pins)
    data = {
        "repo": f"repo:{repository.pk}",
        "number": repository.revision_count + 1,
        "sources": sources_of(edges),
        "outside": outside_of(edges),
    }
    return sentence(account, "revision.published", "rev:" + "0" * 64, data)


def _edges(account: "Account", repository: Repository, work: str, pins: str) -> tuple[Edge, ...]:
    """What publishing would resolve; nothing when the card cannot be read or names a revision that is not there."""
    try:
        about = card.parse(reading.card_text(repository.head))
        keep = resolving.keeps(work, None, pins)
        return resolving.resolve(account, repository, about, repository.head, keep=keep)
    except (FrontMatterRefused, Invalid, Gone):
        return ()


def measured_on(repository: Repository, viewer: Any) -> list[tuple[str, str]]:
    """Dataset revisions that a measurement may have been made on, as id and name: this one, or the sources of the card."""
    head = repository.head
    if head is None:
        return []
    found = [head] if repository.kind == Repository.Kind.DATASET else []
    found += [edge.source for edge in overview.sources_of(head, viewer) if edge.source is not None]
    words = _("%(owner)s/%(name)s, revision %(number)d")
    return [
        (each.id, words % {"owner": names.account(of.owner).text, "name": of.name, "number": each.number})
        for each in found
        if (of := each.repository).kind == Repository.Kind.DATASET
    ]
