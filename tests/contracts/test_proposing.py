"""What EpochDistributor accepts as the next distribution, and when it is final."""

from dataclasses import replace

import pytest
from eth_utils.crypto import keccak

from tests.contracts.distribution import (
    ALICE,
    BOB,
    BUDGET,
    COUNCIL,
    EPOCH,
    GUARDIAN,
    MANIFEST,
    POLICY,
    PROPOSER,
    TOKEN,
    WINDOW,
    Arguments,
    Distribution,
)
from tests.contracts.machine import START, STRANGER, Contract, Refused, address
from tests.contracts.standard_tree import StandardTree

ZERO = "0x" + "00" * 20


@pytest.fixture
def over(fresh: Distribution) -> Distribution:
    """Epoch 0 is over, nothing is proposed."""
    fresh.go_to(fresh.end(0))
    return fresh


def test_the_deployment_makes_the_token_and_binds_the_two(fresh: Distribution) -> None:
    assert fresh.token.read("distributor") == fresh.address.lower()
    assert fresh.token.read("totalSupply") == 0
    assert (fresh.token.read("name"), fresh.token.read("symbol")) == ("Akashi Hub", "HUB")
    assert [fresh.read(role) for role in ("proposer", "guardian", "council")] == [
        address(PROPOSER), address(GUARDIAN), address(COUNCIL),
    ]  # fmt: skip
    assert fresh.read("policyAt", 0) == fresh.read("policyAt", 10**6) == POLICY


@pytest.mark.parametrize(
    "bad",
    [
        {"window": 0}, {"window": 31 * 24 * 3600}, {"delay": 3599}, {"delay": 366 * 24 * 3600}, {"bond": 0},
        {"policy": bytes(32)}, {"proposer": ZERO}, {"guardian": ZERO}, {"council": ZERO},
        {"proposer": address(GUARDIAN)}, {"proposer": address(COUNCIL)},
        {"epoch": 0}, {"halving": EPOCH - 1}, {"budget": 0}, {"genesis": START + 366 * 24 * 3600},
        {"budget": (1 << 112) - 1},
    ],
)  # fmt: skip
def test_arguments_that_make_no_sense_are_refused(bad: dict[str, int | str | bytes]) -> None:
    with pytest.raises(Refused):
        Distribution(replace(Arguments(), **bad))  # type: ignore[arg-type]


def test_guardian_and_council_may_be_one(fresh: Distribution) -> None:
    assert Distribution(replace(Arguments(), guardian=address(COUNCIL))).read("guardian") == address(COUNCIL)


def test_a_proposal_is_announced_with_everything_a_reader_needs(over: Distribution, tree: StandardTree) -> None:
    over.propose(0, tree, credited=500 * TOKEN)
    assert over.events() == [
        (
            "Proposed",
            {
                "epoch": 0, "root": tree.root, "manifest": MANIFEST, "policy": POLICY, "credited": 500 * TOKEN,
                "total": 400 * TOKEN, "readyAt": over.now + WINDOW, "uri": "https://hub.example/epochs/0/",
            },
        )
    ]  # fmt: skip
    assert over.is_pending()
    assert over.sums() == (0, 0, 0), "nothing counts before it is final"


@pytest.mark.parametrize("sender", [STRANGER, GUARDIAN, COUNCIL])
def test_only_the_proposer_proposes(over: Distribution, tree: StandardTree, sender: object) -> None:
    with pytest.raises(Refused, match="NotAllowed"):
        over.propose(0, tree, sender=sender)  # type: ignore[arg-type]


def test_an_epoch_is_not_distributed_before_its_end(fresh: Distribution, tree: StandardTree) -> None:
    fresh.go_to(fresh.end(0) - 1)
    with pytest.raises(Refused, match="EpochNotOver"):
        fresh.propose(0, tree)
    fresh.wait(1)
    with pytest.raises(Refused, match="EpochNotOver"):
        fresh.propose(1, tree)
    fresh.propose(0, tree)


def test_one_wei_over_the_budget_is_refused(over: Distribution, tree: StandardTree) -> None:
    with pytest.raises(Refused, match="OverBudget"):
        over.propose(0, tree, credited=BUDGET + 1)
    over.propose(0, tree, credited=BUDGET)


def test_credit_never_falls(paid: Distribution, tree: StandardTree) -> None:
    paid.go_to(paid.end(1))
    with pytest.raises(Refused, match="OverBudget"):
        paid.propose(1, tree, credited=400 * TOKEN - 1)


def test_leaves_add_up_to_no_more_than_was_credited(over: Distribution, tree: StandardTree) -> None:
    with pytest.raises(Refused, match="WrongTotal"):
        over.propose(0, tree, credited=400 * TOKEN - 1)


def test_the_total_never_falls(paid: Distribution, tree: StandardTree) -> None:
    paid.go_to(paid.end(1))
    with pytest.raises(Refused, match="WrongTotal"):
        paid.propose(1, tree, total=400 * TOKEN - 1, credited=400 * TOKEN)


def test_a_tree_without_a_total_and_a_total_without_a_tree_are_refused(over: Distribution, tree: StandardTree) -> None:
    with pytest.raises(Refused, match="WrongTotal"):
        over.propose(0, tree, total=0, credited=TOKEN)
    with pytest.raises(Refused, match="WrongTotal"):
        over.propose(0, None, total=TOKEN)


def test_other_rules_than_the_announced_ones_are_refused(over: Distribution, tree: StandardTree) -> None:
    with pytest.raises(Refused, match="WrongPolicy"):
        over.propose(0, tree, policy=keccak(b"other rules"))


def test_a_proposal_names_its_manifest(over: Distribution, tree: StandardTree) -> None:
    with pytest.raises(Refused, match="BadArgument"):
        over.propose(0, tree, manifest=bytes(32))


def test_a_second_proposal_waits_for_the_first(proposed: Distribution, tree: StandardTree) -> None:
    with pytest.raises(Refused, match="ProposalPending"):
        proposed.propose(0, tree)


def test_an_epoch_is_distributed_once(paid: Distribution, tree: StandardTree) -> None:
    with pytest.raises(Refused, match="EpochPassed"):
        paid.propose(0, tree)


def test_anybody_finalizes_after_the_window_and_not_before(proposed: Distribution, tree: StandardTree) -> None:
    proposed.wait(WINDOW - 1)
    with pytest.raises(Refused, match="TooEarly"):
        proposed.call("finalize", PROPOSER)
    proposed.wait(1)
    proposed.call("finalize", STRANGER)
    amount = 400 * TOKEN
    assert proposed.events() == [
        (
            "Finalized",
            {
                "epoch": 0,
                "root": tree.root,
                "manifest": MANIFEST,
                "credited": amount,
                "total": amount,
                "minted": amount,
            },
        )
    ]
    assert (proposed.read("rootOf", 0), proposed.read("manifestOf", 0)) == (tree.root, MANIFEST)
    assert proposed.sums() == (amount, amount, 0)
    assert proposed.read("nextEpoch") == 1
    assert proposed.held(proposed.address) == proposed.token.read("totalSupply") == amount
    assert not proposed.is_pending()


def test_there_is_nothing_to_finalize_without_a_proposal(fresh: Distribution, paid: Distribution) -> None:
    for distribution in (fresh, paid):
        with pytest.raises(Refused, match="NoProposal"):
            distribution.call("finalize", STRANGER)


def test_skipped_epochs_mint_nothing_and_are_passed(fresh: Distribution, tree: StandardTree) -> None:
    fresh.distribute(5, tree)
    assert fresh.read("nextEpoch") == 6
    assert fresh.read("rootOf", 3) == bytes(32)
    with pytest.raises(Refused, match="EpochPassed"):
        fresh.propose(3, tree)


def test_a_skipped_epochs_budget_is_not_carried_over(fresh: Distribution, tree: StandardTree) -> None:
    fresh.go_to(fresh.end(5))
    with pytest.raises(Refused, match="OverBudget"):
        fresh.propose(5, tree, credited=BUDGET + 1)


def test_credit_without_a_wallet_waits_without_minting(fresh: Distribution) -> None:
    fresh.distribute(0, None, credited=7 * TOKEN)
    assert fresh.sums() == (7 * TOKEN, 0, 0)
    assert fresh.token.read("totalSupply") == 0
    assert fresh.read("manifestOf", 0) == MANIFEST
    with pytest.raises(Refused, match="UnknownEpoch"):
        fresh.call("claim", STRANGER, 0, ALICE, TOKEN, [])


def test_ten_epochs_of_credit_bound_at_once_do_not_block(fresh: Distribution) -> None:
    for epoch in range(10):
        fresh.distribute(epoch, None, credited=(epoch + 1) * BUDGET)
    tree = StandardTree([(ALICE, 10 * BUDGET)])
    fresh.distribute(10, tree)
    fresh.claim(10, tree, ALICE, 10 * BUDGET)
    assert fresh.held(ALICE) == 10 * BUDGET


def test_a_whole_schedule_can_be_paid(fresh: Distribution) -> None:
    """Every epoch at its full budget, over a halving: the token's own check never stands in the way."""
    short = Distribution(replace(Arguments(), halving=3 * EPOCH + EPOCH // 2))
    total = 0
    for epoch in range(12):
        total += short.token.read("budget", epoch)
        short.distribute(epoch, StandardTree([(ALICE, total)]))
    assert short.token.read("totalSupply") == total == short.token.read("emittedBefore", 12)


# --- the token -----------------------------------------------------------------------------------
def test_nobody_but_the_distributor_mints(paid: Distribution) -> None:
    for sender in (PROPOSER, GUARDIAN, COUNCIL, STRANGER):
        with pytest.raises(Refused, match="NotDistributor"):
            paid.token.call("mint", sender, 1)


def test_the_token_itself_refuses_more_than_the_schedule() -> None:
    """Deployed by a stranger, who is its distributor then: even that one cannot mint ahead."""
    token = Contract("HubToken", START, EPOCH, 104 * EPOCH, BUDGET)
    with pytest.raises(Refused, match="AboveSchedule"):
        token.call("mint", STRANGER, 1)
    token.wait(2 * EPOCH)
    token.call("mint", STRANGER, 2 * BUDGET)
    with pytest.raises(Refused, match="AboveSchedule"):
        token.call("mint", STRANGER, 1)
    token.wait(EPOCH - 1)
    with pytest.raises(Refused, match="AboveSchedule"):
        token.call("mint", STRANGER, 1)


@pytest.mark.parametrize(("epoch", "halving"), [(EPOCH, 104 * EPOCH), (300, 62_899_200), (7, 7), (10, 25), (3, 1000)])
def test_the_schedule_is_the_sum_of_its_epochs(epoch: int, halving: int) -> None:
    budget = 1000 * TOKEN + 1
    token = Contract("HubToken", START, epoch, halving, budget)
    wanted = [budget >> (number * epoch // halving) for number in range(400)]
    assert [token.read("budget", number) for number in range(400)] == wanted
    for count in (0, 1, 2, 3, 4, 5, 103, 104, 105, 208, 209, 399):
        assert token.read("emittedBefore", count) == sum(wanted[:count])
    assert token.read("emittedBefore", 1 << 40) < token.read("cap") < 1 << 112


def test_votes_count_by_seconds(paid: Distribution, tree: StandardTree) -> None:
    paid.claim(0, tree, ALICE, 300 * TOKEN)
    assert paid.token.read("CLOCK_MODE") == "mode=timestamp"
    assert paid.token.read("clock") == paid.now


def test_the_holder_moves_the_token_and_nobody_else(paid: Distribution, tree: StandardTree) -> None:
    paid.claim(0, tree, BOB, 100 * TOKEN)
    for sender in (PROPOSER, COUNCIL, GUARDIAN):
        with pytest.raises(Refused, match="ERC20InsufficientAllowance"):
            paid.token.call("transferFrom", sender, BOB, ALICE, 1)
