"""Words that a moderator redacts are gone from the entry's details, from the tables and from pages; the entry stays."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from hub.accounts.erasure import erase_account
from hub.accounts.models import Account
from hub.contributions.models import Contribution
from hub.errors import Conflict, Invalid, NotAllowed, NotFound
from hub.moderation.redacting import redact, redactable_groups, redaction_of
from hub.repositories.models import LineageEdge, Repository, Revision
from hub.reviews.models import Review
from ledger import selectors as ledger
from ledger.comparing import Comparison
from ledger.models import Details, Entry
from ledger.records import EntryView
from ledger.selectors import to_view
from ledger.sequencer import sequence
from ledger.services import create_log
from tests.hub.moderation.conftest import Create, Publish
from tests.hub.repositories.calling import caller
from tests.hub.verdicts import decide
from web.models import IdempotentRequest

pytestmark = pytest.mark.django_db
PATIENT = "Jane Doe of Ward 7"
LINKED = "---\nlicense: cc-by-4.0\ndatasets: [https://example.org/jane-doe]\n---\n# cells\n\nText.\n"


@pytest.fixture(autouse=True)
def _log(db: None, now: datetime) -> None:
    create_log(now)


def entry_of(type: str) -> EntryView:
    """The newest entry of this type, sequenced."""
    sequence()
    row = Entry.objects.filter(type=type).order_by("-id")[0]
    return ledger.entry_by_uid(row.uid)


def everything() -> str:
    """Every row of every table as text, bytes included."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found += [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "SELECT body FROM ledger_details WHERE body IS NOT NULL UNION ALL SELECT body FROM web_idempotentrequest"
        )
        found += [bytes(row[0]).decode() for row in cursor.fetchall()]
    return "\n".join(found)


@pytest.fixture
def told(dataset: Repository, publish: Publish) -> EntryView:
    publish(dataset, {"a.csv": "1\n"}, message=f"From {PATIENT}.")
    return entry_of("revision.published")


def test_the_words_go_and_the_entry_says_so(told: EntryView, mona: Account, now: datetime) -> None:
    before = ledger.entry_by_uid(told.uid)
    assert PATIENT in everything()
    made = redact(account=mona, index=told.leaf_index or 0, group="message", reason="personal_data", now=now)
    assert PATIENT not in everything()
    after = ledger.entry_by_uid(told.uid)
    assert (after.body, after.leaf_hash, after.leaf_index) == (before.body, before.leaf_hash, before.leaf_index)
    assert after.erased == {"message"}
    assert (made.type, made.subject, made.actor) == ("content.redacted", told.subject, mona.actor)
    assert made.data == {"digest": told.digests["message"].hex(), "reason": "personal_data"}
    assert Revision.objects.get(pk=told.subject.removeprefix("rev:")).message == ""
    found = redaction_of(after, "message")
    assert found is not None
    assert found.uid == made.uid


def test_words_of_a_contribution_and_of_a_verdict_go(
    dataset: Repository, bob: Account, alice: Account, mona: Account, now: datetime
) -> None:
    from hub.contributions.services import open_contribution
    from tests.hub.repositories.conftest import texts

    made = open_contribution(
        account=bob, repository=dataset, changes=texts({"b.csv": "1\n"}), title=f"Title {PATIENT}",
        reason=f"Reason {PATIENT}", kind="data", now=now,
    )  # fmt: skip
    opened = entry_of("contribution.opened")
    decide(
        account=alice, contribution=made, verdict="decline", reason_code="quality", comment=f"No, {PATIENT}", now=now
    )
    declined = entry_of("contribution.declined")
    for entry, group in ((opened, "title"), (opened, "reason"), (declined, "comment")):
        redact(account=mona, index=entry.leaf_index or 0, group=group, reason="personal_data", now=now)
    found = Contribution.objects.get(pk=made.pk)
    assert (found.title, found.reason, Review.objects.get().comment) == ("", "", "")
    proposed = Revision.all_states.filter(number__isnull=True).values_list("message", flat=True)
    assert PATIENT not in everything(), list(proposed)


@pytest.fixture
def twice(dataset: Repository, bob: Account, now: datetime) -> tuple[Contribution, EntryView, EntryView]:
    """A contribution whose second version keeps the words of the first."""
    from hub.contributions.services import open_contribution, update_contribution
    from tests.hub.repositories.conftest import texts

    made = open_contribution(
        account=bob, repository=dataset, changes=texts({"b.csv": "1\n"}), title="Title", reason="Reason", kind="data", now=now
    )  # fmt: skip
    opened = entry_of("contribution.opened")
    update_contribution(account=bob, contribution=made, changes=texts({"c.csv": "2\n"}), now=now + timedelta(minutes=1))
    return made, opened, entry_of("contribution.updated")


def differing() -> set[str]:
    views = [to_view(row) for row in Entry.objects.order_by("id").prefetch_related("detail_groups")]
    return {f"{found.slot[0]}.{found.slot[2]}" for found in Comparison().compare(views)}


@pytest.mark.parametrize("group", ["title", "reason"])
def test_words_that_a_later_version_repeats_go_with_that_version(
    twice: tuple[Contribution, EntryView, EntryView], mona: Account, now: datetime, group: str
) -> None:
    made, opened, updated = twice
    redact(account=mona, index=opened.leaf_index or 0, group=group, reason="other", now=now)
    assert getattr(Contribution.objects.get(pk=made.pk), group) == group.title()
    assert differing() == set()
    redact(account=mona, index=updated.leaf_index or 0, group=group, reason="other", now=now)
    assert getattr(Contribution.objects.get(pk=made.pk), group) == ""
    assert differing() == set()


def test_a_contribution_without_its_words_goes_on(
    twice: tuple[Contribution, EntryView, EntryView], bob: Account, alice: Account, mona: Account, now: datetime
) -> None:
    from hub.contributions.services import update_contribution
    from tests.hub.repositories.conftest import texts

    made, _opened, updated = twice
    for group in ("title", "reason"):
        redact(account=mona, index=updated.leaf_index or 0, group=group, reason="other", now=now)
    later = now + timedelta(minutes=2)
    update_contribution(account=bob, contribution=made, changes=texts({"d.csv": "3\n"}), now=later)
    assert sorted(entry_of("contribution.updated").digests) == []
    assert differing() == set()
    decide(account=alice, contribution=made, verdict="accept", comment="Good", now=later)
    assert Contribution.objects.get(pk=made.pk).state == "accepted"
    assert differing() == set()


def test_addresses_of_outside_sources_go_and_their_digests_stay(create: Create, mona: Account, now: datetime) -> None:
    create("linked", card=LINKED)
    entry = entry_of("revision.published")
    if "outside_sources" not in entry.digests:
        pytest.fail("the card names a source elsewhere")
    edge = LineageEdge.objects.get()
    redact(account=mona, index=entry.leaf_index or 0, group="outside_sources", reason="personal_data", now=now)
    after = LineageEdge.objects.get()
    assert (after.outside_url, after.outside_digest) == ("", edge.outside_digest)


def test_kept_answers_to_the_author_are_emptied(told: EntryView, alice: Account, mona: Account, now: datetime) -> None:
    kept = {"account": alice, "fingerprint": "f" * 64, "created": now}
    IdempotentRequest.objects.create(key="done", status=201, body=f"From {PATIENT}".encode(), **kept)
    redact(account=mona, index=told.leaf_index or 0, group="message", reason="other", now=now)
    assert bytes(IdempotentRequest.objects.get(key="done").body) == b"null"


def test_kept_answers_to_others_lose_the_words_too(
    dataset: Repository, bob: Account, alice: Account, mona: Account, now: datetime
) -> None:
    from hub.contributions.services import open_contribution
    from tests.hub.repositories.conftest import texts

    made = open_contribution(
        account=bob, repository=dataset, changes=texts({"b.csv": "1\n"}), title=f"Title {PATIENT}", kind="data", now=now,
        reason="", authors=[("bob", 5_000), ("mona", 5_000)],
    )  # fmt: skip
    opened = entry_of("contribution.opened")
    join = f"/api/v1/contributions/{made.pk}/join"
    answer = caller(mona).post(join, {"bps": 5_000}, **{"Idempotency-Key": "1"})
    assert answer.status_code == 200, answer.content
    assert PATIENT.encode() in bytes(IdempotentRequest.objects.get(account_id=mona.pk).body)
    redact(account=mona, index=opened.leaf_index or 0, group="title", reason="personal_data", now=now)
    assert PATIENT not in everything()


def test_only_a_moderator_may(told: EntryView, alice: Account, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        redact(account=alice, index=told.leaf_index or 0, group="message", reason="other", now=now)
    assert PATIENT in everything()


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"reason": "because"}, Invalid),
        ({"group": "salt"}, NotFound),
        ({"index": 10_000}, NotFound),
        ({"words": "x" * 2_001}, Invalid),
    ],
)
def test_what_cannot_be_is_refused(
    told: EntryView, mona: Account, now: datetime, given: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        redact(
            **{"account": mona, "index": told.leaf_index, "group": "message", "reason": "other", "now": now, **given}
        )
    assert PATIENT in everything()


def test_words_go_once(told: EntryView, mona: Account, now: datetime) -> None:
    redact(account=mona, index=told.leaf_index or 0, group="message", reason="other", now=now)
    with pytest.raises(Conflict):
        redact(account=mona, index=told.leaf_index or 0, group="message", reason="other", now=now)


@pytest.mark.parametrize(("type", "group"), [("account.registered", "handle"), ("repository.created", "name")])
def test_a_handle_and_a_name_cannot_be_redacted_by_themselves(
    dataset: Repository, mona: Account, now: datetime, type: str, group: str
) -> None:
    entry = entry_of(type)
    assert redactable_groups(entry) == []
    with pytest.raises(Invalid, match="by themselves"):
        redact(account=mona, index=entry.leaf_index or 0, group=group, reason="other", now=now)


def test_what_a_moderator_said_goes_with_the_account(told: EntryView, mona: Account, now: datetime) -> None:
    redact(account=mona, index=told.leaf_index or 0, group="message", reason="other", words="Marker of Mona", now=now)
    assert "Marker of Mona" in everything()
    erase_account(mona, now)
    assert "Marker of Mona" not in everything()
    assert Details.objects.get(entry__type="content.redacted").body is None
