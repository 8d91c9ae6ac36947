"""How a proposal is stopped: challenge, dismissal, expiry, the guardian, proofs of a fault. What it costs, and that
nothing blocks for ever."""

import pyrevm
import pytest
from eth_utils.crypto import keccak

from tests.contracts.distribution import (
    ALICE,
    BOB,
    BOND,
    CAROL,
    CHALLENGER,
    COUNCIL,
    DAVE,
    GUARDIAN,
    PROPOSER,
    PURSE,
    TOKEN,
    WINDOW,
    Distribution,
)
from tests.contracts.machine import DELAY, STRANGER, Refused, address
from tests.contracts.standard_tree import StandardTree

CHALLENGE = 7 * WINDOW


def purse(distribution: Distribution) -> int:
    """What the challenger has, in wei."""
    return int(distribution.evm.get_balance(address(CHALLENGER)))


@pytest.fixture
def challenged(proposed: Distribution) -> Distribution:
    proposed.challenge()
    return proposed


def expire(distribution: Distribution) -> None:
    distribution.wait(CHALLENGE)
    distribution.call("expire", STRANGER)


# --- challenges ----------------------------------------------------------------------------------
def test_anybody_challenges_within_the_window(proposed: Distribution) -> None:
    proposed.wait(WINDOW - 1)
    proposed.challenge()
    assert proposed.events() == [
        (
            "Challenged",
            {
                "epoch": 0, "challenger": address(CHALLENGER), "bond": BOND, "ends": proposed.now + CHALLENGE,
                "reason": "the sums are wrong",
            },
        )
    ]  # fmt: skip
    assert proposed.coins() == BOND


def test_after_the_window_it_is_too_late(proposed: Distribution) -> None:
    proposed.wait(WINDOW)
    with pytest.raises(Refused, match="TooLate"):
        proposed.challenge()


@pytest.mark.parametrize("bond", [0, BOND - 1, BOND + 1])
def test_another_bond_is_refused(proposed: Distribution, bond: int) -> None:
    with pytest.raises(Refused, match="WrongBond"):
        proposed.challenge(bond=bond)


def test_there_is_one_challenge_at_a_time(challenged: Distribution) -> None:
    with pytest.raises(Refused, match="AlreadyChallenged"):
        challenged.challenge(sender=STRANGER)


def test_without_a_proposal_there_is_nothing_to_stop(fresh: Distribution) -> None:
    leaf: tuple[int, list[bytes]] = (1, [])
    for sender, name, arguments in [
        (STRANGER, "expire", ()), (COUNCIL, "dismiss", ()), (GUARDIAN, "cancel", ("",)),
        (STRANGER, "proveDecrease", (0, ALICE, leaf, leaf)), (STRANGER, "proveDuplicate", (ALICE, leaf, leaf)),
    ]:  # fmt: skip
        with pytest.raises(Refused, match="NoProposal"):
            fresh.call(name, sender, *arguments)
    with pytest.raises(Refused, match="NoProposal"):
        fresh.challenge()


def test_a_challenged_proposal_is_not_finalized_however_long_one_waits(challenged: Distribution) -> None:
    for wait in (WINDOW, CHALLENGE, 365 * 24 * 3600):
        challenged.wait(wait)
        with pytest.raises(Refused, match="AlreadyChallenged"):
            challenged.call("finalize", STRANGER)


def test_no_coin_is_taken_that_is_no_bond(proposed: Distribution) -> None:
    with pytest.raises(RuntimeError):
        proposed.evm.message_call(address(STRANGER), proposed.address, b"", value=1)


# --- dismissal -----------------------------------------------------------------------------------
def test_a_dismissal_burns_the_bond_and_begins_a_new_window(challenged: Distribution) -> None:
    challenged.wait(WINDOW + 5)
    challenged.call("dismiss", COUNCIL)
    ready = challenged.now + WINDOW
    values = {"epoch": 0, "challenger": address(CHALLENGER), "bond": BOND, "readyAt": ready}
    assert challenged.events() == [("Dismissed", values)]
    assert challenged.read("refundOf", address(CHALLENGER)) == 0
    with pytest.raises(Refused, match="TooEarly"):
        challenged.call("finalize", STRANGER)
    challenged.wait(WINDOW)
    challenged.call("finalize", STRANGER)
    assert challenged.coins() == BOND, "what is burnt stays there"


@pytest.mark.parametrize("sender", [STRANGER, PROPOSER, GUARDIAN, CHALLENGER])
def test_only_the_council_dismisses(challenged: Distribution, sender: object) -> None:
    with pytest.raises(Refused, match="NotAllowed"):
        challenged.call("dismiss", sender)  # type: ignore[arg-type]


def test_there_is_nothing_to_dismiss_without_a_challenge(proposed: Distribution) -> None:
    with pytest.raises(Refused, match="NotChallenged"):
        proposed.call("dismiss", COUNCIL)


def test_a_challenge_is_not_dismissed_after_its_time(challenged: Distribution) -> None:
    challenged.wait(CHALLENGE)
    with pytest.raises(Refused, match="TooLate"):
        challenged.call("dismiss", COUNCIL)


def test_challenging_the_same_again_costs_twice_as_much_each_time(challenged: Distribution) -> None:
    for doublings in range(1, 4):
        challenged.call("dismiss", COUNCIL)
        assert challenged.read("challengeBond") == BOND << doublings
        with pytest.raises(Refused, match="WrongBond"):
            challenged.challenge(bond=BOND << (doublings - 1))
        challenged.challenge()
    assert purse(challenged) == PURSE - 15 * BOND


def test_the_bond_doubles_at_most_sixteen_times(challenged: Distribution) -> None:
    for _ in range(20):
        challenged.call("dismiss", COUNCIL)
        challenged.challenge()
    assert challenged.read("challengeBond") == BOND << 16


def test_the_bond_falls_back_once_a_distribution_is_final(challenged: Distribution) -> None:
    challenged.call("dismiss", COUNCIL)
    challenged.wait(WINDOW)
    challenged.call("finalize", STRANGER)
    assert challenged.read("challengeBond") == BOND


# --- expiry --------------------------------------------------------------------------------------
def test_an_undecided_challenge_cancels_the_proposal_and_costs_half_its_bond(
    challenged: Distribution, tree: StandardTree
) -> None:
    challenged.wait(CHALLENGE - 1)
    with pytest.raises(Refused, match="TooEarly"):
        challenged.call("expire", STRANGER)
    challenged.wait(1)
    challenged.call("expire", STRANGER)
    assert challenged.events()[0][0] == "Cancelled"
    assert challenged.events()[0][1]["cause"] == 1
    assert not challenged.is_pending()
    assert challenged.sums() == (0, 0, 0), "silence mints nothing"
    challenged.call("refund", STRANGER, address(CHALLENGER))
    assert purse(challenged) == PURSE - BOND // 2
    challenged.propose(0, tree)
    assert challenged.read("challengeBond") == 2 * BOND


def test_there_is_nothing_to_expire_without_a_challenge(proposed: Distribution) -> None:
    proposed.wait(CHALLENGE)
    with pytest.raises(Refused, match="NotChallenged"):
        proposed.call("expire", STRANGER)


def test_after_a_run_of_expired_challenges_the_distribution_is_paid_in_the_end(
    proposed: Distribution, tree: StandardTree
) -> None:
    for _ in range(5):
        proposed.challenge()
        expire(proposed)
        proposed.propose(0, tree)
    proposed.wait(WINDOW)
    proposed.call("finalize", STRANGER)
    assert proposed.sums()[1] == tree.total
    proposed.call("refund", STRANGER, address(CHALLENGER))
    assert purse(proposed) == PURSE - 31 * BOND // 2


def test_a_bond_is_returned_once(challenged: Distribution) -> None:
    challenged.call("cancel", GUARDIAN, "right")
    challenged.call("refund", STRANGER, address(CHALLENGER))
    with pytest.raises(Refused, match="NoRefund"):
        challenged.call("refund", CHALLENGER, address(CHALLENGER))
    with pytest.raises(Refused, match="NoRefund"):
        challenged.call("refund", STRANGER, address(STRANGER))


def test_a_challenger_that_takes_no_coins_blocks_nobody(challenged: Distribution) -> None:
    """A contract that reverts on receipt: its bond waits, the proposal is cancelled all the same."""
    reverting = pyrevm.AccountInfo(code=bytes.fromhex("60006000fd"))
    challenged.evm.insert_account_info(address(CHALLENGER), reverting)
    challenged.call("cancel", GUARDIAN, "right")
    with pytest.raises(Refused, match="NoRefund"):
        challenged.call("refund", STRANGER, address(CHALLENGER))
    assert challenged.read("refundOf", address(CHALLENGER)) == BOND


# --- the guardian --------------------------------------------------------------------------------
def test_the_guardian_cancels_and_the_bond_comes_back(challenged: Distribution, tree: StandardTree) -> None:
    challenged.call("cancel", GUARDIAN, "the bundle is not there")
    assert challenged.events() == [
        (
            "Cancelled",
            {
                "epoch": 0, "root": tree.root, "cause": 0, "by": address(GUARDIAN), "account": "0x" + "00" * 20,
                "reason": "the bundle is not there",
            },
        )
    ]  # fmt: skip
    challenged.call("refund", STRANGER, address(CHALLENGER))
    assert purse(challenged) == PURSE
    assert challenged.read("challengeBond") == BOND, "a challenge that was right costs the next one nothing"


@pytest.mark.parametrize("sender", [STRANGER, PROPOSER, COUNCIL])
def test_only_the_guardian_cancels(proposed: Distribution, sender: object) -> None:
    with pytest.raises(Refused, match="NotAllowed"):
        proposed.call("cancel", sender, "")  # type: ignore[arg-type]


def test_the_same_proposal_is_cancelled_once(proposed: Distribution, tree: StandardTree) -> None:
    proposed.call("cancel", GUARDIAN, "")
    proposed.propose(0, tree)
    with pytest.raises(Refused, match="CancelledBefore"):
        proposed.call("cancel", GUARDIAN, "")
    proposed.wait(WINDOW)
    proposed.call("finalize", STRANGER)


def test_a_proposal_that_differs_in_anything_is_another_one(proposed: Distribution, tree: StandardTree) -> None:
    proposed.call("cancel", GUARDIAN, "")
    for different in ({"manifest": keccak(b"another")}, {"credited": 401 * TOKEN}):
        proposed.propose(0, tree, **different)
        proposed.call("cancel", GUARDIAN, "")
    proposed.propose(0, tree, total=401 * TOKEN)
    proposed.call("cancel", GUARDIAN, "")


def test_a_replaced_proposers_proposal_can_be_cancelled_again(proposed: Distribution, tree: StandardTree) -> None:
    """A thief of the proposer's key proposes the same again; once the key is replaced, that protects nothing."""
    proposed.call("cancel", GUARDIAN, "a thief's")
    proposed.call("announceRole", COUNCIL, 0, address(STRANGER))
    proposed.wait(DELAY - 1)
    proposed.propose(0, tree)
    proposed.wait(1)
    proposed.call("applyRole", STRANGER, 0)
    proposed.call("cancel", GUARDIAN, "still the thief's")
    assert not proposed.is_pending()


# --- proofs of a fault ---------------------------------------------------------------------------
@pytest.fixture
def lowered(paid: Distribution) -> tuple[Distribution, StandardTree]:
    """Epoch 1 is proposed with a leaf below that of epoch 0."""
    lower = StandardTree([(ALICE, 299 * TOKEN), (BOB, 100 * TOKEN), (CAROL, 50 * TOKEN)])
    paid.go_to(paid.end(1))
    paid.propose(1, lower)
    return paid, lower


def test_a_stranger_proves_that_a_leaf_fell(lowered: tuple[Distribution, StandardTree], tree: StandardTree) -> None:
    distribution, lower = lowered
    distribution.challenge()
    proof = (0, ALICE, tree.leaf(ALICE, 300 * TOKEN), lower.leaf(ALICE, 299 * TOKEN))
    distribution.call("proveDecrease", STRANGER, *proof)
    values = distribution.events()[0][1]
    assert (values["cause"], values["account"], values["by"]) == (2, ALICE, address(STRANGER))
    assert not distribution.is_pending()
    assert distribution.read("refundOf", address(CHALLENGER)) == BOND


def test_a_leaf_that_did_not_fall_is_no_fault(lowered: tuple[Distribution, StandardTree], tree: StandardTree) -> None:
    distribution, lower = lowered
    same = (0, BOB, tree.leaf(BOB, 100 * TOKEN), lower.leaf(BOB, 100 * TOKEN))
    with pytest.raises(Refused, match="NoFault"):
        distribution.call("proveDecrease", STRANGER, *same)


def test_leaves_that_are_not_in_the_trees_prove_nothing(
    lowered: tuple[Distribution, StandardTree], tree: StandardTree
) -> None:
    distribution, lower = lowered
    old, new = tree.leaf(ALICE, 300 * TOKEN), lower.leaf(ALICE, 299 * TOKEN)
    for a, b in (((301 * TOKEN, old[1]), new), (old, (1, new[1])), (old, (old[0], new[1]))):
        with pytest.raises(Refused, match="BadProof"):
            distribution.call("proveDecrease", STRANGER, 0, ALICE, a, b)
    with pytest.raises(Refused, match="BadProof"):
        distribution.call("proveDecrease", STRANGER, 0, BOB, old, new)
    with pytest.raises(Refused, match="UnknownEpoch"):
        distribution.call("proveDecrease", STRANGER, 1, ALICE, old, new)


def test_a_stranger_proves_two_leaves_for_one_account(proposed: Distribution) -> None:
    proposed.call("cancel", GUARDIAN, "")
    double = StandardTree([(ALICE, TOKEN), (ALICE, 2 * TOKEN), (BOB, TOKEN)])
    proposed.propose(0, double)
    leaves = double.leaf(ALICE, TOKEN), double.leaf(ALICE, 2 * TOKEN)
    with pytest.raises(Refused, match="BadProof"):
        proposed.call("proveDuplicate", STRANGER, BOB, *leaves)
    with pytest.raises(Refused, match="NoFault"):
        proposed.call("proveDuplicate", STRANGER, ALICE, leaves[0], leaves[0])
    proposed.wait(WINDOW)
    proposed.call("proveDuplicate", STRANGER, ALICE, *leaves)
    values = proposed.events()[0][1]
    assert (values["cause"], values["account"]) == (3, ALICE)
    with pytest.raises(Refused, match="NoProposal"):
        proposed.call("finalize", STRANGER)


def test_an_inner_node_does_not_pass_for_a_leaf(paid: Distribution) -> None:
    """A leaf is hashed twice, an inner node once: no account and amount lead to an inner node."""
    tree = StandardTree([(ALICE, 300 * TOKEN), (BOB, 100 * TOKEN), (CAROL, 1), (DAVE, 1)])
    paid.distribute(1, tree)
    left, right = tree.nodes[3], tree.nodes[4]
    account, amount = "0x" + left[12:].hex(), int.from_bytes(right, "big")
    with pytest.raises(Refused, match="BadProof"):
        paid.call("claim", STRANGER, 1, account, amount, [tree.nodes[2]])
