"""Gas of anchors and of rewards, from receipts of one EVM node in one run.

Anchors: one for a batch of records, beside one transaction per record that only carries the record's hash, and beside a
token per record. The log holds between one and two million records, then a thousand times as many; each batch is appended
at several random places.

Rewards: EpochDistributor, whose leaves are sums over all epochs, beside Uniswap's MerkleDistributor, of which every epoch
takes a new one that notes claims in a bitmap. Same token, paths of 17 nodes on both sides: 100,000 accounts.
"""

import json
import random
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from statistics import mean

from eth_utils.crypto import keccak

from chain.embedded import AnvilProcess, find_anvil
from contracts import build
from tests.contracts.machine import CHAIN_ID, OPERATOR, address
from tests.contracts.node import DeepTree, Node, NodeAnchor, NodeContract, NodeDistribution
from tests.contracts.rfc9162 import Tree
from tests.contracts.standard_tree import Row, node_hash

BATCHES = (1, 10, 100, 1_000, 10_000, 1_000_000)
PLACES = 12
# Least number of records in the log (it holds up to twice as many) -> mean gas of an anchor that is the goal, by batch.
SIZES = {10**6: {10_000: 60_000}, 10**9: {1_000_000: 75_000}}
PER_RECORD_GOALS = {10_000: 6.0, 1_000_000: 0.07}
DEPTH, BATCH = 17, 50
# rewards.md, G5
GOALS = {"first": 110_000, "later": 75_000, "many": 72_000, "epoch": 400_000}
LINES = (
    ("propose", "propose", ""),
    ("finalize the first epoch", "finalize", ""),
    ("finalize a later one", "finalize later", ""),
    ("propose and finalize the first", "epoch", ""),
    ("propose and finalize a later one", "epoch later", ""),
    ("an account's first claim", "first", "first"),
    ("its claim in a later epoch", "later", "later"),
    (f"one of {BATCH} new accounts in claimMany", "many", ""),
)
BITMAP = Path(__file__).parent.parent / "node_modules/@uniswap/merkle-distributor/build/MerkleDistributor.json"


def main() -> None:
    chance = random.Random(0)
    with _node() as url:
        single = mean(_one_transaction(url, chance) for _ in range(PLACES))
        minted, described = _tokens(url)
        print("   one transaction per record")
        print(f"     its hash as calldata           {single:>10,.0f} gas")
        print(f"     an ERC-721 token               {minted:>10,.0f} gas   {minted / single:.1f} ×")
        print(f"     the same, with an address      {described:>10,.0f} gas   {described / single:.1f} ×")
        for size, goals in SIZES.items():
            print(f"   one anchor for a batch, {size:,} to {2 * size:,} records in the log")
            print(
                "       records   proof nodes   gas per anchor      goal   per record   goal   calldata costs   a token costs"
            )
            for batch in BATCHES:
                gas, nodes = _anchors(url, size, batch, chance)
                each, goal, low = gas / batch, goals.get(batch), PER_RECORD_GOALS.get(batch) if size == 10**6 else None
                print(
                    f"     {batch:>9,}   {nodes:>11.1f}   {gas:>14,.0f}   {f'{goal:,}' if goal else '':>7}   {each:>10,.3f}"
                    f"   {low or '':>4}   {single / each:>12,.1f} ×   {minted / each:>11,.1f} ×"
                )
        print()
        _rewards(url)


# --- rewards -------------------------------------------------------------------------------------
def _rewards(url: str) -> None:
    ours, theirs = _cumulative(url), _bitmap(url)
    print("   rewards among 100,000 accounts       cumulative         goal   bitmap per epoch")
    for words, mine, other in LINES:
        goal = f"{GOALS[mine]:,}" if mine in GOALS else ""
        peer = f"{theirs[other]:,.0f}" if other else ""
        print(f"   {words:<36}{ours[mine]:>11,.0f}   {goal:>10}   {peer:>16}".rstrip())
    print(f"   a new contract for every epoch                                  {theirs['deploy']:>16,.0f}")
    for epochs in (1, 4, 10):
        bitmap = theirs["first"] + (epochs - 1) * theirs["later"]
        print(
            f"   {epochs:>2} epochs taken at once: {ours['first']:,} beside {bitmap:,}: {bitmap / ours['first']:.1f} ×"
        )


def _people(epoch: int) -> list[Row]:
    return [(f"0x{number:040x}", 1000 * (epoch + 1) + number) for number in range(1, 65)]


def _cumulative(url: str) -> dict[str, float]:
    hub = NodeDistribution(url)
    first, second = DeepTree(_people(0), DEPTH), DeepTree(_people(1), DEPTH)
    propose, finalize = hub.distribute(first, 10**6)
    found: dict[str, float] = {"propose": propose, "finalize": finalize, "epoch": propose + finalize}
    hub.claim(first, _people(0)[0])
    found["first"] = hub.claim(first, _people(0)[1])
    found["many"] = hub.claim_many(first, _people(0)[2 : 2 + BATCH]) / BATCH
    propose, later = hub.distribute(second, 10**7)
    found |= {"finalize later": later, "epoch later": propose + later, "later": hub.claim(second, _people(1)[1])}
    return found


def _bitmap(url: str) -> dict[str, float]:
    """Two epochs, each with a distributor of its own. Measured is the second account that claims: its bit stands in a
    word that is no longer empty, as for all but one of 256.
    """
    node, artifact = Node(url), build.run()["HubToken"]
    schedule = (node.now() - 10**6, 10**5, 10**8, 10**24)
    token, _ = node.deploy(artifact["bytecode"], artifact["abi"], *schedule)
    token.send("mint", 10**20)
    found: dict[str, float] = {}
    for epoch, name in enumerate(("first", "later")):
        found["deploy"], found[name] = _bitmap_epoch(node, token, _people(epoch)[:2])
    return found


def _bitmap_epoch(node: Node, token: NodeContract, people: list[Row]) -> tuple[int, int]:
    """Gas of a new distributor, and of the second claim from it."""
    built = json.loads(BITMAP.read_text(encoding="utf-8"))
    leaves = [
        bytes(keccak(index.to_bytes(32, "big") + bytes.fromhex(account[2:]) + amount.to_bytes(32, "big")))
        for index, (account, amount) in enumerate(people)
    ]
    above = [bytes(keccak(b"above" + bytes([level]))) for level in range(DEPTH - 1)]
    root = reduce(node_hash, above, node_hash(*leaves))
    contract, deployed = node.deploy("0x" + built["bytecode"], built["abi"], token.address, root)
    token.send("transfer", contract.address, 10**6)
    for index, row in enumerate(people):
        claimed = contract.send("claim", index, *row, [leaves[1 - index], *above])
    return deployed, claimed


# --- anchors -------------------------------------------------------------------------------------
def _anchors(url: str, least: int, batch: int, chance: random.Random) -> tuple[float, float]:
    """Mean gas and mean number of proof nodes of anchoring `batch` new records on a log of `least` to twice as many."""
    found = []
    for _ in range(PLACES):
        size = chance.randrange(least, 2 * least)
        tree = Tree([(size // 3, chance.randbytes(32)), (size, chance.randbytes(32)), (1 << 32, chance.randbytes(32))])
        found.append(NodeAnchor(url).growth(tree, size, size + batch))
    return mean(gas for gas, _ in found), mean(nodes for _, nodes in found)


def _one_transaction(url: str, chance: random.Random) -> int:
    sender = NodeAnchor(url)
    receipt = sender.send({"to": address(OPERATOR), "data": "0x" + chance.randbytes(32).hex()})
    return int(receipt["gasUsed"], 16)


def _tokens(url: str) -> tuple[int, int]:
    """Gas of a token for a record, without and with the address of its description; to somebody who has one already."""
    text = (Path(__file__).parent / "peers/RecordToken.sol").read_text(encoding="utf-8")
    request = json.loads(build.standard_json()) | {"sources": {"RecordToken.sol": {"content": text}}}
    compiled = build.compile_sources(json.dumps(request))
    node, found = Node(url), []
    for name, more in (("RecordToken", []), ("RecordTokenWithAddress", ["ipfs://" + "b" * 59])):
        token, _ = node.deploy(compiled[name]["bytecode"], compiled[name]["abi"])
        token.send("mint", address(OPERATOR), *more)
        found.append(token.send("mint", address(OPERATOR), *more))
    return found[0], found[1]


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
