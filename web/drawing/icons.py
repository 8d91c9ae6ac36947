"""The few pictures that stand for an act or a result, on 16 units, drawn with one line of the text's own colour."""

from web.drawing.svg import element

PATHS = {
    "copy": "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
    "check": "M3 8.5l3.2 3.2L13 4.8",
    "cross": "M4 4l8 8M12 4l-8 8",
    "triangle": "M8 2.2 14.6 13.6H1.4zM8 6.4v3.4M8 11.2v1.2",
    "running": "M8 2.5a5.5 5.5 0 1 1-.01 0",
    "file": "M3.5 1.5h6l3 3v10h-9zM9.5 1.5v3h3",
    "folder": "M1.5 3.5h5l1.5 2h6.5v8h-13z",
    "search": "M11 6.75a4.25 4.25 0 1 1-8.5 0 4.25 4.25 0 0 1 8.5 0M10 10l4 4",
    "menu": "M2 4h12M2 8h12M2 12h12",
    "down": "M4 6l4 4 4-4",
    "external": "M6 3.5H3.5v9h9V10M9 2.5h4.5V7M13.5 2.5 7.5 8.5",
    "lock": "M3.5 7.5h9v6h-9zM5.5 7.5v-2a2.5 2.5 0 0 1 5 0v2",
}


def icon(name: str, size: int = 16) -> str:
    """The icon `name`, hidden from screen readers: the words beside it, or its button's name, say the same."""
    drawn = element("path", d=PATHS[name], stroke_dasharray="2.6 2.2" if name == "running" else None)
    return element(
        "svg",
        drawn,
        class_=f"icon icon-{name}",
        width=size,
        height=size,
        viewBox="0 0 16 16",
        aria_hidden="true",
        focusable="false",
    )
