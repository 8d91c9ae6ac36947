"""The history page: what happened, and whether the hub's word agrees with its log and its chain."""

import hashlib
import re
from datetime import datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub.accounts.models import Account
from hub.repositories import links
from hub.repositories.changes import Change
from hub.repositories.models import FileChange, Repository, Revision
from hub.repositories.services import create_repository, publish_revision
from hub.uploads.models import Blob
from ledger import akashi_verify, auditing
from ledger.models import Anchor
from ledger.progress import facts_cache
from ledger.trust import trust_anchors
from tests.hub.explore.conftest import CARD, publish_log
from tests.hub.factories import make_account, make_token
from tests.ledger.conftest import Ledger

HISTORY = "/alice/cells-linear/history"


def _page(client: Client, path: str = HISTORY) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_a_final_history_is_verified_and_every_revision_says_why(client: Client, final_model: Repository) -> None:
    page = _page(client)
    assert "badge-verified" in page
    assert "4 of 4 checks agree" in page
    assert "Scaled first." in page
    assert "0.039 better" in page
    assert "first measurement" in page
    assert "history begins here" in page


def test_before_the_anchor_is_final_it_waits_and_says_for_how_many_blocks(
    client: Client, ledger: Ledger, model: Repository
) -> None:
    assert "waiting for the next checkpoint" in _page(client)
    publish_log(ledger)
    ledger.pass_time(3600)
    ledger.anchor()
    page = _page(client)
    assert "badge-waiting" in page
    assert "of 3 blocks" in page


def test_a_changed_metric_is_a_mismatch_with_its_column(
    client: Client, ledger: Ledger, final_model: Repository
) -> None:
    Revision.objects.filter(pk=final_model.head_id).update(kind="data")
    auditing.audit_full(ledger.pass_time(1))
    page = _page(client)
    assert "badge-mismatch" in page
    assert "revision 2</a>, its kind: the log says" in page


@pytest.mark.parametrize("path", [HISTORY, "/models", "/", "/status", "/verify?q=1"])
def test_while_the_log_itself_disagrees_no_page_says_verified(
    client: Client, ledger: Ledger, final_model: Repository, path: str
) -> None:
    Anchor.objects.update(gas_used=1)
    auditing.audit_full(ledger.pass_time(1))
    facts_cache.forget()
    page = _page(client, path)
    assert "badge-verified" not in page
    assert 'verdict-verified"' not in page
    assert 'class="bad" href="/status">Something disagrees' in page
    if path == HISTORY:
        assert "badge-mismatch" in page
        assert "the log itself disagrees" in page
    if path == "/status":
        assert "the anchors on the chain" in page


def test_a_metric_that_was_altered_is_neither_shown_as_better_nor_compared_with(
    client: Client, ledger: Ledger, final_model: Repository, owner: Account, now: datetime
) -> None:
    publish_revision(
        account=owner, repository=final_model, changes=[Change("weights.bin.txt", content=b"three")], message="More.",
        kind="tuning", metrics=[{"name": "accuracy", "value": "0.981", "n": 569}], now=now,
    )  # fmt: skip
    publish_log(ledger)
    ledger.anchor_to_the_end()
    altered = Revision.objects.get(number=2)
    Revision.objects.filter(pk=altered.pk).update(metrics=[{**altered.metrics[0], "value": "0.999"}])
    auditing.audit_full(ledger.pass_time(1))
    page = _page(client)
    timeline = page[page.index('class="timeline"') :].partition("</ol>")[0]
    assert "better" not in timeline
    assert "differs from the log" in timeline
    assert "the revision before differs from the log" in timeline
    assert timeline.count("seal-mismatch") == 1


def test_status_says_of_which_revision_which_fact_differs_and_since_when(
    client: Client, ledger: Ledger, final_model: Repository
) -> None:
    assert final_model.head is not None
    Revision.objects.filter(pk=final_model.head_id).update(metrics=[{**final_model.head.metrics[0], "value": "0.999"}])
    auditing.audit_full(ledger.pass_time(1))
    page = _page(client, "/status").replace("\u2060", "")
    assert f'<a href="{links.commit(final_model.head)}">cells-linear, revision 2</a>' in page
    assert "its measurements" in page
    assert "accuracy: value 0.979" in page
    assert "accuracy: value 0.999" not in page  # a figure that the log does not hold is not put into public
    assert "repositories.Revision" not in page
    Repository.objects.filter(pk=final_model.pk).update(visibility="private")
    assert "a private repository" in _page(client, "/status")


def test_a_change_of_files_that_was_rewritten_is_a_mismatch_of_the_repository(
    client: Client, ledger: Ledger, final_model: Repository
) -> None:
    FileChange.objects.filter(revision=final_model.head).update(old_size=1)
    auditing.audit_full(ledger.pass_time(1))
    page = _page(client)
    assert "badge-mismatch" in page
    assert "the size of a file before: the log says 3, the database 1" in page


def test_damaged_bytes_are_a_mismatch(client: Client, final_model: Repository) -> None:
    Blob.objects.filter(sha256=hashlib.sha256(b"two").hexdigest()).update(damaged=timezone.now())
    page = _page(client)
    assert "badge-mismatch" in page
    assert "weights.bin.txt" in page


def test_a_private_history_is_not_there_for_others(client: Client, final_model: Repository, owner: Account) -> None:
    Repository.objects.filter(pk=final_model.pk).update(visibility="private")
    assert client.get(HISTORY).status_code == 404
    client.force_login(make_account("bob"))
    assert client.get(HISTORY).status_code == 404
    bundle = "/alice/cells-linear/bundle"
    token = {"authorization": f"Bearer {make_token(owner, 'read', now=timezone.now())}"}
    assert client.get(bundle).status_code == 404
    assert client.get(bundle, headers={"authorization": "Bearer akashi_none"}).status_code == 403
    client.logout()
    assert client.get(bundle, headers=token).status_code == 200
    client.force_login(owner)
    assert client.get(HISTORY).status_code == 200


def test_the_bundle_of_the_page_verifies_without_the_hub_and_no_byte_may_change(
    client: Client, final_model: Repository
) -> None:
    data = client.get("/alice/cells-linear/bundle").content
    trust = trust_anchors()
    assert akashi_verify.verify_bundle(data, log_key=trust.log_key, contract=trust.contract).verdict == "verified"
    for place in range(0, len(data), 97):
        spoilt = bytearray(data)
        spoilt[place] ^= 1
        assert akashi_verify.verify_bundle(bytes(spoilt), log_key=trust.log_key).verdict == "refused", place


@pytest.mark.parametrize(
    "path", [HISTORY, "/alice/cells-linear/lineage", "/models", "/datasets", "/status", "/verify", "/"]
)
def test_pages_need_no_account(client: Client, final_model: Repository, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/alice/nothing/history", "/nobody/x/history", "/datasets/alice/cells-linear/history"]
)
def test_what_is_not_there_is_a_page_that_says_so(client: Client, final_model: Repository, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert b"Not found" in answer.content


@pytest.mark.parametrize("path", ["/models", "/", "/search?q=cells+linear", "/people/alice"])
def test_a_figure_in_doubt_is_no_headline_in_a_list_either(
    client: Client, ledger: Ledger, final_model: Repository, path: str
) -> None:
    assert "0.979" in _page(client, path)
    assert final_model.head is not None
    Revision.objects.filter(pk=final_model.head_id).update(metrics=[{**final_model.head.metrics[0], "value": "0.999"}])
    auditing.audit_full(ledger.pass_time(1))
    listed = re.search(r'<li class="live".*?</li>', _page(client, path), re.S)
    assert listed is not None
    assert "0.999" not in listed[0]
    assert 'Accuracy <span class="bad">differs from the log</span>' in listed[0]


def test_doubt_in_a_list_takes_no_query_for_each_row(
    client: Client,
    ledger: Ledger,
    final_model: Repository,
    owner: Account,
    now: datetime,
    django_assert_max_num_queries: Any,
) -> None:
    def spoil() -> None:
        Revision.objects.filter(number=1).update(metrics=[{"name": "accuracy", "value": "0.999", "better": "higher"}])
        publish_log(ledger)
        ledger.anchor_to_the_end()
        auditing.audit_full(ledger.pass_time(1))
        cache.clear()
        facts_cache.forget()

    spoil()
    with CaptureQueriesContext(connection) as few:
        client.get("/models")
    for index in range(3):
        create_repository(
            account=owner, kind="model", name=f"other-{index}", visibility="public", card=CARD, now=now, message="Another.",
            work_kind="model", metrics=[{"name": "accuracy", "value": "0.940"}], files=[Change("w.txt", content=b"one")],
        )  # fmt: skip
    spoil()
    with django_assert_max_num_queries(len(few)):
        page = _page(client, "/models")
    assert page.count("differs from the log") == 3
