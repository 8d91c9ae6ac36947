"""Publishing revisions over the API, on the real services."""

import hashlib
from typing import Any

import pytest
from django.utils import timezone

from hub.accounts.models import Account
from hub.repositories.models import Repository, Revision
from hub.uploads.services import start_upload
from ledger.models import Entry
from tests.hub.repositories.calling import REPOSITORIES, REVISIONS, WHY, Caller, refused, text
from tests.hub.repositories.conftest import CARD, Publish

pytestmark = pytest.mark.django_db


# --- publishing ----------------------------------------------------------------------------------
def test_text_is_published_with_its_reason_and_its_metrics(writer: Caller, dataset: Repository) -> None:
    assert dataset.head is not None
    metric = {"name": "accuracy", "value": 0.979, "n": 569, "low": "0.9640", "high": "0.988", "level": "0.95"}
    answer = writer.publish(
        dataset,
        kind="evaluation",
        message="Measured out of fold.",
        metrics=[metric],
        expected_parent=dataset.head.id,
        changes=[text("results/a.csv", "a,b\n1,2\n"), text("証.txt", ""), {"path": "README.md", "text": CARD + "!"}],
    )
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert answer["Location"] == f"{REVISIONS}/{made['id']}"
    assert (made["number"], made["parent"], made["commit"]) == (2, dataset.head.id, made["id"][:40])
    assert (made["kind"], made["message"], made["salt"]) == ("evaluation", "Measured out of fold.", None)
    assert made["metrics"] == [{**metric, "value": "0.979", "better": "higher"}]
    assert writer.get(f"{REVISIONS}/{made['commit']}").json() == made
    assert Entry.objects.get(uid=made["entry"]["uid"]).subject == f"rev:{made['id']}"


def test_files_and_folders_are_removed(writer: Caller, dataset: Repository, publish: Publish) -> None:
    publish(dataset, {"a": "1", "old/b": "1", "old/c": "1"})
    removed = [{"path": "a", "remove": True}, {"path": "old/", "remove": True}]
    made = writer.publish(dataset, changes=removed).json()
    assert [f["path"] for f in writer.get(f"{REVISIONS}/{made['id']}/files").json()["results"]] == ["README.md"]


def test_bytes_come_from_an_upload_or_by_their_digest(
    writer: Caller, dataset: Repository, publish: Publish, alice: Account
) -> None:
    publish(dataset, {"a": "1"})
    sha256 = hashlib.sha256(b"1").hexdigest()
    upload = start_upload(alice, "b.csv", 1, "revision", timezone.now(), sha256=sha256)
    changes = [{"path": "b.csv", "upload": str(upload.pk)}, {"path": "c.csv", "sha256": sha256}]
    made = writer.publish(dataset, changes=changes).json()
    listed = writer.get(f"{REVISIONS}/{made['id']}/changes").json()["results"]
    assert [(found["path"], found["action"], found["sha256"]) for found in listed] == [
        ("b.csv", "added", sha256),
        ("c.csv", "added", sha256),
    ]


def test_a_revision_is_published_once_per_key(writer: Caller, dataset: Repository) -> None:
    path = f"{REPOSITORIES}/{dataset.pk}/revisions"
    body = {**WHY, "changes": [text("a", "1")]}
    first, second = (writer.post(path, body, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, first.content) == (201, second.content)
    assert Entry.objects.filter(type="revision.published").count() == 2


def test_a_stale_parent_is_a_conflict(writer: Caller, dataset: Repository, publish: Publish) -> None:
    assert dataset.head is not None
    old = dataset.head.id
    publish(dataset, {"a": "1"})
    for parent in (old, "", "0" * 64):
        refused(writer.publish(dataset, expected_parent=parent, changes=[text("a", "2")]), 409)
    assert writer.publish(dataset, expected_parent=None, changes=[text("a", "2")]).status_code == 201


def test_nothing_to_change_is_refused(writer: Caller, dataset: Repository) -> None:
    refused(writer.publish(dataset), 422, "changes")
    refused(writer.publish(dataset, changes=[text("README.md", CARD)]), 422, "changes")


def test_metrics_alone_are_a_revision(writer: Caller, dataset: Repository) -> None:
    answer = writer.publish(dataset, kind="evaluation", metrics=[{"name": "rmse", "value": "1.5"}])
    assert answer.json()["metrics"] == [{"name": "rmse", "value": "1.5", "better": "lower"}]


NO_CHANGE: list[tuple[Any, list[str]]] = [
    ({"path": "../a", "text": ""}, ["changes.0.path"]),
    ({"path": "/a", "text": ""}, ["changes.0.path"]),
    ({"path": "a/", "text": ""}, ["changes.0.path"]),
    ({"path": "", "text": ""}, ["changes.0.path"]),
    ({"path": "a\\b", "text": ""}, ["changes.0.path"]),
    ({"path": ".git/config", "text": ""}, ["changes.0.path"]),
    ({"path": "a\u202eb", "text": ""}, ["changes.0.path"]),
    ({"path": "x" * 300, "text": ""}, ["changes.0.path"]),
    ({"path": "a/" * 40 + "b", "text": ""}, ["changes.0.path"]),
    ({"path": "model.pkl", "text": "x"}, ["changes.0.path"]),
    ({"path": 7, "text": ""}, ["changes.0.path"]),
    ({"path": "/", "remove": True}, ["changes.0.path"]),
    ({"text": ""}, ["changes.0.path"]),
    ({"path": "nothing", "remove": True}, ["changes"]),
    ({"path": "README.md/below", "text": ""}, ["changes"]),
    ({"path": "readme.MD", "text": ""}, ["changes"]),
    ({"path": "a"}, ["changes.0"]),
    ({"path": "a", "remove": False}, ["changes.0"]),
    ({"path": "a", "text": "", "remove": True}, ["changes.0"]),
    ({"path": "a", "text": None}, ["changes.0.text"]),
    ({"path": "a", "text": 5}, ["changes.0.text"]),
    ({"path": "a", "sha256": "0" * 64}, ["changes"]),
    ({"path": "a", "sha256": "0" * 63}, ["changes.0.sha256"]),
    ({"path": "a", "sha256": "A" * 64}, ["changes.0.sha256"]),
    ({"path": "a", "upload": "00000000-0000-4000-8000-000000000000"}, ["changes"]),
    ({"path": "a", "upload": 2**53 - 1}, ["changes"]),
    ({"path": "a", "upload": -1}, ["changes.0.upload"]),
    ({"path": "a", "upload": []}, ["changes.0.upload"]),
    ({"path": "a", "txet": ""}, ["changes.0.txet"]),
    ({"path": "README.md", "text": "---\nlicense: ["}, ["card"]),
    ("a", ["changes.0"]),
    (None, ["changes.0"]),
]


def test_a_change_that_cannot_be_names_its_place(writer: Caller, dataset: Repository) -> None:
    for change, fields in NO_CHANGE:
        refused(writer.publish(dataset, changes=[change]), 422, *fields)
        assert Revision.objects.count() == 1


NO_METRIC: list[tuple[Any, list[str]]] = [
    ({"name": "accuracy", "value": "97.9"}, ["metrics.0.value"]),
    ({"name": "accuracy", "value": "nan"}, ["metrics.0.value"]),
    ({"name": "accuracy", "value": "∞"}, ["metrics.0.value"]),
    ({"name": "accuracy", "value": "9" * 100_000}, ["metrics.0.value"]),
    ({"name": "loss", "value": 1e300}, ["metrics.0.value"]),
    ({"name": "loss", "value": "1e99999999"}, ["metrics.0.value"]),
    ({"name": "accuracy", "value": True}, ["metrics.0.value"]),
    ({"name": "accuracy", "value": {}}, ["metrics.0.value"]),
    ({"name": "accuracy", "value": None}, ["metrics.0.value"]),
    ({"name": "accuracy"}, ["metrics.0.value"]),
    ({"name": "my own", "value": 1}, ["metrics.0.better"]),
    ({"name": "accuracy", "value": 1, "better": "lower"}, ["metrics.0.better"]),
    ({"name": "accuracy", "value": 1, "better": []}, ["metrics.0.better"]),
    ({"name": "<b>", "value": 1}, ["metrics.0.name"]),
    ({"name": ["accuracy"], "value": 1}, ["metrics.0.name"]),
    ({"name": "accuracy", "value": 1, "n": 0}, ["metrics.0.n"]),
    ({"name": "accuracy", "value": 1, "n": 10**15}, ["metrics.0.n"]),
    ({"name": "accuracy", "value": 1, "n": 1.5}, ["metrics.0.n"]),
    ({"name": "accuracy", "value": 1, "positives": 3}, ["metrics.0.positives"]),
    ({"name": "accuracy", "value": 0.5, "low": 0.6}, ["metrics.0.low"]),
    ({"name": "accuracy", "value": 1, "level": 95}, ["metrics.0.level"]),
    ({"name": "accuracy", "value": 1, "on": "x"}, ["metrics.0.on"]),
    ({"name": "accuracy", "value": 1, "on": "0" * 64}, ["metrics.0.on"]),
    ({"name": "accuracy", "value": 1, "colour": "red"}, ["metrics.0.colour"]),
    (7, ["metrics.0"]),
]


def test_a_metric_that_cannot_be_names_its_field(writer: Caller, dataset: Repository) -> None:
    for metric, fields in NO_METRIC:
        refused(writer.publish(dataset, changes=[text("a", "1")], metrics=[metric]), 422, *fields)


NO_REVISION: list[tuple[Any, list[str]]] = [
    ({"kind": "magic"}, ["kind"]),
    ({"kind": 1}, ["kind"]),
    ({"message": {"a": []}}, ["message"]),
    ({"message": "x" * 10_001}, ["message"]),
    ({"expected_parent": "main"}, ["expected_parent"]),
    ({"expected_parent": "0" * 63}, ["expected_parent"]),
    ({"expected_parent": []}, ["expected_parent"]),
    ({"changes": {}}, ["changes"]),
    ({"changes": None}, ["changes"]),
    ({"changes": "a"}, ["changes"]),
    ({"changes": [{"path": "a", "remove": True}] * 10_001}, ["changes"]),
    ({"changes": [text("a", "1")] * 101}, ["changes"]),
    ({"changes": [{"path": "a", "sha256": "0" * 64}] * 2_001}, ["changes"]),
    ({"metrics": {}}, ["metrics"]),
    ({"metrics": [{"name": "accuracy", "value": 1}] * 61}, ["metrics"]),
    ({"metrics": [{"name": "accuracy", "value": 1}] * 2}, ["metrics.1.name"]),
    ({"branch": "main"}, ["branch"]),
]


def test_a_revision_that_cannot_be_names_its_field(writer: Caller, dataset: Repository) -> None:
    for body, fields in NO_REVISION:
        refused(writer.publish(dataset, **{"changes": [text("a", "1")], **body}), 422, *fields)


def test_a_body_over_the_cap_is_refused(writer: Caller, dataset: Repository) -> None:
    refused(writer.publish(dataset, changes=[text("a", "x" * 3_000_000)]), 413)


def test_the_hour_of_entries_ends_with_a_time_to_wait(
    writer: Caller, dataset: Repository, publish: Publish, settings: Any
) -> None:
    publish(dataset, {"a": "1"}, now=timezone.now())
    settings.ENTRIES_PER_HOUR = 1
    answer = writer.publish(dataset, changes=[text("a", "2")])
    refused(answer, 429)
    assert 1 <= int(answer["Retry-After"]) <= 3_600
