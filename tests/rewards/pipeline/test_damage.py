"""Files of published bundles and trees that were damaged on the disk: found, not shown, and made again byte for byte."""

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from rewards import bundles, places, proofs, upkeep
from rewards.models import Epoch, Leaf
from rewards.services import ask_for_relay
from rewards.tasks import check_bundles
from tests.rewards.pipeline.conftest import Hub, wallet_of

DATA = ("leaves.ndjson", "entries.ndjson")
Damage = Callable[[Path], None]


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-2])


def _rot(path: Path) -> None:
    """One bit changes, and neither size nor time tells of it."""
    before, body = path.stat(), bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    with path.open("r+b") as file:
        file.write(body)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _bytes(epoch: int) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in places.bundle(epoch).iterdir()}


@pytest.fixture
def paid(hub: Hub) -> Hub:
    """A final epoch that credits Alice and Bob."""
    for name in ("alice", "bob"):
        hub.assessed_work(name, f"{name}\n", name=f"cells-{name}")
        hub.bind(name)
    hub.distribute()
    return hub


def _damage_all(epoch: int, damage: Damage) -> dict[str, bytes]:
    """The bundle as it was before."""
    before = _bytes(epoch)
    for name in DATA:
        damage(places.bundle(epoch) / name)
    return before


# --- bundles -------------------------------------------------------------------------------------
def test_the_newest_bundle_is_put_right_by_the_pipeline(paid: Hub) -> None:
    newest = paid.newest().number
    for damage in (_cut, Path.unlink):
        before = _damage_all(newest, damage)
        (places.bundle(newest) / "more.ndjson").write_text("{}\n")
        paid.tick()
        assert _bytes(newest) == before


@pytest.mark.parametrize(
    ("name", "damage"), [("leaves.ndjson", _cut), ("leaves.ndjson", _rot), ("entries.ndjson", _rot)]
)
def test_a_damaged_bundle_does_not_stop_the_next_epoch(paid: Hub, name: str, damage: Damage) -> None:
    first = paid.newest()
    before = _bytes(first.number)
    damage(places.bundle(first.number) / name)
    paid.assessed_work("bob", "a,b\n3,4\n", name="cells-bob")
    after = paid.distribute()
    assert (after.number > first.number, after.state, after.problem) == (True, Epoch.State.FINALIZED, "")
    assert _bytes(first.number) == before


def test_every_bundle_is_looked_at_and_put_right(paid: Hub) -> None:
    first = paid.newest().number
    paid.assessed_work("bob", "a,b\n3,4\n", name="cells-bob")
    paid.distribute()
    before = _damage_all(first, _cut)
    check_bundles()
    assert _bytes(first) == before
    # What only the bytes tell is found by the nightly reading, not by a look at files that were read before.
    assert upkeep.check_bundles(paid.now) == []
    _damage_all(first, _rot)
    assert upkeep.check_bundles(paid.now) == []
    assert upkeep.check_bundles(paid.now, afresh=True) == [first]
    assert _bytes(first) == before
    assert upkeep.check_bundles(paid.now, afresh=True) == []


def test_what_is_found_while_the_pipeline_works_is_put_right_later(paid: Hub) -> None:
    newest = paid.newest().number
    before = _damage_all(newest, _rot)
    number = int.from_bytes(sha256(b"rewards").digest()[:8], "big", signed=True)
    holder = connection.copy()
    try:
        with holder.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [number])
            assert upkeep.check_bundles(paid.now, afresh=True) == [newest]
            assert not (places.bundle(newest) / DATA[0]).exists()
            cursor.execute("SELECT pg_advisory_unlock(%s)", [number])
    finally:
        holder.close()
    assert upkeep.check_bundles(paid.now) == [newest]
    assert _bytes(newest) == before


def _status(client: Client, path: str) -> int:
    answer = client.get(path)
    answer.close()
    return answer.status_code


def test_a_damaged_file_is_not_served_as_genuine(paid: Hub, client: Client) -> None:
    newest, (one, other) = paid.newest().number, DATA
    assert _status(client, f"/epochs/{newest}/{one}") == 200
    _cut(places.bundle(newest) / one)
    assert _status(client, f"/epochs/{newest}/{one}") == 404
    assert _status(client, f"/epochs/{newest}/{other}") == 200
    upkeep.check_bundles(paid.now)
    assert _status(client, f"/epochs/{newest}/{one}") == 200


def test_a_bundle_is_whole_only_with_all_its_files(paid: Hub) -> None:
    epoch = paid.newest()
    assert bundles.is_there(epoch.number, epoch.manifest)
    assert not bundles.is_there(epoch.number, "0" * 64)
    (places.bundle(epoch.number) / "gaps.ndjson").unlink()
    assert not bundles.is_there(epoch.number, epoch.manifest)


# --- trees ---------------------------------------------------------------------------------------
def test_a_damaged_tree_is_made_again_and_a_relay_goes_through(paid: Hub) -> None:
    newest = paid.newest().number
    before = places.tree(newest).read_bytes()
    _rot(places.tree(newest))
    ask_for_relay(account=paid.person("alice"), now=paid.now)
    paid.tick(4)
    assert paid.held("alice") == int(Leaf.objects.get(epoch=newest, wallet=wallet_of("alice")).cumulative_wei)
    assert places.tree(newest).read_bytes() == before


@pytest.mark.parametrize("damage", [_cut, _rot, Path.unlink], ids=["cut", "rot", "gone"])
def test_no_damage_of_a_tree_keeps_a_claim_from_being_answered(paid: Hub, damage: Damage) -> None:
    said = [proofs.newest_claim(wallet_of(name)) for name in ("alice", "bob")]
    damage(places.tree(paid.newest().number))
    assert [proofs.newest_claim(wallet_of(name)) for name in ("alice", "bob")] == said
    assert None not in said


def test_claims_are_answered_with_neither_leaves_nor_tree(paid: Hub, client: Client) -> None:
    newest = paid.newest().number
    said = client.get(f"/api/v1/claims/{wallet_of('bob')}").json()
    (places.bundle(newest) / "leaves.ndjson").unlink()
    places.tree(newest).unlink()
    assert client.get(f"/api/v1/claims/{wallet_of('bob')}").json() == said


def test_an_amount_that_leads_to_another_root_is_no_claim(paid: Hub, client: Client) -> None:
    newest = paid.newest()
    Leaf.objects.filter(epoch=newest, wallet=wallet_of("bob")).update(cumulative_wei=1)
    assert client.get(f"/api/v1/claims/{wallet_of('bob')}").status_code == 404
    assert proofs.newest_claim(wallet_of("alice")) is not None


def test_a_tree_that_was_found_right_is_not_made_for_every_question(paid: Hub) -> None:
    newest = paid.newest()
    Leaf.objects.filter(epoch=newest, wallet=wallet_of("bob")).update(cumulative_wei=1)
    assert proofs.newest_claim(wallet_of("bob")) is None
    made = places.tree(newest.number).stat().st_ino
    assert proofs.newest_claim(wallet_of("bob")) is None
    assert places.tree(newest.number).stat().st_ino == made
