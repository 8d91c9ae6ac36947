"""The form that publishes a revision: uploaded and removed files, measurements."""

import json
import uuid
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from hub.accounts.models import Account
from hub.repositories import links, selectors
from hub.repositories.models import Repository, Revision
from hub.uploads.models import Upload
from hub.uploads.services import hold_bytes
from tests.hub.repositories.conftest import Create, Publish
from tests.hub.repositories.paging import BASE, fields, text

pytestmark = pytest.mark.django_db


def stored(account: Account, path: str, content: bytes, now: datetime) -> str:
    """A finished upload of the account, as the widget writes it into its field."""
    blob = hold_bytes(account, content, now)
    upload = Upload.objects.create(
        account=account, purpose="revision", name=path, size=len(content), part_size=8, part_count=1, state="stored",
        claimed_sha256=blob.sha256, blob=blob, created=now, touched=now,
    )  # fmt: skip
    return json.dumps([{"path": path, "upload": str(upload.pk), "sha256": blob.sha256, "size": len(content)}])


def test_uploaded_files_become_a_revision(page: Client, rich: Repository, alice: Account, now: datetime) -> None:
    html = text(page.get(f"{BASE}/upload"))
    assert "alice published revision 4 of cells." in html
    assert 'data-purpose="revision:' in html
    form = {
        **fields(html), "uploads": stored(alice, "new/data.csv", b"a,b\n", now), "remove": ["blob.bin", "docs/method.md"],
        "kind": "data", "message": "Fewer files.", "metrics-0-name": "ROC AUC", "metrics-0-value": "0.99", "metrics-0-n": "570",
    }  # fmt: skip
    response = page.post(f"{BASE}/upload", form)
    revision = Revision.objects.get(number=4)
    assert response["Location"] == links.commit(revision)
    assert {path for path, _leaf in selectors.all_files(revision)} >= {"new/data.csv", "plot.svg"}
    assert selectors.file_or_none(revision, "blob.bin") is None
    assert revision.metrics == [{"name": "roc_auc", "value": "0.99", "better": "higher", "n": 570}]
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"message": ""}, "required"),
        ({"kind": "magic"}, "valid choice"),
        ({"uploads": "nonsense"}, "cannot be read"),
        ({"uploads": "[1]"}, "cannot be read"),
        ({"uploads": json.dumps([{"path": "a", "upload": str(uuid.uuid4())}])}, "not here, or not yours"),
        ({"remove": ["nothing"]}, "valid choice"),
        ({"metrics-0-name": "accuracy", "metrics-0-value": "97"}, "Shares are written as"),
        ({"metrics-1-name": "own", "metrics-1-value": "1"}, "higher or lower is better"),
        ({"metrics-0-on": "x"}, "valid choice"),
        ({}, "Nothing would change"),
        ({"parent": "0" * 64}, "in the meantime"),
    ],
)
def test_a_refused_revision_keeps_what_was_typed(
    page: Client, rich: Repository, change: dict[str, Any], words: str
) -> None:
    form = {**fields(text(page.get(f"{BASE}/upload"))), "uploads": "[]", "kind": "data", "message": "My reason."}
    response = page.post(f"{BASE}/upload", {**form, **change})
    assert response.status_code == 422
    assert words in text(response).replace("&#x27;", "'")
    assert "My reason." in text(response) or "message" in change
    assert "Some answers need a change." in text(response)
    assert Revision.objects.count() == 3


def test_what_is_wrong_in_a_row_is_said_at_the_top_with_its_number(page: Client, rich: Repository) -> None:
    form = {**fields(text(page.get(f"{BASE}/upload"))), "uploads": "[]", "kind": "data", "message": "Why."}
    said = text(page.post(f"{BASE}/upload", {**form, "metrics-1-name": "own", "metrics-1-value": "1"}))
    assert '<a href="#id_metrics-1-better">Measurement 2, ' in said


def test_more_rows_for_measurements_keep_what_was_typed(page: Client, rich: Repository) -> None:
    form = {**fields(text(page.get(f"{BASE}/upload"))), "message": "Why", "metrics-0-name": "accuracy", "more": "1"}
    html = text(page.post(f"{BASE}/upload", form))
    assert 'name="metrics-3-name"' in html
    assert 'value="accuracy"' in html
    assert page.post(f"{BASE}/upload", {**form, "metric_rows": "x"}).status_code == 400


def test_many_files_are_removed_by_typing_their_paths(page: Client, dataset: Repository, publish: Publish) -> None:
    files: dict[str, str | None] = {f"d/{n}": str(n) for n in range(201)}
    publish(dataset, files | {"a, b": "x"})
    html = text(page.get(f"{BASE}/upload"))
    assert 'name="remove_paths"' in html
    form = {**fields(html), "uploads": "[]", "kind": "data", "message": "Gone.", "remove_paths": "d\r\na, b\r\n"}
    assert page.post(f"{BASE}/upload", form).status_code == 302
    assert Revision.objects.get(number=3).file_count == 1


def test_a_model_can_say_on_which_data_it_was_measured(page: Client, dataset: Repository, create: Create) -> None:
    create("logistic", kind="model", card="---\ndatasets: alice/cells\n---\n# m\n")
    html = text(page.get("/alice/logistic/upload"))
    assert "alice/cells, revision 1" in html
    form = {
        **fields(html), "uploads": "[]", "kind": "evaluation", "message": "Measured.", "metrics-0-name": "accuracy",
        "metrics-0-value": "0.9", "metrics-0-on": dataset.head_id,
    }  # fmt: skip
    assert page.post("/alice/logistic/upload", form).status_code == 302
    assert Revision.objects.get(repository__name="logistic", number=2).metrics[0]["on"] == f"rev:{dataset.head_id}"
