"""Repositories of the tests, made by the real services, in a blob store of their own."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client

from hub.accounts.models import Account
from hub.repositories.changes import Change
from hub.repositories.models import Repository, Revision
from hub.repositories.services import create_repository, publish_revision
from tests.hub.repositories.calling import Caller, caller

CARD = """---
license: cc-by-4.0
tags: [tabular, oncology]
pretty_name: Cell samples
---

# cells

Measurements of 569 cell samples.
"""


@pytest.fixture(autouse=True)
def _blobs(settings: LazySettings, tmp_path: Path) -> Iterator[None]:
    settings.BLOB_DIR = tmp_path / "blobs"
    cache.clear()
    yield


class Create(Protocol):
    def __call__(self, name: str = ..., **fields: Any) -> Repository: ...


class Publish(Protocol):
    def __call__(self, repository: Repository, files: dict[str, str | None], **fields: Any) -> Revision: ...


@pytest.fixture
def create(alice: Account, now: datetime) -> Create:
    """Alice's new repository: a public dataset called cells, unless said otherwise."""

    def make(name: str = "cells", **fields: Any) -> Repository:
        given = {"account": alice, "kind": "dataset", "visibility": "public", "card": CARD, "now": now, **fields}
        return create_repository(name=name, **given)

    return make


@pytest.fixture
def publish(alice: Account, now: datetime) -> Publish:
    """Publish text files by path as Alice; None removes."""

    def make(repository: Repository, files: dict[str, str | None], **fields: Any) -> Revision:
        given = {"account": alice, "message": "A reason.", "kind": "data", "now": now, **fields}
        published = publish_revision(repository=repository, changes=texts(files), **given)
        repository.refresh_from_db()
        return published

    return make


def texts(files: dict[str, str | None]) -> list[Change]:
    return [Change(path, content=None if text is None else text.encode()) for path, text in files.items()]


@pytest.fixture
def dataset(create: Create) -> Repository:
    return create()


@pytest.fixture
def private(create: Create) -> Repository:
    return create("secret", visibility="private")


@pytest.fixture
def writer(alice: Account) -> Caller:
    """Speaks to the API as Alice."""
    return caller(alice)


@pytest.fixture
def nobody(db: None) -> Caller:
    """Speaks to the API without an account."""
    return Caller()


@pytest.fixture
def page(client: Client, alice: Account) -> Client:
    """Alice's browser."""
    client.force_login(alice)
    return client


@pytest.fixture
def rich(dataset: Repository, publish: Publish) -> Repository:
    """A dataset with a table, text, a picture, weights, Markdown in a folder, and odd names."""
    publish(
        dataset,
        {
            "cells.csv": "radius,class\n1.5,benign\n2.5,malignant\n",
            "docs/method.md": "# Method\n\nSee [the card](../README.md).\n",
            "src/train.py": "def train():\n    return '<b>'\n",
            "a b/c+#%.txt": "odd",
            "plot.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
            "blob.bin": "\x00\x01",
        },
        message="First files.",
        metrics=[{"name": "accuracy", "value": "0.940", "n": 569}],
    )
    publish(
        dataset,
        {
            "cells.csv": "radius,class,age\n1.5,benign,9\n2.5,malignant,8\n3.5,benign,7\n",
            "src/train.py": "def train():\n    return 1\n",
        },
        message="One more <sample>.",
        metrics=[{"name": "accuracy", "value": "0.979", "n": 570, "low": "0.96", "high": "0.99"}],
    )
    return dataset
