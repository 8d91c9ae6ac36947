"""Anchors on a real chain: one for everything that is new, none when nothing is, followed to finality and back."""

import pytest
from pytest_django import Settings

from chain import calls
from chain import selectors as chain
from chain.client import ChainClient
from chain.errors import ChainUnavailable
from chain.models import ChainTransaction
from ledger import anchoring, progress, selectors, tasks
from ledger.errors import Fork, NotFound
from ledger.models import Anchor, Checkpoint, Entry, Log
from ledger.proofs import consistency_proof
from ledger.records import State
from tests.ledger.conftest import ORIGIN, Ledger


def states(ledger: Ledger) -> list[str]:
    entries = Entry.objects.order_by("leaf_index")
    found = selectors.statuses(entries)
    return [found[entry.uid].state.value for entry in entries]


# --- when ----------------------------------------------------------------------------------------
def test_the_first_checkpoint_is_anchored_at_once(ledger: Ledger) -> None:
    ledger.grow(4)
    assert ledger.anchor() == 5
    head = calls.read_head()
    assert (head.size, head.root) == (5, bytes(Checkpoint.objects.get().root))


def test_an_empty_log_is_not_anchored(ledger: Ledger) -> None:
    assert ledger.anchor() is None


def test_nothing_new_is_not_anchored_again(ledger: Ledger) -> None:
    ledger.grow(4)
    ledger.anchor_to_the_end()
    ledger.pass_time(3600)
    assert ledger.anchor() is None
    assert Anchor.objects.count() == 1


def test_the_next_anchor_waits_for_its_interval(ledger: Ledger, settings: Settings) -> None:
    ledger.grow(4)
    ledger.anchor_to_the_end()
    settings.ANCHOR_INTERVAL = 600
    ledger.grow(2)
    assert ledger.anchor() is None
    ledger.pass_time(600)
    assert ledger.anchor() == 7


def test_many_entries_do_not_wait(ledger: Ledger, settings: Settings) -> None:
    ledger.grow(4)
    ledger.anchor_to_the_end()
    settings.ANCHOR_INTERVAL, settings.ANCHOR_ENTRIES = 100_000, 10
    ledger.grow(9)
    assert ledger.anchor() is None
    ledger.grow(1)
    assert ledger.anchor() == 15


def test_one_anchor_carries_every_checkpoint_since_the_last(ledger: Ledger) -> None:
    ledger.grow(1)
    ledger.anchor_to_the_end()
    for _ in range(5):
        ledger.grow(3)
    ledger.anchor_to_the_end()
    assert list(Anchor.objects.order_by("checkpoint").values_list("checkpoint", "previous_size")) == [(2, 0), (17, 2)]


def test_only_one_anchor_is_under_way(ledger: Ledger) -> None:
    ledger.grow(4)
    assert anchoring.anchor_due(ledger.now) == 5
    ledger.grow(4)
    assert anchoring.anchor_due(ledger.pass_time(3600)) is None
    ledger.follow()
    assert anchoring.anchor_due(ledger.pass_time(3600)) == 9


def test_the_outbox_names_the_anchor_after_log_and_size(ledger: Ledger) -> None:
    ledger.grow(4)
    ledger.anchor()
    assert chain.transaction(f"anchor:{ORIGIN}:5") is not None


# --- following -----------------------------------------------------------------------------------
def test_an_entry_goes_through_every_state(ledger: Ledger) -> None:
    [entry] = ledger.record()
    seen = []

    def look() -> None:
        entry.refresh_from_db()
        status = selectors.entry_status(entry)
        seen.append((status.state, status.confirmations, status.checkpoint_size))

    look()
    ledger.sequence()
    look()
    ledger.publish()
    look()
    anchoring.anchor_due(ledger.pass_time(1))
    look()
    for _ in range(3):
        ledger.follow()
        look()
    states = [state for state, _, _ in seen]
    assert states[:4] == [State.PENDING, State.SEQUENCED, State.PUBLISHED, State.PUBLISHED]
    assert states[-1] == State.FINAL
    assert seen[-1][1:] == (3, 2)
    counts = [count for _, count, _ in seen]
    assert counts == sorted(counts)


def test_the_anchor_under_way_is_shown(ledger: Ledger) -> None:
    [entry] = ledger.record()
    ledger.grow()
    anchoring.anchor_due(ledger.now)
    entry.refresh_from_db()
    anchor = selectors.entry_status(entry).anchor
    assert anchor is not None
    assert (anchor.state, anchor.size) == ("sent", 3)


def test_statuses_of_many_entries_take_few_queries(ledger: Ledger, django_assert_max_num_queries: object) -> None:
    for _ in range(3):
        ledger.grow(30)
        ledger.anchor_to_the_end()
    ledger.grow(5)
    ledger.record(5)
    entries = list(Entry.objects.order_by("id"))
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        found = selectors.statuses(entries)
    counted = [found[entry.uid].state for entry in entries]
    assert counted.count(State.FINAL) == 91
    assert counted.count(State.PUBLISHED) == 5
    assert counted.count(State.PENDING) == 5


def test_an_entry_belongs_to_the_first_anchor_over_it(ledger: Ledger) -> None:
    for _ in range(3):
        ledger.grow(2)
        ledger.anchor_to_the_end()
    found = selectors.statuses(Entry.objects.order_by("leaf_index"))
    sizes = [found[entry.uid].anchor.size for entry in Entry.objects.order_by("leaf_index")]  # type: ignore[union-attr]
    assert sizes == [3, 3, 3, 5, 5, 7, 7]


def test_block_hash_and_gas_are_kept(ledger: Ledger) -> None:
    ledger.grow(4)
    ledger.anchor_to_the_end()
    anchor = Anchor.objects.get()
    receipt = ChainClient.from_settings().receipt(anchor.transaction_hash)
    assert receipt is not None
    assert anchor.block_hash == receipt["blockHash"]
    assert anchor.gas_used == int(receipt["gasUsed"], 16)
    assert progress.anchor_by_transaction(anchor.transaction_hash).size == 5
    with pytest.raises(NotFound):
        progress.anchor_by_transaction("0x" + 64 * "0")


def test_following_writes_nothing_when_nothing_moved(ledger: Ledger) -> None:
    ledger.grow(4)
    ledger.anchor_to_the_end()
    assert anchoring.follow_anchors(ledger.pass_time(1)) == 0


# --- trouble -------------------------------------------------------------------------------------
def test_while_the_chain_is_away_the_log_goes_on_and_one_anchor_catches_up(ledger: Ledger) -> None:
    ledger.grow(4)
    ledger.anchor_to_the_end()
    assert ledger.node is not None
    ledger.node.kill()
    for _ in range(4):
        ledger.grow(50)
        with pytest.raises(ChainUnavailable):
            anchoring.anchor_due(ledger.pass_time(3600))
    ledger.node.start()
    ledger.anchor_to_the_end()
    assert list(Anchor.objects.order_by("checkpoint").values_list("checkpoint", flat=True)) == [5, 205]
    assert set(states(ledger)) == {"final"}


def test_a_reorganisation_takes_finality_back_until_the_anchor_stands_again(ledger: Ledger) -> None:
    ledger.grow(4)
    ledger.anchor()
    ledger.follow(1)
    before = ledger.rpc("evm_snapshot")
    ledger.grow(4)
    ledger.pass_time(3600)
    ledger.anchor_to_the_end()
    assert Anchor.objects.get(checkpoint=9).final is not None
    ledger.rpc("evm_revert", before)
    ledger.follow()
    again = Anchor.objects.get(checkpoint=9)
    assert again.final is None
    assert again.confirmations < 3
    ledger.follow(4)
    assert calls.read_head().size == 9
    assert Anchor.objects.get(checkpoint=9).final is not None
    assert ChainTransaction.objects.filter(key__startswith="anchor:").count() == 2


def test_a_relayed_head_is_taken_over(ledger: Ledger) -> None:
    """Somebody else brought the operator's signed head to the chain: the anchor is theirs, and it counts."""
    ledger.grow(4)
    ledger.anchor_to_the_end()
    ledger.grow(4)
    relay(ledger)
    ledger.pass_time(3600)
    ledger.anchor()
    anchor = Anchor.objects.get(checkpoint=9)
    assert anchor.previous_size == 5
    assert chain.transaction(anchor.transaction_key) is None
    for _ in range(3):
        ledger.rpc("evm_mine")
    ledger.follow()
    assert states(ledger)[8] == "final"


def test_an_anchor_that_a_relay_overtook_succeeds_by_the_other_path(ledger: Ledger) -> None:
    ledger.grow(4)
    assert anchoring.anchor_due(ledger.now) == 5
    relay(ledger)
    ledger.follow(2)
    failed = chain.transaction(f"anchor:{ORIGIN}:5")
    assert failed is not None
    assert failed.state == "failed"
    ledger.pass_time(3600)
    ledger.anchor()
    assert Anchor.objects.get(checkpoint=5).mined is not None
    ledger.grow(4)
    ledger.pass_time(3600)
    assert ledger.anchor() == 9


def test_a_relay_below_the_newest_checkpoint_is_built_upon(ledger: Ledger) -> None:
    """The proof begins at the chain's size, so an anchor made by somebody else does no harm."""
    ledger.grow(4)
    ledger.anchor_to_the_end()
    ledger.grow(4)
    relay(ledger)
    ledger.grow(4)
    ledger.pass_time(3600)
    assert ledger.anchor() == 13
    assert Anchor.objects.get(checkpoint=13).previous_size == 9


def test_a_failed_anchor_is_tried_again_under_another_name(ledger: Ledger) -> None:
    ledger.grow(4)
    ledger.anchor()
    row = ChainTransaction.objects.get(key=f"anchor:{ORIGIN}:5")
    ledger.follow(4)
    assert Anchor.objects.get().final is not None
    ledger.grow(4)
    anchoring.anchor_due(ledger.pass_time(3600))
    ChainTransaction.objects.filter(key=f"anchor:{ORIGIN}:9").update(state="failed", error="would revert")
    ledger.follow()
    assert anchoring.anchor_due(ledger.pass_time(1)) is None
    assert anchoring.anchor_due(ledger.pass_time(3600)) == 9
    ledger.follow(4)
    anchor = Anchor.objects.get(checkpoint=9)
    assert anchor.transaction_key == f"anchor:{ORIGIN}:9:2"
    assert anchor.final is not None
    row.refresh_from_db()


def test_a_final_anchor_whose_transaction_failed_after_all_is_no_longer_final(ledger: Ledger) -> None:
    """A reorganisation let somebody overtake it, and nobody looked while it was on its way again."""
    ledger.grow(4)
    ledger.anchor_to_the_end()
    assert Anchor.objects.get().final is not None
    row = ChainTransaction.objects.filter(key=f"anchor:{ORIGIN}:5")
    row.update(state="failed", error="reverted", block_number=None, block_hash="", confirmations=0)
    assert anchoring.follow_anchors(ledger.pass_time(1)) == 1
    anchor = Anchor.objects.get()
    assert (anchor.final, anchor.mined, anchor.block_number) == (None, None, None)


def test_final_anchors_that_moved_to_other_blocks_are_followed_as_far_back_as_they_moved(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anchoring, "_BATCH", 1)
    for _ in range(4):
        ledger.grow(2)
        ledger.anchor_to_the_end()
    moved = [f"anchor:{ORIGIN}:{size}" for size in (5, 7, 9)]
    ChainTransaction.objects.filter(key__in=moved).update(block_hash="0x" + 64 * "7")
    assert anchoring.follow_anchors(ledger.pass_time(1)) == 3
    hashes = dict(Anchor.objects.values_list("checkpoint", "block_hash"))
    assert sorted(size for size, value in hashes.items() if value == "0x" + 64 * "7") == [5, 7, 9]


def test_an_older_anchor_that_is_on_its_way_again_is_waited_for(ledger: Ledger) -> None:
    for _ in range(2):
        ledger.grow(2)
        ledger.anchor_to_the_end()
    ledger.grow(2)
    Anchor.objects.filter(checkpoint=3).update(mined=None, final=None, block_number=None)
    ChainTransaction.objects.filter(key=f"anchor:{ORIGIN}:3").update(state="signed", block_number=None)
    assert anchoring.anchor_due(ledger.pass_time(3600)) is None
    assert Anchor.objects.filter(checkpoint=3).exists()
    ledger.follow(2)
    assert anchoring.anchor_due(ledger.pass_time(3600)) == 7


def test_a_size_whose_first_transaction_failed_long_ago_gets_another_one(ledger: Ledger) -> None:
    """The anchor of a relay was lost with its block; the outbox still holds the hub's own failed one."""
    ledger.grow(4)
    assert anchoring.anchor_due(ledger.now) == 5
    ChainTransaction.objects.filter(key=f"anchor:{ORIGIN}:5").update(state="failed", error="reverted")
    Anchor.objects.all().delete()
    assert anchoring.anchor_due(ledger.pass_time(1)) == 5
    assert Anchor.objects.get().transaction_key == f"anchor:{ORIGIN}:5:2"


def test_what_is_sequenced_is_published_even_when_nothing_more_can_be_sequenced(ledger: Ledger) -> None:
    ledger.record(3)
    ledger.sequence()
    ledger.record(1)
    Log.objects.update(frontier=b"")
    tasks.sequence_and_publish()
    assert ledger.check() == 4


def test_a_chain_that_holds_another_history_is_not_anchored_on(ledger: Ledger) -> None:
    ledger.grow(4)
    ledger.anchor_to_the_end()
    ledger.grow(4)
    Checkpoint.objects.filter(size=9).update(root=bytes(32))
    path = ledger.folder / "tile/0/000.p/9"
    path.write_bytes(bytes(288))
    ledger.pass_time(3600)
    with pytest.raises(Fork):
        ledger.anchor()
    assert Anchor.objects.count() == 1


def test_a_chain_that_is_ahead_of_the_log_is_not_anchored_on(ledger: Ledger) -> None:
    ledger.grow(4)
    ledger.grow(4)
    ledger.anchor_to_the_end()
    Anchor.objects.all().delete()
    Checkpoint.objects.filter(size=9).delete()
    with pytest.raises(Fork):
        ledger.anchor()


# --- the schedule --------------------------------------------------------------------------------
def test_the_tasks_carry_an_entry_from_record_to_finality(ledger: Ledger) -> None:
    ledger.record(3)
    tasks.sequence_and_publish()
    assert ledger.check() == 4
    for _ in range(5):
        tasks.anchor()
    assert set(states(ledger)) == {"final"}


def test_the_tasks_survive_a_chain_that_is_away(ledger: Ledger) -> None:
    ledger.grow(1)
    assert ledger.node is not None
    ledger.node.kill()
    ledger.record(3)
    tasks.sequence_and_publish()
    tasks.anchor()
    assert ledger.check() == 5


@pytest.mark.django_db(transaction=True)
def test_the_tasks_wait_for_the_log(folders: object) -> None:
    for task in (tasks.sequence_and_publish, tasks.audit_touched, tasks.audit_full):
        task()
    assert not Checkpoint.objects.exists()


def relay(ledger: Ledger) -> None:
    """A stranger brings the newest signed head to the chain, with the operator's signature under it."""
    newest = Checkpoint.objects.order_by("-size").first()
    assert newest is not None
    head = calls.read_head()
    proof = consistency_proof(head.size, newest.size)
    data = calls.anchor_signed_calldata(newest.size, bytes(newest.root), proof, bytes(newest.operator_signature))
    stranger = "0x" + 40 * "9"
    ledger.rpc("anvil_setBalance", stranger, hex(10**18))
    ledger.rpc("anvil_impersonateAccount", stranger)
    request = {
        "from": stranger,
        "to": chain.deployment().anchor_address,
        "data": "0x" + data.hex(),
        "gas": hex(500_000),
    }
    ledger.rpc("eth_sendTransaction", request)
    ledger.rpc("evm_mine")
