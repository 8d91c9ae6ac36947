"""`kill -9` at random moments while entries are written: nothing acknowledged is lost, nothing is doubled, and every
earlier checkpoint is a prefix of every later one."""

import os
import random
import signal
import time

import pytest

from tests.faults.writing import Watcher, Writers, check_everything
from tests.running_hub import RunningHub

TARGETS = ("web-1", "web-2", "worker-log", "worker", "beat", "EVM node", "Valkey", "PostgreSQL")


def _kill_one(hub: RunningHub, rng: random.Random, turn: int) -> str:
    """Every target is hit at least twice in twenty turns; which comes when is chance."""
    name = TARGETS[turn % len(TARGETS)] if turn < 2 * len(TARGETS) else rng.choice(TARGETS)
    pid = hub.pids().get(name)
    if pid is not None:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return name


# A repository is two entries: its creation and its first revision.
@pytest.mark.parametrize(
    ("kills", "least"),
    [
        pytest.param(20, 1_000, id="short", marks=pytest.mark.timeout(900)),
        pytest.param(200, 10_000, id="long", marks=[pytest.mark.soak, pytest.mark.timeout(4 * 3600)]),
    ],
)
def test_kills_lose_nothing_double_nothing_and_fork_nothing(kills: int, least: int) -> None:
    hub = RunningHub(ENTRIES_PER_HOUR="10000000", ANCHOR_INTERVAL="2", WEB_PROCESSES="2")
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    try:
        hub.start()
        hub.sign_up("writer")
        token = hub.token("writer")
        watcher = Watcher(hub)
        watcher.start()
        killed = []
        with Writers(hub, token, threads=3) as writers:
            for turn in range(kills):
                time.sleep(rng.uniform(1.0, 4.0))
                killed.append(_kill_one(hub, rng, turn))
            until = time.monotonic() + kills * 20
            while len(writers.acknowledged) < least and time.monotonic() < until:
                time.sleep(1)
        assert len(writers.acknowledged) >= least, (seed, killed, len(writers.acknowledged), hub.logs())
        assert not writers.refused, (seed, writers.refused[:3], hub.logs())
        print(check_everything(hub, watcher, writers.acknowledged, seed), killed)
    finally:
        hub.close()
