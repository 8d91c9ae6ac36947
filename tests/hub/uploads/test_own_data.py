"""What a person takes away, and what erasing the account destroys."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from hub.accounts.erasure import erase_account, export_account
from hub.uploads import selectors
from hub.uploads.models import Holding, Upload
from tests.hub.uploads.sending import PURPOSE, Sender, digest

if TYPE_CHECKING:
    from hub.accounts.models import Account


def test_the_export_names_open_files_and_held_bytes(sender: Sender) -> None:
    sender.start(b"12345", "diary.csv")
    sender.store(b"abc", "done.csv")
    found = export_account(sender.account)["uploads"]
    assert [(row["name"], row["size"], row["purpose"]) for row in found["uploads"]] == [
        ("diary.csv", 5, PURPOSE),
        ("done.csv", 3, PURPOSE),
    ]
    assert [row["blob_id"] for row in found["held"]] == [digest(b"abc")]


def test_erasing_destroys_what_was_not_published_and_keeps_what_was(
    sender: Sender, other: Sender, published: Callable[["Account", str], None]
) -> None:
    sender.start(b"12345", "diary.csv")
    sender.store(b"abc", "draft.csv")
    sender.store(b"def", "data.csv")
    published(sender.account, digest(b"def"))
    other.store(b"abc")
    erase_account(sender.account, sender.now)
    assert not Upload.objects.filter(account=sender.account).exists()
    held = Holding.objects.filter(account=sender.account).values_list("blob_id", flat=True)
    assert digest(b"abc") not in held
    assert digest(b"def") in held
    assert selectors.readable_blob(other.account, digest(b"abc")) is not None
