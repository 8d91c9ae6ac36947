"""Two epochs of a small hub, from the log to their bundles."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger import canonical
from rewards.calculation import Calculation
from rewards.epoch_bundle import MANIFEST, read_previous
from tests.rewards.log_builder import HUB, REPOSITORY, Log, actor


@dataclass
class Story:
    """A log with the bundles of its epochs 3 and 5; `finds` are the calculations."""

    log: Log
    first: Path
    second: Path
    finds: list[Calculation]


def first_epoch() -> Log:
    """Everything that counts for epoch 3, which is closed and finalized at the end; frank is paid for nothing, so his
    wallet stays unknown."""
    log = Log()
    log.add("repository.created", REPOSITORY, "owner", {"kind": "dataset", "visibility": "public", "owner": actor("owner")},
            {"name": {"name": "wine 証"}})  # fmt: skip
    log.set_policy()
    log.grant("henry", "ivy")
    data = log.own_work("data", "alice")
    fix = log.contributed_work("fix", "bob", {"bob": 6000, "carol": 4000}, base="data")
    log.publish("edit", "alice", parent="fix")
    model = log.own_work("model", "dave", kind="model", sources=(("trained_on", "edit"), ("evaluated_on", "data")))
    words = log.contributed_work("words", "erin", kind="documentation", base="edit", licence="gemma")
    junk = log.own_work("junk", "frank", kind="code", licence="")
    for work, effort, quality in ((data, 8, 90), (fix, 3, 75), (model, 13, 80), (words, 1, 70), (junk, 21, 95)):
        log.assess(work, "henry", effort, quality)
    log.assess(model, "ivy", 5, 85)
    log.bind("alice")
    log.bind("henry")
    log.bind("dave", "cold storage")
    log.bind("frank")
    log.close(3)
    log.decide(3)
    return log


def second_epoch(log: Log) -> None:
    """Carol binds a wallet; erin improves dave's model and takes it further; epoch 5 is closed."""
    log.bind("carol")
    tuned = log.contributed_work("tuned", "erin", kind="tuning", base="model")
    again = log.contributed_work("again", "erin", kind="tuning", base="tuned", maintainer="dave")
    log.assess(tuned, "henry", 5, 85)
    log.assess(again, "ivy", 2, 65)
    log.add("reviewer.revoked", actor("ivy"), HUB, {})
    log.close(5)


def cutoff_of(log: Log, epoch: int) -> int:
    found = (json.loads(body) for body in log.bodies)
    return int(next(each["data"]["cutoff"] for each in found if each["subject"] == f"epoch:{epoch}"))


def tell(folder: Path) -> Story:
    log = first_epoch()
    one = log.calculate(3, size=cutoff_of(log, 3))
    log.write(folder / "3", one)
    second_epoch(log)
    two = log.calculate(5, read_previous(folder / "3"), cutoff_of(log, 5))
    log.write(folder / "5", two)
    return Story(log, folder / "3", folder / "5", [one, two])


class Tampered:
    """A copy of a bundle that can be changed and sealed again, so that only recomputing finds the change."""

    def __init__(self, source: Path, target: Path) -> None:
        shutil.copytree(source, target)
        self.folder = target

    @property
    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / MANIFEST).read_bytes())
        return found

    def rows(self, name: str, change: Callable[[list[dict[str, Any]]], Any]) -> None:
        """Change a file's rows in place and seal it."""
        rows = [json.loads(line) for line in (self.folder / name).read_bytes().splitlines()]
        change(rows)
        self.bytes(name, b"".join(canonical.encode(row) + b"\n" for row in rows))

    def bytes(self, name: str, body: bytes) -> None:
        (self.folder / name).write_bytes(body)
        listed = {"sha256": hashlib.sha256(body).hexdigest(), "lines": body.count(b"\n")}
        self.set(lambda manifest: manifest["files"].update({name: listed}))

    def set(self, change: Callable[[dict[str, Any]], Any]) -> None:
        """Change the manifest."""
        manifest = self.manifest
        change(manifest)
        (self.folder / MANIFEST).write_bytes(canonical.encode(manifest))
