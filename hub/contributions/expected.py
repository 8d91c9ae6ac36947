"""What the tables of contributions must hold, according to the log. Pure; the audit compares it with what they do hold."""

from collections.abc import Mapping
from typing import Any

from ledger.expecting import ERASED, ExpectedRow, SpokenFor
from ledger.records import EntryView

Details = Mapping[str, Mapping[str, Any]]
CONTRIBUTION = "contributions.Contribution"
PROPOSAL = "contributions.Proposal"
CONSENT = "contributions.Consent"
REVISION = "repositories.Revision"


def opened(entry: EntryView, details: Details) -> list[ExpectedRow]:
    """The contribution with its first version, waiting for a decision."""
    data = entry.data
    columns = {
        "repository_id": _id(data["repo"]),
        "number": data["number"],
        "contributor__pseudonym": _id(entry.actor),
        "opened": entry.time,
        "result_id": None,
        "decided": None,
        "appealed": None,
        "entry__uid": entry.uid,
    }
    return [_contribution(entry, {**columns, **_said(entry, details)}), *_version(entry)]


def updated(entry: EntryView, details: Details) -> list[ExpectedRow]:
    """Another version, which says anew what the contribution is and waits for a decision."""
    return [_contribution(entry, _said(entry, details)), *_version(entry)]


def joined(entry: EntryView, details: Details) -> list[ExpectedRow]:
    """Who agreed to which share of which version."""
    columns = {
        "contribution_id": _id(entry.subject),
        "account__pseudonym": _id(entry.actor),
        "revision_id": _id(entry.data["proposed"]),
        "bps": entry.data["bps"],
        "time": entry.time,
    }
    return [ExpectedRow(CONSENT, {"entry__uid": str(entry.uid)}, columns)]


def withdrawn(entry: EntryView, details: Details) -> list[ExpectedRow]:
    return [_contribution(entry, {"state": "withdrawn", "changed": entry.time, "waiting": None})]


def accepted(entry: EntryView, details: Details) -> list[ExpectedRow]:
    """What it became; `revision.published` says the rest."""
    return [_contribution(entry, {**_decided(entry, "accepted"), "result_id": _id(entry.data["revision"])})]


def declined(entry: EntryView, details: Details) -> list[ExpectedRow]:
    return [_contribution(entry, _decided(entry, "declined"))]


def appealed(entry: EntryView, details: Details) -> list[ExpectedRow]:
    columns = {
        "state": "open", "changed": entry.time, "waiting": entry.time, "decided": None, "appealed": entry.time,
    }  # fmt: skip
    return [_contribution(entry, columns)]


def asked(entry: EntryView) -> list[ExpectedRow]:
    """What `review.submitted` says about the contribution: only the verdict `ask` changes it. For the room of reviews."""
    if entry.data["verdict"] != "ask":
        return []
    return [_contribution(entry, {"state": "asked", "changed": entry.time, "waiting": None})]


def _said(entry: EntryView, details: Details) -> dict[str, Any]:
    """What each version says of the contribution."""
    return {
        "title": _detail(details, "title") if "title" in entry.digests else "",
        "reason": _detail(details, "reason") if "reason" in entry.digests else "",
        "kind": entry.data["kind"],
        "authors": entry.data["authors"],
        "state": "open",
        "proposal__revision_id": _id(entry.data["proposed"]),
        "changed": entry.time,
        "waiting": entry.time,
    }


def _version(entry: EntryView) -> list[ExpectedRow]:
    """The version's own row, and the revision it proposes until that is published."""
    data, base = entry.data, _id(entry.data["base"]) if "base" in entry.data else None
    proposal = {
        "contribution_id": _id(entry.subject), "base_id": base, "time": entry.time, "entry__uid": entry.uid,
    }  # fmt: skip
    revision = {
        "repository_id": _id(data["repo"]),
        "number": None,
        "parent_id": base,
        "kind": data["kind"],
        "author__pseudonym": _id(entry.actor),
        "message": "",
        "published": entry.time,
        "entry__uid": entry.uid,
    }
    proposed = _id(data["proposed"])
    return [
        ExpectedRow(PROPOSAL, {"revision_id": proposed}, proposal),
        ExpectedRow(REVISION, {"id": proposed}, revision),
    ]


def _decided(entry: EntryView, state: str) -> dict[str, Any]:
    return {"state": state, "changed": entry.time, "decided": entry.time, "waiting": None}


def _contribution(entry: EntryView, columns: Mapping[str, Any]) -> ExpectedRow:
    return ExpectedRow(CONTRIBUTION, {"id": _id(entry.subject)}, columns)


def _detail(details: Details, group: str) -> Any:
    """The one field of a group, which bears its name; ERASED when the group is gone."""
    return details[group][group] if group in details else ERASED


def _id(subject: str) -> str:
    """What stands after the prefix of a subject."""
    return subject.partition(":")[2]


# The room of reviews registers its own functions for decisions, which add its rows to these; see also `asked`.
EXPECTED = {
    "contribution.opened": opened,
    "contribution.updated": updated,
    "contribution.joined": joined,
    "contribution.withdrawn": withdrawn,
    "contribution.accepted": accepted,
    "contribution.declined": declined,
    "contribution.appealed": appealed,
}
VERSIONS = ("contribution.opened", "contribution.updated")
# Tables that hold nothing but what the log speaks of.
SPOKEN_FOR = (
    SpokenFor(CONTRIBUTION, [("id",)], [("contrib:", "id")], ["contribution.opened"]),
    SpokenFor(PROPOSAL, [("revision_id",)], [("contrib:", "contribution_id")], VERSIONS),
    SpokenFor(CONSENT, [("entry__uid",)], [("contrib:", "contribution_id")], ["contribution.joined"]),
)
