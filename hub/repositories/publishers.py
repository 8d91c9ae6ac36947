"""Whether somebody has published bytes: then their holding stays, whatever becomes of the upload."""

from typing import TYPE_CHECKING

from hub.repositories.models import FileChange

if TYPE_CHECKING:
    from hub.accounts.models import Account


def has_published(account: "Account", sha256: str) -> bool:
    return FileChange.objects.filter(blob_id=sha256, revision__author=account).exists()
