"""Policies come into force: the first with the log, later ones when the council has announced them on the chain.

The hub's operator cannot change the rules alone: the distributor names the policy of every epoch, only the council sets it,
and only for epochs that have not begun. What is logged here is the policy whose hash stands there, so whatever the
distributor accepted can be logged, and nothing else.
"""

from datetime import datetime

from django.db import connection, transaction

from chain import distribution
from chain import selectors as chain
from rewards import policy
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
        found = PolicyRow.objects.order_by("entry").first()
        if found is not None:
            return found
        made = chain.deployment().distribution
        if made is not None and made.first_policy.removeprefix("0x") != FIRST.hash:
            raise PolicyRefused(f"The distributor was made with the policy {made.first_policy}, not 0x{FIRST.hash}.")
        return _write(FIRST, 0, now)


def set_policy(wanted: Policy, *, first_epoch: int, now: datetime) -> PolicyRow:
    """Log a policy for the epochs from `first_epoch` on, as the council announced it; what was to begin then or later ends.

    Whatever the distributor holds can be logged, and late: it takes no announcement for an epoch that has begun. Where
    the log says what the distributor does already, nothing changes. Raises `PolicyRefused` unless the distributor names
    exactly this policy for that epoch; the chain's errors when it does not answer.
    """
    if distribution.policy_at(first_epoch).hex() != wanted.hash:
        raise PolicyRefused(
            f"The council has not announced this policy: it calls schedulePolicy(0x{wanted.hash}, {first_epoch}) on the "
            "distributor, in time before that epoch begins, and then this command is run again."
        )
    with transaction.atomic():
        _lock()
        found = in_force(first_epoch)
        if found is not None and found.hash == wanted.hash and not _has_dropped(first_epoch):
            return found
        return _write(wanted, first_epoch, now)


def in_force(epoch: int) -> PolicyRow | None:
    """The row whose numbers hold for an epoch: of those that begin at it or before, the last one logged."""
    return PolicyRow.objects.filter(first_epoch__lte=epoch).select_related("entry").order_by("-entry").first()


def _has_dropped(epoch: int) -> bool:
    """Whether the distributor has dropped a policy that by the log is to begin after this epoch."""
    later = PolicyRow.objects.filter(first_epoch__gt=epoch).order_by("entry")
    kept = [row for row in later if in_force(row.first_epoch) == row]
    return any(distribution.policy_at(row.first_epoch).hex() != row.hash for row in kept)


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
