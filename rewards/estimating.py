"""What a work may earn before one starts: the ceiling per point times its points, by the rule in force. Pure."""

from dataclasses import dataclass

from rewards.inputs import Work
from rewards.policy import POOLS, WHOLE, Policy
from rewards.record import EFFORTS
from rewards.rule import pool_budgets, score
from rewards.works import REVIEW_EFFORT, REVIEW_QUALITY, lower_median

QUALITIES = (50, 60, 70, 80, 90, 100)


@dataclass(frozen=True)
class Estimate:
    """At most `most_wei` for `points`, out of a pool of `pool_wei`; `kept_wei` stays if it is made from others' works."""

    points: int
    most_wei: int
    pool: str
    pool_wei: int
    kept_wei: int


def estimate(policy: Policy, budget_wei: int, kind: str, effort: int, quality: int, openness: str = "open") -> Estimate:
    """The most that a work of this kind could earn when it becomes payable; 0 below the floor of quality."""
    work = Work(
        id="", sequence=0, kind=kind, owners=(), initial=True, standing=quality >= policy.quality_floor, accepted_epoch=None,
        effort=effort, quality=quality, reviews=policy.min_reviews, gain_bps=0, usage=0, openness=openness, originality_bps=WHOLE,
    )  # fmt: skip
    points, pool = score(work, policy), POOLS[kind]
    part = pool_budgets(budget_wei, policy)[pool]
    most = min(points * policy.kinds[pool].price_cap_wei, part)
    return Estimate(points, most, pool, part, most - most * policy.royalty_bps // WHOLE)


def table(policy: Policy, budget_wei: int, kind: str, openness: str = "open") -> list[tuple[int, list[int]]]:
    """For each effort the most that each of `QUALITIES` could earn, in wei."""
    return [
        (effort, [estimate(policy, budget_wei, kind, effort, quality, openness).most_wei for quality in QUALITIES])
        for effort in EFFORTS
    ]


def review(policy: Policy, budget_wei: int, effort: int) -> Estimate:
    """The most that assessing a work of this effort could earn."""
    return estimate(policy, budget_wei, "review", min(REVIEW_EFFORT, effort), REVIEW_QUALITY)


def of_assessments(
    policy: Policy, budget_wei: int, kind: str, said: list[tuple[int, int]], openness: str
) -> Estimate | None:
    """By the lower medians of what was said so far, (effort, quality) each; None before anybody spoke."""
    if not said:
        return None
    effort, quality = (lower_median(values) for values in zip(*said, strict=True))
    return estimate(policy, budget_wei, kind, effort, quality, openness)
