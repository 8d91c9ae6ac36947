"""A whole hub as `make run` starts it, on its own data folder, for tests that need every process for real."""

import http.cookiejar
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from tests.services import ROOT

_SERVICE_NAMES = (
    "DATABASE_URL", "REDIS_URL", "CHAIN_RPC_URLS", "CHAIN_ID", "CHAIN_EMBEDDED", "SITE_URL", "ALLOWED_HOSTS", "LOG_ORIGIN",
    "RATE_ANONYMOUS", "RATE_ACCOUNT", "DJANGO_SETTINGS_MODULE",
)  # fmt: skip


PASSWORD = "a long and plain sentence"


class HubDidNotStart(AssertionError):
    pass


class RunningHub:
    """Starts `python -m config.supervisor`; `url` answers once `start` has returned."""

    def __init__(self, *, demo: bool = False, **settings: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="akashi-hub-"))
        self.folder.chmod(0o711)
        self.data = self.folder / "var"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = {
            "DEMO": "1" if demo else "0",
            "RATE_ANONYMOUS": "100000/min",
            "RATE_ACCOUNT": "100000/min",
        } | settings
        self.process: subprocess.Popen[str] | None = None
        self.output: list[str] = []

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in _SERVICE_NAMES}
        return kept | {
            "DATA_DIR": str(self.data), "HOST": "127.0.0.1", "PORT": str(self.port),
            "STATIC_ROOT": str(self.folder / "static"), "WEB_PROCESSES": "1", **self.settings,
        }  # fmt: skip

    def start(self, seconds: float = 120) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.supervisor"], cwd=ROOT, env=self.environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, args=(self.process, lines), daemon=True).start()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                line = lines.get(timeout=0.5)
            except queue.Empty:
                continue
            if line is None:
                break
            if "Akashi is ready" in line:
                return
        raise HubDidNotStart("".join(self.output) + self.logs())

    def _read(self, process: "subprocess.Popen[str]", lines: "queue.Queue[str | None]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.output.append(line)
            lines.put(line)
        process.stdout.close()
        lines.put(None)

    def pids(self) -> dict[str, int]:
        try:
            return dict(json.loads((self.data / "run" / "pids.json").read_text()))
        except (FileNotFoundError, ValueError):
            return {}

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment(), text=True, capture_output=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def kill_everything(self) -> None:
        """`kill -9` of the supervisor and of every process it started, at once."""
        assert self.process is not None
        pids = list(self.pids().values())
        for pid in [self.process.pid, *pids]:
            _kill(pid)
        self.process.wait(10)
        _wait_until_gone(pids)

    def stop(self) -> int:
        """Ctrl-C; returns the exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill_everything()
        return int(self.process.returncode)

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def logs(self) -> str:
        """The end of every process's log, for a failing test's report."""
        found = [*sorted((self.data / "logs").glob("*.log")), self.data / "postgres.log"]
        return "".join(f"\n--- {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in found if log.exists())

    # --- HTTP ------------------------------------------------------------------------------------

    def get(self, path: str, *, token: str = "", timeout: float = 20) -> bytes:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with urllib.request.urlopen(
            urllib.request.Request(self.url + path, headers=headers), timeout=timeout
        ) as answer:
            return bytes(answer.read())

    def get_json(self, path: str, *, token: str = "") -> Any:
        return json.loads(self.get(path, token=token))

    def post_json(self, path: str, body: object, *, token: str, key: str = "", timeout: float = 20) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            text = error.read()
            return error.code, json.loads(text) if text[:1] in b"{[" else text.decode(errors="replace")

    def sign_up(self, handle: str) -> None:
        """A new account, by way of the sign-up form."""
        jar = http.cookiejar.CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        opener.open(self.url + "/accounts/signup/", timeout=20).read()
        csrf = next(cookie.value for cookie in jar if cookie.name == "csrftoken")
        fields = {"username": handle, "password1": PASSWORD, "csrfmiddlewaretoken": csrf or ""}
        request = urllib.request.Request(self.url + "/accounts/signup/", urllib.parse.urlencode(fields).encode())
        request.add_header("Referer", self.url)
        answer = opener.open(request, timeout=20)
        assert "/accounts/signup" not in answer.geturl(), answer.read().decode()

    def token(self, handle: str, scope: str = "write") -> str:
        """An API token of an existing account, by way of the command line."""
        return self.manage("createtoken", handle, "--scope", scope).strip()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _wait_until_gone(pids: list[int], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(Path(f"/proc/{pid}").exists() for pid in pids):
        time.sleep(0.05)
