"""Browsers of the tests, and counters that begin at nought."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from hub.accounts.models import Account


@pytest.fixture(autouse=True)
def _no_attempts_yet() -> None:
    """Sign-in attempts are counted in the cache, which outlives a test."""
    cache.clear()


@pytest.fixture
def browser(client: Client) -> Callable[[Account], Client]:
    """A browser in which the account is signed in."""

    def signed_in(account: Account) -> Client:
        client.force_login(account)
        return client

    return signed_in
