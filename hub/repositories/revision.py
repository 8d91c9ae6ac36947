"""A published state as one canonical object: what it holds, where it comes from, who says so and when.

The object is the RFC 8785 JSON of

    {"akashi": 1, "type": "revision", "repository": "repo:…", "root_tree": …, "parents": ["rev:…"], "salted": false,
     "author": "acct:…", "time": "2026-11-17T09:41:07.412Z", "kind": "tuning", "licence": "Apache-2.0",
     "sources": [{"relation": "trained_on", "revision": "rev:…"}], "outside": [{"digest": …, "relation": …}],
     "metrics": [{"better": "higher", "name": "accuracy", "value": "0.979", …}], "counts": {"bytes": …, "files": …}}

A revision's id is the SHA-256 of those bytes in hex, and its commit id the first 40 digits. `licence` is left out
when the card names none. `salted` says that the leaves of the tree are SHA-256(repository salt ‖ file SHA-256), and the
digests of outside sources likewise.
`docs/log-format.md` has worked bytes.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import rfc8785

from hub.repositories.tree import salted_leaf

VERSION = 1
_DIGEST = re.compile(r"[0-9a-f]{64}")


class MalformedRevision(ValueError):
    """Bytes that are no revision object."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One source: a pinned revision of the hub (`source`, an id), or something outside (`outside`, see `outside_digest`).

    Exactly one of the two is filled. `url` is what the author wrote; it is not part of the object.
    """

    relation: str
    source: str = ""
    outside: str = ""
    url: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class RevisionObject:
    """The fields of a revision. Ids are 64 hex digits without prefix, `time` is aware, metrics are as the log takes them."""

    repository: str
    root_tree: str
    parents: tuple[str, ...]
    author: str
    time: datetime
    kind: str
    licence: str
    edges: tuple[Edge, ...]
    metrics: tuple[Mapping[str, Any], ...]
    file_count: int
    byte_count: int
    salted: bool


def time_text(moment: datetime) -> str:
    """UTC with milliseconds and `Z`, as entries write it. What is finer than a millisecond is cut off."""
    utc = moment.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03}Z"


def cut_time(moment: datetime) -> datetime:
    """The moment as an entry can hold it: whole milliseconds, UTC."""
    utc = moment.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def read_time(text: str) -> datetime:
    """The moment that `time_text` wrote. Raises ValueError for any other form."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def sources_of(edges: tuple[Edge, ...]) -> list[dict[str, str]]:
    return [{"relation": edge.relation, "revision": f"rev:{edge.source}"} for edge in edges if edge.source]


def outside_of(edges: tuple[Edge, ...]) -> list[dict[str, str]]:
    return [{"relation": edge.relation, "digest": edge.outside} for edge in edges if edge.outside]


def encode(revision: RevisionObject) -> bytes:
    """The canonical bytes. Raises `rfc8785.CanonicalizationError` for values that JSON cannot hold."""
    fields: dict[str, Any] = {
        "akashi": VERSION,
        "type": "revision",
        "repository": f"repo:{revision.repository}",
        "root_tree": revision.root_tree,
        "parents": [f"rev:{parent}" for parent in revision.parents],
        "author": f"acct:{revision.author}",
        "time": time_text(revision.time),
        "kind": revision.kind,
        "sources": sources_of(revision.edges),
        "outside": outside_of(revision.edges),
        "metrics": [dict(metric) for metric in revision.metrics],
        "counts": {"files": revision.file_count, "bytes": revision.byte_count},
        "salted": revision.salted,
    }
    if revision.licence:
        fields["licence"] = revision.licence
    return rfc8785.dumps(fields)


def revision_id(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def decode(body: bytes) -> RevisionObject:
    """The fields of a revision object. Bytes in any other form raise `MalformedRevision`.

    Edges come back grouped, sources before outside references, each group in its order.
    """
    try:
        found = json.loads(body)
        revision = _read(found)
        canonical = encode(revision) == body
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise MalformedRevision(str(error)) from None
    if not canonical:
        raise MalformedRevision("not in canonical form")
    return revision


def _read(found: dict[str, Any]) -> RevisionObject:
    edges = [Edge(item["relation"], source=_id(item["revision"], "rev:")) for item in found["sources"]]
    edges += [Edge(item["relation"], outside=_id(item["digest"])) for item in found["outside"]]
    return RevisionObject(
        repository=found["repository"].removeprefix("repo:"),
        root_tree=_id(found["root_tree"]),
        parents=tuple(_id(parent, "rev:") for parent in found["parents"]),
        author=found["author"].removeprefix("acct:"),
        time=read_time(found["time"]),
        kind=found["kind"],
        licence=found.get("licence", ""),
        edges=tuple(edges),
        metrics=tuple(found["metrics"]),
        file_count=found["counts"]["files"],
        byte_count=found["counts"]["bytes"],
        salted=found["salted"],
    )


def _id(text: str, prefix: str = "") -> str:
    if not text.startswith(prefix) or not _DIGEST.fullmatch(text.removeprefix(prefix)):
        raise MalformedRevision(f"{text!r} is no id")
    return text.removeprefix(prefix)


def outside_digest(url: str, salt: bytes | None = None) -> str:
    """How the log names an outside source: SHA-256 (hex) of what the author wrote, in UTF-8.

    In a repository that is not public it is salted as the leaves of its trees are, because addresses can be guessed.
    """
    digest = hashlib.sha256(url.encode()).hexdigest()
    return digest if salt is None else salted_leaf(salt, digest)
