"""Wallets: who may bind which, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest

from hub.accounts.erasure import erase_account
from hub.errors import Conflict, HubError, Invalid, NotAllowed
from ledger import selectors as log
from rewards.binding import bind_wallet, next_nonce, start_binding
from rewards.models import Epoch, WalletBinding
from tests.rewards.pipeline.conftest import Hub, sign, wallet_of


def _bind(hub: Hub, name: str = "alice", **changes: Any) -> WalletBinding:
    account, deadline = hub.person(name), int(hub.now.timestamp()) + 600
    given = {"wallet": wallet_of(name), "nonce": 1, "deadline": deadline, **changes}
    given.setdefault("signature", sign(account, name, nonce=given["nonce"], deadline=given["deadline"]))
    return bind_wallet(account=account, now=hub.now, **given)


def test_what_was_prepared_can_be_signed_and_bound(hub: Hub) -> None:
    alice = hub.person("alice")
    message = start_binding(alice, wallet_of("alice").upper().replace("0X", "0x"), hub.now)["message"]
    deadline = message["deadline"]
    row = _bind(hub, nonce=int(message["nonce"]), deadline=deadline)
    assert (row.wallet, row.nonce, message["wallet"]) == (wallet_of("alice"), 1, wallet_of("alice"))
    [entry] = [each for each in log.entries_with_subject(alice.actor) if each.type == "wallet.bound"]
    assert entry.details["binding"]["binding"] == row.message
    assert (entry.data, wallet_of("alice").encode() in entry.body) == ({}, False)


def test_a_signature_that_ends_in_the_parity_alone_counts(hub: Hub) -> None:
    account, deadline = hub.person("alice"), int(hub.now.timestamp()) + 600
    signature = sign(account, "alice", deadline=deadline)
    row = _bind(hub, deadline=deadline, signature=signature[:-2] + f"{int(signature[-2:], 16) - 27:02x}")
    assert signature in row.message


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"signature": "0x" + "00" * 65}, "signature"),
        ({"signature": "0x12"}, "signature"),
        ({"wallet": wallet_of("bob")}, "signature"),
        ({"wallet": "0x" + "0" * 40}, "signature"),
        ({"wallet": "nothing"}, "signature"),
        ({"nonce": 2}, "nonce"),
        ({"deadline": 1_000_000_000}, "deadline"),
        ({"deadline": 2**53 - 1}, "nonce"),
    ],
    ids=str,
)
def test_a_binding_that_was_not_signed_like_this_is_refused_at_its_field(
    hub: Hub, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        _bind(hub, **changes)
    assert refused.value.field == field
    assert not WalletBinding.objects.exists()


def test_a_signature_for_one_account_binds_no_other(hub: Hub) -> None:
    deadline = int(hub.now.timestamp()) + 600
    stolen = sign(hub.person("alice"), "alice", deadline=deadline)
    with pytest.raises(Invalid):
        bind_wallet(
            account=hub.person("bob"),
            wallet=wallet_of("alice"),
            nonce=1,
            deadline=deadline,
            signature=stolen,
            now=hub.now,
        )


def test_one_account_has_one_wallet_and_one_wallet_one_account(hub: Hub) -> None:
    hub.bind("alice")
    for name, key in (("alice", "another"), ("bob", "alice")):
        with pytest.raises(Conflict):
            hub.bind(name, key)
    with pytest.raises(HubError):
        start_binding(hub.person("alice"), wallet_of("another"), hub.now)
    assert next_nonce(hub.person("alice")) == 2


def test_a_closed_account_binds_nothing(hub: Hub) -> None:
    alice = hub.person("alice")
    erase_account(alice, hub.now)
    with pytest.raises(NotAllowed):
        hub.bind("alice")


def test_an_erased_account_that_bound_a_wallet_is_still_paid(hub: Hub) -> None:
    hub.assessed_work("alice")
    hub.bind("alice")
    erase_account(hub.person("alice"), hub.now + timedelta(seconds=1))
    epoch = hub.distribute()
    assert (epoch.state, int(epoch.total_wei) > 0) == (Epoch.State.FINALIZED, True)
