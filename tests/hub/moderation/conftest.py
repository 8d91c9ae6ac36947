"""Alice's dataset, with a file that has to go, and Mona, a moderator."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.cache import cache

from hub.accounts.models import Account
from hub.accounts.moderators import grant_moderator
from hub.repositories.models import Repository
from hub.uploads.models import Blob
from hub.uploads.selectors import blob_store
from hub.uploads.takedowns import remove_taken_down, take_down
from tests.hub.factories import make_account
from tests.hub.repositories.conftest import Create, Publish, create, dataset, publish

__all__ = ["create", "dataset", "publish"]
SECRET = "name,diagnosis\nJane Doe,malignant\n"
DIGEST = sha256(SECRET.encode()).hexdigest()


@pytest.fixture(autouse=True)
def _stores(settings: LazySettings, tmp_path: Path) -> Iterator[None]:
    settings.BLOB_DIR, settings.UPLOAD_DIR = tmp_path / "blobs", tmp_path / "uploads"
    cache.clear()
    yield


@pytest.fixture
def mona(db: None, now: datetime) -> Account:
    account = make_account("mona")
    grant_moderator(account=account, now=now)
    return account


@pytest.fixture
def patients(dataset: Repository, publish: Publish) -> Repository:
    """Two versions of a table; the first names a patient."""
    publish(dataset, {"patients.csv": SECRET})
    publish(dataset, {"patients.csv": "name,diagnosis\n", "other.csv": "a\n1\n"})
    return dataset


def remove(account: Account, digest: str, now: datetime, reason: str = "personal_data", words: str = "") -> Blob:
    """Taken down, and the bytes gone, as the worker does it right after."""
    take_down(account=account, sha256=digest, reason=reason, words=words, now=now)
    remove_taken_down(now)
    return Blob.objects.get(pk=digest)


def is_stored(digest: str) -> bool:
    return blob_store().path(digest).exists()


__all__ += ["DIGEST", "SECRET", "Create", "Publish", "is_stored", "remove"]
