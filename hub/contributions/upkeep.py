"""What runs by itself: files of what was not accepted go some time after the end, and stop counting against the quota."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from hub.contributions.deciding import lock
from hub.contributions.models import Contribution
from hub.contributions.selectors import KEPT, UNDECIDED
from hub.repositories.models import FileChange, Repository, Revision, SaltedLeaf
from hub.uploads import services as uploads


def release_files(now: datetime, most: int = 500) -> int:
    """Let go of the files of every version that was not accepted, 30 days after its contribution came to its end.

    A repository that was withdrawn has ended what waited there: nobody can decide about it any more. Rows about a revision
    and its directories stay, so what it was can still be proved; bytes that nothing else needs are swept later. Returns how
    many contributions it was.
    """
    long_ago = now - KEPT
    ended = ~Q(state__in=UNDECIDED) & Q(changed__lt=long_ago) | Q(repository__withdrawn__lt=long_ago)
    rows = Contribution.objects.filter(ended, released__isnull=True)
    found = list(rows.select_related("repository").order_by("changed")[:most])
    return sum(_release(contribution, now) for contribution in found)


def _release(contribution: Contribution, now: datetime) -> bool:
    with transaction.atomic():
        locked = lock(contribution)
        ended = end_of(locked)
        if ended is None or ended >= now - KEPT or locked.released is not None:
            return False
        proposed = Revision.all_states.filter(proposal__contribution=locked, number__isnull=True)
        rows = FileChange.objects.filter(revision__in=proposed)
        digests = set(rows.exclude(blob=None).values_list("blob_id", flat=True))
        rows.delete()
        _forget_leaves(locked.repository, digests)
        uploads.release_bytes(locked.contributor, digests)
        locked.released = now
        locked.save(update_fields=["released"])
    return True


def end_of(contribution: Contribution) -> datetime | None:
    """When it came to its end, by a decision, by its author, or with its repository."""
    decided = contribution.changed if contribution.state not in UNDECIDED else None
    ends = [moment for moment in (decided, contribution.repository.withdrawn) if moment is not None]
    return min(ends, default=None)


def _forget_leaves(repository: Repository, digests: Collection[str]) -> None:
    """What the repository's salted leaves say about bytes that stand in no revision or proposal of it any more."""
    needed = FileChange.objects.filter(Q(blob__in=digests) | Q(old_blob__in=digests), repository=repository)
    kept = {blob for pair in needed.values_list("blob_id", "old_blob_id") for blob in pair}
    SaltedLeaf.objects.filter(repository=repository, blob__in=set(digests) - kept).delete()
