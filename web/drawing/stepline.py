"""A metric by revision, as steps: nothing happened between two revisions, so no slope is drawn between them."""

from collections.abc import Sequence

from web.drawing.svg import element, label, number, picture

POINT = 6.0


def step_line(
    values: Sequence[float],
    *,
    title: str,
    width: float = 72,
    height: float = 36,
    last: str = "",
) -> str:
    """Every value gets the same width; the axis fits the data; the last point is an accent square.

    `title` says first and last in words. `last` is written at the right of the last point (44 px are added for it).
    """
    if not values:
        return ""
    heights = _heights(values, top=POINT / 2 + 0.5, foot=height - 11)
    step = (width - POINT) / len(values)
    path = f"M0 {number(heights[0])}H{number(step)}"
    for place, level in enumerate(heights[1:], start=2):
        path += f"V{number(level)}H{number(step * place)}"
    point = element("rect", class_="line-point", x=width - POINT, y=heights[-1] - POINT / 2, width=POINT, height=POINT)
    parts = [
        element("path", class_="line-base", d=f"M0 {number(height - 0.5)}H{number(width - POINT / 2)}", fill="none"),
        element("path", class_="line-steps", d=path, fill="none"),
        point,
    ]
    if last:
        parts.append(label(last, x=width + 4, y=max(heights[-1] + 4.5, 11), class_="line-last"))
    return picture(*parts, width=width + (48 if last else 0), height=height, class_="step-line", title=title)


def _heights(values: Sequence[float], *, top: float, foot: float) -> list[float]:
    low, high = min(values), max(values)
    if high == low:
        return [(top + foot) / 2] * len(values)
    return [foot - (value - low) / (high - low) * (foot - top) for value in values]
