"""A repository on a ledger of its own: published by Alice, sequenced and anchored by hand."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.cache import cache

from hub.accounts.models import Account
from hub.repositories.changes import Change
from hub.repositories.models import Repository
from hub.repositories.services import create_repository, publish_revision
from tests.hub.factories import make_account
from tests.ledger.conftest import Ledger, folders, ledger, node

__all__ = ["folders", "ledger", "node"]

CARD = "---\nlicense: cc-by-4.0\ndatasets: []\n---\n# cells\n\nMeasurements of 569 cell samples.\n"


@pytest.fixture(autouse=True)
def _blobs(settings: LazySettings, tmp_path: Path) -> Iterator[None]:
    settings.BLOB_DIR = tmp_path / "blobs"
    cache.clear()
    yield


@pytest.fixture
def owner(ledger: Ledger) -> Account:
    return make_account("alice")


@pytest.fixture
def model(ledger: Ledger, owner: Account, now: datetime) -> Repository:
    """Two revisions, the second better than the first; nothing sequenced yet."""
    found = create_repository(
        account=owner, kind="model", name="cells-linear", visibility="public", card=CARD, now=now,
        message="A baseline.", work_kind="model", metrics=[{"name": "accuracy", "value": "0.940", "n": 569}],
        files=[Change("weights.bin.txt", content=b"one")],
    )  # fmt: skip
    publish_revision(
        account=owner, repository=found, changes=[Change("weights.bin.txt", content=b"two")], message="Scaled first.",
        kind="tuning", metrics=[{"name": "accuracy", "value": "0.979", "n": 569}], now=now,
    )  # fmt: skip
    return Repository.objects.select_related("head", "owner").get(pk=found.pk)


@pytest.fixture
def final_model(ledger: Ledger, model: Repository) -> Repository:
    """The same under a final anchor."""
    publish_log(ledger)
    ledger.anchor_to_the_end()
    return model


def publish_log(ledger: Ledger) -> None:
    ledger.sequence()
    ledger.publish()
