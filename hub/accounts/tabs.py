"""The tabs of the settings pages. Rooms above add theirs at start."""

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Name of the page, its label, the name of its address.
_OWN: list[tuple[str, Promise | str, str]] = [
    ("profile", _("Profile"), "accounts:profile"),
    ("display", _("Language and display"), "accounts:display"),
    ("tokens", _("API tokens"), "accounts:tokens"),
    ("security", _("Sign-in"), "accounts:security"),
    ("data", _("Your data"), "accounts:data"),
]
_added: list[tuple[str, Promise | str, str]] = []


def register(name: str, label: Promise | str, address: str) -> None:
    """Add a page before the last tab; a second time changes nothing."""
    if all(known != name for known, _label, _address in _added):
        _added.append((name, label, address))


def settings_tabs(current: str) -> list[dict[str, object]]:
    """All tabs as `components/tabs.html` takes them; `current` is the name of the page shown."""
    shown = [*_OWN[:-1], *_added, _OWN[-1]]
    return [{"label": label, "url": reverse(address), "current": name == current} for name, label, address in shown]
