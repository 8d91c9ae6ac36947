"""What repositories keep about an account: for its own copy, and what goes when the account is erased."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.accounts import own_data as accounts
from hub.accounts.reserved import tombstone
from hub.repositories.browsing import search_text
from hub.repositories.models import Maintainer, Repository, Revision
from ledger import services as ledger

if TYPE_CHECKING:
    from hub.accounts.models import Account


def register() -> None:
    accounts.register("repositories", export=export, erase=erase, lock=lock, order=10)


def export(account: "Account") -> dict[str, Any]:
    """Its repositories, the revisions it published, and where it maintains."""
    rows = Repository.objects.filter(owner=account).order_by("created")
    revisions = (
        Revision.objects.filter(author=account)
        .order_by("published", "repository", "number")
        .select_related("repository")
    )
    maintains = Maintainer.objects.filter(account=account).select_related("repository__owner").order_by("pk")
    return {
        "owned": list(rows.values("id", "kind", "name", "visibility", "created", "changed", "withdrawn", "summary")),
        "revisions": [
            {"id": row.id, "repository": row.repository_id, "number": row.number, "message": row.message,
             "published": row.published}
            for row in revisions.defer("body")
        ],
        "maintains": [f"{row.repository.owner.username}/{row.repository.name}" for row in maintains],
    }  # fmt: skip


def lock(account: "Account") -> None:
    """Its repositories, which its own acts in them lock before anything else."""
    list(Repository.objects.filter(owner=account).order_by("pk").select_for_update().values_list("pk"))


def erase(account: "Account", now: datetime) -> None:
    """The reasons that it gave in its own words go, in the tables and beside the entries; its maintainer rights end.

    Search forgets its handle. Its files stay: they were published under licences that others rely on. Withdrawing them
    is another act.
    """
    Maintainer.objects.filter(account=account).delete()
    written = Revision.objects.filter(author=account).exclude(message="")
    for uid in written.values_list("entry__uid", flat=True):
        ledger.erase_details(uid, "message")
    written.update(message="")
    for row in Repository.objects.filter(owner=account).select_related("owner"):
        before = search_text(row)
        row.owner.username = tombstone(account.pseudonym)
        row.search_text = search_text(row, row.search_text.removeprefix(before))
        row.save(update_fields=["search_text"])
