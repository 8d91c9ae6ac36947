"""What was changed behind the log's back is said where somebody judges it."""

from html import unescape
from typing import Any

import pytest
from django.test import Client

from hub.accounts.models import Account
from hub.contributions.models import Contribution
from hub.repositories.models import Revision
from hub.reviews.models import Assessment, Work
from hub.reviews.services import assess
from ledger import auditing
from tests.hub.reviews.conftest import Propose
from tests.ledger.conftest import Ledger, folders, ledger, node

__all__ = ["folders", "ledger", "node"]
PAGE = "/alice/logistic/discussions/1"


def main(response: Any) -> str:
    return unescape(response.content.decode()).partition('id="main"')[2].partition("</main>")[0]


def _audited(ledger: Ledger) -> None:
    ledger.sequence()
    ledger.publish()
    auditing.audit_full(ledger.pass_time(1))


def test_a_changed_title_is_said_above_the_form_of_the_verdict(
    client: Client, ledger: Ledger, propose: Propose, bob: Account
) -> None:  # fmt: skip
    contribution = propose()
    client.force_login(bob)
    pages = (PAGE, f"/reviews/decide/{contribution.pk}")
    _audited(ledger)
    assert all("the log says" not in main(client.get(path)) for path in pages)
    Contribution.objects.filter(pk=contribution.pk).update(title="Something else")
    auditing.audit_full(ledger.pass_time(1))
    for path in pages:
        before_the_form, form, _rest = main(client.get(path)).partition("verdict-form")
        assert form
        assert "Mismatch" in before_the_form
        assert "its title: the log says words that are not shown" in before_the_form


def test_a_changed_revision_is_said_on_the_contribution_that_proposes_it(
    client: Client, ledger: Ledger, propose: Propose
) -> None:  # fmt: skip
    contribution = propose()
    assert contribution.proposal is not None
    Revision.all_states.filter(pk=contribution.proposal.revision_id).update(file_count=9)
    _audited(ledger)
    assert "the log says" in main(client.get(PAGE))


@pytest.mark.parametrize("changed", ["contribution", "assessment"])
def test_a_work_says_what_differs_above_the_form_of_the_assessment(
    client: Client, ledger: Ledger, work: Work, dora: Account, bob: Account, changed: str
) -> None:  # fmt: skip
    if changed == "contribution":
        Contribution.objects.filter(work=work).update(title="Something else")
    else:
        assess(account=dora, work=work, effort=3, quality=60, comment="Fine.", now=ledger.now)
        Assessment.objects.update(quality=100)
    _audited(ledger)
    client.force_login(dora)
    html = main(client.get(f"/reviews/assess/{work.key}"))
    assert "the log says" in html
    if changed == "contribution":
        assert html.index("the log says") < html.index("Record assessment")
