"""A model of Alice's with Bob as a maintainer, Charlie who contributes, and Dora who assesses."""

from datetime import datetime
from typing import Any, Protocol

import pytest

from hub.accounts.models import Account
from hub.accounts.reviewers import grant_reviewer
from hub.contributions.models import Contribution
from hub.contributions.services import open_contribution
from hub.repositories.models import Repository
from hub.repositories.services import add_maintainer
from hub.reviews.models import Work
from tests.hub.factories import make_account
from tests.hub.repositories.conftest import Create, Publish, _blobs, create, publish, texts
from tests.hub.verdicts import decide

__all__ = ["_blobs", "create", "publish"]
CARD = "---\nlicense: mit\n---\n\n# logistic\n\nTells benign from malignant.\n"
MEASURED = [{"name": "accuracy", "value": "0.940", "n": 569}]
BETTER = [{"name": "accuracy", "value": "0.979", "n": 569}]


class Propose(Protocol):
    def __call__(self, files: dict[str, str | None] | None = ..., **fields: Any) -> Contribution: ...


@pytest.fixture
def model(create: Create, publish: Publish, alice: Account, bob: Account) -> Repository:
    made = create("logistic", kind="model", card=CARD)
    publish(made, {"w.json": "[1]"}, kind="model", metrics=MEASURED)
    add_maintainer(account=alice, repository=made, handle="bob")
    return made


@pytest.fixture
def dora(db: None, now: datetime) -> Account:
    """A hub reviewer."""
    account = make_account("dora")
    grant_reviewer(account=account, now=now)
    return account


@pytest.fixture
def propose(model: Repository, charlie: Account, now: datetime) -> Propose:
    """Charlie proposes better weights, unless said otherwise."""

    def make(files: dict[str, str | None] | None = None, **fields: Any) -> Contribution:
        given = {
            "account": charlie,
            "repository": model,
            "title": "Scale the inputs",
            "reason": "They had other units.",
            "kind": "tuning",
            "metrics": BETTER,
            "now": now,
            **fields,
        }
        model.refresh_from_db()
        return open_contribution(changes=texts(files or {"w.json": "[2]"}), **given)

    return make


@pytest.fixture
def proposed(propose: Propose) -> Contribution:
    return propose()


@pytest.fixture
def work(proposed: Contribution, bob: Account, now: datetime) -> Work:
    """What Charlie proposed, accepted by Bob."""
    decide(account=bob, contribution=proposed, verdict="accept", comment="Reproduced.", now=now)
    return Work.objects.get(contribution=proposed)
