"""What a revision will be, decided before anything is written, and the rows that it leaves behind.

The same code makes a revision that is published at once and one that is only proposed: it has its files, its lineage
and its id from the start, and publishing it later changes none of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from hub.errors import Gone, Invalid
from hub.repositories import card, metrics, resolving, revision, selectors, state, words
from hub.repositories.changes import Change
from hub.repositories.front_matter import FrontMatterRefused
from hub.repositories.metrics import Metric, MetricRefused
from hub.repositories.models import FileChange, LineageEdge, Repository, Revision
from hub.uploads.selectors import blob_store

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from ledger.services import Entry

LONGEST_MESSAGE = 10_000
_BATCH = 2_000


@dataclass(frozen=True)
class Draft:
    """Everything about the coming revision that is decided before anything is written."""

    repository: Repository
    parent: Revision | None
    author: "Account"
    object: revision.RevisionObject
    body: bytes
    message: str
    card: card.Card
    state: state.State

    @property
    def id(self) -> str:
        return revision.revision_id(self.body)


def prepare(
    *,
    account: "Account",
    repository: Repository,
    parent: Revision | None,
    changes: Sequence[Change],
    kind: str,
    now: datetime,
    message: str = "",
    metrics: Sequence[Mapping[str, Any]] | None = None,
    pins: str = "",
) -> Draft:
    """What `changes` make of `parent`, by `account`, at `now`. Of it all only directories and bytes are stored yet.

    Inside the caller's transaction, which holds the lock of the repository. `kind`, `metrics` and `pins` are as
    `publish_revision` takes them. Raises OverQuota, Gone, and Invalid at `changes`, `card`, `message`, `kind` or
    `metrics.<row>.<field>`.
    """
    _check(message, kind, pins)
    measured = _measured(account, metrics, parent, kind)
    moment = revision.cut_time(now)
    after = state.apply(account, repository, parent, changes, moment)
    if not after.changed and (parent is None or not metrics):
        raise Invalid("changes", _("Nothing would change: every file has these bytes already."))
    about = read_card(after, parent)
    licence = about.licence
    paths = [difference.path for difference in after.differences]
    built = revision.RevisionObject(
        repository=str(repository.pk),
        root_tree=after.root,
        parents=(parent.id,) if parent else (),
        author=account.pseudonym,
        time=moment,
        kind=kind,
        licence=licence.id if licence else "",
        edges=resolving.resolve(account, repository, about, parent, keep=resolving.keeps(kind, paths, pins)),
        metrics=tuple(metric.data() for metric in measured),
        file_count=after.file_count,
        byte_count=after.byte_count,
        salted=after.salted,
    )
    draft = Draft(repository, parent, account, built, revision.encode(built), message, about, after)
    resolving.refuse_circle(draft.id, built.edges)
    return draft


def _check(message: str, kind: str, pins: str) -> None:
    if len(message) > LONGEST_MESSAGE:
        raise Invalid("message", _("At most %(most)d characters.") % {"most": LONGEST_MESSAGE})
    if "\x00" in message:
        raise Invalid("message", _("This contains a character that cannot be stored."))
    if kind not in words.WORK_KINDS:
        raise Invalid("kind", _("Choose what mainly changed."))
    if pins not in resolving.PINS:
        raise Invalid("pins", _("Choose keep or newest."))


def _measured(
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
    """The card as it will be; an empty one when there is no README.md. Raises Invalid at `card`.

    A new card must name its licence so that it can be known; one that stands already is left as it is.
    """
    changed = next((d for d in after.differences if d.path == card.NAME), None)
    if changed is not None:
        sha256 = after.sha256[changed.new.digest] if changed.new else ""
        size = changed.new.size if changed.new else 0
        text = _stored_text(sha256, size) if sha256 else ""
    else:
        text = _present_text(parent)
    try:
        about = card.parse(text)
        if changed is not None:
            about.refuse_licence()
    except FrontMatterRefused as error:
        raise Invalid("card", words.card_refusal(error)) from None
    except card.LicenceRefused as error:
        raise Invalid("card", words.licence_refusal(error)) from None
    return about


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
def store(draft: Draft, entry: "Entry", number: int | None = None) -> Revision:
    """The rows of the revision that `entry` publishes under `number`, or, without one, proposes."""
    built = draft.object
    stored = Revision(
        id=draft.id,
        repository=draft.repository,
        number=number,
        body=draft.body,
        root_tree_id=built.root_tree,
        parent=draft.parent,
        kind=built.kind,
        author=draft.author,
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
    stored.save(force_insert=True)
    FileChange.objects.bulk_create(draft.state.file_changes(stored), batch_size=_BATCH)
    LineageEdge.objects.bulk_create(
        LineageEdge(
            revision=stored,
            relation=edge.relation,
            source_id=edge.source or None,
            outside_digest=edge.outside,
            outside_url=edge.url,
        )
        for edge in built.edges
    )
    return stored
