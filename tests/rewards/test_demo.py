"""The demo's last part: wallets whose keys are kept, one claim that is made, one that waits, credit without a wallet."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.test import override_settings
from eth_keys.datatypes import PrivateKey

from hub.accounts.models import Account
from hub.demo import accounts_file, content
from ledger.models import Entry
from ledger.services import create_log
from rewards import demo
from rewards.events import record
from rewards.models import Allocation, Epoch, Leaf, Policy, RelayedClaim, WalletBinding
from rewards.policy import FIRST, as_object

pytestmark = pytest.mark.django_db
TOKEN = 10**18


@pytest.fixture
def bound(now: datetime, tmp_path: Path) -> Iterator[datetime]:
    create_log(now)
    with override_settings(DATA_DIR=tmp_path):
        content.people(lambda: now)
        demo.bind_wallets(lambda: now, lambda _words: None)
        yield now


def _paid(now: datetime) -> None:
    """A final epoch that credits everybody two tokens, of which those with a wallet have a leaf."""
    set_ = {"first_epoch": 0, "policy": as_object(FIRST)}
    entry = record("policy.set", subject=f"policy:{FIRST.hash}", data=set_, now=now)
    rules = Policy.objects.create(hash=FIRST.hash, body=FIRST.body, first_epoch=0, entry=entry)
    closed = {"cutoff": 1, "root": "0" * 64, "policy": f"policy:{FIRST.hash}"}
    entry = record("epoch.closed", subject="epoch:0", data=closed, now=now)
    epoch = Epoch.objects.create(number=0, state="finalized", cutoff=1, policy=rules, closed=now, entry=entry)
    for account in Account.objects.filter(username__in=content.PEOPLE):
        Allocation.objects.create(epoch=epoch, pseudonym=account.pseudonym, wei=2 * TOKEN)
    for binding in WalletBinding.objects.all():
        Leaf.objects.create(epoch=epoch, wallet=binding.wallet, cumulative_wei=2 * TOKEN)


def test_two_people_have_wallets_and_their_keys_stand_beside_the_passwords(bound: datetime) -> None:
    kept = accounts_file.read()
    for binding in WalletBinding.objects.select_related("account"):
        key = PrivateKey(bytes.fromhex(kept[f"{binding.account.username}-wallet-key"].removeprefix("0x")))
        assert key.public_key.to_address() == binding.wallet == kept[f"{binding.account.username}-wallet"].lower()
    assert sorted(WalletBinding.objects.values_list("account__username", flat=True)) == ["contributor", "maintainer"]


def test_a_second_run_binds_nothing(bound: datetime) -> None:
    before = Entry.objects.count(), accounts_file.path().read_bytes()
    demo.bind_wallets(lambda: bound, lambda _words: None)
    assert (Entry.objects.count(), accounts_file.path().read_bytes()) == before


def test_a_key_that_was_kept_before_the_run_was_cut_off_is_the_one_that_is_bound(now: datetime, tmp_path: Path) -> None:
    create_log(now)
    key = PrivateKey(b"\x07" * 32)
    with override_settings(DATA_DIR=tmp_path):
        content.people(lambda: now)
        accounts_file.add({"maintainer-wallet-key": key.to_hex()})
        demo.bind_wallets(lambda: now, lambda _words: None)
    assert WalletBinding.objects.get(account__username="maintainer").wallet == key.public_key.to_address()


def test_nothing_is_claimed_before_an_epoch_is_final(bound: datetime) -> None:
    assert not demo.claim(bound)
    assert not RelayedClaim.objects.exists()


def test_one_claim_is_made_and_the_other_waits(bound: datetime) -> None:
    _paid(bound)
    assert demo.claim(bound)
    assert demo.claim(bound), "a second run finds it done"
    assert [claim.account.username for claim in RelayedClaim.objects.all()] == ["contributor"]
