"""The history page with 10,000 entries: requests per second and p95, beside the same page with one and beside `/healthz`."""

import os
import statistics
import threading
import time
import urllib.request
from collections.abc import Callable

ENTRIES, WORKERS, SECONDS = 10_000, 4, 10.0


def main() -> None:
    from tests.running_hub import RunningHub

    hub = RunningHub(ENTRIES_PER_HOUR="100000000", WEB_PROCESSES="2")
    try:
        hub.start()
        hub.sign_up("bench")
        token = hub.token("bench")
        for name in ("long", "short"):
            status, answer = hub.post_json(
                "/api/v1/repositories", {"kind": "dataset", "name": name, "licence": "CC0-1.0"}, token=token
            )
            assert status == 201, answer
        _fill(hub)
        _compare(hub.url)
    finally:
        hub.close()


def _fill(hub: object) -> None:
    """10,000 revisions of one repository through the service, in the running hub's own database."""
    print(f"   publishing {ENTRIES:,} revisions …", flush=True)
    began = time.monotonic()
    hub.manage("bench_revisions", "bench/long", str(ENTRIES))  # type: ignore[attr-defined]
    print(f"   published at {ENTRIES / (time.monotonic() - began):,.0f} revisions/s", flush=True)
    time.sleep(8)


def _load(url: str) -> tuple[float, float]:
    """Requests per second and the 95th percentile of the answer time in milliseconds, for WORKERS at once."""
    times: list[float] = []
    until = time.monotonic() + SECONDS

    def work() -> None:
        while time.monotonic() < until:
            began = time.perf_counter()
            with urllib.request.urlopen(url, timeout=60) as answer:
                answer.read()
            times.append(time.perf_counter() - began)

    _together([work] * WORKERS)
    return len(times) / SECONDS, statistics.quantiles(times, n=20)[-1] * 1000


def _together(acts: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _compare(url: str) -> None:
    base, _ = _load(url + "/healthz")
    short, short_p95 = _load(url + "/datasets/bench/short/history")
    long, long_p95 = _load(url + "/datasets/bench/long/history")
    cores = os.cpu_count()
    rows = (
        ("/healthz", base, f"{WORKERS} at once, {cores} cores"),
        ("history, 1 revision", short, f"p95 {short_p95:.0f} ms, {short / base:.3f} of /healthz"),
        (f"history, {ENTRIES:,} revisions", long, f"p95 {long_p95:.0f} ms, {long / short:.2f} of the short one"),
    )
    for name, rate, words in rows:
        print(f"{name:<28} {rate:8,.1f} requests/s   {words}")
