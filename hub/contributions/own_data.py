"""What contributions keep about an account: for its own copy, and what goes when the account is erased."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.accounts import own_data as accounts
from hub.contributions.models import Comment, Consent, Contribution
from ledger import selectors as ledger
from ledger import services as ledger_services

if TYPE_CHECKING:
    from hub.accounts.models import Account

_WORDS = ("title", "reason")


def register() -> None:
    accounts.register("contributions", export=export, erase=erase, lock=lock, order=20)


def export(account: "Account") -> dict[str, Any]:
    """What it proposed, in what it agreed to share, where it is named, and what it said in discussions."""
    rows = Contribution.objects.filter(contributor=account).order_by("opened", "repository", "number")
    shared = Contribution.objects.filter(authors__contains=[{"account": account.actor}]).exclude(contributor=account)
    comments = Comment.objects.filter(author=account, deleted__isnull=True).order_by("time", "pk")
    return {
        "opened": list(
            rows.values(
                "id", "repository", "number", "title", "reason", "kind", "authors", "state", "opened", "changed"
            )
        ),
        "agreed": list(
            Consent.objects.filter(account=account).order_by("time", "pk").values("contribution", "bps", "time")
        ),
        "shared": list(
            shared.order_by("opened", "repository", "number").values(
                "id", "repository", "number", "kind", "authors", "state", "opened", "changed"
            )
        ),
        "comments": list(comments.values("contribution", "text", "time")),
    }


def lock(account: "Account") -> None:
    """What it proposed, which changing it locks after the repository."""
    list(Contribution.objects.filter(contributor=account).order_by("pk").select_for_update().values_list("pk"))


def erase(account: "Account", now: datetime) -> None:
    """Titles, reasons and comments in its own words go, in the tables and beside the entries.

    What it proposed stays as it is decided: others may share in it, and the log names it by its pseudonym.
    """
    Comment.objects.filter(author=account, deleted__isnull=True).update(text="", deleted=now)
    own = Contribution.objects.filter(contributor=account)
    for contribution in own:
        _erase_entries(account, contribution)
    own.update(title="", reason="")


def _erase_entries(account: "Account", contribution: Contribution) -> None:
    for entry in ledger.entries_with_subject(f"contrib:{contribution.pk}"):
        if entry.actor == account.actor and entry.type.startswith("contribution."):
            for group in sorted(entry.digests.keys() & set(_WORDS)):
                ledger_services.erase_details(entry.uid, group)
