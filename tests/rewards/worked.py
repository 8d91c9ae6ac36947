"""The worked example of docs/rewards.md section 3, and random epochs, as the rule takes them."""

import random
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from rewards.inputs import Edge, EpochInput, Owners, Work
from rewards.policy import FIRST, KindPolicy, Policy

TOKEN = 10**18
PEOPLE = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "henry", "mallory"]
EXAMPLE_POOLS = {
    "data": 2500,
    "code": 2500,
    "tuning": 1500,
    "model": 1000,
    "evaluation": 1000,
    "review": 1000,
    "compute": 500,
}
KINDS = [*EXAMPLE_POOLS, "documentation"]


def account(name: str) -> str:
    """A pseudonym that sorts as the name does."""
    return name.encode().hex().ljust(32, "0")


def policy(pools: dict[str, int] = EXAMPLE_POOLS, *, cap: int = 1500) -> Policy:
    kinds = {kind: KindPolicy(share, 1000, 200, 1, 10**15) for kind, share in pools.items()}
    return replace(FIRST, cluster_cap_bps=cap, min_reviews=2, licences={}, kinds=kinds)


def work(sequence: int, kind: str, owners: Owners | str, effort: int = 1, quality: int = 60, **more: Any) -> Work:
    """A work of this epoch, with standing unless its quality is below the floor."""
    found = Work(
        id=f"work {sequence}",
        sequence=sequence,
        kind=kind,
        owners=((account(owners), 10_000),) if isinstance(owners, str) else owners,
        initial=True,
        standing=quality >= 50,
        accepted_epoch=7,
        effort=effort,
        quality=quality,
        reviews=3,
        gain_bps=0,
        usage=0,
        openness="open",
        originality_bps=10_000,
    )
    return found._replace(**more)


def example() -> EpochInput:
    both = ((account("bob"), 6000), (account("carol"), 4000))
    works = [
        work(1, "data", "alice", initial=False, accepted_epoch=3, usage=600_000),
        work(2, "data", both, 8, 90),
        work(3, "data", "mallory", 8, 40),
        work(4, "model", "dave", 13, 80),
        work(5, "tuning", "erin", 5, 85, gain_bps=900),
        work(6, "code", "frank", 3, 70),
        work(7, "evaluation", "grace", 2, 95),
        work(8, "review", "henry", 1, 60),
    ]
    edges = [Edge(4, 1, 9000), Edge(4, 2, 3000), Edge(5, 4, 10_000)]
    return EpochInput(epoch=7, budget_wei=1000 * TOKEN, policy=policy(), works=works, edges=edges)


def owners(chance: random.Random) -> Owners:
    names = sorted(chance.sample(PEOPLE, chance.randint(1, 3)), key=account)
    cuts = sorted(chance.sample(range(1, 10_000), len(names) - 1))
    shares = [end - start for start, end in pairwise([0, *cuts, 10_000])]
    return tuple((account(name), share) for name, share in zip(names, shares, strict=True))


def random_work(chance: random.Random, sequence: int) -> Work:
    return work(
        sequence,
        chance.choice(KINDS),
        owners(chance),
        chance.choice((1, 2, 3, 5, 8, 13, 21)),
        chance.randint(20, 100),
        initial=chance.random() < 0.7,
        usage=chance.choice((0, 0, 1, 2000, 600_000)),
        gain_bps=chance.choice((0, 0, 900, 10_000)),
        openness=chance.choice(("open", "open", "restricted", "none")),
        originality_bps=chance.choice((10_000, 10_000, 3_000, 1, 0)),
    )


def random_policy(chance: random.Random) -> Policy:
    cuts = sorted(chance.choices(range(10_001), k=6))
    shares = [end - start for start, end in pairwise([0, *cuts, 10_000])]
    made = policy(dict(zip(EXAMPLE_POOLS, shares, strict=True)), cap=chance.choice((10_000, 1_500, 1_000, 0)))
    ceiling = chance.choice((10**15, 10**15, 1, 0, 10**30))
    kinds = {kind: replace(each, price_cap_wei=ceiling) for kind, each in made.kinds.items()}
    return replace(made, kinds=kinds, royalty_bps=chance.choice((2000, 2000, 0, 10_000, 3333)))


def random_epoch(chance: random.Random, count: int) -> EpochInput:
    """An epoch of `count` works by a few people, some of whom share a cluster."""
    made = [random_work(chance, 3 * place + 1) for place in range(count)]
    edges = []
    for place, child in enumerate(made):
        parents = sorted(chance.sample(range(place), min(place, chance.randint(0, 3))))
        edges += [Edge(child.sequence, made[parent].sequence, chance.randint(1_000, 10_000)) for parent in parents]
    return EpochInput(
        epoch=7,
        budget_wei=chance.choice((0, 1, 7, 1000, 1000 * TOKEN, 400_000 * TOKEN)),
        policy=random_policy(chance),
        works=made,
        edges=edges,
        clusters={account(name): chance.choice("xy") for name in chance.sample(PEOPLE, chance.randint(0, 4))},
    )


# The seed decides everything but the number of works, so that making an epoch costs less than computing it.
epochs = st.builds(random_epoch, st.integers(0, 2**64).map(random.Random), st.integers(0, 16))
