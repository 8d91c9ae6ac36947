"""From which works a work was made, as the published revisions and their sources say."""

from collections.abc import Iterable, Mapping

from rewards.inputs import MAX_PARENTS
from rewards.record import Revision, Submission


def parents(submissions: Iterable[Submission], revisions: Mapping[str, Revision]) -> dict[int, list[int]]:
    """For each work's sequence the sequences of its parents: at most 16, each once, the base before the sources.

    They are the works that produced the base revision and each source: the nearest revision along first parents,
    itself included, that belongs to a work of smaller sequence. Nearly linear in works, revisions and sources.
    """
    ordered = sorted(submissions, key=lambda work: work.sequence)
    makers = {work.revision: work.sequence for work in ordered}
    skips: dict[str, str] = {}
    found = {}
    # From the last work down, so that those whose sequence is not smaller are gone when a work's turn comes. A way
    # that was found stays right: what is gone from `makers` later only makes it longer.
    for work in reversed(ordered):
        del makers[work.revision]
        sources = revisions[work.revision].sources if work.revision in revisions else ()
        wanted = (_maker(start, revisions, makers, skips) for start in (work.base, *sources))
        found[work.sequence] = list(dict.fromkeys(place for place in wanted if place is not None))[:MAX_PARENTS]
    return found


def _maker(
    start: str, revisions: Mapping[str, Revision], makers: Mapping[str, int], skips: dict[str, str]
) -> int | None:
    """The work that produced a revision. Shortens the ways it went."""
    here, way = start, []
    while here in revisions and here not in makers:
        way.append(here)
        here = skips.get(here, revisions[here].parent)
    skips.update(dict.fromkeys(way, here))
    return makers.get(here)
