import pytest

from tests.contracts.distribution import ALICE, BOB, TOKEN, Distribution
from tests.contracts.machine import STRANGER, Anchor
from tests.contracts.standard_tree import StandardTree


@pytest.fixture
def anchor() -> Anchor:
    return Anchor()


@pytest.fixture
def fresh() -> Distribution:
    """A distributor in its first epoch."""
    return Distribution()


@pytest.fixture
def tree() -> StandardTree:
    return StandardTree([(ALICE, 300 * TOKEN), (BOB, 100 * TOKEN)])


@pytest.fixture
def proposed(fresh: Distribution, tree: StandardTree) -> Distribution:
    """Epoch 0 is over and its tree is proposed."""
    fresh.go_to(fresh.end(0))
    fresh.propose(0, tree)
    return fresh


@pytest.fixture
def paid(proposed: Distribution) -> Distribution:
    """The tree of epoch 0 is final; nothing was claimed."""
    proposed.wait(proposed.arguments.window)
    proposed.call("finalize", STRANGER)
    return proposed
