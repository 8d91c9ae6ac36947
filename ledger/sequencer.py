"""Gives pending entries their places in the log.

One sequencer at a time, guarded by the lock on the `Log` row. Pending entries are found by their missing leaf index, not
by a cursor over ids, because transactions commit in another order than they draw ids. One batch is one transaction: the
places, the new size, the new root and the new frontier appear together or not at all.
"""

import logging
from collections.abc import Sequence

from django.db import connection, transaction

from ledger.errors import Damaged, NotFound
from ledger.merkle import HASH_SIZE, CompactRange
from ledger.models import Entry, Log

logger = logging.getLogger(__name__)

BATCH = 5_000

# An entry whose bytes no longer hash to the leaf hash taken when it was recorded gets no place: it would spoil the tree
# for good. The audit reports it; the entries after it go on.
_ASSIGN = r"""
WITH sound AS MATERIALIZED (
    SELECT id FROM ledger_entry
    WHERE leaf_index IS NULL AND leaf_hash = sha256('\x00'::bytea || body)
    ORDER BY id LIMIT %s
), placed AS (
    SELECT id, %s + row_number() OVER (ORDER BY id) - 1 AS place FROM sound
)
UPDATE ledger_entry AS entry SET leaf_index = placed.place
FROM placed WHERE entry.id = placed.id
RETURNING entry.leaf_index, entry.leaf_hash
"""


def sequence(limit: int = BATCH) -> int:
    """Sequence at most `limit` pending entries; returns how many. Costs one indexed look when there is nothing to do.

    Raises `NotFound` when no log was created, `Damaged` when the stored frontier does not lead to the stored root.
    """
    if not Entry.objects.filter(leaf_index__isnull=True).exists():
        return 0
    with transaction.atomic():
        log = _locked_log()
        edge = right_edge(log)
        leaves = _assign_places(log.size, limit)
        if leaves:
            edge.extend(leaves)
            Log.objects.filter(id=log.id).update(size=edge.size, root=edge.root(), frontier=b"".join(edge.hashes))
    if not leaves:
        logger.error("Pending entries are damaged and were not sequenced; the audit names them")
    return len(leaves)


def right_edge(log: Log) -> CompactRange:
    """The stored frontier as a compact range; `Damaged` unless it leads to the stored root."""
    stored = bytes(log.frontier)
    edge = CompactRange(log.size, [stored[at : at + HASH_SIZE] for at in range(0, len(stored), HASH_SIZE)])
    if len(edge.hashes) != log.size.bit_count() or edge.root() != bytes(log.root):
        raise Damaged(f"the stored right edge of the tree of {log.size} entries does not lead to its stored root")
    return edge


def _locked_log() -> Log:
    log = Log.objects.select_for_update().first()
    if log is None:
        raise NotFound("No log was created yet.")
    return log


def _assign_places(size: int, limit: int) -> Sequence[bytes]:
    """Places from `size` on for pending entries, in the order of their ids; returns their leaf hashes in that order."""
    with connection.cursor() as cursor:
        cursor.execute(_ASSIGN, [limit, size])
        placed = sorted(cursor.fetchall())
    return [bytes(leaf_hash) for _, leaf_hash in placed]
