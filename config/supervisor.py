"""`make run`: starts everything a hub needs on one machine, keeps it running, stops it in order.

    python -m config.supervisor

What has an address in the environment (`DATABASE_URL`, `REDIS_URL`, `CHAIN_RPC_URLS`) is used as it is; the rest is
embedded, with its data under `DATA_DIR`. A child that ends is started again. Every child ends with the supervisor,
even if that is killed; the next start repairs what was cut off.
"""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from chain.embedded import AnvilError, AnvilProcess, find_anvil
from config import env
from config.servers import Postgres, ServerFailed, Valkey, die_with_parent, remove_sockets, socket_folder

ROOT = Path(__file__).resolve().parent.parent
EMBEDDED_CHAIN_ID = 31337
_RESTART_PAUSE = 1.0  # seconds, doubled for a child that ends at once, at most 30
_STEADY = 20.0  # a child that ran this long gets a short pause again


class Server(Protocol):
    process: "subprocess.Popen[bytes] | None"

    def start(self) -> None: ...

    def stop(self) -> None: ...


class StartFailed(Exception):
    """The hub cannot start; the text says what to do."""


@dataclass
class Child:
    """A program of ours: how to start it, and when to start it again."""

    name: str
    command: list[str]
    inherit: tuple[int, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    pause: float = _RESTART_PAUSE
    due: float = 0.0


@dataclass
class Supervisor:
    data: Path
    host: str
    port: int
    web_processes: int = 2
    anvil: str = ""  # the EVM node's binary; empty: looked for
    environment: dict[str, str] = field(default_factory=dict)
    servers: list[tuple[str, Server]] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    stopping: bool = False
    sockets: Path | None = None
    demo: "subprocess.Popen[bytes] | None" = None

    # --- progress ----------------------------------------------------------------------------------

    def step(self, words: str, act: Callable[[], object]) -> None:
        """Runs one step of the start and prints how long it took."""
        if self.stopping:
            raise KeyboardInterrupt
        print(f"  {words:<44}", end="", flush=True)
        began = time.monotonic()
        act()
        print(f"{time.monotonic() - began:6.1f} s", flush=True)

    # --- start -------------------------------------------------------------------------------------

    def run(self) -> int:
        self.note_demo()
        (self.data / "run").mkdir(parents=True, exist_ok=True)
        (self.data / "logs").mkdir(exist_ok=True)
        lock = (self.data / "run" / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartFailed(f"A hub is already running on {self.data}.") from None
        listening = self.listen()
        print(f"Akashi starts. Data: {self.data}", flush=True)
        try:
            self.start_servers()
            self.prepare()
            self.start_children(listening)
            self.step("web pages answer", self.wait_until_ready)
            print(f"\nAkashi is ready: http://{self.host}:{self.port}   (Ctrl-C stops it)", flush=True)
            if self.demo_due.exists():
                self.start_demo()
            self.watch()
        except KeyboardInterrupt:
            pass
        finally:
            self.stop()
        return 0

    def listen(self) -> socket.socket:
        """Opens the web port first: a port in use is the commonest failure, and costs no waiting this way."""
        listening = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((self.host, self.port))
        except OSError as error:
            raise StartFailed(
                f"Port {self.port} on {self.host} is not free ({error.strerror}). Try PORT=8001."
            ) from None
        listening.listen(1024)
        return listening

    def start_servers(self) -> None:
        self.sockets = socket_folder(self.data / "run" / "sockets")
        if not os.environ.get("DATABASE_URL"):
            postgres = Postgres(self.data / "postgres", self.sockets)
            self.servers.append(("PostgreSQL", postgres))
            self.environment["DATABASE_URL"] = postgres.url
        if not os.environ.get("REDIS_URL"):
            valkey = Valkey(self.data / "valkey", self.sockets)
            self.servers.append(("Valkey", valkey))
            self.environment["REDIS_URL"] = valkey.url
        if not os.environ.get("CHAIN_RPC_URLS"):
            anvil = AnvilProcess(find_anvil(self.anvil), free_port(), EMBEDDED_CHAIN_ID, self.data / "chain")
            self.servers.append(("EVM node", anvil))
            self.environment |= {
                "CHAIN_RPC_URLS": anvil.url,
                "CHAIN_ID": str(EMBEDDED_CHAIN_ID),
                "CHAIN_EMBEDDED": "1",
            }
        for name, server in self.servers:
            self.step(name, server.start)
        _write_atomically(self.data / "run" / "endpoints.json", json.dumps(self.environment, indent=1))

    def prepare(self) -> None:
        """One process makes all that must stand before the first page, and prints its own steps."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "prepare"],
            env={**os.environ, **self.environment}, cwd=ROOT, stderr=subprocess.PIPE, text=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )  # fmt: skip
        if done.returncode and not self.stopping:
            raise StartFailed(f"`manage.py prepare` failed.\n{done.stderr.strip()}")

    def start_children(self, listening: socket.socket) -> None:
        python, celery = sys.executable, [sys.executable, "-m", "celery", "-A", "config.celery"]
        quiet = ["--loglevel", "WARNING"]
        worker = [*celery, "worker", *quiet, "--without-gossip", "--without-mingle"]
        for number in range(self.web_processes):
            command = [python, "-m", "config.serve", str(listening.fileno())]
            self.children.append(Child(f"web-{number + 1}", command, (listening.fileno(),)))
        self.children += [
            Child("worker-log", [*worker, "-Q", "log", "-P", "solo", "-n", "log@%h"]),
            Child("worker", [*worker, "-Q", "default,bytes", "-c", "2", "-n", "default@%h"]),
            Child("beat", [*celery, "beat", *quiet, "-s", str(self.data / "run" / "beat"), "--pidfile", ""]),
        ]
        for child in self.children:
            self.start_child(child)

    def start_child(self, child: Child) -> None:
        with (self.data / "logs" / f"{child.name}.log").open("ab") as log:
            child.process = subprocess.Popen(
                child.command, env={**os.environ, **self.environment}, cwd=ROOT, pass_fds=child.inherit,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=die_with_parent(signal.SIGTERM),
            )  # fmt: skip
        child.started = time.monotonic()
        self.write_pids()

    @property
    def demo_due(self) -> Path:
        """There while demo content is wanted and not complete: a start that fails or is cut off does not lose it."""
        return self.data / "run" / "demo-due"

    def note_demo(self) -> None:
        """Only a new data folder gets demo content, and only on the embedded chain."""
        wanted = env.flag("DEMO", True) and "CHAIN_RPC_URLS" not in os.environ
        if wanted and not self.demo_due.parent.exists():
            self.demo_due.parent.mkdir(parents=True)
            self.demo_due.touch()
        elif not wanted:
            self.demo_due.unlink(missing_ok=True)

    def start_demo(self) -> None:
        """Demo content comes after the ready line; its progress shows on the pages and in logs/demo.log."""
        command = [sys.executable, str(ROOT / "manage.py"), "demo"]
        print("Demo content is being made; its passwords will be in", self.data / "demo-accounts.txt", flush=True)
        with (self.data / "logs" / "demo.log").open("ab") as log:
            self.demo = subprocess.Popen(
                command, env={**os.environ, **self.environment}, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=die_with_parent(signal.SIGTERM),
            )  # fmt: skip

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and not self.stopping:
            try:
                with urllib.request.urlopen(f"http://{_for_url(self.host)}:{self.port}/healthz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                pass
            self.restart_what_ended()
            time.sleep(0.2)
        if not self.stopping:
            raise StartFailed(f"The web process does not answer; see {self.data / 'logs' / 'web-1.log'}.")

    # --- keep running ------------------------------------------------------------------------------

    def watch(self) -> None:
        while not self.stopping:
            self.restart_what_ended()
            if self.demo is not None and self.demo.poll() == 0:
                self.demo_due.unlink(missing_ok=True)
            time.sleep(0.25)

    def restart_what_ended(self) -> None:
        for name, server in self.servers:
            if server.process is not None and server.process.poll() is not None and not self.stopping:
                print(f"{name} ended ({_how(server.process.returncode)}); starting it again.", flush=True)
                try:
                    server.start()
                except (ServerFailed, AnvilError) as error:
                    print(error, flush=True)
        for child in self.children:
            self.restart_if_ended(child)

    def restart_if_ended(self, child: Child) -> None:
        if child.process is None or child.process.poll() is None or self.stopping:
            return
        moment = time.monotonic()
        if child.due == 0.0:
            # A killed child comes back at once; one that ends by itself soon after its start waits longer each time.
            at_once = child.process.returncode < 0 or moment - child.started > _STEADY
            child.pause = _RESTART_PAUSE if at_once else min(child.pause * 2, 30.0)
            child.due = moment if at_once else moment + child.pause
            print(f"{child.name} ended ({_how(child.process.returncode)}); starting it again.", flush=True)
        if moment >= child.due:
            child.due = 0.0
            self.start_child(child)

    def write_pids(self) -> None:
        """`run/pids.json` names every process, for operators and for the tests that kill them."""
        found = {child.name: child.process.pid for child in self.children if child.process}
        found |= {name: server.process.pid for name, server in self.servers if server.process}
        _write_atomically(self.data / "run" / "pids.json", json.dumps(found, indent=1))

    # --- stop --------------------------------------------------------------------------------------

    def ask_to_stop(self, _number: int, _frame: object) -> None:
        self.stopping = True

    def stop(self) -> None:
        """First what takes requests, then what works on them, then the servers, each given time to finish."""
        self.stopping = True
        print("\nStopping …", flush=True)
        _end(self.demo, 5)
        for child in self.children:
            _end(child.process, 15)
        for _name, server in reversed(self.servers):
            server.stop()
        (self.data / "run" / "endpoints.json").unlink(missing_ok=True)
        (self.data / "run" / "pids.json").unlink(missing_ok=True)
        if self.sockets is not None:
            remove_sockets(self.sockets)
        print("Stopped.", flush=True)


def _end(process: "subprocess.Popen[bytes] | None", seconds: float) -> None:
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _how(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _for_url(host: str) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (compared, not bound)
    return f"[{host}]" if ":" in host else host


def _write_atomically(path: Path, text: str) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def main() -> int:
    # Every setting is read before anything starts, so that a bad one costs no waiting.
    from config import settings

    supervisor = Supervisor(settings.DATA_DIR, settings.HOST, settings.PORT, settings.WEB_PROCESSES, settings.ANVIL)
    os.environ["DATA_DIR"] = str(settings.DATA_DIR)
    signal.signal(signal.SIGTERM, supervisor.ask_to_stop)
    signal.signal(signal.SIGINT, supervisor.ask_to_stop)
    try:
        return supervisor.run()
    except (StartFailed, ServerFailed, AnvilError) as error:
        print(f"\n\n{error}", file=sys.stderr, flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
