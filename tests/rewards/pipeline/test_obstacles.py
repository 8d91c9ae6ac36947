"""What stops a step is said in public and keeps none of the others from being tried."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from rewards import obstacles, places, recording
from rewards.models import Epoch, Obstacle
from rewards.policy import FIRST, as_object, parse
from tests.rewards.pipeline.conftest import EPOCH, WINDOW, Hub

State = Epoch.State


def _reasons() -> dict[str, str]:
    return dict(Obstacle.objects.values_list("step", "reason"))


def _overview(client: Client) -> str:
    Obstacle.objects.update(since=timezone.now() - obstacles.PATIENCE - timedelta(seconds=1))
    return client.get("/rewards?lang=en").content.decode()


# --- what nobody foresaw -------------------------------------------------------------------------
def test_a_bundle_that_cannot_be_written_is_told_on_the_epoch_and_made_when_it_can(hub: Hub, tmp_path: Path) -> None:
    hub.assessed_work("alice")
    hub.bind("alice")
    hub.end_epoch()
    (tmp_path / "epochs").write_text("no folder")
    hub.tick(2)
    epoch = hub.newest()
    assert epoch.state == State.CLOSED
    assert "Something unexpected happened" in epoch.problem
    assert str(tmp_path) not in epoch.problem
    (tmp_path / "epochs").unlink()
    hub.tick(3)
    assert (hub.newest().state, hub.newest().problem) == (State.PROPOSED, "")


def test_a_step_that_breaks_leaves_the_others_and_is_made_good(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret of the program")

    hub.assessed_work("alice")
    hub.bind("alice")
    hub.end_epoch()
    with monkeypatch.context() as defect:
        defect.setattr(recording, "record", broken)
        hub.tick(6)
        hub.wait(WINDOW + 30)
        hub.tick(4)
        hub.wait(40)
        hub.tick()
        assert len(hub.sent("finalize")) == 1
        assert hub.entries("distribution") == []
        assert _reasons().keys() == {"follow"}
        assert "RuntimeError" in _reasons()["follow"] and "RuntimeError" in hub.newest().problem
        assert "secret" not in _reasons()["follow"] + hub.newest().problem
        assert "a secret of the program" in caplog.text
    hub.tick(2)
    assert (hub.newest().state, hub.newest().problem, _reasons()) == (State.FINALIZED, "", {})
    assert hub.entries("distribution") == ["distribution.proposed", "distribution.finalized"]


# --- before an epoch is closed -------------------------------------------------------------------
def test_that_the_chain_names_other_rules_is_said_before_the_epoch_has_a_page(hub: Hub, client: Client) -> None:
    hub.act(hub.council, "schedulePolicy", bytes.fromhex(parse({**as_object(FIRST), "min_reviews": 3}).hash), 1)
    hub.end_epoch()
    hub.assessed_work("alice")
    hub.end_epoch()
    hub.tick(3)
    assert hub.entries() == []
    assert "The chain names other rules for epoch 1" in _reasons()["close"]
    assert "The chain names other rules for epoch 1" in _overview(client)


def test_an_entry_that_gets_no_place_is_said_to_hold_up_the_epoch(hub: Hub, client: Client) -> None:
    hub.assessed_work("alice")
    hub.wait(EPOCH)
    hub.tick(2)
    since = Obstacle.objects.get(step="close").since
    assert "before the end of epoch 0 is under a final anchor" in _reasons()["close"]
    hub.wait(EPOCH)
    hub.tick()
    assert "before the end of epoch 1 is under a final anchor" in _reasons()["close"]
    assert Obstacle.objects.get(step="close").since == since
    assert "is under a final anchor yet" in _overview(client)
    hub.anchor()
    hub.tick(3)
    assert (hub.newest().state, _reasons()) == (State.PROPOSED, {})
    assert "is under a final anchor yet" not in _overview(client)


def test_a_bundle_before_that_is_damaged_is_made_again_and_holds_up_nothing(hub: Hub) -> None:
    hub.assessed_work("alice")
    hub.bind("alice")
    first = hub.distribute()
    leaves = places.bundle(first.number) / "leaves.ndjson"
    before = leaves.read_bytes()
    leaves.write_bytes(b"{}\n")
    hub.assessed_work("alice", "a,b\n1,2\n")
    hub.end_epoch()
    hub.tick(3)
    assert (hub.newest().number > first.number, _reasons()) == (True, {})
    assert leaves.read_bytes() == before
