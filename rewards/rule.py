"""The rule, version 1: who earns what in an epoch. A pure function in whole numbers (`docs/rewards.md` section 3).

Pools by kind, a score from reviewed evidence, a ceiling per point, royalties along the lineage, owners' shares, a cap
per cluster. The order of the input does not matter. Time O(V log V + E log E), memory O(V + E).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rewards.inputs import Edge, EpochInput, Owners, Work, in_order
from rewards.policy import POOLS, WHOLE, Policy
from rewards.shares import split


@dataclass(frozen=True, slots=True)
class Pool:
    """One kind's part of the budget, the points that shared it, and what it paid."""

    budget_wei: int
    score: int
    paid_wei: int


@dataclass(frozen=True)
class Allocation:
    """Who earned what, in wei, and how it came about.

    `works` stand by sequence; `scores`, `gross` and `kept` (after royalties) are aligned with them. `edges` stand by
    child and parent; `flows`, what passed along each, is aligned with them. `earned` is what owners got before the
    cap, `accounts` after it; both ascend by account and hold positive amounts only.
    """

    works: Sequence[Work]
    edges: Sequence[Edge]
    pools: Mapping[str, Pool]
    scores: Sequence[int]
    gross: Sequence[int]
    kept: Sequence[int]
    flows: Sequence[int]
    earned: Mapping[str, int]
    accounts: Mapping[str, int]
    allocated_wei: int
    unallocated_wei: int


def allocate(epoch: EpochInput) -> Allocation:
    """The allocation of an epoch's budget: allocated and unallocated wei add up to it exactly.

    Raises `EpochRefused` when the input contradicts itself.
    """
    policy = epoch.policy
    works, edges = in_order(epoch.works, epoch.edges)
    scores = [score(work, policy) for work in works]
    pools, gross = _pay_pools(epoch.budget_wei, policy, works, scores)
    kept, flows = _pass_royalties(epoch, works, edges, gross)
    earned = _pay_owners(works, kept)
    accounts = _cap(earned, epoch.clusters, epoch.budget_wei * policy.cluster_cap_bps // WHOLE)
    allocated = sum(accounts.values())
    return Allocation(
        works=works,
        edges=edges,
        pools=pools,
        scores=scores,
        gross=gross,
        kept=kept,
        flows=flows,
        earned=earned,
        accounts=accounts,
        allocated_wei=allocated,
        unallocated_wei=epoch.budget_wei - allocated,
    )


def score(work: Work, policy: Policy) -> int:
    """The points of a work in this epoch; 0 without standing."""
    if not work.standing:
        return 0
    weights = policy.kinds[POOLS[work.kind]]
    points = weights.w_use * work.usage
    if work.initial:
        points += weights.w_effort * work.effort * work.quality + weights.w_gain * work.gain_bps
    return points * policy.openness_bps[work.openness] * work.originality_bps // (WHOLE * WHOLE)


def pool_budgets(budget_wei: int, policy: Policy) -> dict[str, int]:
    """The part of a budget that each kind may get, kinds ascending by name."""
    kinds = sorted(policy.kinds)
    return dict(zip(kinds, split(budget_wei, [policy.kinds[kind].pool_bps for kind in kinds]), strict=True))


def owner_parts(kept_wei: int, owners: Owners) -> list[int]:
    """What each owner gets of what a work kept, in the order of the owners."""
    return split(kept_wei, [share for _, share in owners])


def _pay_pools(
    budget_wei: int, policy: Policy, works: Sequence[Work], scores: Sequence[int]
) -> tuple[dict[str, Pool], list[int]]:
    """What each pool pays, and each work's gross."""
    members: dict[str, list[int]] = defaultdict(list)
    for place, work in enumerate(works):
        if scores[place]:
            members[POOLS[work.kind]].append(place)
    pools, gross = {}, [0] * len(works)
    for kind, part in pool_budgets(budget_wei, policy).items():
        places = members[kind]
        points = [scores[place] for place in places]
        total = sum(points)
        paid = min(part, policy.kinds[kind].price_cap_wei * total)
        pools[kind] = Pool(budget_wei=part, score=total, paid_wei=paid)
        for place, amount in zip(places, split(paid, points), strict=True):
            gross[place] = amount
    return pools, gross


def _pass_royalties(
    epoch: EpochInput, works: Sequence[Work], edges: Sequence[Edge], gross: Sequence[int]
) -> tuple[list[int], list[int]]:
    """What each work keeps, and what passes along each edge.

    Works are taken from the latest down: every parent is earlier, so what a work gets from its children is complete
    when its turn comes. As far as two works belong to the same clusters, money passes on whole, so a chain of one's own
    works takes nothing from the ancestors of others.
    """
    place_of = {work.sequence: place for place, work in enumerate(works)}
    lives = _live(works, edges, place_of)
    kept, flows = [0] * len(works), [0] * len(edges)
    foreign, own = [0] * len(works), [0] * len(works)
    start = len(edges)
    for place in range(len(works) - 1, -1, -1):
        work, end = works[place], start
        while start and edges[start - 1].child == work.sequence:
            start -= 1
        total = gross[place] + foreign[place] + own[place]
        ways = [(way, place_of[edges[way].parent]) for way in range(start, end)]
        ways = [(way, parent) for way, parent in ways if lives[parent]]
        if not total or not ways:
            kept[place] = total
            continue
        kept[place] = keep(gross[place], foreign[place], work, epoch.policy.royalty_bps)
        for (way, parent), amount in zip(
            ways, split(total - kept[place], [edges[way].weight for way, _ in ways]), strict=True
        ):
            flows[way] = amount
            mine = amount * _overlap(work.owners, works[parent].owners, epoch.clusters) // WHOLE
            own[parent] += mine
            foreign[parent] += amount - mine
    return kept, flows


def keep(gross: int, foreign: int, work: Work, royalty_bps: int) -> int:
    """What a work with parents keeps of its gross and of the royalties that works of others passed to it."""
    originality = work.originality_bps if work.standing else 0
    return gross - gross * royalty_bps // WHOLE + foreign * (WHOLE - royalty_bps) * originality // (WHOLE * WHOLE)


def _live(works: Sequence[Work], edges: Sequence[Edge], place_of: Mapping[int, int]) -> bytearray:
    """For each work whether it or an ancestor has standing and originality: others get no royalties."""
    lives = bytearray(work.standing and work.originality_bps > 0 for work in works)
    for child, parent, _ in edges:  # ascending by child, so a parent's answer is final before it is asked for
        if lives[place_of[parent]]:
            lives[place_of[child]] = 1
    return lives


def _overlap(one: Owners, two: Owners, clusters: Mapping[str, str]) -> int:
    """How much of two works the same clusters own, in bps: the lesser of their shares in each, together."""
    if one is two or (not clusters and len(one) == len(two) == 1):
        return WHOLE if one[0][0] == two[0][0] else 0
    ours, theirs = _by_cluster(one, clusters), _by_cluster(two, clusters)
    return sum(min(bps, theirs.get(cluster, 0)) for cluster, bps in ours.items())


def _by_cluster(owners: Owners, clusters: Mapping[str, str]) -> dict[str, int]:
    shares: dict[str, int] = defaultdict(int)
    for account, bps in owners:
        shares[clusters.get(account, account)] += bps
    return shares


def _pay_owners(works: Sequence[Work], kept: Sequence[int]) -> dict[str, int]:
    earned: dict[str, int] = defaultdict(int)
    for work, amount in zip(works, kept, strict=True):
        if amount:
            for (account, _), part in zip(work.owners, owner_parts(amount, work.owners), strict=True):
                earned[account] += part
    return {account: earned[account] for account in sorted(earned) if earned[account]}


def _cap(earned: Mapping[str, int], clusters: Mapping[str, str], most: int) -> dict[str, int]:
    """No cluster gets more than `most`: within one that would, everybody's part is scaled."""
    members: dict[str, list[str]] = defaultdict(list)
    for account in earned:
        members[clusters.get(account, account)].append(account)
    capped = dict(earned)
    for accounts in members.values():
        amounts = [earned[account] for account in accounts]
        if sum(amounts) > most:
            capped.update(zip(accounts, split(most, amounts), strict=True))
    return {account: amount for account, amount in capped.items() if amount}
