"""A transaction's way from being wanted to being final."""

import threading

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from chain import calls, selectors, services
from chain.client import ChainClient
from chain.lock import alone
from chain.models import Attempt, ChainTransaction
from chain.outbox import Pass
from tests.chain.conftest import TREE, Hub

State = ChainTransaction.State


def test_an_anchor_is_signed_mined_and_final_after_three_blocks(deployed: Hub) -> None:
    key = deployed.enqueue_anchor(7)
    states = []
    for _ in range(3):
        deployed.advance()
        view = selectors.transaction(key)
        assert view is not None
        states.append((view.state, view.confirmations, view.needed))
    assert states == [("mined", 1, 3), ("mined", 2, 3), ("final", 3, 3)]
    assert calls.read_head().root == TREE.root(7)


def test_asking_twice_under_one_key_is_asking_once(deployed: Hub) -> None:
    deployed.enqueue_anchor(7)
    deployed.enqueue_anchor(7)
    deployed.advance()
    assert ChainTransaction.objects.filter(key__startswith="anchor:").count() == 1
    assert Attempt.objects.filter(transaction__key__startswith="anchor:").count() == 1


def test_what_the_caller_rolls_back_is_never_sent(deployed: Hub) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        deployed.enqueue_anchor(7)
        raise ZeroDivisionError
    deployed.advance()
    assert calls.read_head().size == 0


def test_a_quiet_hub_makes_no_blocks(deployed: Hub) -> None:
    for _ in range(4):
        deployed.advance()
    height = deployed.height()
    for _ in range(5):
        deployed.advance()
    assert deployed.height() == height


def test_nonces_follow_each_other_and_the_chain(deployed: Hub) -> None:
    keys = [deployed.enqueue_anchor(7), deployed.enqueue_anchor(9, 7), deployed.enqueue_anchor(20, 9)]
    deployed.advance()
    assert [deployed.row(key).nonce for key in keys] == [1, 2, 3]
    assert {deployed.row(key).state for key in keys} == {State.MINED}
    assert calls.read_head().size == 20


def test_a_nonce_that_was_used_elsewhere_is_not_used_again(deployed: Hub) -> None:
    operator = selectors.operator_address()
    deployed.rpc("anvil_setNonce", operator, "0x9")
    key = deployed.enqueue_anchor(7)
    deployed.advance()
    assert deployed.row(key).nonce == 9
    assert deployed.row(key).state == State.MINED


def test_a_transaction_that_would_revert_is_failed_by_name_and_takes_no_nonce(deployed: Hub) -> None:
    first = deployed.enqueue_anchor(20)
    deployed.advance()
    key = deployed.enqueue_anchor(9, 7)
    deployed.advance()
    assert (deployed.row(key).state, deployed.row(key).error) == (State.FAILED, "would revert: NotGrowing")
    later = deployed.enqueue_anchor(30, 20)
    deployed.advance()
    assert deployed.row(later).nonce == (deployed.row(first).nonce or 0) + 1


def test_a_transaction_that_reverts_in_its_block_is_failed_by_name(deployed: Hub) -> None:
    keys = [deployed.enqueue_anchor(20), deployed.enqueue_anchor(9, 7)]
    deployed.advance()
    assert deployed.row(keys[1]).state == State.FAILED
    assert deployed.row(keys[1]).error.startswith("reverted:")
    assert calls.read_head().size == 20


def test_bytes_committed_before_a_crash_are_the_bytes_that_are_sent_after_it(deployed: Hub) -> None:
    """The worker died between signing and sending: the row is signed, no node has heard of it."""
    key = deployed.enqueue_anchor(7)
    made = Pass(ChainClient.from_settings(), deployed.now)
    made.watch.observe()
    made.signer.sign_queued()
    before = deployed.raw(key)
    assert deployed.row(key).state == State.SIGNED
    assert not ChainClient.from_settings().knows(deployed.row(key).attempts.get().hash)
    deployed.advance()
    assert deployed.raw(key) == before
    assert deployed.row(key).state == State.MINED


def test_a_transaction_sent_before_a_crash_is_not_sent_as_another_one(deployed: Hub) -> None:
    """The worker died between sending and writing that down; the transaction was even mined meanwhile."""
    key = deployed.enqueue_anchor(7)
    made = Pass(ChainClient.from_settings(), deployed.now)
    made.watch.observe()
    made.signer.sign_queued()
    made.client.send(deployed.raw(key)[0])
    deployed.rpc("evm_mine")
    deployed.advance()
    assert len(deployed.raw(key)) == 1
    assert deployed.row(key).state == State.MINED


def test_two_workers_at_once_send_one_transaction(deployed: Hub) -> None:
    key = deployed.enqueue_anchor(7)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(5):
                services.advance(deployed.now)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert errors == []
    assert len(deployed.raw(key)) == 1
    assert deployed.row(key).state in {State.MINED, State.FINAL}


def test_a_worker_returns_at_once_while_another_holds_the_lock(deployed: Hub) -> None:
    key = deployed.enqueue_anchor(7)
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with alone("chain 31337") as got:
            assert got
            held.set()
            release.wait(30)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(30)
    deployed.advance()
    assert deployed.row(key).state == State.QUEUED
    release.set()
    holder.join()
    deployed.advance()
    assert deployed.row(key).state == State.MINED


def test_advance_refuses_to_run_inside_a_transaction(deployed: Hub) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        deployed.advance()


def test_a_transaction_that_waits_long_is_offered_more_under_the_same_nonce(deployed: Hub) -> None:
    key = deployed.enqueue_anchor(7)
    deployed.rpc("anvil_setNextBlockBaseFeePerGas", hex(50 * 10**9))
    deployed.advance()
    assert (deployed.row(key).state, len(deployed.raw(key))) == (State.SIGNED, 1)
    deployed.advance()
    assert len(deployed.raw(key)) == 1
    deployed.advance(seconds=200)
    row = deployed.row(key)
    old, new = row.attempts.order_by("id")
    assert (row.state, row.mined_hash, row.nonce) == (State.MINED, new.hash, 1)
    assert new.max_fee >= old.max_fee * 9 / 8
    assert new.priority_fee >= old.priority_fee * 9 / 8


def test_nothing_is_signed_while_the_chain_asks_for_more_than_the_limit(deployed: Hub, settings: Settings) -> None:
    settings.CHAIN_MAX_FEE_GWEI = 1
    key = deployed.enqueue_anchor(7)
    deployed.advance()
    assert deployed.row(key).state == State.QUEUED
    assert [event.kind for event in selectors.recent_events()] == ["high_fees"]
    settings.CHAIN_MAX_FEE_GWEI = 500
    deployed.advance()
    assert deployed.row(key).state == State.MINED
    assert selectors.recent_events()[0].ended == deployed.now


def test_a_gap_in_the_nonces_is_filled(deployed: Hub) -> None:
    """The chain lost a transaction that another program sent with the operator's key; ours wait behind it."""
    operator = selectors.operator_address()
    deployed.rpc("anvil_setNonce", operator, "0x2")
    key = deployed.enqueue_anchor(7)
    made = Pass(ChainClient.from_settings(), deployed.now)
    made.watch.observe()
    made.signer.sign_queued()
    deployed.rpc("anvil_setNonce", operator, "0x1")
    deployed.advance()
    assert deployed.row(key).state == State.MINED
    assert ChainTransaction.objects.get(key__startswith="fill:").nonce == 1


def test_a_nonce_that_another_transaction_took_fails_ours(deployed: Hub) -> None:
    key = deployed.enqueue_anchor(7)
    made = Pass(ChainClient.from_settings(), deployed.now)
    made.watch.observe()
    made.signer.sign_queued()
    deployed.rpc("anvil_setNonce", selectors.operator_address(), "0x2")
    for _ in range(6):
        deployed.rpc("evm_mine")
    deployed.advance()
    assert deployed.row(key).state == State.FAILED
    assert deployed.row(key).error.startswith("superseded")
