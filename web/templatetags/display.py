"""How values look on every page: digests, times, sizes, seals and drawings. A template builtin, so no `load` is needed."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from web import timewords
from web.drawing import bars, icons, lineage, marks, prooftree, stepline
from web.drawing import confirmations as squares
from web.drawing.seal import STATES, State
from web.drawing.seal import seal as drawn_seal

register = template.Library()

WORD_JOINER = "\u2060"
KIB = 1024


def _svg(text: str) -> SafeString:
    return mark_safe(text)  # noqa: S308 (the drawing modules escape every value)


# --- bytes ---------------------------------------------------------------------------------------
@register.filter
def short_hash(value: Any, tail: int = 6) -> str:
    """`0c8ad769…b437ff`: the first 8 and last `tail` digits. A `0x` in front is kept; 20 digits or fewer stay whole."""
    text = bytes(value).hex() if isinstance(value, bytes | bytearray | memoryview) else str(value or "")
    prefix, digits = ("0x", text[2:]) if text.startswith("0x") else ("", text)
    return text if len(digits) <= 20 else f"{prefix}{digits[:8]}…{digits[-tail:]}"


@register.simple_tag(name="hash")
def hash_tag(value: Any, full: bool = False, what: str = "", url: str = "") -> SafeString:
    """A digest, address or id in mono with a button that copies all of it.

    `full` shows every digit; `what` names the value for screen readers ("leaf hash"); `url` makes it a link.
    """
    text = bytes(value).hex() if isinstance(value, bytes | bytearray | memoryview) else str(value or "")
    if not text:
        return SafeString("")
    shown = text if full else short_hash(text)
    inner = (
        format_html('<code title="{}">{}</code>', text, shown)
        if shown != text
        else format_html("<code>{}</code>", text)
    )
    if url:
        inner = format_html('<a href="{}">{}</a>', url, inner)
    name = (
        _("Copy %(what)s %(value)s") % {"what": what, "value": short_hash(text)}
        if what
        else _("Copy %(value)s") % {"value": short_hash(text)}
    )
    return format_html(
        '<span class="hash{}">{}<button type="button" class="copy" data-copy="{}" aria-label="{}" title="{}">{}</button></span>',
        " hash-full" if full else "",
        inner,
        text,
        name,
        _("Copy"),
        _svg(icons.icon("copy", 14)),
    )


@register.filter
def filesize_iec(value: Any) -> str:
    """Bytes in the largest fitting binary unit: `1,000 bytes`, `1.1 KiB`, `31 MiB`; one decimal below 10."""
    try:
        size = int(value)
    except (TypeError, ValueError):
        return ""
    if abs(size) < KIB:
        return ngettext("%(n)s byte", "%(n)s bytes", size) % {"n": number_format(size, force_grouping=True)}
    amount, unit = float(size), "KiB"
    for unit in ("KiB", "MiB", "GiB", "TiB", "PiB"):  # noqa: B007
        amount /= KIB
        if round(abs(amount)) < 1000:
            break
    places = 1 if abs(amount) < 10 else 0
    return f"{number_format(round(amount, places), places, force_grouping=True)} {unit}"


@register.filter
def with_errors(forms: Any) -> list[tuple[int, Any]]:
    """Those of some forms in which something is wrong, each with its number from 1."""
    return [(number, form) for number, form in enumerate(forms or [], 1) if form.errors]


@register.filter
def nobreak_name(value: Any) -> str:
    """A name whose hyphens are no place to break a line: a word joiner stands after each."""
    return conditional_escape(str(value)).replace("-", f"-{WORD_JOINER}")


nobreak_name.is_safe = True  # type: ignore[attr-defined]


# --- time ----------------------------------------------------------------------------------------
@register.simple_tag(name="time")
def time_tag(value: Any, style: str = "relative") -> SafeString:
    """A `<time>` with the absolute UTC moment as its title (the viewer's own zone when scripts run).

    Styles: `relative` ("9 days ago"), `age` ("9 d"), `date` ("17 November 2026"), `stamp` ("17 Nov, 09:41"),
    `datetime` ("17 November 2026, 09:41 UTC"), `seconds` (with seconds). Takes datetimes, ISO strings and Unix seconds.
    """
    moment = timewords.moment(value)
    if moment is None:
        return SafeString("")
    now = timezone.now()
    return format_html(
        '<time datetime="{}" title="{}" data-local-time="{}">{}</time>',
        moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        timewords.worded(moment, now, "datetime"),
        style,
        timewords.worded(moment, now, style),
    )


@register.filter
def duration_words(seconds: Any) -> str:
    """A length of time in the largest fitting unit: `40 s`, `12 min`, `2 h`, `3 days`."""
    try:
        return timewords.duration(float(seconds))
    except (TypeError, ValueError, OverflowError):
        return ""


# --- seal, badge, marks --------------------------------------------------------------------------
def _state(value: Any) -> State:
    return value if value in STATES else "unverified"


@register.filter
def state_word(state: Any) -> str:
    """The word that always stands beside the seal."""
    return {
        "verified": pgettext("seal", "Verified"),
        "waiting": pgettext("seal", "Waiting"),
        "unverified": pgettext("seal", "Unverified"),
        "mismatch": pgettext("seal", "Mismatch"),
    }[_state(state)]


@register.simple_tag
def seal(state: str, size: float = 20, filled: int = 0, needed: int = 0) -> SafeString:
    """The seal alone; put `{{ state|state_word }}` beside it. An unknown state is drawn as unverified."""
    return _svg(drawn_seal(_state(state), size, filled=filled or 0, needed=needed or 0))


def _blocks(filled: int, needed: int) -> str:
    return ngettext("%(done)d of %(needed)d block", "%(done)d of %(needed)d blocks", needed) % {
        "done": filled,
        "needed": needed,
    }


@register.simple_tag
def badge(status: Any, size: float = 20, detail: str | None = None, url: str | None = None) -> SafeString:
    """Seal, word and one line of detail; a link to the checks when there is an address.

    `status` is a state name, or an object with `state` and, if it has them, `detail`, `url`, `filled`, `needed`.
    """
    state = _state(status if isinstance(status, str) else getattr(status, "state", ""))
    filled, needed = getattr(status, "filled", 0) or 0, getattr(status, "needed", 0) or 0
    said = detail if detail is not None else str(getattr(status, "detail", "") or "")
    if not said and state == "waiting" and needed:
        said = _blocks(filled, needed)
    place = url if url is not None else str(getattr(status, "url", "") or "")
    inner = format_html(
        '{}<span class="badge-words"><b class="badge-word">{}</b>{}</span>',
        seal(state, size, filled, needed),
        state_word(state),
        format_html('<span class="badge-detail">{}</span>', said) if said else "",
    )
    classes = f"badge badge-{state}" + (" badge-large" if size >= 40 else "")
    if place:
        return format_html('<a class="{}" href="{}">{}</a>', classes, place, inner)
    return format_html('<span class="{}">{}</span>', classes, inner)


@register.simple_tag
def mark(kind: str, filled: int = 0, needed: int = 0) -> SafeString:
    """A mark of the timeline: own, accepted, waiting, declined, payment, mismatch or plain."""
    known: marks.Mark = kind if kind in marks.MARKS else "plain"
    return _svg(marks.mark(known, filled=filled or 0, needed=needed or 0))


@register.simple_tag
def icon(name: str, size: int = 16) -> SafeString:
    """A small line drawing, hidden from screen readers."""
    return _svg(icons.icon(name, size))


@register.simple_tag
def confirmations(done: int, needed: int) -> SafeString:
    """One square for each needed block, then the same in words."""
    done, needed = int(done or 0), int(needed or 0)
    words = ngettext("%(done)d of %(needed)d confirmation", "%(done)d of %(needed)d confirmations", needed) % {
        "done": min(done, needed),
        "needed": needed,
    }
    return format_html(
        '<span class="confirmed">{}<span class="confirmed-words">{}</span></span>',
        _svg(squares.confirmations(done, needed)),
        words,
    )


# --- drawings ------------------------------------------------------------------------------------
@register.simple_tag
def step_line(
    values: Sequence[float], name: str = "", width: float = 72, height: float = 36, last: str = ""
) -> SafeString:
    """The metric `name` by revision; empty for no values. `last` is the last value as it should be written beside it."""
    if not values:
        return SafeString("")
    shown = [_figure(value) for value in values]
    title = ngettext(
        "%(name)s over %(n)d revision: %(first)s first, %(last)s last",
        "%(name)s over %(n)d revisions: %(first)s first, %(last)s last",
        len(values),
    ) % {"name": name, "n": len(values), "first": shown[0], "last": last or shown[-1]}
    return _svg(stepline.step_line(values, title=title, width=width, height=height, last=last))


def _figure(value: float) -> str:
    return f"{value:.4g}"


@register.simple_tag
def proof_tree(path: prooftree.Path) -> SafeString:
    """The way from a leaf to the root. Include `components/proof_tree.html` for the drawing with its list and legend."""
    return _svg(prooftree.proof_tree(path, title=_("The way from this entry to the root of the log")))


@register.simple_tag
def lineage_graph(nodes: Sequence[lineage.Node], edges: Sequence[lineage.Edge]) -> SafeString:
    """Sources at the left, results at the right. Include `components/lineage.html` for the drawing with its list."""
    return _svg(lineage.lineage_graph(nodes, edges, title=_("What this was made from")))


@register.simple_tag
def bar_chart(values: Sequence[bars.Bar], title: str, height: float = 80, width: float = 318) -> SafeString:
    """One bar per period; an empty period is a tick on the baseline."""
    return _svg(bars.bar_chart(values, title=title, height=height, width=width))


@register.simple_tag
def pair_bar(before: float, after: float, scale: float, width: float = 240) -> SafeString:
    """The value before above the value after, from one zero line; `scale` is the largest magnitude of all rows."""
    return _svg(bars.pair_bar(before, after, scale=scale, width=width))


@register.simple_tag
def share_bar(part: float, whole: float, scale: float, width: float = 212) -> SafeString:
    """An outline for `whole` and a fill for `part`, on the scale of the largest whole."""
    return _svg(bars.share_bar(part, whole, scale=scale, width=width))
