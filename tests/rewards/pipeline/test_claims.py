"""Claims by relay, the API, and the files of a bundle."""

import json
from datetime import timedelta
from hashlib import sha256

import pytest
from django.test import Client

from chain import distribution
from chain.models import ChainTransaction
from hub.errors import Conflict
from rewards import claims, following, places, proofs
from rewards.models import DistributionLog, RelayedClaim
from rewards.services import ask_for_relay
from rewards.tree import leads_to, leaf_hash
from tests.expectations import without_words
from tests.rewards.pipeline.conftest import Hub, wallet_of

PEOPLE = ("alice", "bob", "carol")


@pytest.fixture
def paid(hub: Hub) -> Hub:
    """A final epoch that credits three people with wallets, and the reviewer without one."""
    for name in PEOPLE:
        hub.assessed_work(name, f"{name}\n", name=f"cells-{name}")
        hub.bind(name)
    hub.distribute()
    return hub


def test_claims_that_wait_together_are_sent_in_one_transaction(paid: Hub) -> None:
    for name in PEOPLE:
        ask_for_relay(account=paid.person(name), now=paid.now)
    paid.tick(4)
    assert len(paid.sent("claims")) == 1
    assert all(paid.held(name) > 0 for name in PEOPLE)
    assert not claims.waiting(paid.now).exists()


def test_a_claim_is_asked_for_once_and_refused_when_nothing_is_left(paid: Hub) -> None:
    alice = paid.person("alice")
    ask_for_relay(account=alice, now=paid.now)
    with pytest.raises(Conflict, match="on its way"):
        ask_for_relay(account=alice, now=paid.now)
    paid.tick(4)
    with pytest.raises(Conflict, match="nothing to claim"):
        ask_for_relay(account=alice, now=paid.now)
    with pytest.raises(Conflict, match="nothing to claim"):
        ask_for_relay(account=paid.person("dora"), now=paid.now)
    assert RelayedClaim.objects.count() == 1


def test_a_claim_that_failed_is_sent_again_alone(paid: Hub) -> None:
    for name in PEOPLE:
        ask_for_relay(account=paid.person(name), now=paid.now)
    claims.send_claims(paid.now)
    ChainTransaction.objects.filter(key__startswith="claims").update(gas_limit=40_000)
    paid.tick(3)
    assert all(paid.held(name) == 0 for name in PEOPLE)
    paid.wait(60)
    paid.tick(4)
    assert len(paid.sent("claims")) == 4
    assert all(paid.held(name) > 0 for name in PEOPLE)


def test_somebody_who_claimed_alone_is_paid_once(paid: Hub) -> None:
    found = proofs.newest_claim(wallet_of("alice"))
    assert found is not None
    ask_for_relay(account=paid.person("alice"), now=paid.now)
    _claim_by_hand(paid, found)
    paid.tick(3)
    assert paid.sent("claims") == []
    assert paid.held("alice") == found.cumulative_wei
    assert DistributionLog.objects.filter(kind="claimed").count() == 1


def _claim_by_hand(hub: Hub, found: proofs.Claim | None) -> None:
    assert found is not None
    hub.act(hub.council, "claim", found.epoch, found.wallet, found.cumulative_wei, found.siblings)


def test_a_claim_from_an_older_tree_with_an_equal_leaf_ends_the_relay(paid: Hub) -> None:
    first = paid.newest().number
    paid.assessed_work("bob", "a,b\n1,2\n", name="cells-bob")
    second = paid.distribute().number
    ask_for_relay(account=paid.person("alice"), now=paid.now)
    ask_for_relay(account=paid.person("bob"), now=paid.now)
    assert second > first
    for name in ("alice", "bob"):
        _claim_by_hand(paid, proofs.claim(first, wallet_of(name)))
    following.forget_pause()
    following.follow(paid.now)
    # Bob's leaf grew, so what he took with the older proof is not all that he asked for.
    assert [row.wallet for row in claims.waiting(paid.now)] == [wallet_of("bob")]
    paid.tick(4)
    assert not claims.waiting(paid.now).exists()


def test_a_claim_that_was_given_up_may_be_asked_for_again(paid: Hub) -> None:
    alice, asked = paid.person("alice"), paid.now
    ask_for_relay(account=alice, now=asked)
    assert claims.on_its_way(wallet_of("alice"), asked + claims.PATIENCE - timedelta(seconds=1)) is not None
    assert claims.on_its_way(wallet_of("alice"), asked + claims.PATIENCE) is None
    ask_for_relay(account=alice, now=asked + claims.PATIENCE)
    assert claims.on_its_way(wallet_of("alice"), asked + claims.PATIENCE) is not None
    assert RelayedClaim.objects.count() == 1


def test_the_proof_of_a_wallet_leads_to_the_root_on_the_chain(paid: Hub, client: Client) -> None:
    said = client.get(f"/api/v1/claims/{wallet_of('bob')}").json()
    path = [bytes.fromhex(each[2:]) for each in said["proof"]]
    root = leads_to(leaf_hash(said["wallet"], int(said["cumulative_wei"])), path)
    assert root == distribution.root_of(said["epoch"])
    assert said["claimable_wei"] == said["cumulative_wei"]
    assert client.get("/api/v1/claims/0x12").status_code == 404
    assert client.get(f"/api/v1/claims/{wallet_of('nobody')}").status_code == 404


def test_epochs_and_rewards_are_in_the_api(paid: Hub, client: Client) -> None:
    [listed] = client.get("/api/v1/epochs").json()["results"]
    assert listed == client.get("/api/v1/epochs/latest").json() == client.get("/api/v1/epochs/0").json()
    assert (listed["state"], listed["manifest"]) == ("finalized", paid.newest().manifest)
    credited = client.get("/api/v1/epochs/0/allocations").json()["results"]
    assert sum(int(row["wei"]) for row in credited) == int(listed["allocated_wei"])
    work = paid.newest().works.filter(kind="data").first()
    assert work is not None
    [got] = client.get(f"/api/v1/works/{work.work}/rewards").json()["rewards"]
    assert (got["kept_wei"], got["score"]) == (str(int(work.kept_wei)), work.score)
    assert client.get("/api/v1/epochs/7").status_code == 404


def test_the_files_of_a_bundle_are_served_for_good_and_by_range(paid: Hub, client: Client) -> None:
    manifest = client.get("/epochs/0/manifest.json")
    body = b"".join(manifest.streaming_content)  # type: ignore[attr-defined]
    assert sha256(body).hexdigest() == paid.newest().manifest
    assert "immutable" in manifest["Cache-Control"]
    for name, listed in json.loads(body)["files"].items():
        whole = b"".join(client.get(f"/epochs/0/{name}").streaming_content)  # type: ignore[attr-defined]
        assert sha256(whole).hexdigest() == listed["sha256"].removeprefix("0x")
    part = client.get("/epochs/0/entries.ndjson", headers={"Range": "bytes=0-8"})
    assert (part.status_code, part["Access-Control-Allow-Origin"]) == (206, "*")
    part.close()
    for name in ("nothing.json", "..%2fkeys"):
        assert client.get(f"/epochs/0/{name}").status_code == 404


def test_a_bundle_that_was_changed_on_the_disk_is_not_served(paid: Hub, client: Client) -> None:
    (places.bundle(0) / "manifest.json").write_bytes(b"{}")
    assert client.get("/epochs/0/leaves.ndjson").status_code == 404


def test_every_column_that_entries_determine_has_words(paid: Hub) -> None:
    assert without_words({"accounts", "repositories", "reviews", "rewards"}) == set()
