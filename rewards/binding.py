"""Binding a wallet to an account: once, signed by the wallet, in the log for good."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from chain import signatures
from hub import events
from hub.errors import Conflict, Invalid
from rewards import bindings
from rewards.bindings import GROUP, SignedBinding
from rewards.errors import BindingRefused
from rewards.models import WalletBinding

if TYPE_CHECKING:
    from hub.accounts.models import Account


def next_nonce(account: "Account") -> int:
    """The nonce that the account's next binding has to carry."""
    return WalletBinding.objects.filter(account=account).count() + 1


def bind_wallet(
    *, account: "Account", wallet: str, nonce: int, deadline: int, signature: str, now: datetime
) -> WalletBinding:
    """Bind the wallet that signed to the account, with its entry. `wallet` and `signature` are lower-case 0x hex.

    Raises `Invalid` for a signature that is not the wallet's or came too late, `Conflict` when the account has a wallet or
    the wallet another account.
    """
    signed = SignedBinding(account.pseudonym, wallet, settings.CHAIN_ID, nonce, deadline, _canonical(signature))
    _check(account, signed, now)
    text = bindings.text(signed)
    try:
        with transaction.atomic():
            entry = events.record(
                "wallet.bound",
                subject=account.actor,
                actor=account,
                data={},
                details={GROUP: {GROUP: text}},
                now=now,
            )
            return WalletBinding.objects.create(
                account=account, wallet=wallet, nonce=nonce, message=text, bound=now, entry=entry
            )
    except IntegrityError as error:
        raise Conflict(_("This account has a wallet already, or the wallet another account.")) from error


def _canonical(signature: str) -> str:
    """With v as 27 or 28; some wallets give the parity alone."""
    end = {"00": "1b", "01": "1c"}.get(signature[-2:], signature[-2:])
    return signature[:-2] + end


def _check(account: "Account", signed: SignedBinding, now: datetime) -> None:
    try:
        bindings.text(signed)
    except BindingRefused as error:
        raise Invalid("signature", _("The wallet did not answer with a signature. Please try again.")) from error
    if signed.deadline < now.timestamp():
        raise Invalid("deadline", _("The message was signed too late. Load this page again and sign a new one."))
    if signed.nonce != next_nonce(account):
        raise Invalid("nonce", _("The message is from an older page. Load this page again and sign a new one."))
    digest = signatures.binding_digest(
        chain_id=signed.chain_id,
        account=bytes.fromhex(signed.account),
        wallet=signed.wallet,
        nonce=signed.nonce,
        deadline=signed.deadline,
    )
    try:
        signer = signatures.recover(digest, bytes.fromhex(signed.signature[2:]))
    except ValueError as error:
        raise Invalid("signature", _("This is no signature of that wallet.")) from error
    if signer.lower() != signed.wallet:
        raise Invalid("signature", _("This is no signature of that wallet."))
