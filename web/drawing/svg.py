"""The few SVG building blocks that every drawing uses. All text and attribute values are escaped here."""

from html import escape
from unicodedata import east_asian_width

NARROW = frozenset("fijlrtI.,:;'|!()[] -/1")
WIDE = frozenset("mwMW@%")


def number(value: float) -> str:
    """A coordinate with at most two decimals and no trailing zeros: `3.50` is `3.5`, `4.0` is `4`."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def element(name: str, *children: str, **attributes: str | float | None) -> str:
    """One element. `children` are SVG text already; an attribute's `_` becomes `-`, `class_` is `class`, None is left out."""
    written = []
    for key, value in attributes.items():
        if value is None:
            continue
        shown = value if isinstance(value, str) else number(value)
        written.append(f' {key.rstrip("_").replace("_", "-")}="{escape(shown)}"')
    inner = "".join(children)
    return f"<{name}{''.join(written)}>{inner}</{name}>" if inner else f"<{name}{''.join(written)}/>"


def label(content: str, *, x: float, y: float, class_: str, anchor: str | None = None) -> str:
    """A line of text whose baseline stands at `y`. `anchor` is `start`, `middle` or `end`."""
    return element("text", escape(content), x=x, y=y, class_=class_, text_anchor=anchor)


def picture(*children: str, width: float, height: float, class_: str, title: str = "", description: str = "") -> str:
    """The outer element: an image with a name when `title` is given, hidden from screen readers when it is not."""
    named = [element("title", escape(title))] if title else []
    named += [element("desc", escape(description))] if description else []
    return element(
        "svg",
        *named,
        *children,
        class_=class_,
        width=width,
        height=height,
        viewBox=f"0 0 {number(width)} {number(height)}",
        role="img" if title else None,
        aria_hidden=None if title else "true",
        focusable="false",
    )


def text_width(content: str, size: float) -> float:
    """About how wide `content` is at `size` px in the sans face; East Asian characters are square."""
    return sum(_advance(character) for character in content) * size


def _advance(character: str) -> float:
    if east_asian_width(character) in "WF":
        return 1.0
    if character in NARROW:
        return 0.34
    if character in WIDE:
        return 0.86
    return 0.66 if character.isupper() else 0.57


def shorten(content: str, size: float, room: float) -> str:
    """`content`, or as much of it as fits into `room` px with an ellipsis at its end."""
    if text_width(content, size) <= room:
        return content
    kept = content
    while kept and text_width(kept + "…", size) > room:
        kept = kept[:-1]
    return kept.rstrip() + "…"
