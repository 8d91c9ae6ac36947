"""`/api/v1/reviews` and `/api/v1/works`: the same rules as the pages, and every byte that a verdict rests on."""

import hashlib
import json
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from hub.accounts.models import Account
from hub.contributions.models import Contribution
from hub.contributions.services import update_contribution
from hub.repositories.models import Repository
from hub.repositories.services import change_visibility
from hub.reviews.models import Appeal, Assessment, Review, Work
from hub.reviews.services import assess
from tests.hub.repositories.calling import Caller, caller, path_of, refused
from tests.hub.repositories.conftest import Publish, texts
from tests.hub.verdicts import decide

from .conftest import Propose

pytestmark = pytest.mark.django_db
REVIEWS, WORKS = "/api/v1/reviews", "/api/v1/works"
WHY = "The numbers do not come out."


@pytest.fixture
def nobody(db: None) -> Caller:
    return Caller()


def _verdict(about: Contribution, **fields: Any) -> dict[str, Any]:
    assert about.proposal is not None
    given = {
        "contribution": str(about.pk),
        "verdict": "decline",
        "reason": "quality",
        "comment": WHY,
        "expected_proposal": about.proposal.revision_id,
        **fields,
    }
    return {name: value for name, value in given.items() if value is not None}


# --- verdicts ------------------------------------------------------------------------------------
def test_a_maintainer_decides(proposed: Contribution, bob: Account) -> None:
    answer = caller(bob).post(REVIEWS, _verdict(proposed, verdict="accept", reason=None, comment=""))
    assert answer.status_code == 201
    made = answer.json()
    assert (made["verdict"], made["reason"], made["reviewer"]["handle"]) == ("accept", "", "bob")
    assert answer["Location"] == f"{REVIEWS}/{made['id']}"
    assert caller(bob).get(answer["Location"]).json() == made
    proposed.refresh_from_db()
    assert proposed.state == "accepted"


def test_the_frozen_checks_hash_to_what_the_entry_holds(proposed: Contribution, bob: Account, nobody: Caller) -> None:
    made = caller(bob).post(REVIEWS, _verdict(proposed)).json()
    answer = nobody.get(made["checks_url"])
    assert hashlib.sha256(answer.content).hexdigest() == made["checks"]
    assert json.loads(answer.content)["contribution"] == f"contrib:{proposed.pk}"
    assert nobody.get(made["checks_url"], **{"if-none-match": f'"{made["checks"]}"'}).status_code == 304


def test_a_repeated_request_decides_once(proposed: Contribution, bob: Account) -> None:
    client, body = caller(bob), _verdict(proposed)
    first, again = (client.post(REVIEWS, body, **{"idempotency-key": "one"}) for _ in range(2))
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert Review.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"verdict": "maybe"}, "verdict"),
        ({"verdict": None}, "verdict"),
        ({"verdict": 1}, "verdict"),
        ({"reason": "x"}, "reason"),
        ({"reason": None}, "reason"),
        ({"comment": ""}, "comment"),
        ({"comment": 5}, "comment"),
        ({"comment": "x" * 10_001}, "comment"),
        ({"contribution": "x"}, "contribution"),
        ({"contribution": None}, "contribution"),
        ({"contribution": "00000000-0000-4000-8000-000000000001"}, "contribution"),
        ({"expected_proposal": "x"}, "expected_proposal"),
        ({"expected_proposal": ""}, "expected_proposal"),
        ({"expected_proposal": None}, "expected_proposal"),
        ({"expected_proposal": None, "verdict": "ask"}, "expected_proposal"),
        ({"expected_proposal": None, "verdict": "accept"}, "expected_proposal"),
        ({"effort": 3}, "effort"),
    ],
)
def test_a_verdict_that_is_not_whole_is_refused_with_its_field(
    proposed: Contribution, bob: Account, fields: dict[str, Any], named: str
) -> None:
    refused(caller(bob).post(REVIEWS, _verdict(proposed, **fields)), 422, named)
    assert not Review.objects.exists()


def test_who_may_not_decide_is_refused(proposed: Contribution, charlie: Account, dora: Account, nobody: Caller) -> None:
    refused(nobody.post(REVIEWS, _verdict(proposed)), 401)
    for account in (charlie, dora):
        refused(caller(account).post(REVIEWS, _verdict(proposed)), 403)
    refused(caller(dora, "read").post(REVIEWS, _verdict(proposed)), 403)


def test_what_has_moved_on_is_a_conflict(
    proposed: Contribution, model: Repository, publish: Publish, bob: Account
) -> None:
    refused(caller(bob).post(REVIEWS, _verdict(proposed, expected_proposal="0" * 64)), 409)
    publish(model, {"notes.md": "x"}, kind="documentation")
    refused(caller(bob).post(REVIEWS, _verdict(proposed, verdict="accept")), 409)


def test_only_the_version_that_was_looked_at_is_accepted(
    proposed: Contribution, bob: Account, charlie: Account, now: datetime
) -> None:
    seen = _verdict(proposed, verdict="accept", reason=None)
    update_contribution(account=charlie, contribution=proposed, changes=texts({"w.json": "[3]"}), now=now)
    refused(caller(bob).post(REVIEWS, seen), 409)
    proposed.refresh_from_db()
    assert caller(bob).post(REVIEWS, _verdict(proposed, verdict="accept", reason=None)).status_code == 201


def test_verdicts_are_listed_and_narrowed(
    propose: Propose, bob: Account, alice: Account, nobody: Caller, now: datetime
) -> None:
    first, second = propose({"a": "1"}), propose({"b": "1"})
    decide(account=bob, contribution=first, verdict="decline", reason_code="quality", comment=WHY, now=now)
    decide(account=alice, contribution=second, verdict="ask", reason_code="quality", comment=WHY, now=now)

    def ids(query: str = "") -> list[str]:
        return [row["contribution"] for row in nobody.get(f"{REVIEWS}?{query}").json()["results"]]

    assert ids() == [str(second.pk), str(first.pk)]
    assert ids(f"contribution={first.pk}") == ids("reviewer=bob") == ids("verdict=decline") == [str(first.pk)]
    assert len(ids(f"repository={first.repository_id}")) == 2
    page = nobody.get(f"{REVIEWS}?size=1").json()
    assert [row["contribution"] for row in nobody.get(path_of(page["next"])).json()["results"]] == [str(first.pk)]


@pytest.mark.parametrize(
    "query", ["repository=x", "contribution=x", "verdict=maybe", "reviewer=nobody-here", "cursor=x"]
)
def test_filters_that_cannot_be_read_are_refused(nobody: Caller, query: str) -> None:
    refused(nobody.get(f"{REVIEWS}?{query}"), 400)


def test_nothing_of_a_private_repository_is_there_for_others(
    work: Work, alice: Account, dora: Account, nobody: Caller, now: datetime
) -> None:
    review = Review.objects.get()
    assess(account=dora, work=work, effort=3, quality=70, comment="Fine.", now=now)
    change_visibility(account=alice, repository=work.repository, visibility="private", now=now)
    assert nobody.get(REVIEWS).json()["results"] == nobody.get(WORKS).json()["results"] == []
    for path in (
        f"{REVIEWS}/{review.pk}",
        f"{REVIEWS}/{review.pk}/checks",
        f"{WORKS}/{work.key}",
        f"{WORKS}/{work.key}/assessments",
    ):
        refused(nobody.get(path), 404)
        assert caller(alice).get(path).status_code == 200


@pytest.mark.parametrize("path", [f"{REVIEWS}/1", f"{REVIEWS}/99999999999999999999999999", f"{REVIEWS}/1/checks"])
def test_a_verdict_that_is_not_there_is_not_found(nobody: Caller, path: str) -> None:
    refused(nobody.get(path), 404)


def test_characters_that_cannot_be_stored_are_refused(
    proposed: Contribution, work: Work, bob: Account, dora: Account
) -> None:
    refused(caller(bob).post(REVIEWS, _verdict(proposed, comment="a\0b")), 400)
    body = {"effort": 3, "quality": 70, "comment": "a\0b"}
    refused(caller(dora).post(f"{WORKS}/{work.key}/assessments", body), 400)


# --- appeals and the queue -----------------------------------------------------------------------
def test_the_contributor_appeals_once(proposed: Contribution, bob: Account, charlie: Account) -> None:
    decide(
        account=bob, contribution=proposed, verdict="decline", reason_code="quality", comment=WHY, now=timezone.now()
    )
    body = {"contribution": str(proposed.pk), "comment": "Look again."}
    refused(caller(bob).post(f"{REVIEWS}/appeals", body), 403)
    refused(caller(charlie).post(f"{REVIEWS}/appeals", {**body, "comment": ""}), 422, "comment")
    answer = caller(charlie).post(f"{REVIEWS}/appeals", body)
    assert (answer.status_code, answer.json()["comment"]) == (201, "Look again.")
    refused(caller(charlie).post(f"{REVIEWS}/appeals", body), 409)
    assert Appeal.objects.count() == 1


def test_the_queue_says_what_waits_for_whom(
    work: Work, propose: Propose, bob: Account, dora: Account, nobody: Caller
) -> None:
    waiting = propose({"x": "1"})
    refused(nobody.get(f"{REVIEWS}/queue"), 401)
    decide_ = caller(bob).get(f"{REVIEWS}/queue").json()["decide"]
    assert [(row["contribution"], row["work"], row["stale"]) for row in decide_] == [(str(waiting.pk), None, False)]
    found = caller(dora).get(f"{REVIEWS}/queue").json()
    assert (found["decide"], [row["work"] for row in found["assess"]]) == ([], [work.key])


# --- works ---------------------------------------------------------------------------------------
def test_an_owner_submits_a_revision(model: Repository, alice: Account, bob: Account, nobody: Caller) -> None:
    body = {"revision": model.head_id}
    refused(nobody.post(WORKS, body), 401)
    refused(caller(bob).post(WORKS, body), 403)
    refused(caller(alice).post(WORKS, {"revision": "0" * 64}), 422, "revision")
    refused(caller(alice).post(WORKS, {"revision": "x"}), 422, "revision")
    answer = caller(alice).post(WORKS, body)
    assert (answer.status_code, answer["Location"]) == (201, f"{WORKS}/rev:{model.head_id}")
    assert nobody.get(answer["Location"]).json() == answer.json()
    assert (answer.json()["kind"], answer.json()["assessments"]) == ("model", 0)
    refused(caller(alice).post(WORKS, body), 409)


def test_a_hub_reviewer_assesses_once(work: Work, charlie: Account, dora: Account, nobody: Caller) -> None:
    path, body = f"{WORKS}/{work.key}/assessments", {"effort": 3, "quality": 70, "comment": "Fine."}
    refused(nobody.post(path, body), 401)
    refused(caller(charlie).post(path, body), 403)
    answer = caller(dora).post(path, body)
    assert (answer.status_code, answer.json()["effort"]) == (201, 3)
    assert nobody.get(path).json() == [answer.json()]
    refused(caller(dora).post(path, body), 409)
    assert nobody.get(f"{WORKS}/{work.key}").json()["assessments"] == 1


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"effort": 4}, "effort"),
        ({"effort": "x"}, "effort"),
        ({"effort": None}, "effort"),
        ({"quality": 101}, "quality"),
        ({"quality": -1}, "quality"),
        ({"quality": 1.5}, "quality"),
        ({"comment": ""}, "comment"),
        ({"comment": " "}, "comment"),
        ({"more": 1}, "more"),
    ],
)
def test_an_assessment_that_is_not_whole_is_refused_with_its_field(
    work: Work, dora: Account, fields: dict[str, Any], named: str
) -> None:
    body = {"effort": 3, "quality": 70, "comment": "Fine.", **fields}
    refused(caller(dora).post(f"{WORKS}/{work.key}/assessments", body), 422, named)
    assert not Assessment.objects.exists()


def test_works_are_listed_and_narrowed(work: Work, dora: Account, nobody: Caller, now: datetime) -> None:
    def keys(query: str = "") -> list[str]:
        return [row["key"] for row in nobody.get(f"{WORKS}?{query}").json()["results"]]

    assert keys() == keys("assessed=false") == keys(f"repository={work.repository_id}") == [work.key]
    assess(account=dora, work=work, effort=3, quality=70, comment="Fine.", now=now)
    assert (keys("assessed=true"), keys("assessed=false")) == ([work.key], [])
    refused(nobody.get(f"{WORKS}?assessed=perhaps"), 400)
    refused(nobody.get(f"{WORKS}?repository=x"), 400)


@pytest.mark.parametrize("key", ["x", "rev:0", "contrib:x"])
def test_a_work_that_is_not_there_is_not_found(nobody: Caller, key: str) -> None:
    refused(nobody.get(f"{WORKS}/{key}"), 404)
    refused(nobody.get(f"{WORKS}/{key}/assessments"), 404)


def test_the_schema_describes_every_address(client: Any) -> None:
    paths = client.get("/api/v1/schema").json()["paths"]
    reviews, works = ("", "/queue", "/appeals", "/{id}", "/{id}/checks"), ("", "/{key}", "/{key}/assessments")
    assert {*(f"{REVIEWS}{path}" for path in reviews), *(f"{WORKS}{path}" for path in works)} <= set(paths)
    names = [parameter["name"] for parameter in paths["/api/v1/reviews"]["post"]["parameters"]]
    assert "Idempotency-Key" in names


def test_the_schema_asks_for_the_version_that_was_looked_at(client: Any) -> None:
    schemas = client.get("/api/v1/schema").json()["components"]["schemas"]
    assert "expected_proposal" in schemas["NewReviewRequest"]["required"]
