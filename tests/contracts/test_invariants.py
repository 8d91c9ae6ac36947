"""Whatever happens in whatever order: the sums of EpochDistributor hold, and every credit can be paid in the end."""

from dataclasses import replace

import hypothesis.strategies as st
from eth_utils.crypto import keccak
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.contracts.distribution import (
    ALICE,
    BOB,
    CAROL,
    CHALLENGER,
    COUNCIL,
    DAVE,
    GUARDIAN,
    Arguments,
    Distribution,
)
from tests.contracts.machine import STRANGER, Refused, address
from tests.contracts.standard_tree import Row, StandardTree

ACCOUNTS = (ALICE, BOB, CAROL, DAVE)
EPOCH, WINDOW, BUDGET = 1000, 300, 1_000_003
ARGUMENTS = replace(Arguments(), epoch=EPOCH, window=WINDOW, halving=4500, budget=BUDGET, delay=3600)


class Sums(RuleBasedStateMachine):
    """`earned` is what each account earned in final epochs; `bound` says who has a wallet and so a leaf."""

    @initialize()
    def deploy(self) -> None:
        self.chain = Distribution(ARGUMENTS)
        self.earned = dict.fromkeys(ACCOUNTS, 0)
        self.bound: set[str] = set()
        self.trees: dict[int, StandardTree] = {}
        self.waiting: tuple[int, StandardTree | None, dict[str, int]] | None = None
        self.taken = dict.fromkeys(ACCOUNTS, 0)

    # --- steps -----------------------------------------------------------------------------------
    @rule(seconds=st.integers(min_value=1, max_value=3 * EPOCH))
    def time_passes(self, seconds: int) -> None:
        self.chain.wait(seconds)

    @rule(account=st.sampled_from(ACCOUNTS))
    def somebody_binds_a_wallet(self, account: str) -> None:
        self.bound.add(account)

    @precondition(lambda self: self.waiting is None)
    @rule(
        shares=st.lists(st.integers(min_value=0, max_value=100), min_size=4, max_size=4),
        skipped=st.integers(min_value=0, max_value=2),
        full=st.booleans(),
    )
    def an_honest_distribution_is_proposed(self, shares: list[int], skipped: int, full: bool) -> None:
        epoch = self.chain.read("nextEpoch") + skipped
        budget = self.chain.token.read("budget", epoch)
        whole = max(sum(shares), 1 if full else 400)
        earned = {account: self.earned[account] + budget * share // whole for account, share in self.by_account(shares)}
        tree, credited = self.tree_of(earned), sum(earned.values())
        if self.chain.now < self.chain.end(epoch):
            self.refused("EpochNotOver", lambda: self.chain.propose(epoch, tree, credited=credited))
            self.chain.go_to(self.chain.end(epoch))
        self.chain.propose(epoch, tree, credited=credited, manifest=keccak(repr((epoch, self.chain.now)).encode()))
        self.waiting = (epoch, tree, earned)

    @precondition(lambda self: self.waiting is None)
    @rule(extra=st.integers(min_value=1, max_value=10**9))
    def a_greedy_distribution_is_refused(self, extra: int) -> None:
        epoch = self.chain.read("nextEpoch")
        self.chain.go_to(self.chain.end(epoch))
        credited = self.chain.read("credited") + self.chain.token.read("budget", epoch) + extra
        greedy = StandardTree([(ALICE, credited)])
        self.refused("OverBudget", lambda: self.chain.propose(epoch, greedy))

    @precondition(lambda self: self.waiting is not None)
    @rule(challenged=st.booleans(), ending=st.sampled_from(["finalize", "finalize", "cancel", "expire", "dismiss"]))
    def the_proposal_ends(self, challenged: bool, ending: str) -> None:
        if self.chain.now < self.chain.read("pending")[2] and (challenged or ending in {"expire", "dismiss"}):
            self.chain.challenge()
            self.refused("AlreadyChallenged", lambda: self.chain.call("finalize", STRANGER))
            if ending == "expire":
                self.chain.wait(7 * WINDOW)
                self.chain.call("expire", STRANGER)
                self.waiting = None
                return
            if ending != "cancel":
                self.chain.call("dismiss", COUNCIL)
        if ending == "cancel":
            self.chain.call("cancel", GUARDIAN, "")
            self.waiting = None
            return
        self.finalize()

    @precondition(lambda self: self.trees)
    @rule(data=st.data())
    def somebody_claims(self, data: st.DataObject) -> None:
        epoch = data.draw(st.sampled_from(sorted(self.trees)))
        tree = self.trees[epoch]
        account, amount = data.draw(st.sampled_from(tree.rows))
        before = self.taken[account]
        if amount <= before:
            self.refused("NothingToClaim", lambda: self.chain.claim(epoch, tree, account, amount))
        else:
            self.chain.claim(epoch, tree, account, amount)
            self.taken[account] = amount
        self.refused("BadProof", lambda: self.claim_more(epoch, tree, (account, amount)))

    @precondition(lambda self: self.trees)
    @rule()
    def everybody_claims_from_the_newest(self) -> None:
        epoch = max(self.trees)
        tree = self.trees[epoch]
        self.chain.claim_many(epoch, tree, tree.rows)
        self.taken.update(dict(tree.rows))

    # --- what always holds -----------------------------------------------------------------------
    @invariant()
    def minted_is_within_the_schedule(self) -> None:
        ended = self.chain.token.read("epochsEnded")
        assert self.chain.token.read("totalSupply") <= self.chain.token.read("emittedBefore", ended)

    @invariant()
    def each_sum_is_within_the_next(self) -> None:
        credited, cumulative, paid = self.chain.sums()
        assert paid <= cumulative <= credited == sum(self.earned.values())
        assert cumulative == self.chain.token.read("totalSupply")
        assert paid == sum(self.taken.values())
        assert self.chain.held(self.chain.address) == cumulative - paid

    @invariant()
    def everybody_has_what_was_taken(self) -> None:
        """`claimed` never falls: `taken` only grows, and they are equal."""
        found = self.chain.read("claimedBy", list(ACCOUNTS))
        assert dict(zip(ACCOUNTS, found, strict=True)) == self.taken
        assert {account: self.chain.held(account) for account in ACCOUNTS} == self.taken

    @invariant()
    def the_coins_cover_the_bonds(self) -> None:
        challenger = int(self.chain.read("pending")[7], 16)
        bond = self.chain.read("challengeBond") if challenger else 0
        assert self.chain.coins() >= self.chain.read("refundOf", address(CHALLENGER)) + bond

    def teardown(self) -> None:
        """Nothing blocks: whatever was earned by then can be bound, distributed and paid to the last unit."""
        if not hasattr(self, "chain"):
            return
        if self.waiting is not None:
            self.finalize()
        self.bound = set(ACCOUNTS)
        epoch, tree = self.chain.read("nextEpoch"), self.tree_of(self.earned)
        self.chain.distribute(epoch, tree)
        if tree is not None:
            self.chain.claim_many(epoch, tree, tree.rows)
        assert {account: self.chain.held(account) for account in ACCOUNTS} == self.earned

    # --- helpers ---------------------------------------------------------------------------------
    @staticmethod
    def by_account(shares: list[int]) -> list[tuple[str, int]]:
        return list(zip(ACCOUNTS, shares, strict=True))

    def tree_of(self, earned: dict[str, int]) -> StandardTree | None:
        rows = [(account, amount) for account, amount in earned.items() if amount and account in self.bound]
        return StandardTree(rows) if rows else None

    def finalize(self) -> None:
        assert self.waiting is not None
        epoch, tree, earned = self.waiting
        self.chain.go_to(self.chain.read("pending")[2])
        self.chain.call("finalize", STRANGER)
        self.waiting, self.earned = None, earned
        if tree is not None:
            self.trees[epoch] = tree

    def claim_more(self, epoch: int, tree: StandardTree, row: Row) -> None:
        account, amount = row
        self.chain.call(
            "claim", STRANGER, epoch, account, self.taken[account] + amount + 1, tree.proof(account, amount)
        )

    @staticmethod
    def refused(name: str, act: object) -> None:
        try:
            act()  # type: ignore[operator]
        except Refused as refusal:
            assert str(refusal) == name
        else:
            raise AssertionError(f"it was not refused with {name}")


Sums.TestCase.settings = settings(
    max_examples=100, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestSums = Sums.TestCase
