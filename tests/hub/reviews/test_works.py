"""Works: who submits a revision for assessment, who assesses it, and what is refused."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from hub.accounts.models import Account, Membership
from hub.accounts.reviewers import grant_reviewer, revoke_reviewer
from hub.contributions.models import Contribution
from hub.contributions.services import join, update_contribution
from hub.errors import Conflict, Invalid, NotAllowed
from hub.repositories.errors import RepositoryNotFound, Withdrawn
from hub.repositories.models import Repository, Revision
from hub.repositories.services import add_maintainer, change_visibility, withdraw
from hub.reviews import selectors
from hub.reviews.models import Assessment, Work
from hub.reviews.services import appeal, assess, submit_work
from ledger import selectors as ledger
from tests.hub.factories import make_account
from tests.hub.repositories.conftest import Create, Publish
from tests.hub.verdicts import decide

from .conftest import Propose

pytestmark = pytest.mark.django_db
WHY = "Measured again on two machines."


@pytest.fixture
def head(model: Repository) -> Revision:
    assert model.head is not None
    return model.head


def _entries(subject: str) -> list[str]:
    return [entry.type for entry in ledger.entries_with_subject(subject)]


# --- submitting ----------------------------------------------------------------------------------
def test_an_owner_submits_a_revision_of_theirs(head: Revision, alice: Account, now: datetime) -> None:
    work = submit_work(account=alice, revision=head, now=now)
    assert (work.key, work.contribution, work.repository) == (f"rev:{head.pk}", None, head.repository)
    assert _entries(work.key)[-1] == "work.submitted"


def test_a_maintainer_submits_what_they_published(
    model: Repository, publish: Publish, bob: Account, now: datetime
) -> None:
    revision = publish(model, {"w.json": "[9]"}, account=bob, kind="tuning")
    assert submit_work(account=bob, revision=revision, now=now).revision == revision


def test_nobody_submits_the_revision_of_another(head: Revision, bob: Account, charlie: Account, now: datetime) -> None:
    for account in (bob, charlie):
        with pytest.raises(NotAllowed, match="Only the author"):
            submit_work(account=account, revision=head, now=now)


def test_who_no_longer_maintains_submits_no_more(
    model: Repository, publish: Publish, bob: Account, now: datetime
) -> None:
    revision = publish(model, {"w.json": "[9]"}, account=bob, kind="tuning")
    model.maintainers.all().delete()
    with pytest.raises(NotAllowed, match="owner or a maintainer"):
        submit_work(account=bob, revision=revision, now=now)


def test_a_revision_is_submitted_once(head: Revision, alice: Account, now: datetime) -> None:
    submit_work(account=alice, revision=head, now=now)
    with pytest.raises(Conflict, match="already"):
        submit_work(account=alice, revision=head, now=now)
    assert _entries(f"rev:{head.pk}").count("work.submitted") == 1


def test_what_an_accepted_contribution_became_is_a_work_already(
    propose: Propose, bob: Account, alice: Account, now: datetime
) -> None:
    contribution = propose(account=bob)
    decide(account=alice, contribution=contribution, verdict="accept", now=now)
    assert contribution.result is not None
    with pytest.raises(Conflict, match="already"):
        submit_work(account=bob, revision=contribution.result, now=now)


def test_what_is_only_proposed_is_no_work_yet(propose: Propose, bob: Account, now: datetime) -> None:
    contribution = propose(account=bob)
    assert contribution.proposal is not None
    with pytest.raises(Conflict, match="only proposed"):
        submit_work(account=bob, revision=contribution.proposal.revision, now=now)


def test_what_nobody_else_can_read_cannot_be_assessed(create: Create, alice: Account, now: datetime) -> None:
    secret = create("secret", visibility="private")
    assert secret.head is not None
    with pytest.raises(NotAllowed, match="public"):
        submit_work(account=alice, revision=secret.head, now=now)


# --- assessing -----------------------------------------------------------------------------------
def _assess(account: Account, work: Work, now: datetime, **fields: object) -> Assessment:
    given = {"effort": 5, "quality": 80, "comment": WHY, **fields}
    return assess(account=account, work=work, now=now, **given)  # type: ignore[arg-type]


def test_a_hub_reviewer_assesses_an_accepted_contribution(work: Work, dora: Account, now: datetime) -> None:
    made = _assess(dora, work, now)
    entry = ledger.entry_by_uid(made.entry.uid)
    assert (entry.type, entry.subject, entry.actor) == ("assessment.made", work.key, dora.actor)
    assert entry.data == {
        "repo": f"repo:{work.repository_id}", "revision": f"rev:{work.revision_id}", "effort": 5, "quality": 80,
    }  # fmt: skip
    assert entry.details["comment"]["comment"] == WHY


def test_a_hub_reviewer_assesses_a_submitted_revision(
    head: Revision, alice: Account, dora: Account, now: datetime
) -> None:
    work = submit_work(account=alice, revision=head, now=now)
    assert _assess(dora, work, now).work == work


def test_a_member_assesses_nothing(work: Work, now: datetime) -> None:
    with pytest.raises(NotAllowed, match="Only hub reviewers"):
        _assess(make_account(), work, now)


def test_a_right_that_was_taken_away_counts_no_more(work: Work, dora: Account, now: datetime) -> None:
    stale = Account.objects.get(pk=dora.pk)
    revoke_reviewer(account=dora, now=now)
    with pytest.raises(NotAllowed, match="Only hub reviewers"):
        _assess(stale, work, now)


def test_nobody_assesses_their_own_work(work: Work, charlie: Account, now: datetime) -> None:
    grant_reviewer(account=charlie, now=now)
    with pytest.raises(NotAllowed, match="author"):
        _assess(charlie, work, now)


def test_a_co_author_assesses_nothing_of_it(propose: Propose, dora: Account, bob: Account, now: datetime) -> None:
    contribution = propose(authors=[("charlie", 7_000), ("dora", 3_000)])
    join(account=dora, contribution=contribution, bps=3_000, now=now)
    decide(account=bob, contribution=contribution, verdict="accept", now=now)
    with pytest.raises(NotAllowed, match="author of this work"):
        _assess(dora, Work.objects.get(contribution=contribution), now)


def test_who_is_named_and_has_not_agreed_assesses(propose: Propose, dora: Account, bob: Account, now: datetime) -> None:
    contribution = propose(authors=[("charlie", 7_000), ("dora", 3_000)])
    decide(account=bob, contribution=contribution, verdict="accept", now=now)
    work = Work.objects.get(contribution=contribution)
    assert list(selectors.assessable_by(dora)) == [work]
    assert list(selectors.authors_of_work(work).values()) == [contribution.contributor]
    assert selectors.works_of(dora, dora) == []
    _assess(dora, work, now)


def test_who_agreed_to_an_earlier_version_assesses_nothing_of_it(
    propose: Propose, dora: Account, bob: Account, charlie: Account, now: datetime
) -> None:
    contribution, later = propose(authors=[("charlie", 7_000), ("dora", 3_000)]), now + timedelta(minutes=1)
    join(account=dora, contribution=contribution, bps=3_000, now=now)
    alone = update_contribution(
        account=charlie, contribution=contribution, authors=[("charlie", 10_000)], title="Mine", now=later
    )
    decide(account=bob, contribution=alone, verdict="accept", now=now)
    assert list(selectors.assessable_by(dora)) == []
    with pytest.raises(NotAllowed, match="earlier version"):
        _assess(dora, Work.objects.get(contribution=alone), now)


@pytest.mark.parametrize("verdict", ["accept", "ask", "decline"])
def test_who_gave_a_verdict_and_left_assesses_nothing_of_it(
    propose: Propose, model: Repository, alice: Account, bob: Account, charlie: Account, now: datetime, verdict: str
) -> None:
    contribution = propose()
    decide(account=bob, contribution=contribution, verdict=verdict, reason_code="quality", comment=WHY, now=now)
    if verdict == "decline":
        appeal(account=charlie, contribution=contribution, comment=WHY, now=now)
    if verdict == "ask":
        update_contribution(account=charlie, contribution=contribution, title="Again", now=now + timedelta(minutes=1))
    if verdict != "accept":
        contribution.refresh_from_db()
        decide(account=alice, contribution=contribution, verdict="accept", now=now)
    model.maintainers.all().delete()
    grant_reviewer(account=bob, now=now)
    assert list(selectors.assessable_by(bob)) == []
    with pytest.raises(NotAllowed, match="decided about"):
        _assess(bob, Work.objects.get(contribution=contribution), now)


def test_who_published_in_a_repository_and_left_assesses_nothing_of_it(
    propose: Propose, model: Repository, publish: Publish, alice: Account, bob: Account, now: datetime
) -> None:
    publish(model, {"notes.txt": "1"}, account=bob, kind="documentation")
    contribution = propose()
    decide(account=alice, contribution=contribution, verdict="accept", now=now)
    model.maintainers.all().delete()
    grant_reviewer(account=bob, now=now)
    assert list(selectors.assessable_by(bob)) == []
    with pytest.raises(NotAllowed, match="published in this repository"):
        _assess(bob, Work.objects.get(contribution=contribution), now)


def test_whose_proposal_was_accepted_assesses_what_others_make_there(
    propose: Propose, model: Repository, alice: Account, bob: Account, dora: Account, now: datetime
) -> None:
    decide(account=bob, contribution=propose({"d": "1"}, account=dora), verdict="accept", now=now)
    other = propose()
    decide(account=bob, contribution=other, verdict="accept", now=now)
    _assess(dora, Work.objects.get(contribution=other), now)


@pytest.mark.parametrize("role", ["owner", "maintainer"])
def test_nobody_assesses_what_was_made_in_their_repository(
    work: Work, alice: Account, bob: Account, now: datetime, role: str
) -> None:
    account = alice if role == "owner" else bob
    grant_reviewer(account=account, now=now)
    with pytest.raises(NotAllowed, match="maintain this repository"):
        _assess(account, work, now)


@pytest.mark.parametrize(
    ("role", "words"), [("member", "organisation of yours"), ("owner", "maintain this repository")]
)
def test_nobody_assesses_what_belongs_to_their_organisation(
    create: Create, alice: Account, dora: Account, now: datetime, role: str, words: str
) -> None:
    lab = make_account("lab")
    Account.objects.filter(pk=lab.pk).update(kind="organisation")
    lab.refresh_from_db()
    Membership.objects.create(organisation=lab, person=alice, role="owner")
    Membership.objects.create(organisation=lab, person=dora, role=role)
    repository = create("shared", owner=lab)
    assert repository.head is not None
    work = submit_work(account=alice, revision=repository.head, now=now)
    with pytest.raises(NotAllowed, match=words):
        _assess(dora, work, now)


def test_a_work_is_assessed_once_by_each_reviewer(work: Work, dora: Account, now: datetime) -> None:
    _assess(dora, work, now)
    with pytest.raises(Conflict, match="already"):
        _assess(dora, work, now, quality=10)
    other = make_account()
    grant_reviewer(account=other, now=now)
    _assess(other, work, now)
    assert work.assessments.count() == 2


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"effort": 4}, "effort"),
        ({"effort": 0}, "effort"),
        ({"effort": -1}, "effort"),
        ({"quality": -1}, "quality"),
        ({"quality": 101}, "quality"),
        ({"comment": ""}, "comment"),
        ({"comment": " \n "}, "comment"),
        ({"comment": "x" * 10_001}, "comment"),
        ({"comment": "a\0b"}, "comment"),
    ],
)
def test_an_assessment_is_whole_or_refused(
    work: Work, dora: Account, now: datetime, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        _assess(dora, work, now, **fields)
    assert refused.value.field == field
    assert not work.assessments.exists()


def test_a_work_in_a_repository_that_is_gone_is_not_assessed(
    work: Work, alice: Account, dora: Account, now: datetime
) -> None:
    with transaction.atomic():
        change_visibility(account=alice, repository=work.repository, visibility="private", now=now)
        with pytest.raises(RepositoryNotFound):
            _assess(dora, work, now)
        transaction.set_rollback(True)
    work.repository.refresh_from_db()
    withdraw(account=alice, repository=work.repository, reason="error", now=now)
    with pytest.raises(Withdrawn):
        _assess(dora, work, now)


def test_who_became_a_maintainer_later_assesses_no_more(
    work: Work, alice: Account, dora: Account, now: datetime
) -> None:
    add_maintainer(account=alice, repository=work.repository, handle="dora")
    with pytest.raises(NotAllowed):
        _assess(dora, work, now)


def test_nothing_is_a_work_before_it_is_accepted(proposed: Contribution, bob: Account, now: datetime) -> None:
    decide(account=bob, contribution=proposed, verdict="decline", reason_code="quality", comment="No.", now=now)
    assert not Work.objects.exists()
