"""The wallet's page: what waits and why, binding after a notice, and three ways to claim."""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from eth_account import Account as Keys

from hub.reviews.models import Work
from rewards import binding, claims
from rewards.models import Epoch, Leaf, RelayedClaim, WalletBinding
from rewards.tree import leaf_hash
from tests.rewards.conftest import Paid, finalize

pytestmark = pytest.mark.django_db
KEY = Keys.from_key("0x" + "5e" * 32)
WALLET = KEY.address.lower()
ORDINARY_KEY = "It takes a wallet with an ordinary key: smart-contract wallets such as Safe cannot be bound yet."
CREDIT = 340 * 10**18


def signed(paid: Paid, *, key: Any = KEY, **changed: Any) -> dict[str, Any]:
    """The form as the page's script sends it."""
    typed = binding.start_binding(paid.charlie, WALLET, timezone.now())
    signature = Keys.sign_typed_data(key.key, full_message=typed).signature.hex()
    fields = {
        "understood": "on",
        "wallet": WALLET,
        "nonce": typed["message"]["nonce"],
        "deadline": typed["message"]["deadline"],
        "signature": "0x" + signature.removeprefix("0x"),
    }
    return {**fields, **changed}


@pytest.fixture
def charlie(client: Client, paid: Paid, now: datetime) -> Client:
    """Charlie's browser, after the epoch became final."""
    finalize(paid.epoch, now)
    client.force_login(paid.charlie)
    return client


@dataclass
class Bound:
    client: Client
    paid: Paid


@pytest.fixture
def bound(charlie: Client, paid: Paid) -> Bound:
    """Charlie's wallet is bound, and the final distribution has a leaf for it."""
    assert charlie.post("/settings/wallet", signed(paid)).status_code == 302
    Epoch.objects.filter(pk=3).update(root=leaf_hash(WALLET, CREDIT).hex())
    Leaf.objects.create(epoch=paid.epoch, wallet=WALLET, cumulative_wei=CREDIT)
    return Bound(charlie, paid)


def text(client: Client, path: str = "/settings/wallet") -> str:
    return client.get(path).content.decode()


def test_a_stranger_is_asked_to_sign_in(client: Client) -> None:
    assert client.get("/settings/wallet").status_code == 302


def test_without_a_wallet_the_credit_waits_and_the_page_says_what_would_become_public(charlie: Client) -> None:
    found = text(charlie)
    assert "for a wallet; nothing is lost meanwhile" in found
    assert "Before you sign: this becomes public for good." in found
    assert "<noscript>" in found


def test_what_is_signed_names_the_account_and_the_chain(charlie: Client, paid: Paid) -> None:
    typed = json.loads(charlie.get("/settings/wallet").context["typed"])
    assert typed["domain"] == {"name": "Akashi", "version": "1", "chainId": settings.CHAIN_ID}
    assert typed["message"]["account"] == "0x" + paid.charlie.pseudonym + "0" * 32


def test_a_signed_message_binds_the_wallet(charlie: Client, paid: Paid) -> None:
    answer = charlie.post("/settings/wallet", signed(paid))
    assert (answer.status_code, answer["Location"]) == (302, "/settings/wallet")
    assert WalletBinding.objects.get().wallet == WALLET
    assert WALLET in text(charlie)


def test_the_notice_has_to_be_ticked(charlie: Client, paid: Paid) -> None:
    answer = charlie.post("/settings/wallet", signed(paid, understood=""))
    assert answer.status_code == 422
    assert "tick the box" in answer.content.decode()
    assert not WalletBinding.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [{"signature": "0x" + "00" * 65}, {"signature": "none"}, {"wallet": "0x" + "12" * 20}, {"deadline": 1}, {"nonce": 2},
     {"wallet": ""}, {"nonce": "x"}, {"deadline": 2**60}],
)  # fmt: skip
def test_what_the_wallet_did_not_sign_is_refused_in_words(charlie: Client, paid: Paid, changed: dict[str, Any]) -> None:
    answer = charlie.post("/settings/wallet", signed(paid, **changed))
    assert answer.status_code == 422
    assert "error-summary" in answer.content.decode()
    assert not WalletBinding.objects.exists()


@pytest.mark.parametrize("size", [66, 130, 4_000])
def test_a_contract_s_signature_is_refused_with_the_reason(charlie: Client, paid: Paid, size: int) -> None:
    answer = charlie.post("/settings/wallet", signed(paid, signature="0x" + "5a" * size))
    said = answer.content.decode().partition("error-summary")[2].partition("</ul>")[0]
    assert (answer.status_code, ORDINARY_KEY in said) == (422, True)
    assert "characters" not in said
    assert not WalletBinding.objects.exists()


def test_before_and_after_binding_the_page_says_that_it_is_for_good(charlie: Client, paid: Paid) -> None:
    for_good = "A binding can never be changed, not even if the wallet’s key is lost"
    before = text(charlie)
    assert for_good in before
    assert "smart-contract wallets such as Safe cannot be bound yet" in before
    charlie.post("/settings/wallet", signed(paid))
    assert for_good in text(charlie)


def test_somebody_else_s_signature_is_refused(charlie: Client, paid: Paid) -> None:
    answer = charlie.post("/settings/wallet", signed(paid, key=Keys.from_key("0x" + "77" * 32)))
    assert "This is no signature of that wallet." in answer.content.decode()


def test_a_bound_wallet_finds_three_ways_to_claim(bound: Bound) -> None:
    found = text(bound.client)
    for words in ("Claim 340 HUB without gas", "Send it yourself", "claim.html", "proof.json", "claim(uint48,address"):
        assert words in found, words


def test_the_page_s_transaction_is_the_contract_s_claim(bound: Bound) -> None:
    claim = bound.client.get("/settings/wallet").context["claim"]
    assert claim.data.startswith("0xda518f9c")
    assert WALLET[2:] in claim.data
    assert f"{CREDIT:064x}" in claim.data


def test_asking_the_hub_to_claim_works_without_javascript(bound: Bound) -> None:
    assert bound.client.post("/settings/wallet/claim").status_code == 302
    assert RelayedClaim.objects.get().cumulative_wei == CREDIT
    assert "it is on its way" in text(bound.client)


def test_a_claim_that_was_given_up_has_its_button_again(bound: Bound) -> None:
    bound.client.post("/settings/wallet/claim")
    assert "Claim 340 HUB without gas" not in text(bound.client)
    RelayedClaim.objects.update(asked=timezone.now() - claims.PATIENCE)
    found = text(bound.client)
    assert "it is on its way" not in found
    assert "Claim 340 HUB without gas" in found


def test_without_anything_to_claim_the_hub_says_so(charlie: Client) -> None:
    answer = charlie.post("/settings/wallet/claim", follow=True)
    assert "There is nothing to claim for your wallet yet." in answer.content.decode()


def test_the_proof_is_a_file_to_keep(bound: Bound) -> None:
    answer = bound.client.get("/settings/wallet/proof.json")
    saved = json.loads(answer.content)
    assert answer["Content-Disposition"] == 'attachment; filename="proof.json"'
    assert (saved["wallet"], saved["cumulative_wei"], saved["proof"]) == (WALLET, str(CREDIT), [])


def test_before_there_is_a_leaf_there_is_no_proof(charlie: Client) -> None:
    assert charlie.get("/settings/wallet/proof.json").status_code == 404


def test_an_old_page_s_message_is_refused(charlie: Client, paid: Paid) -> None:
    late = int((timezone.now() - timedelta(seconds=5)).timestamp())
    assert "too late" in charlie.post("/settings/wallet", signed(paid, deadline=late)).content.decode()


def _next(paid: Paid, now: datetime, state: str, ready: datetime | None = None) -> None:
    """The epoch after, which carries 12 HUB more to the wallet, at this step."""
    third = Epoch.objects.get(pk=paid.epoch.pk)
    Epoch.objects.filter(pk=4).delete()
    entry = Work.objects.order_by("pk").first()
    assert entry is not None
    row = Epoch.objects.create(
        number=4, cutoff=third.cutoff, policy=third.policy, closed=now, entry=entry.entry, state=state, ready=ready
    )
    Leaf.objects.create(epoch=row, wallet=WALLET, cumulative_wei=CREDIT + 12 * 10**18)


def test_an_epoch_in_its_window_says_what_it_carries_and_when_it_can_be_claimed(bound: Bound, now: datetime) -> None:
    ready = now + timedelta(days=2)
    _next(bound.paid, now, Epoch.State.PROPOSED, ready)
    found = text(bound.client)
    for words in ('<a href="/rewards/epochs/4">Epoch 4 carries</a>', "Open to challenge; to be claimed", "12 HUB"):
        assert words in " ".join(re.sub(r"</?span[^>]*>", "", found).split()), words
    assert ready.strftime("%Y-%m-%d") in found or ready.isoformat()[:10] in found
    assert "if it were proposed now" not in found


def test_before_the_proposal_and_under_a_challenge_the_page_promises_no_day(bound: Bound, now: datetime) -> None:
    _next(bound.paid, now, Epoch.State.COMPUTED)
    assert "at the earliest, if it were proposed now" in text(bound.client)
    _next(bound.paid, now, Epoch.State.CHALLENGED)
    assert "claims open once it is final" in text(bound.client)


def test_what_waited_is_not_promised_to_an_epoch_that_is_still_to_close(bound: Bound, now: datetime) -> None:
    Leaf.objects.filter(epoch=3).delete()
    assert "it goes to your wallet with the next epoch that closes" in text(bound.client)
    _next(bound.paid, now, Epoch.State.PROPOSED, now + timedelta(days=2))
    found = text(bound.client)
    assert "it goes to your wallet with the next epoch that closes" not in found
    assert "epoch 4 carries it to your wallet" in found
