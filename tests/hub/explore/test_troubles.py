"""`/status` says what is wrong, since when, and nothing while nothing is."""

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from chain import events
from chain.models import ChainEvent
from hub.explore import troubles
from hub.repositories.models import Repository
from hub.uploads.models import Blob
from ledger.auditing import audit_full
from ledger.describing import subject_called
from ledger.models import Checkpoint, Entry, Mismatch
from tests.hub.explore.conftest import publish_log
from tests.ledger.conftest import Ledger


def said(client: Client) -> str:
    page = client.get("/status").content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def words(now: datetime) -> dict[str, datetime]:
    from chain.selectors import recent_events

    return {each.words: each.since for each in troubles.troubles(now, recent_events())}


def test_what_is_late_is_said_with_the_moment_since_when(ledger: Ledger, model: Repository, now: datetime) -> None:
    oldest = Entry.objects.filter(leaf_index__isnull=True).order_by("id")[0].time
    assert words(oldest + timedelta(seconds=30)) == {}
    later = now + timedelta(hours=30)
    assert words(later) == {"Entries wait for their number.": oldest}
    ledger.sequence()
    first = Entry.objects.get(leaf_index=0).time
    assert words(later) == {"Entries wait for a checkpoint.": first}
    ledger.publish()
    published = Checkpoint.objects.get().published
    assert words(later) == {"Checkpoints wait for a final anchor.": published}
    ledger.anchor_to_the_end()
    assert words(later) == {}
    audit_full(ledger.now)
    assert words(ledger.now + timedelta(hours=24)) == {}
    assert list(words(ledger.now + timedelta(hours=26))) == [
        "The whole log was not compared again, as it should be every day."
    ]


def test_what_is_broken_is_said_and_the_longest_first(
    ledger: Ledger, final_model: Repository, client: Client, now: datetime
) -> None:
    assert "What is wrong, and since when" not in said(client)
    Mismatch.objects.create(
        subject="log", table="log", key="log", column="root", expected="a", found="b",
        first_seen=now - timedelta(days=1), last_seen=now,
    )  # fmt: skip
    moment = timezone.now() - timedelta(hours=2)
    Blob.objects.filter(pk=Blob.objects.first().pk).update(damaged=moment)  # type: ignore[union-attr]
    events.begin(events.Kind.UNAVAILABLE, timezone.now())
    text = said(client)
    order = [
        "Database, log and chain do not say the same.",
        "Stored bytes of a file differ from their digest.",
        "No node of the chain answered.",
    ]
    places = [text.index(each) for each in order]
    assert places == sorted(places)
    events.end(timezone.now(), events.Kind.UNAVAILABLE)
    assert ChainEvent.objects.get().ended is not None
    Mismatch.objects.all().delete()
    Blob.objects.update(damaged=None)
    assert words(timezone.now()).keys() <= {"The whole log was not compared again, as it should be every day."}


def test_a_removal_that_takes_too_long_is_said(ledger: Ledger, final_model: Repository, now: datetime) -> None:
    Blob.objects.filter(pk=Blob.objects.first().pk).update(taken_down=now)  # type: ignore[union-attr]
    assert words(now + timedelta(minutes=9)) == {}
    late = "The bytes of a file that was taken down are not removed yet."
    assert words(now + timedelta(minutes=11))[late] == now
    Blob.objects.update(removed=now)
    assert late not in words(now + timedelta(minutes=11))


def test_the_explorer_finds_people_and_repositories_by_name(ledger: Ledger, model: Repository, client: Client) -> None:
    publish_log(ledger)
    actor, repository = model.owner.actor, f"repo:{model.pk}"
    for name in ("alice", "Alice", "@alice", model.owner.pseudonym, actor):
        assert subject_called(name, None) == actor
    for name in ("alice/cells-linear", "models/alice/cells-linear", "/Alice/Cells-Linear/", repository):
        assert subject_called(name, None) == repository
    for name in ("datasets/alice/cells-linear", "nobody", "a/b/c/d", "alice/", "\x00"):
        assert subject_called(name, None) == name
    found = client.get("/ledger?subject=alice/cells-linear&actor=alice").content.decode()
    assert len(re.findall('class="record-number"', found)) == 3
    Repository.objects.filter(pk=model.pk).update(visibility="private")
    assert subject_called("alice/cells-linear", None) == "alice/cells-linear"
    assert subject_called("alice/cells-linear", model.owner) == repository


@pytest.mark.django_db
def test_the_status_page_of_an_empty_hub_answers(client: Client) -> None:
    assert client.get("/status").status_code == 200
