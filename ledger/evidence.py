"""The log as a computation over many entries takes it: raw bytes in order, hashes of the tree, opened details.

Nothing here says what an entry means. Rooms above fold the bytes themselves, so that whoever holds the same bytes comes to
the same result.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from ledger import auditing, storage
from ledger.comparing import Comparison
from ledger.merkle import ReadHashes
from ledger.mismatches import Finding
from ledger.models import Details, Entry

BATCH = 5_000
WINDOW = 500


@dataclass(frozen=True)
class Opened:
    """A details group that is not erased: its canonical bytes, and the salt under which its entry commits to it."""

    text: bytes
    salt: bytes


def bodies(types: Collection[str], size: int) -> Iterator[tuple[int, bytes]]:
    """Leaf index and bytes of every entry of these types among the first `size`, in order, in one pass of a server cursor."""
    rows = Entry.objects.filter(type__in=list(types), leaf_index__lt=size).order_by("leaf_index")
    for leaf, body in rows.values_list("leaf_index", "body").iterator(chunk_size=BATCH):
        assert leaf is not None, "only entries with a place are read"
        yield leaf, bytes(body)


def opened(leaves: Iterable[int], group: str) -> dict[int, Opened]:
    """This details group of these entries, by leaf index; those that were erased or never there are missing."""
    wanted = list(leaves)
    found: dict[int, Opened] = {}
    for start in range(0, len(wanted), BATCH):
        rows = Details.objects.filter(
            group=group, salt__isnull=False, entry__leaf_index__in=wanted[start : start + BATCH]
        )
        for leaf, text, salt in rows.values_list("entry__leaf_index", "body", "salt"):
            assert leaf is not None and text is not None and salt is not None, "the query asks for these alone"
            found[leaf] = Opened(bytes(text), bytes(salt))
    return found


def hash_reader(size: int) -> ReadHashes:
    """Reads hashes of the tree of `size` leaves from the stored tiles; `BadTile` when they are missing."""
    return storage.store().reader(size)


def covers_until(size: int, moment: datetime) -> bool:
    """Whether every entry written before `moment` is among the first `size`."""
    later = Q(leaf_index__isnull=True) | Q(leaf_index__gte=size)
    return not Entry.objects.filter(later, time__lt=moment).exists()


def has_any(types: Collection[str], start: int, end: int) -> bool:
    """Whether an entry of these types stands at `start` or after it and before `end`."""
    return Entry.objects.filter(type__in=list(types), leaf_index__gte=start, leaf_index__lt=end).exists()


def disagreements(leaves: Sequence[int]) -> Iterator[Finding]:
    """What differs now between these entries (leaf indices, ascending) and the tables. Reads only."""
    comparison = Comparison()
    rows = Entry.objects.prefetch_related("detail_groups", "mentions").order_by("leaf_index")
    for start in range(0, len(leaves), WINDOW):
        yield from auditing.differences(list(rows.filter(leaf_index__in=leaves[start : start + WINDOW])), comparison)
