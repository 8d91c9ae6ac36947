"""Where a work came from: sources at the left, results at the right, what joined it later from below.

Placing is behind `layout`, so that the layered engine can be replaced; when it refuses a graph, longest-path rows are drawn.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

import graphlay

from web.drawing.svg import element, label, number, shorten, text_width

TALL, LEAST_WIDE, MOST_WIDE, PAD = 48.0, 140.0, 216.0, 12.0
LAYER_GAP, NODE_GAP, BELOW_GAP = 48.0, 28.0, 32.0
# Above this a drawing says less than its list.
MOST_NODES = 40

VERB = 12.0  # size of the words beside an edge

Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Node:
    """A work. `state` is "" for settled work, "current" for the one the page is about, "open" for work not merged."""

    id: str
    name: str
    kind: str = ""
    url: str = ""
    state: str = ""


@dataclass(frozen=True)
class Edge:
    """`source` went into `target`; `verb` says how ("trained"). `joins` draws the source below its target."""

    source: str
    target: str
    verb: str = ""
    open: bool = False
    joins: bool = False


@dataclass
class Placement:
    """Upper left corners and widths of nodes by id, and one polyline for each edge, in the order of the edges given."""

    corners: dict[str, Point]
    widths: dict[str, float]
    lines: list[list[Point]] = field(default_factory=list)

    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of everything drawn."""
        xs = [x for x, _ in self.corners.values()] + [x + self.widths[key] for key, (x, _) in self.corners.items()]
        ys = [y for _, y in self.corners.values()] + [y + TALL for _, y in self.corners.values()]
        for line in self.lines:
            xs += [x for x, _ in line]
            ys += [y for _, y in line]
        return min(xs, default=0), min(ys, default=0), max(xs, default=0), max(ys, default=0)


def lineage_graph(nodes: Sequence[Node], edges: Sequence[Edge], *, title: str) -> str:
    """The drawing, or "" for no nodes. Every node with an address is a link that carries its whole name."""
    if not nodes:
        return ""
    placed = layout(nodes, edges)
    left, top, right, bottom = placed.bounds()
    width, height = right - left + 2, bottom - top + 22
    known = _known(nodes, edges)
    drawn = [_edge(edge, line) for edge, line in zip(known, placed.lines, strict=True)]
    drawn += _verbs(placed, known)
    drawn += [_node(node, placed.corners[node.id], placed.widths[node.id]) for node in nodes]
    return element(
        "svg",
        element("g", *drawn, transform=f"translate({number(1 - left)} {number(20 - top)})"),
        class_="lineage-graph",
        width=width,
        height=height,
        viewBox=f"0 0 {number(width)} {number(height)}",
        role="group",
        aria_label=title,
        focusable="false",
    )


def layout(nodes: Sequence[Node], edges: Sequence[Edge]) -> Placement:
    """Places nodes and edges left to right, deterministically. Edges to unknown nodes are left out."""
    known = _known(nodes, edges)
    below = _below(known)
    main = [node for node in nodes if node.id not in below]
    spine = [edge for edge in known if edge.source not in below]
    try:
        placed, lines = _layered(main, spine)
    except graphlay.GraphlayError:
        placed, lines = _rows(main, spine)
    rest = iter(lines)
    by_id = {node.id: node for node in nodes}
    for edge in known:
        placed.lines.append(
            _place_below(placed, by_id[edge.source], edge.target) if edge.source in below else next(rest)
        )
    return placed


def _below(edges: Sequence[Edge]) -> set[str]:
    """What is drawn under its target: a source that joins one work and has no other edge, so its target is never one."""
    touched = Counter(end for edge in edges for end in (edge.source, edge.target))
    return {edge.source for edge in edges if edge.joins and touched[edge.source] == 1}


def _known(nodes: Sequence[Node], edges: Sequence[Edge]) -> list[Edge]:
    names = {node.id for node in nodes}
    return [edge for edge in edges if edge.source in names and edge.target in names and edge.source != edge.target]


def _width(node: Node) -> float:
    needed = max(text_width(node.name, 13.4), text_width(node.kind, 12)) + 2 * PAD
    return min(max(needed, LEAST_WIDE), MOST_WIDE)


def _gap(edges: Sequence[Edge]) -> float:
    return max([LAYER_GAP, *(text_width(edge.verb, VERB) + 24 for edge in edges if edge.verb)])


def _layered(nodes: Sequence[Node], edges: Sequence[Edge]) -> tuple[Placement, list[list[Point]]]:
    graph = graphlay.Graph()
    for node in nodes:
        graph.node(node.id, width=_width(node), height=TALL)
    for edge in edges:
        graph.edge(edge.source, edge.target)
    spacing = {"layer_gap": _gap(edges), "node_gap": NODE_GAP, "isolated_gap": NODE_GAP}
    result = graphlay.layout(graph, options={"direction": "leftright", "spacing": spacing})
    corners = {}
    for node, box in zip(nodes, result.nodes, strict=True):
        corners[node.id] = (box["center"]["x"] - box["size"]["width"] / 2, box["center"]["y"] - TALL / 2)
    lines = [[(point["x"], point["y"]) for point in line["points"]] for line in result.edges]
    return Placement(corners, {node.id: _width(node) for node in nodes}), lines


def _rows(nodes: Sequence[Node], edges: Sequence[Edge]) -> tuple[Placement, list[list[Point]]]:
    """Columns by the longest path from a source; a cycle ends where it began."""
    depth = {node.id: 0 for node in nodes}
    for _ in nodes:
        for edge in edges:
            depth[edge.target] = min(max(depth[edge.target], depth[edge.source] + 1), len(nodes) - 1)
    widths = {node.id: _width(node) for node in nodes}
    column_width = max(widths.values(), default=0) + _gap(edges)
    taken: dict[int, int] = {}
    corners = {}
    for node in nodes:
        row = taken.get(depth[node.id], 0)
        taken[depth[node.id]] = row + 1
        corners[node.id] = (depth[node.id] * column_width, row * (TALL + NODE_GAP))
    placed = Placement(corners, widths)
    return placed, [_bent(placed, edge) for edge in edges]


def _bent(placed: Placement, edge: Edge) -> list[Point]:
    x1, y1 = placed.corners[edge.source]
    x2, y2 = placed.corners[edge.target]
    start, end = (x1 + placed.widths[edge.source], y1 + TALL / 2), (x2, y2 + TALL / 2)
    if start[1] == end[1]:
        return [start, end]
    bend = end[0] - LAYER_GAP / 2
    return [start, (bend, start[1]), (bend, end[1]), end]


def _place_below(placed: Placement, node: Node, target: str) -> list[Point]:
    """Sets `node` under everything near its target and returns its way up into the target's lower edge."""
    tx, ty = placed.corners[target]
    entry = tx + placed.widths[target] / 2
    width = _width(node)
    left = entry - 28 - width
    near = [y + TALL for key, (x, y) in placed.corners.items() if x < entry + 8 and x + placed.widths[key] > left - 8]
    top = max([*near, ty + TALL]) + BELOW_GAP
    placed.corners[node.id] = (left, top)
    placed.widths[node.id] = width
    return [(left + width, top + TALL / 2), (entry, top + TALL / 2), (entry, ty + TALL)]


def _node(node: Node, corner: Point, width: float) -> str:
    x, y = corner
    line = 1.5 if node.state == "current" else 1
    frame = element(
        "rect",
        class_=f"node{' node-' + node.state if node.state else ''}",
        x=x,
        y=y,
        width=width,
        height=TALL,
        rx=3,
        stroke_width=line,
        stroke_dasharray="3.5 2.5" if node.state == "open" else None,
    )
    room = width - 2 * PAD + 2
    words = label(shorten(node.name, 13.4, room), x=x + PAD, y=y + 20.5, class_="node-name")
    words += label(shorten(node.kind, 12, room), x=x + PAD, y=y + 37.5, class_="node-kind") if node.kind else ""
    whole = element("title", escape(f"{node.name}, {node.kind}" if node.kind else node.name))
    if not node.url:
        return element("g", whole, frame, words)
    name = f"{node.name}, {node.kind}" if node.kind else node.name
    return element("a", whole, frame, words, href=node.url, class_="node-link", aria_label=name)


def _edge(edge: Edge, line: list[Point]) -> str:
    way = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in line)
    look = "edge edge-open" if edge.open else "edge"
    drawn = element("path", class_=look, d=way, fill="none", stroke_dasharray="3.5 2.5" if edge.open else None)
    return drawn + element("path", class_="edge", d=_arrow(line), fill="none")


def _arrow(line: list[Point]) -> str:
    (x0, y0), (x, y) = line[-2], line[-1]
    if abs(x - x0) >= abs(y - y0):
        back = -5 if x >= x0 else 5
        return f"M{number(x + back)} {number(y - 3.5)}L{number(x)} {number(y)}L{number(x + back)} {number(y + 3.5)}"
    back = -5 if y >= y0 else 5
    return f"M{number(x - 3.5)} {number(y + back)}L{number(x)} {number(y)}L{number(x + 3.5)} {number(y + back)}"


# --- verbs ---------------------------------------------------------------------------------------
def _verbs(placed: Placement, edges: Sequence[Edge]) -> list[str]:
    """The words beside the edges. None lies on another or on a node; one that finds no room is left to the list."""
    taken: list[Box] = [(x, y, x + placed.widths[key], y + TALL) for key, (x, y) in placed.corners.items()]
    drawn = []
    # A straight line has but one place for its verb, so it goes first.
    for edge, line in sorted(zip(edges, placed.lines, strict=True), key=lambda pair: len(pair[1])):
        width = text_width(edge.verb, VERB)
        spots = ((x, y, _verb_box(x, y, width)) for x, y in _verb_spots(line, width)) if edge.verb else ()
        free = next((spot for spot in spots if not any(_overlap(spot[2], box) for box in taken)), None)
        if free is not None:
            x, y, box = free
            taken.append(box)
            drawn.append(label(edge.verb, x=x, y=y - 7, class_="edge-verb", anchor="middle"))
    return drawn


def _verb_spots(line: list[Point], width: float) -> list[Point]:
    """Where a verb may stand, centred above the line, the best first.

    Level pieces that are long enough, from the last; then the longest; then where the edge leaves and where it arrives.
    """
    level = [(a, b) for a, b in pairwise(line) if a[1] == b[1]] or [(line[0], line[-1])]
    long = [piece for piece in reversed(level) if _length(piece) >= width]
    (x1, y1), (x2, y2) = line[0], line[-1]
    middles = [((a[0] + b[0]) / 2, a[1]) for a, b in [*long, max(level, key=_length)]]
    return [*middles, (x1 + 4 + width / 2, y1), (x2 - 8 - width / 2, y2)]


def _length(piece: tuple[Point, Point]) -> float:
    return abs(piece[1][0] - piece[0][0])


def _verb_box(x: float, y: float, width: float) -> Box:
    return x - width / 2, y - 7 - VERB, x + width / 2, y - 3


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
