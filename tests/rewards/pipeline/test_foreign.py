"""What somebody who holds the proposer's key may bring onto the chain: the hub says so, and neither helps nor believes it."""

import pytest
from django.test import Client

from chain import distribution
from ledger import selectors as log
from rewards import closing, computing, places
from rewards.akashi_recompute import Report, http_rpc, recompute
from rewards.models import Epoch
from tests.rewards.pipeline.conftest import WINDOW, Hub, wallet_of


def _computed(hub: Hub) -> Epoch:
    """An epoch with a wallet's leaf and credit that waits, computed and not yet proposed."""
    hub.assessed_work("alice")
    hub.bind("alice")
    hub.end_epoch()
    closing.close_epoch(hub.now)
    assert computing.compute_epoch(0, hub.now)
    return hub.newest()


def _recompute(hub: Hub, number: int) -> Report:
    assert hub.ledger.node is not None
    return recompute(places.bundle(number), rpc=http_rpc(hub.ledger.node.url), distributor=hub.distributor)


def _refusal(hub: Hub) -> str:
    report = _recompute(hub, 0)
    assert report.verdict == "refused", report.checks
    return report.checks[-1].text


def _other_amounts(epoch: Epoch, name: str) -> tuple[int, int]:
    credited, total, budget = int(epoch.credited_wei), int(epoch.total_wei), distribution.budget(0)
    assert 0 < total < credited < budget
    return {
        "credited too high": (budget, total),
        "credited too low": (total, total),
        "total too high": (credited, credited),
        "total too low": (credited, total - 1),
        "the whole budget": (budget, budget),
    }[name]


AMOUNTS = ("credited too high", "credited too low", "total too high", "total too low", "the whole budget")


@pytest.mark.parametrize("name", AMOUNTS)
def test_the_right_root_with_other_amounts_is_a_strangers(hub: Hub, client: Client, name: str) -> None:
    epoch = _computed(hub)
    credited, total = _other_amounts(epoch, name)
    named = (bytes.fromhex(epoch.root), bytes.fromhex(epoch.manifest), bytes.fromhex(epoch.policy.hash))
    hub.act(distribution.powers().proposer, "propose", 0, *named, credited, total, "")
    hub.wait(40)
    hub.tick(4)
    assert "names other sums" in hub.newest().problem
    assert "names other sums" in client.get("/rewards/epochs/0").content.decode()
    assert "other sums" in _refusal(hub)
    hub.wait(WINDOW + 30)
    hub.tick(3)
    assert (hub.sent(), hub.entries("distribution"), hub.newest().state) == ([], [], Epoch.State.COMPUTED)
    hub.act(wallet_of("mallory"), "finalize")
    hub.wait(40)
    hub.tick(3)
    assert "The chain went past this epoch" in hub.newest().problem
    assert "The chain went past this epoch" in client.get("/rewards/epochs/0").content.decode()
    assert (hub.sent(), hub.entries("distribution"), hub.newest().state) == ([], [], Epoch.State.COMPUTED)
    assert "other sums" in _refusal(hub)


def test_the_hubs_own_distribution_is_found_on_the_chain_while_it_waits_and_ever_after(hub: Hub) -> None:
    _computed(hub)
    hub.tick(5)
    assert _recompute(hub, 0).verdict == "recomputed"
    hub.wait(WINDOW + 30)
    hub.tick(6)
    assert _recompute(hub, 0).verdict == "recomputed"
    [entry] = log.entries_about("epoch:0", types=["distribution.proposed"]).items
    assert (entry.data["credited"], entry.data["total"]) == (
        str(hub.newest().credited_wei),
        str(hub.newest().total_wei),
    )
    hub.anchor()
    hub.assessed_work("alice", "a,b\n1,2\n")
    later = hub.distribute()
    assert later.number > 0
    for number in (0, later.number):
        assert _recompute(hub, number).verdict == "recomputed", _recompute(hub, number).checks
