"""What people do with repositories. Every act that the log tells of is one transaction with its entry.

Times are UTC and handed in. Publishing stands in `publishing` and is offered here with the rest.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from hub import events
from hub.accounts import selectors as accounts
from hub.errors import Conflict, Invalid, NotAllowed, NotFound
from hub.events import record
from hub.repositories import access, rules, words
from hub.repositories.browsing import search_text
from hub.repositories.card import NAME as CARD
from hub.repositories.card import edit_fields
from hub.repositories.changes import Change
from hub.repositories.front_matter import FrontMatterRefused
from hub.repositories.models import Maintainer, Repository, Revision, new_salt
from hub.repositories.publishing import lock, publish_revision
from hub.repositories.revision import cut_time

if TYPE_CHECKING:
    from hub.accounts.models import Account

__all__ = [
    "Change",
    "add_maintainer",
    "change_visibility",
    "create_repository",
    "edit_card",
    "publish_revision",
    "remove_maintainer",
    "rename",
    "set_fields",
    "withdraw",
]

# Access on request comes with its own pages; until then a repository is open to all or to its own people.
OFFERED = (Repository.Visibility.PUBLIC, Repository.Visibility.PRIVATE)
MOST_MAINTAINERS = 50


def create_repository(
    *,
    account: "Account",
    kind: str,
    name: str,
    visibility: str,
    card: str,
    now: datetime,
    owner: "Account | None" = None,
    message: str = "",
    files: Sequence[Change] = (),
    work_kind: str = "documentation",
    metrics: Sequence[Mapping[str, Any]] | None = None,
) -> Repository:
    """Make a repository and publish its first revision with this card (and `files`), so that it has a commit from the start.

    `work_kind` and `metrics` are those of the first revision, as `publish_revision` takes them.

    Raises Invalid (kind, name, visibility, card, changes), Conflict for a taken name, NotAllowed for another's name.
    """
    owner = owner or account
    _check_new(account, owner, kind, name, visibility)
    moment = cut_time(now)
    with transaction.atomic():
        repository = _insert(account, owner, kind, name, visibility, moment)
        publish_revision(
            account=account,
            repository=repository,
            changes=[_card_change(card), *files],
            message=message,
            kind=work_kind,
            metrics=metrics,
            now=moment,
            expected_parent="",
        )
    return access.visible(account).select_related("owner", "head", "entry").get(pk=repository.pk)


def _check_new(account: "Account", owner: "Account", kind: str, name: str, visibility: str) -> None:
    if kind not in Repository.Kind.values:
        raise Invalid("kind", _("Choose a model or a dataset."))
    _check_visibility(visibility)
    _check_name(name)
    if not access.may_own_here(account, owner):
        raise NotAllowed(_("You may not create repositories in the name of %(owner)s.") % {"owner": owner.username})


def _check_visibility(visibility: str) -> None:
    if visibility not in OFFERED:
        raise Invalid("visibility", _("Choose public or private."))


def _check_name(name: str) -> None:
    if not rules.name_fits(name):
        raise Invalid(
            "name",
            _(
                "Use letters A to Z, digits and the signs - _ . (at most 96). Neither - nor . may stand first, last or "
                "twice in a row."
            ),
        )


def _insert(
    account: "Account", owner: "Account", kind: str, name: str, visibility: str, moment: datetime
) -> Repository:
    key = uuid.uuid4()
    _refuse_taken(kind, owner, name)
    entry = record(
        "repository.created",
        subject=f"repo:{key}",
        actor=account,
        data={"kind": kind, "visibility": visibility, "owner": owner.actor},
        details={"name": {"name": name}},
        now=moment,
    )
    row = Repository(
        id=key, kind=kind, owner=owner, name=name, visibility=visibility, created=moment, changed=moment, entry=entry
    )
    row.search_text = search_text(row)
    _save_once(row, force_insert=True)
    return row


def _refuse_taken(kind: str, owner: "Account", name: str, but: Sequence[uuid.UUID] = ()) -> None:
    rows = Repository.objects.alias(own_name=Lower("name")).filter(kind=kind, owner=owner, own_name=name.lower())
    if rows.exclude(pk__in=but).exists():
        raise _taken()


def _taken() -> Conflict:
    return Conflict(_("There is a repository of this kind with this name already. Choose another name."))


def _save_once(row: Repository, *, force_insert: bool = False) -> None:
    """Save; somebody who took the name at the same moment wins."""
    try:
        with transaction.atomic():
            row.save(force_insert=force_insert)
    except IntegrityError:
        raise _taken() from None


# --- the card ------------------------------------------------------------------------------------
def _card_change(text: str) -> Change:
    return Change(CARD, content=text.replace("\r\n", "\n").encode())


def edit_card(
    *,
    account: "Account",
    repository: Repository,
    text: str,
    message: str,
    now: datetime,
    expected_parent: str | None = None,
    pins: str = "",
    fields: Mapping[str, Any] | None = None,
) -> Revision:
    """Publish a revision with this card. `fields` are set in its front matter first; the rest of the text stays as it is.

    Raises what `publish_revision` raises.
    """
    if fields:
        text = set_fields(text, fields)
    return publish_revision(
        account=account,
        repository=repository,
        changes=[_card_change(text)],
        message=message,
        kind="documentation",
        now=now,
        expected_parent=expected_parent,
        pins=pins,
    )


def set_fields(text: str, fields: Mapping[str, Any]) -> str:
    """The card with these front matter fields, None for none. Raises Invalid at `card` when it cannot be read."""
    try:
        return edit_fields(text, fields)
    except FrontMatterRefused as error:
        raise Invalid("card", words.card_refusal(error)) from None


# --- settings ------------------------------------------------------------------------------------
def change_visibility(*, account: "Account", repository: Repository, visibility: str, now: datetime) -> None:
    """Who sees it from now on.

    Becoming public publishes the salt, so that its earlier revisions can be recomputed; leaving the public takes a new one,
    because a published salt hides nothing.
    """
    _check_visibility(visibility)
    moment = cut_time(now)
    with transaction.atomic():
        locked = _owned(account, repository)
        if locked.visibility == visibility:
            raise Conflict(_("The repository has this visibility already."))
        data: dict[str, Any] = {"visibility": visibility}
        if visibility == Repository.Visibility.PUBLIC:
            data["salt"] = bytes(locked.salt).hex()
        record("repository.visibility_changed", subject=f"repo:{locked.pk}", actor=account, data=data, now=moment)
        if visibility != Repository.Visibility.PUBLIC:
            locked.salt = new_salt()
        locked.visibility = visibility
        locked.save(update_fields=["visibility", "salt"])
    repository.visibility, repository.salt = visibility, locked.salt


def rename(*, account: "Account", repository: Repository, name: str, now: datetime) -> None:
    """A new name, and so new addresses. Raises Invalid and Conflict at the name."""
    _check_name(name)
    with transaction.atomic():
        locked = _owned(account, repository)
        if locked.name == name:
            raise Conflict(_("The repository has this name already."))
        _refuse_taken(locked.kind, locked.owner, name, but=[locked.pk])
        record(
            "repository.renamed",
            subject=f"repo:{locked.pk}",
            actor=account,
            data={},
            details={"name": {"name": name}},
            now=cut_time(now),
        )
        before = search_text(locked)
        locked.name = name
        locked.search_text = search_text(locked, locked.search_text.removeprefix(before))
        _save_once(locked)
    repository.name = name


def withdraw(*, account: "Account", repository: Repository, reason: str, now: datetime) -> None:
    """Hide the repository for good. Its entries stay; bytes stay where others depend on them."""
    if reason not in events.REMOVAL_REASONS:
        raise Invalid("reason", _("Choose a reason."))
    moment = cut_time(now)
    with transaction.atomic():
        locked = _owned(account, repository)
        record(
            "repository.withdrawn",
            subject=f"repo:{locked.pk}",
            actor=account,
            data={"reason": reason},
            now=moment,
        )
        locked.withdrawn = moment
        locked.save(update_fields=["withdrawn"])
    repository.withdrawn = moment


def add_maintainer(*, account: "Account", repository: Repository, handle: str) -> None:
    """Let somebody publish and merge. Not in the log; what they do will be, under their own pseudonym."""
    with transaction.atomic():
        locked = _owned(account, repository)
        person = _person(handle)
        if person.pk == locked.owner_id:
            raise Invalid("handle", _("The owner may do everything already."))
        if Maintainer.objects.filter(repository=locked).count() >= MOST_MAINTAINERS:
            raise Conflict(_("A repository has at most %(most)d maintainers.") % {"most": MOST_MAINTAINERS})
        Maintainer.objects.get_or_create(repository=locked, account=person)


def _person(handle: str) -> "Account":
    try:
        found = accounts.account_by_handle(handle.strip())
    except NotFound:
        found = None
    if found is None or found.kind != "person" or not found.is_active:
        raise Invalid("handle", _("There is no person here with this handle."))
    return found


def remove_maintainer(*, account: "Account", repository: Repository, handle: str) -> None:
    """Take that right away again. Maintainers may remove themselves. Removing nobody changes nothing."""
    with transaction.atomic():
        locked = lock(repository)
        if handle.lower() != account.username.lower():
            access.require_owner(account, locked)
        Maintainer.objects.filter(repository=locked, account__username__iexact=handle.strip()).delete()


def _owned(account: "Account", repository: Repository) -> Repository:
    locked = lock(repository)
    access.require_owner(account, locked)
    return locked
