"""The arithmetic of fees, and the words of the diary."""

from datetime import UTC, datetime

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from chain import events, fees
from chain.abi import Abi
from chain.artifacts import artifact
from chain.events import Kind
from chain.fees import Fees
from chain.models import ChainEvent

AMOUNTS = st.integers(min_value=0, max_value=10**13)


@given(base_fee=AMOUNTS, tip=AMOUNTS)
def test_an_offer_survives_five_full_blocks(base_fee: int, tip: int) -> None:
    offered = fees.offer(base_fee, tip)
    for _ in range(5):
        base_fee += base_fee // 8
    assert offered.max_fee >= base_fee + tip


@given(old=st.builds(Fees, AMOUNTS, AMOUNTS), now=st.builds(Fees, AMOUNTS, AMOUNTS))
def test_a_bump_is_an_eighth_more_in_both_parts(old: Fees, now: Fees) -> None:
    new = fees.bumped(old, now)
    assert 8 * new.max_fee >= 9 * old.max_fee
    assert 8 * new.tip >= 9 * old.tip
    assert new.max_fee >= now.max_fee
    assert new.tip >= now.tip


@given(base_fee=AMOUNTS, tip=AMOUNTS, limit=AMOUNTS)
def test_nobody_pays_more_than_the_limit(base_fee: int, tip: int, limit: int) -> None:
    wanted = fees.offer(base_fee, tip)
    found = fees.payable(wanted, base_fee, limit)
    if found is None:
        assert base_fee + min(tip, limit) > limit
    else:
        assert found == Fees(min(wanted.max_fee, limit), min(wanted.tip, limit))


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_event_has_words(kind: Kind) -> None:
    facts = '{"seen": 9, "found": 4, "transactions": 2, "account": "0xab", "limit": 5, "first": 1, "last": 9, "differences": 0}'
    with translation.override("en"):
        text = events.described(ChainEvent(time=datetime(2026, 1, 1, tzinfo=UTC), kind=kind, text=facts)).text
    assert len(text.split()) > 5
    assert "%(" not in text


def test_a_call_is_decoded_to_what_was_encoded() -> None:
    abi = artifact("CheckpointAnchor").abi
    values = {"newSize": 9, "newRoot": b"\x01" * 32, "proof": (b"\x02" * 32, b"\x03" * 32)}
    data = abi.encode_call("anchor", *values.values())
    assert abi.decode_call(data) == ("anchor", values)
    with pytest.raises(ValueError, match="no function"):
        abi.decode_call(b"\0\0\0\0")


def test_an_event_of_another_contract_is_none_of_ours() -> None:
    assert Abi([]).decode_event([b"\x01" * 32], b"") is None
    assert artifact("CheckpointAnchor").abi.decode_event([b"\x01" * 32], b"") is None
