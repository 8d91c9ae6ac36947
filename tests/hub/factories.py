"""People and things for tests, made by the real services."""

import secrets
from datetime import UTC, datetime

from hub.accounts.models import Account
from hub.accounts.services import create_token, register_account

PASSWORD = "a long and plain sentence"
NOW = datetime(2026, 11, 17, 9, 41, 7, 412000, tzinfo=UTC)


def make_account(handle: str = "", *, email: str = "", password: str = PASSWORD, now: datetime = NOW) -> Account:
    """A registered person; without a handle, one with a handle that nobody else has."""
    return register_account(handle=handle or f"person-{secrets.token_hex(4)}", email=email, password=password, now=now)


def make_token(account: Account, scope: str = "write", *, now: datetime = NOW) -> str:
    """The text of a new API token."""
    _token, plaintext = create_token(account, "tests", scope, now)
    return plaintext
