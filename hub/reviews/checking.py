"""What is known about a proposal when somebody decides about it, as one canonical JSON object. Pure.

    {"version": 1, "contribution": "contrib:…", "proposal": 2, "revision": "rev:…", "base": "rev:…", "head": "rev:…",
     "checks": [
       {"name": "base", "result": "current" | "stale"},
       {"name": "licence", "result": "same" | "changed" | "restricted" | "unstated", "before": "MIT", "after": "MIT"},
       {"name": "sources", "result": "none" | "pinned" | "outside", "pinned": 1, "outside": 0},
       {"name": "metrics", "result": "better" | "worse" | "mixed" | "same" | "new" | "incomparable" | "none", "rows":
         [{"name": "accuracy", "verdict": "better", "before": "0.94", "after": "0.979"}]},
       {"name": "files", "result": "kept" | "refused" | "damaged" | "gone", "added": 0, "changed": 1, "removed": 0,
        "at_fault": ["<SHA-256>"]},
       {"name": "interests", "result": "none" | "declared", "conflicts":
         [{"kind": "organisation", "with": "acct:…"}, {"kind": "undisclosed"}]}]}

Independence is left out while nobody decides. `undisclosed` stands once for all connections that are not public. The
object names no paths, and people only by their pseudonyms. Its SHA-256 stands in the entry of the decision; the bytes are
kept beside it, so that what was known then can be read, and nobody can put other checks in their place.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import rfc8785

from hub.repositories.licences import Openness
from hub.repositories.metrics import Comparison, plain

VERSION = 1
# What is wrong with a file, the worst first.
FAULTS = ("gone", "damaged", "refused")
# In the place of everything that connects who decides with an author and is not public.
UNDISCLOSED = "undisclosed"


@dataclass(frozen=True)
class Facts:
    """What is looked up before. Subjects are written with their prefix; an empty one means that there is none.

    `faults` are (SHA-256, one of `FAULTS`); `conflicts` are (kind, `acct:…`) of who decides, None while nobody does;
    `undisclosed` says that there are some besides which are not public.
    """

    contribution: str
    proposal: int
    revision: str
    base: str
    head: str
    stale: bool
    licence_before: str
    licence_after: str
    openness: Openness
    pinned: int
    outside: int
    metrics: Sequence[Comparison]
    counts: Mapping[str, int]
    faults: Sequence[tuple[str, str]] = ()
    conflicts: Sequence[tuple[str, str]] | None = None
    undisclosed: bool = False


def build(facts: Facts) -> dict[str, Any]:
    """The object above. Equal facts give equal objects, whatever order their lists came in."""
    subjects = {"contribution": facts.contribution, "revision": facts.revision, "base": facts.base, "head": facts.head}
    return {
        "version": VERSION,
        "proposal": facts.proposal,
        **{name: subject for name, subject in subjects.items() if subject},
        "checks": [
            {"name": "base", "result": "stale" if facts.stale else "current"},
            _licence(facts),
            _sources(facts),
            _metrics(facts.metrics),
            _files(facts),
            *([] if facts.conflicts is None else [_interests(facts.conflicts, facts.undisclosed)]),
        ],
    }


def freeze(checks: Mapping[str, Any]) -> bytes:
    """Its RFC 8785 bytes."""
    return rfc8785.dumps(dict(checks))


def digest_of(body: bytes) -> str:
    return sha256(body).hexdigest()


def result_of(checks: Mapping[str, Any], name: str) -> str:
    """The result of one check."""
    return next(str(check["result"]) for check in checks["checks"] if check["name"] == name)


def _licence(facts: Facts) -> dict[str, Any]:
    if not facts.licence_after:
        result = "unstated"
    elif facts.openness is not Openness.OPEN:
        result = "restricted"
    else:
        result = "same" if facts.licence_before == facts.licence_after else "changed"
    known = {"before": facts.licence_before, "after": facts.licence_after}
    return {"name": "licence", "result": result, **{side: licence for side, licence in known.items() if licence}}


def _sources(facts: Facts) -> dict[str, Any]:
    result = "outside" if facts.outside else "pinned" if facts.pinned else "none"
    return {"name": "sources", "result": result, "pinned": facts.pinned, "outside": facts.outside}


def _metrics(comparisons: Sequence[Comparison]) -> dict[str, Any]:
    return {
        "name": "metrics",
        "result": _trend({comparison.verdict for comparison in comparisons}),
        "rows": [_metric(comparison) for comparison in comparisons],
    }


def _trend(verdicts: set[str]) -> str:
    if {"better", "worse"} <= verdicts:
        return "mixed"
    names = {"worse": "worse", "better": "better", "incomparable": "incomparable", "same": "same", "first": "new"}
    return next((result for verdict, result in names.items() if verdict in verdicts), "none")


def _metric(comparison: Comparison) -> dict[str, Any]:
    row = {"name": comparison.metric.name, "verdict": comparison.verdict, "after": plain(comparison.metric.value)}
    return row if comparison.before is None else {**row, "before": plain(comparison.before.value)}


def _files(facts: Facts) -> dict[str, Any]:
    found = {fault for _digest, fault in facts.faults}
    return {
        "name": "files",
        "result": next((fault for fault in FAULTS if fault in found), "kept"),
        **{action: facts.counts.get(action, 0) for action in ("added", "changed", "removed")},
        "at_fault": sorted({digest for digest, _fault in facts.faults}),
    }


def _interests(conflicts: Iterable[tuple[str, str]], undisclosed: bool) -> dict[str, Any]:
    found = [{"kind": kind, "with": other} for kind, other in sorted(set(conflicts))]
    found += [{"kind": UNDISCLOSED}] if undisclosed else []
    return {"name": "interests", "result": "declared" if found else "none", "conflicts": found}
