"""1 GiB through the parts protocol beside `cp` and `sha256sum`, and its download beside nginx, in one run on one disk."""

import hashlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

SIZE = 1024**3
AT_ONCE = 4
CHUNK = 1024 * 1024
ROUNDS = 3
NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 64; }}
http {{
  access_log off; sendfile on; tcp_nopush on;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


def main() -> None:
    nginx = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if nginx is None:
        print("nginx is not installed; install it with: apt-get install nginx", file=sys.stderr)
        raise SystemExit(1)
    from tests.running_hub import RunningHub

    hub = RunningHub()
    try:
        hub.start()
        hub.sign_up("bench")
        _measure(hub, nginx, hub.token("bench"))
    finally:
        hub.close()


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _measure(hub: Any, nginx: str, token: str) -> None:
    source = hub.folder / "served" / "file.bin"
    source.parent.mkdir()
    with source.open("wb") as file:
        for _ in range(SIZE // CHUNK):
            file.write(os.urandom(CHUNK))
    os.sync()
    copied = min(_seconds(partial(_copy_and_hash, source, sync=False)) for _ in range(ROUNDS))
    durable = min(_seconds(partial(_copy_and_hash, source, sync=True)) for _ in range(ROUNDS))
    sender = Sender(hub.port, token)
    sending = _seconds(lambda: sender.send(source))
    checking = _seconds(sender.wait)
    total = sending + checking
    print(f"cp + sha256sum                           {copied:8.2f} s")
    print(f"cp + sync + sha256sum                    {durable:8.2f} s")
    print(f"parts protocol, {AT_ONCE} at once: sending        {sending:8.2f} s")
    print(f"  the hub's own hashing, until stored    {checking:8.2f} s")
    print(f"  together                               {total:8.2f} s   {total / copied:.2f} × cp + sha256sum")
    print(f"                                                      {total / durable:.2f} × cp + sync + sha256sum")
    path = sender.publish()
    port = _free_port()
    with _Nginx(nginx, source.parent, port):
        theirs = min(_seconds(lambda: _download(port, "/file.bin", "")) for _ in range(ROUNDS))
    ours = min(_seconds(lambda: _download(hub.port, path, token)) for _ in range(ROUNDS))
    print(f"download from nginx (sendfile)           {theirs:8.2f} s   {SIZE / theirs / 1e6:,.0f} MB/s")
    print(
        f"download from the hub                    {ours:8.2f} s   {SIZE / ours / 1e6:,.0f} MB/s   {ours / theirs:.2f} × nginx"
    )


def _copy_and_hash(source: Path, *, sync: bool) -> None:
    target = source.with_name("copy")
    subprocess.run(["cp", source, target], check=True)
    if sync:
        subprocess.run(["sync", target], check=True)
    subprocess.run(["sha256sum", target], check=True, stdout=subprocess.DEVNULL)
    target.unlink()


class Sender:
    """A client of the parts protocol, as simple as one can be: part digests, four connections, one whole digest."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.headers = {"Authorization": f"Bearer {token}"}
        self.upload: dict[str, Any] = {}

    def call(self, method: str, path: str, body: object = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        data = None if body is None else json.dumps(body)
        connection.request(method, f"/api/v1{path}", data, {**self.headers, "Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read()
        assert answer.status < 300, said
        return json.loads(said)

    def send(self, source: Path) -> None:
        size = source.stat().st_size
        self.upload = self.call("POST", "/uploads", {"name": source.name, "size": size, "purpose": "bench"})
        whole = hashlib.sha256()
        with ThreadPoolExecutor(AT_ONCE) as threads, source.open("rb") as file:
            flights = []
            for index in range(self.upload["part_count"]):
                data = file.read(self.upload["part_size"])
                flights.append(threads.submit(self._put, index, data))
                whole.update(data)
                if len(flights) >= AT_ONCE * 2:
                    flights.pop(0).result()
            for flight in flights:
                flight.result()
        self.call("POST", f"/uploads/{self.upload['id']}/complete", {"sha256": whole.hexdigest()})

    def _put(self, index: int, data: bytes) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        headers = {**self.headers, "X-Part-Sha256": hashlib.sha256(data).hexdigest()}
        connection.request("PUT", f"/api/v1/uploads/{self.upload['id']}/parts/{index}", data, headers)
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        assert answer.status == 200, said

    def wait(self) -> None:
        while (state := self.call("GET", f"/uploads/{self.upload['id']}"))["state"] == "checking":
            time.sleep(0.05)
        assert state["state"] == "stored", state

    def publish(self) -> str:
        """The address of the file in a new repository."""
        wanted = {"kind": "dataset", "name": "transfer", "licence": "CC0-1.0"}
        repository = self.call("POST", "/repositories", wanted)["id"]
        change = {"path": "file.bin", "upload": self.upload["id"]}
        body = {"changes": [change], "message": "One file to measure", "kind": "data"}
        self.call("POST", f"/repositories/{repository}/revisions", body)
        return "/datasets/bench/transfer/resolve/main/file.bin"


class _Nginx:
    def __init__(self, binary: str, folder: Path, port: int) -> None:
        self.port = port
        config = folder / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, port=port))
        self.command = [binary, "-p", str(folder), "-c", str(config)]

    def __enter__(self) -> None:
        self.process = subprocess.Popen(self.command, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise SystemExit("nginx did not start")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(10)


def _download(port: int, path: str, token: str) -> None:
    """Read the whole answer into one buffer, so that the reader costs the same for both servers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
    answer = connection.getresponse()
    assert answer.status == 200, (answer.status, answer.read(2000))
    buffer, total = bytearray(CHUNK), 0
    while count := answer.readinto(buffer):
        total += count
    assert total == SIZE, total
    connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
