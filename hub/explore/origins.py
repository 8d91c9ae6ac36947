"""What a revision was made from, as a drawing and as rows: its declared sources, its own earlier revisions, its uses."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from hub import names
from hub.repositories import links, words
from hub.repositories import selectors as repositories
from web.drawing.lineage import MOST_NODES, Edge, Node

if TYPE_CHECKING:
    from hub.repositories.models import LineageEdge, Revision


OWN = 4  # so many of the repository's own last revisions are drawn


@dataclass(frozen=True)
class Row:
    name: str
    url: str
    kind: str
    relation: str
    licence: str
    entry: int | None
    entry_url: str


@dataclass
class Origins:
    """`nodes` and `edges` for the drawing, `rows` for its twin, which tells of every node but the revision itself.

    `too_many` says why there is no drawing.
    """

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    too_many: str = ""


def origins(revision: "Revision", viewer: Any, *, depth: int = 1, uses: bool = False) -> Origins:
    """Sources up to `depth` steps back, this repository's own revisions, and, if asked, what uses the revision."""
    found = Origins()
    line = _line(revision)
    _add_line(found, line, revision)
    seen = {each.id for each in line}
    drawn: list[LineageEdge] = []
    level = line
    for _step in range(depth):
        new = [edge for each in level for edge in _add_sources(found, each, viewer, seen)]
        drawn += new
        level = [edge.source for edge in new if edge.source is not None]
    found.rows = _rows(revision, line, drawn, viewer)
    if uses:
        for edge in repositories.uses_of(revision, viewer):
            _add_use(found, edge, seen)
    if len(found.nodes) > MOST_NODES:
        found.too_many = _("More than %(n)d works are involved; the list says it better than a drawing.") % {
            "n": MOST_NODES
        }
    return found


def _line(revision: "Revision") -> list["Revision"]:
    """The last of its repository's own revisions, and the one with which it all began."""
    last = repositories.own_line(revision, most=OWN)
    return last if last[0].number == 1 else [repositories.first_revision(revision), *last]


def _add_line(found: Origins, line: list["Revision"], current: "Revision") -> None:
    for each in line:
        name = _("revision %(n)d") % {"n": each.number}
        state = "current" if each.id == current.id else ""
        found.nodes.append(Node(each.id, name, names.account(each.author).text, links.commit(each), state))
    for older, newer in pairwise(line):
        between = (newer.number or 0) - (older.number or 0) - 1
        verb = _left_out(between) if between else work_verb(newer.kind)
        found.edges.append(Edge(older.id, newer.id, verb, open=between > 0))


def _left_out(count: int) -> str:
    return ngettext("%(n)d between", "%(n)d between", count) % {"n": count}


def _add_sources(found: Origins, revision: "Revision", viewer: Any, seen: set[str]) -> list["LineageEdge"]:
    """Draws the sources that nothing before has, and returns the edges to them."""
    new = []
    for edge in repositories.sources_of(revision, viewer):
        key = _key(edge)
        if key in seen:
            continue
        seen.add(key)
        found.nodes.append(_source_node(edge))
        found.edges.append(Edge(key, revision.id, relation_verb(edge.relation)))
        new.append(edge)
    return new


def _key(edge: "LineageEdge") -> str:
    return str(edge.source_id) if edge.source is not None else edge.outside_digest


def _rows(revision: "Revision", line: list["Revision"], drawn: list["LineageEdge"], viewer: Any) -> list[Row]:
    """Its own sources first, then its earlier revisions, then what those and its sources were made from."""
    own = repositories.sources_of(revision, viewer)
    told = {revision.id, *map(_key, own)}
    rows = [_row(edge, relation_words(edge.relation)) for edge in own]
    earlier = [each for each in reversed(line) if each.id not in told]
    rows += [_revision_row(each, pgettext("relation", "earlier revision")) for each in earlier]
    return rows + [_row(edge, _relation_of(edge, revision)) for edge in drawn if _key(edge) not in told]


def _relation_of(edge: "LineageEdge", revision: "Revision") -> str:
    """The relation of a source to another revision than the one that the page is about."""
    user = edge.revision
    said = {"relation": relation_words(edge.relation), "name": user.repository.name, "n": user.number}
    if user.repository_id == revision.repository_id:
        return pgettext("relation", "%(relation)s (revision %(n)d)") % said
    return pgettext("relation", "%(relation)s (%(name)s, revision %(n)d)") % said


def _source_node(edge: "LineageEdge") -> Node:
    if edge.source is None:
        return Node(edge.outside_digest, edge.outside_url or _("outside source"), _("not on this hub"), "")
    repository = edge.source.repository
    kind = _("%(kind)s, %(licence)s") % {
        "kind": kind_words(repository.kind),
        "licence": edge.source.licence or _("no licence"),
    }
    return Node(edge.source.id, repository.name, kind, links.commit(edge.source))


def _row(edge: "LineageEdge", relation: str) -> Row:
    if edge.source is None:
        return Row(edge.outside_url or edge.outside_digest, "", _("outside"), relation, "", None, "")
    return _revision_row(edge.source, relation)


def _revision_row(revision: "Revision", relation: str) -> Row:
    repository = revision.repository
    index = revision.entry.leaf_index
    return Row(
        name=_("%(owner)s / %(name)s, revision %(n)d")
        % {"owner": names.account(repository.owner).text, "name": repository.name, "n": revision.number},
        url=links.commit(revision),
        kind=kind_words(repository.kind),
        relation=relation,
        licence=licence_name(revision.licence) or _("none stated"),
        entry=index,
        entry_url=reverse("ledger:entry", args=[index]) if index is not None else "",
    )


def _add_use(found: Origins, edge: "LineageEdge", seen: set[str]) -> None:
    user = edge.revision
    if user.id not in seen:
        seen.add(user.id)
        found.nodes.append(
            Node(user.id, user.repository.name, _("revision %(n)d") % {"n": user.number}, links.commit(user))
        )
        found.rows.append(_revision_row(user, pgettext("relation", "uses this")))
    found.edges.append(Edge(str(edge.source_id), user.id, relation_verb(edge.relation)))


def licence_name(identifier: str) -> str:
    """The licence's name, its id when it is not a known one, or nothing."""
    known = words.licence(identifier)
    return known.name if known is not None else identifier


def kind_words(kind: str) -> str:
    return {"model": _("model"), "dataset": _("dataset")}.get(kind, kind)


def relation_words(relation: str) -> str:
    """The relation as a table says it: this revision was … the source."""
    return str(words.RELATIONS.get(relation, relation))


def relation_verb(relation: str) -> str:
    """The relation as an arrow says it: what the source did for the result."""
    return {
        "trained_on": pgettext("arrow", "trained"),
        "evaluated_on": pgettext("arrow", "tested"),
        "finetune": pgettext("arrow", "tuned"),
        "adapter": pgettext("arrow", "adapted"),
        "quantized": pgettext("arrow", "quantised"),
        "merge": pgettext("arrow", "merged"),
        "derived_from": pgettext("arrow", "derived"),
    }.get(relation, "")


def work_verb(kind: str) -> str:
    """What one revision did to the one before."""
    return {
        "data": pgettext("arrow", "data"),
        "code": pgettext("arrow", "code"),
        "tuning": pgettext("arrow", "tuned"),
        "model": pgettext("arrow", "refit"),
        "evaluation": pgettext("arrow", "measured"),
        "documentation": pgettext("arrow", "described"),
    }.get(kind, "")
