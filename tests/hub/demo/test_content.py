"""The demo content goes through the real services: every figure has its number of samples, every change its entry."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.test import override_settings

from hub.demo import content
from hub.repositories.models import Repository, Revision
from ledger.services import create_log

pytestmark = pytest.mark.django_db


@pytest.fixture
def published(now: datetime, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    said: list[str] = []
    create_log(now)
    content.people(lambda: now)
    monkeypatch.setattr(content, "WORKS", content.WORKS[:2])
    with override_settings(BLOB_DIR=tmp_path / "blobs"):
        content.publish(lambda: now, said.append)
        yield said


def test_each_model_has_its_line_of_revisions_trained_on_its_dataset(published: list[str]) -> None:
    model = Repository.objects.get(name="breast-cancer-logistic")
    revisions = list(model.revisions.order_by("number"))
    assert [revision.metrics[0]["value"] for revision in revisions] == ["0.9420", "0.9789", "0.9807"]
    data = Repository.objects.get(name="wisconsin-breast-cancer").head
    assert all([edge.source for edge in revision.sources.all()] == [data] for revision in revisions)
    assert published


def test_every_metric_says_how_many_samples_it_was_measured_on(published: list[str]) -> None:
    rows = [metric for revision in Revision.objects.all() for metric in revision.metrics]
    assert rows
    assert all(metric["n"] > 0 and metric["on"].startswith("rev:") for metric in rows)


def test_a_second_run_adds_nothing(published: list[str], now: datetime) -> None:
    before = Revision.objects.count()
    content.publish(lambda: now, lambda _words: None)
    assert content.people(lambda: now) == {}
    assert Revision.objects.count() == before
