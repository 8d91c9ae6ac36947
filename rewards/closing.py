"""Closes an epoch: says in the log up to which entry everything counts. An epoch with nothing to pay leaves no trace."""

import logging
from datetime import datetime

from django.core.cache import cache
from django.db import transaction

from chain import distribution
from hub.accounts.services import to_milliseconds
from ledger import evidence as ledger
from ledger import selectors as log
from rewards import bundles, calculation, contract, evidence
from rewards.calculation import Terms
from rewards.errors import EpochRefused, EpochWaits
from rewards.events import record
from rewards.models import Epoch
from rewards.models import Policy as PolicyRow
from rewards.record import Record

logger = logging.getLogger(__name__)
OVER = (Epoch.State.FINALIZED, Epoch.State.CANCELLED)


def close_epoch(now: datetime) -> Epoch | None:
    """Close the epoch that ended last, if it has something to pay and all before its end is under a final anchor.

    None while an earlier epoch is undecided, and when there is nothing to pay: then the epoch is skipped and what the log
    holds counts for a later one. An epoch is looked at once, so that a hub at rest computes
    nothing. Raises the chain's errors, `EpochWaits` while the log has to wait, `EpochRefused` when the chain names other
    rules than the log, and `BundleRefused` when the bundle of the epoch before cannot be read.
    """
    terms = contract.terms()
    number = contract.running(terms, now) - 1
    if number < 0 or cache.get(_looked_at(terms)) == number or not _may_follow(number):
        return None
    cutoff = _cutoff(terms, number)
    found = evidence.read(cutoff)
    if not _is_settled(found.record):
        raise EpochWaits("What became of the last distribution is not under a final anchor yet, so no epoch is closed.")
    if not calculation.is_due(found.record, number, bundles.previous_of(found.record)):
        cache.set(_looked_at(terms), number, 2 * terms.epoch_seconds)
        return None
    rules = found.record.policy_at(number, cutoff)
    if distribution.policy_at(number).hex() != rules.hash:
        raise EpochRefused(f"The chain names other rules for epoch {number} than the log, so it is not closed.")
    return _close(number, cutoff, rules.hash, now)


def _may_follow(number: int) -> bool:
    """Whether no epoch is on its way, and none from this one on was closed."""
    return not Epoch.objects.exclude(state__in=OVER).exists() and not Epoch.objects.filter(number__gte=number).exists()


def _is_settled(record: Record) -> bool:
    """Whether the record says of every earlier epoch what has become of it by now: a distribution that was cancelled and is
    final since must not count as cancelled, or its works would be paid twice.
    """
    decided = record.decided
    if any(closing.epoch not in decided for closing in record.closings):
        return False
    rows = Epoch.objects.filter(number__in=[closing.epoch for closing in record.closings])
    return all(decided[row.number] == (row.state == Epoch.State.FINALIZED) for row in rows)


def _cutoff(terms: Terms, number: int) -> int:
    """The newest size under a final anchor, once it covers everything that was written before the epoch's end."""
    anchor = log.last_anchor(final=True)
    if anchor is None or not ledger.covers_until(anchor.size, contract.begins(terms, number + 1)):
        raise EpochWaits(
            f"Not everything that was written before the end of epoch {number} is under a final anchor yet, so it is not closed."
        )
    return anchor.size


def _close(number: int, cutoff: int, rules: str, now: datetime) -> Epoch:
    moment = to_milliseconds(now)
    with transaction.atomic():
        entry = record(
            "epoch.closed",
            subject=f"epoch:{number}",
            data={"cutoff": cutoff, "root": log.checkpoint_at(cutoff).root.hex(), "policy": f"policy:{rules}"},
            now=moment,
        )
        row = Epoch.objects.create(number=number, cutoff=cutoff, policy=_row_of(rules), closed=moment, entry=entry)
    logger.info("epoch %d is closed at entry %d", number, cutoff)
    return row


def _row_of(rules: str) -> PolicyRow:
    """The newest row with these numbers; all of them hold the same bytes."""
    return PolicyRow.objects.filter(hash=rules).latest("entry")


def _looked_at(terms: Terms) -> str:
    return f"rewards:looked:{terms.distributor}"
