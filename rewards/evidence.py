"""The record as it stands in this hub's log, read in one pass, and what belongs to it: bindings, hashes of the tree."""

import json
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from ledger import evidence
from ledger.merkle import root_hash
from rewards.bindings import GROUP, DisclosedBinding
from rewards.log_proof import Gap, gaps
from rewards.record import TYPES, LogEntry, Record, fold


@dataclass(frozen=True)
class Evidence:
    """The record of the first `record.size` entries, and at which leaf indices its entries stand."""

    record: Record
    leaves: "array[int]"

    def entries(self) -> Iterator[tuple[int, bytes]]:
        """The entries again, as they stand in the log."""
        return evidence.bodies(TYPES, self.record.size)

    def gaps(self) -> Iterator[Gap]:
        """The hashes of everything between them."""
        return gaps(evidence.hash_reader(self.record.size), self.leaves, self.record.size)

    def disclosed(self) -> dict[str, DisclosedBinding]:
        """Every account's binding as it becomes public. One that was erased is missing."""
        bound = self.record.bindings
        opened = evidence.opened((each.leaf for each in bound.values()), GROUP)
        return {
            account: DisclosedBinding(json.loads(opened[each.leaf].text)[GROUP], opened[each.leaf].salt)
            for account, each in bound.items()
            if each.leaf in opened
        }


def read(size: int) -> Evidence:
    """The record of the first `size` entries. Raises `EpochRefused`."""
    leaves = array("q")

    def each() -> Iterator[LogEntry]:
        for leaf, body in evidence.bodies(TYPES, size):
            leaves.append(leaf)
            yield LogEntry.read(leaf, body)

    record = fold(each(), size)
    return Evidence(record, leaves)


def root_at(size: int) -> str:
    """The log's root hash (hex) at a size, from the stored tiles. Raises `BadTile`."""
    return root_hash(evidence.hash_reader(size), size).hex()
