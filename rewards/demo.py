"""The demo's last part: two of its people bind wallets made for them, an epoch pays, and one of them claims.

The pipeline does the epoch, as it does every other; here somebody only waits for it. The third person has no wallet, so
that credit waits. Everything is decided from what is there, so that an interrupted run can go on.
"""

import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from eth_keys.datatypes import PrivateKey

from chain import signatures
from hub.accounts import selectors as accounts
from hub.accounts.models import Account
from hub.demo import accounts_file
from rewards import binding, claims, contract, reading
from rewards.calculation import Terms

BOUND = ("contributor", "maintainer")
CLAIMING = "contributor"
SIGNABLE = timedelta(hours=1)
# Epochs, each with its window, within which the work is paid unless something stops the pipeline.
PATIENCE = 3
PAUSE = 2.0  # seconds
Clock = Callable[[], datetime]
Report = Callable[[str], None]


class NotPaid(Exception):
    """No epoch has paid in time; the pages of rewards say what stops it. The next start waits again."""


def bind_wallets(clock: Clock, report: Report) -> None:
    """Binds wallets whose keys are kept beside the passwords, before anything is signed with them."""
    for handle in BOUND:
        account = accounts.account_by_handle(handle)
        if reading.standing(account.pk, account.pseudonym).binding is None:
            report(_("Demo content: binding a wallet for %(name)s …") % {"name": handle})
            _bind(account, _key(handle), clock())


def wait_and_claim(clock: Clock, report: Report, sleep: Callable[[float], None] = time.sleep) -> None:
    """Returns once a claim is asked for, which the hub then sends. Raises `NotPaid`."""
    terms = contract.terms()
    pause = timedelta(seconds=terms.epoch_seconds + settings.WINDOW_SECONDS)
    ends, said = clock() + PATIENCE * pause + timedelta(minutes=5), ""
    while not claim(clock()):
        if clock() > ends:
            raise NotPaid("No epoch has paid the demo's works yet; /rewards says why.")
        words = _words(terms, clock())
        if words != said:
            report(words)
            said = words
        sleep(PAUSE)


def claim(now: datetime) -> bool:
    """Ask for the claim if there is one to make; whether that is done."""
    account = accounts.account_by_handle(CLAIMING)
    standing = reading.standing(account.pk, account.pseudonym)
    if standing.asked is None and standing.claimable_wei > 0:
        claims.ask_for_relay(account=account, now=now)
        return True
    return standing.asked is not None or standing.claimed_wei > 0


def _words(terms: Terms, now: datetime) -> str:
    """What is waited for."""
    account = accounts.account_by_handle(CLAIMING)
    if reading.standing(account.pk, account.pseudonym).coming_wei:
        return _("Demo content: an epoch is computed and public; one claim is made when its window is over.")
    running = contract.running(terms, now)
    minutes = -(-int((contract.begins(terms, running + 1) - now).total_seconds()) // 60)
    return _("Demo content: complete. Its works are paid after epoch %(n)d, which ends within %(minutes)d min.") % {
        "n": running,
        "minutes": minutes,
    }


def _key(handle: str) -> PrivateKey:
    """The key of a person's wallet: the one that is kept, or a new one, kept first."""
    name = f"{handle}-wallet-key"
    kept = accounts_file.read().get(name)
    if kept is None:
        key = PrivateKey(secrets.token_bytes(32))
        address = key.public_key.to_checksum_address()
        accounts_file.add({f"{handle}-wallet": address, name: key.to_hex()})
        return key
    return PrivateKey(bytes.fromhex(kept.removeprefix("0x")))


def _bind(account: Account, key: PrivateKey, now: datetime) -> None:
    wallet = key.public_key.to_address()
    nonce, deadline = binding.next_nonce(account), int((now + SIGNABLE).timestamp())
    digest = signatures.binding_digest(
        chain_id=settings.CHAIN_ID, account=bytes.fromhex(account.pseudonym), wallet=wallet, nonce=nonce, deadline=deadline
    )  # fmt: skip
    signature = "0x" + signatures.join(key.sign_msg_hash(digest)).hex()
    binding.bind_wallet(account=account, wallet=wallet, nonce=nonce, deadline=deadline, signature=signature, now=now)
