"""Pending entries get contiguous places, in the order in which they were recorded, exactly once."""

import threading

import pytest
from django.db import connection, transaction

from ledger import sequencer, services
from ledger.errors import Damaged, NotFound
from ledger.merkle import CompactRange
from ledger.models import Entry, Log
from tests.ledger.conftest import ACTOR, REPOSITORY, Ledger
from tests.ledger.log_checker import leaf_hash, root_of


def places() -> list[int | None]:
    return list(Entry.objects.filter(leaf_index__isnull=False).order_by("id").values_list("leaf_index", flat=True))


def assert_head_is_of_the_entries() -> None:
    rows = Entry.objects.filter(leaf_index__isnull=False).order_by("leaf_index")
    assert [row.leaf_index for row in rows] == list(range(len(rows)))
    log = Log.objects.get()
    assert log.size == len(rows)
    assert bytes(log.root) == root_of([leaf_hash(bytes(row.body)) for row in rows])


def test_a_new_log_begins_with_its_own_entry(bare: Ledger) -> None:
    assert bare.sequence() == 1
    first = Entry.objects.get(leaf_index=0)
    assert (first.type, first.subject, first.actor) == ("log.created", "log", "sys:hub")
    assert_head_is_of_the_entries()


def test_nothing_pending_changes_nothing(bare: Ledger) -> None:
    bare.sequence()
    before = Log.objects.values().get()
    assert bare.sequence() == 0
    assert Log.objects.values().get() == before


def test_places_follow_the_order_of_recording(bare: Ledger) -> None:
    bare.record(20)
    bare.sequence()
    assert places() == list(range(21))
    assert_head_is_of_the_entries()


def test_a_backlog_is_taken_in_batches(bare: Ledger) -> None:
    bare.record(24)
    assert [sequencer.sequence(limit=10) for _ in range(4)] == [10, 10, 5, 0]
    assert_head_is_of_the_entries()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 31, 255, 256, 257])
def test_the_right_edge_grows_as_the_tree_does(bare: Ledger, size: int) -> None:
    bare.record(size - 1)
    while sequencer.sequence(limit=13):
        pass
    assert_head_is_of_the_entries()
    log = Log.objects.get()
    edge = CompactRange()
    edge.extend(bytes(leaf) for leaf in Entry.objects.order_by("leaf_index").values_list("leaf_hash", flat=True))
    assert sequencer.right_edge(log) == edge


def test_an_entry_that_commits_late_is_not_passed_over(ledger: Ledger) -> None:
    """Its id is smaller than those already sequenced; a cursor over ids would lose it."""
    recorded, sequenced = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with transaction.atomic():
            services.record(type="test.slow", subject=REPOSITORY, actor=ACTOR, time=ledger.now, data={})
            recorded.set()
            assert sequenced.wait(20)
        connection.close()

    writer = threading.Thread(target=slow_writer)
    writer.start()
    assert recorded.wait(20)
    ledger.record(3)
    ledger.sequence()
    sequenced.set()
    writer.join()
    assert ledger.sequence() == 1
    slow = Entry.objects.get(type="test.slow")
    assert slow.leaf_index == 4
    assert slow.id < max(Entry.objects.values_list("id", flat=True))
    assert_head_is_of_the_entries()


def test_two_sequencers_at_once_give_each_place_once(ledger: Ledger) -> None:
    ledger.record(400)
    start = threading.Barrier(2)
    counts: list[int] = []

    def run() -> None:
        start.wait(20)
        while count := sequencer.sequence(limit=17):
            counts.append(count)
        connection.close()

    workers = [threading.Thread(target=run) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(counts) == 401
    assert_head_is_of_the_entries()


def test_an_entry_whose_bytes_were_spoilt_gets_no_place_and_stops_nobody(bare: Ledger) -> None:
    spoilt = bare.record(3)[1]
    Entry.objects.filter(pk=spoilt.pk).update(body=bytes(spoilt.body).replace(b"1", b"2", 1))
    assert bare.sequence() == 3
    assert list(Entry.objects.filter(leaf_index__isnull=True)) == [spoilt]
    assert_head_is_of_the_entries()


def test_a_spoilt_right_edge_is_noticed_before_anything_is_placed(bare: Ledger) -> None:
    bare.record(4)
    bare.sequence()
    bare.record()
    Log.objects.update(frontier=bytes(64))
    with pytest.raises(Damaged):
        bare.sequence()
    assert Entry.objects.filter(leaf_index__isnull=True).count() == 1


def test_without_a_log_nothing_can_be_sequenced(bare: Ledger) -> None:
    Log.objects.all().delete()
    with pytest.raises(NotFound):
        bare.sequence()
