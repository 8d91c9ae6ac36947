"""The rule on 1,000,000 works of 100,000 accounts with 1,000,000 edges, beside its target: 15 s and 1 GiB on one core.

Each size runs in a process of its own, so that its peak memory is its own. The second program computes the smaller size
too; both must agree to the wei.
"""

import json
import random
import resource
import subprocess
import sys
import time

from rewards import akashi_recompute, policy, rule
from rewards.inputs import Edge, EpochInput, Owners, Work

SIZES = (100_000, 1_000_000)
WORKS_OF_ONE, DEPTH = 10, 24
TARGET_SECONDS, TARGET_BYTES = 15.0, 1024**3
KINDS = ("data", "code", "documentation", "tuning", "model", "review")


def main() -> None:
    for size in SIZES:
        command = [sys.executable, "-m", "bench.allocation", str(size)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        rate = size / found["seconds"]
        print(f"   {size:>9,} works, {found['accounts']:,} accounts, {found['edges']:,} edges, lineage {DEPTH} deep")
        print(f"     allocation      {found['seconds']:>8.2f} s   {rate:>10,.0f} works/s")
        print(
            f"     peak memory     {found['peak'] / 2**20:>8.0f} MiB  ({found['input'] / 2**20:.0f} MiB of it the input)"
        )
        if size == SIZES[-1]:
            seconds, memory = found["seconds"] / TARGET_SECONDS, found["peak"] / TARGET_BYTES
            print(f"     of the target   {seconds:>8.2f} × 15 s, {memory:.2f} × 1 GiB")
        if found["second"]:
            print(
                f"     second program  {found['second']:>8.2f} s   {found['second'] / found['seconds']:.1f} × the first, same wei"
            )


def synthetic(size: int) -> EpochInput:
    """Works in DEPTH generations; each but the first is made from one of the generation before, some from two."""
    chance = random.Random(size)
    people: list[Owners] = [((f"{number:032x}", 10_000),) for number in range(size // WORKS_OF_ONE)]
    per = size // DEPTH
    works = [_work(chance, sequence, people) for sequence in range(size)]
    edges = []
    for sequence in range(per, size):
        start = (sequence // per - 1) * per
        parents = {start + chance.randrange(per) for _ in range(2 if sequence % 23 == 0 else 1)}
        edges += [Edge(sequence, parent, 10_000) for parent in parents]
    return EpochInput(1, 400_000 * 10**18, policy.FIRST, works, edges)


def _work(chance: random.Random, sequence: int, people: list[Owners]) -> Work:
    owners = chance.choice(people)
    if sequence % 10 == 0:
        other = chance.choice(people)
        if owners != other:
            (one, _), (two, _) = sorted((owners[0], other[0]))
            owners = ((one, 6_000), (two, 4_000))
    quality = chance.randint(30, 100)
    return Work(
        id=f"contrib:{sequence:036d}",
        sequence=sequence,
        kind=KINDS[sequence % len(KINDS)],
        owners=owners,
        initial=chance.random() < 0.5,
        standing=quality >= 50,
        accepted_epoch=1,
        effort=chance.choice((1, 2, 3, 5, 8, 13, 21)),
        quality=quality,
        reviews=2,
        gain_bps=0,
        usage=chance.choice((0, 0, 0, 2_000)),
        openness="open",
        originality_bps=10_000,
    )


def measure(size: int) -> dict[str, float]:
    """Seconds and bytes for one size."""
    epoch = synthetic(size)
    before = _peak()
    began = time.perf_counter()
    found = rule.allocate(epoch)
    seconds = time.perf_counter() - began
    assert found.allocated_wei + found.unallocated_wei == epoch.budget_wei
    peak = _peak()
    second = _second(epoch, found) if size == SIZES[0] else 0.0
    counts = {"accounts": size // WORKS_OF_ONE, "edges": len(epoch.edges)}
    return {"seconds": seconds, "input": before, "peak": peak, "second": second, **counts}


def _second(epoch: EpochInput, found: rule.Allocation) -> float:
    """How long `akashi_recompute.py` takes for the same rule."""
    rows = {work.sequence: {**work._asdict(), "signals": work._asdict()} for work in found.works}
    parents: dict[int, list[int]] = {work.sequence: [] for work in found.works}
    for edge in found.edges:
        parents[edge.child].append(edge.parent)
    made = akashi_recompute.Epoch(1, policy.as_object(epoch.policy), rows, parents, None)
    began = time.perf_counter()
    theirs = akashi_recompute.allocate(made, epoch.budget_wei)
    seconds = time.perf_counter() - began
    assert theirs.accounts == found.accounts
    return seconds


def _peak() -> int:
    """The most memory that this process ever held, in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


if __name__ == "__main__":
    if len(sys.argv) == 2:
        print(json.dumps(measure(int(sys.argv[1]))))
    else:
        main()
