"""Which tables hold nothing but what the log speaks of. The daily audit looks here for rows that were slipped in."""

from hub.repositories.expected import EDGE, REFERENCE, REPOSITORY, REVISION
from ledger.expecting import Addressed, SpokenFor

SPOKEN_FOR = (
    SpokenFor(REPOSITORY, [("id",)], [("repo:", "id")], ["repository.created"]),
    # What is only proposed is spoken for by contributions.
    SpokenFor(REVISION, [("id",)], [("rev:", "id")], ["revision.published"], {"number__isnull": False}),
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
        {"revision__number__isnull": False},
    ),
)
TREES = Addressed("repositories.Tree", "digest", "body")
