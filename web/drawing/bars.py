"""Bars: by period, before against after, and part of a whole. Ink is what is, line is what it is compared with."""

from collections.abc import Sequence
from dataclasses import dataclass

from web.drawing.svg import element, label, number, picture


@dataclass(frozen=True)
class Bar:
    """One period: its value, and the value as it is written above the bar."""

    value: float
    shown: str = ""


def bar_chart(values: Sequence[Bar], *, title: str, width: float = 318, height: float = 80) -> str:
    """Bars on one baseline, at most 18 px wide; a period without a value is a tick. The last bar carries its figure."""
    if not values:
        return ""
    foot, top = height - 5.5, 18.0
    highest = max(bar.value for bar in values)
    pitch = width / len(values)
    thick = min(18.0, pitch * 0.7)
    parts = [element("path", class_="line-base-strong", d=f"M0 {number(foot)}H{number(width)}", fill="none")]
    for place, bar in enumerate(values):
        left = place * pitch
        if bar.value <= 0 or highest <= 0:
            parts.append(
                element("path", class_="line-base-strong", d=f"M{number(left + 0.5)} {number(foot)}v4", fill="none")
            )
            continue
        tall = (foot - top) * bar.value / highest
        parts.append(element("rect", class_="bar", x=left, y=foot - tall, width=thick, height=tall))
        if bar.shown:
            # In the right half the figure ends with its bar, so that a long one is not cut off at the edge.
            at, anchor = (left, None) if left < width / 2 else (left + thick, "end")
            parts.append(label(bar.shown, x=at, y=foot - tall - 6, class_="bar-value", anchor=anchor))
    return picture(*parts, width=width, height=height, class_="bar-chart", title=title)


def pair_bar(before: float, after: float, *, scale: float, width: float = 240) -> str:
    """Two bars of 5 px, 2 px apart, left or right of a zero line; the figures stand beside them, so it is hidden from readers."""
    zero, height = width / 2, 24.0
    unit = (width / 2 - 1) / scale if scale > 0 else 0.0

    def bar(value: float, top: float, name: str) -> str:
        length = min(abs(value), scale) * unit
        return element("rect", class_=name, x=zero - length if value < 0 else zero, y=top, width=length, height=5)

    line = element("path", class_="line-base-strong", d=f"M{number(zero)} 0V{number(height)}", fill="none")
    return picture(
        bar(before, 6, "bar-before"), bar(after, 13, "bar"), line, width=width, height=height, class_="pair-bar"
    )


def share_bar(part: float, whole: float, *, scale: float, width: float = 212) -> str:
    """An outline as long as `whole`, filled as far as `part`; both on `scale`, the largest whole of the table."""
    unit = (width - 1) / scale if scale > 0 else 0.0
    outer, inner = whole * unit, min(part, whole) * unit
    return picture(
        element("rect", class_="bar-room", x=0.5, y=2.5, width=outer, height=8, fill="none"),
        element("rect", class_="bar", x=0, y=2, width=inner, height=9) if inner else "",
        width=width,
        height=13,
        class_="share-bar",
    )
