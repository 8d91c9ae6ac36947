"""Verdicts: what was proposed is accepted, sent back or declined, with a reason, on what is known at that moment."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from hub.contributions import services as contributions
from hub.contributions.deciding import lock
from hub.contributions.errors import NewerProposal
from hub.errors import Conflict, Invalid, NotAllowed
from hub.events import REVIEW_REASONS, VERDICTS, record
from hub.repositories.revision import cut_time
from hub.reviews import access, checking, facts
from hub.reviews.assessing import checked_comment
from hub.reviews.models import Appeal, FrozenChecks, Review, Work

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from hub.contributions.models import Contribution
    from ledger.services import Entry

ACCEPT, ASK, DECLINE = VERDICTS


def decide(
    *,
    account: "Account",
    contribution: "Contribution",
    verdict: str,
    expected_proposal: str,
    reason_code: str = "",
    comment: str = "",
    now: datetime,
) -> Review:
    """Accept what was proposed, ask for changes, or decline it; the checks as they are now are frozen beside the verdict.

    `expected_proposal` is the id of the revision that was looked at: no other version is ever decided about. Asking and
    declining take a reason (`REVIEW_REASONS`) and words. Accepting publishes exactly that revision and makes it a work.
    What waits for its author can only be declined.

    Raises `Invalid` at `verdict`, `reason` or `comment`, NotAllowed, Over, NewerProposal, StaleBase, TooManyEntries.
    """
    reason, words = _checked(verdict, reason_code, comment)
    moment = cut_time(now)
    with transaction.atomic():
        locked = lock(contribution)
        _require_decider(account, locked, verdict, expected_proposal)
        frozen = _freeze(locked, account, moment)
        revision = _proposed(locked)
        entry = _carry_out(locked, account, verdict, reason, words, frozen.digest, moment)
        review = Review.objects.create(
            contribution=locked,
            revision_id=revision,
            reviewer=account,
            verdict=verdict,
            reason=reason,
            comment=words,
            checks=frozen,
            time=moment,
            entry=entry,
        )
        if verdict == ACCEPT:
            _make_work(locked, revision, entry, moment)
    contribution.refresh_from_db()
    return review


def appeal(*, account: "Account", contribution: "Contribution", comment: str, now: datetime) -> Appeal:
    """Ask that somebody else decides about one's declined contribution. Once, within 30 days, where there is somebody else.

    Raises `Invalid` at `comment`, NotAllowed, Over, TooLate, Conflict, TooManyEntries.
    """
    words, moment = checked_comment(comment), cut_time(now)
    with transaction.atomic():
        locked = lock(contribution)
        contributions.require_appealable(locked, account, moment)
        if not access.arbiters_of(locked):
            raise Conflict(
                _(
                    "There is nobody else yet who could decide: no other maintainer, and no hub reviewer. Try again later."
                )
            )
        entry = contributions.reopen_for_appeal(contribution=locked, actor=account, comment=words, now=moment)
        made = Appeal.objects.create(contribution=locked, comment=words, time=moment, entry=entry)
    contribution.refresh_from_db()
    return made


def _checked(verdict: str, reason: str, comment: str) -> tuple[str, str]:
    """The reason and the words that this verdict takes."""
    if verdict not in VERDICTS:
        raise Invalid("verdict", _("Accept it, ask for changes, or decline it."))
    if verdict == ACCEPT:
        return "", checked_comment(comment) if comment.strip() else ""
    if reason not in REVIEW_REASONS:
        raise Invalid("reason", _("Choose a reason."))
    return reason, checked_comment(comment)


def _require_decider(account: "Account", contribution: "Contribution", verdict: str, expected_proposal: str) -> None:
    refused = access.cannot_decide(account, contribution)
    if refused:
        raise NotAllowed(refused)
    if contribution.state == "asked" and verdict != DECLINE:
        raise Conflict(_("Changes were asked for. It waits for its author now."))
    if expected_proposal != _proposed(contribution):
        raise NewerProposal


def _carry_out(
    contribution: "Contribution",
    account: "Account",
    verdict: str,
    reason: str,
    comment: str,
    checks: str,
    moment: datetime,
) -> "Entry":
    """Do what the verdict says; returns the entry that says it."""
    if verdict == ACCEPT:
        return contributions.accept(
            contribution=contribution, actor=account, checks=checks, comment=comment, now=moment
        )
    if verdict == DECLINE:
        return contributions.decline(
            contribution=contribution, actor=account, reason=reason, checks=checks, comment=comment, now=moment
        )
    contributions.mark_asked(contribution=contribution, actor=account, now=moment)
    return record(
        "review.submitted",
        subject=f"contrib:{contribution.pk}",
        actor=account,
        data={
            "repo": f"repo:{contribution.repository_id}",
            "number": contribution.number,
            "author": contribution.contributor.actor,
            "revision": f"rev:{_proposed(contribution)}",
            "verdict": verdict,
            "reason": reason,
            "checks": checks,
        },
        details={"comment": {"comment": comment}},
        now=moment,
    )


def _freeze(contribution: "Contribution", account: "Account", moment: datetime) -> FrozenChecks:
    body = checking.freeze(facts.checks(contribution, account, moment))
    row, _made = FrozenChecks.objects.get_or_create(digest=checking.digest_of(body), defaults={"body": body})
    return row


def _make_work(contribution: "Contribution", revision: str, entry: "Entry", moment: datetime) -> None:
    Work.objects.create(
        key=f"contrib:{contribution.pk}",
        contribution=contribution,
        revision_id=revision,
        repository_id=contribution.repository_id,
        submitted=moment,
        entry=entry,
    )


def _proposed(contribution: "Contribution") -> str:
    """The id of the revision that is decided about."""
    assert contribution.proposal is not None
    return str(contribution.proposal.revision_id)
