"""Gas per record: one anchor for a batch, beside one transaction per record that only carries the record's hash.

Both on the same EVM node in the same run, from receipts. The log holds between one and two million records; each batch
is appended at several random places.
"""

import random
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean

from chain.embedded import AnvilProcess, find_anvil
from tests.contracts.machine import CHAIN_ID, OPERATOR, address
from tests.contracts.node import NodeAnchor
from tests.contracts.rfc9162 import Tree

BATCHES = (1, 10, 100, 1_000, 10_000)
PLACES = 12
LEAST_SIZE, MOST_SIZE = 1_000_000, 2_000_000


def main() -> None:
    chance = random.Random(0)
    with _node() as url:
        single = mean(_one_transaction(url, chance) for _ in range(PLACES))
        print(f"   one transaction per record, its hash as calldata: {single:,.0f} gas")
        print("   records per anchor   proof nodes   gas per anchor   gas per record   one transaction each costs")
        for batch in BATCHES:
            gas, nodes = _anchors(url, batch, chance)
            ratio = single / (gas / batch)
            print(f"   {batch:>18,}   {nodes:>11.1f}   {gas:>14,.0f}   {gas / batch:>14,.2f}   {ratio:>24,.1f} ×")


def _anchors(url: str, batch: int, chance: random.Random) -> tuple[float, float]:
    """Mean gas and mean number of proof nodes of anchoring `batch` new records."""
    found = []
    for _ in range(PLACES):
        size = chance.randrange(LEAST_SIZE, MOST_SIZE)
        tree = Tree([(size // 3, chance.randbytes(32)), (size, chance.randbytes(32)), (1 << 32, chance.randbytes(32))])
        found.append(NodeAnchor(url).growth(tree, size, size + batch))
    return mean(gas for gas, _ in found), mean(nodes for _, nodes in found)


def _one_transaction(url: str, chance: random.Random) -> int:
    sender = NodeAnchor(url)
    receipt = sender.send({"to": address(OPERATOR), "data": "0x" + chance.randbytes(32).hex()})
    return int(receipt["gasUsed"], 16)


@contextmanager
def _node() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        anvil = AnvilProcess(find_anvil(), port, CHAIN_ID, Path(folder))
        anvil.start()
        try:
            yield anvil.url
        finally:
            anvil.kill()


if __name__ == "__main__":
    main()
