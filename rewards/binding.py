"""Binding a wallet to an account: once, signed by the wallet, in the log for good.

The wallet signs the EIP-712 message `WalletBinding`, which names the account by its pseudonym, so nobody can bind a wallet
that is not his, and no signature serves another account. The log commits to the signed text; it becomes public with the
first epoch that pays the account, and then anybody can check who asked for the money to go there.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from chain import signatures
from hub import events
from hub.accounts.reviewers import lock
from hub.accounts.services import to_milliseconds
from hub.errors import Conflict, Invalid, NotAllowed
from rewards import bindings
from rewards.bindings import GROUP, SignedBinding
from rewards.errors import BindingRefused
from rewards.models import WalletBinding
from rewards.words import ORDINARY_KEY

if TYPE_CHECKING:
    from hub.accounts.models import Account

# How long a prepared message can be signed and sent.
SIGNABLE = timedelta(hours=1)
# 0x and the 65 bytes of r ‖ s ‖ v. What is longer was made by a contract, for a contract to check.
_SIGNATURE_LENGTH = 132


def start_binding(account: "Account", wallet: str, now: datetime) -> dict[str, Any]:
    """What the wallet has to sign, as `eth_signTypedData_v4` takes it; its nonce and deadline go into `bind_wallet`.

    `wallet` is 0x hex. Nothing is stored. Raises as `bind_wallet` does where it can be known already.
    """
    nonce = next_nonce(account)
    _refuse_known(account, wallet.lower())
    return signatures.binding_typed_data(
        chain_id=settings.CHAIN_ID,
        account=bytes.fromhex(account.pseudonym),
        wallet=wallet.lower(),
        nonce=nonce,
        deadline=int((now + SIGNABLE).timestamp()),
    )


def next_nonce(account: "Account") -> int:
    """The nonce that the account's next binding has to carry."""
    return WalletBinding.objects.filter(account=account).count() + 1


def bind_wallet(
    *, account: "Account", wallet: str, nonce: int, deadline: int, signature: str, now: datetime
) -> WalletBinding:
    """Bind the wallet that signed to the account, with its entry `wallet.bound`. `wallet` and `signature` are 0x hex.

    Raises `Invalid` at the field for a signature that is not the wallet's own, came too late or is of an older page, `Conflict`
    when the account has a wallet or the wallet another account, `NotAllowed` for a closed account or an organisation.
    """
    signed = SignedBinding(
        account.pseudonym, wallet.lower(), settings.CHAIN_ID, nonce, deadline, _canonical(signature.lower())
    )
    _check_form(signed)
    moment, text = to_milliseconds(now), bindings.text(signed)
    with transaction.atomic():
        owner = lock(account)
        if owner.kind != "person" or not owner.is_active:
            raise NotAllowed(_("Only a person with an open account can bind a wallet."))
        _refuse_known(owner, signed.wallet)
        _check(owner, signed, moment)
        entry = events.record(
            "wallet.bound", subject=owner.actor, actor=owner, data={}, details={GROUP: {GROUP: text}}, now=moment
        )
        row = WalletBinding(account=owner, wallet=signed.wallet, nonce=nonce, message=text, bound=moment, entry=entry)
        return _inserted(row)


def _inserted(row: WalletBinding) -> WalletBinding:
    """Saved, unless somebody bound the same wallet at the same moment and was faster."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise _taken() from None
    return row


def _canonical(signature: str) -> str:
    """With v as 27 or 28; some wallets give the parity alone."""
    end = {"00": "1b", "01": "1c"}.get(signature[-2:], signature[-2:])
    return signature[:-2] + end


def _refuse_known(account: "Account", wallet: str) -> None:
    if WalletBinding.objects.filter(account=account).exists():
        raise Conflict(_("A wallet is bound to this account already. A binding cannot be changed."))
    if WalletBinding.objects.filter(wallet=wallet).exists():
        raise _taken()


def _taken() -> Conflict:
    return Conflict(_("This wallet is bound to another account already."))


def _check_form(signed: SignedBinding) -> None:
    if len(signed.signature) > _SIGNATURE_LENGTH:
        raise Invalid("signature", str(ORDINARY_KEY))
    try:
        bindings.text(signed)
    except BindingRefused as error:
        raise Invalid("signature", _("The wallet did not answer with a signature. Please try again.")) from error


def _check(account: "Account", signed: SignedBinding, now: datetime) -> None:
    if signed.deadline < now.timestamp():
        raise Invalid("deadline", _("The message was signed too late. Load this page again and sign a new one."))
    # The text that stays public names the deadline: one far away would let the signature be used long after.
    if signed.nonce != next_nonce(account) or signed.deadline > (now + 2 * SIGNABLE).timestamp():
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
