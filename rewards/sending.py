"""Asks the outbox for the pipeline's transactions: one at a time for each purpose, again under a new key when one failed."""

from datetime import datetime, timedelta

from chain import selectors as chain
from chain import services as chain_services

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)


def send(name: str, *, to: str, data: bytes, gas_limit: int, now: datetime) -> str:
    """Make sure that a transaction for this purpose is under way or done; returns the key of the newest.

    One that failed is asked for again after a pause that grows, because what refused it may pass.
    """
    key, tries = name, 1
    while (found := chain.transaction(key)) is not None:
        if found.state != "failed" or now < found.created + _pause(tries):
            return key
        tries += 1
        key = f"{name}:{tries}"
    chain_services.enqueue(key=key, to=to, data=data, gas_limit=gas_limit, now=now)
    return key


def _pause(tries: int) -> timedelta:
    factor: int = 4 ** min(tries - 1, 8)
    return min(_FIRST_PAUSE * factor, _LONGEST_PAUSE)
