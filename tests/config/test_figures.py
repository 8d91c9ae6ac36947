"""What the rooms tell probes and alarms: readiness of log and chain, and figures that follow the database and the node."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from chain.models import ChainEvent
from hub.uploads.models import Blob, Upload
from ledger import storage
from ledger.models import Checkpoint, Mismatch
from rewards.models import Epoch, Obstacle, Policy
from rewards.policy import FIRST
from tests.hub.factories import make_account
from tests.ledger.conftest import Ledger, folders, ledger, node

__all__ = ["folders", "ledger", "node"]


@pytest.fixture(autouse=True)
def _nothing_shared() -> None:
    cache.clear()


def ready(client: Client) -> tuple[int, dict[str, str]]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json()["probes"]


def figures(client: Client) -> dict[str, float]:
    cache.clear()
    lines = client.get("/metrics").content.decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line.startswith("akashi_"))}


def test_a_hub_is_ready_when_its_log_and_its_chain_answer_too(client: Client, ledger: Ledger) -> None:
    ledger.grow()
    assert ready(client) == (200, dict.fromkeys(("database", "valkey", "log", "chain"), "ok"))


def test_a_hub_whose_node_is_away_is_not_ready_but_lives(client: Client, ledger: Ledger) -> None:
    assert ledger.node
    ledger.node.kill()
    status, probes = ready(client)
    assert (status, probes["chain"], probes["log"]) == (503, "failed", "ok")
    assert client.get("/healthz").status_code == 200


def test_a_hub_on_another_chain_is_not_ready(client: Client, ledger: Ledger, settings: Settings) -> None:
    settings.CHAIN_ID = 1
    assert ready(client)[1]["chain"] == "failed"


def test_a_hub_whose_log_cannot_be_read_is_not_ready(client: Client, ledger: Ledger, tmp_path: Path) -> None:
    ledger.grow()
    (storage.store().folder / "checkpoint").rename(tmp_path / "elsewhere")
    assert ready(client)[1]["log"] == "failed"


def test_a_hub_without_a_log_is_not_ready(client: Client, transactional_db: None, folders: Path) -> None:
    assert ready(client)[1]["log"] == "failed"


def test_that_a_hub_lives_is_said_without_a_question_to_the_database(client: Client, db: None) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/healthz").status_code == 200
    assert len(asked) == 0


def test_the_logs_figures_follow_the_log(client: Client, ledger: Ledger) -> None:
    ledger.grow(3)
    ledger.anchor_to_the_end()
    size = ledger.grow(2)
    ledger.record(4)
    Checkpoint.objects.filter(size=size).update(published=timezone.now() - timedelta(seconds=90))
    Mismatch.objects.create(
        subject="log", table="log", key="k", column="c", expected="1", found="2",
        first_seen=ledger.now, last_seen=ledger.now,
    )  # fmt: skip
    found = figures(client)
    assert found["akashi_log_size"] == found["akashi_checkpoint_size"] == size
    assert found["akashi_final_size"] == size - 2
    assert found["akashi_entries_pending"] == 4
    assert found["akashi_mismatches_open"] == 1
    assert 90 <= found["akashi_checkpoint_age_seconds"] < 1000
    assert 90 <= found["akashi_final_wait_seconds"] < 1000
    assert "akashi_gauge_failed" not in "".join(found)
    ledger.sequence()
    assert figures(client)["akashi_entries_pending"] == figures(client)["akashi_pending_age_seconds"] == 0


def test_nothing_waits_for_an_anchor_when_all_is_final(client: Client, ledger: Ledger) -> None:
    ledger.grow(3)
    ledger.anchor_to_the_end()
    assert figures(client)["akashi_final_wait_seconds"] == 0


def test_the_chains_figures_come_from_the_node_and_the_outbox(client: Client, ledger: Ledger) -> None:
    ledger.grow(3)
    ledger.pass_time(3600)
    ledger.anchor()
    ChainEvent.objects.create(time=ledger.now, kind="low_balance", text="{}")
    found = figures(client)
    assert found["akashi_chain_up"] == 1
    assert found["akashi_chain_block"] == int(ledger.rpc("eth_blockNumber"), 16)
    assert found["akashi_operator_balance_wei"] > 10**18
    assert 0 <= found["akashi_chain_block_age_seconds"] < 3600
    assert found['akashi_chain_transactions_open{state="mined"}'] >= 1
    assert found['akashi_chain_events_open{kind="low_balance"}'] == 1
    assert found['akashi_chain_events_open{kind="unavailable"}'] == 0


def test_a_node_that_is_away_is_a_figure_and_leaves_the_others(client: Client, ledger: Ledger) -> None:
    assert ledger.node
    ledger.node.kill()
    found = figures(client)
    assert found["akashi_chain_up"] == 0
    assert found['akashi_gauge_failed{gauge="akashi_chain_block"}'] == 1
    assert found["akashi_log_size"] == 0


def test_a_host_without_the_operators_key_still_sees_the_chain(
    client: Client, ledger: Ledger, settings: Settings, tmp_path: Path
) -> None:
    settings.OPERATOR_KEYSTORE = tmp_path / "not-here"
    found = figures(client)
    assert found["akashi_chain_up"] == 1
    assert found["akashi_operator_balance_wei"] != found["akashi_operator_balance_wei"]


def test_uploads_and_stored_bytes_are_counted(client: Client, ledger: Ledger) -> None:
    now, account = timezone.now(), make_account("alice")
    for state in ("sending", "sending", "checking", "stored"):
        Upload.objects.create(
            account=account, purpose="p", name="n", size=10, part_size=10, part_count=1, state=state,
            created=now, touched=now,
        )  # fmt: skip
    Blob.objects.create(sha256="a" * 64, size=1000, stored=now)
    Blob.objects.create(sha256="b" * 64, size=500, stored=now, damaged=now)
    Blob.objects.create(sha256="c" * 64, size=70, stored=now, taken_down=now)
    found = figures(client)
    assert found['akashi_uploads_open{state="sending"}'] == 2
    assert found['akashi_uploads_open{state="checking"}'] == 1
    assert found['akashi_uploads_open{state="failed"}'] == 0
    assert (found["akashi_stored_bytes"], found["akashi_blobs_damaged"]) == (1500, 1)


def test_what_holds_up_an_epoch_is_counted_from_its_beginning(client: Client, ledger: Ledger) -> None:
    now = timezone.now()
    assert figures(client)["akashi_epoch_stuck_seconds"] == 0
    policy_entry, entry = ledger.record(2)
    policy = Policy.objects.create(hash=FIRST.hash, body=FIRST.body, first_epoch=0, entry=policy_entry)
    Epoch.objects.create(
        number=0, cutoff=1, policy=policy, closed=now - timedelta(seconds=500), entry=entry,
        state="proposed", ready=now + timedelta(seconds=500),
    )  # fmt: skip
    assert figures(client)["akashi_epoch_stuck_seconds"] == 0
    Epoch.objects.update(ready=now - timedelta(seconds=90))
    assert 90 <= figures(client)["akashi_epoch_stuck_seconds"] < 300
    Epoch.objects.update(state="computed", ready=None)
    assert 500 <= figures(client)["akashi_epoch_stuck_seconds"] < 700
    Epoch.objects.update(state="finalized")
    assert figures(client)["akashi_epoch_stuck_seconds"] == 0
    Obstacle.objects.create(step="close", reason="It waits.", since=now - timedelta(seconds=1000))
    assert 1000 <= figures(client)["akashi_epoch_stuck_seconds"] < 1200
