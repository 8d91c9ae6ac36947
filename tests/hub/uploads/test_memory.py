"""A large file passes through web process and worker without staying in their memory."""

import hashlib
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from hub.uploads.rules import MIB, PART_BYTES
from tests.hub.factories import make_account, make_token
from tests.hub.uploads.sending import PURPOSE
from tests.services import ROOT, Services
from tests.web.serving import eventually

ALLOWED_GROWTH = 64 * MIB
SECONDS = 600
WORKER = ["-m", "celery", "-A", "config.celery", "worker", "-Q", "bytes", "-P", "solo", "-l", "warning"]


class Watched:
    """A process of ours and the most memory (resident, bytes) it has been seen with since `mark`."""

    def __init__(self, command: list[str], environment: dict[str, str], *sockets: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment,
            pass_fds=sockets,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.start = self.most = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def resident(self) -> int:
        pages = Path(f"/proc/{self.process.pid}/statm")
        if pages.exists():
            return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        told = subprocess.run(["ps", "-o", "rss=", "-p", str(self.process.pid)], capture_output=True, text=True)
        return int(told.stdout.strip() or 0) * 1024

    def mark(self) -> None:
        self.start = self.most = self.resident()

    def _watch(self) -> None:
        while not self.ended.wait(0.2):
            self.most = max(self.most, self.resident())

    def stop(self) -> None:
        self.ended.set()
        self.thread.join()
        self.process.terminate()
        self.process.wait(30)


class Site:
    """A web process and a worker on the test's database and folders."""

    def __init__(self, servers: Services, folder: Path) -> None:
        listening = socket.create_server(("127.0.0.1", 0))
        self.port = listening.getsockname()[1]
        database = servers.postgres.url.replace("/akashi?", f"/{connection.settings_dict['NAME']}?")
        environment = os.environ | {
            "DATABASE_URL": database, "BLOB_DIR": str(folder / "blobs"), "UPLOAD_DIR": str(folder / "uploads"),
        }  # fmt: skip
        self.web = Watched(["-m", "config.serve", str(listening.fileno())], environment, listening.fileno())
        self.worker = Watched(WORKER, environment)
        listening.close()

    def call(self, method: str, path: str, token: str, body: object = None, part: bytes = b"") -> Any:
        data = part or (json.dumps(body) if body is not None else None)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if part:
            headers["X-Part-Sha256"] = hashlib.sha256(part).hexdigest()
        talk = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        talk.request(method, f"/api/v1/uploads{path}", data, headers)
        answer = talk.getresponse()
        said = answer.read()
        talk.close()
        assert answer.status < 300, said
        return json.loads(said)

    def send(self, token: str, size: int) -> str:
        """A file of `size` bytes in parts, four at a time, until the worker has stored it; its digest."""
        upload = self.call("POST", "", token, {"name": f"{size}.bin", "size": size, "purpose": PURPOSE})
        whole, noise = hashlib.sha256(), random.Random(size)
        with ThreadPoolExecutor(4) as threads:
            flights: list[Any] = []
            for index in range(upload["part_count"]):
                data = noise.randbytes(min(PART_BYTES, size - index * PART_BYTES))
                whole.update(data)
                path = f"/{upload['id']}/parts/{index}"
                flights.append(threads.submit(self.call, "PUT", path, token, None, data))
                if len(flights) == 6:
                    flights.pop(0).result()
            for flight in flights:
                flight.result()
        self.call("POST", f"/{upload['id']}/complete", token, {"sha256": whole.hexdigest()})
        eventually(lambda: self.call("GET", f"/{upload['id']}", token)["state"] != "checking", SECONDS)
        assert self.call("GET", f"/{upload['id']}", token)["sha256"] == whole.hexdigest()
        return whole.hexdigest()


@pytest.fixture
def site(transactional_db: None, servers: Services, tmp_path: Path) -> Iterator[Site]:
    running = Site(servers, tmp_path)
    try:
        yield running
    finally:
        running.worker.stop()
        running.web.stop()


def memory_stays_flat(site: Site, size: int) -> None:
    token = make_token(make_account("dora"))
    site.send(token, 5 * PART_BYTES)  # whatever is loaded on first use is loaded
    time.sleep(1)
    site.web.mark()
    site.worker.mark()
    site.send(token, size)
    for process in (site.web, site.worker):
        assert process.most - process.start < ALLOWED_GROWTH


@pytest.mark.timeout(SECONDS)
def test_memory_stays_flat_over_256_mib(site: Site) -> None:
    memory_stays_flat(site, 256 * MIB)


@pytest.mark.soak
@pytest.mark.timeout(3 * SECONDS)
def test_memory_stays_flat_over_2_gib(site: Site) -> None:
    memory_stays_flat(site, 2048 * MIB)
