"""A wallet's signature under a binding is the one that wallets make over the same typed data."""

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from chain.signatures import binding_digest, binding_typed_data, recover

WALLET = Account.create()
PSEUDONYM = bytes(range(16))


@given(
    chain_id=st.integers(1, 2**53),
    account=st.binary(min_size=16, max_size=16),
    nonce=st.integers(0, 2**256 - 1),
    deadline=st.integers(0, 2**53),
)
def test_the_digest_is_that_of_the_typed_data(chain_id: int, account: bytes, nonce: int, deadline: int) -> None:
    binding = {"chain_id": chain_id, "account": account, "wallet": WALLET.address, "nonce": nonce, "deadline": deadline}
    message = encode_typed_data(full_message=binding_typed_data(**binding))
    signed = WALLET.sign_message(message)
    assert recover(binding_digest(**binding), bytes(signed.signature)) == WALLET.address


def test_every_field_is_signed() -> None:
    whole = {"chain_id": 31337, "account": PSEUDONYM, "wallet": WALLET.address, "nonce": 1, "deadline": 2}
    others = {"chain_id": 1, "account": bytes(16), "wallet": "0x" + "11" * 20, "nonce": 2, "deadline": 3}
    digests = {binding_digest(**(whole | {name: value})) for name, value in others.items()}
    digests.add(binding_digest(**whole))
    assert len(digests) == 6


def test_the_account_is_the_pseudonym_followed_by_zeros() -> None:
    data = binding_typed_data(chain_id=31337, account=PSEUDONYM, wallet=WALLET.address, nonce=1, deadline=2)
    assert data["message"]["account"] == "0x" + PSEUDONYM.hex() + "00" * 16
    assert data["domain"] == {"name": "Akashi", "version": "1", "chainId": 31337}
    with pytest.raises(ValueError, match="16 bytes"):
        binding_digest(chain_id=1, account=b"short", wallet=WALLET.address, nonce=1, deadline=2)
