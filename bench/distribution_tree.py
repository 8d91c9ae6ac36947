"""The distribution tree beside `@openzeppelin/merkle-tree`: the same leaves, the same root, in one run. Target: 20 times as fast.

The peer builds 100,000 leaves; a million take it many minutes and gigabytes. Both times are of building the tree alone,
from leaves that are in memory.
"""

import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean

from sha3 import keccak_256

from contracts.build import find_node
from rewards import tree

SIZE, LARGE, PROOFS = 100_000, 1_000_000, 1_000
TARGET = 20
ROOT = Path(__file__).resolve().parent.parent
PEER = """
const { StandardMerkleTree } = require("@openzeppelin/merkle-tree");
const leaves = JSON.parse(require("fs").readFileSync(0, "utf8"));
const began = process.hrtime.bigint();
const tree = StandardMerkleTree.of(leaves, ["address", "uint256"]);
const seconds = Number(process.hrtime.bigint() - began) / 1e9;
console.log(JSON.stringify({ seconds, root: tree.root }));
"""


def main() -> None:
    leaves = [_leaf(number) for number in range(SIZE)]
    ours, nodes = _build(leaves)
    print(f"   {SIZE:>9,} leaves               {ours:>8.2f} s   {2 * SIZE / ours:,.0f} leaf and inner hashes/s")
    theirs = _peer(leaves, tree.root(nodes))
    print(
        f"   @openzeppelin/merkle-tree       {theirs:>8.2f} s   same root; {theirs / ours:.0f} × ours (target {TARGET} ×)"
    )
    bare = _bare_hashes(3 * SIZE)
    print(f"   as many Keccak-256 of 64 bytes  {bare:>8.2f} s   the tree takes {ours / bare:.2f} of that")
    large = [_leaf(number) for number in range(LARGE)]
    seconds, nodes = _build(large)
    print(f"   {LARGE:>9,} leaves               {seconds:>8.2f} s   {len(nodes) / 1e6:.0f} MB of nodes")
    print(f"   a proof from the file           {_proof_from_file(large, nodes) * 1e6:>8.0f} µs")


def _leaf(number: int) -> tree.Leaf:
    digest = hashlib.sha256(number.to_bytes(8, "big")).hexdigest()
    return "0x" + digest[:40], int(digest[40:60], 16)


def _build(leaves: list[tree.Leaf]) -> tuple[float, bytes]:
    began = time.perf_counter()
    nodes = tree.build(leaves)
    return time.perf_counter() - began, nodes


def _peer(leaves: list[tree.Leaf], root: bytes) -> float:
    """Seconds that the library takes; ends the measurement when it is not installed or finds another root."""
    values = json.dumps([[wallet, str(amount)] for wallet, amount in leaves])
    done = subprocess.run([find_node(), "-e", PEER], cwd=ROOT, input=values, capture_output=True, text=True)
    if done.returncode:
        print(f"@openzeppelin/merkle-tree did not run; install it with: npm ci\n{done.stderr}", file=sys.stderr)
        raise SystemExit(1)
    found = json.loads(done.stdout)
    assert found["root"] == "0x" + root.hex(), "another root"
    return float(found["seconds"])


def _bare_hashes(count: int) -> float:
    message = bytes(64)
    began = time.perf_counter()
    for _ in range(count):
        keccak_256(message).digest()
    return time.perf_counter() - began


def _proof_from_file(leaves: list[tree.Leaf], nodes: bytes) -> float:
    """Mean seconds for one proof, the file opened for each."""
    times = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "nodes"
        path.write_bytes(nodes)
        for wallet, amount in random.Random(1).sample(leaves, PROOFS):
            began = time.perf_counter()
            assert tree.proof_from_file(path, wallet, amount) is not None
            times.append(time.perf_counter() - began)
    return mean(times)


if __name__ == "__main__":
    main()
