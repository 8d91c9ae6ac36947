"""What accounts do: register, change themselves, make and revoke tokens."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from hub.accounts.models import Account, ApiToken
from hub.accounts.reserved import check_handle
from hub.errors import Conflict, Invalid, NotFound
from hub.events import record, refuse_erased

TOKEN_PREFIX = "akashi_"  # noqa: S105 (not a secret: how every token begins)
TOKEN_BYTES = 32
MOST_TOKENS = 50
# `last_used` is for people; it is written at most this often.
LAST_USED_STEP = timedelta(minutes=1)
THEMES = ("", "light", "dark")


def register_account(
    *, handle: str, password: str | None, email: str = "", language: str = "", now: datetime
) -> Account:
    """Make a person's account and its entry `account.registered`, both or neither.

    Without a password nobody can sign in by one. Raises `Invalid` for a handle that cannot be, `Conflict` for one that
    somebody has.
    """
    check_handle(handle)
    moment = to_milliseconds(now)
    account = Account(username=handle, email=email, language=language, date_joined=moment)
    account.set_password(password)
    with transaction.atomic():
        _insert(account)
        record(
            "account.registered",
            subject=account.actor,
            actor=account,
            data={},
            details={"handle": {"handle": handle}},
            now=moment,
        )
    return account


def _insert(account: Account) -> None:
    try:
        with transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("Somebody already has this handle.")) from error


def to_milliseconds(now: datetime) -> datetime:
    """As exact as the log is, so that a column can be compared with its entry."""
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def change_profile(account: Account, *, display_name: str, bio: str) -> None:
    """What others read on the account's page. Not in the log."""
    account.display_name = _fitting("display_name", display_name, 80)
    account.bio = _fitting("bio", bio, 280)
    with transaction.atomic():
        refuse_erased(account)
        account.save(update_fields=["display_name", "bio"])


def change_preferences(account: Account, *, language: str, theme: str, key_shortcuts: bool) -> None:
    """How the site looks to its owner; an empty language or theme follows the browser."""
    if language and language not in dict(settings.LANGUAGES):
        raise Invalid("language", _("The site does not speak this language."))
    if theme not in THEMES:
        raise Invalid("theme", _("Choose light, dark or as the device."))
    account.language, account.theme, account.key_shortcuts = language, theme, key_shortcuts
    account.save(update_fields=["language", "theme", "key_shortcuts"])


def _fitting(field: str, text: str, most: int) -> str:
    text = text.strip()
    if len(text) > most:
        raise Invalid(field, _("At most %(most)d characters.") % {"most": most})
    if "\x00" in text:
        raise Invalid(field, _("This contains a character that cannot be stored."))
    return text


# --- tokens --------------------------------------------------------------------------------------
def token_digest(plaintext: str) -> str:
    """How a token is kept: 256 random bits need no salt."""
    return hashlib.sha256(plaintext.encode("utf-8", "surrogateescape")).hexdigest()


def create_token(
    account: Account, name: str, scope: str, now: datetime, expires: datetime | None = None
) -> tuple[ApiToken, str]:
    """A new token and its only appearance in the clear. `scope` is `read` or `write`."""
    name = _fitting("name", name, 80)
    if not name:
        raise Invalid("name", _("Say what the token is for."))
    if scope not in {"read", "write"}:
        raise Invalid("scope", _("A token may read, or read and write."))
    if expires is not None and expires <= now:
        raise Invalid("expires", _("The end lies in the past."))
    plaintext = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=account.pk)
        refuse_erased(account)
        if account.tokens.filter(revoked__isnull=True).count() >= MOST_TOKENS:
            raise Conflict(_("You have %(most)d tokens. Revoke one first.") % {"most": MOST_TOKENS})
        token = ApiToken.objects.create(
            account=account,
            name=name,
            digest=token_digest(plaintext),
            prefix=plaintext[:12],
            scope=scope,
            created=now,
            expires=expires,
        )
    return token, plaintext


def revoke_token(account: Account, token_id: int, now: datetime) -> None:
    """From now on the token opens nothing. Revoking twice changes nothing; raises `NotFound` for another's token."""
    if not ApiToken.objects.filter(account=account, pk=token_id).exists():
        raise NotFound(_("You have no such token."))
    ApiToken.objects.filter(account=account, pk=token_id, revoked__isnull=True).update(revoked=now)


def use_token(plaintext: str, now: datetime) -> ApiToken | None:
    """The token with this text and its account; None when it is unknown, revoked, expired or its account closed."""
    if not plaintext.startswith(TOKEN_PREFIX):
        return None
    token = (
        ApiToken.objects.select_related("account").filter(digest=token_digest(plaintext), revoked__isnull=True).first()
    )
    if token is None or not token.account.is_active or (token.expires is not None and token.expires <= now):
        return None
    if token.last_used is None or token.last_used < now - LAST_USED_STEP:
        ApiToken.objects.filter(pk=token.pk).update(last_used=now)
    return token


def authenticate_token(plaintext: str, now: datetime) -> tuple[Account, str] | None:
    """Whose token it is and what it may do (`read` or `write`), or None."""
    token = use_token(plaintext, now)
    return (token.account, token.scope) if token else None
