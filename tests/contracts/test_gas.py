"""What an anchor, a distribution and a claim cost, from receipts of a real node."""

import json
import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from chain import distribution
from chain.embedded import AnvilProcess, find_anvil
from tests.contracts import gas_snapshot
from tests.contracts.machine import CHAIN_ID
from tests.contracts.node import DeepTree, NodeAnchor, NodeDistribution
from tests.contracts.rfc9162 import Tree

FIRST = 80_000


def bound(nodes: int) -> int:
    """The gas that every anchor after the first stays within."""
    return 38_500 + 1_450 * nodes


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder: Path = tmp_path_factory.mktemp("gas")
    anvil = AnvilProcess(find_anvil(), port, CHAIN_ID, folder)
    anvil.start()
    yield anvil.url
    anvil.stop()


def test_every_call_costs_what_it_cost_when_the_snapshot_was_accepted() -> None:
    """A change that is meant: `python -m tests.contracts.gas_snapshot`, and say in the commit why."""
    with gas_snapshot.fresh_node() as url:
        assert gas_snapshot.measure(url) == json.loads(gas_snapshot.FILE.read_text(encoding="utf-8"))


def mixed(old: int) -> Tree:
    return Tree([(max(1, old // 3), b"a"), (old, b"b"), (1 << 64, b"c")])


@pytest.mark.parametrize("bits", [1, 4, 10, 20, 30, 40])
def test_gas_stays_within_the_bound_at_random_sizes(url: str, bits: int) -> None:
    chance = random.Random(bits)
    for _ in range(6):
        old = chance.randrange(1 << (bits - 1), 1 << bits)
        new = old + chance.randrange(1, 1 << chance.randrange(1, bits + 2))
        gas, nodes = NodeAnchor(url).growth(mixed(old), old, new)
        assert gas <= bound(nodes), (old, new)


@pytest.mark.parametrize("power", [10, 20, 30, 62])
def test_gas_stays_within_the_bound_where_every_node_is_hashed_twice(url: str, power: int) -> None:
    """An old size just below a power of two has the longest proof."""
    old = (1 << power) - 1
    for new in (old + 1, old + 2, 2 * old):
        gas, nodes = NodeAnchor(url).growth(mixed(old), old, new)
        assert gas <= bound(nodes), new


def test_the_first_anchor_stays_within_its_own_bound(url: str) -> None:
    tree = Tree.of([b"only"])
    assert NodeAnchor(url).anchor(1, tree.root(1), []) <= FIRST


def test_ten_thousand_entries_in_a_log_of_a_million_cost_at_most_six_gas_each(url: str) -> None:
    chance = random.Random(6)
    used = []
    for _ in range(8):
        old = chance.randrange(1_000_000, 2_000_000)
        used.append(NodeAnchor(url).growth(mixed(old), old, old + 10_000)[0])
    assert sum(used) / len(used) <= 60_000


def test_a_million_entries_cost_at_most_seven_hundredths_of_a_gas_each(url: str) -> None:
    chance, used = random.Random(9), {10**6: [], 10**9: []}  # type: tuple[random.Random, dict[int, list[int]]]
    for least, found in used.items():
        for _ in range(8):
            old = chance.randrange(least, 2 * least)
            found.append(NodeAnchor(url).growth(mixed(old), old, old + 1_000_000)[0])
    assert sum(used[10**6]) / 8 <= 70_000
    assert sum(used[10**9]) / 8 <= 75_000


# --- distributions, with paths as long as among 100,000 accounts -----------------------------------
DEPTH = 17
PEOPLE = [(f"0x{number:040x}", 1000 + number) for number in range(1, 65)]


def later(number: int) -> list[tuple[str, int]]:
    return [(account, amount + number * 1000) for account, amount in PEOPLE]


def test_claims_stay_within_their_bounds_among_a_hundred_thousand_accounts(url: str) -> None:
    hub = NodeDistribution(url)
    first, second = DeepTree(PEOPLE, DEPTH), DeepTree(later(1), DEPTH)
    hub.distribute(first, 10**6)
    assert hub.claim(first, PEOPLE[0]) <= 110_000
    assert hub.claim_many(first, PEOPLE[14:64]) / 50 <= 72_000
    hub.distribute(second, 10**7)
    assert hub.claim(second, later(1)[0]) <= 75_000


@pytest.mark.parametrize("depth", [6, 17, 20])
def test_claims_of_wallets_that_delegated_their_votes_stay_within_the_limits_they_are_sent_with(
    url: str, depth: int
) -> None:
    """Their first claim writes the votes as well. A quarter of each limit is left for chains that price storage otherwise."""
    hub, tree = NodeDistribution(url), DeepTree(PEOPLE, depth)
    for account, _ in PEOPLE[:52]:
        hub.delegate(account)
    hub.distribute(tree, 10**6)
    assert hub.claim(tree, PEOPLE[0]) <= 0.8 * distribution.claim_gas_limit(depth)
    rows = PEOPLE[1:51]
    claims = [distribution.Claim(account, amount, tree.proof((account, amount))) for account, amount in rows]
    assert hub.claim_many(tree, rows) <= 0.8 * distribution.claim_many_gas_limit(claims)
    assert hub.claim_many(tree, [PEOPLE[51]]) <= 0.8 * distribution.claim_many_gas_limit(claims[:1])


def test_a_distribution_costs_the_same_whatever_the_number_of_accounts(url: str) -> None:
    hub = NodeDistribution(url)
    costs = [sum(hub.distribute(DeepTree(later(number), DEPTH), 10**6 * (number + 1))) for number in range(3)]
    assert max(costs) <= 400_000
    assert costs[2] <= costs[1] * 1.01
