"""The distributor comes to the chain once, and what the chain room sends, reads and tells of it is what the contract does."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from eth_account import Account
from eth_utils.address import to_checksum_address
from pytest_django import Settings

from chain import deployment, distribution, distributor, selectors, services
from chain.artifacts import artifact
from chain.client import ChainClient
from chain.deployment import DistributionDeployment
from chain.distribution import Claim
from chain.errors import BadKey, ChainError, ForeignCode, NotDeployed
from chain.models import ChainTransaction
from tests.chain.conftest import ORIGIN, Hub
from tests.contracts.standard_tree import StandardTree

POLICY, MANIFEST = b"\x01" * 32, b"\x02" * 32
EPOCH, WINDOW = 100, 20
ALICE, BOB, CAROL = ("0x" + name * 20 for name in ("a1", "b2", "c3"))
URI = "http://testserver/epochs/0/manifest.json"
TREE = StandardTree([(ALICE, 300), (BOB, 100)])
State = ChainTransaction.State


class Epochs:
    """A hub with a distributor whose epochs and windows pass when the test says so."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.made = services.deploy_distribution(first_policy=POLICY, now=hub.now)
        self.sent = 0

    def pass_time(self, seconds: int) -> None:
        self.hub.rpc("evm_increaseTime", seconds)
        self.hub.rpc("evm_mine")

    def send(self, data: bytes, gas_limit: int) -> ChainTransaction:
        """The row of a transaction to the distributor, mined or failed."""
        self.sent += 1
        key = f"distribution:{self.sent}"
        to = self.made.distributor_address
        services.enqueue(key=key, to=to, data=data, gas_limit=gas_limit, now=self.hub.now)
        self.hub.advance()
        return self.hub.row(key)

    def propose(self, tree: StandardTree = TREE, epoch: int = 0) -> ChainTransaction:
        credited = max(500, tree.total)
        data = distribution.propose_calldata(epoch, tree.root, MANIFEST, POLICY, credited, tree.total, URI)
        return self.send(data, distribution.propose_gas_limit(URI))

    def finalize(self) -> ChainTransaction:
        return self.send(distribution.finalize_calldata(), distribution.FINALIZE_GAS)

    def distribute(self) -> None:
        self.pass_time(EPOCH)
        self.propose()
        self.pass_time(WINDOW)
        assert self.finalize().state == State.MINED

    def act(
        self,
        sender: str,
        name: str,
        *arguments: Any,
        value: int = 0,
        to: str = "",
        contract: str = distributor.CONTRACT,
    ) -> None:
        """A call of the distributor, or of another contract, by any account, which the node impersonates."""
        self.hub.rpc("anvil_impersonateAccount", sender)
        self.hub.rpc("anvil_setBalance", sender, hex(10**20))
        data = "0x" + artifact(contract).abi.encode_call(name, *arguments).hex()
        request = {"from": sender, "to": to or self.made.distributor_address, "data": data, "value": hex(value)}
        self.hub.rpc("eth_sendTransaction", request)
        self.hub.rpc("evm_mine")


@pytest.fixture
def epochs(hub: Hub, settings: Settings) -> Epochs:
    """Epoch 0 begins with the node's clock."""
    settings.EPOCH_SECONDS, settings.WINDOW_SECONDS = EPOCH, WINDOW
    hub.now = datetime.now(UTC)
    hub.deploy()
    return Epochs(hub)


# --- deployment ----------------------------------------------------------------------------------
def test_distributor_and_token_are_deployed_once(epochs: Epochs) -> None:
    hub, made = epochs.hub, epochs.made
    assert services.deploy_distribution(first_policy=POLICY, now=hub.now + timedelta(days=1)) == made
    assert selectors.deployment().distribution == made
    assert ChainTransaction.objects.filter(key__startswith="deploy:EpochDistributor").count() == 1
    assert made.first_policy == "0x" + POLICY.hex()
    assert (made.genesis, made.epoch_seconds, made.window_seconds) == (int(hub.now.timestamp()), EPOCH, WINDOW)
    assert distribution.policy_at(0) == POLICY


def test_before_its_deployment_there_is_no_distributor(deployed: Hub) -> None:
    assert selectors.deployment().distribution is None
    with pytest.raises(NotDeployed, match="distributor"):
        distribution.read_distribution()


def test_without_the_anchor_there_is_no_distributor(hub: Hub) -> None:
    with pytest.raises(NotDeployed):
        services.deploy_distribution(first_policy=POLICY, now=hub.now)


def test_a_plan_that_was_written_down_stays(deployed: Hub) -> None:
    """A crash after the plan: the next start deploys what was planned, whatever its own clock and settings say."""
    planned = distributor.plan(POLICY, deployed.now)
    made = services.deploy_distribution(first_policy=b"\x09" * 32, now=deployed.now + timedelta(days=3))
    assert (made.genesis, made.first_policy) == (planned.genesis, planned.first_policy)


def test_a_crash_before_the_deployment_was_written_down_does_not_deploy_a_second_one(
    epochs: Epochs, settings: Settings
) -> None:
    content = json.loads(settings.DEPLOYMENT_FILE.read_text())
    content["distribution"] = None
    settings.DEPLOYMENT_FILE.write_text(json.dumps(content))
    assert services.deploy_distribution(first_policy=POLICY, now=epochs.hub.now) == epochs.made


def test_a_chain_that_lost_everything_gets_the_same_contracts_at_the_same_addresses(epochs: Epochs) -> None:
    node = epochs.hub.node
    node.kill()
    for snapshot in node.folder.glob("state-*.json"):
        snapshot.unlink()
    node.start()
    epochs.hub.deploy()
    again = services.deploy_distribution(first_policy=POLICY, now=epochs.hub.now)
    assert (again.distributor_address, again.token_address) == (
        epochs.made.distributor_address,
        epochs.made.token_address,
    )
    assert distribution.read_distribution().next_epoch == 0


def test_foreign_code_at_either_address_is_refused(epochs: Epochs) -> None:
    for address in (epochs.made.token_address, epochs.made.distributor_address):
        epochs.hub.rpc("anvil_setCode", address, "0x600160005260206000f3")
        with pytest.raises(ForeignCode, match="stands foreign code"):
            services.deploy_distribution(first_policy=POLICY, now=epochs.hub.now)


def test_our_distributor_made_otherwise_is_refused(epochs: Epochs) -> None:
    deployment.change(lambda here: replace(here, distribution=replace(epochs.made, bond=1)))
    with pytest.raises(ForeignCode, match="another firstBond"):
        services.deploy_distribution(first_policy=POLICY, now=epochs.hub.now)


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("WINDOW_SECONDS", 31 * 24 * 3600, "WINDOW_SECONDS"), ("HALVING_SECONDS", 1, "HALVING_SECONDS"),
        ("FIRST_BUDGET", 10**12, "FIRST_BUDGET"), ("CHALLENGE_BOND", 1 << 80, "CHALLENGE_BOND"),
        ("GUARDIAN_ADDRESS", "operator", "must not be the operator"), ("COUNCIL_ADDRESS", "0x12", "is not an address"),
    ],
)  # fmt: skip
def test_settings_that_the_contract_would_refuse_are_named_before_they_are_written_down(
    deployed: Hub, settings: Settings, setting: str, value: int | str, words: str
) -> None:
    setattr(settings, setting, selectors.operator_address() if value == "operator" else value)
    with pytest.raises(ChainError, match=words):
        services.deploy_distribution(first_policy=POLICY, now=deployed.now)
    assert selectors.deployment().distribution_plan is None


def test_a_public_chain_needs_to_know_who_holds_the_powers(deployed: Hub, settings: Settings) -> None:
    settings.CHAIN_EMBEDDED = False
    with pytest.raises(BadKey, match="GUARDIAN_ADDRESS"):
        services.deploy_distribution(first_policy=POLICY, now=deployed.now)


def test_powers_are_read_from_the_contract(epochs: Epochs) -> None:
    here = selectors.deployment()
    found = distribution.powers()
    assert (found.proposer, found.guardian, found.council) == (here.deployer, here.rotation_key, here.rotation_key)
    assert (found.next_proposer, found.next_guardian, found.role_delay) == (None, None, here.delay)
    epochs.act(here.rotation_key, "announceRole", 0, BOB)
    announced = distribution.powers().next_proposer
    assert announced is not None
    assert announced.next == to_checksum_address(BOB)


# --- an epoch ------------------------------------------------------------------------------------
def test_the_state_tells_of_the_proposal_and_then_of_the_distribution(epochs: Epochs) -> None:
    before = distribution.read_distribution()
    assert (before.next_epoch, before.credited, before.cumulative, before.paid, before.pending) == (0, 0, 0, 0, None)
    assert before.bond == epochs.made.bond
    epochs.pass_time(EPOCH)
    assert epochs.propose().state == State.MINED
    state = distribution.read_distribution()
    pending = state.pending
    assert pending is not None
    assert (pending.epoch, pending.root, pending.manifest, pending.policy) == (0, TREE.root, MANIFEST, POLICY)
    assert (pending.credited, pending.total, pending.challenger, pending.challenge_expires) == (500, 400, None, None)
    assert pending.proposer == selectors.operator_address()
    assert pending.ready_at == int(state.time.timestamp()) + WINDOW
    assert (distribution.root_of(0), distribution.manifest_of(0)) == (None, None)
    epochs.pass_time(WINDOW)
    epochs.finalize()
    after = distribution.read_distribution()
    assert (after.next_epoch, after.credited, after.cumulative, after.paid, after.pending) == (1, 500, 400, 0, None)
    assert (distribution.root_of(0), distribution.manifest_of(0)) == (TREE.root, MANIFEST)
    assert distribution.token_supply() == 400


def test_the_node_is_asked_for_the_time_of_the_next_block_not_of_the_last(epochs: Epochs) -> None:
    """Blocks of the embedded chain are made on demand: what is due now is not due at the newest block's time."""
    epochs.hub.rpc("evm_increaseTime", EPOCH)
    assert epochs.propose().state == State.MINED


def test_a_refusal_is_told_by_its_name_without_a_transaction(epochs: Epochs) -> None:
    row = epochs.propose()
    assert (row.state, row.error, row.nonce) == (State.FAILED, "would revert: EpochNotOver", None)
    epochs.pass_time(EPOCH)
    epochs.propose()
    assert epochs.finalize().error == "would revert: TooEarly"


def test_claims_pay_and_are_counted(epochs: Epochs) -> None:
    epochs.distribute()
    one = epochs.send(
        distribution.claim_calldata(0, ALICE, 300, TREE.proof(ALICE, 300)), distribution.claim_gas_limit(1)
    )
    assert one.state == State.MINED
    assert (distribution.claimed(ALICE), distribution.token_balance(ALICE)) == (300, 300)
    both = [Claim(account, amount, TREE.proof(account, amount)) for account, amount in TREE.rows]
    many = epochs.send(distribution.claim_many_calldata(0, both), distribution.claim_many_gas_limit(both))
    assert many.state == State.MINED
    assert distribution.claimed_many([ALICE, BOB, CAROL]) == {ALICE: 300, BOB: 100, CAROL: 0}
    assert distribution.read_distribution().paid == 400
    assert distribution.claimed_many([]) == {}


def test_gas_limits_leave_room_for_deep_trees(epochs: Epochs) -> None:
    wide = StandardTree([(f"0x{number:040x}", number) for number in range(1, 1025)])
    epochs.pass_time(EPOCH)
    data = distribution.propose_calldata(0, wide.root, MANIFEST, POLICY, wide.total, wide.total, URI * 20)
    assert epochs.send(data, distribution.propose_gas_limit(URI * 20)).state == State.MINED
    epochs.pass_time(WINDOW)
    assert epochs.finalize().state == State.MINED
    claims = [Claim(account, amount, wide.proof(account, amount)) for account, amount in wide.rows[:100]]
    row = epochs.send(distribution.claim_many_calldata(0, claims), distribution.claim_many_gas_limit(claims))
    assert row.state == State.MINED


def test_gas_limits_hold_for_wallets_that_delegated_their_votes(epochs: Epochs) -> None:
    wide = StandardTree([(f"0x{number:040x}", number) for number in range(1, 65)])
    for account, _ in wide.rows[:52]:
        epochs.act(account, "delegate", account, to=epochs.made.token_address, contract=distributor.TOKEN)
    epochs.pass_time(EPOCH)
    epochs.propose(wide)
    epochs.pass_time(WINDOW)
    assert epochs.finalize().state == State.MINED
    account, amount = wide.rows[0]
    path = wide.proof(account, amount)
    one = epochs.send(distribution.claim_calldata(0, account, amount, path), distribution.claim_gas_limit(len(path)))
    assert one.state == State.MINED
    claims = [Claim(account, amount, wide.proof(account, amount)) for account, amount in wide.rows[1:51]]
    row = epochs.send(distribution.claim_many_calldata(0, claims), distribution.claim_many_gas_limit(claims))
    assert row.state == State.MINED
    assert distribution.claimed(wide.rows[50][0]) == wide.rows[50][1]


def test_the_budget_is_the_tokens_own(epochs: Epochs) -> None:
    made = epochs.made
    halvings = made.halving_seconds // made.epoch_seconds
    for epoch in (0, 1, halvings - 1, halvings, 3 * halvings, 10**6, 10**9):
        assert distribution.budget(epoch) == distribution._read_token("budget", epoch)[0]


# --- events --------------------------------------------------------------------------------------
def test_events_tell_an_epoch_in_order(epochs: Epochs) -> None:
    made, council = epochs.made, selectors.deployment().rotation_key
    epochs.pass_time(EPOCH)
    epochs.propose()
    epochs.act(BOB, "challenge", "wrong sums", value=made.bond)
    challenged = distribution.read_distribution().pending
    assert challenged is not None
    assert challenged.challenger == to_checksum_address(BOB)
    assert challenged.challenge_expires is not None
    epochs.act(council, "dismiss")
    epochs.act(council, "cancel", "another reason")
    epochs.propose()
    epochs.pass_time(WINDOW)
    epochs.finalize()
    epochs.send(distribution.claim_calldata(0, ALICE, 300, TREE.proof(ALICE, 300)), distribution.claim_gas_limit(1))
    found = distribution.distribution_events(made.block)
    assert [event.kind for event in found] == [
        "role_changed", "role_changed", "policy_scheduled", "proposed", "challenged", "dismissed", "cancelled",
        "proposed", "finalized", "claimed",
    ]  # fmt: skip
    assert [event.values["role"] for event in found[:2]] == ["proposer", "guardian"]
    assert found[3].values["uri"] == URI
    assert (found[4].values["challenger"], found[4].values["reason"]) == (to_checksum_address(BOB), "wrong sums")
    assert (found[6].values["cause"], found[6].values["reason"]) == ("guardian", "another reason")
    assert {event.epoch for event in found[3:]} == {0}
    claim = found[-1]
    assert (claim.values["account"], claim.values["amount"]) == (to_checksum_address(ALICE), 300)
    block = ChainClient.from_settings().block(claim.block_number)
    assert block is not None
    assert (claim.block_hash, claim.transaction, int(claim.time.timestamp())) == (
        block.hash, block.transactions[0], block.time,
    )  # fmt: skip
    assert distribution.distribution_events(claim.block_number, claim.block_number) == [claim]


def test_an_undecided_challenge_is_ended_by_anybody(epochs: Epochs) -> None:
    epochs.pass_time(EPOCH)
    epochs.propose()
    epochs.act(BOB, "challenge", "", value=epochs.made.bond)
    epochs.pass_time(7 * WINDOW)
    assert epochs.send(distribution.expire_calldata(), distribution.EXPIRE_GAS).state == State.MINED
    assert distribution.distribution_events(0)[-1].values["cause"] == "expired"
    assert distribution.read_distribution().pending is None


# --- a wallet of one's own -----------------------------------------------------------------------
@pytest.fixture
def wallet() -> Iterator[Any]:
    cache.clear()
    yield Account.create()


def ask(method: str, *params: Any) -> Any:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
    answer = json.loads(Client().post("/rpc", body, content_type="application/json").content)
    return answer["result"]


def test_a_wallet_without_coin_is_given_gas_and_claims_through_the_site(epochs: Epochs, wallet: Any) -> None:
    tree = StandardTree([(wallet.address.lower(), 7), (BOB, 9)])
    epochs.pass_time(EPOCH)
    epochs.propose(tree)
    epochs.pass_time(WINDOW)
    epochs.finalize()
    assert services.give_gas(wallet.address)
    assert not services.give_gas(wallet.address)
    data = distribution.claim_calldata(0, wallet.address, 7, tree.proof(wallet.address.lower(), 7))
    request = {"from": wallet.address, "to": epochs.made.distributor_address, "data": "0x" + data.hex()}
    assert ask("eth_call", request, "latest") == "0x"
    fields = {
        "type": 2,
        "chainId": int(ask("eth_chainId"), 16),
        "nonce": int(ask("eth_getTransactionCount", wallet.address, "pending"), 16),
        "to": epochs.made.distributor_address,
        "value": 0,
        "data": data,
        "gas": int(ask("eth_estimateGas", request), 16),
        "maxFeePerGas": 2 * int(ask("eth_gasPrice"), 16),
        "maxPriorityFeePerGas": int(ask("eth_maxPriorityFeePerGas"), 16),
    }
    assert ask("eth_feeHistory", "0x4", "latest", [50])["baseFeePerGas"]
    raw = bytes(Account.sign_transaction(fields, wallet.key).raw_transaction)
    sent = ask("eth_sendRawTransaction", "0x" + raw.hex())
    assert ask("eth_getTransactionReceipt", sent)["status"] == "0x1"
    assert distribution.token_balance(wallet.address) == 7


def test_what_a_wallet_was_given_survives_a_crash(epochs: Epochs, wallet: Any) -> None:
    services.give_gas(wallet.address)
    epochs.hub.node.kill()
    epochs.hub.node.start()
    assert ChainClient.from_settings().balance(wallet.address) > 0


def test_nobody_is_given_coin_on_a_public_chain(epochs: Epochs, wallet: Any, settings: Settings) -> None:
    settings.CHAIN_EMBEDDED = False
    assert not services.give_gas(wallet.address)
    assert ChainClient.from_settings().balance(wallet.address) == 0


def test_the_deployment_file_survives_a_round_trip(epochs: Epochs, settings: Settings) -> None:
    found = deployment.current()
    assert isinstance(found.distribution, DistributionDeployment)
    assert found.origin == ORIGIN
    assert deployment.change(lambda here: here) == found
