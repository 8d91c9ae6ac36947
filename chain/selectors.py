"""What the chain room knows. Reads of the database and of the deployment file, except `chain_facts`, which asks a node."""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery

from chain import calls, events, keys
from chain import deployment as deployment_file
from chain.client import ChainClient
from chain.decoding import AnchorCall, Called, anchor_call
from chain.deployment import Deployment, DistributionDeployment
from chain.models import Attempt, ChainEvent, ChainTransaction
from chain.records import ChainFacts, EventView, TransactionView

__all__ = [
    "AnchorCall",
    "Called",
    "Deployment",
    "DistributionDeployment",
    "anchor_call",
    "chain_facts",
    "confirmations_needed",
    "deployment",
    "is_embedded",
    "last_replay",
    "operator_address",
    "recent_events",
    "transaction",
    "transactions",
    "unsettled",
]


def transaction(key: str) -> TransactionView | None:
    """The transaction that was enqueued under this key; None if none was."""
    return transactions([key]).get(key)


def transactions(keys: Iterable[str]) -> dict[str, TransactionView]:
    """Transactions by key, in one query; keys that were never enqueued are missing."""
    return {view.key: view for view in _views(ChainTransaction.objects.filter(key__in=list(keys)))}


def unsettled(prefix: str = "") -> list[TransactionView]:
    """Transactions that are neither final nor failed, in the order they were enqueued, of keys with this prefix.

    Whoever keeps a copy of a transaction's state looks here too: a reorganisation brings back one that was final.
    """
    closed = [ChainTransaction.State.FINAL, ChainTransaction.State.FAILED]
    return _views(ChainTransaction.objects.exclude(state__in=closed).filter(key__startswith=prefix).order_by("id"))


def _views(rows: QuerySet[ChainTransaction]) -> list[TransactionView]:
    newest = Attempt.objects.filter(transaction=OuterRef("pk")).order_by("-id").values("hash")[:1]
    return [_view(row, row.newest_hash or "") for row in rows.annotate(newest_hash=Subquery(newest))]


def _view(row: ChainTransaction, newest_hash: str) -> TransactionView:
    return TransactionView(
        key=row.key,
        state=row.state,
        hash=row.mined_hash or newest_hash,
        nonce=row.nonce,
        block_number=row.block_number,
        block_hash=row.block_hash,
        confirmations=row.confirmations,
        needed=confirmations_needed(),
        gas_used=row.gas_used,
        error=row.error,
        created=row.created,
    )


def deployment() -> Deployment:
    """Where the contract stands: chain_id, anchor_address, deployer, block, transaction, origin (the log's origin line),
    origin_hash, rotation_key, delay, and `distribution`: where distributor and token stand and with what they were made,
    None before `deploy_distribution` is through. NotDeployed before `deploy_contracts` is.
    """
    return deployment_file.current()


def is_embedded() -> bool:
    """Whether the chain is the hub's own: it then shows the mechanism, not the guarantee."""
    return bool(settings.CHAIN_EMBEDDED)


def confirmations_needed() -> int:
    """Blocks, the transaction's own included, after which it counts as final."""
    return int(settings.CONFIRMATIONS)


def operator_address() -> str:
    """The checksummed address that anchors and signs heads; BadKey before the key exists."""
    return keys.operator_address()


def recent_events(count: int = 20) -> list[EventView]:
    """What happened to the chain, the newest first, what still lasts before everything else."""
    rows = ChainEvent.objects.exclude(kind=events.Kind.REPLAYED).order_by("-time", "-id")
    lasting = list(rows.filter(ended=None)[:count])
    over = list(rows.exclude(ended=None)[: count - len(lasting)])
    return [events.described(event) for event in [*lasting, *over]]


def last_replay() -> EventView | None:
    """What the last replay of the whole chain found; None before the first. It lasts (`ended` None) if anything differed."""
    row = ChainEvent.objects.filter(kind=events.Kind.REPLAYED).order_by("-id").first()
    return None if row is None else events.described(row)


def chain_facts() -> ChainFacts:
    """The chain as a node tells it now. Raises this room's errors when none answers or nothing is deployed."""
    here, client = deployment(), ChainClient.from_settings()
    latest, operator = client.latest(), operator_address()
    return ChainFacts(
        chain_id=here.chain_id,
        embedded=is_embedded(),
        block_number=latest.number,
        block_time=datetime.fromtimestamp(latest.time, UTC),
        contract=here.anchor_address,
        operator=operator,
        current_operator=calls.read_operator(),
        rotation_key=here.rotation_key,
        rotation_delay=here.delay,
        balance=client.balance(operator),
        head=calls.read_head(),
        confirmations_needed=confirmations_needed(),
        waiting=len(unsettled()),
    )
