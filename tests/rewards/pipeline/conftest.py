"""A hub with a log, a chain of its own, a distributor whose epochs pass when the test says so, and people who work."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak
from pytest_django import Settings

from chain import distribution, distributor, signatures
from chain import selectors as chain
from chain import services as chain_services
from chain.artifacts import artifact
from chain.embedded import snapshots
from chain.models import ChainTransaction
from hub.accounts.models import Account
from hub.accounts.reviewers import grant_reviewer
from hub.repositories.models import Repository
from hub.repositories.services import create_repository, publish_revision
from hub.reviews.models import Work
from hub.reviews.services import assess, submit_work
from ledger import anchoring, sequencer
from ledger import selectors as log
from ledger.models import Entry
from rewards import binding, following, pipeline
from rewards.models import Epoch, WalletBinding
from rewards.policy import FIRST
from rewards.services import set_first_policy
from tests.hub.factories import make_account
from tests.hub.repositories.conftest import CARD, _blobs, texts
from tests.ledger.conftest import ORIGIN, Ledger, folders, ledger, node

__all__ = ["ORIGIN", "_blobs", "folders", "ledger", "node"]
EPOCH, WINDOW = 1000, 200
TOKEN = 10**18


@pytest.fixture
def now() -> datetime:
    """The clock of the machine, which is the node's too."""
    return datetime.now(UTC).replace(microsecond=0)


def key_of(name: str) -> PrivateKey:
    return PrivateKey(keccak(text=f"key of {name}"))


def wallet_of(name: str) -> str:
    return "0x" + key_of(name).public_key.to_canonical_address().hex()


def sign(account: Account, name: str, *, nonce: int = 1, deadline: int, wallet: str = "") -> str:
    """What the wallet of this name answers when it is asked to sign the binding."""
    digest = signatures.binding_digest(
        chain_id=31337,
        account=bytes.fromhex(account.pseudonym),
        wallet=wallet or wallet_of(name),
        nonce=nonce,
        deadline=deadline,
    )
    return "0x" + signatures.join(key_of(name).sign_msg_hash(digest)).hex()


class Hub:
    """One hub, driven by hand."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        chain_services.deploy_distribution(first_policy=bytes.fromhex(FIRST.hash), now=ledger.now)
        set_first_policy(ledger.now)
        self.people: dict[str, Account] = {}
        self.repositories: dict[str, Repository] = {}

    @property
    def now(self) -> datetime:
        return self.ledger.now

    # --- people ----------------------------------------------------------------------------------
    def person(self, name: str) -> Account:
        if name not in self.people:
            self.people[name] = make_account(name, now=self.now)
        return self.people[name]

    def reviewer(self, name: str) -> Account:
        account = self.person(name)
        if not account.hub_reviewer:
            grant_reviewer(account=account, now=self.now)
        return account

    def work(self, by: str, text: str = "a,b\n", *, name: str = "cells") -> Work:
        """A data set's new revision, submitted for assessment by its author."""
        account = self.person(by)
        if name not in self.repositories:
            self.repositories[name] = create_repository(
                account=account, kind="dataset", name=name, visibility="public", card=CARD, now=self.now
            )
        repository = self.repositories[name]
        revision = publish_revision(
            account=account,
            repository=repository,
            changes=texts({"cells.csv": text}),
            message="A reason.",
            kind="data",
            now=self.now,
        )
        repository.refresh_from_db()
        return submit_work(account=account, revision=revision, now=self.now)

    def assess(self, work: Work, by: str = "dora", effort: int = 8, quality: int = 90) -> None:
        assess(
            account=self.reviewer(by), work=work, effort=effort, quality=quality, comment="Read it all.", now=self.now
        )

    def assessed_work(self, by: str = "alice", text: str = "a,b\n", *, name: str = "cells") -> Work:
        work = self.work(by, text, name=name)
        self.assess(work)
        return work

    def bind(self, name: str, key: str = "") -> WalletBinding:
        account, deadline = self.person(name), int(self.now.timestamp()) + 600
        signature = sign(account, key or name, deadline=deadline)
        return binding.bind_wallet(
            account=account,
            wallet=wallet_of(key or name),
            nonce=1,
            deadline=deadline,
            signature=signature,
            now=self.now,
        )

    # --- time ------------------------------------------------------------------------------------
    def wait(self, seconds: int) -> None:
        self.ledger.pass_time(seconds)
        self.ledger.rpc("evm_increaseTime", seconds)

    def anchor(self) -> None:
        """Everything that was recorded comes under a final anchor."""
        self.wait(2)
        sequencer.sequence()
        self.ledger.publish()
        anchoring.anchor_due(self.ledger.pass_time(1))
        self.ledger.follow(5)

    def tick(self, times: int = 1) -> None:
        """One look of the pipeline, and one step of the chain."""
        for _ in range(times):
            self.ledger.pass_time(1)
            following.forget_pause()
            pipeline.advance(self.now)
            chain_services.advance(self.now)

    def end_epoch(self) -> None:
        """The epoch that runs ends, and all that was written in it comes under a final anchor."""
        self.wait(EPOCH)
        self.anchor()

    def distribute(self) -> Epoch:
        """An epoch from its end to claims."""
        self.end_epoch()
        self.tick(6)
        self.wait(WINDOW + 30)
        self.tick(6)
        self.anchor()
        return self.newest()

    # --- what there is ---------------------------------------------------------------------------
    def newest(self) -> Epoch:
        return Epoch.objects.order_by("-number")[0]

    def entries(self, prefix: str = "") -> list[str]:
        found = Entry.objects.filter(subject__startswith="epoch:").order_by("id").values_list("type", flat=True)
        return [each for each in found if each.startswith(prefix)]

    def ledger_root(self, size: int) -> str:
        return log.checkpoint_at(size).root.hex()

    def sent(self, prefix: str = "") -> list[str]:
        """The keys of the outbox's transactions to the distributor."""
        rows = ChainTransaction.objects.filter(to=self.distributor).order_by("id").values_list("key", flat=True)
        return [key for key in rows if key.startswith(prefix)]

    @property
    def deployment(self) -> chain.DistributionDeployment:
        made = chain.deployment().distribution
        assert made is not None
        return made

    @property
    def distributor(self) -> str:
        return self.deployment.distributor_address

    def held(self, name: str) -> int:
        return distribution.token_balance(wallet_of(name))

    # --- powers ----------------------------------------------------------------------------------
    def act(
        self, sender: str, name: str, *arguments: Any, value: int = 0, swap: tuple[bytes, bytes] | None = None
    ) -> None:
        """A call of the distributor by any account, which the node impersonates; `swap` replaces bytes of its data."""
        self.ledger.rpc("anvil_impersonateAccount", sender)
        self.ledger.rpc("anvil_setBalance", sender, hex(10**20))
        data = artifact(distributor.CONTRACT).abi.encode_call(name, *arguments)
        if swap is not None:
            data = data.replace(*swap)
        request = {"from": sender, "to": self.distributor, "data": "0x" + data.hex(), "value": hex(value)}
        sent = self.ledger.rpc("eth_sendTransaction", {**request, "gas": hex(1_000_000)})
        self.ledger.rpc("evm_mine")
        assert self.ledger.rpc("eth_getTransactionReceipt", sent)["status"] == "0x1"

    def wipe(self) -> None:
        """The chain begins anew, as when all its snapshots are lost; its clock goes on."""
        node = self.ledger.node
        assert node is not None
        node.kill()
        for snapshot in snapshots(node.folder):
            snapshot.unlink()
        node.start()
        self.ledger.rpc("evm_increaseTime", int(self.now.timestamp() - datetime.now(UTC).timestamp()) + 5)

    @property
    def council(self) -> str:
        return distribution.powers().council


@pytest.fixture
def hub(settings: Settings, ledger: Ledger, tmp_path: Path) -> Hub:
    settings.EPOCH_DIR = tmp_path / "epochs"
    settings.EPOCH_SECONDS, settings.WINDOW_SECONDS = EPOCH, WINDOW
    settings.ANCHOR_INTERVAL = 1
    return Hub(ledger)
