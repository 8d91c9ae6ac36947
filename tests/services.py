"""pytest plugin: a real PostgreSQL, Valkey and EVM node for the run, in a temporary folder.

The addresses go into the environment when the plugin is imported, before Django reads its settings; the servers
start with the session. A server that does not start fails the run. When tests run side by side (`-n`), every worker has
servers of its own, and a file's tests stay together, because its modules' fixtures are made once.
"""

import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from chain.embedded import AnvilProcess, find_anvil  # noqa: E402
from config.servers import Postgres, Valkey, socket_folder  # noqa: E402

CHAIN_ID = 31337
BROWSER = "tests/browser/"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _fast_folder() -> str | None:
    """Memory instead of a disk where there is some: emptying tables between tests is mostly the making of files."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 * 1024**3:
        return str(memory)
    return None


class Services:
    """The three servers and the folder they live in."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="akashi-test-", dir=_fast_folder()))
        self.folder.chmod(0o711)
        sockets = socket_folder(self.folder / "run")
        # A test database has nothing to lose in a power cut; the hub's own tests of that run with fsync on.
        self.postgres = Postgres(self.folder / "postgres", sockets, settings={"fsync": "off", "max_connections": "100"})
        self.valkey = Valkey(self.folder / "valkey", sockets)
        self.anvil = AnvilProcess(find_anvil(), _free_port(), CHAIN_ID, self.folder / "chain")

    def environment(self) -> dict[str, str]:
        return {
            "DATA_DIR": str(self.folder / "data"),
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            "CHAIN_RPC_URLS": self.anvil.url,
            "CHAIN_ID": str(CHAIN_ID),
            "CHAIN_EMBEDDED": "1",
            "SITE_URL": "http://testserver",
            "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
            "LOG_ORIGIN": "akashi.test/log",
            "RATE_ANONYMOUS": "100000/min",
            "RATE_ACCOUNT": "100000/min",
        }

    def start(self) -> None:
        self.postgres.start()
        self.valkey.start()
        self.anvil.start()

    def stop(self) -> None:
        for server in (self.anvil, self.valkey, self.postgres):
            server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


services = Services()
os.environ.update(services.environment())
(services.folder / "data").mkdir()


def pytest_sessionstart(session: pytest.Session) -> None:
    # Whoever only hands out tests to workers needs no servers.
    hands_out = bool(session.config.getoption("numprocesses", None))
    if not session.config.option.collectonly and not hands_out:
        services.start()


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """A file's tests run in one worker, and so do all that drive Chromium: the hub that they visit takes minutes to start."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return BROWSER if file.startswith(BROWSER) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    return Together(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        # What takes longest in one piece is begun first.
        items.sort(key=lambda item: not item.nodeid.startswith(BROWSER))


def pytest_unconfigure() -> None:
    services.stop()
