"""Places on a page that rooms above fill: a lower room's page names a slot, upper rooms render into it.

Rooms register in `AppConfig.ready`; a page asks with `{% slot "name" subject %}`. Everything is rendered on the server.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

Render = Callable[[HttpRequest, Any], str]

_filled: dict[str, list[tuple[int, Render]]] = {}


def register(slot: str, render: Render, order: int = 0) -> None:
    """Fill `slot`: smaller `order` comes first, equal ones in the order of registration; a second time changes nothing.

    `render(request, subject)` returns HTML marked safe, or text, which is escaped; an empty string shows nothing.
    """
    entries = _filled.setdefault(slot, [])
    if all(known is not render for _order, known in entries):
        entries.append((order, render))
        entries.sort(key=lambda entry: entry[0])


def unregister(slot: str, render: Render) -> None:
    """Take `render` out of `slot` again."""
    _filled[slot] = [entry for entry in _filled.get(slot, []) if entry[1] is not render]


def render(slot: str, request: HttpRequest, subject: Any = None) -> SafeString:
    """What all rooms show in `slot` about `subject`; empty when none fills it."""
    parts = (fill(request, subject) for _order, fill in _filled.get(slot, []))
    return format_html_join("", "{}", ((part,) for part in parts))
