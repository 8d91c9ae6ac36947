"""Clients that write while things break, a stranger who keeps every checkpoint, and what must hold afterwards:
nothing acknowledged is lost, nothing is doubled, every earlier checkpoint is a prefix of every later one.
"""

import base64
import hashlib
import json
import secrets
import struct
import threading
import time
import urllib.error
import uuid
from collections import Counter

from tests.running_hub import RunningHub


class Writers:
    """Threads that create repositories and remember every acknowledged one; each rests `pause` seconds after it."""

    def __init__(self, hub: RunningHub, token: str, threads: int, pause: float = 0.0) -> None:
        self.hub, self.token, self.pause = hub, token, pause
        self.name = f"fault-{secrets.token_hex(4)}"
        self.acknowledged: list[str] = []
        self.refused: list[object] = []
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self._write, args=(n,)) for n in range(threads)]

    def __enter__(self) -> "Writers":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join(120)

    def _write(self, thread: int) -> None:
        count = 0
        while not self.stopped.is_set():
            count += 1
            self._create(f"{self.name}-{thread}-{count}")
            self.stopped.wait(self.pause)

    def _create(self, name: str) -> None:
        """Tries until acknowledged; the same key makes every try the same request."""
        key, body = str(uuid.uuid4()), {"kind": "dataset", "name": name, "licence": "CC0-1.0"}
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                status, answer = self.hub.post_json("/api/v1/repositories", body, token=self.token, key=key, timeout=15)
            except (OSError, urllib.error.URLError, ValueError):
                time.sleep(0.1)
                continue
            if status in (200, 201):
                self.acknowledged.append(answer["id"])
                return
            if status < 500 and status not in (408, 409, 429):
                self.refused.append((status, answer))
                return
            time.sleep(0.2)
        self.refused.append(f"{name} was never answered")


class Watcher(threading.Thread):
    """Keeps every checkpoint it sees, as a stranger would."""

    def __init__(self, hub: RunningHub) -> None:
        super().__init__(daemon=True)
        self.hub = hub
        self.seen: dict[int, str] = {}
        self.conflicts: list[tuple[int, str, str]] = []
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.is_set():
            try:
                self.look()
            except (OSError, urllib.error.URLError, ValueError):
                pass
            self.stopped.wait(0.2)

    def look(self) -> int:
        _origin, size, root = self.hub.get("/log/checkpoint", timeout=5).decode().split("\n")[:3]
        known = self.seen.setdefault(int(size), root)
        if known != root:
            self.conflicts.append((int(size), known, root))
        return int(size)


def all_entries(hub: RunningHub, size: int) -> list[bytes]:
    """Every leaf, read from the static files of the log."""
    entries: list[bytes] = []
    for tile in range((size + 255) // 256):
        width = min(256, size - tile * 256)
        path = f"/log/tile/entries/{_tile_number(tile)}" + (f".p/{width}" if width < 256 else "")
        data = hub.get(path)
        while data:
            (length,) = struct.unpack(">H", data[:2])
            entries.append(data[2 : 2 + length])
            data = data[2 + length :]
    return entries


def _tile_number(n: int) -> str:
    parts = [f"{n % 1000:03d}"]
    while n >= 1000:
        n //= 1000
        parts.insert(0, f"x{n % 1000:03d}")
    return "/".join(parts)


def check_everything(hub: RunningHub, watcher: Watcher, acknowledged: list[str], seed: int) -> str:
    """Waits until the hub stands still, reads the log as a stranger does, compares; returns the figures."""
    size = _settle(hub, watcher, len(acknowledged))
    watcher.stopped.set()
    entries = all_entries(hub, size)
    _check_log(entries, size, acknowledged, watcher, seed)
    _check_chain(hub, entries, seed)
    return f"{len(acknowledged)} acknowledged, {size} entries, {len(watcher.seen)} checkpoints seen"


def _settle(hub: RunningHub, watcher: Watcher, least: int) -> int:
    """Waits until the published log holds at least `least` entries and stands still."""
    deadline, last, still = time.monotonic() + 120, -1, 0.0
    while time.monotonic() < deadline:
        try:
            size = watcher.look()
        except (OSError, urllib.error.URLError, ValueError):
            time.sleep(0.5)
            continue
        if size >= least and size == last and time.monotonic() - still > 6:
            return size
        if size != last:
            last, still = size, time.monotonic()
        time.sleep(0.3)
    raise AssertionError(f"the log stands at {last}, {least} entries were acknowledged" + hub.logs())


def _check_log(entries: list[bytes], size: int, acknowledged: list[str], watcher: Watcher, seed: int) -> None:
    assert len(entries) == size
    parsed = [json.loads(entry) for entry in entries]
    created = Counter(entry["subject"] for entry in parsed if entry["type"] == "repository.created")
    lost = [each for each in acknowledged if created[f"repo:{each}"] == 0]
    doubled = [subject for subject, count in created.items() if count > 1]
    assert (lost, doubled) == ([], []), f"seed {seed}"
    assert len(set(entries)) == size, f"seed {seed}: an entry stands twice in the log"
    assert not watcher.conflicts, f"seed {seed}: two roots for one size"
    hashes = [hashlib.sha256(b"\0" + entry).digest() for entry in entries]
    for at, root in watcher.seen.items():
        assert base64.b64encode(_root(hashes[:at])).decode() == root, f"seed {seed}: checkpoint {at}"


def _check_chain(hub: RunningHub, entries: list[bytes], seed: int) -> None:
    """Every anchor's root is the root of that many of the log's leaves, and none is left behind."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        anchors = hub.get_json("/api/v1/anchors")["results"]
        if any(anchor["size"] >= len(entries) and anchor["state"] == "final" for anchor in anchors):
            break
        time.sleep(0.5)
    else:
        raise AssertionError(f"seed {seed}: the last entries are not under a final anchor" + hub.logs())
    hashes = [hashlib.sha256(b"\0" + entry).digest() for entry in entries]
    sizes = [anchor["size"] for anchor in anchors]
    assert sizes == sorted(set(sizes), reverse=True), f"seed {seed}: a head was anchored twice"
    for anchor in anchors:
        if anchor["size"] <= len(entries):
            assert _root(hashes[: anchor["size"]]).hex() == anchor["root_hash"], f"seed {seed}: anchor {anchor['size']}"


def _root(hashes: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, written down as it stands there."""
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256(b"").digest()
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + _root(hashes[:split]) + _root(hashes[split:])).digest()
