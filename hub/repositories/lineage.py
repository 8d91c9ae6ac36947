"""Where a work comes from: the sources a card names, and walks over resolved edges.

The card's front matter is the only source of lineage: `base_model` with `base_model_relation`, `datasets`, and for
datasets `source_datasets`. A published revision pins them to revision ids, so an edge can only point to something that
existed before and a circle cannot arise; `find_cycle` checks it all the same.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

RELATIONS = ("trained_on", "evaluated_on", "finetune", "adapter", "quantized", "merge", "derived_from")
MOST_SOURCES = 100
Kind = Literal["model", "dataset"]

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}"
_LOCAL = re.compile(rf"({_NAME})/({_NAME})(?:@([0-9A-Za-z][0-9A-Za-z._/-]{{0,199}}))?")
# What Hugging Face dataset cards write in `source_datasets` when they name no dataset.
_NOT_NAMES = frozenset({"original", "extended"})


@dataclass(frozen=True, slots=True)
class Declared:
    """A source as the author wrote it. `owner`, `name` and `rev` are empty when the text is no name of this form."""

    relation: str
    kind: Kind
    text: str
    owner: str = ""
    name: str = ""
    rev: str = ""


def declared_sources(
    kind: Kind, *, base_models: Sequence[str], relation: str, datasets: Sequence[str], site: str = ""
) -> list[Declared]:
    """Everything the front matter of a `kind` names, each source once, in its order.

    `relation` is `base_model_relation`; without it a base model is only "derived from". An address under `site` (the
    hub's own) counts as the name in it.
    """
    base = relation if relation in {"finetune", "adapter", "quantized", "merge"} else "derived_from"
    if not relation and len(base_models) > 1:
        base = "merge" if kind == "model" else base
    found = [_declare(base, "model", text, site) for text in base_models]
    data = "trained_on" if kind == "model" else "derived_from"
    found += [_declare(data, "dataset", text, site) for text in datasets if text.strip().lower() not in _NOT_NAMES]
    return list(dict.fromkeys(found))[:MOST_SOURCES]


def _declare(relation: str, kind: Kind, text: str, site: str) -> Declared:
    text = text.strip()
    path = _path_on(site, text)
    local = path if path is not None else text
    if path is not None and path.startswith("datasets/"):
        kind, local = "dataset", path.removeprefix("datasets/")
    match = _LOCAL.fullmatch(local)
    if match is None:
        return Declared(relation, kind, text)
    return Declared(relation, kind, text, match[1], match[2], match[3] or "")


def _path_on(site: str, text: str) -> str | None:
    """The path of an address on this site, `tree/{rev}` and `commit/{sha}` turned into `@rev`; None for others."""
    if not site or not text.startswith(f"{site}/"):
        return None
    path = urlsplit(text).path.strip("/")
    return re.sub(r"/(?:tree|commit|blob)/([^/]+).*", r"@\1", path)


# --- graphs --------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Link:
    """`user` was made from `source`; both are ids of the caller's choice."""

    user: str
    source: str
    relation: str


@dataclass(frozen=True, slots=True)
class Walk:
    """What was reached: each id with its distance from the start, the links between, and whether more was left out."""

    distance: dict[str, int]
    links: tuple[Link, ...]
    cut: bool


def walk(links_of: Callable[[Collection[str]], Iterable[Link]], start: str, *, depth: int, limit: int) -> Walk:
    """Follow links from `start`, one call of `links_of` per step, up to `depth` steps and `limit` ids.

    `links_of` answers the links of many ids at once, in either direction: the far end of each is what is new.
    """
    distance, links = {start: 0}, dict[Link, None]()
    frontier, cut = [start], False
    for step in range(1, depth + 1):
        found = list(links_of(frontier)) if frontier else []
        frontier = []
        for link in found:
            new = [end for end in (link.user, link.source) if end not in distance]
            if len(distance) + len(new) > limit:
                cut = True
                continue
            links[link] = None
            for end in new:
                distance[end] = step
                frontier.append(end)
    if frontier and not cut:
        cut = any(end not in distance for link in links_of(frontier) for end in (link.user, link.source))
    return Walk(distance, tuple(links), cut)


def find_cycle(links: Iterable[Link]) -> list[str]:
    """The ids of one circle in the order of its links, or an empty list. Iterative: depth costs no stack."""
    sources: dict[str, list[str]] = {}
    for link in links:
        sources.setdefault(link.user, []).append(link.source)
    done: set[str] = set()
    for start in sources:
        trail: list[str] = []
        pending: list[tuple[str, bool]] = [(start, False)]
        while pending:
            node, leaving = pending.pop()
            if leaving:
                trail.pop()
                done.add(node)
            elif node in trail:
                return trail[trail.index(node) :]
            elif node not in done:
                trail.append(node)
                pending.append((node, True))
                pending += [(source, False) for source in sources.get(node, ())]
    return []
