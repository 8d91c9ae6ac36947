"""What others have published does not show in an account's own quota."""

from datetime import datetime

import pytest

from hub.accounts.models import Account
from hub.repositories.models import Repository
from hub.uploads import selectors, services
from hub.uploads.models import Upload
from tests.hub.repositories.conftest import Publish

pytestmark = pytest.mark.django_db


def sent(account: Account, content: bytes, now: datetime) -> Upload:
    blob = services.hold_bytes(account, content, now)
    return Upload.objects.create(
        account=account, purpose="revision", name="x", size=len(content), part_size=8, part_count=1,
        created=now, touched=now, state=Upload.State.STORED, blob=blob,
    )  # fmt: skip


def test_bytes_in_somebodys_private_repository_are_let_go_like_any_others(
    private: Repository, publish: Publish, bob: Account, now: datetime
) -> None:
    publish(private, {"x": "known bytes"})
    for content in (b"known bytes", b"other bytes"):
        services.remove_upload(sent(bob, content, now))
        assert selectors.usage(bob).used == 0


def test_bytes_that_the_account_published_itself_keep_counting(
    private: Repository, publish: Publish, alice: Account, now: datetime
) -> None:
    publish(private, {"x": "known bytes"})
    before = selectors.usage(alice).used
    services.remove_upload(sent(alice, b"known bytes", now))
    assert selectors.usage(alice).used == before
