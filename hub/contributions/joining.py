"""A named co-author agrees to their share. Until then they are no author, and the share is with whoever proposed."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from hub import events
from hub.contributions import selectors
from hub.contributions.deciding import lock
from hub.contributions.errors import NewerProposal, Over
from hub.contributions.models import Consent, Contribution
from hub.errors import Conflict, NotAllowed
from hub.repositories import access, drafts
from hub.repositories.errors import RepositoryNotFound
from hub.repositories.revision import cut_time

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from hub.contributions.shares import AuthorShare


def join(
    *,
    account: "Account",
    contribution: Contribution,
    bps: int,
    now: datetime,
    expected_proposal: str | None = None,
) -> Consent:
    """Agree to the share that the newest version names for the account, for good.

    `bps` is that share; with `expected_proposal` (a revision id) the caller says which version was looked at. Raises
    RepositoryNotFound, NotAllowed for whoever is not named, Over once it is decided, NewerProposal, Conflict when the
    share is another one or was agreed to, TooManyEntries.
    """
    with transaction.atomic():
        locked, moment = lock(contribution), cut_time(now)
        if not access.may_read(account, locked.repository):
            raise RepositoryNotFound
        if expected_proposal is not None and expected_proposal != _proposed(locked):
            raise NewerProposal
        _refuse(locked, account, bps)
        entry = events.record(
            "contribution.joined",
            subject=f"contrib:{locked.pk}",
            actor=account,
            data=_data(locked, bps),
            now=moment,
        )
        return Consent.objects.create(
            contribution=locked, account=account, revision_id=_proposed(locked), bps=bps, time=moment, entry=entry
        )


def asked(contribution: Contribution, account: "Account | None") -> "AuthorShare | None":
    """The share that waits for the account's consent, if one does."""
    if account is None or contribution.state not in selectors.UNDECIDED:
        return None
    waiting = (each for each in selectors.authors_of(contribution) if not each.agreed)
    return next((each for each in waiting if each.account.pk == account.pk), None)


def sentence(account: "Account", contribution: Contribution, bps: int) -> str:
    """What agreeing will leave in the log."""
    return drafts.sentence(
        account, "contribution.joined", f"contrib:{contribution.pk}", _data(contribution, bps), viewer=account
    )


def _refuse(contribution: Contribution, account: "Account", bps: int) -> None:
    if account.pk == contribution.contributor_id:
        raise NotAllowed(_("Whoever proposed this need not agree to it."))
    own = [each for each in selectors.authors_of(contribution) if each.account.pk == account.pk]
    if not own:
        raise NotAllowed(_("This contribution does not name you as a co-author."))
    if contribution.state not in selectors.UNDECIDED:
        raise Over
    if own[0].bps != bps:
        raise Conflict(_("Your share in this contribution is another one now. Load the page again."))
    if own[0].agreed:
        raise Conflict(_("You have agreed to this share already."))


def _data(contribution: Contribution, bps: int) -> dict[str, Any]:
    return {
        "repo": f"repo:{contribution.repository_id}",
        "number": contribution.number,
        "proposed": f"rev:{_proposed(contribution)}",
        "bps": bps,
    }


def _proposed(contribution: Contribution) -> str:
    assert contribution.proposal is not None
    return str(contribution.proposal.revision_id)
