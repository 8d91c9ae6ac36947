"""Policies come into force: the first with the log, later ones when the council has announced them on the chain.

The hub's operator cannot change the rules alone: the distributor names the policy of every epoch, only the council sets it,
and only for epochs that have not begun. What is logged here is the policy whose hash stands there.
"""

from datetime import datetime

from django.db import connection, transaction

from chain import distribution
from chain import selectors as chain
from rewards import contract, policy
from rewards.errors import PolicyRefused
from rewards.events import record
from rewards.models import Policy as PolicyRow
from rewards.policy import FIRST, Policy


def set_first_policy(now: datetime) -> PolicyRow:
    """The policy from epoch 0 on: logged if there is none yet, else the one that is there. The distributor comes first.

    Raises `PolicyRefused` when the distributor was made with other rules.
    """
    with transaction.atomic():
        _lock()
        found = PolicyRow.objects.order_by("first_epoch").first()
        if found is not None:
            return found
        made = chain.deployment().distribution
        if made is not None and made.first_policy.removeprefix("0x") != FIRST.hash:
            raise PolicyRefused(f"The distributor was made with the policy {made.first_policy}, not 0x{FIRST.hash}.")
        return _write(FIRST, 0, now)


def set_policy(wanted: Policy, *, first_epoch: int, now: datetime) -> PolicyRow:
    """Log a policy for the epochs from `first_epoch` on, which has not begun. Logging the same again changes nothing.

    Raises `PolicyRefused` unless the council has announced exactly this policy for that epoch and it begins after all that
    were logged before; the chain's errors when it does not answer.
    """
    known = PolicyRow.objects.filter(pk=wanted.hash).first()
    if known is not None:
        if known.first_epoch == first_epoch:
            return known
        raise PolicyRefused(f"This policy is in force from epoch {known.first_epoch} on already.")
    if first_epoch <= contract.running(contract.terms(), now):
        raise PolicyRefused(f"Epoch {first_epoch} has begun; its rules stay.")
    if distribution.policy_at(first_epoch).hex() != wanted.hash:
        raise PolicyRefused(
            f"The council has not announced this policy: it calls schedulePolicy(0x{wanted.hash}, {first_epoch}) on the "
            "distributor, in time before that epoch begins, and then this command is run again."
        )
    with transaction.atomic():
        _lock()
        newest = PolicyRow.objects.order_by("-first_epoch").first()
        if newest is not None and newest.first_epoch >= first_epoch:
            raise PolicyRefused(f"A policy is logged for epoch {newest.first_epoch}; a later one begins after it.")
        return _write(wanted, first_epoch, now)


def _write(wanted: Policy, first_epoch: int, now: datetime) -> PolicyRow:
    entry = record(
        "policy.set",
        subject=f"policy:{wanted.hash}",
        data={"first_epoch": first_epoch, "policy": policy.as_object(wanted)},
        now=now,
    )
    return PolicyRow.objects.create(hash=wanted.hash, body=wanted.body, first_epoch=first_epoch, entry=entry)


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE rewards_policy IN SHARE ROW EXCLUSIVE MODE")
