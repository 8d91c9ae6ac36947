"""What uploads keep about an account: for its own copy, and what goes when the account is erased."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.accounts import own_data as accounts
from hub.uploads import selectors, services
from hub.uploads.models import Holding, Upload

if TYPE_CHECKING:
    from hub.accounts.models import Account


def register() -> None:
    accounts.register("uploads", export=export, erase=erase, lock=lock, order=30)


def export(account: "Account") -> dict[str, Any]:
    """Files on their way or waiting to be published, and the digests of all bytes that the account has sent."""
    uploads = Upload.objects.filter(account=account).order_by("created", "name", "pk")
    held = Holding.objects.filter(account=account).order_by("since", "blob_id")
    return {
        "uploads": list(uploads.values("id", "name", "size", "purpose", "state", "created", "touched")),
        "held": list(held.values("blob_id", "blob__size", "since")),
    }


def lock(account: "Account") -> None:
    """Its uploads, which publishing locks after the repository and a check before it gives the account the bytes."""
    list(Upload.objects.filter(account=account).order_by("pk").select_for_update().values_list("pk"))


def erase(account: "Account", now: datetime) -> None:
    """What was not published goes, file names and bytes; what was published is the repositories' matter."""
    for upload in Upload.objects.filter(account=account):
        services.remove_upload(upload)
    for holding in Holding.objects.filter(account=account):
        if not selectors.has_published(account, holding.blob_id):
            holding.delete()
