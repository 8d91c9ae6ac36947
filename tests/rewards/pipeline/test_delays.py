"""What cancels a proposal only delays it; what shows it to be wrong ends it, and a later epoch takes its works."""

from decimal import Decimal

import pytest
from django.test import Client
from django.utils import translation

from chain import distribution
from ledger import auditing, describing
from ledger import selectors as log
from ledger.models import Mismatch
from rewards import closing, evidence, places, tree, trees
from rewards.akashi_recompute import recompute
from rewards.errors import EpochWaits
from rewards.models import Allocation, Epoch, Leaf
from tests.rewards.pipeline.conftest import WINDOW, Hub, wallet_of

State = Epoch.State


def _proposed(hub: Hub) -> Epoch:
    hub.assessed_work("alice")
    hub.bind("alice")
    hub.end_epoch()
    hub.tick(5)
    return hub.newest()


def _amounts(hub: Hub, name: str) -> dict[int, Decimal]:
    rows = Allocation.objects.filter(pseudonym=hub.person(name).pseudonym)
    return dict(rows.values_list("epoch", "wei"))


def _page(client: Client) -> str:
    return client.get("/rewards/epochs/0?lang=en").content.decode()


# --- delays --------------------------------------------------------------------------------------
def test_what_the_guardian_cancels_is_proposed_again_and_paid_unchanged(hub: Hub, client: Client) -> None:
    epoch = _proposed(hub)
    owed = _amounts(hub, "alice")
    hub.act(hub.council, "cancel", "let us look")
    hub.wait(40)
    hub.tick(2)
    assert hub.entries() == ["epoch.closed", "distribution.proposed", "distribution.cancelled"]
    [entry] = log.entries_about("epoch:0", types=["distribution.cancelled"]).items
    assert (entry.data["cause"], entry.details["reason"]["reason"]) == ("guardian", "let us look")
    assert "The guardian cancelled its proposal." in _page(client)
    hub.tick(3)
    assert hub.newest().state == State.PROPOSED
    assert "The guardian cancelled its proposal." in _page(client)
    hub.wait(WINDOW + 40)
    hub.tick(6)
    assert (hub.newest().state, hub.newest().problem) == (State.FINALIZED, "")
    assert hub.entries("distribution") == [
        "distribution.proposed",
        "distribution.cancelled",
        "distribution.proposed",
        "distribution.finalized",
    ]
    assert (_amounts(hub, "alice"), hub.newest().manifest) == (owed, epoch.manifest)
    assert int(Leaf.objects.get(wallet=wallet_of("alice")).cumulative_wei) == owed[0]
    assert "The guardian cancelled its proposal." not in _page(client)
    assert distribution.manifest_of(0) == bytes.fromhex(epoch.manifest)


def test_no_epoch_is_closed_until_the_cancelled_one_is_decided(hub: Hub) -> None:
    """What waits keeps its amounts, also where much new work comes meanwhile."""
    _proposed(hub)
    hub.act(hub.council, "cancel", "")
    hub.wait(40)
    hub.tick(2)
    assert hub.entries("distribution.cancelled") != []
    hub.assessed_work("bob", "a,b\n1,2\n", name="stars")
    hub.end_epoch()
    assert (closing.close_epoch(hub.now), Epoch.objects.count()) == (None, 1)
    hub.tick(6)
    assert hub.newest().state == State.FINALIZED
    # The log that is under an anchor says "cancelled" still: nothing may follow from that.
    anchor = log.last_anchor(final=True)
    assert anchor is not None
    assert evidence.read(anchor.size).record.decided == {0: False}
    with pytest.raises(EpochWaits):
        closing.close_epoch(hub.now)
    assert Epoch.objects.count() == 1
    hub.anchor()
    hub.tick(6)
    second = hub.newest()
    assert second.number > 0
    assert list(_amounts(hub, "alice")) == [0]
    assert list(_amounts(hub, "bob")) == [second.number]
    report = recompute(places.bundle(second.number), previous=places.bundle(0))
    assert report.verdict == "recomputed", report.checks


def test_a_challenge_that_nobody_decides_delays_the_epoch_each_time(hub: Hub, client: Client) -> None:
    _proposed(hub)
    for turn in (1, 2):
        hub.act(hub.council, "challenge", "", value=distribution.read_distribution().bond)
        hub.wait(7 * WINDOW + 40)
        hub.tick(3)
        hub.wait(40)
        hub.tick(4)
        assert (len(hub.sent("expire")), len(hub.sent("propose"))) == (turn, turn + 1)
        assert hub.newest().state == State.PROPOSED
        assert "Nobody decided a challenge in time" in _page(client)
    hub.wait(WINDOW + 40)
    hub.tick(5)
    assert hub.newest().state == State.FINALIZED
    assert hub.entries("distribution.cancelled") == ["distribution.cancelled"] * 2


def test_the_log_and_the_tables_agree_at_every_step_of_a_delay(hub: Hub) -> None:
    def mismatches() -> list[tuple[str, str]]:
        hub.anchor()
        auditing.audit_full(hub.now)
        return list(Mismatch.objects.filter(resolved=None).values_list("table", "column"))

    _proposed(hub)
    hub.act(hub.council, "cancel", "")
    hub.wait(40)
    hub.tick(2)
    assert mismatches() == []
    hub.tick(3)
    assert (hub.newest().state, mismatches()) == (State.PROPOSED, [])
    hub.wait(WINDOW + 40)
    hub.tick(6)
    assert (hub.newest().state, mismatches()) == (State.FINALIZED, [])


def test_a_chain_that_lost_everything_gets_a_delayed_distribution_again(hub: Hub) -> None:
    epoch = _proposed(hub)
    hub.act(hub.council, "cancel", "")
    hub.wait(40)
    hub.tick(5)
    hub.wait(WINDOW + 40)
    hub.tick(6)
    entries = hub.entries()
    assert entries[-1] == "distribution.finalized"
    hub.wipe()
    for _ in range(4):
        hub.tick(6)
        hub.wait(WINDOW + 60)
    hub.tick(6)
    assert distribution.manifest_of(0) == bytes.fromhex(epoch.manifest)
    assert (hub.entries(), hub.newest().state) == (entries, State.FINALIZED)


def test_a_cancellation_reads_as_what_it_is(hub: Hub) -> None:
    _proposed(hub)
    hub.act(hub.council, "cancel", "")
    hub.wait(40)
    hub.tick(2)
    [entry] = log.entries_about("epoch:0", types=["distribution.cancelled"]).items
    with translation.override("en"):
        [said] = describing.describe([entry], None)
    assert said.text == "The guardian cancelled the distribution of epoch 0; it is proposed again, unchanged."


# --- a fault -------------------------------------------------------------------------------------
def _shown_to_be_wrong(hub: Hub) -> Epoch:
    """The hub's epoch 1 holds less for Alice than epoch 0, which a thief brought through and the hub knows nothing of."""
    hub.wait(1000)
    policy, much = distribution.policy_at(0), 800 * 10**18
    proposer = distribution.powers().proposer
    lone = tree.build([(wallet_of("alice"), much)])
    hub.act(proposer, "propose", 0, tree.root(lone), b"\x02" * 32, policy, much, much, "")
    hub.wait(WINDOW + 10)
    hub.act(proposer, "finalize")
    hub.assessed_work("alice")
    hub.bind("alice")
    hub.bind("dora")
    hub.end_epoch()
    hub.tick(5)
    epoch = hub.newest()
    assert (epoch.state, epoch.problem) == (State.PROPOSED, "")
    less = int(Leaf.objects.get(epoch=epoch, wallet=wallet_of("alice")).cumulative_wei)
    path = trees.proof(epoch, wallet_of("alice"), less)
    assert path is not None
    hub.act(wallet_of("carol"), "proveDecrease", 0, wallet_of("alice"), (much, []), (less, path))
    hub.wait(40)
    hub.tick(3)
    return hub.newest()


def _propose_as_the_hub_did(hub: Hub, epoch: Epoch) -> None:
    named = (bytes.fromhex(epoch.root), bytes.fromhex(epoch.manifest), bytes.fromhex(epoch.policy.hash))
    sums = (int(epoch.credited_wei), int(epoch.total_wei))
    hub.act(distribution.powers().proposer, "propose", epoch.number, *named, *sums, "")


def test_a_distribution_that_was_shown_to_be_wrong_is_dead_and_a_later_epoch_takes_its_works(hub: Hub) -> None:
    first = _shown_to_be_wrong(hub)
    assert (first.state, hub.entries("distribution.cancelled")) == (State.CANCELLED, ["distribution.cancelled"])
    hub.tick(6)
    assert len(hub.sent("propose")) == 1
    hub.end_epoch()
    hub.tick(6)
    second = hub.newest()
    assert second.number > first.number
    amounts = _amounts(hub, "alice")
    assert amounts[second.number] == amounts[first.number] > 0


def test_what_was_cancelled_is_logged_as_final_when_the_chain_makes_it_final_after_all(hub: Hub) -> None:
    first = _shown_to_be_wrong(hub)
    _propose_as_the_hub_did(hub, first)
    hub.wait(WINDOW + 10)
    hub.act(wallet_of("carol"), "finalize")
    hub.wait(40)
    hub.tick(3)
    assert hub.newest().state == State.FINALIZED
    assert hub.entries("distribution") == [
        "distribution.proposed",
        "distribution.cancelled",
        "distribution.proposed",
        "distribution.finalized",
    ]
