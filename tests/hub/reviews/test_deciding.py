"""Verdicts: who may give one, what each takes, what it leaves behind, and how an appeal goes to somebody else."""

import hashlib
import re
from datetime import datetime, timedelta

import pytest
from django.test import Client

from hub.accounts.erasure import erase_account
from hub.accounts.models import Account, Membership
from hub.accounts.reviewers import grant_reviewer
from hub.contributions.errors import NewerProposal, Over, StaleBase, TooLate
from hub.contributions.links import page as contribution_url
from hub.contributions.models import Contribution
from hub.contributions.selectors import KEPT, newest_proposal
from hub.contributions.services import join, rebase, update_contribution, withdraw
from hub.errors import Conflict, Invalid, NotAllowed
from hub.repositories.models import Repository
from hub.repositories.services import add_maintainer
from hub.reviews import access, selectors
from hub.reviews.models import Appeal, Review, Work
from hub.reviews.services import appeal
from ledger import selectors as ledger
from tests.hub.factories import make_account
from tests.hub.repositories.conftest import Create, Publish, texts
from tests.hub.verdicts import decide

from .conftest import Propose

pytestmark = pytest.mark.django_db
WHY = "The numbers do not come out."


def _types(contribution: Contribution) -> list[str]:
    return [entry.type for entry in ledger.entries_with_subject(f"contrib:{contribution.pk}")]


def _decline(account: Account, contribution: Contribution, now: datetime) -> Review:
    return decide(
        account=account,
        contribution=contribution,
        verdict="decline",
        reason_code="not_reproduced",
        comment=WHY,
        now=now,
    )


# --- the three verdicts --------------------------------------------------------------------------
def test_accepting_publishes_exactly_what_was_reviewed(
    proposed: Contribution, model: Repository, bob: Account, now: datetime
) -> None:
    assert proposed.proposal is not None
    revision = proposed.proposal.revision_id
    review = decide(account=bob, contribution=proposed, verdict="accept", now=now)
    model.refresh_from_db()
    assert (proposed.state, model.head_id, review.revision_id) == ("accepted", revision, revision)
    assert _types(proposed) == ["contribution.opened", "contribution.accepted"]


def test_what_was_accepted_is_a_work(proposed: Contribution, bob: Account, now: datetime) -> None:
    review = decide(account=bob, contribution=proposed, verdict="accept", now=now)
    work = Work.objects.get(key=f"contrib:{proposed.pk}")
    assert (work.revision_id, work.entry_id) == (review.revision_id, review.entry_id)


def test_declining_says_why_and_publishes_nothing(
    proposed: Contribution, model: Repository, bob: Account, now: datetime
) -> None:
    review = _decline(bob, proposed, now)
    head = model.head_id
    model.refresh_from_db()
    assert (proposed.state, model.head_id, review.reason) == ("declined", head, "not_reproduced")
    entry = ledger.entry_by_uid(review.entry.uid)
    assert (entry.type, entry.data["reason"]) == ("contribution.declined", "not_reproduced")
    assert entry.details["comment"]["comment"] == WHY
    assert not Work.objects.exists()


def test_asking_for_changes_hands_it_back_to_its_author(
    proposed: Contribution, bob: Account, charlie: Account, now: datetime
) -> None:
    review = decide(
        account=bob, contribution=proposed, verdict="ask", reason_code="incomplete", comment="Say how.", now=now
    )
    assert (proposed.state, proposed.waiting) == ("asked", None)
    entry = ledger.entry_by_uid(review.entry.uid)
    assert (entry.type, entry.data["verdict"], entry.data["reason"]) == ("review.submitted", "ask", "incomplete")
    update_contribution(
        account=charlie, contribution=proposed, changes=texts({"w.json": "[3]"}), now=now + timedelta(hours=1)
    )
    proposed.refresh_from_db()
    decide(account=bob, contribution=proposed, verdict="accept", now=now + timedelta(hours=2))
    assert [row.verdict for row in proposed.reviews.order_by("time")] == ["ask", "accept"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"verdict": "maybe"}, "verdict"),
        ({"verdict": ""}, "verdict"),
        ({"verdict": "decline", "comment": WHY}, "reason"),
        ({"verdict": "decline", "reason_code": "boring", "comment": WHY}, "reason"),
        ({"verdict": "decline", "reason_code": "quality"}, "comment"),
        ({"verdict": "ask", "reason_code": "quality", "comment": "  "}, "comment"),
        ({"verdict": "accept", "comment": "x" * 10_001}, "comment"),
        ({"verdict": "accept", "comment": "a\0b"}, "comment"),
    ],
)
def test_a_verdict_is_whole_or_refused(
    proposed: Contribution, bob: Account, now: datetime, fields: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        decide(account=bob, contribution=proposed, now=now, **fields)
    assert refused.value.field == field
    assert _types(proposed) == ["contribution.opened"]


def test_accepting_needs_no_reason_code_and_keeps_none(proposed: Contribution, bob: Account, now: datetime) -> None:
    review = decide(account=bob, contribution=proposed, verdict="accept", reason_code="quality", now=now)
    assert (review.reason, review.comment) == ("", "")


# --- who may -------------------------------------------------------------------------------------
def test_nobody_decides_about_their_own(propose: Propose, bob: Account, alice: Account, now: datetime) -> None:
    for account, own in ((bob, propose(account=bob)), (alice, propose({"a": "1"}, account=alice))):
        with pytest.raises(NotAllowed, match="own"):
            decide(account=account, contribution=own, verdict="accept", now=now)


def test_a_co_author_does_not_decide(propose: Propose, bob: Account, now: datetime) -> None:
    shared = propose(authors=[("charlie", 5_000), ("bob", 5_000)])
    assert access.cannot_decide(bob, shared) == ""
    assert list(selectors.decidable_by(bob)) == [shared]
    join(account=bob, contribution=shared, bps=5_000, now=now)
    assert list(selectors.decidable_by(bob)) == []
    for verdict in ("accept", "ask", "decline"):
        with pytest.raises(NotAllowed, match="own"):
            decide(account=bob, contribution=shared, verdict=verdict, reason_code="quality", comment=WHY, now=now)


def test_only_owner_and_maintainers_decide(proposed: Contribution, dora: Account, now: datetime) -> None:
    for account in (dora, make_account()):
        with pytest.raises(NotAllowed, match="owner and its maintainers"):
            _decline(account, proposed, now)


def test_what_is_over_is_not_decided_again(
    propose: Propose, bob: Account, alice: Account, charlie: Account, now: datetime
) -> None:
    accepted, declined, gone = propose(), propose({"a": "1"}), propose({"b": "1"})
    _decline(bob, declined, now)
    withdraw(account=charlie, contribution=gone, now=now)
    decide(account=bob, contribution=accepted, verdict="accept", now=now)
    for over in (accepted, declined, gone):
        with pytest.raises(Over):
            decide(account=alice, contribution=over, verdict="accept", now=now)


def test_what_waits_for_its_author_is_not_decided(proposed: Contribution, bob: Account, now: datetime) -> None:
    decide(account=bob, contribution=proposed, verdict="ask", reason_code="quality", comment=WHY, now=now)
    with pytest.raises(Conflict, match="author"):
        decide(account=bob, contribution=proposed, verdict="accept", now=now)


def test_what_waits_for_its_author_can_be_declined_for_he_may_never_come_back(
    client: Client, proposed: Contribution, bob: Account, charlie: Account, now: datetime
) -> None:
    decide(account=bob, contribution=proposed, verdict="ask", reason_code="quality", comment=WHY, now=now)
    erase_account(charlie, now)
    client.force_login(bob)
    page, form = contribution_url(proposed), f"/reviews/decide/{proposed.pk}"
    assert f'href="{form}"' in client.get(page).content.decode()
    html = client.get(form).content.decode()
    assert re.findall(r'name="verdict" value="(\w+)"', html) == ["decline"]
    said = {"reason": "quality", "comment": WHY, "proposal": newest_proposal(proposed).revision_id}
    assert client.post(form, {**said, "verdict": "ask"}).status_code == 422
    assert client.post(form, {**said, "verdict": "decline"})["Location"] == page
    proposed.refresh_from_db()
    assert proposed.state == "declined"
    assert _types(proposed)[-1] == "contribution.declined"


def test_a_version_that_nobody_looked_at_is_not_decided(
    proposed: Contribution, bob: Account, charlie: Account, now: datetime
) -> None:
    assert proposed.proposal is not None
    seen = proposed.proposal.revision_id
    update_contribution(account=charlie, contribution=proposed, changes=texts({"w.json": "[3]"}), now=now)
    for expected in (seen, ""):
        for verdict in ("accept", "ask", "decline"):
            with pytest.raises(NewerProposal):
                decide(
                    account=bob, contribution=proposed, verdict=verdict, reason_code="quality", comment=WHY, now=now,
                    expected_proposal=expected,
                )  # fmt: skip
    assert not Review.objects.exists()


# --- a base that has moved on --------------------------------------------------------------------
def test_what_was_made_on_an_older_base_is_moved_first_and_reviewed_again(
    proposed: Contribution, model: Repository, publish: Publish, bob: Account, charlie: Account, now: datetime
) -> None:
    publish(model, {"notes.md": "x"}, kind="documentation")
    with pytest.raises(StaleBase):
        decide(account=bob, contribution=proposed, verdict="accept", now=now)
    assert not Review.objects.exists()
    rebase(account=charlie, contribution=proposed, now=now + timedelta(minutes=1))
    proposed.refresh_from_db()
    decide(account=bob, contribution=proposed, verdict="accept", now=now + timedelta(minutes=2))
    assert proposed.state == "accepted"


def test_a_stale_one_can_be_declined(
    proposed: Contribution, model: Repository, publish: Publish, bob: Account, now: datetime
) -> None:
    publish(model, {"notes.md": "x"}, kind="documentation")
    assert b'"result":"stale"' in bytes(_decline(bob, proposed, now).checks.body)


# --- frozen checks -------------------------------------------------------------------------------
def test_the_entry_names_the_frozen_checks_by_their_digest(proposed: Contribution, bob: Account, now: datetime) -> None:
    review = decide(account=bob, contribution=proposed, verdict="accept", now=now)
    entry = ledger.entry_by_uid(review.entry.uid)
    assert entry.data["checks"] == hashlib.sha256(bytes(review.checks.body)).hexdigest() == review.checks_id


# --- appeals -------------------------------------------------------------------------------------
def test_an_appeal_is_decided_by_another_maintainer(
    proposed: Contribution, alice: Account, bob: Account, charlie: Account, dora: Account, now: datetime
) -> None:
    _decline(bob, proposed, now)
    made = appeal(account=charlie, contribution=proposed, comment="Please look at seed 7.", now=now)
    assert (proposed.state, proposed.appealed, made.comment) == ("open", now, "Please look at seed 7.")
    assert access.arbiters_of(proposed) == [alice]
    with pytest.raises(NotAllowed, match="You declined"):
        decide(account=bob, contribution=proposed, verdict="accept", now=now)
    with pytest.raises(NotAllowed, match="owner and its maintainers"):
        decide(account=dora, contribution=proposed, verdict="accept", now=now)
    decide(account=alice, contribution=proposed, verdict="accept", now=now)
    assert proposed.state == "accepted"


def test_where_there_is_no_other_maintainer_a_hub_reviewer_decides(
    proposed: Contribution, model: Repository, alice: Account, charlie: Account, dora: Account, now: datetime
) -> None:
    model.maintainers.all().delete()
    _decline(alice, proposed, now)
    appeal(account=charlie, contribution=proposed, comment=WHY, now=now)
    assert access.arbiters_of(proposed) == [dora]
    decide(account=dora, contribution=proposed, verdict="accept", now=now)
    assert proposed.state == "accepted"


def test_a_hub_reviewer_who_is_an_author_is_no_arbiter(
    propose: Propose, model: Repository, alice: Account, charlie: Account, dora: Account, now: datetime
) -> None:
    model.maintainers.all().delete()
    shared = propose(authors=[("charlie", 5_000), ("dora", 5_000)])
    join(account=dora, contribution=shared, bps=5_000, now=now)
    _decline(alice, shared, now)
    with pytest.raises(Conflict, match="nobody else"):
        appeal(account=charlie, contribution=shared, comment=WHY, now=now)


def test_hub_reviewers_decide_about_appeals_alone(
    propose: Propose, model: Repository, alice: Account, charlie: Account, dora: Account, now: datetime
) -> None:
    model.maintainers.all().delete()
    own, other = propose({"a": "1"}, account=alice), propose()
    assert access.arbiters_of(own) == []
    assert access.arbiters_of(other) == [alice]
    for account in (alice, dora):
        with pytest.raises(NotAllowed):
            decide(account=account, contribution=own, verdict="accept", now=now)
    _decline(alice, other, now)
    assert access.arbiters_of(other) == [dora]


def test_it_may_be_appealed_for_thirty_days(propose: Propose, bob: Account, charlie: Account, now: datetime) -> None:
    late, in_time = propose({"a": "1"}), propose({"b": "1"})
    for contribution in (late, in_time):
        _decline(bob, contribution, now)
    moment = timedelta(milliseconds=1)
    with pytest.raises(TooLate):
        appeal(account=charlie, contribution=late, comment=WHY, now=now + KEPT)
    appeal(account=charlie, contribution=in_time, comment=WHY, now=now + KEPT - moment)
    assert Appeal.objects.get().contribution == in_time


def test_without_anybody_else_there_is_no_appeal_yet(
    proposed: Contribution, model: Repository, alice: Account, charlie: Account, now: datetime
) -> None:
    model.maintainers.all().delete()
    _decline(alice, proposed, now)
    with pytest.raises(Conflict, match="nobody else"):
        appeal(account=charlie, contribution=proposed, comment=WHY, now=now)
    add_maintainer(account=alice, repository=model, handle=make_account("eve").username)
    appeal(account=charlie, contribution=proposed, comment=WHY, now=now)
    assert Appeal.objects.count() == 1


def test_members_who_maintain_an_organisation_s_repository_decide_about_appeals(
    create: Create, propose: Propose, alice: Account, bob: Account, charlie: Account, now: datetime
) -> None:
    lab, member = make_account("lab"), make_account("member")
    Account.objects.filter(pk=lab.pk).update(kind="organisation")
    lab.refresh_from_db()
    for person, role in ((alice, "owner"), (bob, "maintainer"), (member, "member")):
        Membership.objects.create(organisation=lab, person=person, role=role)
    contribution = propose(repository=create("shared", kind="model", owner=lab))
    _decline(alice, contribution, now)
    appeal(account=charlie, contribution=contribution, comment=WHY, now=now)
    assert access.arbiters_of(contribution) == [bob]


def test_an_appeal_comes_from_the_contributor_once_and_only_after_a_decline(
    proposed: Contribution, alice: Account, bob: Account, charlie: Account, now: datetime
) -> None:
    with pytest.raises(Over):
        appeal(account=charlie, contribution=proposed, comment=WHY, now=now)
    _decline(bob, proposed, now)
    with pytest.raises(NotAllowed):
        appeal(account=alice, contribution=proposed, comment=WHY, now=now)
    with pytest.raises(Invalid):
        appeal(account=charlie, contribution=proposed, comment=" ", now=now)
    appeal(account=charlie, contribution=proposed, comment=WHY, now=now)
    _decline(alice, proposed, now)
    with pytest.raises(Conflict):
        appeal(account=charlie, contribution=proposed, comment=WHY, now=now)


def test_an_erased_maintainer_decides_about_no_appeal(
    proposed: Contribution, alice: Account, bob: Account, now: datetime
) -> None:
    _decline(bob, proposed, now)
    Account.objects.filter(pk=alice.pk).update(is_active=False)
    grant_reviewer(account=make_account("eve"), now=now)
    assert [account.username for account in access.arbiters_of(proposed)] == ["eve"]
