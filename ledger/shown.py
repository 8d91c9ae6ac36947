"""How entries, checkpoints and anchors are put before a reader: the seal, fields in words, the proof as a drawing."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from ledger.describing import Sentence, field_html, label
from ledger.entry import is_subject
from ledger.merkle import Step, inclusion_path, node_hash
from ledger.records import AnchorView, EntryStatus, EntryView, State
from web.drawing.prooftree import Box, Join, Path
from web.templatetags.display import hash_tag, short_hash

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Seal:
    """What stands beside the seal. `state` is verified, waiting, unverified or mismatch; `since` goes with `detail`."""

    state: str
    detail: str = ""
    filled: int = 0
    needed: int = 0
    since: datetime | None = None
    url: str = ""


@dataclass(frozen=True)
class Crumb:
    """A step of the line above the heading."""

    label: str
    url: str = ""


@dataclass(frozen=True)
class Line:
    """An entry in a list, as `components/record_list.html` takes it."""

    number: int
    url: str
    sentence: SafeString
    time: datetime


@dataclass(frozen=True)
class Field:
    """A name as it stands in the entry, and its value in words."""

    name: str
    value: SafeString


@dataclass(frozen=True)
class Group:
    """A details group. `state` is shown, erased or withheld; `words` are its values, one for each field."""

    name: str
    state: str
    digest: str
    words: tuple[str, ...] = ()


def entry_url(index: int) -> str:
    return reverse("ledger:entry", args=[index])


def checkpoint_url(size: int) -> str:
    return reverse("ledger:checkpoint", args=[size])


def anchor_url(transaction_hash: str) -> str:
    return reverse("ledger:anchor", args=[transaction_hash])


def lines(entries: Sequence[EntryView], sentences: Sequence[Sentence]) -> list[Line]:
    """Sequenced entries and their sentences as rows of a list."""
    return [
        Line(entry.leaf_index, entry_url(entry.leaf_index), sentence.html, entry.time)
        for entry, sentence in zip(entries, sentences, strict=True)
        if entry.leaf_index is not None
    ]


def log_seal() -> Seal:
    """The seal of everything while the log itself is in disagreement."""
    return Seal("mismatch", _("the log itself disagrees"), url="/status")


def entry_seal(status: EntryStatus, *, disagrees: bool) -> Seal:
    """The seal of one entry whose proof was checked now; `disagrees` when that failed or the audit found something."""
    if disagrees:
        return Seal("mismatch", _("what is stored differs from what was recorded"))
    if status.state is State.FINAL and status.anchor is not None:
        return Seal("verified", _("final since"), since=status.anchor.final)
    if status.state is State.ANCHORED:
        return Seal("waiting", "", status.confirmations, status.needed)
    words = {
        State.PENDING: _("waiting for its number"),
        State.SEQUENCED: _("waiting for the next checkpoint"),
    }
    return Seal("waiting", words.get(status.state, _("waiting for the next anchor")), 0, status.needed)


# --- fields --------------------------------------------------------------------------------------
def data_fields(entry: EntryView) -> list[Field]:
    """The entry's own data, as its room renders it (`describing.register_field`); else subjects as what they are called,
    digests shortened, lists one after the other.
    """
    return [Field(name, field_html(entry.type, name, value) or _shown(value)) for name, value in entry.data.items()]


def subjects_in(value: Any) -> Iterator[str]:
    """Every string in an entry's data that may name a subject: what `data_fields` asks the labels of."""
    if isinstance(value, str):
        if is_subject(value):
            yield value
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from subjects_in(member)


def detail_groups(entry: EntryView, erased: Collection[str]) -> list[Group]:
    """The words kept beside the entry: shown, erased for good, or not shown to this reader."""
    return list(_groups(entry, erased))


def _groups(entry: EntryView, erased: Collection[str]) -> Iterator[Group]:
    for name, digest in entry.digests.items():
        if name in entry.details:
            words = tuple(_plain(value) for value in entry.details[name].values())
            yield Group(name, "shown", digest.hex(), words)
        else:
            yield Group(name, "erased" if name in erased else "withheld", digest.hex())


def _shown(value: Any) -> SafeString:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list) and all(isinstance(member, str) for member in value):
        return format_html_join(", ", "{}", ((_text(member),) for member in value)) or format_html("{}", _("none"))
    if isinstance(value, bool):
        return format_html("{}", pgettext("answer", "yes") if value else pgettext("answer", "no"))
    if isinstance(value, int):
        return format_html("{}", value)
    if isinstance(value, dict):
        return _pairs(value)
    if isinstance(value, list) and all(isinstance(member, dict) for member in value):
        rows = format_html_join("", "<li>{}</li>", ((_pairs(member),) for member in value))
        return format_html('<ol class="pairs">{}</ol>', rows)
    return format_html("<code>{}</code>", _plain(value))


def _pairs(value: Mapping[str, Any]) -> SafeString:
    """An object's members in one line; a list or an object in it stays as it stands in the entry, digests shortened."""
    members = (
        (name, _text(member) if isinstance(member, str) else _short_digests(_plain(member)))
        for name, member in value.items()
    )
    return format_html_join(" · ", '<span class="quiet">{}</span> {}', members)


def _short_digests(text: str) -> str:
    return _DIGEST.sub(lambda found: short_hash(found.group()), text)


def _text(value: str) -> SafeString:
    if is_subject(value):
        return label(value).html
    return hash_tag(value) if _DIGEST.fullmatch(value) else format_html("<code>{}</code>", value)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


# --- the proof -----------------------------------------------------------------------------------
def proof_path(leaf: bytes, index: int, size: int, proof: Sequence[bytes], anchored: Mapping[int, AnchorView]) -> Path:
    """The way from a leaf to the root of `size`; roots of anchored sizes that lie on it say so."""
    steps = inclusion_path(index, size)
    start, end, value = index, index + 1, leaf
    joins = []
    for step, sibling in zip(steps, proof, strict=True):
        is_left = step.side == "left"
        start, end = (step.start, end) if is_left else (start, step.end)
        value = node_hash(sibling, value) if is_left else node_hash(value, sibling)
        joins.append(Join(_sibling(step, sibling), is_left, _computed(start, end, value, size, anchored)))
    return Path(_computed(index, index + 1, leaf, size, anchored), tuple(joins))


def left_edge_sizes(index: int, size: int) -> list[int]:
    """The sizes whose roots are met on the way from a leaf to the root."""
    start, end, sizes = index, index + 1, []
    for step in inclusion_path(index, size):
        start, end = (step.start, end) if step.side == "left" else (start, step.end)
        if start == 0:
            sizes.append(end)
    return sizes or [size]


def _sibling(step: Step, value: bytes) -> Box:
    return Box(_range(step.start, step.end), value.hex())


def _computed(start: int, end: int, value: bytes, size: int, anchored: Mapping[int, AnchorView]) -> Box:
    anchor = anchored.get(end) if start == 0 else None
    where = ""
    # The drawing puts a solid seal there, which only a final anchor has earned.
    if anchor is not None and anchor.final is not None:
        where = _("anchored in block %(n)d") % {"n": anchor.block_number}
    if start == 0 and (anchor is not None or (end == size and size > 1)):
        return Box(_("root of %(n)d") % {"n": end}, value.hex(), where)
    return Box(_range(start, end), value.hex(), where)


def _range(start: int, end: int) -> str:
    if end - start == 1:
        return _("leaf %(n)d") % {"n": start}
    return f"{start}–{end - 1}"
