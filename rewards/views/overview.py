"""The page of the whole: what is paid by which rule, which epoch runs, who holds which power, what a work may earn."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chain import selectors as chain
from hub.repositories.words import WORK_KINDS
from hub.reviews.words import EFFORTS
from rewards import amounts, estimating, obstacles, reading, words
from rewards.models import Epoch
from rewards.policy import CLASSES, POOLS, KindPolicy, Policy
from rewards.powers import powers
from rewards.proposing import PASSED
from web import http

PROGRAM = "akashi_recompute.py"
CLAIM_PAGE = "claim.html"


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    schedule, now = reading.schedule(), timezone.now()
    number = schedule.number_at(now) if schedule is not None else 0
    budget = schedule.budget(number) if schedule is not None else reading.planned_budget()
    rule, page = reading.policy_in_force(number), reading.epochs(http.text(request.GET, "cursor"))
    context = {
        "section": "rewards",
        "schedule": schedule,
        "number": number,
        "budget": budget,
        "ends": schedule.ends(number) if schedule is not None else None,
        "embedded": chain.is_embedded(),
        "chain_id": str(settings.CHAIN_ID),
        "rule": rule,
        "policy": rule.policy,
        "pools": _pools(rule.policy),
        "unpaid": [words.KINDS[kind] for kind, each in rule.policy.kinds.items() if not each.pool_bps],
        "weight": words.each_or_one(
            {kind: number_format(each.w_effort) for kind, each in _paying(rule.policy).items()}
        ),
        "ceiling": words.each_or_one(
            {kind: amounts.named(each.price_cap_wei) for kind, each in _paying(rule.policy).items()}
        ),
        "percents": words.percents(rule.policy),
        "page": page,
        "rows": [{"epoch": epoch, "state": words.STATES[epoch.state]} for epoch in page.items],
        "powers": powers(),
        "waits": _waits(now),
        **_worth(request, rule.policy, budget),
    }
    return render(request, "rewards/overview.html", context)


def _waits(now: datetime) -> list[dict[str, Any]]:
    """What holds up rewards, as notices: on the epoch that is under way, and what stops a step for longer than usual."""
    found = [_wait(row) for row in reading.under_way() if row.problem]
    said = {each["text"] for each in found}
    title = _("Rewards wait.")
    found += [{"title": title, "text": each.reason} for each in obstacles.lasting(now) if each.reason not in said]
    return found


def _wait(row: Epoch) -> dict[str, Any]:
    passed = row.problem == PASSED
    return {
        "title": _("Rewards have stopped.") if passed else _("Epoch %(number)s waits.") % {"number": row.number},
        "level": "bad" if passed else "warn",
        "text": row.problem,
        "url": reverse("rewards:epoch", args=[row.number]),
    }


def _paying(policy: Policy) -> dict[str, KindPolicy]:
    """The kinds whose pool pays something."""
    return {kind: each for kind, each in policy.kinds.items() if each.pool_bps}


def _pools(policy: Policy) -> list[dict[str, Any]]:
    """Pools that pay something, the largest first."""
    shares = sorted(((each.pool_bps, kind) for kind, each in _paying(policy).items()), reverse=True)
    return [{"kind": words.KINDS[kind], "percent": words.percent(bps)} for bps, kind in shares]


def _worth(request: HttpRequest, policy: Policy, budget: int) -> dict[str, Any]:
    """The form that asks what a work may earn, its answer, and the table. Bad choices are BadInput."""
    kind = http.choice(request.GET, "kind", WORK_KINDS, "data")
    openness = http.choice(request.GET, "licence", CLASSES, "open")
    effort = int(http.choice(request.GET, "effort", [str(effort) for effort in EFFORTS], "8"))
    quality = http.integer(request.GET, "quality", 80, least=0, most=100)
    return {
        "kinds": [(key, label) for key, label in WORK_KINDS.items() if policy.kinds[POOLS[key]].pool_bps],
        "classes": [(key, words.OPENNESS[key]) for key in CLASSES],
        "efforts": [(each, said[0]) for each, said in EFFORTS.items()],
        "chosen": {"kind": kind, "licence": openness, "effort": effort, "quality": quality},
        "kind_word": WORK_KINDS[kind],
        "worth": estimating.estimate(policy, budget, kind, effort, quality, openness),
        "review_worth": estimating.review(policy, budget, effort),
        "qualities": estimating.QUALITIES,
        "table": [
            {"effort": each, "words": EFFORTS[each][0], "amounts": amounts}
            for each, amounts in estimating.table(policy, budget, kind, openness)
        ],
    }


# --- downloads -----------------------------------------------------------------------------------
@require_safe
def policy(request: HttpRequest, digest: str) -> HttpResponse:
    """The canonical bytes of a policy: their SHA-256 is its name."""
    return HttpResponse(reading.policy_body(digest), content_type="application/json")


@require_safe
def program(request: HttpRequest) -> HttpResponse:
    """The second program: one file that needs Python and nothing else."""
    return _download(settings.BASE_DIR / "rewards" / PROGRAM, "text/x-python")


@require_safe
def claim_page(request: HttpRequest) -> HttpResponse:
    """A page that claims from a saved bundle when this site is gone. It carries its own script, so it is only downloaded."""
    return _download(settings.BASE_DIR / "rewards" / CLAIM_PAGE, "text/html; charset=utf-8")


def _download(path: Path, kind: str) -> HttpResponse:
    answer = HttpResponse(path.read_bytes(), content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{path.name}"'
    answer["Cache-Control"] = "public, max-age=300"
    return answer
