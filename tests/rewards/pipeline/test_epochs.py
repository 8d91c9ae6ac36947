"""From an assessment to tokens in a wallet, step by step, and nothing twice."""

from rewards.models import Allocation, Epoch, Leaf, RelayedClaim, WorkReward
from rewards.services import ask_for_relay
from tests.rewards.pipeline.conftest import Hub


def test_an_assessed_work_is_paid_to_its_authors_wallet(hub: Hub) -> None:
    work = hub.assessed_work("alice")
    hub.bind("alice")
    epoch = hub.distribute()
    assert (epoch.state, epoch.problem) == (Epoch.State.FINALIZED, "")
    assert hub.entries() == ["epoch.closed", "distribution.proposed", "distribution.finalized"]
    assert WorkReward.objects.get(work=work.key).score == 8 * 90 * 1000
    paid = int(Allocation.objects.get(pseudonym=hub.person("alice").pseudonym).wei)
    assert int(Leaf.objects.get().cumulative_wei) == paid > 0
    ask_for_relay(account=hub.person("alice"), now=hub.now)
    hub.tick(3)
    assert hub.held("alice") == paid
    assert RelayedClaim.objects.get().attempt == 1
