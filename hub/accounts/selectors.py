"""What others may ask about accounts."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from hub.accounts.models import Account, ApiToken
from hub.errors import NotFound


def account_by_handle(handle: str) -> Account:
    """The account with this handle in any spelling of case; also an erased one, by its tombstone. Raises `NotFound`."""
    found = Account.objects.filter(username__iexact=handle).first() if "\x00" not in handle else None
    if found is None:
        raise NotFound(_("Nobody here has this name."))
    return found


def account_by_pseudonym(pseudonym: str) -> Account:
    """The account that the log calls `acct:` and this pseudonym. Raises `NotFound`."""
    found = Account.objects.filter(pseudonym=pseudonym).first()
    if found is None:
        raise NotFound(_("Nobody here has this name."))
    return found


def handles_of(pseudonyms: Collection[str]) -> dict[str, str]:
    """The handle behind each pseudonym, without those that are unknown or erased. One query."""
    found = Account.objects.filter(pseudonym__in=list(pseudonyms), erased__isnull=True)
    return dict(found.values_list("pseudonym", "username"))


def tokens_of(account: Account) -> list[ApiToken]:
    """The tokens that still stand, newest first; expired ones stay until they are revoked."""
    return list(account.tokens.filter(revoked__isnull=True).order_by("-created", "-pk"))


def hub_reviewers() -> list[Account]:
    """Everybody who may assess works, by handle."""
    return list(Account.objects.filter(hub_reviewer=True, is_active=True).order_by("username"))
