"""What is known at a decision: the same facts give the same bytes, and each fact changes them."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.accounts.models import Account, Membership
from hub.accounts.reviewers import grant_reviewer
from hub.contributions.models import Contribution
from hub.contributions.services import join
from hub.repositories.licences import Openness
from hub.repositories.metrics import Comparison, Metric
from hub.repositories.models import Repository
from hub.repositories.services import add_maintainer, change_visibility
from hub.reviews import checking, conflicts, facts
from hub.reviews.models import Work
from hub.reviews.services import assess
from hub.reviews.words import check_rows
from hub.uploads.models import Blob
from ledger import canonical
from tests.hub.factories import make_account
from tests.hub.repositories.conftest import Create, Publish
from tests.hub.verdicts import all_agree, decide

from .conftest import Propose

METRIC = Metric("accuracy", Decimal("0.979"), "higher")
FACTS = checking.Facts(
    contribution="contrib:1", proposal=2, revision="rev:2", base="rev:1", head="rev:1", stale=False, licence_before="MIT",
    licence_after="MIT", openness=Openness.OPEN, pinned=1, outside=0, metrics=[Comparison(METRIC, None, Decimal(0), "first")],
    counts={"added": 1, "changed": 2, "removed": 3},
)  # fmt: skip


def _result(name: str, **changes: Any) -> str:
    return checking.result_of(checking.build(replace(FACTS, **changes)), name)


# --- the pure part -------------------------------------------------------------------------------
def test_the_bytes_are_canonical_and_hold_every_check_once() -> None:
    body = checking.freeze(checking.build(replace(FACTS, conflicts=[])))
    assert canonical.encode(json.loads(body)) == body
    names = [check["name"] for check in json.loads(body)["checks"]]
    assert names == ["base", "licence", "sources", "metrics", "files", "interests"]


def test_independence_is_left_out_while_nobody_decides() -> None:
    assert "interests" not in [check["name"] for check in checking.build(FACTS)["checks"]]


@given(st.permutations([("a" * 64, "gone"), ("b" * 64, "damaged"), ("a" * 64, "refused")]))
def test_the_order_of_what_was_found_changes_nothing(faults: list[tuple[str, str]]) -> None:
    first = replace(FACTS, faults=sorted(faults), conflicts=[("x", "acct:1"), ("y", "acct:2")])
    other = replace(FACTS, faults=faults, conflicts=[("y", "acct:2"), ("x", "acct:1"), ("x", "acct:1")])
    assert checking.freeze(checking.build(first)) == checking.freeze(checking.build(other))


@pytest.mark.parametrize(
    "change",
    [
        {"contribution": "contrib:9"}, {"proposal": 3}, {"revision": "rev:9"}, {"base": ""}, {"head": "rev:9"},
        {"stale": True}, {"licence_before": "x"}, {"licence_after": "x"}, {"openness": Openness.RESTRICTED},
        {"pinned": 2}, {"outside": 1}, {"metrics": []}, {"counts": {"added": 2}}, {"faults": [("a" * 64, "gone")]},
        {"conflicts": [("organisation", "acct:1")]}, {"conflicts": []}, {"conflicts": [], "undisclosed": True},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_every_fact_changes_the_digest(change: dict[str, Any]) -> None:
    before, after = (checking.freeze(checking.build(found)) for found in (FACTS, replace(FACTS, **change)))
    assert checking.digest_of(before) != checking.digest_of(after)


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({}, "same"),
        ({"licence_before": "CC-BY-4.0"}, "changed"),
        ({"licence_after": ""}, "unstated"),
        ({"openness": Openness.RESTRICTED}, "restricted"),
        ({"openness": Openness.UNSTATED}, "restricted"),
    ],
)
def test_a_licence_is_the_same_or_said_to_differ(changes: dict[str, Any], result: str) -> None:
    assert _result("licence", **changes) == result


@pytest.mark.parametrize(
    ("verdicts", "result"),
    [
        ([], "none"), (["better"], "better"), (["worse"], "worse"), (["better", "worse"], "mixed"), (["same"], "same"),
        (["first"], "new"), (["same", "better"], "better"), (["same", "worse"], "worse"), (["incomparable"], "incomparable"),
        (["same", "incomparable"], "incomparable"),
    ],
)  # fmt: skip
def test_metrics_are_summed_up_in_one_word(verdicts: list[Any], result: str) -> None:
    rows = [Comparison(METRIC, METRIC, Decimal(0), verdict) for verdict in verdicts]
    assert _result("metrics", metrics=rows) == result


def test_the_worst_fault_of_the_files_is_named() -> None:
    assert _result("files") == "kept"
    assert _result("files", faults=[("a" * 64, "refused"), ("b" * 64, "gone")]) == "gone"


@pytest.mark.parametrize(("found", "result"), [((0, 0), "none"), ((2, 0), "pinned"), ((2, 1), "outside")])
def test_sources_are_pinned_or_outside(found: tuple[int, int], result: str) -> None:
    assert _result("sources", pinned=found[0], outside=found[1]) == result


# --- what is looked up ---------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_real_proposal_is_described_as_it_is(proposed: Contribution, model: Repository) -> None:
    found = facts.checks(proposed)
    assert proposed.proposal is not None
    assert found["revision"] == f"rev:{proposed.proposal.revision_id}"
    assert found["base"] == found["head"] == f"rev:{model.head_id}"
    metrics = next(check for check in found["checks"] if check["name"] == "metrics")
    assert metrics["rows"] == [{"name": "accuracy", "verdict": "better", "before": "0.940", "after": "0.979"}]
    assert checking.result_of(found, "files") == "kept"
    assert checking.freeze(found) == checking.freeze(facts.checks(Contribution.objects.get(pk=proposed.pk)))


@pytest.mark.django_db
def test_a_moved_head_makes_it_stale(proposed: Contribution, model: Repository, publish: Publish) -> None:
    publish(model, {"notes.md": "x"}, kind="documentation")
    assert checking.result_of(facts.checks(Contribution.objects.get(pk=proposed.pk)), "base") == "stale"


@pytest.mark.django_db
@pytest.mark.parametrize(("column", "result"), [("taken_down", "gone"), ("damaged", "damaged")])
def test_bytes_that_are_lost_since_are_noticed(proposed: Contribution, now: datetime, column: str, result: str) -> None:
    assert proposed.proposal is not None
    Blob.objects.filter(sha256=proposed.proposal.revision.changes.get().blob_id).update(**{column: now})
    assert checking.result_of(facts.checks(proposed), "files") == result


# --- connections ---------------------------------------------------------------------------------
def _kinds(contribution: Contribution, account: Account, now: datetime) -> list[tuple[str, str]]:
    return [(found.code, found.other.username) for found in facts.interests(contribution, account, now)]


@pytest.mark.django_db
def test_strangers_have_nothing_to_declare(proposed: Contribution, bob: Account, now: datetime) -> None:
    assert _kinds(proposed, bob, now) == []
    assert checking.result_of(facts.checks(proposed, bob, now), "interests") == "none"


@pytest.mark.django_db
def test_one_organisation_connects(proposed: Contribution, bob: Account, charlie: Account, now: datetime) -> None:
    lab = make_account("lab")
    for person in (bob, charlie):
        Membership.objects.create(organisation=lab, person=person, role="member")
    assert _kinds(proposed, bob, now) == [("organisation", "charlie")]
    (interests,) = [c for c in facts.checks(proposed, bob, now)["checks"] if c["name"] == "interests"]
    assert interests["conflicts"] == [{"kind": "organisation", "with": charlie.actor}]


@pytest.mark.django_db
@pytest.mark.parametrize("named", ["decider", "author"])
@pytest.mark.parametrize(("role", "connects"), [("owner", True), ("maintainer", True), ("member", False)])
def test_one_by_name_and_the_other_through_the_organisation_maintain_together(
    create: Create, propose: Propose, bob: Account, charlie: Account, now: datetime, named: str, role: str, connects: bool
) -> None:  # fmt: skip
    owner, lab = make_account(), make_account("lab")
    Account.objects.filter(pk=lab.pk).update(kind="organisation")
    lab.refresh_from_db()
    by_name, member = (bob, charlie) if named == "decider" else (charlie, bob)
    Membership.objects.create(organisation=lab, person=owner, role="owner")
    Membership.objects.create(organisation=lab, person=member, role=role)
    shared = create("shared", account=owner, owner=lab)
    add_maintainer(account=owner, repository=shared, handle=by_name.username)
    assert _kinds(propose(), bob, now) == ([("maintainers", "charlie")] if connects else [])


@pytest.mark.django_db
def test_maintaining_together_connects(propose: Propose, alice: Account, bob: Account, now: datetime) -> None:
    assert _kinds(propose(account=bob), alice, now) == [("maintainers", "bob")]


@pytest.mark.django_db
def test_writing_another_contribution_together_connects(propose: Propose, bob: Account, now: datetime) -> None:
    other = propose({"a": "1"}, authors=[("charlie", 5_000), ("bob", 5_000)])
    assert _kinds(propose({"c": "1"}), bob, now) == []
    join(account=bob, contribution=other, bps=5_000, now=now)
    assert _kinds(propose({"b": "1"}), bob, now) == [("co_authors", "charlie")]


@pytest.mark.django_db
def test_the_contribution_in_question_connects_nobody(
    propose: Propose, bob: Account, dora: Account, now: datetime
) -> None:
    shared = propose(authors=[("charlie", 5_000), ("bob", 5_000)])
    join(account=bob, contribution=shared, bps=5_000, now=now)
    assert _kinds(shared, bob, now) == []
    assert _kinds(shared, dora, now) == []


@pytest.mark.django_db
def test_having_judged_one_s_work_lately_connects(
    work: Work, propose: Propose, bob: Account, charlie: Account, now: datetime
) -> None:
    other = propose({"x": "1"}, account=bob)
    assert _kinds(other, charlie, now) == [("reviewed", "bob")]
    assert _kinds(other, charlie, now + conflicts.LATELY + timedelta(days=1)) == []


@pytest.mark.django_db
def test_having_assessed_one_s_work_connects_too(
    work: Work, propose: Propose, charlie: Account, dora: Account, now: datetime
) -> None:
    assess(account=dora, work=work, effort=3, quality=60, comment="Fine.", now=now)
    assert _kinds(propose({"x": "1"}, account=dora), charlie, now) == [("reviewed", "dora")]


@pytest.mark.django_db
def test_what_is_not_public_is_said_to_who_decides_and_frozen_without_what_it_is(
    create: Create, propose: Propose, alice: Account, bob: Account, charlie: Account, now: datetime
) -> None:
    """Two private repositories and a verdict in one of them connect them; the frozen checks say no more than that."""
    for name in ("secret", "other"):
        secret = create(name, account=bob, visibility="private")
        add_maintainer(account=bob, repository=secret, handle="charlie")
    judged = propose({"s": "1"}, account=bob, repository=secret)
    decide(account=charlie, contribution=judged, verdict="ask", reason_code="quality", comment="How?", now=now)
    contribution = propose()
    assert _kinds(contribution, bob, now) == [("maintainers", "charlie"), ("reviewed", "charlie")]
    review = decide(account=bob, contribution=contribution, verdict="accept", now=now)
    body = bytes(review.checks.body)
    (interests,) = [check for check in json.loads(body)["checks"] if check["name"] == "interests"]
    assert interests == {"name": "interests", "result": "declared", "conflicts": [{"kind": "undisclosed"}]}
    assert charlie.actor.encode() not in body
    change_visibility(account=bob, repository=secret, visibility="public", now=now)
    (later,) = [check for check in facts.checks(contribution, bob, now)["checks"] if check["name"] == "interests"]
    assert later["conflicts"] == [
        {"kind": "maintainers", "with": charlie.actor},
        {"kind": "reviewed", "with": charlie.actor},
    ]


@pytest.mark.django_db
def test_authors_of_something_private_together_are_not_named(
    create: Create, propose: Propose, bob: Account, charlie: Account, now: datetime
) -> None:
    secret = create("secret", account=charlie, visibility="private")
    add_maintainer(account=charlie, repository=secret, handle="bob")
    halves = [("charlie", 5_000), ("bob", 5_000)]
    all_agree(propose({"s": "1"}, account=charlie, repository=secret, authors=halves), now)
    charlies = propose()
    assert ("co_authors", "charlie") in _kinds(charlies, bob, now)
    (interests,) = [check for check in facts.checks(charlies, bob, now)["checks"] if check["name"] == "interests"]
    assert interests["conflicts"] == [{"kind": "undisclosed"}]


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([], "nothing known here connects reviewer and authors"),
        ([{"kind": "undisclosed"}], "something that is not public connects reviewer and authors"),
        ([{"kind": "reviewed", "with": "acct:1"}], "1 connection of reviewer and authors"),
        (
            [{"kind": "reviewed", "with": "acct:1"}, {"kind": "undisclosed"}],
            "1 connection of reviewer and authors, and something that is not public",
        ),
    ],
)
def test_frozen_independence_reads_as_it_was_frozen(found: list[dict[str, str]], words: str) -> None:
    conflicts_ = [(each["kind"], each["with"]) for each in found if "with" in each]
    hidden = {"kind": "undisclosed"} in found
    frozen = checking.build(replace(FACTS, conflicts=conflicts_, undisclosed=hidden))
    assert check_rows(frozen)[-1].detail == words


@pytest.mark.django_db
def test_a_connection_is_said_and_frozen_but_forbids_nothing(
    propose: Propose, bob: Account, charlie: Account, now: datetime
) -> None:
    grant_reviewer(account=bob, now=now)
    lab = make_account("lab")
    for person in (bob, charlie):
        Membership.objects.create(organisation=lab, person=person, role="member")
    review = decide(account=bob, contribution=propose(), verdict="accept", now=now)
    assert b'"organisation"' in bytes(review.checks.body)
