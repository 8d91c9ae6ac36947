"""EpochDistributor and its token in an in-process EVM, with short calls for what the tests do most."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak

from tests.contracts.machine import DELAY, START, STRANGER, Contract, address
from tests.contracts.standard_tree import Row, StandardTree

PROPOSER = PrivateKey(keccak(b"proposer"))
GUARDIAN = PrivateKey(keccak(b"guardian"))
COUNCIL = PrivateKey(keccak(b"council"))
CHALLENGER = PrivateKey(keccak(b"challenger"))
# The accounts that tests pay.
ALICE, BOB, CAROL, DAVE = (address(PrivateKey(keccak(name))) for name in (b"alice", b"bob", b"carol", b"dave"))
TOKEN = 10**18
BUDGET = 400_000 * TOKEN
EPOCH = 7 * 24 * 3600
HALVING = 104 * EPOCH
WINDOW = 2 * 24 * 3600
BOND = TOKEN // 10
POLICY = keccak(b"the first rules")
MANIFEST = keccak(b"a manifest")
PURSE = 10**24


@dataclass(frozen=True)
class Arguments:
    """What the distributor is made with; the defaults are those of a hub."""

    genesis: int = START
    epoch: int = EPOCH
    halving: int = HALVING
    budget: int = BUDGET
    window: int = WINDOW
    delay: int = DELAY
    bond: int = BOND
    proposer: str = address(PROPOSER)
    guardian: str = address(GUARDIAN)
    council: str = address(COUNCIL)
    policy: bytes = POLICY

    def encoded(self) -> tuple[Any, ...]:
        schedule = (self.genesis, self.epoch, self.halving, self.budget)
        return (schedule, self.window, self.delay, self.bond, self.proposer, self.guardian, self.council, self.policy)


class Distribution(Contract):
    def __init__(self, arguments: Arguments | None = None) -> None:
        self.arguments = arguments or Arguments()
        super().__init__("EpochDistributor", *self.arguments.encoded())
        self.token = Contract.beside(self, "HubToken", self.read("token"))
        for account in (CHALLENGER, STRANGER):
            self.evm.set_balance(address(account), PURSE)

    # --- time ------------------------------------------------------------------------------------
    def go_to(self, moment: int) -> None:
        """Let the clock stand at a moment (Unix seconds), never back."""
        self.wait(max(moment - self.now, 0))

    def end(self, epoch: int) -> int:
        return self.arguments.genesis + (epoch + 1) * self.arguments.epoch

    # --- steps -----------------------------------------------------------------------------------
    def propose(
        self,
        epoch: int,
        tree: StandardTree | None,
        *,
        credited: int | None = None,
        total: int | None = None,
        manifest: bytes = MANIFEST,
        policy: bytes | None = None,
        sender: PrivateKey = PROPOSER,
    ) -> None:
        """Propose a tree for an epoch; what is not named is as an honest proposer would say it."""
        root = tree.root if tree else bytes(32)
        total = (tree.total if tree else 0) if total is None else total
        credited = max(total, self.read("credited")) if credited is None else credited
        rules = self.read("policyAt", epoch) if policy is None else policy
        self.call("propose", sender, epoch, root, manifest, rules, credited, total, "https://hub.example/epochs/0/")

    def distribute(self, epoch: int, tree: StandardTree | None, **how: Any) -> None:
        """Wait for the epoch's end, propose, wait for the window's end, finalize."""
        self.go_to(self.end(epoch))
        self.propose(epoch, tree, **how)
        self.wait(self.arguments.window)
        self.call("finalize", STRANGER)

    def challenge(self, *, bond: int | None = None, sender: PrivateKey = CHALLENGER) -> None:
        value = self.read("challengeBond") if bond is None else bond
        self.call("challenge", sender, "the sums are wrong", value=value)

    def claim(self, epoch: int, tree: StandardTree, account: str, amount: int) -> None:
        self.call("claim", STRANGER, epoch, account, amount, tree.proof(account, amount))

    def claim_many(self, epoch: int, tree: StandardTree, rows: Sequence[Row]) -> None:
        claims = [(account, amount, tree.proof(account, amount)) for account, amount in rows]
        self.call("claimMany", STRANGER, epoch, claims)

    # --- sums ------------------------------------------------------------------------------------
    def held(self, account: str) -> int:
        """Tokens of an account."""
        return int(self.token.read("balanceOf", account))

    def is_pending(self) -> bool:
        return int(self.read("pending")[0], 16) != 0

    def sums(self) -> tuple[int, int, int]:
        """credited, cumulative, paid."""
        return self.read("credited"), self.read("cumulative"), self.read("paid")

    def coins(self) -> int:
        """Native coin that the contract holds, in wei."""
        return int(self.evm.get_balance(self.address))
