"""Publishing a revision: files, card, lineage, metrics and the entry that says so, all in one transaction or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from hub import events
from hub.errors import Gone, Invalid
from hub.repositories import access, card, markdown, metrics, resolving, revision, selectors, state, words
from hub.repositories.browsing import search_text
from hub.repositories.changes import Change
from hub.repositories.errors import StaleParent
from hub.repositories.front_matter import FrontMatterRefused
from hub.repositories.metrics import Metric, MetricRefused
from hub.repositories.models import FileChange, LineageEdge, Reference, Repository, Revision
from hub.uploads import services as uploads
from hub.uploads.selectors import blob_store
from ledger.errors import BadEntry

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from ledger.services import Entry

MAIN = "main"
LONGEST_MESSAGE = 10_000
_BATCH = 2_000


@dataclass(frozen=True)
class _Draft:
    """Everything about the coming revision that is decided before anything is written."""

    object: revision.RevisionObject
    body: bytes
    number: int
    message: str
    card: card.Card
    state: state.State

    @property
    def id(self) -> str:
        return revision.revision_id(self.body)


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
) -> Revision:
    """Publish a new revision on `main`.

    `kind` is one of `words.WORK_KINDS`; `metrics` are rows as `metrics.read_metrics` takes them. None keeps the
    parent's for documentation, which changes nothing that was measured, and means none for other kinds. With
    `expected_parent` (a revision id, "" for none) the caller says what the changes were made against.

    Raises NotAllowed, Withdrawn, StaleParent, TooManyEntries, OverQuota, Gone, and Invalid at `changes`, `card`,
    `message`, `kind` or `metrics.<row>.<field>`.
    """
    with transaction.atomic():
        locked = lock(repository)
        access.require_publisher(account, locked)
        draft = _draft(account, locked, changes, message.strip(), kind, metrics, now, expected_parent)
        published = _write(account, locked, draft)
        uploads.finish_uploads(account, [change.upload for change in changes if change.upload is not None])
    return published


def lock(repository: Repository) -> Repository:
    """The repository as it is now, locked until the transaction ends: one publishes at a time, in the log's order."""
    rows = Repository.objects.select_for_update(of=("self",)).select_related("owner", "head__repository")
    return rows.get(pk=repository.pk)


# --- deciding ------------------------------------------------------------------------------------
def _draft(
    account: "Account",
    repository: Repository,
    changes: Sequence[Change],
    message: str,
    kind: str,
    rows: Sequence[Mapping[str, Any]] | None,
    now: datetime,
    expected_parent: str | None,
) -> _Draft:
    parent = repository.head
    _check(message, kind)
    if expected_parent is not None and expected_parent != (parent.id if parent else ""):
        raise StaleParent(repository.revision_count)
    measured = _metrics(account, rows, parent, kind)
    moment = revision.cut_time(now)
    after = state.apply(account, repository, parent, changes, moment)
    if not after.changed and (parent is None or not rows):
        raise Invalid("changes", _("Nothing would change: every file has these bytes already."))
    about = read_card(after, parent)
    edges = resolving.resolve(account, repository, about, parent, kind)
    licence = about.licence
    built = revision.RevisionObject(
        repository=str(repository.pk),
        root_tree=after.root,
        parents=(parent.id,) if parent else (),
        author=account.pseudonym,
        time=moment,
        kind=kind,
        licence=licence.id if licence else "",
        edges=edges,
        metrics=tuple(metric.data() for metric in measured),
        file_count=after.file_count,
        byte_count=after.byte_count,
        salted=after.salted,
    )
    return _Draft(built, revision.encode(built), repository.revision_count + 1, message, about, after)


def _check(message: str, kind: str) -> None:
    if len(message) > LONGEST_MESSAGE:
        raise Invalid("message", _("At most %(most)d characters.") % {"most": LONGEST_MESSAGE})
    if "\x00" in message:
        raise Invalid("message", _("This contains a character that cannot be stored."))
    if kind not in words.WORK_KINDS:
        raise Invalid("kind", _("Choose what mainly changed."))


def _metrics(
    account: "Account", rows: Sequence[Mapping[str, Any]] | None, parent: Revision | None, kind: str
) -> list[Metric]:
    if rows is None:
        return metrics.from_data(parent.metrics) if parent and kind == "documentation" else []
    try:
        found = metrics.read_metrics(rows)
    except MetricRefused as error:
        raise words.invalid_metric(error) from None
    for index, metric in enumerate(found):
        if metric.on is not None and selectors.find_revision(metric.on.removeprefix("rev:"), account) is None:
            raise Invalid(f"metrics.{index}.on", _("There is no such revision here that you may see."))
    return found


def read_card(after: state.State, parent: Revision | None) -> card.Card:
    """The card as it will be; an empty one when there is no README.md. Raises Invalid at `card`."""
    changed = next((d for d in after.differences if d.path == card.NAME), None)
    if changed is not None:
        sha256 = after.sha256[changed.new.digest] if changed.new else ""
        size = changed.new.size if changed.new else 0
        text = _stored_text(sha256, size) if sha256 else ""
    else:
        text = _present_text(parent)
    try:
        return card.parse(text)
    except FrontMatterRefused as error:
        raise Invalid("card", words.card_refusal(error)) from None


def _present_text(parent: Revision | None) -> str:
    try:
        return selectors.card_text(parent)
    except Gone:
        raise Invalid(
            "card", _("The bytes of the card are gone. Publish a new README.md with this revision.")
        ) from None


def _stored_text(sha256: str, size: int) -> str:
    if size > card.MAX_BYTES:
        raise Invalid("card", _("A card has at most 2 MiB."))
    try:
        text = blob_store().path(sha256).read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("card", _("A card must be text in UTF-8.")) from None
    if "\0" in text:
        raise Invalid("card", _("This contains a character that cannot be stored."))
    return text


# --- writing -------------------------------------------------------------------------------------
def _write(account: "Account", repository: Repository, draft: _Draft) -> Revision:
    resolving.refuse_circle(draft.id, draft.object.edges)
    entry = _record(account, repository, draft)
    published = _save_revision(account, repository, draft, entry)
    FileChange.objects.bulk_create(draft.state.file_changes(published), batch_size=_BATCH)
    LineageEdge.objects.bulk_create(
        LineageEdge(
            revision=published,
            relation=edge.relation,
            source_id=edge.source or None,
            outside_digest=edge.outside,
            outside_url=edge.url,
        )
        for edge in draft.object.edges
    )
    Reference.objects.update_or_create(
        repository=repository, kind="branch", name=MAIN, defaults={"revision": published}
    )
    _move_head(repository, published, draft)
    return published


def _save_revision(account: "Account", repository: Repository, draft: _Draft, entry: "Entry") -> Revision:
    built = draft.object
    published = Revision(
        id=draft.id,
        repository=repository,
        number=draft.number,
        body=draft.body,
        root_tree_id=built.root_tree,
        parent=repository.head,
        kind=built.kind,
        author=account,
        message=draft.message,
        licence=built.licence,
        metrics=list(built.metrics),
        file_count=built.file_count,
        byte_count=built.byte_count,
        salted=built.salted,
        salt=draft.state.salt,
        published=built.time,
        entry=entry,
    )
    published.save(force_insert=True)
    return published


def _record(account: "Account", repository: Repository, draft: _Draft) -> "Entry":
    built, after = draft.object, draft.state
    data: dict[str, Any] = {
        "repo": f"repo:{repository.pk}",
        "number": draft.number,
        "reference_kind": "branch",
        "reference": events.reference_digest(MAIN),
        "root_tree": built.root_tree,
        "parents": [f"rev:{parent}" for parent in built.parents],
        "kind": built.kind,
        "sources": revision.sources_of(built.edges),
        "outside": revision.outside_of(built.edges),
        "metrics": [dict(metric) for metric in built.metrics],
        "counts": {
            "files": built.file_count,
            "bytes": built.byte_count,
            **{action: after.count(action) for action in ("added", "changed", "removed")},
        },
    }
    if built.licence:
        data["licence"] = built.licence
    details: dict[str, dict[str, Any]] = {"message": {"message": draft.message}} if draft.message else {}
    urls = [edge.url for edge in built.edges if edge.outside]
    if urls:
        details["outside_sources"] = {"urls": urls}
    try:
        return events.record(
            "revision.published", subject=f"rev:{draft.id}", actor=account, data=data, details=details, now=built.time
        )
    except BadEntry:
        raise Invalid("metrics", _("That is more than one entry of the log can hold. Give fewer metrics.")) from None


def _move_head(repository: Repository, published: Revision, draft: _Draft) -> None:
    """The repository points at its new head, and shows in lists what the card now says."""
    about = draft.card
    repository.head = published
    repository.revision_count = draft.number
    repository.changed = published.published
    repository.licence = published.licence
    repository.tags = about.tags
    repository.summary = markdown.summary_of(about.body)
    repository.search_text = search_text(repository, about.title, repository.summary, *about.tags, published.licence)
    repository.save()
