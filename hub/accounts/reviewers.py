"""Who may assess works for rewards: granted and taken away by the hub's operator, and both stand in the log."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from hub.accounts.models import Account
from hub.accounts.services import to_milliseconds
from hub.errors import Conflict, Invalid
from hub.events import SYSTEM, record


def grant_reviewer(*, account: Account, now: datetime) -> None:
    """Make a person a hub reviewer. Raises `Invalid` for who cannot be one, `Conflict` for who is one already."""
    with transaction.atomic():
        locked = lock(account)
        if locked.kind != Account.Kind.PERSON or not locked.is_active:
            raise Invalid("handle", _("Only a person with an open account can be a hub reviewer."))
        if locked.hub_reviewer:
            raise Conflict(_("This person is a hub reviewer already."))
        _change(locked, "reviewer.granted", True, now)
    account.hub_reviewer = True


def revoke_reviewer(*, account: Account, now: datetime) -> None:
    """End it. What the person assessed until now keeps counting. Raises `Conflict` for who is none."""
    with transaction.atomic():
        locked = lock(account)
        if not locked.hub_reviewer:
            raise Conflict(_("This person is no hub reviewer."))
        _change(locked, "reviewer.revoked", False, now)
    account.hub_reviewer = False


def lock(account: Account) -> Account:
    """The account as it is now, until the transaction ends: who assesses is a hub reviewer where the log says so."""
    return Account.objects.select_for_update().get(pk=account.pk)


def _change(account: Account, event_type: str, granted: bool, now: datetime) -> None:
    record(event_type, subject=account.actor, actor=SYSTEM, data={}, now=to_milliseconds(now))
    account.hub_reviewer = granted
    account.save(update_fields=["hub_reviewer"])
