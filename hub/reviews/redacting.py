"""Where the tables of reviews repeat words that stand beside an entry."""

from hub import redactable
from hub.reviews.models import Appeal, Assessment, Review
from ledger.records import EntryView

SPOKEN = (
    "review.submitted",
    "contribution.accepted",
    "contribution.declined",
    "contribution.appealed",
    "assessment.made",
)


def register() -> None:
    redactable.register(SPOKEN, "comment", _comment)


def _comment(entry: EntryView) -> None:
    for table in (Review, Appeal, Assessment):
        table._default_manager.filter(entry__uid=entry.uid).update(comment="")
