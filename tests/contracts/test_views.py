"""What anyone can ask CheckpointAnchor for nothing: inclusion, consistency, roots of earlier trees."""

import random

import pytest

from tests.contracts.machine import STRANGER, Anchor, Refused
from tests.contracts.rfc9162 import EMPTY_ROOT, Tree

ENTRIES = [f"entry {number}".encode() for number in range(41)]
TREE = Tree.of(ENTRIES)


@pytest.fixture
def anchored(anchor: Anchor) -> Anchor:
    anchor.anchor(40, TREE.root(40), [])
    return anchor


def included(
    anchor: Anchor, index: int, leaf: bytes, path: list[bytes], size: int, root: bytes, proof: list[bytes]
) -> bool:
    return bool(anchor.read("verifyInclusion", index, (leaf, path), size, root, proof))


def test_every_earlier_root_is_a_beginning_of_the_anchored_tree(anchored: Anchor) -> None:
    for size in range(1, 41):
        assert anchored.consistent(size, TREE.root(size), TREE.proof(size, 40))
        assert not anchored.consistent(size, TREE.root(size % 40 + 1), TREE.proof(size, 40))
        assert not anchored.consistent(size, TREE.root(size), [*TREE.proof(size, 40), bytes(32)])


def test_the_empty_tree_begins_every_tree(anchored: Anchor) -> None:
    assert anchored.consistent(0, EMPTY_ROOT, [])
    assert not anchored.consistent(0, TREE.root(1), [])
    assert not anchored.consistent(0, EMPTY_ROOT, [bytes(32)])


def test_a_tree_larger_than_the_anchored_one_is_not_its_beginning(anchored: Anchor) -> None:
    assert not anchored.consistent(41, TREE.root(41), TREE.proof(40, 41))


def test_every_leaf_is_included_in_every_tree_that_holds_it(anchored: Anchor) -> None:
    for size in range(1, 41):
        for index in range(size):
            proof, path = TREE.proof(size, 40), TREE.path(index, size)
            assert included(anchored, index, TREE.leaf(index), path, size, TREE.root(size), proof)


def test_a_leaf_is_not_included_at_another_index_or_with_another_path(anchored: Anchor) -> None:
    root = TREE.root(40)
    for index in (0, 1, 7, 31, 32, 39):
        leaf, path = TREE.leaf(index), TREE.path(index, 40)
        assert included(anchored, index, leaf, path, 40, root, [])
        assert not included(anchored, index ^ 1, leaf, path, 40, root, [])
        assert not included(anchored, index + 40, leaf, path, 40, root, [])
        assert not included(anchored, index, TREE.leaf((index + 1) % 40), path, 40, root, [])
        assert not included(anchored, index, leaf, path[:-1], 40, root, [])
        assert not included(anchored, index, leaf, [*path, bytes(32)], 40, root, [])
        assert not included(anchored, index, leaf, path, 39, root, [])


def test_an_inner_node_does_not_pass_for_a_leaf(anchored: Anchor) -> None:
    assert not included(anchored, 0, TREE.mth(0, 2), TREE.path(0, 40)[1:], 40, TREE.root(40), [])


def test_inclusion_agrees_with_the_definition_in_large_trees() -> None:
    chance = random.Random(2113)
    for _ in range(60):
        size = chance.randrange(2, 1 << chance.randrange(2, 63))
        index = chance.randrange(size)
        tree = (
            Tree([(index, b"a"), (index + 1, b"b"), (1 << 62, b"c")]) if index else Tree([(1, b"b"), (1 << 62, b"c")])
        )
        anchor = Anchor()
        anchor.anchor(size, tree.root(size), [])
        assert included(anchor, index, tree.leaf(index), tree.path(index, size), size, tree.root(size), [])
        other = (index + 1) % size
        assert not included(anchor, other, tree.leaf(index), tree.path(index, size), size, tree.root(size), [])


def test_a_kept_root_is_answered_for_good(anchored: Anchor) -> None:
    assert anchored.read("rootAt", 7) == bytes(32)
    anchored.call("keepRoot", STRANGER, 7, TREE.root(7), TREE.proof(7, 40))
    assert anchored.events() == [("RootKept", {"size": 7, "root": TREE.root(7)})]
    anchored.anchor(41, TREE.root(41), TREE.proof(40, 41))
    assert anchored.read("rootAt", 7) == TREE.root(7)


def test_rootat_answers_for_the_head_and_the_empty_tree_without_being_asked_to_keep_them(anchored: Anchor) -> None:
    assert anchored.read("rootAt", 40) == TREE.root(40)
    assert anchored.read("rootAt", 0) == EMPTY_ROOT
    assert anchored.read("rootAt", 41) == bytes(32)


def test_a_root_that_does_not_begin_the_anchored_tree_is_not_kept(anchored: Anchor) -> None:
    for size, root, proof in [
        (7, TREE.root(8), TREE.proof(7, 40)),
        (7, TREE.root(7), TREE.proof(8, 40)),
        (41, TREE.root(41), TREE.proof(40, 41)),
    ]:
        with pytest.raises(Refused, match="BadProof"):
            anchored.call("keepRoot", STRANGER, size, root, proof)
