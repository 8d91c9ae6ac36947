"""What the forms of a proposal show: files of an earlier visit, files of the version before, everything wrong at once."""

import re
from datetime import datetime

import pytest
from django.test import Client

from hub.accounts.models import Account
from hub.contributions import services
from hub.contributions.models import Contribution
from hub.repositories.models import Repository
from hub.uploads.models import Holding, Upload
from hub.uploads.services import hold_bytes, start_upload
from tests.hub.contributions.conftest import CELLS, Clock, Propose
from tests.hub.repositories.conftest import Publish, texts
from tests.hub.repositories.paging import text

pytestmark = pytest.mark.django_db
LIST = "/datasets/alice/cells/discussions"
PAGE = f"{LIST}/1"
WORDS = {"title": "One more cell", "message": "It was missing.", "kind": "data", "authors": ""}


@pytest.fixture
def as_bob(client: Client, bob: Account) -> Client:
    client.force_login(bob)
    return client


def left_over(account: Account, purpose: str, now: datetime, name: str = "old.csv") -> Upload:
    blob = hold_bytes(account, name.encode(), now)
    return start_upload(account, name, len(name), purpose, now, sha256=blob.pk)


# --- files of an earlier visit -------------------------------------------------------------------
def test_files_of_an_earlier_visit_are_named_and_go_by_one_button(
    as_bob: Client, cells: Repository, bob: Account, alice: Account, now: datetime
) -> None:
    purpose = f"proposal:{cells.pk}"
    assert "not sent yet" not in text(as_bob.get(f"{LIST}/new"))
    gone = left_over(bob, purpose, now)
    left_over(bob, "proposal:another", now, "other.csv")
    left_over(alice, purpose, now, "hers.csv")
    shown = text(as_bob.get(f"{LIST}/new"))
    notice = shown[shown.index("Files from") : shown.index("Start fresh")]
    assert "not sent yet" in notice
    assert "old.csv" in notice
    assert "hers.csv" not in shown
    assert "other.csv" not in shown
    response = as_bob.post(f"{LIST}/new", {**WORDS, "fresh": "1", "parent": cells.head_id})
    assert response.status_code == 200
    html = text(response)
    assert "not sent yet" not in html
    assert "It was missing." in html
    assert {row.name for row in Upload.objects.all()} == {"other.csv", "hers.csv"}
    assert not Holding.objects.filter(account=bob, blob=gone.blob).exists()
    assert not Contribution.objects.exists()


def test_no_more_than_some_names_of_earlier_files_are_told(
    as_bob: Client, cells: Repository, bob: Account, now: datetime
) -> None:
    for number in range(12):
        left_over(bob, f"proposal:{cells.pk}", now, f"file-{number:02}.csv")
    html = text(as_bob.get(f"{LIST}/new"))
    assert "and 2 more" in html


# --- files of the version before -----------------------------------------------------------------
def test_a_new_version_says_what_is_in_the_contribution_already(as_bob: Client, propose: Propose) -> None:
    assert "need not be sent again" not in text(as_bob.get(f"{LIST}/new"))
    propose({"cells.csv": f"{CELLS}3,30\n", "notes.txt": None})
    html = text(as_bob.get(f"{PAGE}/update"))
    listed = html[html.index("need not be sent again") : html.index("data-drop-zone")]
    assert "cells.csv" in listed
    assert re.search(r"23.(B|bytes)\b", listed)
    assert "notes.txt" in listed
    assert "removed" in listed


# --- everything at once --------------------------------------------------------------------------
def test_all_that_is_wrong_with_measurements_is_said_at_once(as_bob: Client, cells: Repository) -> None:
    rows = {
        "metric_rows": "2",
        "metrics-0-name": "accuracy", "metrics-0-value": "much", "metrics-0-n": "some", "metrics-0-low": "0.9",
        "metrics-0-high": "0.8",
        "metrics-1-name": "speed", "metrics-1-value": "4",
    }  # fmt: skip
    response = as_bob.post(f"{LIST}/new", {**WORDS, "title": "", "remove": "notes.txt", **rows})
    assert response.status_code == 422
    first, second = response.context["metric_forms"]
    assert {name: list(errors) for name, errors in first.errors.items()} == {
        "value": ["Write a decimal number with a point, such as 0.979."],
        "n": ["Write a whole number."],
        "low": ["The lower limit is above the upper one."],
    }
    assert list(second.errors) == ["better"]
    assert "title" in response.context["form"].errors


# --- the discussion ------------------------------------------------------------------------------
def test_the_discussion_says_what_each_new_version_changed(
    client: Client, propose: Propose, bob: Account, charlie: Account, cells: Repository, publish: Publish, later: Clock
) -> None:
    found = propose()

    def changed(**fields: object) -> str:
        services.update_contribution(account=bob, contribution=found, now=later(), **fields)  # type: ignore[arg-type]
        return last()

    def last() -> str:
        html = text(client.get(PAGE))
        return html.rpartition('class="talk-record"')[2].partition("</li>")[0]

    assert "other files" in changed(changes=texts({"more.txt": "1\n"}))
    words = changed(title="Two more cells")
    assert "other words" in words
    assert "other files" not in words
    assert "other shares" in changed(authors=[("bob", 9_000), ("charlie", 1_000)])
    both = changed(reason="Measured.", metrics=[{"name": "accuracy", "value": "0.9"}])
    assert "other measurements, other words" in both
    publish(cells, {"b": "1"})
    services.rebase(account=bob, contribution=found, now=later())
    moved = last()
    assert "moved to another base" in moved
    assert "other files" not in moved
