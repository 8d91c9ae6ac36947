"""Claims that the hub sends for people who ask: it pays the gas, and the contract pays their wallet alone."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from hub.errors import Conflict
from rewards import reading
from rewards.models import RelayedClaim

if TYPE_CHECKING:
    from hub.accounts.models import Account


def ask_for_relay(*, account: "Account", now: datetime) -> RelayedClaim:
    """Ask for the claim of all that the newest final distribution credits to the account's wallet; once per epoch.

    Raises `Conflict` when there is nothing to claim.
    """
    standing = reading.standing(account.pk, account.pseudonym)
    if standing.epoch is None or standing.claimable_wei <= 0:
        raise Conflict(_("There is nothing to claim for your wallet yet."))
    row, _made = RelayedClaim.objects.get_or_create(
        epoch_id=standing.epoch,
        wallet=standing.wallet,
        defaults={"account": account, "cumulative_wei": standing.leaf_wei, "asked": now},
    )
    return row
