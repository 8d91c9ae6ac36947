"""Which tables hold nothing but what the log speaks of. The daily audit looks here for rows that were slipped in."""

from hub.repositories.expected import EDGE, REFERENCE, REPOSITORY, REVISION
from ledger.expecting import Addressed, SpokenFor

SPOKEN_FOR = (
    SpokenFor(REPOSITORY, [("id",)], [("repo:", "id")], ["repository.created"]),
    SpokenFor(REVISION, [("id",)], [("rev:", "id")], ["revision.published"]),
    SpokenFor(
        REFERENCE,
        [("repository_id", "kind", "name")],
        [("rev:", "revision_id"), ("repo:", "repository_id")],
        ["revision.published", "reference.moved"],
    ),
    SpokenFor(
        EDGE,
        [("revision_id", "relation", "source_id"), ("revision_id", "relation", "outside_digest")],
        [("rev:", "revision_id")],
        ["revision.published"],
    ),
)
TREES = Addressed("repositories.Tree", "digest", "body")
