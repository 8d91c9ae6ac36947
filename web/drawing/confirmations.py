"""How deep an anchor lies: one square for each block that is needed."""

from web.drawing.svg import element, picture

SIDE, GAP, MOST = 16, 6, 24


def confirmations(done: int, needed: int) -> str:
    """`needed` squares (at most 24; the words beside them are exact), as many filled as are built, hidden from readers."""
    shown = min(max(needed, 0), MOST)
    full = min(done, needed) * shown // needed if needed > 0 else 0
    squares = "".join(_square(place, filled=place < full) for place in range(shown))
    return picture(squares, width=shown * (SIDE + GAP) - GAP if shown else 0, height=SIDE, class_="confirmations")


def _square(place: int, *, filled: bool) -> str:
    left = place * (SIDE + GAP)
    if filled:
        return element("rect", class_="mark-solid", x=left, y=0, width=SIDE, height=SIDE, rx=1)
    return element("rect", class_="mark-quiet", x=left + 0.5, y=0.5, width=SIDE - 1, height=SIDE - 1, rx=1, fill="none")
