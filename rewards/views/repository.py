"""What the works of a repository earned."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from hub.repositories import selectors as repositories
from hub.reviews import selectors as reviews
from hub.reviews.words import title_of
from rewards import reading, showing
from web.drawing.bars import Bar

MOST_WORKS, BARS = 200, 24


@require_safe
def page(request: HttpRequest, owner: str, name: str, kind: str = "model") -> HttpResponse:
    found = repositories.visible_repository(request.user, kind, owner, name)
    works = {
        work.pk: work
        for work in reviews.works(request.user).filter(repository=found).order_by("-submitted")[:MOST_WORKS]
    }
    rewards = reading.rewards_of_works(list(works))
    named = showing.works(request.user, rewards)
    paid, needed = {reward.work for reward in rewards}, _needed()
    context = {
        "repository": found,
        "section": "models" if kind == "model" else "datasets",
        "rewards": [{"reward": row, "name": named[row.work]} for row in rewards],
        "total": sum(int(row.kept_wei) for row in rewards if row.epoch.state == "finalized"),
        "waiting": [
            {
                "title": title_of(work),
                "url": f"/reviews/assess/{work.pk}",
                "missing": max(0, needed - work.spoken),
            }
            for work in works.values()
            if work.pk not in paid
        ],
        **_chart(rewards),
    }
    return render(request, "rewards/repository.html", context)


def _needed() -> int:
    """How many assessments a work needs by the rule in force."""
    schedule = reading.schedule()
    number = schedule.number_at(timezone.now()) if schedule is not None else 0
    return reading.policy_in_force(number).policy.min_reviews


def _chart(rewards: list[Any]) -> dict[str, Any]:
    """What the works kept by epoch, the last ones, oldest first."""
    sums: dict[int, int] = {}
    for row in rewards:
        sums[row.epoch_id] = sums.get(row.epoch_id, 0) + int(row.kept_wei)
    shown = sorted(sums.items())[-BARS:]
    rows = [{"epoch": number, "wei": wei} for number, wei in shown]
    return {"epochs": rows, "bars": [Bar(wei / 10**18) for _number, wei in shown] if len(shown) > 1 else []}
