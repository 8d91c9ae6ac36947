"""Each test has its own store and its own sender."""

import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_django import Settings

from tests.hub.uploads.sending import Sender

if TYPE_CHECKING:
    from hub.accounts.models import Account


@pytest.fixture(autouse=True)
def stores(settings: Settings, tmp_path: Path) -> None:
    settings.BLOB_DIR = tmp_path / "blobs"
    settings.UPLOAD_DIR = tmp_path / "uploads"


@pytest.fixture
def sender(alice: "Account", tmp_path: Path, now: datetime) -> Sender:
    return Sender(alice, tmp_path, now)


@pytest.fixture
def other(bob: "Account", tmp_path: Path, now: datetime) -> Sender:
    return Sender(bob, tmp_path, now)


@pytest.fixture
def published(alice: "Account", now: datetime) -> Callable[[str], None]:
    """Gives a blob a place in a repository."""
    from hub import events
    from hub.repositories.models import Repository, SaltedLeaf

    def publish(sha256: str) -> None:
        key = uuid.uuid4()
        data = {"kind": "dataset", "visibility": "private", "owner": alice.actor}
        entry = events.record(
            "repository.created",
            subject=f"repo:{key}",
            actor=alice,
            data=data,
            details={"name": {"name": "data"}},
            now=now,
        )
        repository = Repository.objects.create(
            pk=key, kind="dataset", owner=alice, name="data", created=now, changed=now, entry=entry
        )
        SaltedLeaf.objects.create(repository=repository, leaf="0" * 64, blob_id=sha256)

    return publish
