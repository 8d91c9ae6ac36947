"""The Merkle tree against the definitions of RFC 9162, written out recursively here, and against published vectors."""

import json
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import merkle
from ledger.errors import InvalidProof
from ledger.merkle import CompactRange, Node

MOST = 100
LEAVES = [merkle.leaf_hash(b"entry %d" % index) for index in range(MOST)]
CT = json.loads((Path(__file__).parent.parent / "vectors" / "ct.json").read_text())


@cache
def tree_hash(start: int, end: int) -> bytes:
    """MTH(D[start:end]), RFC 9162 section 2.1.1, as written there."""
    if end - start == 0:
        return sha256(b"").digest()
    if end - start == 1:
        return LEAVES[start]
    middle = start + largest_power_below(end - start)
    return sha256(b"\x01" + tree_hash(start, middle) + tree_hash(middle, end)).digest()


def path(index: int, start: int, end: int) -> list[bytes]:
    """PATH(index, D[start:end]), section 2.1.3.1."""
    if end - start == 1:
        return []
    middle = start + largest_power_below(end - start)
    if index < middle:
        return [*path(index, start, middle), tree_hash(middle, end)]
    return [*path(index, middle, end), tree_hash(start, middle)]


def subproof(old: int, start: int, end: int, whole: bool) -> list[bytes]:
    """SUBPROOF(old - start, D[start:end], whole), section 2.1.4.1."""
    if old == end:
        return [] if whole else [tree_hash(start, end)]
    middle = start + largest_power_below(end - start)
    if old <= middle:
        return [*subproof(old, start, middle, whole), tree_hash(middle, end)]
    return [*subproof(old, middle, end, False), tree_hash(start, middle)]


def largest_power_below(number: int) -> int:
    power = 1
    while power * 2 < number:
        power *= 2
    return power


def read(nodes: Sequence[Node]) -> list[bytes]:
    return [tree_hash(node.index << node.level, (node.index + 1) << node.level) for node in nodes]


def spoilt(hashes: Sequence[bytes]) -> list[list[bytes]]:
    """The same proof with each hash changed in turn, then shortened and lengthened at both ends."""
    one_changed = [
        [*hashes[:place], bytes([value[0] ^ 1]) + value[1:], *hashes[place + 1 :]] for place, value in enumerate(hashes)
    ]
    shorter = [list(hashes[1:]), list(hashes[:-1])] if hashes else []
    longer = [[bytes(32), *hashes], [*hashes, bytes(32)], [*hashes, *hashes[-1:], bytes(32)]]
    return one_changed + shorter + longer


def refused(verify: Callable[..., None], *arguments: object) -> bool:
    try:
        verify(*arguments)
    except InvalidProof:
        return True
    return False


def test_certificate_transparency_roots_come_out_the_same() -> None:
    edge = CompactRange()
    roots = [edge.root().hex()]
    for leaf in CT["leaves"]:
        edge.append(merkle.leaf_hash(bytes.fromhex(leaf)))
        roots.append(edge.root().hex())
    assert roots == CT["roots"]


@pytest.mark.parametrize("case", CT["inclusion"], ids=lambda case: f"{case['index']} in {case['size']}")
def test_certificate_transparency_inclusion_proofs_verify(case: dict[str, Any]) -> None:
    leaf = merkle.leaf_hash(bytes.fromhex(CT["leaves"][case["index"]]))
    proof = [bytes.fromhex(value) for value in case["proof"]]
    root = bytes.fromhex(CT["roots"][case["size"]])
    merkle.verify_inclusion(leaf, case["index"], case["size"], proof, root)


@pytest.mark.parametrize("case", CT["consistency"], ids=lambda case: f"{case['old']} to {case['new']}")
def test_certificate_transparency_consistency_proofs_verify(case: dict[str, Any]) -> None:
    proof = [bytes.fromhex(value) for value in case["proof"]]
    old, new = case["old"], case["new"]
    roots = [bytes.fromhex(root) for root in CT["roots"]]
    merkle.verify_consistency(old, new, roots[old], roots[new], proof)


def test_every_root_up_to_100_leaves_follows_the_definition() -> None:
    edge = CompactRange()
    for size in range(MOST + 1):
        assert edge.root() == merkle.root_hash(read, size) == tree_hash(0, size)
        assert CompactRange.read(read, size) == edge
        if size < MOST:
            edge.append(LEAVES[size])


def test_every_inclusion_proof_up_to_100_leaves_follows_the_definition_and_verifies() -> None:
    for size in range(1, MOST + 1):
        for index in range(size):
            proof = merkle.inclusion_proof(read, index, size)
            assert proof == path(index, 0, size)
            merkle.verify_inclusion(LEAVES[index], index, size, proof, tree_hash(0, size))


def test_every_spoilt_inclusion_proof_up_to_100_leaves_is_refused() -> None:
    for size in range(1, MOST + 1):
        root = tree_hash(0, size)
        for index in range(size):
            proof = path(index, 0, size)
            for wrong in spoilt(proof):
                assert refused(merkle.verify_inclusion, LEAVES[index], index, size, wrong, root), (size, index)


def test_a_true_inclusion_proof_fits_no_other_leaf_place_or_root() -> None:
    for size in range(2, MOST + 1):
        root = tree_hash(0, size)
        for index in range(size):
            proof = path(index, 0, size)
            other = (index + 1) % size
            assert refused(merkle.verify_inclusion, LEAVES[other], index, size, proof, root)
            assert refused(merkle.verify_inclusion, LEAVES[index], other, size, proof, root)
            assert refused(merkle.verify_inclusion, LEAVES[index], index, size, proof, tree_hash(0, size - 1))
            assert refused(merkle.verify_inclusion, LEAVES[index], index, index, proof, root)


def test_every_consistency_proof_up_to_100_leaves_follows_the_definition_and_verifies() -> None:
    for new in range(1, MOST + 1):
        for old in range(1, new + 1):
            proof = merkle.consistency_proof(read, old, new)
            assert proof == subproof(old, 0, new, True)
            merkle.verify_consistency(old, new, tree_hash(0, old), tree_hash(0, new), proof)


def test_every_spoilt_consistency_proof_up_to_100_leaves_is_refused() -> None:
    for new in range(1, MOST + 1):
        for old in range(1, new + 1):
            old_root, new_root = tree_hash(0, old), tree_hash(0, new)
            for wrong in spoilt(subproof(old, 0, new, True)):
                assert refused(merkle.verify_consistency, old, new, old_root, new_root, wrong), (old, new)


def test_a_true_consistency_proof_fits_no_other_roots() -> None:
    for new in range(2, MOST + 1):
        for old in range(1, new):
            proof, old_root, new_root = subproof(old, 0, new, True), tree_hash(0, old), tree_hash(0, new)
            assert refused(merkle.verify_consistency, old, new, new_root, old_root, proof)
            assert refused(merkle.verify_consistency, old, new, bytes(32), new_root, proof)
            assert refused(merkle.verify_consistency, old, new, old_root, bytes(32), proof)
            assert refused(merkle.verify_consistency, new, old, new_root, old_root, proof)


def test_from_size_0_only_the_empty_proof_and_the_empty_root_are_accepted() -> None:
    merkle.verify_consistency(0, 5, merkle.EMPTY_ROOT, tree_hash(0, 5), [])
    assert merkle.consistency_proof(read, 0, 5) == []
    assert refused(merkle.verify_consistency, 0, 5, bytes(32), tree_hash(0, 5), [])
    assert refused(merkle.verify_consistency, 0, 5, merkle.EMPTY_ROOT, tree_hash(0, 5), [bytes(32)])
    assert refused(merkle.verify_consistency, 0, 0, merkle.EMPTY_ROOT, bytes(32), [])


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0), (6, 5), (0, -1), (0, 2**63)])
def test_a_leaf_outside_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(InvalidProof):
        merkle.inclusion_path(index, size)
    with pytest.raises(InvalidProof):
        merkle.verify_inclusion(LEAVES[0], index, size, [], LEAVES[0])


@pytest.mark.parametrize(("old", "new"), [(-1, 5), (6, 5), (1, 2**63), (1, -1)])
def test_sizes_that_do_not_grow_have_no_consistency_proof(old: int, new: int) -> None:
    with pytest.raises(InvalidProof):
        merkle.consistency_proof(read, old, new)
    with pytest.raises(InvalidProof):
        merkle.verify_consistency(old, new, bytes(32), bytes(32), [])


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_hashes_of_another_length_are_refused(length: int) -> None:
    proof = path(2, 0, 4)
    wrong = [proof[0], bytes(length)]
    assert refused(merkle.verify_inclusion, LEAVES[2], 2, 4, wrong, tree_hash(0, 4))
    assert refused(merkle.verify_inclusion, bytes(length), 2, 4, proof, tree_hash(0, 4))
    assert refused(merkle.verify_consistency, 2, 4, tree_hash(0, 2), bytes(length), [tree_hash(2, 4)])


sizes = st.integers(1, 2**62)


@given(size=sizes, data=st.data())
def test_the_steps_of_a_path_cover_every_other_leaf_once(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    steps = merkle.inclusion_path(index, size)
    start, end = index, index + 1
    for step in steps:
        assert step.side == ("right" if step.start == end else "left")
        assert step.start == end or step.end == start
        assert step.index << step.level == step.start
        assert step.end - step.start <= 1 << step.level
        start, end = min(start, step.start), max(end, step.end)
    assert (start, end) == (0, size)


@given(size=sizes, data=st.data())
def test_only_complete_subtrees_inside_the_tree_are_read(size: int, data: st.DataObject) -> None:
    asked: list[Node] = []

    def note_nodes(nodes: Sequence[Node]) -> list[bytes]:
        asked.extend(nodes)
        return same_leaves(nodes)

    merkle.inclusion_proof(note_nodes, data.draw(st.integers(0, size - 1)), size)
    merkle.consistency_proof(note_nodes, data.draw(st.integers(0, size)), size)
    assert all((node.index + 1) << node.level <= size for node in asked)


SAME = [LEAVES[0]]
for _ in range(63):
    SAME.append(merkle.node_hash(SAME[-1], SAME[-1]))


def same_leaves(nodes: Sequence[Node]) -> list[bytes]:
    """The hashes of a tree whose leaves are all alike, of any size."""
    return [SAME[node.level] for node in nodes]


@given(size=sizes, data=st.data())
def test_proofs_verify_at_any_size(size: int, data: st.DataObject) -> None:
    root = merkle.root_hash(same_leaves, size)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    inclusion = merkle.inclusion_proof(same_leaves, index, size)
    merkle.verify_inclusion(LEAVES[0], index, size, inclusion, root)
    consistency = merkle.consistency_proof(same_leaves, old, size)
    merkle.verify_consistency(old, size, merkle.root_hash(same_leaves, old), root, consistency)
    assert len(inclusion) <= 62
    assert len(consistency) <= 63


@given(size=sizes, more=st.integers(1, 50))
def test_a_compact_range_grows_as_the_tree_does(size: int, more: int) -> None:
    edge = CompactRange.read(same_leaves, size)
    edge.extend([LEAVES[0]] * more)
    assert edge == CompactRange.read(same_leaves, size + more)
    assert edge.root() == merkle.root_hash(same_leaves, size + more)
