"""The rule: the worked example to the wei, what always holds, and what cannot hold."""

import random
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards.errors import EpochRefused
from rewards.inputs import Edge, EpochInput, Work
from rewards.policy import POOLS
from rewards.rule import Allocation, allocate
from rewards.shares import split
from tests.rewards.worked import EXAMPLE_POOLS, TOKEN, account, epochs, example, policy, work

often = settings(max_examples=300, deadline=None)


def test_the_worked_example_comes_out_to_the_wei() -> None:
    found = allocate(example())
    assert found.scores == [600_000, 720_000, 0, 1_040_000, 605_000, 210_000, 190_000, 60_000]
    assert found.gross == [
        113636363636363636364,
        136363636363636363636,
        0,
        100 * TOKEN,
        150 * TOKEN,
        210 * TOKEN,
        100 * TOKEN,
        60 * TOKEN,
    ]
    assert found.kept[:5] == [133136363636363636364, 142863636363636363636, 0, 104 * TOKEN, 120 * TOKEN]
    assert found.flows == [TOKEN * 39 // 2, TOKEN * 13 // 2, 30 * TOKEN]
    assert found.accounts == {
        account("alice"): 133136363636363636364,
        account("bob"): 85718181818181818182,
        account("carol"): 57145454545454545454,
        account("dave"): 104 * TOKEN,
        account("erin"): 120 * TOKEN,
        account("frank"): 150 * TOKEN,
        account("grace"): 100 * TOKEN,
        account("henry"): 60 * TOKEN,
    }
    assert (found.allocated_wei, found.unallocated_wei) == (810 * TOKEN, 190 * TOKEN)


def test_the_worked_examples_pools_and_ceilings() -> None:
    pools = allocate(example()).pools
    assert {kind: each.budget_wei for kind, each in pools.items()} == {
        kind: share * TOKEN // 10 for kind, share in EXAMPLE_POOLS.items()
    }
    assert (pools["code"].score, pools["code"].paid_wei) == (210_000, 210 * TOKEN)
    assert (pools["compute"].score, pools["compute"].paid_wei) == (0, 0)


def test_documentation_is_paid_from_the_code_pool() -> None:
    one = allocate(EpochInput(1, 1000 * TOKEN, policy(), [work(1, "documentation", "alice", 2, 80)], []))
    assert one.pools["code"].paid_wei == 160 * TOKEN
    assert one.accounts == {account("alice"): 150 * TOKEN}


# --- what always holds ---------------------------------------------------------------------------


@often
@given(epochs)
def test_allocated_and_unallocated_add_up_to_the_budget(epoch: EpochInput) -> None:
    found = allocate(epoch)
    assert sum(found.accounts.values()) == found.allocated_wei
    assert found.allocated_wei + found.unallocated_wei == epoch.budget_wei
    assert found.unallocated_wei >= 0


@often
@given(epochs)
def test_royalties_move_money_and_never_make_it(epoch: EpochInput) -> None:
    found = allocate(epoch)
    assert sum(found.kept) == sum(found.gross) == sum(pool.paid_wei for pool in found.pools.values())
    assert sum(found.kept) == sum(found.earned.values())
    assert min([*found.kept, *found.flows, 0]) == 0
    for each, gross, kept in zip(found.works, found.gross, found.kept, strict=True):
        received = sum(
            flow for edge, flow in zip(found.edges, found.flows, strict=True) if edge.parent == each.sequence
        )
        passed = sum(flow for edge, flow in zip(found.edges, found.flows, strict=True) if edge.child == each.sequence)
        assert gross + received == kept + passed


@often
@given(epochs, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(epoch: EpochInput, chance: random.Random) -> None:
    works, edges = list(epoch.works), list(epoch.edges)
    chance.shuffle(works)
    chance.shuffle(edges)
    assert allocate(replace(epoch, works=works, edges=edges)) == allocate(epoch)


@often
@given(epochs)
def test_without_points_and_paid_descendants_there_is_nothing(epoch: EpochInput) -> None:
    found = allocate(epoch)
    paid = {each.sequence for each, gross in zip(found.works, found.gross, strict=True) if gross}
    for edge in reversed(found.edges):  # descending, so a child is settled before its parents
        if edge.child in paid:
            paid.add(edge.parent)
    assert all(not kept or each.sequence in paid for each, kept in zip(found.works, found.kept, strict=True))


@often
@given(epochs, st.data())
def test_a_higher_score_never_lowers_the_gross(epoch: EpochInput, data: st.DataObject) -> None:
    if not epoch.works:
        return
    place = data.draw(st.integers(0, len(epoch.works) - 1))
    raised = epoch.works[place]._replace(usage=epoch.works[place].usage + data.draw(st.sampled_from((1, 5000, 10**7))))
    works = [*epoch.works[:place], raised, *epoch.works[place + 1 :]]
    assert allocate(replace(epoch, works=works)).gross[place] >= allocate(epoch).gross[place]


@often
@given(epochs, st.integers(2, 5), st.data())
def test_splitting_a_score_changes_the_total_by_at_most_a_wei_for_each_part(
    epoch: EpochInput, parts: int, data: st.DataObject
) -> None:
    points = data.draw(st.integers(parts, 10**6))
    cuts = split(points, [data.draw(st.integers(1, 9)) for _ in range(parts)])
    one, many = _with(epoch, [points]), _with(epoch, cuts)
    assert abs(sum(one.gross[len(epoch.works) :]) - sum(many.gross[len(epoch.works) :])) <= parts


def _with(epoch: EpochInput, usages: list[int]) -> Allocation:
    added = [work(1000 + place, "data", "alice", initial=False, usage=usage) for place, usage in enumerate(usages)]
    return allocate(replace(epoch, works=[*epoch.works, *added]))


@often
@given(epochs)
def test_no_cluster_gets_more_than_the_cap(epoch: EpochInput) -> None:
    totals: dict[str, int] = {}
    for account_id, amount in allocate(epoch).accounts.items():
        name = epoch.clusters.get(account_id, account_id)
        totals[name] = totals.get(name, 0) + amount
    assert all(total <= epoch.budget_wei * epoch.policy.cluster_cap_bps // 10_000 for total in totals.values())


@often
@given(epochs)
def test_no_pool_pays_more_than_its_part_or_its_ceiling(epoch: EpochInput) -> None:
    found = allocate(epoch)
    assert sum(pool.budget_wei for pool in found.pools.values()) == epoch.budget_wei
    for kind, pool in found.pools.items():
        assert pool.paid_wei <= min(pool.budget_wei, epoch.policy.kinds[kind].price_cap_wei * pool.score)
        works = [place for place, each in enumerate(found.works) if POOLS[each.kind] == kind]
        assert sum(found.gross[place] for place in works) == pool.paid_wei


@often
@given(st.integers(0, 10**27), st.lists(st.integers(0, 10**9), min_size=1))
def test_equal_weights_differ_by_at_most_one(total: int, weights: list[int]) -> None:
    if not any(weights):
        return
    parts = split(total, weights)
    assert sum(parts) == total
    for weight, part in zip(weights, parts, strict=True):
        assert abs(part * sum(weights) - total * weight) < sum(weights)
        assert weight or not part


# --- decay counts hops between people ------------------------------------------------------------


def _chain(*hops: Work, end: Work | None = None, clusters: Mapping[str, str] | None = None) -> dict[str, int]:
    """Alice's dataset, then the hops, each made from the one before; the last, Erin's unless given, earns 100 tokens."""
    root = work(1, "data", "alice", initial=False)
    end = end or work(9, "model", "erin", 13, 80)
    works = [root, *hops, end]
    edges = [Edge(child.sequence, parent.sequence, 10_000) for parent, child in pairwise(works)]
    epoch = EpochInput(7, 1000 * TOKEN, policy(cap=10_000), works, edges, clusters or {})
    return dict(allocate(epoch).accounts)


def test_own_hops_take_nothing_from_an_ancestor() -> None:
    mine = [work(place, "model", "erin", initial=False) for place in (2, 3, 4)]
    assert _chain(*mine)[account("alice")] == _chain()[account("alice")] == 20 * TOKEN


ERIN_AND_FRANK = ((account("erin"), 7_000), (account("frank"), 3_000))


@often
@given(st.integers(1, 9_999), st.integers(1, 4))
def test_own_hops_with_equal_shares_do_not_dilute(given: int, count: int) -> None:
    both = ((account("erin"), 10_000 - given), (account("frank"), given))
    hops = [work(place, "model", both, initial=False) for place in range(2, 2 + count)]
    end = work(9, "model", both, 13, 80)
    assert _chain(*hops, end=end)[account("alice")] == 20 * TOKEN


@often
@given(st.integers(0, 10_000))
def test_giving_away_a_part_of_a_hop_costs_the_ancestor_no_more_than_that_part(given: int) -> None:
    """With two boundaries, before and after the hop, the ancestor loses 80 % of the part given away, not 80 % of it all."""
    shares = tuple((account(name), bps) for name, bps in (("erin", 10_000 - given), ("frank", given)) if bps)
    left = _chain(work(2, "model", shares, initial=False))[account("alice")]
    assert left == 20 * TOKEN - 20 * TOKEN * given * 8_000 // 10_000**2
    assert 20 * TOKEN - left <= 20 * TOKEN * given // 10_000


def test_a_hop_is_own_as_far_as_shares_overlap_in_clusters() -> None:
    hop = work(2, "model", ((account("erin"), 4_000), (account("grace"), 6_000)), initial=False)
    end = work(9, "model", ERIN_AND_FRANK, 13, 80)
    assert _chain(hop, end=end)[account("alice")] == 20 * TOKEN - 20 * TOKEN * 6 // 10 * 8 // 10
    one_person = dict.fromkeys((account("frank"), account("grace")), "x")
    found = _chain(hop, end=end, clusters=one_person)[account("alice")]
    assert found == 20 * TOKEN - 20 * TOKEN * 3 // 10 * 8 // 10


def test_an_own_source_with_standing_takes_its_equal_part_of_a_royalty() -> None:
    """What section 10 of docs/rewards.md says plainly."""
    works = [work(1, "data", "alice", initial=False), work(2, "data", "erin", initial=False)]
    end = work(9, "model", "erin", 13, 80)
    edges = [Edge(9, 1, 10_000), Edge(9, 2, 10_000)]
    found = allocate(EpochInput(7, 1000 * TOKEN, policy(cap=10_000), [*works, end], edges)).accounts
    assert found == {account("alice"): 10 * TOKEN, account("erin"): 90 * TOKEN}


@pytest.mark.parametrize(
    ("hops", "left"),
    [
        ([{}], 4 * TOKEN),
        ([{}, {}, {}], TOKEN * 16 // 100),
        ([{"originality_bps": 3_000}], TOKEN * 152 // 10),
        ([{"standing": False}] * 3, 20 * TOKEN),
    ],
)
def test_what_hidden_hops_leave_to_the_true_ancestor(hops: list[dict[str, Any]], left: int) -> None:
    names = ("frank", "grace", "henry")
    made = [work(2 + place, "model", names[place], initial=False, **more) for place, more in enumerate(hops)]
    assert _chain(*made)[account("alice")] == left


def test_a_work_whose_parents_have_no_standing_keeps_everything() -> None:
    junk = work(1, "data", "mallory", 8, 40)
    found = allocate(
        EpochInput(7, 1000 * TOKEN, policy(), [junk, work(2, "model", "dave", 13, 80)], [Edge(2, 1, 10_000)])
    )
    assert found.accounts == {account("dave"): 100 * TOKEN}


# --- what is refused -----------------------------------------------------------------------------

ONE, TWO = work(1, "data", "alice"), work(2, "model", "bob")


@pytest.mark.parametrize(
    ("works", "edges"),
    [
        ([ONE, ONE], []),
        ([ONE._replace(kind="poetry")], []),
        ([ONE._replace(openness="free")], []),
        ([ONE._replace(owners=())], []),
        ([ONE._replace(owners=((account("bob"), 5000), (account("alice"), 5000)))], []),
        ([ONE._replace(owners=((account("alice"), 5000), (account("bob"), 4999)))], []),
        ([ONE._replace(owners=((account("alice"), 10_001), (account("bob"), -1)))], []),
        ([ONE, TWO], [Edge(1, 2, 10_000)]),
        ([ONE, TWO], [Edge(1, 1, 10_000)]),
        ([ONE, TWO], [Edge(2, 1, 10_000), Edge(2, 1, 9_000)]),
        ([ONE, TWO], [Edge(2, 1, 999)]),
        ([ONE, TWO], [Edge(2, 1, 10_001)]),
        ([ONE, TWO], [Edge(2, 0, 10_000)]),
        ([work(place, "data", "alice") for place in range(18)], [Edge(17, place, 10_000) for place in range(17)]),
    ],
)
def test_an_input_that_contradicts_itself_is_refused(works: list[Work], edges: list[Edge]) -> None:
    with pytest.raises(EpochRefused, match=r"\.$"):
        allocate(EpochInput(1, TOKEN, policy(), works, edges))


def test_an_amount_for_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="all 0"):
        split(1, [0, 0])
