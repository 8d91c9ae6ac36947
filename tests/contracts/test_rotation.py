"""The operator's key is replaced by a cold key, in public, after a delay; nothing else can be replaced."""

import pytest

from tests.contracts.machine import DELAY, OPERATOR, ROTATION, START, STRANGER, Anchor, Refused, address
from tests.contracts.rfc9162 import Tree

TREE = Tree.of([f"entry {number}".encode() for number in range(9)])
NEXT = STRANGER


def test_an_announced_operator_takes_over_after_the_delay(anchor: Anchor) -> None:
    anchor.anchor(4, TREE.root(4), [])
    anchor.call("announceOperator", ROTATION, address(NEXT))
    assert anchor.events() == [("OperatorAnnounced", {"next": address(NEXT), "readyAt": START + DELAY})]
    assert (anchor.read("pendingOperator"), anchor.read("readyAt")) == (address(NEXT), START + DELAY)
    anchor.wait(DELAY)
    anchor.call("applyOperator", OPERATOR)
    assert anchor.events() == [("OperatorChanged", {"previous": address(OPERATOR), "next": address(NEXT)})]
    anchor.anchor(9, TREE.root(9), TREE.proof(4, 9), sender=NEXT)
    with pytest.raises(Refused, match="NotOperator"):
        anchor.anchor(10, TREE.root(9), [], sender=OPERATOR)


def test_a_new_operator_changes_nothing_about_the_anchored_tree(anchor: Anchor) -> None:
    anchor.anchor(4, TREE.root(4), [])
    before = anchor.head()
    anchor.call("announceOperator", ROTATION, address(NEXT))
    anchor.wait(DELAY)
    anchor.call("applyOperator", NEXT)
    assert anchor.head() == before
    with pytest.raises(Refused, match="NotGrowing"):
        anchor.anchor(4, TREE.root(4), [], sender=NEXT)


def test_nobody_takes_over_before_the_delay_is_over(anchor: Anchor) -> None:
    anchor.call("announceOperator", ROTATION, address(NEXT))
    anchor.wait(DELAY - 1)
    with pytest.raises(Refused, match="TooEarly"):
        anchor.call("applyOperator", ROTATION)
    assert anchor.read("operator") == address(OPERATOR)


def test_the_operator_anchors_until_the_change_is_applied(anchor: Anchor) -> None:
    anchor.call("announceOperator", ROTATION, address(NEXT))
    anchor.wait(DELAY)
    anchor.anchor(4, TREE.root(4), [])
    with pytest.raises(Refused, match="NotOperator"):
        anchor.anchor(9, TREE.root(9), TREE.proof(4, 9), sender=NEXT)


def test_only_the_rotation_key_announces_and_cancels(anchor: Anchor) -> None:
    for key in (OPERATOR, STRANGER):
        with pytest.raises(Refused, match="NotRotationKey"):
            anchor.call("announceOperator", key, address(NEXT))
    anchor.call("announceOperator", ROTATION, address(NEXT))
    for key in (OPERATOR, STRANGER):
        with pytest.raises(Refused, match="NotRotationKey"):
            anchor.call("cancelOperator", key)


def test_a_cancelled_announcement_cannot_be_applied(anchor: Anchor) -> None:
    anchor.call("announceOperator", ROTATION, address(NEXT))
    anchor.call("cancelOperator", ROTATION)
    assert anchor.events() == [("OperatorCancelled", {"next": address(NEXT)})]
    anchor.wait(DELAY)
    with pytest.raises(Refused, match="NothingAnnounced"):
        anchor.call("applyOperator", STRANGER)
    with pytest.raises(Refused, match="NothingAnnounced"):
        anchor.call("cancelOperator", ROTATION)


def test_announcing_again_begins_the_delay_anew(anchor: Anchor) -> None:
    anchor.call("announceOperator", ROTATION, address(NEXT))
    anchor.wait(DELAY - 1)
    anchor.call("announceOperator", ROTATION, "0x" + "ab" * 20)
    anchor.wait(DELAY - 1)
    with pytest.raises(Refused, match="TooEarly"):
        anchor.call("applyOperator", STRANGER)
    anchor.wait(1)
    anchor.call("applyOperator", STRANGER)
    assert anchor.read("operator") == "0x" + "ab" * 20


def test_an_announcement_is_applied_once(anchor: Anchor) -> None:
    anchor.call("announceOperator", ROTATION, address(NEXT))
    anchor.wait(DELAY)
    anchor.call("applyOperator", STRANGER)
    with pytest.raises(Refused, match="NothingAnnounced"):
        anchor.call("applyOperator", STRANGER)


@pytest.mark.parametrize("next_operator", ["0x" + "00" * 20, address(ROTATION), address(OPERATOR)])
def test_an_operator_that_makes_no_sense_is_not_announced(anchor: Anchor, next_operator: str) -> None:
    with pytest.raises(Refused, match="BadArgument"):
        anchor.call("announceOperator", ROTATION, next_operator)


def test_the_rotation_key_cannot_anchor(anchor: Anchor) -> None:
    with pytest.raises(Refused, match="NotOperator"):
        anchor.anchor(4, TREE.root(4), [], sender=ROTATION)
    with pytest.raises(Refused, match="BadSignature"):
        anchor.call("anchorSigned", ROTATION, 4, TREE.root(4), [], anchor.sign(4, TREE.root(4), ROTATION))
