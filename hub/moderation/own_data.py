"""What moderation keeps about an account, and what goes when the account is erased."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.accounts import own_data as accounts
from hub.moderation.describing import REMOVALS
from ledger import selectors as ledger
from ledger import services

if TYPE_CHECKING:
    from hub.accounts.models import Account


def register() -> None:
    accounts.register("moderation", export=export, erase=erase)


def export(account: "Account") -> dict[str, Any]:
    """Whether it is a moderator. What it removed stands among its entries."""
    return {"moderator": account.moderator}


def erase(account: "Account", now: datetime) -> None:
    """Its words about removals go; what it removed stays away."""
    for entry in ledger.entries_by_actor(account.actor):
        if entry.type in REMOVALS and "reason" in entry.details:
            services.erase_details(entry.uid, "reason")
