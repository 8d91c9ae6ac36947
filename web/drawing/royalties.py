"""Royalties along the lineage: what arrives at each work, what it keeps, and what it passes on to the works it was made from.

Works stand left to right from the newest to its sources, each lower than what passes to it. All edges and bands are
drawn on one scale, so that what arrives is as tall as what leaves.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from web.drawing.svg import element, label, number, shorten

WIDE, GAP, EDGE, PAD = 186.0, 88.0, 6.0, 12.0
LEAST_TALL, TALLEST = 70.0, 165.0
CAPTION, DROP, BELOW = 20.0, 26.0, 22.0
# Above this a drawing says less than its list.
MOST_STATIONS = 24


@dataclass(frozen=True)
class Station:
    """A work. Amounts are whole numbers of one unit; what arrives, `pool` and royalties, is what it keeps and passes.

    `above` is written over its box ("150 from the tuning pool"), `keeps` inside it; `own` marks the reader's.
    """

    id: str
    name: str
    kind: str
    pool: int
    kept: int
    above: str = ""
    keeps: str = ""
    url: str = ""
    own: bool = False


@dataclass(frozen=True)
class Band:
    """`amount` passes from the work `source` to `target`, which it was made from; `shown` is written beside it."""

    source: str
    target: str
    amount: int
    shown: str = ""


Corner = tuple[float, float]


def royalty_flow(stations: Sequence[Station], bands: Sequence[Band], *, title: str) -> str:
    """The drawing, or "" when nothing passes. Works that nothing passes from or to are left out; names are links."""
    known = {station.id for station in stations}
    flows = [band for band in bands if band.amount > 0 and {band.source, band.target} <= known]
    touched = {end for band in flows for end in (band.source, band.target)}
    drawn = [station for station in stations if station.id in touched]
    if not drawn:
        return ""
    picture = _Picture(drawn, flows)
    return picture.svg(title)


class _Picture:
    """Where everything stands. Deterministic: stations keep the order in which they came."""

    def __init__(self, stations: Sequence[Station], bands: Sequence[Band]) -> None:
        self.stations, self.bands = stations, bands
        self.received: dict[str, int] = defaultdict(int)
        self.passed: dict[str, int] = defaultdict(int)
        for band in bands:
            self.received[band.target] += band.amount
            self.passed[band.source] += band.amount
        highest = max(self._arriving(station) for station in stations)
        self.scale = TALLEST / highest
        self.corners = self._place()

    def _arriving(self, station: Station) -> int:
        return station.pool + self.received[station.id]

    def tall(self, station: Station) -> float:
        return max(self._arriving(station) * self.scale, LEAST_TALL)

    def _columns(self) -> dict[str, int]:
        """The longest way to each work; a cycle, which a lineage never has, ends after as many steps as there are works."""
        column = {station.id: 0 for station in self.stations}
        for _ in self.stations:
            for band in self.bands:
                column[band.target] = min(max(column[band.target], column[band.source] + 1), len(self.stations) - 1)
        return column

    def _place(self) -> dict[str, Corner]:
        column = self._columns()
        foot: dict[int, float] = defaultdict(float)
        corners: dict[str, Corner] = {}
        for station in sorted(self.stations, key=lambda each: column[each.id]):
            place = column[station.id]
            above = [corners[band.source][1] + DROP for band in self.bands if band.target == station.id]
            top = max([foot[place] + CAPTION, *above])
            corners[station.id] = (place * (WIDE + GAP), top)
            foot[place] = top + self.tall(station) + BELOW
        return corners

    def svg(self, title: str) -> str:
        width = max(x for x, _ in self.corners.values()) + WIDE + 2
        height = max(self.corners[each.id][1] + self.tall(each) for each in self.stations) + 2
        drawn = [*self._bands(), *(self._station(station) for station in self.stations), *self._amounts]
        return element(
            "svg",
            element("g", *drawn, transform="translate(1 0)"),
            class_="royalty-flow",
            width=width,
            height=height,
            viewBox=f"0 0 {number(width)} {number(height)}",
            role="group",
            aria_label=title,
            focusable="false",
        )

    def _bands(self) -> list[str]:
        """Bands leave below what is kept and arrive below what the pool gave, in the order in which they came."""
        out, into = dict.fromkeys(self.corners, 0.0), dict.fromkeys(self.corners, 0.0)
        by_id = {station.id: station for station in self.stations}
        shapes, self._amounts = [], []
        for band in self.bands:
            thick = band.amount * self.scale
            (x1, y1), (x2, y2) = self.corners[band.source], self.corners[band.target]
            x1 += WIDE
            y1 += by_id[band.source].kept * self.scale + out[band.source]
            y2 += by_id[band.target].pool * self.scale + into[band.target]
            out[band.source] += thick
            into[band.target] += thick
            shapes.append(element("path", class_="flow-band", d=_ribbon(x1, y1, x2, y2, max(thick, 1.0))))
            middle = ((x1 + x2) / 2 + 8, (y1 + y2 + thick) / 2 - thick / 2 - 6)
            self._amounts.append(label(band.shown, x=middle[0], y=middle[1], class_="flow-amount", anchor="start"))
        return shapes

    def _station(self, station: Station) -> str:
        x, y = self.corners[station.id]
        box = element("rect", class_="flow-body", x=x, y=y, width=WIDE, height=self.tall(station))
        whole = element(
            "title", escape(", ".join(part for part in (station.name, station.kind, station.keeps) if part))
        )
        room = WIDE - 2 * EDGE - 2 * PAD
        words = label(shorten(station.name, 13.4, room), x=x + EDGE + PAD, y=y + 21, class_="node-name")
        words += label(shorten(station.kind, 12, room), x=x + EDGE + PAD, y=y + 38, class_="node-kind")
        kept = "flow-keeps flow-own" if station.own else "flow-keeps"
        words += label(station.keeps, x=x + WIDE - EDGE - PAD, y=y + 58, class_=kept, anchor="end")
        above = label(station.above, x=x, y=y - 7, class_="node-kind") if station.above else ""
        inside = whole + box + self._edges(station) + words
        if not station.url:
            return element("g", above, inside)
        return element("g", above, element("a", inside, href=station.url, class_="node-link"))

    def _edges(self, station: Station) -> str:
        """At the left what arrived, from the pool and as royalties; at the right what stays and what goes."""
        x, y = self.corners[station.id]
        right = x + WIDE - EDGE
        own = "flow-kept-own" if station.own else "flow-kept"
        parts = [
            ("flow-kept", x, 0, station.pool),
            ("bar", x, station.pool, self.received[station.id]),
            (own, right, 0, station.kept),
            ("bar", right, station.kept, self.passed[station.id]),
        ]
        return "".join(
            element("rect", class_=name, x=left, y=y + above * self.scale, width=EDGE, height=amount * self.scale)
            for name, left, above, amount in parts
            if amount > 0
        )


def _ribbon(x1: float, y1: float, x2: float, y2: float, thick: float) -> str:
    """A band of one thickness from the right edge of a box to the left edge of the next."""
    bend = (x2 - x1) * 0.5
    points = [number(value) for value in (x1, y1, x1 + bend, y1, x2 - bend, y2, x2, y2)]
    back = [number(value) for value in (x2, y2 + thick, x2 - bend, y2 + thick, x1 + bend, y1 + thick, x1, y1 + thick)]
    return (
        f"M{points[0]} {points[1]}C{points[2]} {points[3]} {points[4]} {points[5]} {points[6]} {points[7]}"
        f"L{back[0]} {back[1]}C{back[2]} {back[3]} {back[4]} {back[5]} {back[6]} {back[7]}Z"
    )
