"""The state machine of the outbox. A pass is safe to repeat, and to cut off anywhere.

A transaction's raw bytes are committed before they are sent, and the same bytes are sent again whenever no node holds
them and no block does: after a crash, after a reorganisation, after a chain lost blocks. So the order of states is

    queued -> signed (nonce and bytes committed, then sent) -> mined -> final

and every step back (mined or final -> signed) keeps nonce and bytes. Only `chain.services.advance` makes passes, one
at a time, under the database's advisory lock; that makes it the one owner of the operator's nonces.
"""

from datetime import datetime, timedelta

from django.conf import settings

from chain import events, fees, keys, mining
from chain.client import ChainClient
from chain.errors import NodeRefused
from chain.events import Kind
from chain.models import Attempt, ChainHead, ChainTransaction
from chain.signing import DEFAULT_TIP, Signer
from chain.watching import State, Watch

# A node of a public chain that is behind what we saw is ignored for so long; then it is believed.
PATIENCE = timedelta(minutes=10)
# On the embedded chain: blocks made in one pass while a long replay goes on.
ROUNDS = 100
# Gas that the operator's account should be able to pay for.
_RESERVE = 200_000

# What nodes say when they hold the transaction, or one with its nonce, already. The receipt decides then.
_SENT_ALREADY = ("already known", "already imported", "known transaction", "nonce too low", "underpriced")
# What they say about a transaction that can never be mined.
_HOPELESS = ("intrinsic gas", "exceeds block gas limit", "initcode size", "gas limit too high", "exceeds the cap")


class Pass:
    """One look at the chain and one step for every transaction."""

    def __init__(self, client: ChainClient, now: datetime) -> None:
        self.client = client
        self.now = now
        self.watch = Watch(client, keys.operator_address(), now)
        self.signer = Signer(self.watch)
        self.embedded: bool = settings.CHAIN_EMBEDDED

    def run(self) -> None:
        before = ChainHead.objects.filter(chain_id=self.client.chain_id).first()
        genesis = self._genesis(before)
        if self._behind(before, genesis):
            return
        self.watch.observe()
        self._note_losses(before, genesis)
        self._care_for_balance()
        self.signer.fill_gaps()
        self.signer.sign_queued()
        self.signer.bump()
        self._send()
        if self.embedded:
            self._make_blocks()
        self._end_losses()
        self._remember(genesis)

    # --- the chain's past ------------------------------------------------------------------------
    def _genesis(self, before: ChainHead | None) -> str:
        """The first block's hash; what it was before if this node has no first block to show, as pruned ones have not."""
        first = self.client.block(0)
        if first is not None:
            return first.hash
        return before.genesis if before else ""

    @staticmethod
    def _begins_anew(before: ChainHead, genesis: str) -> bool:
        return bool(before.genesis) and genesis != before.genesis

    def _behind(self, before: ChainHead | None, genesis: str) -> bool:
        """Whether this node of a public chain merely lags, as one of several behind an address may."""
        if before is None or self.embedded or self._begins_anew(before, genesis):
            return False
        return self.watch.head.number < before.number and self.now - before.seen < PATIENCE

    def _note_losses(self, before: ChainHead | None, genesis: str) -> None:
        found, lost = self.watch.head.number, self.watch.lost
        if before is not None and (self._begins_anew(before, genesis) or found < before.number):
            events.note(Kind.LOST_BLOCKS, self.now, {"seen": before.number, "found": found, "transactions": lost})
        elif lost:
            events.note(Kind.REORGANISED, self.now, {"transactions": lost})

    def _end_losses(self) -> None:
        if not self.watch.signed.exists():
            events.end(self.now, Kind.LOST_BLOCKS, Kind.REORGANISED)

    def _remember(self, genesis: str) -> None:
        head = self.watch.head
        ChainHead.objects.update_or_create(
            chain_id=self.client.chain_id,
            defaults={"genesis": genesis, "number": head.number, "hash": head.hash, "seen": self.now},
        )

    def _care_for_balance(self) -> None:
        operator = self.watch.operator
        if self.embedded:
            mining.fund(self.client, operator)
            return
        enough = fees.offer(self.watch.head.base_fee, DEFAULT_TIP).max_fee * _RESERVE
        if self.client.balance(operator) < enough:
            events.begin(Kind.LOW_BALANCE, self.now, account=operator)
        else:
            events.end(self.now, Kind.LOW_BALANCE)

    # --- send ------------------------------------------------------------------------------------
    def _send(self) -> None:
        """Hand every signed transaction that no node holds to a node, lowest nonce first."""
        for row in self.watch.signed:
            attempt = row.attempts.order_by("-id").first()
            if attempt is not None and (attempt.sent is None or not self.client.knows(attempt.hash)):
                self._send_attempt(row, attempt)

    def _send_attempt(self, row: ChainTransaction, attempt: Attempt) -> None:
        try:
            self.client.send(bytes(attempt.raw))
        except NodeRefused as refusal:
            words = refusal.message.lower()
            if not any(phrase in words for phrase in _SENT_ALREADY):
                self._refused(row, refusal.message, hopeless=any(phrase in words for phrase in _HOPELESS))
                return
        if row.error:
            row.error = ""
            row.save(update_fields=["error"])
        if attempt.sent is None:
            attempt.sent = self.now
            attempt.save(update_fields=["sent"])

    def _refused(self, row: ChainTransaction, message: str, *, hopeless: bool) -> None:
        """The row keeps its nonce and is tried again, unless no node will ever take it: then its nonce is free again."""
        row.error = f"refused by the node: {message}"
        if hopeless and not row.attempts.exclude(sent=None).exists():
            row.state, row.nonce = State.FAILED, None
        row.save(update_fields=["state", "nonce", "error"])

    # --- embedded --------------------------------------------------------------------------------
    def _make_blocks(self) -> None:
        """Blocks on demand: one for what was sent or waits for depth, more only while a replay makes progress."""
        for _ in range(ROUNDS):
            waiting = self.watch.signed.count()
            if not waiting and not self.watch.rows.filter(state=State.MINED).exists():
                return
            mining.mine(self.client)
            self.watch.observe()
            left = self.watch.signed.count()
            if not left or left == waiting:
                return
