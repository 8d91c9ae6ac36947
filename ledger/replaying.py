"""The chain's own account of the log's heads, beside what the database says of them."""

from collections.abc import Iterator

from chain import calls, replaying
from ledger import head_checks
from ledger.errors import Damaged
from ledger.models import Checkpoint
from ledger.tree_files import root_of_entries


def replay_heads(newest_block: int) -> Iterator[str]:
    """What differs: every head that was ever anchored, in order, then every anchor that is recorded. One sentence each.

    Raises the chain's errors.
    """
    size, root = 0, b""
    for first, last in replaying.block_ranges(newest_block):
        for event in calls.anchored_events(first, last):
            if event.previous_size != size:
                yield f"the anchor of size {event.size} extends size {event.previous_size}, not {size}"
            size, root = event.size, bytes(event.root)
            yield from _beside_database(size, root)
    head = calls.read_head()
    if (head.size, bytes(head.root)) != (size, root) and size and head.size <= size:
        yield f"the contract holds size {head.size}, its events lead to size {size}"
    for expected, found in head_checks.anchors():
        yield f"expected {expected}, found {found}"


def _beside_database(size: int, root: bytes) -> Iterator[str]:
    row = Checkpoint.objects.filter(size=size).first()
    try:
        known = bytes(row.root) if row is not None else root_of_entries(size)
    except Damaged as error:
        yield f"size {size} is anchored, but {error}"
        return
    if known != root:
        yield f"size {size} is anchored with root {root.hex()}, recorded with {known.hex()}"
