"""The pieces that fill a sentence's named places, each as text and as HTML that say the same."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias

from django.utils.functional import Promise
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from hub import names, phrases
from ledger.describing import Label, Sentence, label
from ledger.records import EntryView
from web.templatetags.display import nobreak_name

Template: TypeAlias = str | Promise
Places: TypeAlias = Mapping[str, Sentence]


def fill(template: Template, places: Places) -> Sentence:
    words = str(template)
    text = words % {place: piece.text for place, piece in places.items()}
    html = escape(words) % {place: piece.html for place, piece in places.items()}
    return Sentence(text, mark_safe(html))  # noqa: S308 (template and pieces are escaped)


def plain(words: object) -> Sentence:
    return Sentence(str(words), format_html("{}", words))


def percent(bps: int) -> str:
    """`33.4 %`, without zeros at the end."""
    text = format((Decimal(bps) / 100).normalize(), "f")
    return _("%(n)s %%") % {"n": text}


def named(name: Label) -> Sentence:
    """A name that does not break at its hyphens, linked if the reader may follow it."""
    html = mark_safe(nobreak_name(name.text))  # noqa: S308 (the filter escapes)
    return Sentence(name.text, format_html('<a href="{}">{}</a>', name.url, html) if name.url else SafeString(html))


def actor(entry: EntryView) -> Sentence:
    """Whoever acted; neutral words begin with a capital, because in English they begin the sentence."""
    name = label(entry.actor)
    return named(name if name.url else Label(capfirst(name.text)))


def numbered(template: Template, number: int, url: str, *, strong: bool = False) -> Sentence:
    text = str(template) % {"number": number}
    html = format_html("<b>{}</b>", text) if strong else format_html("{}", text)
    return Sentence(text, format_html('<a href="{}">{}</a>', url, html) if url else html)


def revision(repository: Label, number: int, revision: str) -> Sentence:
    url = names.revision_url(repository.url, revision.removeprefix("rev:")) if repository.url else ""
    return numbered(phrases.REVISION, number, url, strong=True)


def contribution(repository: Label, number: int) -> Sentence:
    url = names.contribution_url(repository.url, number) if repository.url else ""
    return numbered(phrases.CONTRIBUTION, number, url)
