"""Publishing a revision: files, card, lineage, metrics and the entry that says so, all in one transaction or not at all.

A revision is published by whoever made it, or, when it was proposed, by whoever accepts it; then nothing of it changes
but its number, its entry and its time.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from hub import events
from hub.errors import Gone, Invalid
from hub.repositories import access, card, markdown, revision, selectors, words
from hub.repositories.browsing import search_text
from hub.repositories.changes import Change
from hub.repositories.errors import StaleParent
from hub.repositories.front_matter import FrontMatterRefused
from hub.repositories.models import FileChange, Reference, Repository, Revision
from hub.repositories.preparing import prepare, store
from hub.repositories.revision import RevisionObject
from hub.uploads import services as uploads
from ledger.errors import BadEntry

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from ledger.services import Entry

MAIN = "main"


def publish_revision(
    *,
    account: "Account",
    repository: Repository,
    changes: Sequence[Change],
    message: str,
    kind: str,
    now: datetime,
    metrics: Sequence[Mapping[str, Any]] | None = None,
    expected_parent: str | None = None,
    pins: str = "",
) -> Revision:
    """Publish a new revision on `main`.

    `kind` is one of `words.WORK_KINDS`; `metrics` are rows as `metrics.read_metrics` takes them. None keeps the
    parent's for documentation, which changes nothing that was measured, and means none for other kinds. With
    `expected_parent` (a revision id, "" for none) the caller says what the changes were made against. `pins` says
    whether sources that the parent's card names as well keep their revision: `keep`, `newest`, or "" for what
    `resolving.keeps` finds.

    Raises NotAllowed, Withdrawn, StaleParent, TooManyEntries, OverQuota, Gone, and Invalid at `changes`, `card`,
    `message`, `kind`, `pins` or `metrics.<row>.<field>`.
    """
    with transaction.atomic():
        locked = lock(repository)
        access.require_publisher(account, locked)
        refuse_stale(locked, expected_parent)
        draft = prepare(
            account=account,
            repository=locked,
            parent=locked.head,
            changes=changes,
            kind=kind,
            now=now,
            message=message.strip(),
            metrics=metrics,
            pins=pins,
        )
        number = locked.revision_count + 1
        counts = {action: draft.state.count(action) for action in ("added", "changed", "removed")}
        data = _data(draft.object, number, counts)
        details = _details(draft.message, [edge.url for edge in draft.object.edges if edge.outside])
        published = store(draft, _record(account, draft.id, data, details, draft.object.time), number)
        _move_main(locked, published, draft.card)
        uploads.finish_uploads(account, [change.upload for change in changes if change.upload is not None])
    return published


def publish_proposed(
    *, account: "Account", repository: Repository, proposed: Revision, contribution: str, message: str, now: datetime
) -> Revision:
    """Publish on `main` a revision that was proposed, byte for byte as it is. `contribution` is its subject.

    `account` accepts it and is the entry's actor; whether it may is for the caller to know. `repository` is locked by the
    caller's transaction. Raises StaleParent if `main` has moved since, Gone if bytes are damaged or were taken down.
    """
    if proposed.number is not None or proposed.parent_id != repository.head_id:
        raise StaleParent(repository.revision_count)
    _refuse_lost_bytes(proposed)
    number, moment, built = repository.revision_count + 1, revision.cut_time(now), revision.decode(bytes(proposed.body))
    data = _data(built, number, selectors.changes_of(proposed, 0).counts)
    data |= {"author": f"acct:{built.author}", "made": revision.time_text(built.time), "contribution": contribution}
    urls = list(proposed.sources.exclude(outside_digest="").order_by("pk").values_list("outside_url", flat=True))
    proposed.entry = _record(account, proposed.id, data, _details(message, urls), moment)
    proposed.number, proposed.published, proposed.message = number, moment, message
    proposed.save(update_fields=["number", "published", "message", "entry"])
    FileChange.objects.filter(revision=proposed).update(number=number)
    _move_main(repository, proposed, _card_of(proposed))
    return proposed


def lock(repository: Repository) -> Repository:
    """The repository as it is now, locked until the transaction ends: one publishes at a time, in the log's order."""
    rows = Repository.objects.select_for_update(of=("self",)).select_related("owner", "head__repository")
    return rows.get(pk=repository.pk)


def refuse_stale(repository: Repository, expected_parent: str | None) -> None:
    """Raise StaleParent if the head is not the one that the caller looked at; None says that he did not."""
    if expected_parent is not None and expected_parent != (repository.head_id or ""):
        raise StaleParent(repository.revision_count)


def _refuse_lost_bytes(proposed: Revision) -> None:
    lost = Q(blob__taken_down__isnull=False) | Q(blob__damaged__isnull=False)
    change = FileChange.objects.filter(lost, revision=proposed).order_by("path").first()
    if change is not None:
        sentence = _("The bytes of “%(path)s” were taken down or are damaged, so this cannot be published.")
        raise Gone(sentence % {"path": change.path[:200]})


def _card_of(proposed: Revision) -> card.Card:
    """The card of a revision whose card was read when it was proposed. Raises Gone and Invalid at `card`."""
    try:
        return card.parse(selectors.card_text(proposed))
    except FrontMatterRefused as error:
        raise Invalid("card", words.card_refusal(error)) from None


# --- the entry -----------------------------------------------------------------------------------
def _data(built: RevisionObject, number: int, counts: Mapping[Any, int]) -> dict[str, Any]:
    data: dict[str, Any] = {
        "repo": f"repo:{built.repository}",
        "number": number,
        "reference_kind": "branch",
        "reference": events.reference_digest(MAIN),
        "root_tree": built.root_tree,
        "parents": [f"rev:{parent}" for parent in built.parents],
        "kind": built.kind,
        "sources": revision.sources_of(built.edges),
        "outside": revision.outside_of(built.edges),
        "metrics": [dict(metric) for metric in built.metrics],
        "counts": {"files": built.file_count, "bytes": built.byte_count, **counts},
    }
    return data | ({"licence": built.licence} if built.licence else {})


def _details(message: str, urls: Sequence[str]) -> dict[str, dict[str, Any]]:
    details: dict[str, dict[str, Any]] = {"message": {"message": message}} if message else {}
    return details | ({"outside_sources": {"urls": list(urls)}} if urls else {})


def _record(
    account: "Account", revision_id: str, data: Mapping[str, Any], details: Mapping[str, Any], moment: datetime
) -> "Entry":
    try:
        return events.record(
            "revision.published", subject=f"rev:{revision_id}", actor=account, data=data, details=details, now=moment
        )
    except BadEntry:
        raise Invalid("metrics", _("That is more than one entry of the log can hold. Give fewer metrics.")) from None


# --- main ----------------------------------------------------------------------------------------
def _move_main(repository: Repository, published: Revision, about: card.Card) -> None:
    """The branch and the repository point at the new head, and lists show what the card now says."""
    Reference.objects.update_or_create(
        repository=repository, kind="branch", name=MAIN, defaults={"revision": published}
    )
    assert published.number is not None
    repository.head = published
    repository.revision_count = published.number
    repository.changed = published.published
    repository.licence = published.licence
    repository.tags = about.tags
    repository.summary = markdown.summary_of(about.body)
    repository.search_text = search_text(repository, about.title, repository.summary, *about.tags, published.licence)
    repository.save()
