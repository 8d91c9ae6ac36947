"""What rewards show on pages of the rooms below: what somebody and a repository earned, what a work is worth."""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from hub.reviews import selectors as reviews
from rewards import estimating, reading
from rewards.policy import Policy
from web import slots

if TYPE_CHECKING:
    from hub.accounts.models import Account

MOST = 5
USUAL_EFFORT, USUAL_QUALITY = 3, 80


def register() -> None:
    slots.register("person.aside", _person)
    slots.register("me.sections", _me, order=10)
    slots.register("rewards.own", _own)
    slots.register("repository.aside", _repository)
    slots.register("assessment.worth", _worth)
    slots.register("proposal.aside", _hint)


def _person(request: HttpRequest, person: "Account") -> str:
    """What somebody earned, epoch by epoch. Where their wallet stands is theirs to show."""
    rows = reading.earned_by(person.pseudonym, MOST)
    if not rows:
        return ""
    standing = reading.standing(person.pk, person.pseudonym)
    context = {"person": person, "rows": rows, "standing": standing}
    return render_to_string("rewards/_person.html", context, request)


def _me(request: HttpRequest, account: "Account") -> str:
    """Credit, what can be claimed, and what waits and why."""
    standing = reading.standing(account.pk, account.pseudonym)
    if standing.is_empty:
        return ""
    return render_to_string("rewards/_me.html", {"standing": standing}, request)


def _own(request: HttpRequest, account: "Account") -> str:
    standing = reading.standing(account.pk, account.pseudonym)
    return render_to_string("rewards/_own.html", {"standing": standing}, request)


def _repository(request: HttpRequest, repository: Any) -> str:
    total = reading.kept_by(
        list(reviews.works(request.user).filter(repository=repository).values_list("pk", flat=True))
    )
    return (
        render_to_string("rewards/_repository.html", {"repository": repository, "total": total}, request)
        if total
        else ""
    )


def _worth(request: HttpRequest, work: Any) -> str:
    """On a work's page: what it got, or what it would get at most by what was said so far."""
    rewards = reading.rewards_of_works([work.pk])
    policy, budget = _now()
    kind = work.contribution.kind if work.contribution is not None else work.revision.kind
    said = [(each.effort, each.quality) for each in work.assessments.all()]
    openness = policy.openness_of(work.revision.licence)
    context = {
        "rewards": rewards,
        "worth": estimating.of_assessments(policy, budget, kind, said, openness) if not rewards else None,
        "said": said,
        "missing": max(0, policy.min_reviews - len(said)),
        "openness": openness,
    }
    return render_to_string("rewards/_worth.html", context, request)


def _hint(request: HttpRequest, repository: Any) -> str:
    """Beside the form of a proposal: what such work may earn."""
    policy, budget = _now()
    worth = estimating.estimate(policy, budget, "data", USUAL_EFFORT, USUAL_QUALITY)
    context = {"worth": worth, "effort": USUAL_EFFORT, "quality": USUAL_QUALITY, "floor": policy.quality_floor}
    return render_to_string("rewards/_hint.html", context, request)


def _now() -> tuple[Policy, int]:
    """The rule in force and the budget of the epoch that runs."""
    schedule = reading.schedule()
    number = schedule.number_at(timezone.now()) if schedule is not None else 0
    budget = schedule.budget(number) if schedule is not None else reading.planned_budget()
    return reading.policy_in_force(number).policy, budget
