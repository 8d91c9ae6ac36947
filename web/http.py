"""Typed requests and typed parameters: what cannot be read is refused with its name, so it never reaches a query."""

from collections.abc import Collection
from datetime import date
from typing import Protocol

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from web.errors import BadInput

LARGEST = 2**53 - 1


class Page(HttpRequest):
    """A request as views see it, after the middleware."""

    htmx: HtmxDetails
    request_id: str


class Parameters(Protocol):
    """`request.GET`, `request.POST`, `request.query_params`."""

    def get(self, key: str, /) -> object: ...


def text(parameters: Parameters, name: str, default: str = "", *, most: int = 200) -> str:
    """A string of at most `most` characters, without U+0000. Raises BadInput."""
    value = parameters.get(name)
    if value is None:
        return default
    found = str(value)
    if len(found) > most:
        raise BadInput(name, _("At most %(most)d characters.") % {"most": most})
    if "\0" in found:
        raise BadInput(name, _("It contains a character that cannot be stored."))
    return found


def integer(parameters: Parameters, name: str, default: int, *, least: int = 0, most: int = LARGEST) -> int:
    """A decimal integer from `least` to `most`; `default` when it is absent or empty. Raises BadInput."""
    raw = text(parameters, name, most=20)
    if raw == "":
        return default
    if not (raw.isascii() and raw.removeprefix("-").isdigit()) or not least <= int(raw) <= most:
        words = _("A whole number from %(least)d to %(most)d.")
        raise BadInput(name, words % {"least": least, "most": most})
    return int(raw)


def day(parameters: Parameters, name: str) -> date | None:
    """A day as `<input type="date">` sends it; None when it is absent or empty. Raises BadInput."""
    raw = text(parameters, name, most=20).strip()
    if not raw:
        return None
    try:
        found = date.fromisoformat(raw)
    except ValueError:
        found = None
    if found is None or raw != found.isoformat():
        raise BadInput(name, _("A day as 2026-11-17."))
    return found


def choice(parameters: Parameters, name: str, choices: Collection[str], default: str = "") -> str:
    """One of `choices`; `default` when it is absent or empty. Raises BadInput."""
    raw = text(parameters, name)
    if raw == "":
        return default
    if raw not in choices:
        raise BadInput(name, _("One of: %(choices)s.") % {"choices": ", ".join(choices)})
    return raw


def flag(parameters: Parameters, name: str) -> bool:
    """Whether a box is ticked: present, and not `0`, `false` or empty."""
    return text(parameters, name).lower() not in {"", "0", "false", "no", "off"}
