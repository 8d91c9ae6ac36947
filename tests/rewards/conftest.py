"""A small hub whose works were assessed: Alice's model, Charlie's tuning of it, Dora who assessed both. One epoch is computed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import transaction
from pytest_django import Settings

from chain import deployment
from chain.deployment import DistributionDeployment
from hub.accounts.models import Account
from hub.accounts.reviewers import grant_reviewer
from hub.contributions.models import Contribution
from hub.repositories.models import Repository
from hub.reviews.models import Work
from hub.reviews.services import assess, submit_work
from ledger import selectors as log
from rewards import computing, policy_setting
from rewards.events import record
from rewards.models import Epoch, Policy
from rewards.policy import FIRST
from tests.hub.factories import make_account
from tests.hub.repositories.conftest import _blobs, create, publish
from tests.hub.reviews.conftest import Propose, model, propose
from tests.hub.verdicts import decide
from tests.ledger.conftest import Ledger, folders, ledger, node

__all__ = ["_blobs", "create", "folders", "ledger", "model", "node", "propose", "publish"]
EPOCH = 3
EPOCH_SECONDS, WINDOW_SECONDS = 300, 60


@dataclass
class Paid:
    """The epoch, what it paid for, and whom."""

    epoch: Epoch
    model: Repository
    source: Work
    tuned: Work
    alice: Account
    charlie: Account
    dora: Account


def deployed(now: datetime) -> None:
    """A deployment file that names contracts; pages read what they need from it."""
    made = DistributionDeployment(
        genesis=int(now.timestamp()) - EPOCH * EPOCH_SECONDS,
        epoch_seconds=EPOCH_SECONDS,
        window_seconds=WINDOW_SECONDS,
        first_budget_wei=400_000 * 10**18,
        halving_seconds=62_899_200,
        bond=10**17,
        role_delay=3600,
        proposer="0x" + "11" * 20,
        guardian="0x" + "22" * 20,
        council="0x" + "33" * 20,
        first_policy="0x" + FIRST.hash,
        distributor_address="0x" + "d1" * 20,
        token_address="0x" + "d2" * 20,
        transaction="0x" + "00" * 32,
        block=1,
    )
    deployment.change(lambda here: replace(here, distribution=made))


@pytest.fixture
def paid(
    ledger: Ledger, model: Repository, propose: Propose, alice: Account, bob: Account, charlie: Account, now: datetime,
    settings: Settings, tmp_path: Path,
) -> Iterator[Paid]:  # fmt: skip
    """Epoch 3, computed: Alice's own revision and Charlie's contribution to it, both assessed by Dora."""
    settings.EPOCH_DIR = tmp_path / "epochs"
    cache.clear()
    dora = make_account("dora")
    grant_reviewer(account=dora, now=now)
    deployed(now)
    policy_setting.set_first_policy(now)
    model.refresh_from_db()
    assert model.head is not None
    source = submit_work(account=alice, revision=model.head, now=now)
    contribution: Contribution = propose()
    decide(account=bob, contribution=contribution, verdict="accept", comment="Reproduced.", now=now)
    tuned = Work.objects.get(contribution=contribution)
    assess(account=dora, work=source, effort=8, quality=90, comment="Measured and repeatable.", now=now)
    assess(account=dora, work=tuned, effort=5, quality=85, comment="Better in every fold.", now=now)
    ledger.sequence()
    ledger.publish()
    yield Paid(closed(now), model, source, tuned, alice, charlie, dora)


def closed(now: datetime) -> Epoch:
    """The epoch closed at the log's end, and computed as the pipeline does."""
    checkpoint = log.latest_checkpoint()
    assert checkpoint is not None
    with transaction.atomic():
        entry = record(
            "epoch.closed",
            subject=f"epoch:{EPOCH}",
            data={"cutoff": checkpoint.size, "root": checkpoint.root.hex(), "policy": f"policy:{FIRST.hash}"},
            now=now,
        )
        Epoch.objects.create(
            number=EPOCH, cutoff=checkpoint.size, policy=Policy.objects.get(), closed=now, entry=entry
        )  # fmt: skip
    assert computing.compute_epoch(EPOCH, now + timedelta(seconds=1)), Epoch.objects.get(pk=EPOCH).problem
    return Epoch.objects.get(pk=EPOCH)


def finalize(epoch: Epoch, now: datetime) -> None:
    """As it stands once its window is over."""
    epoch.state, epoch.proposed, epoch.ready, epoch.finalized = Epoch.State.FINALIZED, now, now, now
    epoch.save()
