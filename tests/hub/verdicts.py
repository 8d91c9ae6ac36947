"""Verdicts for tests, by the real service."""

from datetime import datetime
from typing import Any

from hub.contributions import selectors
from hub.contributions.models import Contribution
from hub.contributions.services import join
from hub.reviews.models import Review
from hub.reviews.services import decide as decide_about


def decide(*, contribution: Contribution, **fields: Any) -> Review:
    """As somebody decides who has just looked at the newest version; `expected_proposal` says another one."""
    newest = Contribution.objects.select_related("proposal").get(pk=contribution.pk).proposal
    assert newest is not None
    return decide_about(contribution=contribution, **{"expected_proposal": newest.revision_id, **fields})


def all_agree(contribution: Contribution, now: datetime) -> Contribution:
    """Everybody whom the contribution names agrees to the share that it says."""
    for each in selectors.authors_of(contribution):
        if not each.agreed:
            join(account=each.account, contribution=contribution, bps=each.bps, now=now)
    return contribution
