"""What several people do to one contribution at the same moment, on real connections."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from hub.accounts.models import Account
from hub.contributions.models import Contribution
from hub.contributions.services import update_contribution, withdraw
from hub.errors import Conflict
from hub.repositories.models import Repository
from hub.reviews.models import Review, Work
from hub.reviews.services import decide
from ledger import selectors as ledger
from tests.hub.repositories.conftest import texts
from tests.hub.repositories.test_races import at_once

from .conftest import Propose

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 6
ENDS = {"accepted", "declined", "withdrawn"}


def test_of_accepting_declining_withdrawing_and_updating_at_once_exactly_one_is_the_end(
    propose: Propose, model: Repository, alice: Account, bob: Account, charlie: Account, now: datetime
) -> None:
    for number in range(ROUNDS):
        contribution, moment = propose({"w.json": f"[{number}, 1]"}), now + timedelta(hours=number)
        assert contribution.proposal is not None
        seen = contribution.proposal.revision_id
        outcomes = at_once(_acts(contribution.pk, seen, f"[{number}, 2]", alice, bob, charlie, moment))
        errors = [outcome.exception() for outcome in outcomes]
        assert all(error is None or isinstance(error, Conflict) for error in errors), errors
        accepted, declined, withdrawn, _updated = (error is None for error in errors)
        assert accepted + declined + withdrawn == 1
        _has_one_end(contribution, model, seen)


def _acts(
    key: UUID, seen: str, other: str, alice: Account, bob: Account, charlie: Account, now: datetime
) -> list[Callable[[], object]]:
    def found() -> Contribution:
        return Contribution.objects.get(pk=key)

    return [
        lambda: decide(
            account=alice, contribution=found(), verdict="accept", expected_proposal=seen, now=now
        ),
        lambda: decide(
            account=bob, contribution=found(), verdict="decline", expected_proposal=seen, reason_code="quality",
            comment="No.", now=now,
        ),
        lambda: withdraw(account=charlie, contribution=found(), now=now),
        lambda: update_contribution(
            account=charlie, contribution=found(), changes=texts({"w.json": other}), now=now
        ),
    ]  # fmt: skip


def _has_one_end(contribution: Contribution, model: Repository, seen: str) -> None:
    """Rows and entries tell of the same end, and a verdict is about the version that was seen, or there is none."""
    contribution.refresh_from_db()
    head = model.head_id
    model.refresh_from_db()
    told = [entry.type.partition(".")[2] for entry in ledger.entries_with_subject(f"contrib:{contribution.pk}")]
    assert [word for word in told if word in ENDS] == [contribution.state]
    assert told[-1] == contribution.state  # nothing happens to it after its end
    reviews = [(row.verdict, row.revision_id) for row in Review.objects.filter(contribution=contribution)]
    verdict = {"accepted": "accept", "declined": "decline"}.get(contribution.state)
    assert reviews == ([(verdict, seen)] if verdict else [])
    accepted = contribution.state == "accepted"
    assert Work.objects.filter(contribution=contribution).exists() == accepted
    assert model.head_id == (seen if accepted else head)
    assert not (verdict and "updated" in told)
