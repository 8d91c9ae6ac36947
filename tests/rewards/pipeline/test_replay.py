"""Everything that was ever sent, asked of the chain anew: nothing differs by itself, and whatever is changed is named."""

import io
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from chain import selectors as chain
from chain.figures import lasting_events
from chain.models import ChainTransaction
from ledger.models import Anchor, Checkpoint
from rewards.models import DistributionLog
from rewards.replaying import replay_chain
from tests.rewards.pipeline.conftest import Hub


@pytest.fixture
def paid(hub: Hub) -> Hub:
    """A hub that has anchored and paid an epoch."""
    hub.assessed_work("alice")
    hub.bind("alice")
    hub.distribute()
    return hub


def run() -> str:
    out = io.StringIO()
    call_command("replay_chain", stdout=out)
    return out.getvalue()


def refused() -> str:
    out = io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("replay_chain", stdout=out)
    assert caught.value.returncode == 1
    return out.getvalue() + str(caught.value)


def _other_gas() -> None:
    ChainTransaction.objects.filter(key__startswith="anchor:").update(gas_used=1)


def _other_block() -> None:
    ChainTransaction.objects.filter(key__startswith="deploy:").update(block_number=77)


def _failed() -> None:
    ChainTransaction.objects.filter(key__startswith="anchor:").update(state="failed")


def _not_failed() -> None:
    ChainTransaction.objects.filter(key__startswith="anchor:").update(block_number=None, block_hash="", mined_hash="")


def _other_root() -> None:
    Checkpoint.objects.filter(size=Anchor.objects.order_by("-checkpoint_id")[0].checkpoint_id).update(root=bytes(32))


def _other_anchor() -> None:
    Anchor.objects.update(block_number=1)


def _forgotten_event() -> None:
    DistributionLog.objects.filter(kind="finalized").delete()


def _other_event() -> None:
    DistributionLog.objects.filter(kind="finalized").update(values={})


def _invented_event() -> None:
    DistributionLog.objects.filter(kind="finalized").update(block_number=3)


CHANGES = {
    _other_gas: "gas",
    _other_block: "77 recorded",
    _failed: "outcome",
    _not_failed: "hash",
    _other_root: "recorded with 0000",
    _other_anchor: "none on the chain",
    _forgotten_event: "was not recorded",
    _other_event: "recorded otherwise",
    _invented_event: "recorded and not on the chain",
}


def test_every_change_is_named_and_nothing_else(paid: Hub, client: Client) -> None:
    from django.db import transaction

    def check(change: Callable[[], None], words: str) -> None:
        with transaction.atomic():
            change()
            assert any(words in each for each in replay_chain(paid.now).differences), change.__name__
            transaction.set_rollback(True)

    assert "Everything is as recorded" in run()
    for change, words in CHANGES.items():
        check(change, words)
    assert "Everything is as recorded" in run()


def test_the_result_stands_on_the_status_page(paid: Hub, client: Client) -> None:
    assert chain.last_replay() is None
    assert "Last replay" not in client.get("/status").content.decode()
    run()
    assert "differences: 0" in client.get("/status").content.decode()
    assert lasting_events()["replayed"] == 0
    _other_gas()
    assert "differences" in refused()
    found = chain.last_replay()
    assert found is not None
    assert found.ended is None
    assert lasting_events()["replayed"] == 1
    assert all(event.kind != "replayed" for event in chain.recent_events())


def test_a_silent_chain_leaves_the_last_result(paid: Hub) -> None:
    run()
    before = chain.last_replay()
    assert paid.ledger.node is not None
    paid.ledger.node.kill()
    assert "Nothing was compared" in refused()
    assert chain.last_replay() == before
