"""Claims: what a wallet may take now, and claims that the hub sends for people who ask.

The hub pays the gas; the contract pays the wallet of the leaf, whoever sends. Whether a claim came through is read from the
distributor's events, so one that failed or was lost with its block is sent again.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils.translation import gettext

from chain import distribution
from chain import selectors as chain
from chain import services as chain_services
from hub.accounts.reviewers import lock
from hub.errors import Conflict
from rewards import proofs, reading
from rewards.contract import terms
from rewards.models import DistributionLog, Epoch, RelayedClaim, wei

if TYPE_CHECKING:
    from hub.accounts.models import Account

logger = logging.getLogger(__name__)
BATCH = 50
# How long a claim that does not come through is tried again.
PATIENCE = timedelta(days=30)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)


def ask_for_relay(*, account: "Account", now: datetime) -> RelayedClaim:
    """Ask for the claim of all that the newest final distribution credits to the account's wallet.

    Raises `Conflict` when there is nothing to claim or a claim of this wallet is on its way.
    """
    with transaction.atomic():
        owner = lock(account)
        standing = reading.standing(owner.pk, owner.pseudonym)
        if standing.epoch is None or standing.claimable_wei <= 0:
            raise Conflict(gettext("There is nothing to claim for your wallet yet."))
        if waiting(now).filter(wallet=standing.wallet).exists():
            raise Conflict(gettext("Your claim is on its way already."))
        row, _made = RelayedClaim.objects.update_or_create(
            epoch_id=standing.epoch,
            wallet=standing.wallet,
            defaults={"account": owner, "cumulative_wei": standing.leaf_wei, "asked": now},
        )
    return row


def waiting(now: datetime) -> QuerySet[RelayedClaim]:
    """Claims that were asked for and have not come through, the oldest epoch first. After `PATIENCE` they are given up.

    One is done when its wallet took as much as it names, from whichever epoch: amounts never fall, and the next tree may
    hold an equal leaf.
    """
    taken = Cast(KT("values__cumulative"), wei())
    done = DistributionLog.objects.filter(kind="claimed", wallet=OuterRef("wallet")).alias(taken=taken)
    rows = RelayedClaim.objects.filter(asked__gt=now - PATIENCE)
    rows = rows.exclude(Exists(done.filter(taken__gte=OuterRef("cumulative_wei"))))
    return rows.select_related("epoch").order_by("epoch", "attempt", "id")


def on_its_way(wallet: str, now: datetime) -> RelayedClaim | None:
    """The newest claim of a wallet that the hub still sends."""
    return waiting(now).filter(wallet=wallet).order_by("-asked").first()


# --- sending -------------------------------------------------------------------------------------
def send_claims(now: datetime) -> int:
    """Ask the outbox for the claims that nobody sent yet or that failed, in batches; returns how many.

    A claim that failed in a batch is tried again alone, so one that cannot succeed holds up no other.
    """
    rows = [row for row in waiting(now) if row.epoch.state == Epoch.State.FINALIZED]
    rows = _unsent(rows, now)
    if not rows:
        return 0
    here, taken = distribution.read_distribution(), distribution.claimed_many([row.wallet for row in rows])
    rows = [row for row in rows if row.epoch_id < here.next_epoch and taken[row.wallet] < row.cumulative_wei]
    return sum(_send(batch, now) for batch in _batches(rows))


def _unsent(rows: Sequence[RelayedClaim], now: datetime) -> list[RelayedClaim]:
    views = chain.transactions({row.transaction_key for row in rows if row.transaction_key})
    found = []
    for row in rows:
        view = views.get(row.transaction_key)
        if view is None or (view.state == "failed" and now >= view.created + _pause(row.attempt)):
            found.append(row)
    return found


def _batches(rows: Sequence[RelayedClaim]) -> Iterator[list[RelayedClaim]]:
    def kind(row: RelayedClaim) -> tuple[int, bool]:
        return row.epoch_id, not row.transaction_key

    for (_epoch, first), group in groupby(sorted(rows, key=kind), key=kind):
        alike, size = list(group), BATCH if first else 1
        for start in range(0, len(alike), size):
            yield alike[start : start + size]


def _send(rows: Sequence[RelayedClaim], now: datetime) -> int:
    """One transaction for these claims of one epoch, and which one it is on each; both or neither."""
    claims = [(row, claim) for row in rows if (claim := _claim(row)) is not None]
    if not claims:
        return 0
    first, distributor = claims[0][0], terms().distributor
    key = f"claims:{distributor}:{first.pk}:{first.attempt + bool(first.transaction_key)}"
    carried, sent = [row for row, _ in claims], [claim.row for _, claim in claims]
    with transaction.atomic():
        for row in carried:
            row.attempt += bool(row.transaction_key)
            row.transaction_key = key
        RelayedClaim.objects.bulk_update(carried, ["attempt", "transaction_key"])
        chain_services.enqueue(
            key=key,
            to=distributor,
            data=distribution.claim_many_calldata(first.epoch_id, sent),
            gas_limit=distribution.claim_many_gas_limit(sent),
            now=now,
        )
    return len(sent)


def _claim(row: RelayedClaim) -> proofs.Claim | None:
    """The claim with its proof. One without would make its whole batch fail."""
    claim = proofs.claim(row.epoch_id, row.wallet)
    if claim is None:
        logger.error("no proof leads from %s to the root of epoch %d", row.wallet, row.epoch_id)
    return claim


def _pause(attempt: int) -> timedelta:
    factor: int = 4 ** min(attempt - 1, 8)
    return min(_FIRST_PAUSE * factor, _LONGEST_PAUSE)
