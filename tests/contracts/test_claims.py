"""Who gets what, how often, and whoever calls. Rules and roles change in public, for the future."""

import pytest
from eth_utils.crypto import keccak

from tests.contracts.distribution import (
    ALICE,
    BOB,
    CAROL,
    COUNCIL,
    EPOCH,
    GUARDIAN,
    POLICY,
    PROPOSER,
    TOKEN,
    Arguments,
    Distribution,
)
from tests.contracts.machine import DELAY, START, STRANGER, Refused, address
from tests.contracts.standard_tree import StandardTree

NEXT = keccak(b"the next rules")


def test_a_stranger_claims_and_the_account_is_paid(paid: Distribution, tree: StandardTree) -> None:
    paid.claim(0, tree, ALICE, 300 * TOKEN)
    assert paid.events() == [
        ("Claimed", {"account": ALICE, "epoch": 0, "amount": 300 * TOKEN, "cumulative": 300 * TOKEN})
    ]
    assert paid.held(ALICE) == 300 * TOKEN
    assert paid.held(address(STRANGER)) == 0
    assert paid.sums()[2] == paid.read("claimed", ALICE) == 300 * TOKEN


def test_nothing_is_paid_twice(paid: Distribution, tree: StandardTree) -> None:
    paid.claim(0, tree, ALICE, 300 * TOKEN)
    with pytest.raises(Refused, match="NothingToClaim"):
        paid.claim(0, tree, ALICE, 300 * TOKEN)


def test_another_amount_another_account_and_another_path_are_refused(paid: Distribution, tree: StandardTree) -> None:
    path = tree.proof(ALICE, 300 * TOKEN)
    for account, amount, proof in [
        (ALICE, 300 * TOKEN + 1, path), (ALICE, 300 * TOKEN - 1, path), (BOB, 300 * TOKEN, path),
        (ALICE, 300 * TOKEN, []), (ALICE, 300 * TOKEN, [*path, bytes(32)]),
        (ALICE, 300 * TOKEN, [keccak(path[0])]),
    ]:  # fmt: skip
        with pytest.raises(Refused, match="BadProof"):
            paid.call("claim", STRANGER, 0, account, amount, proof)


def test_an_epoch_without_a_final_distribution_pays_nothing(proposed: Distribution, tree: StandardTree) -> None:
    for epoch in (0, 1):
        with pytest.raises(Refused, match="UnknownEpoch"):
            proposed.claim(epoch, tree, ALICE, 300 * TOKEN)


@pytest.fixture
def newer(paid: Distribution) -> StandardTree:
    """Epoch 1 is final too: Alice and Carol got more."""
    newer = StandardTree([(ALICE, 350 * TOKEN), (BOB, 100 * TOKEN), (CAROL, 5 * TOKEN)])
    paid.distribute(1, newer)
    return newer


def test_an_older_root_and_then_the_newer_one_add_up_exactly(
    paid: Distribution, tree: StandardTree, newer: StandardTree
) -> None:
    paid.claim(0, tree, ALICE, 300 * TOKEN)
    paid.claim(1, newer, ALICE, 350 * TOKEN)
    assert paid.held(ALICE) == 350 * TOKEN


def test_an_older_root_pays_nothing_after_the_newer_one(
    paid: Distribution, tree: StandardTree, newer: StandardTree
) -> None:
    paid.claim(1, newer, ALICE, 350 * TOKEN)
    with pytest.raises(Refused, match="NothingToClaim"):
        paid.claim(0, tree, ALICE, 300 * TOKEN)


def test_a_claim_may_wait_for_years(paid: Distribution, newer: StandardTree) -> None:
    paid.wait(20 * 365 * 24 * 3600)
    paid.claim(1, newer, CAROL, 5 * TOKEN)
    assert paid.held(CAROL) == 5 * TOKEN


def test_a_batch_pays_all_and_passes_over_who_was_paid(paid: Distribution, newer: StandardTree) -> None:
    paid.claim(1, newer, BOB, 100 * TOKEN)
    paid.claim_many(1, newer, newer.rows)
    assert [values["account"] for _, values in paid.events()] == [ALICE, CAROL]
    assert [paid.held(account) for account in (ALICE, BOB, CAROL)] == [350 * TOKEN, 100 * TOKEN, 5 * TOKEN]
    paid.claim_many(1, newer, newer.rows)
    assert paid.events() == []
    assert paid.read("claimedBy", [CAROL, BOB, COUNCIL.public_key.to_address()]) == (5 * TOKEN, 100 * TOKEN, 0)


def test_one_bad_proof_stops_a_batch(paid: Distribution, newer: StandardTree) -> None:
    claims = [(account, amount, newer.proof(account, amount)) for account, amount in newer.rows]
    with pytest.raises(Refused, match="BadProof"):
        paid.call("claimMany", STRANGER, 1, [*claims[:2], (CAROL, 6 * TOKEN, claims[2][2])])
    assert paid.sums()[2] == 0


def test_leaves_that_add_up_to_more_than_their_total_take_nothing_beyond_it(fresh: Distribution) -> None:
    tree = StandardTree([(ALICE, 10 * TOKEN), (BOB, 10 * TOKEN), (CAROL, (1 << 256) - 1)])
    fresh.distribute(0, tree, total=15 * TOKEN)
    fresh.claim(0, tree, ALICE, 10 * TOKEN)
    for account, amount in ((BOB, 10 * TOKEN), (CAROL, (1 << 256) - 1)):
        with pytest.raises(Refused, match="AboveTotal"):
            fresh.claim(0, tree, account, amount)
    assert fresh.held(fresh.address) == 5 * TOKEN


# --- rules ---------------------------------------------------------------------------------------
def test_rules_change_for_epochs_that_have_not_begun(fresh: Distribution, tree: StandardTree) -> None:
    fresh.call("schedulePolicy", COUNCIL, NEXT, 2)
    assert fresh.events() == [("PolicyScheduled", {"policy": NEXT, "firstEpoch": 2})]
    assert [fresh.read("policyAt", epoch) for epoch in range(4)] == [POLICY, POLICY, NEXT, NEXT]
    fresh.distribute(1, tree, policy=POLICY)
    fresh.go_to(fresh.end(2))
    with pytest.raises(Refused, match="WrongPolicy"):
        fresh.propose(2, tree, policy=POLICY)
    fresh.propose(2, tree, policy=NEXT)


def test_rules_of_an_epoch_that_has_begun_stay(fresh: Distribution) -> None:
    fresh.go_to(START + 3 * EPOCH)
    for epoch in range(4):
        with pytest.raises(Refused, match="EpochBegun"):
            fresh.call("schedulePolicy", COUNCIL, NEXT, epoch)
    fresh.call("schedulePolicy", COUNCIL, NEXT, 4)


def test_an_announcement_drops_those_for_later_epochs(fresh: Distribution) -> None:
    others = [keccak(bytes([number])) for number in range(8)]
    for number, rules in enumerate(others):
        fresh.call("schedulePolicy", COUNCIL, rules, 3 * number + 1)
    assert [fresh.read("policyAt", epoch) for epoch in (0, 1, 3, 4, 21, 22, 10**9)] == [
        POLICY, others[0], others[0], others[1], others[6], others[7], others[7],
    ]  # fmt: skip
    fresh.call("schedulePolicy", COUNCIL, NEXT, 5)
    assert [fresh.read("policyAt", epoch) for epoch in (4, 5, 7, 22)] == [others[1], NEXT, NEXT, NEXT]


@pytest.mark.parametrize("sender", [STRANGER, PROPOSER, GUARDIAN])
def test_only_the_council_announces_rules_and_roles(fresh: Distribution, sender: object) -> None:
    for name, arguments in [
        ("schedulePolicy", (NEXT, 9)), ("announceRole", (0, address(STRANGER))), ("withdrawRole", (0,)),
    ]:  # fmt: skip
        with pytest.raises(Refused, match="NotAllowed"):
            fresh.call(name, sender, *arguments)  # type: ignore[arg-type]


def test_rules_have_a_hash(fresh: Distribution) -> None:
    with pytest.raises(Refused, match="BadArgument"):
        fresh.call("schedulePolicy", COUNCIL, bytes(32), 9)


def test_before_the_first_epoch_its_rules_may_be_replaced() -> None:
    early = Distribution(Arguments(genesis=START + 100))
    early.call("schedulePolicy", COUNCIL, NEXT, 0)
    assert early.read("policyAt", 0) == NEXT


# --- roles ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(("role", "name"), [(0, "proposer"), (1, "guardian")])
def test_a_role_changes_after_a_public_delay(fresh: Distribution, role: int, name: str) -> None:
    before = fresh.read(name)
    fresh.call("announceRole", COUNCIL, role, address(STRANGER))
    values = {"role": role, "next": address(STRANGER), "readyAt": START + DELAY}
    assert fresh.events() == [("RoleAnnounced", values)]
    fresh.wait(DELAY - 1)
    with pytest.raises(Refused, match="TooEarly"):
        fresh.call("applyRole", STRANGER, role)
    assert fresh.read(name) == before
    fresh.wait(1)
    fresh.call("applyRole", STRANGER, role)
    assert fresh.events() == [("RoleChanged", {"role": role, "previous": before, "next": address(STRANGER)})]
    assert fresh.read(name) == address(STRANGER)
    with pytest.raises(Refused, match="NothingAnnounced"):
        fresh.call("applyRole", STRANGER, role)


def test_announcing_again_begins_the_delay_anew(fresh: Distribution) -> None:
    fresh.call("announceRole", COUNCIL, 0, address(STRANGER))
    fresh.wait(DELAY - 1)
    fresh.call("announceRole", COUNCIL, 0, ALICE)
    fresh.wait(1)
    with pytest.raises(Refused, match="TooEarly"):
        fresh.call("applyRole", STRANGER, 0)


def test_an_announcement_can_be_withdrawn(fresh: Distribution) -> None:
    with pytest.raises(Refused, match="NothingAnnounced"):
        fresh.call("withdrawRole", COUNCIL, 0)
    fresh.call("announceRole", COUNCIL, 0, ALICE)
    fresh.call("withdrawRole", COUNCIL, 0)
    fresh.wait(DELAY)
    with pytest.raises(Refused, match="NothingAnnounced"):
        fresh.call("applyRole", COUNCIL, 0)


@pytest.mark.parametrize(
    ("role", "next_"),
    [
        (0, "0x" + "00" * 20),
        (1, "0x" + "00" * 20),
        (0, address(GUARDIAN)),
        (0, address(COUNCIL)),
        (1, address(PROPOSER)),
    ],
)
def test_the_hot_key_holds_no_other_role(fresh: Distribution, role: int, next_: str) -> None:
    with pytest.raises(Refused, match="BadArgument"):
        fresh.call("announceRole", COUNCIL, role, next_)


def test_two_announcements_do_not_give_both_roles_to_one(fresh: Distribution) -> None:
    for role in (0, 1):
        fresh.call("announceRole", COUNCIL, role, ALICE)
    fresh.wait(DELAY)
    fresh.call("applyRole", STRANGER, 0)
    with pytest.raises(Refused, match="BadArgument"):
        fresh.call("applyRole", STRANGER, 1)
