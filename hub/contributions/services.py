"""What people do with contributions. Every act that the log tells of is one transaction with its entry.

Times are UTC and handed in. The repository is locked first, then the contribution, so acts on one repository follow each
other in the order of the log. Decisions stand in `deciding` and are offered here with the rest.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from hub import events
from hub.contributions import proposing, shares
from hub.contributions.deciding import accept, decline, lock, mark_asked, reopen_for_appeal, require_appealable
from hub.contributions.errors import NewerProposal, Over, TooManyOpen
from hub.contributions.joining import join
from hub.contributions.models import Comment, Contribution
from hub.contributions.proposing import Wanted
from hub.contributions.selectors import UNDECIDED, is_stale, next_number
from hub.contributions.shares import Shares
from hub.errors import Conflict, Invalid, NotAllowed, OverQuota
from hub.repositories import access
from hub.repositories.changes import Change
from hub.repositories.errors import RepositoryNotFound, Withdrawn
from hub.repositories.models import Repository
from hub.repositories.preparing import Draft
from hub.repositories.publishing import lock as lock_repository
from hub.repositories.publishing import refuse_stale
from hub.repositories.revision import cut_time
from hub.uploads import services as uploads

if TYPE_CHECKING:
    from hub.accounts.models import Account

__all__ = [
    "UNDECIDED", "Change", "accept", "comment", "decline", "delete_comment", "join", "mark_asked", "open_contribution",
    "rebase", "refuse_moved", "reopen_for_appeal", "require_appealable", "update_contribution", "withdraw",
]  # fmt: skip

LONGEST_TITLE, LONGEST_REASON, LONGEST_COMMENT = 300, 2_000, 10_000
# Contributions that wait for somebody, of one account everywhere, of one account in one repository, and in one repository.
MOST_OF_ACCOUNT, MOST_OF_ACCOUNT_HERE, MOST_HERE = 100, 20, 500
COMMENTS_PER_HOUR = 60
State = Contribution.State


def open_contribution(
    *,
    account: "Account",
    repository: Repository,
    changes: Sequence[Change],
    title: str,
    reason: str,
    kind: str,
    now: datetime,
    metrics: Sequence[Mapping[str, Any]] | None = None,
    authors: Shares = (),
    expected_base: str | None = None,
) -> Contribution:
    """Propose a revision of a repository that the account may read.

    `changes`, `kind` and `metrics` are as `publish_revision` takes them; `authors` are (handle, bps), together 10,000 and
    the account among them, or none for the account alone. With `expected_base` (a revision id) the caller says what the
    changes were made against.

    Raises NotAllowed, RepositoryNotFound, Withdrawn, StaleParent, TooManyOpen, TooManyEntries, OverQuota, Gone, and Invalid
    at `changes`, `card`, `title`, `reason`, `kind`, `authors` or `metrics.<row>.<field>`.
    """
    with transaction.atomic():
        locked = lock_repository(repository)
        _require_reader(account, locked)
        _refuse_too_many(account, locked)
        refuse_stale(locked, expected_base)
        shared = shares.resolve(account, locked, authors)
        wanted = Wanted(changes, _title(title), _reason(reason), kind, metrics, shared)
        made = proposing.draft(account, locked, locked.head, wanted, now)
        contribution = _insert(account, locked, made, wanted)
        uploads.finish_uploads(account, [change.upload for change in changes if change.upload is not None])
    return contribution


def _insert(account: "Account", repository: Repository, made: Draft, wanted: Wanted) -> Contribution:
    moment = made.object.time
    contribution = Contribution(
        repository=repository,
        number=next_number(repository),
        contributor=account,
        title=wanted.title,
        reason=wanted.reason,
        kind=wanted.kind,
        authors=list(wanted.authors),
        opened=moment,
        changed=moment,
        waiting=moment,
    )
    contribution.entry = proposing.record("contribution.opened", account, contribution, made, wanted)
    contribution.save(force_insert=True)
    contribution.proposal = proposing.save(contribution, made, contribution.entry, version=1)
    contribution.save(update_fields=["proposal"])
    return contribution


def update_contribution(
    *,
    account: "Account",
    contribution: Contribution,
    now: datetime,
    changes: Sequence[Change] = (),
    title: str | None = None,
    reason: str | None = None,
    kind: str | None = None,
    metrics: Sequence[Mapping[str, Any]] | None = None,
    authors: Shares | None = None,
    expected_proposal: str | None = None,
) -> Contribution:
    """Propose a new version on the same base: what was proposed, then `changes`. What is None stays as it was.

    It waits for a decision anew. With `expected_proposal` (a revision id) the caller says which version he looked at.
    Raises NotAllowed, Over, NewerProposal, Conflict, and what `open_contribution` raises.
    """
    with transaction.atomic():
        locked = _own(account, contribution)
        before = _proposed(locked)
        refuse_moved(locked, None, expected_proposal)
        wanted = Wanted(
            [*proposing.own_changes(before.revision), *changes],
            locked.title if title is None else _title(title),
            locked.reason if reason is None else _reason(reason),
            kind or locked.kind,
            proposing.kept_metrics(before.revision) if metrics is None else metrics,
            locked.authors if authors is None else shares.resolve(account, locked.repository, authors),
        )
        made = proposing.draft(account, locked.repository, before.base, wanted, now)
        _save_version(account, locked, made, wanted)
        uploads.finish_uploads(account, [change.upload for change in changes if change.upload is not None])
    return locked


def rebase(
    *,
    account: "Account",
    contribution: Contribution,
    now: datetime,
    mine: Collection[str] = (),
    theirs: Collection[str] = (),
    expected_head: str | None = None,
    expected_proposal: str | None = None,
) -> Contribution:
    """Take the proposal's own changes, by path, to the newest revision, as a new version that waits for a decision anew.

    Where both changed a path, `mine` and `theirs` say which side counts. With `expected_head` and `expected_proposal`
    (revision ids) the caller says between what he chose. Raises NotAllowed, Over, StaleParent, NewerProposal, PathsCollide
    with the paths that are in neither, Conflict when it stands on the newest revision already, Invalid when nothing is left
    to propose, and what `open_contribution` raises.
    """
    with transaction.atomic():
        locked = _own(account, contribution)
        refuse_moved(locked, expected_head, expected_proposal)
        if not is_stale(locked):
            raise Conflict(_("It stands on the newest revision already."))
        before, head = _proposed(locked), locked.repository.head
        changes = proposing.settle(proposing.move(before.revision, head), mine, theirs)
        measured = proposing.kept_metrics(before.revision)
        wanted = Wanted(changes, locked.title, locked.reason, locked.kind, measured, locked.authors)
        made = proposing.draft(account, locked.repository, head, wanted, now)
        _save_version(account, locked, made, wanted, rebased=True)
    return locked


def refuse_moved(contribution: Contribution, expected_head: str | None, expected_proposal: str | None) -> None:
    """Raise NewerProposal or StaleParent if either is not what the caller looked at; None says that he did not."""
    if expected_proposal is not None and expected_proposal != _proposed(contribution).revision_id:
        raise NewerProposal
    refuse_stale(contribution.repository, expected_head)


def _save_version(
    account: "Account", contribution: Contribution, made: Draft, wanted: Wanted, *, rebased: bool = False
) -> None:
    version, moment = _proposed(contribution).version + 1, made.object.time
    entry = proposing.record("contribution.updated", account, contribution, made, wanted)
    contribution.proposal = proposing.save(contribution, made, entry, version=version, rebased=rebased)
    contribution.title, contribution.reason, contribution.kind = wanted.title, wanted.reason, wanted.kind
    contribution.authors = list(wanted.authors)
    contribution.state, contribution.changed, contribution.waiting = State.OPEN, moment, moment
    contribution.save()


def withdraw(*, account: "Account", contribution: Contribution, now: datetime, reason: str = "") -> Contribution:
    """End an undecided contribution. It stays to be read; its files go after a while. Raises NotAllowed and Over.

    Also where the account may not read any more: its bytes and its place in the queue are its own to take back.
    """
    with transaction.atomic():
        locked = _own(account, contribution, reads=False)
        moment, words = cut_time(now), _reason(reason)
        events.record(
            "contribution.withdrawn",
            subject=f"contrib:{locked.pk}",
            actor=account,
            data={"repo": f"repo:{locked.repository_id}", "number": locked.number},
            details={"reason": {"reason": words}} if words else {},
            now=moment,
        )
        locked.state, locked.changed, locked.waiting = State.WITHDRAWN, moment, None
        locked.save(update_fields=["state", "changed", "waiting"])
    return locked


# --- discussion ----------------------------------------------------------------------------------
def comment(*, account: "Account", contribution: Contribution, text: str, now: datetime) -> Comment:
    """Say something in the discussion; whoever may read the repository may. Not in the log. Raises Invalid at `text`."""
    _require_reader(account, contribution.repository)
    said = _words("text", text, LONGEST_COMMENT)
    if not said:
        raise Invalid("text", _("Write something first."))
    lately = Comment.objects.filter(author=account, time__gt=now - timedelta(hours=1)).count()
    if lately >= COMMENTS_PER_HOUR:
        raise OverQuota(_("You have written as many comments as one account may in an hour. Try again later."))
    with transaction.atomic():
        events.refuse_erased(account)
        return Comment.objects.create(contribution=contribution, author=account, text=said, time=now)


def delete_comment(*, account: "Account", comment: Comment, now: datetime) -> None:
    """Destroy the words of one's own comment; its place stays. A second time changes nothing. Raises NotAllowed."""
    if comment.author_id != account.pk:
        raise NotAllowed(_("Only who wrote a comment may delete it."))
    if comment.deleted is None:
        comment.text, comment.deleted = "", now
        comment.save(update_fields=["text", "deleted"])


# --- what is refused -----------------------------------------------------------------------------
def _require_reader(account: "Account", repository: Repository) -> None:
    if access.may_read(account, repository):
        return
    if repository.withdrawn is not None:
        raise Withdrawn
    raise RepositoryNotFound


def _own(account: "Account", contribution: Contribution, *, reads: bool = True) -> Contribution:
    """The account's own undecided contribution, locked with its repository, which it `reads`."""
    locked = lock(contribution)
    if reads:
        _require_reader(account, locked.repository)
    if locked.contributor_id != account.pk:
        raise NotAllowed(_("Only who proposed this may change it."))
    if locked.state not in UNDECIDED:
        raise Over
    return locked


def _proposed(contribution: Contribution) -> Any:
    assert contribution.proposal is not None
    return contribution.proposal


def _refuse_too_many(account: "Account", repository: Repository) -> None:
    """Requests at one instant may exceed the account's number by a few."""
    waiting = Contribution.objects.filter(state__in=UNDECIDED, repository__withdrawn__isnull=True)
    own = waiting.filter(contributor=account)
    if own.count() >= MOST_OF_ACCOUNT:
        raise TooManyOpen(_("As many of your contributions as one account may have wait already. Withdraw one first."))
    if own.filter(repository=repository).count() >= MOST_OF_ACCOUNT_HERE:
        raise TooManyOpen(
            _("As many of your contributions as one account may have here wait already. Change or withdraw one first.")
        )
    if waiting.filter(repository=repository).count() >= MOST_HERE:
        raise TooManyOpen(_("As many contributions as a repository takes wait here already. Try again later."))


def _title(text: str) -> str:
    title = _words("title", " ".join(text.split()), LONGEST_TITLE)
    if not title:
        raise Invalid("title", _("Say in a few words what this changes."))
    return title


def _reason(text: str) -> str:
    return _words("reason", text, LONGEST_REASON)


def _words(field: str, text: str, most: int) -> str:
    words = text.replace("\r\n", "\n").strip()
    if len(words) > most:
        raise Invalid(field, _("At most %(most)d characters.") % {"most": most})
    if "\x00" in words:
        raise Invalid(field, _("This contains a character that cannot be stored."))
    return words
