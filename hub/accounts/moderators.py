"""Who may take down files and redact words: granted and taken away by the hub's operator, and both stand in the log."""

from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from hub.accounts.models import Account
from hub.accounts.reviewers import lock
from hub.accounts.services import to_milliseconds
from hub.errors import Conflict, Invalid, NotAllowed
from hub.events import SYSTEM, record


def grant_moderator(*, account: Account, now: datetime) -> None:
    """Make a person a moderator. Raises `Invalid` for who cannot be one, `Conflict` for who is one already."""
    with transaction.atomic():
        locked = lock(account)
        if locked.kind != Account.Kind.PERSON or not locked.is_active:
            raise Invalid("handle", _("Only a person with an open account can be a moderator."))
        if locked.moderator:
            raise Conflict(_("This person is a moderator already."))
        _change(locked, "moderator.granted", True, now)
    account.moderator = True


def revoke_moderator(*, account: Account, now: datetime) -> None:
    """End it. What the person took down or redacted stays so. Raises `Conflict` for who is none."""
    with transaction.atomic():
        locked = lock(account)
        if not locked.moderator:
            raise Conflict(_("This person is no moderator."))
        _change(locked, "moderator.revoked", False, now)
    account.moderator = False


def require_moderator(account: Account) -> None:
    """Raise `NotAllowed` unless the account is a moderator now. Inside a transaction it stays one until the end of it, so
    that the log never shows an act of somebody who was none at that time."""
    rows = Account.objects.filter(pk=account.pk)
    row = (rows.select_for_update(no_key=True) if connection.in_atomic_block else rows).first()
    if row is None or not row.moderator or not row.is_active:
        raise NotAllowed(_("Only a moderator may do this."))


def _change(account: Account, event_type: str, granted: bool, now: datetime) -> None:
    record(event_type, subject=account.actor, actor=SYSTEM, data={}, now=to_milliseconds(now))
    account.moderator = granted
    account.save(update_fields=["moderator"])
