"""What this room tells the others about transactions, the chain and what happened to it."""

from dataclasses import dataclass
from datetime import datetime

from chain.calls import AnchoredHead


@dataclass(frozen=True)
class TransactionView:
    """A transaction of the outbox.

    `state` is queued (no nonce yet), signed (on its way), mined (not deep enough), final, or failed (`error` says why).
    A reorganisation or a chain that lost blocks turns mined and even final back into signed. `hash` is that of the
    mined form, else of the newest signed one, else empty. `confirmations` counts the transaction's own block.
    """

    key: str
    state: str
    hash: str
    nonce: int | None
    block_number: int | None
    block_hash: str
    confirmations: int
    needed: int
    gas_used: int | None
    error: str
    created: datetime


@dataclass(frozen=True)
class EventView:
    """Something that happened to the chain, in the reader's language. `ended` is None while it lasts."""

    time: datetime
    kind: str
    text: str
    ended: datetime | None


@dataclass(frozen=True)
class ChainFacts:
    """The chain as it is now, for `/status`. Amounts are wei."""

    chain_id: int
    embedded: bool
    block_number: int
    block_time: datetime
    contract: str
    operator: str
    current_operator: str
    rotation_key: str
    rotation_delay: int
    balance: int
    head: AnchoredHead
    confirmations_needed: int
    waiting: int
