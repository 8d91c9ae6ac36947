"""Brings the outbox in line with the chain as it is now: what was mined, how deep it is, what a block was taken from."""

from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet

from chain.artifacts import error_name
from chain.client import Block, ChainClient
from chain.errors import ChainError, NodeRefused
from chain.models import ChainTransaction
from chain.places import Place, Places

State = ChainTransaction.State


class Watch:
    """One view of the chain, renewed by `observe`. `nonces` counts each sender's mined transactions; `lost` counts the
    rows that were found without the block they had.
    """

    def __init__(self, client: ChainClient, operator: str, now: datetime) -> None:
        self.client = client
        self.operator = operator
        self.now = now
        self.needed: int = settings.CONFIRMATIONS
        self.head: Block = client.latest()
        self.nonces: dict[str, int] = {}
        self.lost = 0

    @property
    def rows(self) -> QuerySet[ChainTransaction]:
        return ChainTransaction.objects.filter(chain_id=self.client.chain_id)

    @property
    def signed(self) -> QuerySet[ChainTransaction]:
        """What is on its way, in the order in which it can be mined."""
        return self.rows.filter(state=State.SIGNED).order_by("sender", "nonce")

    def observe(self) -> None:
        self.head = self.client.latest()
        places = Places(self.client)
        senders = {self.operator, *self.rows.exclude(nonce=None).values_list("sender", flat=True).distinct()}
        self.nonces = {sender: self.client.nonce(sender) for sender in senders}
        for sender in senders:
            self._recheck(sender, places)
            self._find_signed(sender, places)

    def _recheck(self, sender: str, places: Places) -> None:
        """Rows whose block is gone become signed again. Nonces are in block order, so the walk back from the newest
        ends at the first row that was settled before and still is.
        """
        placed = self.rows.filter(sender=sender).exclude(state__in=[State.QUEUED, State.SIGNED])
        for row in placed.filter(nonce__gte=self.nonces[sender]):
            self._forget(row)
        standing = placed.filter(nonce__lt=self.nonces[sender], block_number__isnull=False)
        for row in standing.order_by("-nonce").iterator():
            place = places.of(row)
            if place is None:
                self._forget(row)
                continue
            if place.block_hash != row.block_hash:
                self.lost += 1
            elif row.confirmations >= self.needed:
                return
            self._settle(row, place)

    def _forget(self, row: ChainTransaction) -> None:
        """The row stands in no block any more: its bytes are sent again."""
        self.lost += row.block_number is not None
        row.state, row.error = State.SIGNED, ""
        row.block_number = row.gas_used = None
        row.block_hash = row.mined_hash = ""
        row.confirmations = 0
        row.save()

    def _find_signed(self, sender: str, places: Places) -> None:
        for row in self.signed.filter(sender=sender):
            place = places.of(row)
            if place is not None:
                self._settle(row, place)
            elif self._superseded(row):
                row.state, row.error = State.FAILED, "superseded: another transaction of this account used the nonce"
                row.save(update_fields=["state", "error"])

    def _settle(self, row: ChainTransaction, place: Place) -> None:
        """Copy a place into the row, and say how deep it is."""
        row.mined_hash, row.gas_used = place.hash, place.gas_used
        row.block_number, row.block_hash = place.block_number, place.block_hash
        row.confirmations = max(self.head.number - place.block_number + 1, 1)
        if place.succeeded:
            row.state, row.error = State.FINAL if row.confirmations >= self.needed else State.MINED, ""
        elif row.state != State.FAILED:
            reason = self.refusal(row, hex(max(place.block_number - 1, 0)))
            row.state, row.error = State.FAILED, f"reverted: {reason or 'no reason given'}"
        row.save()

    def _superseded(self, row: ChainTransaction) -> bool:
        """Whether the nonce was used, as deep as final, by something that is none of the row's signed forms."""
        if row.nonce is None or row.nonce >= self.nonces[row.sender] or self.head.number < self.needed:
            return False
        try:
            return self.client.nonce(row.sender, self.head.number - self.needed) > row.nonce
        except ChainError:
            # The node keeps no state of that block. The row stays as it is until one answers.
            return False

    def refusal(self, row: ChainTransaction, block: str) -> str | None:
        """The contract's reason for refusing the call at a block, "" without one; None if it does not refuse or nobody
        can say.
        """
        request = {"from": self.operator, "data": "0x" + bytes(row.data).hex(), "gas": hex(row.gas_limit)}
        if row.to:
            request["to"] = row.to
        try:
            self.client.call("eth_call", request, block)
        except NodeRefused as refusal:
            if refusal.data:
                return error_name(refusal.data) or refusal.message
            return refusal.message if "revert" in refusal.message.lower() else None
        return None
