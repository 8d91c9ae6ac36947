"""Each test has its own store and its own sender."""

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
def published(now: datetime) -> Callable[["Account", str], None]:
    """Lets an account publish bytes that it holds, in a private repository of its own."""
    from hub.repositories.card import starter
    from hub.repositories.changes import Change
    from hub.repositories.services import create_repository

    def publish(account: "Account", sha256: str) -> None:
        create_repository(
            account=account,
            kind="dataset",
            name="data",
            visibility="private",
            card=starter(title="data", summary="Some bytes", licence="CC0-1.0"),
            files=[Change("data.csv", sha256=sha256)],
            now=now,
        )

    return publish
