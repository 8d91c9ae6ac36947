"""What accounts are called on the ledger's pages."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub.accounts.erasure import erase_account
from ledger import describing
from ledger import selectors as ledger
from tests.hub.factories import make_account

pytestmark = pytest.mark.django_db


def test_accounts_are_called_by_their_handles_in_one_query() -> None:
    people = [make_account(name) for name in ("alice", "bob", "carol")]
    erase_account(people[2], timezone.now())
    unknown = "acct:" + "0" * 32
    subjects = [*(person.actor for person in people), unknown]
    with CaptureQueriesContext(connection) as queries, describing.naming(None, subjects):
        found = [describing.label(subject) for subject in subjects]
    assert len(queries) == 1
    assert [label.text for label in found] == ["alice", "bob", "an erased account", "an unknown account"]
    assert [label.url for label in found] == ["/people/alice", "/people/bob", "", ""]


def test_a_registration_reads_by_name_until_the_account_is_erased() -> None:
    alice = make_account("alice")
    entries = list(ledger.entries_by_actor(alice.actor))
    assert describing.describe(entries, None)[0].text == "alice opened an account."
    assert describing.disclose(entries, None)[0].details == {"handle": {"handle": "alice"}}
    erase_account(alice, timezone.now())
    told = [sentence.text for sentence in describing.describe(list(ledger.entries_by_actor(alice.actor)), None)]
    assert told == [
        "Somebody opened an account that has since been erased.",
        "An account was erased at the wish of its owner; its entries stay.",
    ]
