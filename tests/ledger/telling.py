"""A room above the ledger for tests: one type of entry that has a sentence, names for what it speaks of, and its secrets."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from ledger import describing, services
from ledger.describing import Label, Sentence, compose, label
from ledger.models import Entry
from ledger.records import EntryView
from tests.ledger.conftest import ACTOR, REPOSITORY, Ledger

NAMED = "test.named"
HIDDEN = "rev:" + 64 * "e"


def say(entry: EntryView) -> Sentence:
    words = entry.details.get("words", {}).get("words", "something")
    return compose(
        "%(actor)s said %(words)s about %(subject)s.",
        actor=label(entry.actor),
        words=words,
        subject=label(entry.subject),
    )


@pytest.fixture(autouse=True)
def upper_room() -> Iterator[None]:
    """A room that names actors and repositories, and lets everybody read everything but what is about `HIDDEN`."""
    sentences, labels, rules = dict(describing._sentences), dict(describing._labels), list(describing._readable)
    fields = dict(describing._fields)
    describing.register_sentence(NAMED, say)
    describing.register_label(
        "acct", lambda subjects, viewer: {each: Label("alice", "/people/alice") for each in subjects}
    )
    describing.register_label(
        "repo", lambda subjects, viewer: {each: Label("heart <3", "/alice/heart") for each in subjects}
    )
    describing.register_readable(lambda entries, viewer: {entry.uid for entry in entries if entry.subject != HIDDEN})
    yield
    describing._sentences.clear()
    describing._sentences.update(sentences)
    describing._fields.clear()
    describing._fields.update(fields)
    describing._labels.clear()
    describing._labels.update(labels)
    describing._readable[:] = rules


def tell(ledger: Ledger, words: str = "words", **fields: object) -> Entry:
    usual: dict[str, object] = {"subject": REPOSITORY, "actor": ACTOR, "data": {"number": 1}}
    with transaction.atomic():
        return services.record(type=NAMED, time=ledger.now, details={"words": {"words": words}}, **{**usual, **fields})  # type: ignore[arg-type]
