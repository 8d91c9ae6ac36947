"""Faults between the hub and its servers: connections to PostgreSQL, Valkey and the EVM node are cut, slow or silent while
entries are written. Whatever was acknowledged is in the log once, and on the chain once, without anybody's help.
"""

import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chain.embedded import AnvilProcess, find_anvil
from config.servers import Postgres, Valkey
from tests.faults.proxy import MODES, Proxy
from tests.faults.writing import Watcher, Writers, check_everything
from tests.running_hub import RunningHub, free_port

CHAIN_ID = 31337
FAULT_SECONDS, REST_SECONDS = 2.5, 1.5


class Network:
    """A hub whose three servers stand behind proxies."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="akashi-net-"))
        real, spoilt = self.folder / "real", self.folder / "spoilt"
        for folder in (self.folder, real, spoilt):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o711)
        self.postgres = Postgres(self.folder / "postgres", real)
        self.valkey = Valkey(self.folder / "valkey", real)
        self.anvil = AnvilProcess(find_anvil(), free_port(), CHAIN_ID, self.folder / "chain")
        for server in (self.postgres, self.valkey, self.anvil):
            server.start()
        self.proxies = {
            "PostgreSQL": Proxy(spoilt / ".s.PGSQL.5432", real / ".s.PGSQL.5432"),
            "Valkey": Proxy(spoilt / "valkey.sock", self.valkey.socket),
            "EVM node": Proxy(0, urlsplit(self.anvil.url).port or 0),
        }
        self.hub = RunningHub(
            DATABASE_URL=f"postgresql://postgres@/{self.postgres.database}?host={spoilt}",
            REDIS_URL=f"unix://{spoilt / 'valkey.sock'}",
            CHAIN_RPC_URLS=f"http://127.0.0.1:{self.proxies['EVM node'].port}",
            CHAIN_ID=str(CHAIN_ID),
            CHAIN_EMBEDDED="1",
            CHAIN_TIMEOUT="2",
            ANCHOR_INTERVAL="2",
            ENTRIES_PER_HOUR="10000000",
        )
        self.hub.start()
        self.hub.sign_up("writer")
        self.token = self.hub.token("writer")

    def spoil(self, name: str, mode: str, seconds: float) -> None:
        self.proxies[name].mode = mode
        time.sleep(seconds)
        self.proxies[name].mode = "pass"

    def close(self) -> None:
        self.hub.close()
        for proxy in self.proxies.values():
            proxy.close()
        for server in (self.anvil, self.valkey, self.postgres):
            server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    network = Network()
    yield network
    network.close()


@pytest.mark.parametrize(
    "rounds",
    [
        pytest.param(1, id="short", marks=pytest.mark.timeout(600)),
        pytest.param(20, id="long", marks=[pytest.mark.soak, pytest.mark.timeout(2 * 3600)]),
    ],
)
def test_faults_of_the_network_lose_nothing_and_double_nothing(network: Network, rounds: int) -> None:
    seed = random.randrange(2**32)
    faults = [(name, mode) for name in network.proxies for mode in MODES] * rounds
    random.Random(seed).shuffle(faults)
    watcher = Watcher(network.hub)
    watcher.start()
    with Writers(network.hub, network.token, threads=2, pause=0.1) as writers:
        for name, mode in faults:
            network.spoil(name, mode, FAULT_SECONDS)
            time.sleep(REST_SECONDS)
    assert not writers.refused, (seed, faults, writers.refused[:3], network.hub.logs())
    assert len(writers.acknowledged) >= len(faults), (seed, faults, network.hub.logs())
    print(check_everything(network.hub, watcher, writers.acknowledged, seed))


@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(15, id="short", marks=pytest.mark.timeout(600)),
        pytest.param(600, id="long", marks=[pytest.mark.soak, pytest.mark.timeout(3600)]),
    ],
)
def test_while_the_chain_is_away_entries_are_accepted_and_then_anchored_once(network: Network, seconds: float) -> None:
    watcher = Watcher(network.hub)
    watcher.start()
    proxy = network.proxies["EVM node"]
    with Writers(network.hub, network.token, threads=1, pause=0.2) as writers:
        for mode in ("cut", "silent"):
            network.spoil("EVM node", mode, seconds / 2)
        assert proxy.mode == "pass"
        back = time.monotonic()
    assert not writers.refused and len(writers.acknowledged) > seconds, (writers.refused[:3], network.hub.logs())
    check_everything(network.hub, watcher, writers.acknowledged, seed=0)
    assert time.monotonic() - back < 120, "the chain did not have the newest head in two minutes"
