"""The squares of the timeline. Each says by its form how the event ended; the sentence beside it says it in words."""

from typing import Literal, get_args

from web.drawing.seal import seal
from web.drawing.svg import element

Mark = Literal["own", "accepted", "waiting", "declined", "payment", "mismatch", "plain"]
MARKS: tuple[Mark, ...] = get_args(Mark)

_SHAPES: dict[str, str] = {
    "own": element("rect", class_="mark-solid", x=5, y=5, width=10, height=10),
    "plain": element("rect", class_="mark-line", x=6, y=6, width=8, height=8, fill="none"),
    "declined": element("rect", class_="mark-quiet", x=5.5, y=5.5, width=9, height=9, fill="none")
    + element("path", class_="mark-quiet", d="M4 16 16 4", fill="none"),
    "payment": element("rect", class_="mark-line", x=5.5, y=5.5, width=9, height=9, fill="none")
    + element("path", class_="mark-line", d="M10 7.5v5M7.5 10h5", fill="none"),
}


def mark(kind: Mark, *, filled: int = 0, needed: int = 0) -> str:
    """A mark in a field of 20 px.

    `own` is published by its owner, `accepted` a contribution that became a revision, `waiting` has no final anchor yet,
    `declined` and `payment` say what they are, `mismatch` disagrees with the log, `plain` is any other entry.
    """
    if kind == "accepted":
        return seal("verified", 20)
    if kind == "waiting":
        return seal("waiting", 20, filled=filled, needed=needed)
    if kind == "mismatch":
        return seal("mismatch", 20)
    return element(
        "svg",
        _SHAPES[kind],
        class_="mark",
        width=20,
        height=20,
        viewBox="0 0 20 20",
        aria_hidden="true",
        focusable="false",
    )
