"""How a contribution comes to its end, or back from it. Reviews call these; they know who may decide, and why.

Each locks the repository and the contribution, changes the state and writes its entry in the caller's transaction or one
of its own. What is refused here is what holds whoever decides: nobody decides what is his own, and only once.
"""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from hub import events
from hub.contributions.errors import Over, StaleBase, TooLate
from hub.contributions.models import Contribution
from hub.contributions.selectors import UNDECIDED, appeal_until, is_own, is_stale
from hub.errors import Conflict, NotAllowed
from hub.events import Actor
from hub.repositories.errors import StaleParent, Withdrawn
from hub.repositories.publishing import lock as lock_repository
from hub.repositories.publishing import publish_proposed
from hub.repositories.revision import cut_time

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from ledger.services import Entry

State = Contribution.State


def lock(contribution: Contribution) -> Contribution:
    """The contribution as it is now, with its repository, both locked until the transaction ends."""
    repository = lock_repository(contribution.repository)
    rows = Contribution.objects.select_for_update(of=("self",))
    locked = rows.select_related("contributor", "proposal__revision__parent", "proposal__base").get(pk=contribution.pk)
    locked.repository = repository
    return locked


def accept(
    *, contribution: Contribution, actor: "Account", now: datetime, checks: str = "", comment: str = ""
) -> "Entry":
    """Publish exactly the proposed revision on `main`, and end the contribution. Returns `contribution.accepted`.

    `checks` is the SHA-256 (hex) of what was known when it was decided. `contribution` holds its new state and `result`
    afterwards. Raises Over while it does not wait for a decision, NotAllowed for one's own, StaleBase, Withdrawn, Gone.
    """
    with transaction.atomic():
        locked, moment = _waiting(contribution, actor), cut_time(now)
        if is_stale(locked):
            raise StaleBase
        proposed, repository = _proposal(locked).revision, locked.repository
        proposed.repository = repository
        result = repository.revision_count + 1
        entry = _record(
            "contribution.accepted", locked, actor, {"result": result}, checks=checks, comment=comment, now=moment
        )
        try:
            published = publish_proposed(
                account=actor,
                repository=repository,
                proposed=proposed,
                contribution=f"contrib:{locked.pk}",
                message=locked.title,
                now=moment,
            )
        except StaleParent:
            raise StaleBase from None
        _end(locked, State.ACCEPTED, moment, result=published)
    _as_it_is_now(contribution, locked)
    return entry


def decline(
    *, contribution: Contribution, actor: "Account", reason: str, now: datetime, checks: str = "", comment: str = ""
) -> "Entry":
    """End the contribution without publishing it. `reason` is one of `events.REVIEW_REASONS`.

    Also while it waits for its author, who may never come back. Returns `contribution.declined`. Raises Over once it has
    ended, NotAllowed for one's own.
    """
    with transaction.atomic():
        locked, moment = _waiting(contribution, actor, UNDECIDED), cut_time(now)
        entry = _record(
            "contribution.declined", locked, actor, {"reason": reason}, checks=checks, comment=comment, now=moment
        )
        _end(locked, State.DECLINED, moment)
    _as_it_is_now(contribution, locked)
    return entry


def mark_asked(*, contribution: Contribution, actor: "Account", now: datetime) -> Contribution:
    """Its author has to act now. The caller writes `review.submitted` with the verdict `ask` at the same time.

    Raises Over while it does not wait for a decision, NotAllowed for one's own.
    """
    with transaction.atomic():
        locked, moment = _waiting(contribution, actor), cut_time(now)
        locked.state, locked.changed, locked.waiting = State.ASKED, moment, None
        locked.save(update_fields=["state", "changed", "waiting"])
    _as_it_is_now(contribution, locked)
    return locked


def reopen_for_appeal(*, contribution: Contribution, actor: "Account", comment: str, now: datetime) -> "Entry":
    """A declined contribution waits for another decision. Returns `contribution.appealed`.

    Raises as `require_appealable` does.
    """
    with transaction.atomic():
        locked, moment = lock(contribution), cut_time(now)
        require_appealable(locked, actor, moment)
        entry = _record("contribution.appealed", locked, actor, {}, comment=comment, now=moment)
        locked.state, locked.changed, locked.waiting = State.OPEN, moment, moment
        locked.decided, locked.appealed = None, moment
        locked.save(update_fields=["state", "changed", "waiting", "decided", "appealed"])
    _as_it_is_now(contribution, locked)
    return entry


def require_appealable(contribution: Contribution, actor: "Account", now: datetime) -> None:
    """NotAllowed unless its contributor asks, Conflict the second time, Over unless it was declined, TooLate after `KEPT`."""
    _refuse_withdrawn(contribution)
    if contribution.contributor_id != actor.pk:
        raise NotAllowed(_("Only who proposed this may appeal."))
    if contribution.appealed is not None:
        raise Conflict(_("This was appealed once already."))
    if contribution.state != State.DECLINED:
        raise Over
    if appeal_until(contribution, now) is None:
        raise TooLate


# --- shared --------------------------------------------------------------------------------------
def _waiting(contribution: Contribution, actor: "Account", states: Collection[State] = (State.OPEN,)) -> Contribution:
    """The contribution, locked, if it is in one of these states and the actor has no part in it."""
    locked = lock(contribution)
    _refuse_withdrawn(locked)
    if is_own(locked, actor):
        raise NotAllowed(_("Nobody decides about what is their own."))
    if locked.state not in states:
        raise Over
    return locked


def _refuse_withdrawn(contribution: Contribution) -> None:
    if contribution.repository.withdrawn is not None:
        raise Withdrawn


def _proposal(contribution: Contribution) -> Any:
    assert contribution.proposal is not None
    return contribution.proposal


def _record(
    event_type: str,
    contribution: Contribution,
    actor: Actor,
    data: dict[str, Any],
    *,
    now: datetime,
    checks: str = "",
    comment: str = "",
) -> "Entry":
    reviewed = {
        "repo": f"repo:{contribution.repository_id}",
        "number": contribution.number,
        "author": contribution.contributor.actor,
        "revision": f"rev:{_proposal(contribution).revision_id}",
    }
    known = {"checks": checks} if checks else {}
    return events.record(
        event_type,
        subject=f"contrib:{contribution.pk}",
        actor=actor,
        data={**reviewed, **data, **known},
        details={"comment": {"comment": comment}} if comment else {},
        now=now,
    )


def _end(contribution: Contribution, state: State, moment: datetime, result: Any = None) -> None:
    contribution.state, contribution.result = state, result
    contribution.changed, contribution.decided, contribution.waiting = moment, moment, None
    contribution.save(update_fields=["state", "result", "changed", "decided", "waiting"])


def _as_it_is_now(contribution: Contribution, locked: Contribution) -> None:
    """The caller's object says what is stored."""
    for field in ("state", "result", "changed", "decided", "waiting", "appealed"):
        setattr(contribution, field, getattr(locked, field))
