"""Take one's data away, and erase an account: what is personal goes, what the log holds stays."""

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.translation import gettext as _

from hub.accounts import mail_files, own_data
from hub.accounts.models import Account
from hub.accounts.reserved import tombstone
from hub.accounts.services import to_milliseconds
from hub.errors import Conflict
from hub.events import record
from ledger import selectors as ledger_selectors
from ledger import services as ledger
from ledger.records import EntryView
from web import idempotency

FORMAT = "akashi-account/1"
PUBLIC_FOR_GOOD = frozenset({"wallet.bound"})
TOKEN_FIELDS = ("name", "prefix", "scope", "created", "expires", "last_used", "revoked")


def erase_account(account: Account, now: datetime) -> None:
    """Close the account and destroy what is personal: handle, e-mail, profile, password, sessions, tokens, and the details
    of every entry about it. The pseudonym's entries stay, and every proof of them still verifies. So does a wallet that
    was bound: rewards are computed from it again by anybody, which was said before it was bound.

    What the account has begun and not ended yet is waited for, and goes with the rest, or is refused (`events.record`).
    The entry `account.erased` is recorded in the same transaction. Raises `Conflict` if it is erased already.
    """
    moment = to_milliseconds(now)
    with transaction.atomic():
        locked = _lock(account)
        if locked.erased is not None:
            raise Conflict(_("This account is erased already."))
        record("account.erased", subject=locked.actor, actor=locked, data={}, now=moment)
        _erase(locked, moment)
    account.refresh_from_db()


def restore(told: EntryView) -> bool:
    """Erase again whom an entry `account.erased` speaks of, after an older backup was restored. True if it was back."""
    account = Account.objects.filter(pseudonym=told.subject.removeprefix("acct:"), erased__isnull=True).first()
    if account is None:
        return False
    with transaction.atomic():
        _erase(_lock(account), told.time)
    return True


def _erase(account: Account, moment: datetime) -> None:
    """Everything but the entry, on an account that is locked."""
    addresses, handle = _addresses(account), account.username
    own_data.erase(account, moment)
    _forget_person(account, moment)
    _forget_details(account)
    _forget_answers(account, handle)
    transaction.on_commit(lambda: mail_files.forget(addresses), robust=True)


def _forget_answers(account: Account, handle: str) -> None:
    """Answers that were kept for it, and what others were answered about it: as an account, or in an address."""
    idempotency.forget(account.pk)
    for words in (account.pseudonym, f'"{handle}"', f"/{handle}/", f'/{handle}"'):
        idempotency.blank(containing=words)


def _addresses(account: Account) -> set[str]:
    """Where letters to this account may have gone."""
    found = {account.email, *EmailAddress.objects.filter(user=account).values_list("email", flat=True)}
    return {address for address in found if address}


def _lock(account: Account) -> Account:
    """The account as it is now, locked until the transaction ends.

    There is one order of locks: repositories, contributions, uploads, accounts. Services lock what they change in it and
    come to the account of who acts last; so does this, or the two would wait for each other.
    """
    own_data.lock(account)
    return Account.objects.select_for_update().get(pk=account.pk)


def _forget_person(account: Account, now: datetime) -> None:
    account.username = tombstone(account.pseudonym)
    account.email = account.display_name = account.bio = account.language = account.theme = ""
    account.last_login = None
    account.is_active = account.hub_reviewer = account.moderator = False
    account.is_staff = account.is_superuser = False
    account.key_shortcuts = True
    account.erased = now
    account.set_unusable_password()
    account.save()
    account.tokens.all().delete()
    EmailAddress.objects.filter(user=account).delete()
    _end_sessions(account)


def _end_sessions(account: Account) -> None:
    """Sessions remember how somebody signed in, by name; so they go too, not only their validity."""
    mine = [
        session.session_key
        for session in Session.objects.iterator(chunk_size=1000)
        if str(session.get_decoded().get(SESSION_KEY, "")) == str(account.pk)
    ]
    Session.objects.filter(session_key__in=mine).delete()


def _forget_details(account: Account) -> None:
    for entry in ledger_selectors.entries_with_subject(account.actor):
        for group in () if entry.type in PUBLIC_FOR_GOOD else entry.digests:
            ledger.erase_details(entry.uid, group)


def export_account(account: Account) -> dict[str, Any]:
    """Everything the hub keeps about an account, as JSON values: its own tables, other features' parts, its entries."""
    return {
        "format": FORMAT,
        "account": _profile(account),
        "email_addresses": [
            {"email": address.email, "verified": address.verified, "primary": address.primary}
            for address in EmailAddress.objects.filter(user=account).order_by("pk")
        ],
        "tokens": list(account.tokens.order_by("pk").values(*TOKEN_FIELDS)),
        "memberships": [
            {"organisation": organisation, "role": role}
            for organisation, role in account.memberships.order_by("pk").values_list("organisation__username", "role")
        ],
        **own_data.export(account),
        "entries": [_entry(entry) for entry in ledger_selectors.entries_by_actor(account.actor)],
    }


def _profile(account: Account) -> dict[str, Any]:
    fields = ("kind", "pseudonym", "email", "display_name", "bio", "language", "theme", "key_shortcuts")
    times = {"registered": account.date_joined, "last_sign_in": account.last_login}
    return {"handle": account.username, **{name: getattr(account, name) for name in fields}, **times}


def _entry(entry: EntryView) -> dict[str, Any]:
    return {
        "uid": entry.uid,
        "leaf_index": entry.leaf_index,
        "entry": entry.body.decode(),
        "details": {group: dict(body) for group, body in entry.details.items()},
    }
