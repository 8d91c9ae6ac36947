"""`/api/v1/contributions`: whatever the pages do, by token."""

import hashlib
import uuid
from typing import Any

import pytest

from hub.accounts.models import Account
from hub.contributions import selectors, services
from hub.contributions.models import Contribution
from hub.repositories.models import Repository
from hub.repositories.services import add_maintainer
from tests.hub.contributions.conftest import CELLS, Clock, Propose
from tests.hub.repositories.calling import Caller, caller, refused
from tests.hub.repositories.conftest import Publish

pytestmark = pytest.mark.django_db
API = "/api/v1/contributions"


@pytest.fixture
def bobs(bob: Account) -> Caller:
    return caller(bob)


def wanted(cells: Repository, **fields: Any) -> dict[str, Any]:
    return {
        "repository": str(cells.pk),
        "title": "One more cell",
        "reason": "It was missing.",
        "kind": "data",
        "changes": [{"path": "cells.csv", "text": f"{CELLS}3,30\n"}],
        **fields,
    }


def test_a_contribution_is_opened_and_read(bobs: Caller, nobody: Caller, cells: Repository, charlie: Account) -> None:
    authors = [{"handle": "bob", "bps": 7_500}, {"handle": "charlie", "bps": 2_500}]
    metrics = [{"name": "accuracy", "value": "0.9"}]
    answer = bobs.post(API, wanted(cells, authors=authors, metrics=metrics, expected_base=cells.head_id))
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert answer["Location"] == f"{API}/{made['id']}"
    assert (made["number"], made["state"], made["kind"], made["title"]) == (1, "open", "data", "One more cell")
    assert [(each["account"]["handle"], each["bps"]) for each in made["authors"]] == [
        ("bob", 7_500),
        ("charlie", 2_500),
    ]
    assert made["proposal"]["base"] == cells.head_id
    assert made["proposal"]["revision"]["number"] is None
    assert made["proposal"]["revision"]["metrics"] == [{"name": "accuracy", "value": "0.9", "better": "higher"}]
    assert made["waiting"] is not None
    assert not made["stale"]
    assert nobody.get(f"{API}/{made['id']}").json() == made
    changes = nobody.get(f"{API}/{made['id']}/changes").json()["results"]
    assert [(change["path"], change["action"]) for change in changes] == [("cells.csv", "changed")]


def test_the_proposed_object_is_served_byte_for_byte(nobody: Caller, propose: Propose) -> None:
    contribution = propose()
    answer = nobody.get(f"{API}/{contribution.pk}/object")
    assert hashlib.sha256(answer.content).hexdigest() == selectors.newest_proposal(contribution).revision_id
    assert nobody.get(f"/api/v1/revisions/{selectors.newest_proposal(contribution).revision_id}").status_code == 404


def test_the_same_request_twice_opens_one(bobs: Caller, cells: Repository) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    answers = [bobs.post(API, wanted(cells), **key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert Contribution.objects.count() == 1


def test_writing_takes_an_account_that_may_write(nobody: Caller, bob: Account, cells: Repository) -> None:
    refused(nobody.post(API, wanted(cells)), 401)
    refused(caller(bob, "read").post(API, wanted(cells)), 403)


@pytest.mark.parametrize(
    ("fields", "status", "names"),
    [
        ({"title": ""}, 422, ["title"]),
        ({"title": 7}, 422, ["title"]),
        ({"kind": "compute"}, 422, ["kind"]),
        ({"changes": []}, 422, ["changes"]),
        ({"changes": [{"path": "../x", "text": ""}]}, 422, ["changes.0.path"]),
        ({"authors": [{"handle": "bob", "bps": 1}]}, 422, ["authors"]),
        ({"authors": [{"handle": "bob", "bps": 0}]}, 422, ["authors.0.bps"]),
        ({"expected_base": "x"}, 422, ["expected_base"]),
        ({"repository": "x"}, 422, ["repository"]),
        ({"repository": str(uuid.UUID(int=1))}, 404, []),
        ({"expected_base": "0" * 64}, 409, []),
        ({"colour": "red"}, 422, ["colour"]),
    ],
)
def test_what_cannot_be_taken_is_a_problem_at_its_field(
    bobs: Caller, cells: Repository, fields: dict[str, Any], status: int, names: list[str]
) -> None:
    refused(bobs.post(API, wanted(cells, **fields)), status, *names)
    assert not Contribution.objects.exists()


def test_more_than_may_wait_is_refused_as_over_the_quota(
    bobs: Caller, cells: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_OF_ACCOUNT", 0)
    refused(bobs.post(API, wanted(cells)), 413)


def test_the_list_is_filtered(nobody: Caller, propose: Propose, cells: Repository, bob: Account, later: Clock) -> None:
    first, second = propose({"a": "1"}), propose({"b": "1"})
    services.withdraw(account=bob, contribution=first, now=later())

    def ids(query: str) -> list[str]:
        return [found["id"] for found in nobody.get(f"{API}?{query}").json()["results"]]

    assert ids("") == [str(second.pk), str(first.pk)]
    assert ids("state=withdrawn") == [str(first.pk)]
    assert ids(f"repository={cells.pk}&contributor=Bob&state=open") == [str(second.pk)]
    assert ids("contributor=alice") == []
    assert ids("contributor=nobody") == []
    assert ids("size=1") == [str(second.pk)]
    refused(nobody.get(f"{API}?repository=x"), 400)
    refused(nobody.get(f"{API}?state=x"), 400)


def test_those_to_private_repositories_are_for_their_people(
    nobody: Caller, private: Repository, propose: Propose, alice: Account, bob: Account, charlie: Account
) -> None:
    add_maintainer(account=alice, repository=private, handle="bob")
    contribution = propose({"a": "1"}, repository=private)
    for path in ("", "/versions", "/changes", "/object", "/comments"):
        refused(nobody.get(f"{API}/{contribution.pk}{path}"), 404)
        refused(caller(charlie).get(f"{API}/{contribution.pk}{path}"), 404)
        assert caller(bob).get(f"{API}/{contribution.pk}{path}").status_code == 200
    assert nobody.get(API).json()["results"] == []


def test_a_new_version_is_proposed(bobs: Caller, nobody: Caller, propose: Propose) -> None:
    contribution = propose()
    seen = selectors.newest_proposal(contribution).revision_id
    body = {"title": "Better", "changes": [{"path": "b", "text": "1"}], "expected_proposal": seen}
    answer = bobs.post(f"{API}/{contribution.pk}/versions", body)
    assert (answer.status_code, answer.json()["title"], answer.json()["proposal"]["version"]) == (201, "Better", 2)
    refused(bobs.post(f"{API}/{contribution.pk}/versions", body), 409)
    versions = nobody.get(f"{API}/{contribution.pk}/versions").json()
    assert [each["version"] for each in versions] == [1, 2]
    assert versions[0]["revision"]["id"] == seen


def test_others_change_nothing(propose: Propose, charlie: Account) -> None:
    contribution, charlies = propose(), caller(charlie)
    refused(charlies.post(f"{API}/{contribution.pk}/versions", {"title": "x"}), 403)
    refused(charlies.post(f"{API}/{contribution.pk}/rebase", {}), 403)
    refused(charlies.post(f"{API}/{contribution.pk}/withdraw", {}), 403)


def test_a_stale_one_is_moved_with_a_choice_for_each_path(
    bobs: Caller, nobody: Caller, propose: Propose, cells: Repository, publish: Publish
) -> None:
    contribution = propose()
    publish(cells, {"cells.csv": "id,area\n"})
    assert nobody.get(f"{API}/{contribution.pk}").json()["stale"]
    problem = refused(bobs.post(f"{API}/{contribution.pk}/rebase", {}), 409)
    assert problem["paths"] == ["cells.csv"]
    moved = bobs.post(f"{API}/{contribution.pk}/rebase", {"mine": ["cells.csv"]}).json()
    assert (moved["stale"], moved["proposal"]["rebased"], moved["proposal"]["base"]) == (False, True, cells.head_id)


def test_it_is_withdrawn_once(bobs: Caller, propose: Propose) -> None:
    contribution = propose()
    assert bobs.post(f"{API}/{contribution.pk}/withdraw", {"reason": "Wrong."}).json()["state"] == "withdrawn"
    refused(bobs.post(f"{API}/{contribution.pk}/withdraw", {}), 409)


def test_people_talk_and_delete_their_words(bobs: Caller, nobody: Caller, propose: Propose, charlie: Account) -> None:
    contribution = propose()
    path = f"{API}/{contribution.pk}/comments"
    made = bobs.post(path, {"text": "Hello."})
    assert (made.status_code, made.json()["author"]["handle"]) == (201, "bob")
    one = f"{path}/{made.json()['id']}"
    refused(caller(charlie).send("DELETE", one), 403)
    refused(nobody.send("DELETE", one), 401)
    assert bobs.send("DELETE", one).status_code == 204
    (left,) = nobody.get(path).json()["results"]
    assert (left["text"], left["deleted"] is not None) == ("", True)
    refused(bobs.send("DELETE", f"{path}/999999"), 404)
    refused(bobs.post(path, {"text": "x" * 10_001}), 422, "text")


def test_the_schema_describes_contributions(nobody: Caller) -> None:
    paths = nobody.get("/api/v1/schema").json()["paths"]
    ours = {path for path in paths if path.startswith("/api/v1/contributions")}
    assert len(ours) == 10
    assert set(paths["/api/v1/contributions"]) == {"get", "post"}
