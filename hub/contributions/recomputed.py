"""What a proposed revision holds, computed again from its own object and the trees below it.

The entry of a version names the revision by the digest of its object, so the object's bytes decide the row's columns and
its sources, and the root tree in it decides the files. Once it is published, the entry that did so says all that.
Which version it is follows from the order of the entries, and when its files may have gone from the contribution's end.
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from hub.contributions.expected import CONTRIBUTION, PROPOSAL, VERSIONS
from hub.contributions.models import Contribution, Proposal
from hub.contributions.selectors import KEPT
from hub.contributions.upkeep import end_of
from hub.repositories.expected import EDGE, REVISION
from hub.repositories.models import FileChange, LineageEdge, Revision
from hub.repositories.reading import salt_of
from hub.repositories.recomputed import CHANGE, Stated, files_of
from hub.repositories.revision import MalformedRevision, RevisionObject, decode, outside_digest
from ledger import selectors as ledger
from ledger.expecting import Deviation
from ledger.records import EntryView

_ROW = ""


def proposed(entry: EntryView) -> Iterator[Deviation]:
    """What differs in the rows of the version that an entry proposed, and of its revision as long as it is only proposed."""
    rows = Proposal.objects.select_related("contribution__repository", "revision")
    found = rows.filter(revision=entry.data["proposed"].removeprefix("rev:")).first()
    if found is not None:
        yield from _version(entry, found)
        if entry.type == "contribution.opened" and not _released_late(found.contribution):
            key = {"id": str(found.contribution_id)}
            yield Deviation(CONTRIBUTION, key, "released", None, found.contribution.released)
    yield from _revision(entry)


def _version(entry: EntryView, found: Proposal) -> Iterator[Deviation]:
    """Its place among the versions, and whether it is the one before on another head: only moving it changes its base."""
    versions = [each for each in ledger.entries_with_subject(entry.subject) if each.type in VERSIONS]
    place = next((index for index, each in enumerate(versions) if each.uid == entry.uid), 0)
    key = {"revision_id": found.revision_id}
    if found.version != place + 1:
        yield Deviation(PROPOSAL, key, "version", place + 1, found.version)
    before = versions[place - 1] if place else None
    moved = before is not None and before.data.get("base") != entry.data.get("base")
    if found.rebased != moved and not (found.rebased and before is not None and _other_salt(before, found.revision)):
        yield Deviation(PROPOSAL, key, "rebased", moved, found.rebased)


def _other_salt(before: EntryView, revision: Revision) -> bool:
    """Whether who sees the repository changed in between, after which a version moves without another base."""
    earlier = Revision.all_states.filter(pk=before.data["proposed"].removeprefix("rev:")).first()
    return earlier is not None and salt_of(earlier) != salt_of(revision)


def _released_late(contribution: Contribution) -> bool:
    """Whether its files have not gone, or no earlier than they may: some time after the end."""
    end = end_of(contribution)
    return contribution.released is None or (end is not None and contribution.released > end + KEPT)


def _files(row: Revision, built: RevisionObject) -> Iterator[Deviation]:
    """Every file that the trees say, until they went; then none."""
    contribution = Contribution.objects.select_related("repository").filter(proposals__revision=row).first()
    if contribution is None or contribution.released is None or not _released_late(contribution):
        yield from files_of(Stated(row.pk, built.repository, built.root_tree, None))
        return
    for path in FileChange.objects.filter(revision=row).order_by("path").values_list("path", flat=True):
        yield Deviation(CHANGE, {"revision_id": row.pk, "path": path}, _ROW, 0, 1)


def _revision(entry: EntryView) -> Iterator[Deviation]:
    key = {"id": entry.data["proposed"].removeprefix("rev:")}
    row = Revision.all_states.filter(pk=key["id"], number__isnull=True).first()
    if row is None:
        # Published since, or missing, which the comparison of its row says.
        return
    body = bytes(row.body)
    digest = sha256(body).hexdigest()
    if digest != row.pk:
        yield Deviation(REVISION, key, "body", row.pk, digest)
        return
    try:
        built = decode(body)
    except MalformedRevision:
        yield Deviation(REVISION, key, "body", row.pk, digest)
        return
    for column, expected in _columns(built).items():
        found = getattr(row, column)
        if found != expected:
            yield Deviation(REVISION, key, column, expected, found)
    yield from _edges(row, built)
    yield from _files(row, built)


def _columns(built: RevisionObject) -> Mapping[str, Any]:
    return {
        "root_tree_id": built.root_tree,
        "licence": built.licence,
        "metrics": list(built.metrics),
        "file_count": built.file_count,
        "byte_count": built.byte_count,
        "salted": built.salted,
    }


def _edges(row: Revision, built: RevisionObject) -> Iterator[Deviation]:
    """Sources that are missing, added, or whose address is not the one that the object names by its digest."""
    wanted = {(edge.relation, edge.source, edge.outside) for edge in built.edges}
    for edge in LineageEdge.objects.filter(revision=row).order_by("pk"):
        name = (edge.relation, edge.source_id or "", edge.outside_digest)
        if name not in wanted:
            yield Deviation(EDGE, _key(row, name), _ROW, 0, 1)
            continue
        wanted.discard(name)
        found = outside_digest(edge.outside_url, salt_of(row)) if edge.outside_url else edge.outside_digest
        if edge.outside_digest != found:
            yield Deviation(EDGE, _key(row, name), "outside_url", edge.outside_digest, found)
    for name in sorted(wanted):
        yield Deviation(EDGE, _key(row, name), _ROW, 1, 0)


def _key(row: Revision, name: tuple[str, str, str]) -> dict[str, str]:
    relation, source, outside = name
    named = {"source_id": source} if source else {"outside_digest": outside}
    return {"revision_id": row.pk, "relation": relation, **named}


def stray_revisions() -> Iterator[tuple[str, Deviation]]:
    """Unpublished revisions that no contribution proposes."""
    rows = Revision.all_states.filter(number__isnull=True, proposal__isnull=True).order_by("pk")
    for pk, repository in rows.values_list("pk", "repository_id").iterator():
        yield f"repo:{repository}", Deviation(REVISION, {"id": pk}, _ROW, 0, 1)
