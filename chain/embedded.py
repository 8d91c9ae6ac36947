"""The embedded EVM node: an anvil process whose whole state survives `kill -9` through snapshots.

Standard library only, so that the supervisor and the tests can use it without Django.

anvil keeps its chain in memory. Its own `--state` file is rewritten in place and loses blocks, or itself, when the
process is killed in between; therefore whoever mines a block calls `save_snapshot` before telling anyone about it.
A snapshot is what `anvil_dumpState` returns, gunzipped: exactly what `--load-state` takes.

The port must stay on loopback and private: anvil answers calls that set balances and rewind blocks.
"""

import ctypes
import fcntl
import gzip
import http.client
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

KEEP = 3
# Pinned, so that gas and opcodes do not move with the node's version.
HARDFORK = "osaka"
# Old states that the node keeps in memory. Without a number it writes all of them to ~/.foundry, gigabytes in days.
HISTORY = 16
START_SECONDS = 30.0
STOP_SECONDS = 10.0
_PR_SET_PDEATHSIG = 1


class AnvilError(Exception):
    """The node could not be found, did not start, or refused a call."""


def find_anvil(named: str = "") -> Path:
    """The anvil binary: the one `named` (setting `ANVIL`), else the npm package, else the search path."""
    if named:
        return _executable(Path(named).expanduser())
    root = Path(__file__).resolve().parent.parent
    packaged = root / "node_modules" / "@foundry-rs" / f"anvil-{_platform()}" / "bin" / "anvil"
    if packaged.exists():
        return _executable(packaged)
    on_path = shutil.which("anvil")
    if on_path:
        return Path(on_path)
    raise AnvilError(
        f"no anvil: {packaged} is missing (npm ci installs it), and it is not on the PATH; ANVIL may name one"
    )


def _platform() -> str:
    system = {"linux": "linux", "darwin": "darwin"}.get(sys.platform, sys.platform)
    machine = platform.machine().lower()
    return f"{system}-{'arm64' if machine in {'arm64', 'aarch64'} else 'amd64'}"


def _executable(path: Path) -> Path:
    if not path.is_file():
        raise AnvilError(f"no anvil at {path}")
    if not os.access(path, os.X_OK):
        path.chmod(path.stat().st_mode | 0o111)
    return path


def call(url: str, method: str, *params: Any, timeout: float = 30.0) -> Any:
    """One JSON-RPC call; returns `result`. OSError when nobody answers, AnvilError when the node refuses."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port or 80, timeout=timeout)
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
    try:
        connection.request("POST", parts.path or "/", body, {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
    except (http.client.HTTPException, ValueError) as error:
        raise OSError(f"{method}: the node's answer broke off ({error})") from error
    finally:
        connection.close()
    if "error" in answer:
        raise AnvilError(f"{method}: {answer['error'].get('message', answer['error'])}")
    return answer["result"]


# --- snapshots -----------------------------------------------------------------------------------
def snapshots(folder: Path) -> list[Path]:
    """Snapshot files, newest first. Their names carry a number that only grows."""
    return sorted(folder.glob("state-*.json"), key=lambda path: path.name, reverse=True)


def loadable(path: Path) -> bool:
    """Whether the file holds a whole JSON object; a torn write does not."""
    try:
        return isinstance(json.loads(path.read_bytes()), dict)
    except (OSError, ValueError):
        return False


def keep_one_beginning(path: Path) -> None:
    """Leave one first block in a snapshot: the oldest, which is the chain's.

    anvil makes a first block at every start and dumps it beside the loaded one; of several in a snapshot it then serves
    any. The chain would seem to have another beginning.
    """
    state = json.loads(path.read_bytes())
    first = [block for block in state["blocks"] if int(block["header"]["number"], 16) == 0]
    if len(first) > 1:
        oldest = min(first, key=lambda block: int(block["header"]["timestamp"], 16))
        others = [block for block in state["blocks"] if int(block["header"]["number"], 16)]
        _write_durably(path, json.dumps(state | {"blocks": [oldest, *others]}, separators=(",", ":")).encode())


def save_snapshot(url: str, folder: Path, keep: int = KEEP) -> Path:
    """Write the node's whole state durably: temporary file, fsync, rename, fsync of the folder.

    A lock covers both the dump and the write; otherwise an older dump could get the newer name. After return
    the state outlives a crash of the node and of the machine.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "snapshot.lock"):
        dump: str = call(url, "anvil_dumpState", timeout=120.0)
        state = gzip.decompress(bytes.fromhex(dump.removeprefix("0x")))
        path = folder / f"state-{_next_number(folder):012d}.json"
        _write_durably(path, state)
        for old in snapshots(folder)[keep:]:
            old.unlink(missing_ok=True)
    return path


def _next_number(folder: Path) -> int:
    newest = next(iter(snapshots(folder)), None)
    return int(newest.stem.split("-")[1]) + 1 if newest else 1


def _write_durably(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.rename(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("wb") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


# --- the process ---------------------------------------------------------------------------------
class AnvilProcess:
    """One anvil on loopback, mining only when told to, without any development account.

    `start` loads the newest snapshot in `folder` that parses and that the node accepts; one that it does not accept
    is set aside as `*.refused`. `stop` saves a snapshot first. On Linux the node dies with the
    thread that started it, so start it from the main one.
    """

    def __init__(self, binary: Path | str, port: int, chain_id: int, folder: Path | str) -> None:
        self.binary = Path(binary)
        self.port = port
        self.chain_id = chain_id
        self.folder = Path(folder)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        if self.process is None:
            raise AnvilError("the node is not running")
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start the node and return once it answers with the right chain id; AnvilError otherwise."""
        if self.running:
            raise AnvilError("the node is running already")
        self.folder.mkdir(parents=True, exist_ok=True)
        for snapshot in filter(loadable, snapshots(self.folder)):
            # One in another form is left as it is: the node itself says whether it takes it.
            with suppress(LookupError, TypeError, ValueError):
                keep_one_beginning(snapshot)
            if self._launch(snapshot):
                return
            snapshot.rename(snapshot.with_suffix(".refused"))
        if not self._launch(None):
            raise AnvilError(f"anvil did not start; {self.log_file} says why")

    def stop(self) -> None:
        """Save a snapshot and end the node. Safe to call twice, and after the node died by itself."""
        if self.process is None:
            return
        if self.running:
            with suppress(OSError, AnvilError):
                self.snapshot()
            self._end()
        self.process = None

    def kill(self) -> None:
        """End the node at once, without a snapshot: what a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def snapshot(self) -> Path:
        return save_snapshot(self.url, self.folder)

    @property
    def log_file(self) -> Path:
        return self.folder / "anvil.log"

    def _command(self, snapshot: Path | None) -> list[str]:
        options = {
            "--host": "127.0.0.1",
            "--port": str(self.port),
            "--chain-id": str(self.chain_id),
            "--hardfork": HARDFORK,
            "--accounts": "0",
            "--prune-history": str(HISTORY),
        }
        flags = ["--no-mining", "--no-cors", "--quiet"]
        loading = ["--load-state", str(snapshot)] if snapshot else []
        return [str(self.binary), *(part for pair in options.items() for part in pair), *flags, *loading]

    def _launch(self, snapshot: Path | None) -> bool:
        """True when the node answers. False when it ended by itself, as it does over a bad snapshot."""
        self.process = _spawn(self._command(snapshot), self.log_file)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                self.process = None
                return False
            if self._answers():
                return True
            time.sleep(0.02)
        self.kill()
        raise AnvilError(f"anvil did not answer within {START_SECONDS:.0f} s; {self.log_file} may say why")

    def _answers(self) -> bool:
        try:
            found = int(call(self.url, "eth_chainId", timeout=2.0), 16)
        except OSError:
            return False
        if found != self.chain_id:
            self.kill()
            raise AnvilError(f"port {self.port} is taken by a node of chain {found}")
        return True

    def _end(self) -> None:
        process = self.process
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _spawn(command: list[str], log_file: Path) -> subprocess.Popen[bytes]:
    log: BinaryIO
    with log_file.open("ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # A Ctrl-C in the terminal goes to the supervisor, which stops its servers in order.
            start_new_session=True,
            preexec_fn=_die_with_parent(),
        )


def _die_with_parent() -> Callable[[], None] | None:
    """A function for the child that asks Linux for SIGKILL when its parent ends; None where that does not exist."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # The parent may have ended before the request was in place.
        if os.getppid() != parent:
            os._exit(1)

    return ask
