"""Sentences for entries. Upper rooms register how each event type reads and what each subject is called.

A sentence function gets one entry and returns text and HTML that say the same. It asks `label` what a subject is called;
`describe` has looked all of them up beforehand, a prefix at a time, so a page of entries costs a few queries.

What a reader may not see stays hidden here: labels and details come through the registered functions, which are told
who reads. Nothing registered means nothing disclosed.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from uuid import UUID

from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ledger.entry import is_subject
from ledger.records import EntryView

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sentence:
    """What an entry says, as plain text and as HTML with links."""

    text: str
    html: SafeString


@dataclass(frozen=True)
class Label:
    """What a subject is called, and its page; an empty `url` means there is none for this reader."""

    text: str
    url: str = ""

    @property
    def html(self) -> SafeString:
        return format_html('<a href="{}">{}</a>', self.url, self.text) if self.url else format_html("{}", self.text)


Viewer: TypeAlias = Any
"""Who reads: whatever `request.user` is, or None for nobody in particular."""

DescribeEntry: TypeAlias = Callable[[EntryView], Sentence]
LabelSubjects: TypeAlias = Callable[[Collection[str], Viewer], Mapping[str, Label]]
"""Labels for the subjects of one prefix that this viewer may know; those left out are shown by their id."""
ReadableEntries: TypeAlias = Callable[[Sequence[EntryView], Viewer], Collection[UUID]]
"""The uids of those entries whose details this viewer may read."""
FindSubject: TypeAlias = Callable[[str, Viewer], str | None]
"""The subject that this viewer calls by these words, such as a handle; None where the room knows none."""
RenderField: TypeAlias = Callable[[Any], str]
"""A value of an entry's data as HTML. What is not marked as safe is escaped."""

_sentences: dict[str, DescribeEntry] = {}
_fields: dict[tuple[str, str], RenderField] = {}
_labels: dict[str, LabelSubjects] = {}
_readable: list[ReadableEntries] = []
_called: list[FindSubject] = []


@dataclass
class _Names:
    viewer: Viewer
    known: dict[str, Label]


# What reading a value fails with that is not as the reader expects it.
_OTHER_FORM = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)

_names: ContextVar[_Names | None] = ContextVar("ledger_names", default=None)


def register_sentence(event_type: str, describe_entry: DescribeEntry) -> None:
    """Entries of this type read as `describe_entry` says."""
    _sentences[event_type] = describe_entry


def register_field(event_type: str, name: str, render: RenderField) -> None:
    """Where entries of this type are shown field by field, their field `name` reads as `render` says."""
    _fields[event_type, name] = render


def register_label(prefix: str, label_subjects: LabelSubjects) -> None:
    """Subjects that begin with `prefix` and a colon are called what `label_subjects(subjects, viewer)` says."""
    _labels[prefix] = label_subjects


def register_readable(readable_entries: ReadableEntries) -> None:
    """Adds a rule for who may read which details. An entry is readable when any rule says so."""
    _readable.append(readable_entries)


def register_called(find_subject: FindSubject) -> None:
    """Adds a way to say what a search for entries is about: by the names that people use."""
    _called.append(find_subject)


def subject_called(words: str, viewer: Viewer) -> str:
    """The subject that somebody means: one that is written out, or what a room finds by its name; else the words themselves."""
    if is_subject(words) or words.startswith("sys:"):
        return words
    return next((found for find in _called if (found := find(words, viewer))), words)


def describe(entries: Sequence[EntryView], viewer: Viewer) -> list[Sentence]:
    """The sentence of each entry, in order, saying only what `viewer` may know."""
    shown = disclose(entries, viewer)
    with naming(viewer, (subject for entry in shown for subject in entry.subjects)):
        return [_describe_one(entry) for entry in shown]


def disclose(entries: Sequence[EntryView], viewer: Viewer) -> list[EntryView]:
    """The same entries without the details that `viewer` may not read."""
    readable = {uid for rule in _readable for uid in rule(entries, viewer)}
    return [entry if entry.uid in readable else replace(entry, details={}) for entry in entries]


def compose(words: str, /, **parts: Label | str | int) -> Sentence:
    """A sentence from a translated text with `%(name)s` places. Labels become links, everything else is escaped."""
    labels = {name: part if isinstance(part, Label) else Label(str(part)) for name, part in parts.items()}
    text = words % {name: part.text for name, part in labels.items()}
    # The words are escaped first; their places are then filled with HTML that is already safe.
    html = SafeString(escape(words) % {name: part.html for name, part in labels.items()})
    return Sentence(text, html)


@contextmanager
def naming(viewer: Viewer, subjects: Iterable[str] = ()) -> Iterator[None]:
    """Within it, `label` answers for `viewer`; `subjects` are looked up at once."""
    token = _names.set(_Names(viewer, _look_up(set(subjects), viewer)))
    try:
        yield
    finally:
        _names.reset(token)


def label(subject: str) -> Label:
    """What a subject is called for whoever reads (see `naming`), else its shortened id."""
    names = _names.get()
    if names is None:
        return _look_up({subject}, None)[subject]
    if subject not in names.known:
        names.known.update(_look_up({subject}, names.viewer))
    return names.known[subject]


def field_html(event_type: str, name: str, value: Any) -> SafeString | None:
    """The field as its room renders it; None where no room does, or where the value has another form than it knows."""
    render = _fields.get((event_type, name))
    if render is None:
        return None
    try:
        return conditional_escape(render(value))
    except _OTHER_FORM:
        logger.exception("the field %s of an entry of type %s cannot be rendered", name, event_type)
        return None


def _describe_one(entry: EntryView) -> Sentence:
    describe_entry = _sentences.get(entry.type, _plain_sentence)
    try:
        return describe_entry(entry)
    except _OTHER_FORM:
        # An entry of an older form, or one whose bytes were spoilt: the page tells it plainly and goes on.
        logger.exception("entry %s of type %s has no sentence", entry.leaf_index, entry.type)
        return _plain_sentence(entry)


def _plain_sentence(entry: EntryView) -> Sentence:
    return compose(
        _("%(actor)s recorded %(type)s about %(subject)s."),
        actor=label(entry.actor),
        type=entry.type,
        subject=label(entry.subject),
    )


def _look_up(subjects: Collection[str], viewer: Viewer) -> dict[str, Label]:
    by_prefix: dict[str, set[str]] = defaultdict(set)
    for subject in filter(is_subject, subjects):
        by_prefix[subject.partition(":")[0]].add(subject)
    found = {subject: Label(_fallback(subject)) for subject in subjects}
    for prefix, group in by_prefix.items():
        if prefix in _labels:
            found.update(_labels[prefix](group, viewer))
    return found


def _fallback(subject: str) -> str:
    if subject == "log":
        return _("the log")
    if subject == "sys:hub":
        return _("The hub")
    prefix, _colon, rest = subject.partition(":")
    return f"{prefix}:{rest[:8]}…" if len(rest) > 12 else subject
