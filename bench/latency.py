"""From an acknowledged change to the published checkpoint that holds it, at 20 entries a second, beside the target of 5 s.

Ten repositories a second are created through the API; each is two entries. A second client asks for the checkpoint all the
time, as a stranger would.
"""

import json
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from tests.faults.writing import all_entries
from tests.running_hub import RunningHub

SECONDS, CREATED_PER_SECOND, TARGET = 40, 10, 5.0


def main() -> None:
    hub = RunningHub(ENTRIES_PER_HOUR="100000000", WEB_PROCESSES="2")
    try:
        hub.start()
        hub.sign_up("bench")
        _measure(hub, hub.token("bench"))
    finally:
        hub.close()


def _measure(hub: RunningHub, token: str) -> None:
    answered: dict[str, float] = {}
    sizes: list[tuple[float, int]] = []
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(hub, sizes, ended))
    watcher.start()

    def create(number: int) -> None:
        body = {"kind": "dataset", "name": f"latency-{number}", "licence": "CC0-1.0"}
        status, answer = hub.post_json("/api/v1/repositories", body, token=token)
        assert status == 201, answer
        answered[f"repo:{answer['id']}"] = time.monotonic()

    with ThreadPoolExecutor(8) as pool:
        began = time.monotonic()
        for number in range(SECONDS * CREATED_PER_SECOND):
            time.sleep(max(0.0, began + number / CREATED_PER_SECOND - time.monotonic()))
            pool.submit(create, number)
    taken = time.monotonic() - began
    time.sleep(10)
    ended.set()
    watcher.join()
    waits = sorted(_waits(hub, answered, sizes))
    ranks = statistics.quantiles(waits, n=100)
    print(f"   {len(waits):,} entries acknowledged     {len(waits) / taken:>8.1f} entries/s")
    print(f"   until published: half within   {ranks[49]:>8.2f} s")
    print(
        f"                    99 % within   {ranks[98]:>8.2f} s   {ranks[98] / TARGET:.2f} × the target of {TARGET:.0f} s"
    )


def _watch(hub: RunningHub, sizes: list[tuple[float, int]], ended: threading.Event) -> None:
    """Each size of the published log, with the moment at which it was first seen."""
    while not ended.is_set():
        size = int(hub.get("/log/checkpoint").split(b"\n")[1])
        if not sizes or size > sizes[-1][1]:
            sizes.append((time.monotonic(), size))
        time.sleep(0.05)


def _waits(hub: RunningHub, answered: dict[str, float], sizes: list[tuple[float, int]]) -> list[float]:
    """Seconds from the answer to the first checkpoint that holds the entry, for each entry of the answered requests."""
    found = []
    for index, body in enumerate(all_entries(hub, sizes[-1][1])):
        entry = json.loads(body)
        moment = answered.get(entry["data"].get("repo", entry["subject"]))
        if moment is not None:
            seen = next(when for when, size in sizes if size > index)
            found.append(max(0.0, seen - moment))
    return found
