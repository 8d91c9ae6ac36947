"""Bundles made before and after a takedown and a redaction verify with the stand-alone verifier, and say the same."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.conf import LazySettings
from django.test import Client

from hub.accounts.models import Account
from hub.accounts.moderators import grant_moderator
from hub.moderation.redacting import redact
from hub.repositories.changes import Change
from hub.repositories.models import Repository
from hub.repositories.services import create_repository, publish_revision
from hub.uploads.takedowns import remove_taken_down, take_down
from ledger import akashi_verify
from ledger.auditing import audit_full
from ledger.models import Entry, Mismatch
from ledger.trust import trust_anchors
from tests.hub.factories import make_account
from tests.hub.moderation.conftest import DIGEST, SECRET, is_stored
from tests.hub.repositories.conftest import CARD
from tests.ledger.conftest import Ledger, folders, ledger, node

__all__ = ["folders", "ledger", "node"]
BUNDLE = "/datasets/alice/cells/bundle"


@pytest.fixture
def cells(ledger: Ledger, settings: LazySettings, now: datetime) -> Iterator[Repository]:
    owner = make_account("alice")
    made = create_repository(
        account=owner, kind="dataset", name="cells", visibility="public", card=CARD, now=now, message="From Jane Doe."
    )
    publish_revision(
        account=owner, repository=made, changes=[Change("patients.csv", content=SECRET.encode())], message="",
        kind="data", now=now,
    )  # fmt: skip
    yield made


def _grow(ledger: Ledger) -> None:
    ledger.sequence()
    ledger.publish()
    ledger.anchor_to_the_end()


def _verified(bundle: bytes) -> None:
    """As anybody does it, with this hub's key and contract."""
    trust = trust_anchors()
    report = akashi_verify.verify_bundle(bundle, log_key=trust.log_key, contract=trust.contract)
    assert report.verdict == "verified", [check for check in report.checks if check.passed is False]


def test_bundles_of_before_and_after_verify(ledger: Ledger, cells: Repository, now: datetime, client: Client) -> None:
    mona: Account = make_account("mona")
    grant_moderator(account=mona, now=now)
    _grow(ledger)
    before = client.get(BUNDLE).content
    _verified(before)
    assert b"Jane Doe" in before
    told = Entry.objects.filter(type="revision.published").order_by("leaf_index")[0]
    take_down(account=mona, sha256=DIGEST, reason="personal_data", now=now)
    redact(account=mona, index=told.leaf_index or 0, group="message", reason="personal_data", now=now)
    remove_taken_down(now)
    _grow(ledger)
    after = client.get(BUNDLE).content
    assert not is_stored(DIGEST)
    _verified(before)
    _verified(after)
    assert b"Jane Doe" not in after
    for bundle in (before, after):
        assert DIGEST.encode() in bundle
    assert b"content.taken_down" in after
    for entry in (told, Entry.objects.get(type="content.taken_down")):
        one = client.get(f"/ledger/{entry.leaf_index}/bundle")
        assert one.status_code == 200
        _verified(one.content)
    assert ledger.check() == Entry.objects.count()
    audit_full(ledger.pass_time(1))
    assert list(Mismatch.objects.filter(resolved=None)) == []
    page = client.get("/datasets/alice/cells").content.decode()
    assert "verdict-mismatch" not in page
