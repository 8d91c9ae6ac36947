"""The distribution tree: the same roots and proofs as OpenZeppelin's own library, from memory and from a file."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import tree
from rewards.errors import EpochRefused

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "distribution.json").read_text())["trees"]


def leaf(number: int) -> tree.Leaf:
    digest = hashlib.sha256(f"leaf {number}".encode()).hexdigest()
    return "0x" + digest[:40], int(digest[40:], 16)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 1000])
def test_roots_and_proofs_are_those_of_openzeppelin(count: int) -> None:
    leaves = [leaf(number) for number in range(count)]
    nodes = tree.build(leaves)
    assert "0x" + tree.root(nodes).hex() == VECTORS[str(count)]["root"]
    siblings = tree.proof(nodes, *leaves[-1])
    assert siblings is not None
    assert ["0x" + each.hex() for each in siblings] == VECTORS[str(count)]["proof_of_last"]


@given(st.integers(1, 70), st.integers(0, 69))
def test_every_leaf_has_a_proof_and_no_other_has(count: int, number: int) -> None:
    nodes = tree.build(leaf(each) for each in range(count))
    assert len(nodes) == (2 * count - 1) * tree.HASH_SIZE
    siblings = tree.proof(nodes, *leaf(number))
    if number < count:
        assert siblings is not None
        assert tree.leads_to(tree.leaf_hash(*leaf(number)), siblings) == tree.root(nodes)
    else:
        assert siblings is None
    wallet, amount = leaf(0)
    assert tree.proof(nodes, wallet, amount + 1) is None


def test_the_order_of_the_leaves_does_not_matter() -> None:
    leaves = [leaf(number) for number in range(20)]
    assert tree.build(leaves) == tree.build(reversed(leaves))


def test_a_proof_is_read_from_a_file(tmp_path: Path) -> None:
    nodes = tree.build(leaf(number) for number in range(100))
    (tmp_path / "tree").write_bytes(nodes)
    for number in (0, 50, 99):
        assert tree.proof_from_file(tmp_path / "tree", *leaf(number)) == tree.proof(nodes, *leaf(number))
    assert tree.proof_from_file(tmp_path / "tree", *leaf(100)) is None


def test_without_leaves_the_root_is_zero(tmp_path: Path) -> None:
    assert tree.build([]) == b""
    assert tree.root(b"") == bytes(32)
    assert tree.proof(b"", *leaf(0)) is None
    (tmp_path / "tree").write_bytes(b"")
    assert tree.proof_from_file(tmp_path / "tree", *leaf(0)) is None


def test_a_leaf_twice_is_refused() -> None:
    with pytest.raises(EpochRefused):
        tree.build([leaf(1), leaf(2), leaf(1)])
