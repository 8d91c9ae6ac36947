"""Witnesses for tests: `manage.py witness` as a process of its own, or the same server in a thread."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ledger.cosignature import WitnessKey
from ledger.note import Ed25519Key
from ledger.witness_server import WitnessServer
from ledger.witness_state import WitnessState
from tests.services import ROOT


def bare_environment(folder: Path, **more: str) -> dict[str, str]:
    """Nothing of the tests' servers: what runs with this has files only."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return {**kept, "DATA_DIR": str(folder), "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", **more}


class WitnessProcess:
    """`manage.py witness` on a folder."""

    def __init__(self, folder: Path, logs: Sequence[str], name: str = "witness.example/w1") -> None:
        self.folder = folder
        logs = [word for log in logs for word in ("--log", log)]
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "witness", "--name", name, "--state", str(folder), "--listen", "127.0.0.1:0", *logs],
            cwd=ROOT, env=bare_environment(folder.parent / "data"), text=True, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.vkey = self.process.stdout.readline().strip()
        self.key = WitnessKey.from_vkey(self.vkey)
        self.url = "http://" + self.process.stdout.readline().strip().removeprefix("listening on ")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def serving(folder: Path, logs: Sequence[str], name: str = "witness.example/w1") -> Iterator[tuple[str, str]]:
    """The witness in a thread; its verifier key and address."""
    state = WitnessState(folder, name, [Ed25519Key.from_vkey(log) for log in logs])
    server = WitnessServer("127.0.0.1", 0, state)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state.signer.key.vkey, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
