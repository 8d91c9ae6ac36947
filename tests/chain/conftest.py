"""A chain of its own for every test: a fresh node, keys and deployment file, with the shared PostgreSQL."""

import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from chain import calls, selectors, services
from chain.client import ChainClient
from chain.deployment import Deployment
from chain.embedded import AnvilProcess, call, find_anvil
from chain.models import ChainTransaction
from tests.contracts.rfc9162 import Tree

CHAIN_ID = 31337
ORIGIN = "akashi.test/log"
TREE = Tree.of([f"entry {number}".encode() for number in range(64)])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Hub:
    """The chain room of one hub, driven by hand: its node, its clock, and the anchors it wants."""

    def __init__(self, node: AnvilProcess, now: datetime) -> None:
        self.node = node
        self.now = now

    def advance(self, seconds: float = 1.0) -> None:
        self.now += timedelta(seconds=seconds)
        services.advance(self.now)

    def deploy(self) -> Deployment:
        return services.deploy_contracts(now=self.now, origin=ORIGIN)

    def enqueue_anchor(self, size: int, old: int = 0) -> str:
        """Asks for an anchor of the test tree's first `size` leaves; returns its key."""
        proof = TREE.proof(old, size)
        key = f"anchor:{ORIGIN}:{size}"
        services.enqueue(
            key=key,
            to=selectors.deployment().anchor_address,
            data=calls.anchor_calldata(size, TREE.root(size), proof),
            gas_limit=calls.anchor_gas_limit(len(proof)),
            now=self.now,
        )
        return key

    def row(self, key: str) -> ChainTransaction:
        return ChainTransaction.objects.get(key=key)

    def raw(self, key: str) -> list[bytes]:
        """The signed forms of a transaction, oldest first."""
        return [bytes(attempt.raw) for attempt in self.row(key).attempts.order_by("id")]

    def rpc(self, method: str, *params: object) -> object:
        return call(self.node.url, method, *params)

    def height(self) -> int:
        return ChainClient.from_settings().latest().number


@pytest.fixture
def node(tmp_path: Path) -> Iterator[AnvilProcess]:
    anvil = AnvilProcess(find_anvil(), free_port(), CHAIN_ID, tmp_path / "chain")
    anvil.start()
    yield anvil
    anvil.kill()


@pytest.fixture
def hub(transactional_db: None, node: AnvilProcess, settings: Settings, tmp_path: Path, now: datetime) -> Hub:
    settings.CHAIN_ID = CHAIN_ID
    settings.CHAIN_EMBEDDED = True
    settings.CHAIN_RPC_URLS = [node.url]
    settings.CHAIN_SNAPSHOT_DIR = node.folder
    settings.CONFIRMATIONS = 3
    settings.LOG_ORIGIN = ""
    settings.ROTATION_ADDRESS = settings.GUARDIAN_ADDRESS = settings.COUNCIL_ADDRESS = ""
    settings.DEPLOYMENT_FILE = tmp_path / "deployment.json"
    settings.OPERATOR_KEYSTORE = tmp_path / "keys" / "operator.json"
    settings.OPERATOR_PASSWORD_FILE = tmp_path / "keys" / "operator.password"
    return Hub(node, now)


@pytest.fixture
def deployed(hub: Hub) -> Hub:
    """A hub whose contract stands on the chain."""
    hub.deploy()
    return hub
