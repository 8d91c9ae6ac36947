"""What the chain room does for the others: take a transaction, move all of them on, put the contract on the chain."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from eth_utils.address import to_checksum_address

from chain import deploying, deployment, events, keys, selectors
from chain.client import ChainClient
from chain.deployment import Deployment, Plan
from chain.errors import ChainUnavailable, NotDeployed, WrongChain
from chain.events import Kind
from chain.lock import alone
from chain.models import ChainHead, ChainTransaction
from chain.outbox import Pass

__all__ = ["ChainTransaction", "advance", "deploy_contracts", "enqueue"]

State = ChainTransaction.State
# How often the nodes of a public chain are asked: while something is on its way, and while nothing is.
BUSY, IDLE = timedelta(seconds=5), timedelta(seconds=30)
# Pauses and patience of a deployment, in seconds, on the embedded chain and on a public one.
_PAUSE, _PATIENCE = (0.1, 3.0), (60.0, 900.0)


def enqueue(*, key: str, to: str, data: bytes, gas_limit: int, now: datetime) -> ChainTransaction:
    """Ask for a transaction by the operator, inside the caller's transaction. `to` is empty for a deployment.

    Asking again with the same key gives the row that is there, whatever its state and data. Nothing is sent before
    `advance`. BadKey if the operator has no key yet.
    """
    row, _ = ChainTransaction.objects.get_or_create(
        key=key,
        defaults={
            "chain_id": settings.CHAIN_ID,
            "sender": keys.operator_address(),
            "to": to_checksum_address(to) if to else "",
            "data": data,
            "gas_limit": gas_limit,
            "created": now,
        },
    )
    return row


def advance(now: datetime) -> None:
    """Move every transaction of the outbox one step on. Call it often, from as many places as you like.

    One caller at a time works; the others return at once. It commits as it goes, so it must not be called inside a
    transaction. Raises ChainUnavailable, WrongChain or BadKey; what was done until then stays done.
    """
    _refuse_inside_transaction()
    with alone(f"chain {settings.CHAIN_ID}") as got:
        if got and _due(now):
            _pass(now)


def _refuse_inside_transaction() -> None:
    """RuntimeError inside a transaction: bytes that are sent before they are committed could be lost."""
    with transaction.atomic(durable=True):
        pass


def _due(now: datetime) -> bool:
    """The embedded chain always; a public one at intervals, for its nodes count our calls."""
    head = ChainHead.objects.filter(chain_id=settings.CHAIN_ID).first()
    rows = ChainTransaction.objects.filter(chain_id=settings.CHAIN_ID)
    if settings.CHAIN_EMBEDDED or head is None or rows.filter(state=State.QUEUED).exists():
        return True
    busy = rows.filter(state__in=[State.SIGNED, State.MINED]).exists()
    return now - head.seen >= (BUSY if busy else IDLE)


def _pass(now: datetime) -> None:
    try:
        Pass(ChainClient.from_settings(), now).run()
    except WrongChain:
        events.begin(Kind.WRONG_CHAIN, now)
        raise
    except ChainUnavailable:
        events.begin(Kind.UNAVAILABLE, now)
        raise
    _follow_deployment()
    events.end(now, Kind.UNAVAILABLE, Kind.WRONG_CHAIN)


def _follow_deployment() -> None:
    """A replayed or reorganised deployment stands in another block; whoever searches events begins there."""
    found = deployment.read()
    if not isinstance(found, Deployment):
        return
    row = ChainTransaction.objects.filter(attempts__hash=found.transaction).first()
    if row is not None and row.block_number is not None and row.block_number != found.block:
        deployment.write(replace(found, block=row.block_number, transaction=row.mined_hash))


# --- deployment ----------------------------------------------------------------------------------
def deploy_contracts(*, now: datetime, origin: str | None = None) -> Deployment:
    """Put CheckpointAnchor on the chain, or confirm that it is there. Safe to repeat, and to cut off anywhere.

    `origin` is the log's origin line; without it `LOG_ORIGIN`, or on the embedded chain a name made here, which the
    log then takes from `selectors.deployment().origin`. The deployment is a transaction of the outbox: on a chain that
    lost it, the same bytes with the same nonce put the same contract at the same address.

    Raises ForeignCode when other code stands at the known address, NotDeployed when nothing does and the outbox cannot
    help, WrongChain, ChainUnavailable, BadKey.
    """
    planned = deploying.plan(origin)
    client = ChainClient.from_settings()
    if isinstance(planned, Deployment):
        return _confirmed(planned, client, now)
    row = enqueue(
        key=_deployment_key(planned),
        to="",
        data=deploying.creation_data(planned),
        gas_limit=deploying.GAS_LIMIT,
        now=now,
    )
    _advance_until(now, lambda: _state(row.key) in {State.MINED, State.FINAL, State.FAILED})
    sent = selectors.transaction(row.key)
    if sent is None or sent.block_number is None or sent.state == State.FAILED:
        raise NotDeployed(_why_not(row.key))
    found = deploying.completed(planned, client, sent)
    deployment.write(found)
    return found


def _confirmed(found: Deployment, client: ChainClient, now: datetime) -> Deployment:
    """The deployment, its code compared; replayed first if the chain does not have it."""
    if not client.code(found.anchor_address):
        row = ChainTransaction.objects.filter(attempts__hash=found.transaction).first()
        if row is None:
            raise NotDeployed(
                f"There is no contract at {found.anchor_address} on chain {found.chain_id}, and the database holds no "
                f"transaction that would put it there. Restore the database, or begin a new log without "
                f"{settings.DEPLOYMENT_FILE}."
            )
        _advance_until(now, lambda: bool(client.code(found.anchor_address)))
    deploying.verify(found, found.anchor_address, client.code(found.anchor_address))
    return deployment.current()


def _deployment_key(planned: Plan) -> str:
    """The key of the deployment that is on its way, or of a new one if all before it failed."""
    key, number = deploying.key_of(planned), 1
    while _state(key) == State.FAILED:
        number += 1
        key = f"{deploying.key_of(planned)}:{number}"
    return key


def _state(key: str) -> str:
    found = selectors.transaction(key)
    return found.state if found else ""


def _advance_until(now: datetime, done: Callable[[], bool]) -> None:
    """Advance until something is done or patience ends. Another process may be the one whose passes do it."""
    started, public = time.monotonic(), not settings.CHAIN_EMBEDDED
    while (elapsed := time.monotonic() - started) < _PATIENCE[public]:
        advance(now + timedelta(seconds=elapsed))
        if done():
            return
        time.sleep(_PAUSE[public])


def _why_not(key: str) -> str:
    found, account = selectors.transaction(key), selectors.operator_address()
    if found is None or not found.error:
        return f"The deployment by {account} is not mined yet; run the command again."
    return f"The deployment by {account} failed: {found.error}"
