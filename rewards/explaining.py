"""Why an account got what it got in an epoch: from the amount down to works, points, pools, royalties and ledger entries.

Everything comes from the epoch's public bundle and the amounts computed with it, so anybody can follow it there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from rewards import bundle_reading
from rewards.models import Royalty, WorkReward
from rewards.policy import POOLS, Policy
from rewards.rule import owner_parts

# How many works of one account a page tells of, the newest; the bundle holds all of them.
MOST_WORKS = 60


@dataclass(frozen=True)
class Passed:
    """Royalties between a work and another one."""

    work: str
    wei: int


@dataclass(frozen=True)
class Part:
    """One work of an account in an epoch. `part_wei` is the account's share of what the work kept.

    `assessments` are leaf indices of the assessments that scored it; for a review, of the one that it is.
    """

    reward: WorkReward
    signals: dict[str, Any]
    standing: bool
    accepted_epoch: int | None
    share_bps: int
    part_wei: int
    pool: str
    weight: int
    openness_bps: int
    price_cap_wei: int
    pool_score: int
    pool_paid_wei: int
    pool_budget_wei: int
    assessments: list[int] = field(default_factory=list)
    received: list[Passed] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)

    @property
    def at_ceiling(self) -> bool:
        """Whether the pool paid the most that a point may cost, so that part of it is left."""
        return 0 < self.pool_paid_wei < self.pool_budget_wei

    @property
    def key(self) -> str:
        """The work's place in the log, as text."""
        return str(self.reward.sequence)

    @property
    def is_review(self) -> bool:
        return self.reward.kind == "review"


@dataclass(frozen=True)
class Explanation:
    """The works of an account that had a part in an epoch, the newest first, and what they gave before the cap, in wei.

    `parts` are those that a page tells of; `more` others gave `more_wei`.
    """

    parts: list[Part]
    more: int
    more_wei: int

    @property
    def count(self) -> int:
        return len(self.parts) + self.more

    @property
    def earned_wei(self) -> int:
        return sum(part.part_wei for part in self.parts) + self.more_wei


def explain(epoch: int, pseudonym: str, policy: Policy) -> Explanation:
    """What the bundle says about an account; nothing for one that owns no work with a part in the epoch."""
    rows = {row["id"]: row for row in bundle_reading.rows_naming(epoch, "contributions.ndjson", pseudonym, None)}
    rewards = list(_with_a_part(epoch, rows))
    told, others = rewards[:MOST_WORKS], rewards[MOST_WORKS:]
    manifest = bundle_reading.manifest(epoch)
    pools = manifest["result"]["pools"] if manifest is not None else {}
    royalties = _royalties(epoch, [reward.work for reward in told])
    return Explanation(
        parts=[_part(epoch, rows[reward.work], reward, pseudonym, policy, pools, royalties) for reward in told],
        more=len(others),
        more_wei=sum(_share(rows[reward.work], reward, pseudonym)[1] for reward in others),
    )


def _with_a_part(epoch: int, works: Iterable[str]) -> QuerySet[WorkReward]:
    """Of these works those that counted for the first time or got something, the newest first."""
    received = Royalty.objects.filter(epoch=epoch, wei__gt=0).values("parent")
    rows = WorkReward.objects.filter(epoch=epoch, work__in=list(works))
    return rows.filter(Q(initial=True) | Q(gross_wei__gt=0) | Q(work__in=received)).order_by("-sequence")


def _share(row: dict[str, Any], reward: WorkReward, pseudonym: str) -> tuple[int, int]:
    """The account's share of a work, in hundredths of a percent and in wei of what the work kept."""
    owners = tuple((account, share) for account, share in row["owners"])
    place = [account for account, _ in owners].index(pseudonym)
    return owners[place][1], owner_parts(int(reward.kept_wei), owners)[place]


def _royalties(epoch: int, works: list[str]) -> list[Royalty]:
    rows = Royalty.objects.filter(epoch=epoch, wei__gt=0)
    return list((rows.filter(child__in=works) | rows.filter(parent__in=works)).order_by("-wei", "child", "parent"))


def _part(
    epoch: int,
    row: dict[str, Any],
    reward: WorkReward,
    pseudonym: str,
    policy: Policy,
    pools: dict[str, Any],
    royalties: list[Royalty],
) -> Part:
    share_bps, part_wei = _share(row, reward, pseudonym)
    pool = POOLS[reward.kind]
    rule, paid = policy.kinds[pool], pools[pool]
    return Part(
        reward=reward,
        signals=row["signals"],
        standing=row["standing"],
        accepted_epoch=row["accepted_epoch"],
        share_bps=share_bps,
        part_wei=part_wei,
        pool=pool,
        weight=rule.w_effort,
        openness_bps=policy.openness_bps[row["signals"]["openness"]],
        price_cap_wei=rule.price_cap_wei,
        pool_score=int(paid["score"]),
        pool_paid_wei=int(paid["paid_wei"]),
        pool_budget_wei=int(paid["budget_wei"]),
        assessments=_assessments(epoch, reward),
        received=[Passed(each.child, int(each.wei)) for each in royalties if each.parent == reward.work],
        passed=[Passed(each.parent, int(each.wei)) for each in royalties if each.child == reward.work],
    )


def _assessments(epoch: int, reward: WorkReward) -> list[int]:
    if reward.kind == "review":
        return [reward.sequence]
    rows = bundle_reading.rows_naming(epoch, "entries.ndjson", reward.work)
    return [row["leaf"] for row in rows if row["entry"]["type"] == "assessment.made"]
