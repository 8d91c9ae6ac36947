"""The embedded servers for a command that runs while the hub does not."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.conf import settings

from chain import embedded
from chain.embedded import AnvilError, AnvilProcess, find_anvil
from config.backups.manifest import BadBackup
from config.servers import Postgres, ServerFailed, remove_sockets, socket_folder
from config.supervisor import EMBEDDED_CHAIN_ID, free_port


@contextmanager
def hub_is_off() -> Iterator[None]:
    """Holds the lock of the data folder; `BadBackup` while a hub runs on it."""
    folder: Path = settings.DATA_DIR / "run"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadBackup(f"A hub runs on {settings.DATA_DIR}. Stop it first.") from None
        yield


def run_with_servers(arguments: Sequence[str]) -> int:
    """Run `manage.py` with these arguments on the data folder's own PostgreSQL, and its chain if there is one.

    Returns the command's exit code. `BadBackup` when a hub runs there or a server does not start.
    """
    with ExitStack() as stack:
        stack.enter_context(hub_is_off())
        sockets = socket_folder(settings.DATA_DIR / "run" / "sockets")
        stack.callback(remove_sockets, sockets)
        environment = {"AKASHI_RESTORING": "1"}
        try:
            postgres = Postgres(settings.DATA_DIR / "postgres", sockets)
            stack.callback(postgres.stop)
            postgres.start()
            environment["DATABASE_URL"] = postgres.url
            if not settings.CHAIN_RPC_URLS and embedded.snapshots(settings.CHAIN_SNAPSHOT_DIR):
                folder = settings.CHAIN_SNAPSHOT_DIR
                node = AnvilProcess(find_anvil(settings.ANVIL), free_port(), EMBEDDED_CHAIN_ID, folder)
                stack.callback(node.kill)
                node.start()
                environment |= {"CHAIN_RPC_URLS": node.url, "CHAIN_ID": str(EMBEDDED_CHAIN_ID), "CHAIN_EMBEDDED": "1"}
        except (ServerFailed, AnvilError) as error:
            raise BadBackup(str(error)) from error
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]
        return subprocess.run(command, env={**os.environ, **environment}).returncode  # noqa: S603


def is_inside() -> bool:
    """Whether this process was started by `run_with_servers`."""
    return os.environ.get("AKASHI_RESTORING") == "1"
