"""What CheckpointAnchor accepts as the next head, and what it refuses."""

import random

import pytest

from tests.contracts.machine import (
    DELAY,
    OPERATOR,
    ORIGIN,
    ROTATION,
    START,
    STRANGER,
    Anchor,
    Contract,
    Refused,
    address,
)
from tests.contracts.rfc9162 import EMPTY_ROOT, Tree, verify_consistency

ENTRIES = [f"entry {number}".encode() for number in range(41)]
TREE = Tree.of(ENTRIES)


def anchored_at(size: int, tree: Tree = TREE) -> Anchor:
    anchor = Anchor()
    if size:
        anchor.anchor(size, tree.root(size), [])
    return anchor


def test_a_new_contract_holds_the_empty_tree(anchor: Anchor) -> None:
    assert anchor.head() == (0, EMPTY_ROOT, 0)
    assert anchor.read("origin") == ORIGIN
    assert anchor.read("operator") == address(OPERATOR)
    assert anchor.read("rotationKey") == address(ROTATION)
    assert anchor.read("delay") == DELAY


@pytest.mark.parametrize("old", range(41))
def test_every_growth_between_small_sizes_is_anchored(old: int) -> None:
    for new in range(old + 1, 42):
        anchor = anchored_at(old)
        anchor.anchor(new, TREE.root(new), TREE.proof(old, new))
        assert anchor.head() == (new, TREE.root(new), START)
        assert anchor.events() == [("Anchored", {"size": new, "root": TREE.root(new), "previousSize": old})]


def test_one_anchor_follows_another(anchor: Anchor) -> None:
    size = 0
    for new in (1, 2, 3, 7, 8, 9, 31, 32, 33, 40):
        anchor.wait(60)
        anchor.anchor(new, TREE.root(new), TREE.proof(size, new))
        size = new
    assert anchor.head() == (40, TREE.root(40), START + 600)


def test_growth_between_large_random_sizes_is_anchored() -> None:
    chance = random.Random(9162)
    for _ in range(150):
        new = chance.randrange(2, 1 << chance.randrange(2, 63))
        old = chance.randrange(1, new)
        tree = Tree([(chance.randrange(1, new + 1), b"a"), (old + 1, b"b"), (1 << 62, b"c")])
        anchor = anchored_at(old, tree)
        anchor.anchor(new, tree.root(new), tree.proof(old, new))
        assert anchor.head()[:2] == (new, tree.root(new))


def test_the_largest_size_that_fits_is_anchored(anchor: Anchor) -> None:
    size = (1 << 64) - 1
    tree = Tree([(1 << 63, b"a"), (1 << 64, b"b")])
    anchor.anchor(size - 1, tree.root(size - 1), [])
    anchor.anchor(size, tree.root(size), tree.proof(size - 1, size))
    assert anchor.head()[0] == size


def mutations(proof: list[bytes]) -> list[list[bytes]]:
    """Wrong forms of one proof: bits flipped, nodes dropped, doubled, swapped and added."""
    found = [[*proof, bytes(32)], [bytes(32), *proof], [*proof, *proof[-1:]]] if proof else [[bytes(32)]]
    for place, node in enumerate(proof):
        flipped = bytes([node[0] ^ 1]) + node[1:]
        found += [[*proof[:place], *proof[place + 1 :]], [*proof[:place], flipped, *proof[place + 1 :]]]
        found.append([*proof[:place], node, *proof[place:]])
        if place and proof[place - 1] != node:
            found.append([*proof[: place - 1], node, proof[place - 1], *proof[place + 1 :]])
    return [wrong for wrong in found if wrong != proof]


@pytest.mark.parametrize(("old", "new"), [(1, 2), (2, 3), (3, 4), (4, 8), (6, 8), (7, 8), (5, 13), (16, 33), (31, 41)])
def test_a_mutated_proof_is_refused(old: int, new: int) -> None:
    anchor = anchored_at(old)
    proof = TREE.proof(old, new)
    for wrong in mutations(proof):
        with pytest.raises(Refused, match="BadProof"):
            anchor.anchor(new, TREE.root(new), wrong)
    with pytest.raises(Refused, match="BadProof"):
        anchor.anchor(new, TREE.root(old), proof)
    anchor.anchor(new, TREE.root(new), proof)


def test_every_verdict_equals_that_of_the_rfcs_algorithm() -> None:
    """True and spoilt proofs between sizes up to 2^62, and sizes that do not belong to the proof."""
    chance = random.Random(2142)
    verdicts = {True: 0, False: 0}
    for _ in range(120):
        new = chance.randrange(2, 1 << chance.randrange(2, 62))
        old = chance.randrange(1, new)
        tree = Tree([(chance.randrange(1, new + 1), b"a"), (old + 1, b"b"), (1 << 63, b"c")])
        proof = tree.proof(old, new)
        anchor = anchored_at(old, tree)
        start = anchor.evm.snapshot()
        cases = [(new, wrong) for wrong in mutations(proof)[:12]]
        cases += [(size, proof) for size in (new, new - 1, new + 1, 2 * new, old + 1, chance.randrange(1, 1 << 63))]
        for size, nodes in cases:
            verdict = accepts(anchor, size, tree.root(new), nodes)
            assert verdict == (size > old and verify_consistency(old, tree.root(old), size, tree.root(new), nodes))
            verdicts[verdict] += 1
            if verdict:
                anchor.evm.revert(start)
                start = anchor.evm.snapshot()
    assert min(verdicts.values()) > 100


def accepts(anchor: Anchor, size: int, root: bytes, proof: list[bytes]) -> bool:
    try:
        anchor.anchor(size, root, proof)
    except Refused:
        return False
    return True


@pytest.mark.parametrize(("old", "new"), [(1, 2), (6, 8), (7, 9), (8, 16), (20, 40)])
def test_a_fork_is_refused_wherever_its_first_different_leaf_stands(old: int, new: int) -> None:
    for place in range(old):
        forged = Tree.of([*ENTRIES[:place], b"forged", *ENTRIES[place + 1 :]])
        anchor = anchored_at(old)
        with pytest.raises(Refused, match="BadProof"):
            anchor.anchor(new, forged.root(new), forged.proof(old, new))
        with pytest.raises(Refused, match="BadProof"):
            anchor.anchor(new, forged.root(new), TREE.proof(old, new))
        assert anchor.head()[:2] == (old, TREE.root(old))


def test_the_same_head_is_refused_a_second_time() -> None:
    anchor = anchored_at(8)
    with pytest.raises(Refused, match="NotGrowing"):
        anchor.anchor(8, TREE.root(8), [])


def test_a_smaller_head_is_refused_even_with_an_empty_proof() -> None:
    anchor = anchored_at(8)
    for size in (0, 1, 7):
        with pytest.raises(Refused, match="NotGrowing"):
            anchor.anchor(size, TREE.root(size), [])


def test_the_first_anchor_takes_no_proof_nodes(anchor: Anchor) -> None:
    with pytest.raises(Refused, match="BadProof"):
        anchor.anchor(2, TREE.root(2), [TREE.root(1)])


def test_only_the_operator_anchors_directly(anchor: Anchor) -> None:
    for key in (STRANGER, ROTATION):
        with pytest.raises(Refused, match="NotOperator"):
            anchor.anchor(1, TREE.root(1), [], sender=key)


@pytest.mark.parametrize(
    "spoil", ["no operator", "no rotation key", "one key for both", "delay too short", "delay too long"]
)
def test_a_contract_with_unsafe_arguments_is_not_deployed(spoil: str) -> None:
    nobody = "0x" + "00" * 20
    operator = nobody if spoil == "no operator" else address(OPERATOR)
    rotation = {"no rotation key": nobody, "one key for both": operator}.get(spoil, address(ROTATION))
    delay = {"delay too short": 3599, "delay too long": 365 * 24 * 3600 + 1}.get(spoil, DELAY)
    with pytest.raises(Refused, match="BadArgument"):
        Contract("CheckpointAnchor", ORIGIN, operator, rotation, delay)


def test_the_contract_takes_no_money(anchor: Anchor) -> None:
    anchor.evm.set_balance(address(STRANGER), 10**18)
    with pytest.raises(RuntimeError):
        anchor.evm.message_call(address(STRANGER), anchor.address, b"", value=1)
