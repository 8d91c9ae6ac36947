"""`make bench`: every measurement beside a peer or a physical limit in the same run, printed as ratios.

    python -m bench [name ...]        gas, log_speed, record, pages, transfer, allocation, epoch_job, distribution_tree

Absolute rates depend on the machine; the ratios are what to compare. Nothing here fails when it is slow.
"""

import importlib
import sys
import time

NAMES = ("gas", "log_speed", "record", "pages", "transfer", "allocation", "epoch_job", "distribution_tree")


def main(wanted: list[str]) -> int:
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        print(f"No such measurement: {', '.join(unknown)}. There are: {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    for name in wanted or NAMES:
        began = time.monotonic()
        print(f"\n== {name}", flush=True)
        importlib.import_module(f"bench.{name}").main()
        print(f"   ({time.monotonic() - began:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
