"""The way from a leaf to the root (RFC 9162, section 2.1.3), drawn with the leaf at the foot and the root at the top.

Each row holds the node you compute and the sibling you are given, on its true side, because left and right decide the order
in which the two are hashed.
"""

from dataclasses import dataclass

from web.drawing.seal import seal
from web.drawing.svg import element, label, number

WIDE, TALL, PITCH, ROW, ROOM = 132.0, 36.0, 158.0, 60.0, 540.0
NOTE = 116.0


@dataclass(frozen=True)
class Box:
    """A node: what it covers ("24–27"), its digest in hex, and where its root was anchored ("anchored in block 9")."""

    caption: str
    digest: str
    anchored: str = ""


@dataclass(frozen=True)
class Join:
    """One step up: the given sibling, on which side it stands, and the node that both hash to."""

    sibling: Box
    sibling_is_left: bool
    parent: Box


@dataclass(frozen=True)
class Path:
    leaf: Box
    joins: tuple[Join, ...] = ()

    @property
    def root(self) -> Box:
        return self.joins[-1].parent if self.joins else self.leaf


@dataclass(frozen=True)
class _Placed:
    box: Box
    x: float
    y: float
    look: str
    note_side: int


def proof_tree(path: Path, *, title: str) -> str:
    """The drawing, at most 540 px wide for any path; its twin is an ordered list of the same digests."""
    centres = _spine(path)
    placed = _place(path, centres)
    left = min(_left_edge(node) for node in placed)
    width = max(_right_edge(node) for node in placed) - left
    height = len(path.joins) * ROW + TALL + 4
    parts = [_edges(centres, place, join, height) for place, join in enumerate(path.joins)]
    parts += [_node(node, last=node.box is path.root) for node in placed]
    return element(
        "svg",
        element("g", *parts, transform=f"translate({number(2 - left)} 0)"),
        class_="proof-tree",
        width=width + 4,
        height=height,
        viewBox=f"0 0 {number(width + 4)} {number(height)}",
        role="img",
        aria_label=title,
        focusable="false",
    )


def _spine(path: Path) -> list[float]:
    """Where each computed node is centred, from the leaf up: the middle of its children, or nearer if that grew too wide."""
    shift = PITCH / 2
    while True:
        centres = [0.0]
        for join in path.joins:
            centres.append(centres[-1] + (-shift if join.sibling_is_left else shift))
        reach = [*centres, *(_sibling_x(centres[place], join) for place, join in enumerate(path.joins))]
        if max(reach) - min(reach) + WIDE <= ROOM or shift < 1:
            return centres
        shift *= 0.85


def _sibling_x(centre: float, join: Join) -> float:
    return centre - PITCH if join.sibling_is_left else centre + PITCH


def _place(path: Path, centres: list[float]) -> list[_Placed]:
    foot = len(path.joins) * ROW + 2
    nodes = [_Placed(path.leaf, 0.0, foot, "leaf", _free_side(path, 0))]
    for place, join in enumerate(path.joins):
        here = foot - place * ROW
        nodes.append(_Placed(join.sibling, _sibling_x(centres[place], join), here, "given", 1))
        nodes.append(_Placed(join.parent, centres[place + 1], here - ROW, "computed", _free_side(path, place + 1)))
    return nodes


def _free_side(path: Path, level: int) -> int:
    """The side of a computed node on which no sibling stands: -1 left, 1 right."""
    if level >= len(path.joins):
        return -1
    return 1 if path.joins[level].sibling_is_left else -1


def _left_edge(node: _Placed) -> float:
    return node.x - WIDE / 2 - (NOTE if node.box.anchored and node.note_side < 0 else 0)


def _right_edge(node: _Placed) -> float:
    return node.x + WIDE / 2 + (NOTE if node.box.anchored and node.note_side > 0 else 0)


def _edges(centres: list[float], place: int, join: Join, height: float) -> str:
    top = height - 2 - TALL - place * ROW
    middle, parent = top - (ROW - TALL) / 2, centres[place + 1]
    children = sorted((centres[place], _sibling_x(centres[place], join)))
    way = f"M{number(parent)} {number(top - ROW + TALL)}V{number(middle)}"
    way += f"M{number(children[0])} {number(top)}V{number(middle)}H{number(children[1])}V{number(top)}"
    return element("path", class_="tree-edge", d=way, fill="none")


def _node(node: _Placed, *, last: bool) -> str:
    look = "root" if last and node.look == "computed" else node.look
    inset = 1.0 if look == "root" else 0.6
    frame = element(
        "rect",
        class_=f"tree-{look}",
        x=node.x - WIDE / 2 + inset,
        y=node.y + inset,
        width=WIDE - 2 * inset,
        height=TALL - 2 * inset,
        rx=2,
        stroke_dasharray="3 2.5" if look == "given" else None,
    )
    on_ink = " tree-on-ink" if look == "leaf" else ""
    words = label(node.box.caption, x=node.x, y=node.y + 15, class_=f"tree-caption{on_ink}", anchor="middle")
    digits = label(node.box.digest[:8], x=node.x, y=node.y + 29, class_=f"tree-hex{on_ink}", anchor="middle")
    return frame + words + digits + (_note(node) if node.box.anchored else "")


def _note(node: _Placed) -> str:
    side, edge = node.note_side, node.x + node.note_side * WIDE / 2
    seal_x = edge + (10 if side > 0 else -26)
    text_x = edge + (32 if side > 0 else -32)
    lines = _two_lines(node.box.anchored)
    first = node.y + (22 if len(lines) == 1 else 15)
    texts = [
        label(line, x=text_x, y=first + 15 * place, class_="tree-caption", anchor="start" if side > 0 else "end")
        for place, line in enumerate(lines)
    ]
    return element("g", seal("verified", 16), transform=f"translate({number(seal_x)} {number(node.y + 10)})") + "".join(
        texts
    )


def _two_lines(words: str) -> list[str]:
    """The words in at most two lines of about equal length; words without spaces stay on one."""
    spaces = [place for place, character in enumerate(words) if character == " "]
    if not spaces or len(words) <= 12:
        return [words]
    best = min(spaces, key=lambda place: abs(len(words) / 2 - place))
    return [words[:best], words[best + 1 :]]
