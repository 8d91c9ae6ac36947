"""What the repositories' tables must hold, according to the log. Pure; the audit compares it with what they do hold."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hub.events import reference_digest
from hub.repositories.revision import Edge, RevisionObject, encode, read_time, revision_id
from ledger.expecting import ERASED, ExpectedRow
from ledger.records import EntryView

Details = Mapping[str, Mapping[str, Any]]
REPOSITORY = "repositories.Repository"
REVISION = "repositories.Revision"
REFERENCE = "repositories.Reference"
EDGE = "repositories.LineageEdge"
MAIN = "main"


def repository_created(entry: EntryView, details: Details) -> list[ExpectedRow]:
    """Whose it is, of what kind, called what, seen by whom, since when; with no revision and not withdrawn."""
    data = entry.data
    columns = {
        "kind": data["kind"],
        "visibility": data["visibility"],
        "owner__pseudonym": data["owner"].removeprefix("acct:"),
        "name": _detail(details, "name", "name"),
        "created": entry.time,
        "changed": entry.time,
        "withdrawn": None,
        "head_id": None,
        "revision_count": 0,
        "licence": "",
        "entry__uid": entry.uid,
    }
    return [_repository(entry.subject, columns)]


def repository_renamed(entry: EntryView, details: Details) -> list[ExpectedRow]:
    return [_repository(entry.subject, {"name": _detail(details, "name", "name")})]


def repository_transferred(entry: EntryView, details: Details) -> list[ExpectedRow]:
    return [_repository(entry.subject, {"owner__pseudonym": entry.data["owner"].removeprefix("acct:")})]


def visibility_changed(entry: EntryView, details: Details) -> list[ExpectedRow]:
    """With the salt once it is public. Later the repository has another one, of which the log says nothing."""
    salt = bytes.fromhex(entry.data["salt"]) if "salt" in entry.data else ERASED
    columns: dict[str, Any] = {"visibility": entry.data["visibility"], "salt": salt}
    return [_repository(entry.subject, columns)]


def repository_withdrawn(entry: EntryView, details: Details) -> list[ExpectedRow]:
    return [_repository(entry.subject, {"withdrawn": entry.time})]


def reference_moved(entry: EntryView, details: Details) -> list[ExpectedRow]:
    """Where the branch or tag points, or that it is gone; nothing can be said once its name is erased."""
    name = _detail(details, "name", "name")
    if name is ERASED:
        return []
    key = {"repository_id": _id(entry.subject), "kind": entry.data["kind"], "name": name}
    if "to" not in entry.data:
        return [ExpectedRow(REFERENCE, key, absent=True)]
    return [ExpectedRow(REFERENCE, key, {"revision_id": _id(entry.data["to"])})]


def revision_published(entry: EntryView, details: Details) -> list[ExpectedRow]:
    """The revision with all its fields, its sources, and that its branch and repository point at it.

    One that was proposed and accepted has another author than the entry, and was made earlier.
    """
    rows = [_revision(entry, details), *_edges(entry, details)]
    revision, repository = _id(entry.subject), _id(entry.data["repo"])
    name = _reference_name(entry, details)
    if name is not None:
        key = {"repository_id": repository, "kind": entry.data["reference_kind"], "name": name}
        rows.append(ExpectedRow(REFERENCE, key, {"revision_id": revision}))
    head = {
        "head_id": revision,
        "revision_count": entry.data["number"],
        "licence": entry.data.get("licence", ""),
        "changed": entry.time,
    }
    if name == MAIN:
        rows.append(_repository(entry.data["repo"], head))
    return rows


def _revision(entry: EntryView, details: Details) -> ExpectedRow:
    data = entry.data
    body, salted = _object(entry)
    parents = [_id(parent) for parent in data["parents"]]
    columns = {
        "repository_id": _id(data["repo"]),
        "number": data["number"],
        "body": body,
        "root_tree_id": data["root_tree"],
        "parent_id": parents[0] if parents else None,
        "kind": data["kind"],
        "author__pseudonym": _author(entry),
        "message": _detail(details, "message", "message") if "message" in entry.digests else "",
        "licence": data.get("licence", ""),
        "metrics": data["metrics"],
        "file_count": data["counts"]["files"],
        "byte_count": data["counts"]["bytes"],
        "salted": salted,
        "published": entry.time,
        "entry__uid": entry.uid,
    }
    return ExpectedRow(REVISION, {"id": _id(entry.subject)}, columns)


def _object(entry: EntryView) -> tuple[bytes, bool]:
    """The revision object that the entry describes. Only `salted` is not in the entry; the id tells which it was."""
    plain = _described(entry)
    bodies = {salted: encode(replace(plain, salted=salted)) for salted in (False, True)}
    salted = revision_id(bodies[True]) == _id(entry.subject)
    return bodies[salted], salted


def _described(entry: EntryView) -> RevisionObject:
    data = entry.data
    sources = [Edge(each["relation"], source=_id(each["revision"])) for each in data["sources"]]
    outside = [Edge(each["relation"], outside=each["digest"]) for each in data["outside"]]
    return RevisionObject(
        repository=_id(data["repo"]),
        root_tree=data["root_tree"],
        parents=tuple(_id(parent) for parent in data["parents"]),
        author=_author(entry),
        time=read_time(data["made"]) if "made" in data else entry.time,
        kind=data["kind"],
        licence=data.get("licence", ""),
        edges=(*sources, *outside),
        metrics=tuple(data["metrics"]),
        file_count=data["counts"]["files"],
        byte_count=data["counts"]["bytes"],
        salted=False,
    )


def _author(entry: EntryView) -> str:
    """The pseudonym of whoever made the revision."""
    return _id(entry.data.get("author", entry.actor))


def _edges(entry: EntryView, details: Details) -> list[ExpectedRow]:
    revision, outside = _id(entry.subject), entry.data["outside"]
    urls = _detail(details, "outside_sources", "urls") if outside else []
    rows = [
        ExpectedRow(
            EDGE,
            {"revision_id": revision, "relation": each["relation"], "source_id": _id(each["revision"])},
            {"outside_digest": "", "outside_url": ""},
        )
        for each in entry.data["sources"]
    ]
    for index, each in enumerate(outside):
        key = {"revision_id": revision, "relation": each["relation"], "outside_digest": each["digest"]}
        url = urls if urls is ERASED else urls[index]
        rows.append(ExpectedRow(EDGE, key, {"source_id": None, "outside_url": url}))
    return rows


def _reference_name(entry: EntryView, details: Details) -> str | None:
    """The branch's name; None when it was erased."""
    if entry.data["reference"] == reference_digest(MAIN):
        return MAIN
    name = _detail(details, "reference", "name")
    return None if name is ERASED else str(name)


def _detail(details: Details, group: str, field: str) -> Any:
    """A detail, or ERASED when its group is gone."""
    return details[group][field] if group in details else ERASED


def _repository(subject: str, columns: Mapping[str, Any]) -> ExpectedRow:
    return ExpectedRow(REPOSITORY, {"id": _id(subject)}, columns)


def _id(subject: str) -> str:
    """What stands after the prefix of a subject."""
    return subject.partition(":")[2]


EXPECTED = {
    "repository.created": repository_created,
    "repository.renamed": repository_renamed,
    "repository.transferred": repository_transferred,
    "repository.visibility_changed": visibility_changed,
    "repository.withdrawn": repository_withdrawn,
    "reference.moved": reference_moved,
    "revision.published": revision_published,
}
