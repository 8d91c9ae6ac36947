"""What is wrong with the hub now, and since when: the first thing that `/status` says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from chain.records import EventView
from hub.uploads import selectors as uploads
from ledger import lateness

# How long each step may take before it counts as late. The alarms of `docs/operations.md` have the same limits.
NUMBER = CHECKPOINT = timedelta(minutes=1)
FINAL, REMOVAL = timedelta(hours=1), timedelta(minutes=10)
REPLAY = timedelta(hours=25)


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong, in words, since when, and where on the page there is more about it."""

    words: str
    since: datetime
    url: str = ""


def troubles(now: datetime, events: Sequence[EventView]) -> list[Trouble]:
    """What lasts longest stands first. `events` are those of the chain, of which the ones that last are told."""
    found = [*_of_the_log(now), *_of_files(now), *_of_the_chain(events)]
    return sorted(found, key=lambda trouble: trouble.since)


def _of_the_log(now: datetime) -> Iterator[Trouble]:
    if since := lateness.disagreeing():
        yield Trouble(_("Database, log and chain do not say the same."), since, "#audit")
    late = (
        (lateness.without_number(), NUMBER, _("Entries wait for their number.")),
        (lateness.unpublished(), CHECKPOINT, _("Entries wait for a checkpoint.")),
        (lateness.not_final(), FINAL, _("Checkpoints wait for a final anchor.")),
        (lateness.replayed(), REPLAY, _("The whole log was not compared again, as it should be every day.")),
    )
    for since, allowed, words in late:
        if since is not None and now - since > allowed:
            yield Trouble(words, since, "#log")


def _of_files(now: datetime) -> Iterator[Trouble]:
    if since := uploads.damaged_since():
        yield Trouble(_("Stored bytes of a file differ from their digest."), since)
    since = uploads.removal_waits_since()
    if since is not None and now - since > REMOVAL:
        yield Trouble(_("The bytes of a file that was taken down are not removed yet."), since)


def _of_the_chain(events: Sequence[EventView]) -> Iterator[Trouble]:
    for event in events:
        if event.ended is None:
            yield Trouble(event.text, event.time, "#chain")
