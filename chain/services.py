"""What the chain room does for the others: take a transaction, move all of them on, put the contracts on the chain."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from eth_utils.address import to_checksum_address

from chain import calls, deploying, deployment, distributor, events, keys, mining, selectors
from chain.client import ChainClient
from chain.deployment import Deployment, DistributionDeployment
from chain.errors import ChainError, ChainUnavailable, NotDeployed, WrongChain
from chain.events import Kind
from chain.lock import alone
from chain.models import ChainHead, ChainTransaction
from chain.outbox import Pass
from chain.records import TransactionView

__all__ = [
    "ChainTransaction",
    "advance",
    "deploy_contracts",
    "deploy_distribution",
    "enqueue",
    "give_gas",
    "note_replay",
]

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
    if isinstance(found, Deployment) and _followed(found) != found:
        deployment.change(_followed)


def _followed(found: Deployment) -> Deployment:
    """The deployment with the blocks in which its transactions stand now."""
    made = found.distribution
    if made is not None:
        transaction_hash, block = _stands(made.transaction, made.block)
        made = replace(made, transaction=transaction_hash, block=block)
    transaction_hash, block = _stands(found.transaction, found.block)
    return replace(found, transaction=transaction_hash, block=block, distribution=made)


def _stands(transaction_hash: str, block: int) -> tuple[str, int]:
    """Hash and block of a deployment's transaction as the outbox knows them; as given where it does not."""
    row = ChainTransaction.objects.filter(attempts__hash=transaction_hash).first()
    if row is None or row.block_number is None or row.block_number == block:
        return transaction_hash, block
    return row.mined_hash, row.block_number


def note_replay(now: datetime, *, first: int, last: int, transactions: int, differences: int) -> None:
    """Keep what a replay of the blocks `first` to `last` found, for `/status` and the figures."""
    facts = {"first": first, "last": last, "transactions": transactions, "differences": differences}
    events.note_replay(now, facts)


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
        _replayed(planned.anchor_address, planned.transaction, client, now)
        deploying.verify(planned, planned.anchor_address, client.code(planned.anchor_address))
        if keys.operator_address() != planned.deployer and planned.deployer not in planned.retired:
            # The file is older than a rotation: it came from a backup.
            remember_operators(keys.operator_address())
        return deployment.current()
    sent = _sent(deploying.key_of(planned), deploying.creation_data(planned), deploying.GAS_LIMIT, now)
    found = deploying.completed(planned, client, sent)
    deployment.write(found)
    return found


def deploy_distribution(*, first_policy: bytes, now: datetime) -> DistributionDeployment:
    """Put EpochDistributor, which makes its token, on the chain, or confirm that both are there. Safe to repeat, and to
    cut off anywhere; the anchor's deployment comes first.

    `first_policy` is the hash of the rules from epoch 0 on. It, the settings and the beginning of epoch 0 are written
    down before anything is sent; later calls find them there and take nothing from their arguments.

    Raises as `deploy_contracts` does.
    """
    client, made = ChainClient.from_settings(), deployment.current().distribution
    if made is None:
        planned = distributor.plan(first_policy, now)
        key = distributor.key_of(deployment.current().origin)
        sent = _sent(key, distributor.creation_data(planned), distributor.GAS_LIMIT, now)
        made = distributor.completed(planned, client, sent)
        deployment.change(lambda here: replace(here, distribution=made))
    else:
        _replayed(made.distributor_address, made.transaction, client, now)
        distributor.verify(made, client)
    return deployment.current_distribution()


def _sent(base_key: str, data: bytes, gas_limit: int, now: datetime) -> TransactionView:
    """A deployment, asked for and mined. NotDeployed if that did not come about."""
    row = enqueue(key=_deployment_key(base_key), to="", data=data, gas_limit=gas_limit, now=now)
    _advance_until(now, lambda: _state(row.key) in {State.MINED, State.FINAL, State.FAILED})
    sent = selectors.transaction(row.key)
    if sent is None or sent.block_number is None or sent.state == State.FAILED:
        raise NotDeployed(_why_not(row.key))
    return sent


def remember_operators(present: str) -> None:
    """Write down every operator that the contract had before the present one. Searches the chain from the deployment on."""
    retired = tuple(address for address in calls.operators_ever() if address != present)
    deployment.change(lambda before: replace(before, retired=retired))


def send_now(*, key: str, to: str, data: bytes, gas_limit: int, now: datetime) -> None:
    """Ask for a transaction by the operator and wait for its block. ChainError if it fails or does not come in time.

    A key whose transaction failed before is asked for again under the next number.
    """
    row = enqueue(key=_deployment_key(key), to=to, data=data, gas_limit=gas_limit, now=now)
    _advance_until(now, lambda: _state(row.key) in {State.MINED, State.FINAL, State.FAILED})
    sent = selectors.transaction(row.key)
    if sent is None or sent.state == State.FAILED:
        raise ChainError(f"the transaction {row.key} failed: {sent.error if sent else 'it is gone'}")
    if sent.block_number is None:
        raise ChainError(f"the transaction {row.key} is on its way; run the command again")


def _replayed(address: str, transaction_hash: str, client: ChainClient, now: datetime) -> None:
    """A contract that the chain lost is put back by the outbox; NotDeployed if that cannot help."""
    if client.code(address):
        return
    if not ChainTransaction.objects.filter(attempts__hash=transaction_hash).exists():
        raise NotDeployed(
            f"There is no contract at {address} on chain {client.chain_id}, and the database holds no "
            f"transaction that would put it there. Restore the database, or begin a new log without "
            f"{settings.DEPLOYMENT_FILE}."
        )
    _advance_until(now, lambda: bool(client.code(address)))


def _deployment_key(base: str) -> str:
    """The key of the deployment that is on its way, or of a new one if all before it failed."""
    key, number = base, 1
    while _state(key) == State.FAILED:
        number += 1
        key = f"{base}:{number}"
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


# --- gas on the embedded chain -------------------------------------------------------------------
def give_gas(address: str) -> bool:
    """On the embedded chain, give a wallet that has no coin enough for some hundred claims; whether it got any.

    Elsewhere nothing happens: there coins cost something, and claims by relay need none. What was given is on disk
    before return. Ask for wallets of members only: each gift is a snapshot.
    """
    if not settings.CHAIN_EMBEDDED:
        return False
    client = ChainClient.from_settings()
    given = mining.drip(client, to_checksum_address(address))
    if given:
        mining.save(client)
    return given
