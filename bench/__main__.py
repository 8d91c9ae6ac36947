"""`make bench`: every measurement beside a peer or a physical limit in the same run, printed as ratios.

    python -m bench [name ...]        gas, log_speed, large_log, record, latency, pages, transfer, allocation, epoch_job,
                                      distribution_tree

Absolute rates depend on the machine; the ratios are what to compare. Nothing here fails when it is slow. Each measurement
is a process of its own, so that none inherits another's memory or servers, and one that cannot run stops no other.
"""

import importlib
import subprocess
import sys
import time

NAMES = (
    "gas",
    "log_speed",
    "large_log",
    "record",
    "latency",
    "pages",
    "transfer",
    "allocation",
    "epoch_job",
    "distribution_tree",
)


def main(wanted: list[str]) -> int:
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        print(f"No such measurement: {', '.join(unknown)}. There are: {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    if len(wanted) == 1:
        _measure(wanted[0])
        return 0
    failed = [name for name in wanted or NAMES if subprocess.run([sys.executable, "-m", "bench", name]).returncode]
    if failed:
        print(f"\nNot measured: {', '.join(failed)}.", file=sys.stderr)
    return bool(failed)


def _measure(name: str) -> None:
    began = time.monotonic()
    print(f"\n== {name}", flush=True)
    importlib.import_module(f"bench.{name}").main()
    print(f"   ({time.monotonic() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
