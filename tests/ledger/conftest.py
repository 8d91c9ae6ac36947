"""A ledger of its own for every test: folders, keys, a fresh chain with its contract, on the shared PostgreSQL."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from pytest_django import Settings

from chain import services as chain_services
from chain.embedded import AnvilProcess, call, find_anvil
from ledger import anchoring, expecting, publisher, sequencer, services, storage
from ledger.guard import chain_memory
from ledger.models import Entry, Log
from ledger.progress import facts_cache
from tests.chain.conftest import free_port
from tests.ledger.log_checker import LogChecker
from tests.ledger.verifying import CSV, README
from tests.ledger.witness_process import serving
from tests.ledger.world import World

ORIGIN = "akashi.test/log"
ACTOR = "acct:" + 32 * "a"
REPOSITORY = "repo:6b1f1c0e-8f1d-4f0e-9c56-2a4c7f0d9a11"


class Ledger:
    """One hub's ledger, driven by hand: its clock, its chain, and what happens in it."""

    def __init__(self, folder: Path, now: datetime, node: AnvilProcess | None) -> None:
        self.folder = folder
        self.now = now
        self.node = node
        self.log: Log = services.create_log(now)
        self.checker = LogChecker(folder, self.log.verifier_key)

    def pass_time(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now

    def record(self, count: int = 1, **fields: Any) -> list[Entry]:
        """So many entries, in one transaction; fields may differ from the usual ones."""
        usual: dict[str, Any] = {"type": "test.happened", "subject": REPOSITORY, "actor": ACTOR, "data": {}}
        with transaction.atomic():
            return [
                services.record(time=self.now, **{"data": {"number": number}, **usual, **fields})
                for number in range(count)
            ]

    def sequence(self) -> int:
        return sequencer.sequence()

    def publish(self) -> int | None:
        return publisher.publish(self.pass_time(1))

    def grow(self, count: int = 1, **fields: Any) -> int:
        """Records, sequences and publishes; checks the whole log; returns its size."""
        self.record(count, **fields)
        self.sequence()
        self.publish()
        return self.check()

    def check(self) -> int:
        return self.checker.check()

    def anchor(self) -> int | None:
        """Anchors what is due and moves the chain a step on."""
        size = anchoring.anchor_due(self.pass_time(1))
        self.follow()
        return size

    def follow(self, steps: int = 1) -> None:
        for _ in range(steps):
            chain_services.advance(self.pass_time(1))
            anchoring.follow_anchors(self.now)

    def anchor_to_the_end(self) -> None:
        """Until the newest checkpoint is final."""
        self.pass_time(3600)
        self.anchor()
        self.follow(6)

    def rpc(self, method: str, *params: object) -> Any:
        assert self.node is not None
        return call(self.node.url, method, *params)


@pytest.fixture
def folders(settings: Settings, tmp_path: Path) -> Path:
    """Folders and keys of this test alone; returns the log's folder."""
    settings.LOG_ORIGIN = ORIGIN
    settings.LOG_DIR = tmp_path / "log"
    settings.LOG_KEY_FILE = tmp_path / "keys" / "log.pem"
    settings.DEPLOYMENT_FILE = tmp_path / "deployment.json"
    settings.OPERATOR_KEYSTORE = tmp_path / "keys" / "operator.json"
    settings.OPERATOR_PASSWORD_FILE = tmp_path / "keys" / "operator.password"
    settings.ANCHOR_INTERVAL = 60
    settings.ANCHOR_ENTRIES = 1000
    facts_cache.forget()
    return storage.store().folder


@pytest.fixture
def node(tmp_path: Path, settings: Settings) -> Iterator[AnvilProcess]:
    """A chain of this test alone."""
    anvil = AnvilProcess(find_anvil(), free_port(), settings.CHAIN_ID, tmp_path / "chain")
    anvil.start()
    settings.CHAIN_RPC_URLS = [anvil.url]
    settings.CHAIN_SNAPSHOT_DIR = anvil.folder
    settings.CHAIN_EMBEDDED = True
    settings.CONFIRMATIONS = 3
    settings.ROTATION_ADDRESS = ""
    yield anvil
    anvil.kill()


@pytest.fixture
def bare(db: None, folders: Path, now: datetime) -> Ledger:
    """A ledger without a chain: entries can be recorded and sequenced."""
    return Ledger(folders, now, None)


@pytest.fixture
def ledger(transactional_db: None, folders: Path, node: AnvilProcess, now: datetime) -> Ledger:
    """A ledger whose contract stands on its chain."""
    chain_memory.forget()
    chain_services.deploy_contracts(now=now, origin=ORIGIN)
    return Ledger(folders, now, node)


@pytest.fixture
def notes(ledger: Ledger) -> Iterator[Any]:
    """The room of `tests.ledger.notes`, whose entries the audit knows during the test."""
    from tests.ledger import notes as room

    before = dict(expecting._functions)
    expecting.register_expected_rows("note.kept", room.expect_kept)
    expecting.register_expected_rows("note.removed", room.expect_removed)
    yield room.Notes(ledger)
    expecting._functions.clear()
    expecting._functions.update(before)


@pytest.fixture(scope="module")
def world() -> World:
    """Six entries with two revisions; the first four are anchored."""
    made = World()
    made.add("repository.created", {"kind": "dataset"}, {"name": {"name": "\u8a3c/wine"}})
    first = made.publish({"README.md": README, "data/raw/wine.csv": CSV})
    made.add("reference.moved", {"number": 1})
    made.publish({"README.md": b"# Wine 2\n", "data/raw/wine.csv": CSV}, parent=first)
    made.add("file.scanned", {"verdict": "safe"})
    made.add("repository.renamed", {}, {"name": {"name": "wine"}})
    return made


@pytest.fixture(scope="module")
def text(world: World) -> str:
    return world.bundle(anchor=world.anchor(4))


@pytest.fixture
def two(ledger: Ledger, settings: Settings, tmp_path: Path) -> Iterator[Any]:
    """Two witnesses of the ledger, in threads; both are needed."""
    from tests.ledger.asking import Two

    with ExitStack() as stack:
        log = ledger.log.verifier_key
        made = [
            stack.enter_context(serving(tmp_path / name, [log], f"witness.example/{name}")) for name in ("w1", "w2")
        ]
        settings.WITNESSES, settings.WITNESSES_NEEDED = tuple(made), 2
        yield Two(*made)
