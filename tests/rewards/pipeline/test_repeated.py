"""Every step may run twice, be cut off anywhere, and lose what it left behind."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from chain import distribution
from ledger.models import Entry
from rewards import bundles, closing, computing, epoch_bundle, following, pipeline, places, proposing, recording
from rewards.models import Allocation, DistributionLog, Epoch, Leaf, Royalty, WorkReward
from rewards.services import ask_for_relay
from tests.rewards.pipeline.conftest import WINDOW, Hub


def _counts() -> list[int]:
    return [model._base_manager.count() for model in (Epoch, WorkReward, Royalty, Allocation, Leaf, Entry)]


def test_an_epoch_with_nothing_to_pay_leaves_no_trace(hub: Hub) -> None:
    hub.work("alice")
    hub.end_epoch()
    before = _counts()
    hub.tick(3)
    assert _counts() == before
    assert hub.sent() == []


def test_every_step_may_run_twice(hub: Hub) -> None:
    hub.assessed_work("alice")
    hub.bind("alice")
    hub.end_epoch()
    assert closing.close_epoch(hub.now) is not None
    assert closing.close_epoch(hub.now) is None
    for _ in range(2):
        assert computing.compute_epoch(0, hub.now)
    once = _counts()
    for _ in range(2):
        proposing.advance(hub.now)
    assert (_counts(), len(hub.sent())) == (once, 1)
    hub.tick(6)
    hub.wait(WINDOW + 30)
    for _ in range(2):
        proposing.advance(hub.now)
    hub.tick(8)
    assert [key.split(":")[0] for key in hub.sent()] == ["propose", "finalize"]
    assert hub.entries() == ["epoch.closed", "distribution.proposed", "distribution.finalized"]


class Cut(BaseException):
    """The process ends here."""


def _cut() -> None:
    raise Cut


# Where a process may end: (the module, what it was about to call).
PLACES = [
    (closing, "record"),
    (bundles, "_recheck"),
    (bundles, "_put_in_place"),
    (computing, "_save"),
    (computing, "tell"),
    (proposing, "_send"),
    (recording, "record"),
]


@pytest.mark.parametrize(("module", "name"), PLACES, ids=[f"{m.__name__.split('.')[1]}.{n}" for m, n in PLACES])
def test_a_process_may_end_anywhere(hub: Hub, monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> None:
    hub.assessed_work("alice")
    hub.bind("alice")
    hub.end_epoch()
    with monkeypatch.context() as cut, pytest.raises(Cut):
        cut.setattr(module, name, lambda *_, **__: _cut())
        hub.tick(8)
    hub.tick(8)
    hub.wait(WINDOW + 30)
    hub.tick(8)
    assert hub.newest().state == Epoch.State.FINALIZED
    assert hub.entries() == ["epoch.closed", "distribution.proposed", "distribution.finalized"]
    assert len(hub.sent()) == 2
    assert Allocation.objects.filter(pseudonym=hub.person("alice").pseudonym).count() == 1


def test_a_lost_bundle_is_made_again_byte_for_byte(hub: Hub) -> None:
    hub.assessed_work("alice")
    epoch = hub.distribute()
    before = {path.name: path.read_bytes() for path in places.bundle(epoch.number).iterdir()}
    shutil.rmtree(places.bundle(epoch.number))
    hub.tick()
    assert {path.name: path.read_bytes() for path in places.bundle(epoch.number).iterdir()} == before


def test_a_bundle_with_a_changed_manifest_is_put_right(hub: Hub) -> None:
    hub.assessed_work("alice")
    epoch = hub.distribute()
    (places.bundle(epoch.number) / "manifest.json").write_bytes(b"{}")
    hub.tick()
    assert epoch_bundle.manifest_hash(places.bundle(epoch.number)) == epoch.manifest


def test_another_data_directory_comes_to_the_same_manifests(hub: Hub, settings: Settings, tmp_path: Path) -> None:
    hub.assessed_work("alice")
    first = hub.distribute()
    hub.bind("alice")
    hub.assessed_work("alice", "a,b\n1,2\n")
    second = hub.distribute()
    settings.EPOCH_DIR = tmp_path / "elsewhere"
    again = bundles.make(second.number, second.cutoff, hub.ledger_root(second.cutoff))[1]
    assert again == second.manifest
    assert epoch_bundle.manifest_hash(places.bundle(first.number)) == first.manifest


def test_a_chain_that_lost_everything_gets_its_distributions_and_claims_again(hub: Hub) -> None:
    hub.assessed_work("alice")
    hub.bind("alice")
    first = hub.distribute()
    hub.assessed_work("alice", "a,b\n1,2\n")
    second = hub.distribute()
    ask_for_relay(account=hub.person("alice"), now=hub.now)
    hub.tick(4)
    paid, entries = hub.held("alice"), hub.entries()
    hub.wipe()
    for _ in range(6):
        hub.tick(6)
        hub.wait(WINDOW + 60)
    hub.tick(6)
    assert distribution.manifest_of(first.number) == bytes.fromhex(first.manifest)
    assert distribution.manifest_of(second.number) == bytes.fromhex(second.manifest)
    assert hub.held("alice") == paid > 0
    assert hub.entries() == entries
    assert hub.newest().state == Epoch.State.FINALIZED
    assert DistributionLog.objects.filter(kind="finalized").count() == 2


def test_events_of_blocks_that_are_gone_are_forgotten(hub: Hub) -> None:
    hub.assessed_work("alice")
    hub.bind("alice")
    hub.end_epoch()
    hub.tick(3)
    assert DistributionLog.objects.filter(kind="proposed").exists()
    before = hub.ledger.rpc("evm_snapshot")
    hub.act(hub.council, "cancel", "not like this")
    hub.tick()
    assert DistributionLog.objects.filter(kind="cancelled").exists()
    hub.ledger.rpc("evm_revert", before)
    hub.act(hub.council, "challenge", "look again", value=distribution.read_distribution().bond)
    hub.tick()
    kinds = set(DistributionLog.objects.filter(epoch=0).values_list("kind", flat=True))
    assert kinds >= {"proposed", "challenged"}
    assert "cancelled" not in kinds


def test_an_event_that_a_reorganisation_dropped_is_not_logged_however_high_the_chain_grew(
    hub: Hub, settings: Settings
) -> None:
    hub.assessed_work("alice")
    hub.bind("alice")
    hub.end_epoch()
    before = hub.ledger.rpc("evm_snapshot")
    hub.tick(2)
    assert DistributionLog.objects.filter(kind="proposed").exists()
    assert hub.entries("distribution") == []
    hub.ledger.rpc("evm_revert", before)
    for _ in range(12):
        hub.ledger.rpc("evm_mine")
    # A public chain is looked at now and then: the copy still holds the event.
    settings.CHAIN_EMBEDDED = False
    following.forget_pause()
    assert following._is_due(hub.deployment)
    pipeline.advance(hub.now)
    assert DistributionLog.objects.filter(kind="proposed").exists()
    assert hub.entries("distribution") == []
    following.forget_pause()
    pipeline.advance(hub.now)
    assert not DistributionLog.objects.filter(kind="proposed").exists()
    assert hub.entries("distribution") == []


def test_a_reorganisation_in_the_middle_of_reading_leaves_no_event_behind(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.assessed_work("alice")
    hub.bind("alice")
    hub.end_epoch()
    before = hub.ledger.rpc("evm_snapshot")
    hub.tick(2)
    assert DistributionLog.objects.filter(kind="proposed").exists()
    find = following._position

    def found_and_gone(*arguments: Any) -> Any:
        at = find(*arguments)
        hub.ledger.rpc("evm_revert", before)
        for _ in range(12):
            hub.ledger.rpc("evm_mine")
        return at

    hub.ledger.rpc("evm_mine")
    with monkeypatch.context() as moment:
        moment.setattr(following, "_position", found_and_gone)
        assert following.follow(hub.now) is None
    assert following.follow(hub.now) is not None
    assert not DistributionLog.objects.filter(kind="proposed").exists()
