"""The seal 証 in its four states. From 24 px it is drawn on 32 units, below that on 16, so that strokes land on pixels."""

from typing import Literal, get_args

from web.drawing.svg import element, number

State = Literal["verified", "waiting", "unverified", "mismatch"]
STATES: tuple[State, ...] = get_args(State)

GLYPH_32 = "M7 5h4M4 9h10M5 13h8M5 17h8M6 21h6v6H6zM16 5h12M22 5v22M22 15h5M18 13v14M15 27h13"
GLYPH_16 = "M4 2.5h2M2 4.5h6M3 6.5h4M3 8.5h4M3.5 10.5h3v3h-3zM9 2.5h5M11.5 2.5v11M11.5 7.5H14M9.5 6.5v7M8 13.5h6"
LEFT_PIECE = "M2.7 0H19L9 27H2.7A2.7 2.7 0 0 1 0 24.3V2.7A2.7 2.7 0 0 1 2.7 0Z"
RIGHT_PIECE = "M23 4.9H29.3A2 2 0 0 1 31.3 6.9V31.3H13.2Z"


def seal(state: State, size: float, *, filled: int = 0, needed: int = 0) -> str:
    """The seal, `size` px wide. Waiting rises from the foot to `filled` of `needed`; the words stand beside it, never in it."""
    units = 32 if size >= 24 else 16
    share = min(max(filled / needed, 0.0), 1.0) if needed > 0 else 0.0
    parts = {"verified": _verified, "unverified": _unverified, "mismatch": _mismatch}
    inner = _waiting(units, share) if state == "waiting" else parts[state](units)
    return element(
        "svg",
        inner,
        class_=f"seal seal-{state}",
        width=size,
        height=size,
        viewBox=f"0 0 {units} {units}",
        aria_hidden="true",
        focusable="false",
    )


def _glyph(units: int, width: float) -> str:
    return element(
        "path", class_="seal-glyph", d=GLYPH_32 if units == 32 else GLYPH_16, fill="none", stroke_width=width
    )


def _verified(units: int) -> str:
    ground = element("rect", class_="seal-ground", width=units, height=units, rx=units * 2.7 / 32)
    return ground + _glyph(units, units / 16)


def _waiting(units: int, share: float) -> str:
    inset, line, dash = (0.7, 1.4, "3.9 2.7") if units == 32 else (0.5, 1.0, "2.3 1.7")
    room = units - 2 * line
    rise = element("rect", class_="seal-rise", x=line, y=units - line - room * share, width=room, height=room * share)
    outline = _outline(units, inset, line, dash)
    return (rise if share else "") + outline + (_glyph(units, 1.4) if units == 32 else "")


def _unverified(units: int) -> str:
    line = 1.4 if units == 32 else 1.0
    return _outline(units, line / 2, line, None)


def _outline(units: int, inset: float, line: float, dash: str | None) -> str:
    side = units - 2 * inset
    return element(
        "rect",
        class_="seal-outline",
        x=inset,
        y=inset,
        width=side,
        height=side,
        rx=number(units * 2.7 / 32 - inset / 2),
        fill="none",
        stroke_width=line,
        stroke_dasharray=dash,
    )


def _mismatch(units: int) -> str:
    scale = None if units == 32 else "scale(.5)"
    pieces = element("path", class_="seal-ground", d=LEFT_PIECE) + element(
        "path", class_="seal-outline", d=RIGHT_PIECE, fill="none", stroke_width=1.4 if units == 32 else 2
    )
    return element("g", pieces, transform=scale)
