"""What a proposed revision holds, computed again from its own object and the trees below it.

The entry of a version names the revision by the digest of its object, so the object's bytes decide the row's columns and
its sources, and the root tree in it decides the files. Once it is published, the entry that did so says all that.
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from hub.contributions.models import Proposal
from hub.repositories.expected import EDGE, REVISION
from hub.repositories.models import LineageEdge, Revision
from hub.repositories.reading import salt_of
from hub.repositories.recomputed import Stated, files_of
from hub.repositories.revision import MalformedRevision, RevisionObject, decode, outside_digest
from ledger.expecting import Deviation
from ledger.records import EntryView

_ROW = ""


def proposed(entry: EntryView) -> Iterator[Deviation]:
    """What differs in the rows of the revision that an entry proposed, as long as it is only proposed."""
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
    if not Proposal.objects.filter(revision=row, contribution__released__isnull=False).exists():
        yield from files_of(Stated(row.pk, built.repository, built.root_tree, None))


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
