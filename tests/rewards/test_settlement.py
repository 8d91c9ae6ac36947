"""Settlement: credit goes to the wallet that its account bound, or waits for one; a leaf never falls."""

from dataclasses import replace

import pytest

from rewards import bindings
from rewards.bindings import DisclosedBinding
from rewards.errors import BindingRefused, EpochRefused
from rewards.rule import allocate
from rewards.settlement import Previous, has_waiting, settle
from tests.rewards.log_builder import Log, person, signed, wallet_of
from tests.rewards.worked import TOKEN, account, example

FOUND = allocate(example())
ALICE, BOB = account("alice"), account("bob")
EARNED = 133136363636363636364


def test_credit_without_a_wallet_waits_and_moves_when_one_is_bound() -> None:
    first = settle(None, FOUND, {})
    assert (first.leaves, first.total_wei, first.pending_wei) == ({}, 0, 810 * TOKEN)
    left = Previous(
        epoch=7,
        manifest="",
        root="",
        credited_wei=first.credited_wei,
        total_wei=0,
        pending={row.account: row.pending_after_wei for row in first.accounts if row.pending_after_wei},
    )
    second = settle(left, FOUND, {ALICE: "0xa"})
    assert second.leaves == {"0xa": 2 * EARNED}
    assert second.credited_wei == 1620 * TOKEN == second.total_wei + second.pending_wei
    row = next(row for row in second.accounts if row.account == ALICE)
    assert (row.wallet, row.pending_before_wei, row.pending_after_wei) == ("0xa", EARNED, 0)


def test_a_leaf_is_everything_ever_credited_to_a_wallet() -> None:
    before = Previous(6, "", "", 1000, 900, {"0xa": 300, "0xz": 600}, {"f" * 32: 100})
    found = settle(before, FOUND, {ALICE: "0xa", "f" * 32: "0xz"})
    assert found.leaves == {"0xa": 300 + EARNED, "0xz": 700}
    assert found.credited_wei == 1000 + 810 * TOKEN == found.total_wei + found.pending_wei


def test_two_accounts_may_share_a_wallet() -> None:
    found = settle(None, FOUND, {ALICE: "0xa", BOB: "0xa"})
    assert found.leaves == {"0xa": FOUND.accounts[ALICE] + FOUND.accounts[BOB]}


def test_an_owner_without_credit_has_no_row_so_no_wallet_is_shown() -> None:
    found = settle(None, FOUND, {account("mallory"): "0xm"})
    assert found.leaves == {}
    assert account("mallory") in {owner for each in FOUND.works for owner, _ in each.owners}
    assert [row.account for row in found.accounts] == sorted(FOUND.accounts)


def test_whoever_has_credit_waiting_has_a_row_and_who_has_no_more_has_none() -> None:
    before = Previous(6, "", "", 100, 0, {}, {"e" * 32: 0, "f" * 32: 100})
    rows = {row.account: row for row in settle(before, FOUND, {}).accounts}
    assert rows["f" * 32].pending_after_wei == 100
    assert "e" * 32 not in rows


def test_sums_that_do_not_hold_are_refused() -> None:
    good = Previous(6, "", "", 1000, 900, {"0xa": 900}, {"f" * 32: 100})
    assert settle(good, FOUND, {}).leaves == {"0xa": 900}
    for bad in (replace(good, total_wei=901), replace(good, pending={}), replace(good, credited_wei=999)):
        with pytest.raises(EpochRefused, match="add up"):
            settle(bad, FOUND, {})


def test_waiting_credit_is_seen_once_a_wallet_is_there() -> None:
    before = Previous(6, "", "", 100, 0, {}, {ALICE: 100})
    assert has_waiting(before, [ALICE])
    assert not has_waiting(before, [BOB])
    assert not has_waiting(None, [ALICE])


# --- bindings ------------------------------------------------------------------------------------


def test_a_binding_is_read_as_it_was_written() -> None:
    made = signed("alice")
    assert bindings.parse(bindings.text(made)) == made


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("account", "alice"),
        ("wallet", "0x" + "A" * 40),
        ("wallet", "0x" + "0" * 40),
        ("signature", "0x00"),
        ("nonce", -1),
        ("nonce", True),
        ("deadline", 2**53),
        ("chain_id", "1"),
    ],
)
def test_a_malformed_binding_is_refused(name: str, value: object) -> None:
    with pytest.raises(BindingRefused):
        bindings.text(replace(signed("alice"), **{name: value}))  # type: ignore[arg-type]
    for text in ("", "[]", "{}", bindings.text(signed("alice")) + " "):
        with pytest.raises(BindingRefused):
            bindings.parse(text)


def test_the_wallet_of_an_account_follows_from_its_disclosed_binding() -> None:
    log = Log()
    log.bind("alice")
    found = bindings.wallets(log.record(), log.disclosed, [person("alice"), person("bob")], 31337)
    assert found == {person("alice"): wallet_of("alice")}


def test_a_binding_that_is_withheld_changed_or_not_meant_is_refused() -> None:
    log = Log()
    log.bind("alice")
    log.bind("bob", account=person("carol"))
    log.bind("dave", deadline=1_700_000_000)
    log.bind("erin", chain_id=1)
    record, alice = log.record(), person("alice")
    shown = log.disclosed[alice]
    other = DisclosedBinding(bindings.text(signed("alice", "mallory")), shown.salt)
    for disclosed in ({}, {alice: other}, {alice: DisclosedBinding(shown.text, bytes(32))}):
        with pytest.raises(BindingRefused, match=r"disclosed|commits"):
            bindings.wallets(record, disclosed, [alice], 31337)
    for name in ("bob", "dave", "erin"):
        with pytest.raises(BindingRefused):
            bindings.wallets(record, log.disclosed, [person(name)], 31337)
