"""What an anchor costs, from receipts of a real node."""

import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from chain.embedded import AnvilProcess, find_anvil
from tests.contracts.machine import CHAIN_ID
from tests.contracts.node import NodeAnchor
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
