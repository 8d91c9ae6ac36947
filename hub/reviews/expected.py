"""What the reviews' tables must hold, according to the log. Pure; the audit compares it with what they do hold."""

from collections.abc import Mapping
from typing import Any

from hub.contributions.expected import EXPECTED as CONTRIBUTIONS
from hub.contributions.expected import asked
from ledger.expecting import ERASED, Addressed, ExpectedRow, SpokenFor
from ledger.records import EntryView

Details = Mapping[str, Mapping[str, Any]]
REVIEW, APPEAL = "reviews.Review", "reviews.Appeal"
WORK, ASSESSMENT = "reviews.Work", "reviews.Assessment"


def submitted(entry: EntryView, details: Details) -> list[ExpectedRow]:
    """A wish for changes, and what it did to the contribution."""
    return [*asked(entry), _review(entry, details, entry.data["verdict"])]


def accepted(entry: EntryView, details: Details) -> list[ExpectedRow]:
    """The verdict, the work that came of it, and the contribution's own end."""
    work = _work(entry, contribution=_id(entry.subject), revision=entry.data["revision"])
    return [*CONTRIBUTIONS[entry.type](entry, details), _review(entry, details, "accept"), work]


def declined(entry: EntryView, details: Details) -> list[ExpectedRow]:
    return [*CONTRIBUTIONS[entry.type](entry, details), _review(entry, details, "decline")]


def appealed(entry: EntryView, details: Details) -> list[ExpectedRow]:
    columns = {"comment": _comment(entry, details), "time": entry.time, "entry__uid": entry.uid}
    row = ExpectedRow(APPEAL, {"contribution_id": _id(entry.subject)}, columns)
    return [*CONTRIBUTIONS[entry.type](entry, details), row]


def work_submitted(entry: EntryView, details: Details) -> list[ExpectedRow]:
    return [_work(entry, contribution=None, revision=entry.subject)]


def assessment_made(entry: EntryView, details: Details) -> list[ExpectedRow]:
    """Who said what about which work. The work itself is as its own entry says."""
    columns = {
        "effort": entry.data["effort"],
        "quality": entry.data["quality"],
        "comment": _comment(entry, details),
        "time": entry.time,
        "entry__uid": entry.uid,
    }
    return [ExpectedRow(ASSESSMENT, {"work_id": entry.subject, "reviewer__pseudonym": _id(entry.actor)}, columns)]


def _review(entry: EntryView, details: Details, verdict: str) -> ExpectedRow:
    data = entry.data
    columns = {
        "contribution_id": _id(entry.subject),
        "revision_id": _id(data["revision"]),
        "reviewer__pseudonym": _id(entry.actor),
        "verdict": verdict,
        "reason": data.get("reason", ""),
        "comment": _comment(entry, details),
        "checks_id": data["checks"],
        "time": entry.time,
    }
    return ExpectedRow(REVIEW, {"entry__uid": str(entry.uid)}, columns)


def _work(entry: EntryView, *, contribution: str | None, revision: str) -> ExpectedRow:
    columns = {
        "contribution_id": contribution,
        "revision_id": _id(revision),
        "repository_id": _id(entry.data["repo"]),
        "submitted": entry.time,
        "entry__uid": entry.uid,
    }
    return ExpectedRow(WORK, {"key": entry.subject}, columns)


def _comment(entry: EntryView, details: Details) -> Any:
    """The reason; ERASED when it was erased, empty when none was given."""
    if "comment" in details:
        return details["comment"]["comment"]
    return ERASED if "comment" in entry.digests else ""


def _id(subject: str) -> str:
    """What stands after the prefix of a subject."""
    return subject.partition(":")[2]


# Entries of the room below mean rows in this one too; the rows of both are said here together.
EXPECTED = {
    "review.submitted": submitted,
    "contribution.accepted": accepted,
    "contribution.declined": declined,
    "contribution.appealed": appealed,
    "work.submitted": work_submitted,
    "assessment.made": assessment_made,
}
SPOKEN_FOR = (
    SpokenFor(
        REVIEW,
        [("entry__uid",)],
        [("contrib:", "contribution_id")],
        ["review.submitted", "contribution.accepted", "contribution.declined"],
    ),
    SpokenFor(APPEAL, [("contribution_id",)], [("contrib:", "contribution_id")], ["contribution.appealed"]),
    SpokenFor(WORK, [("key",)], [("", "key")], ["work.submitted", "contribution.accepted"]),
    SpokenFor(ASSESSMENT, [("work_id", "reviewer__pseudonym")], [("", "work_id")], ["assessment.made"]),
)
CHECKS = Addressed("reviews.FrozenChecks", "digest", "body")
