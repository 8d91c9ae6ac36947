"""Gives queued transactions their nonce, fees and raw bytes, and commits them before anything is sent."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from chain import events, fees, keys
from chain.errors import NodeRefused
from chain.events import Kind
from chain.fees import GWEI, Fees
from chain.models import Attempt, ChainTransaction
from chain.watching import State, Watch

log = logging.getLogger(__name__)

IN_FLIGHT = 16
BUMP_AFTER = timedelta(minutes=3)
ATTEMPTS = 8
DEFAULT_TIP = GWEI
_FILLER_GAS = 21_000


class Signer:
    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.operator = watch.operator
        self.embedded: bool = settings.CHAIN_EMBEDDED
        self.limit: int = settings.CHAIN_MAX_FEE_GWEI * GWEI

    @property
    def first_nonce(self) -> int:
        """The first nonce of the operator that the chain has not seen used."""
        return self.watch.nonces[self.operator]

    def sign_queued(self) -> None:
        room = max(IN_FLIGHT - self.watch.signed.count(), 0)
        queued = list(self.watch.rows.filter(state=State.QUEUED).order_by("id")[:room])
        offered = self._fees() if queued else None
        if offered is None:
            return
        for row in queued:
            nonce = self._next_nonce() if row.nonce is None else row.nonce
            if self._would_succeed(row, nonce):
                self._sign(row, nonce, offered)

    def fill_gaps(self) -> None:
        """A nonce that no row holds blocks all later ones: a transfer of nothing to oneself takes its place."""
        first = self.first_nonce
        own = self.watch.rows.filter(sender=self.operator, nonce__gte=first)
        taken = {nonce for nonce in own.values_list("nonce", flat=True) if nonce is not None}
        for nonce in sorted(set(range(first, max(taken, default=first))) - taken):
            log.warning("nonce %d is held by no transaction; filling it", nonce)
            self._queue_filler(nonce)

    def bump(self) -> None:
        """Offer more for the transaction that all others wait for, if it was signed long ago. The waits double."""
        row = self.watch.signed.filter(sender=self.operator).first()
        newest = row.attempts.order_by("-id").first() if row else None
        if row is None or row.nonce is None or newest is None:
            return
        count = row.attempts.count()
        if count >= ATTEMPTS or self.watch.now - newest.signed < BUMP_AFTER * 2 ** (count - 1):
            return
        offered = self._fees()
        if offered is None:
            return
        higher = fees.bumped(Fees(int(newest.max_fee), int(newest.priority_fee)), offered)
        if higher.max_fee <= self.limit:
            self._sign(row, row.nonce, higher)

    def _fees(self) -> Fees | None:
        """What to offer now; None, and a line in the diary, when the chain asks for more than this hub pays."""
        base_fee = self.watch.head.base_fee
        try:
            tip = int(self.watch.client.call("eth_maxPriorityFeePerGas"), 16)
        except NodeRefused:
            tip = DEFAULT_TIP
        wanted = fees.offer(base_fee, tip, floor=fees.EMBEDDED_FLOOR if self.embedded else 0)
        found = fees.payable(wanted, base_fee, self.limit)
        if found is None:
            events.begin(Kind.HIGH_FEES, self.watch.now, limit=settings.CHAIN_MAX_FEE_GWEI)
        else:
            events.end(self.watch.now, Kind.HIGH_FEES)
        return found

    def _next_nonce(self) -> int:
        """The higher of what the chain and the outbox say. A node's own "pending" count forgets what it dropped."""
        held = self.watch.rows.filter(sender=self.operator).aggregate(highest=Max("nonce"))["highest"]
        return self.first_nonce if held is None else max(self.first_nonce, held + 1)

    def _would_succeed(self, row: ChainTransaction, nonce: int) -> bool:
        """Ask the node first when nothing is in flight before it: a transaction that reverts costs money for nothing.

        The newest block of the embedded chain may be hours old, for blocks are made on demand; what depends on the time
        is asked of the block that comes next.
        """
        if nonce != self.first_nonce:
            return True
        reason = self.watch.refusal(row, "pending" if self.embedded else "latest")
        if reason is None:
            return True
        row.state, row.error = State.FAILED, f"would revert: {reason or 'no reason given'}"
        row.save(update_fields=["state", "error"])
        return False

    def _sign(self, row: ChainTransaction, nonce: int, offered: Fees) -> None:
        """Commit nonce and raw bytes. Nothing has been sent yet."""
        fields = {
            "type": 2,
            "chainId": row.chain_id,
            "nonce": nonce,
            "value": 0,
            "data": bytes(row.data),
            "gas": row.gas_limit,
            "maxFeePerGas": offered.max_fee,
            "maxPriorityFeePerGas": offered.tip,
        }
        signed = keys.operator_key().sign_transaction(fields | ({"to": row.to} if row.to else {}))
        with transaction.atomic(durable=True):
            row.sender, row.nonce, row.state = self.operator, nonce, State.SIGNED
            row.save(update_fields=["sender", "nonce", "state"])
            Attempt.objects.create(
                transaction=row,
                raw=signed.raw,
                hash=signed.hash,
                max_fee=offered.max_fee,
                priority_fee=offered.tip,
                signed=self.watch.now,
            )

    def _queue_filler(self, nonce: int) -> None:
        chain_id = self.watch.client.chain_id
        ChainTransaction.objects.update_or_create(
            key=f"fill:{chain_id}:{self.operator}:{nonce}",
            defaults={
                "chain_id": chain_id,
                "sender": self.operator,
                "to": self.operator,
                "data": b"",
                "gas_limit": _FILLER_GAS,
                "nonce": nonce,
                "state": State.QUEUED,
                "created": self.watch.now,
            },
        )
