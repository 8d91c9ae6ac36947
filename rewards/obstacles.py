"""What stops a step of the pipeline, in words for everybody, and since when. Nothing is kept of a step that is not stopped."""

import logging
from datetime import datetime, timedelta

from django.utils import timezone

from chain.errors import ChainError
from ledger.errors import LedgerError
from rewards import reading
from rewards.errors import EpochWaits, RewardsError
from rewards.models import Epoch, Obstacle

logger = logging.getLogger(__name__)
# What lasts less is the usual way from an epoch's end to an anchor that is final.
PATIENCE = timedelta(minutes=5)
# An undecided challenge cancels its proposal after so many windows.
_CHALLENGE_WINDOWS = 7


def words(error: Exception) -> str:
    """An error as it may be said in public: no address of a node, no path, nothing of a program's inside."""
    if isinstance(error, ChainError):
        return "The chain does not answer as it should; /status says more."
    if isinstance(error, RewardsError | LedgerError):
        return str(error)
    said = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    return f"Something unexpected happened ({said}); the hub's own logs say more."


def is_expected(error: Exception) -> bool:
    """Whether the error is one that a step announces; any other is a defect or a machine in trouble."""
    return isinstance(error, ChainError | RewardsError | LedgerError)


def stopped(step: str, error: Exception, now: datetime) -> None:
    """Keep why a step is stopped. It is stopped since it first was, whatever the reason is by now."""
    reason = words(error)
    row, is_new = Obstacle.objects.get_or_create(step=step, defaults={"reason": reason, "since": now})
    if is_new or row.reason != reason:
        Obstacle.objects.filter(pk=step).update(reason=reason)
        level = logging.INFO if isinstance(error, EpochWaits) else logging.WARNING
        logger.log(level, "rewards wait (%s): %s", step, error)


def cleared(step: str) -> None:
    """The step went through."""
    Obstacle.objects.filter(pk=step).delete()


def lasting(now: datetime) -> list[Obstacle]:
    """What is worth saying on a page."""
    return list(Obstacle.objects.filter(since__lte=now - PATIENCE).order_by("since"))


def stuck_seconds() -> float:
    """Seconds for which rewards have been held up: a step is stopped, or an epoch's next step is due. 0 while all goes on."""
    now = timezone.now()
    since = [*Obstacle.objects.values_list("since", flat=True), *(_due(row) for row in reading.under_way())]
    return max((max(0.0, (now - moment).total_seconds()) for moment in since), default=0.0)


def _due(row: Epoch) -> datetime:
    """When an epoch that is under way should have advanced."""
    if row.ready is None:
        return row.proposed or row.closed
    schedule = reading.schedule()
    if row.state != Epoch.State.CHALLENGED or schedule is None:
        return row.ready
    return row.ready + timedelta(seconds=_CHALLENGE_WINDOWS * schedule.deployment.window_seconds)
