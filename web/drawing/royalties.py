"""Royalties along the lineage: what arrives at each work, what it keeps, and what it passes on to the works it was made from.

Works stand left to right from the newest to its sources, each lower than what passes to it. All edges and bands are
drawn on one scale, so that what arrives is as tall as what leaves. A band that passes a column has a lane there, so it
never runs behind a work that it does not touch.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from web.drawing.svg import element, label, number, shorten

WIDE, GAP, EDGE, PAD = 208.0, 88.0, 6.0, 12.0
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
Lane = tuple[int, float]  # a column, and how far down the band passes it


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
        """Corners of the works; `self.lanes` gets, for each band, where it passes the columns between its ends."""
        column = self._columns()
        self.lanes: list[list[Lane]] = [[] for _ in self.bands]
        corners: dict[str, Corner] = {}
        for place in range(max(column.values()) + 1):
            foot = 0.0
            for wish, station, band in sorted(self._wishes(place, column, corners), key=lambda each: each[0]):
                top = max(foot + CAPTION, wish)
                if station is not None:
                    corners[station.id] = (place * (WIDE + GAP), top)
                    foot = top + self.tall(station) + BELOW
                else:
                    self.lanes[band].append((place, top))
                    foot = top + self.bands[band].amount * self.scale
        return corners

    def _wishes(
        self, place: int, column: dict[str, int], corners: dict[str, Corner]
    ) -> list[tuple[float, Station | None, int]]:
        """What stands in a column or passes it, and how far down it would like to be."""
        found: list[tuple[float, Station | None, int]] = []
        for at, band in enumerate(self.bands):
            if column[band.source] < place < column[band.target]:
                found.append((self.lanes[at][-1][1] if self.lanes[at] else corners[band.source][1], None, at))
        for station in self.stations:
            if column[station.id] == place:
                above = [corners[band.source][1] + DROP for band in self.bands if band.target == station.id]
                found.append((max(above, default=0.0), station, -1))
        return found

    def svg(self, title: str) -> str:
        width = max(x for x, _ in self.corners.values()) + WIDE + 2
        feet = [self.corners[each.id][1] + self.tall(each) for each in self.stations]
        feet += [
            top + band.amount * self.scale
            for band, lanes in zip(self.bands, self.lanes, strict=True)
            for _, top in lanes
        ]
        height = max(feet) + 2
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
        for band, lanes in zip(self.bands, self.lanes, strict=True):
            thick = band.amount * self.scale
            (x1, y1), (x2, y2) = self.corners[band.source], self.corners[band.target]
            y1 += by_id[band.source].kept * self.scale + out[band.source]
            y2 += by_id[band.target].pool * self.scale + into[band.target]
            out[band.source] += thick
            into[band.target] += thick
            way = [(x1 + WIDE, y1)]
            for place, top in lanes:
                way += [(place * (WIDE + GAP), top), (place * (WIDE + GAP) + WIDE, top)]
            way.append((x2, y2))
            shapes.append(element("path", class_="flow-band", d=_ribbon(way, max(thick, 1.0))))
            # Beside the last bend, where nothing else stands.
            (last_x, last_y), (end_x, end_y) = way[-2:]
            middle = ((last_x + end_x) / 2 + 8, (last_y + end_y) / 2 - 6)
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


def _ribbon(way: Sequence[Corner], thick: float) -> str:
    """A band of one thickness whose upper edge goes through these points: bends between works, straight past them."""
    lower = [(x, y + thick) for x, y in reversed(way)]
    there = "".join(_bend(*pair) for pair in pairwise(way))
    back = "".join(_bend(*pair) for pair in pairwise(lower))
    start, turn = way[0], lower[0]
    return f"M{_point(start)}{there}L{_point(turn)}{back}Z"


def _bend(start: Corner, end: Corner) -> str:
    half = (start[0] + end[0]) / 2
    return f"C{_point((half, start[1]))} {_point((half, end[1]))} {_point(end)}"


def _point(place: Corner) -> str:
    return f"{number(place[0])} {number(place[1])}"
