"""`/ledger/charts`: the log over time, as drawings with the same numbers in tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import dateformat, timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from ledger import charts
from ledger.shown import Crumb
from web.drawing.bars import Bar


@dataclass(frozen=True)
class Row:
    """One line of a chart's table."""

    label: str
    value: str


@dataclass(frozen=True)
class Chart:
    """One drawing with its table: `title` says what is drawn, with its highest value."""

    key: str
    heading: str
    title: str
    bars: Sequence[Bar]
    rows: Sequence[Row]
    head_label: str
    head_value: str
    empty: str


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    anchors = charts.last_anchors()
    sizes = [str(anchor.size) for anchor in anchors]
    days = charts.entries_by_day(timezone.now())
    of_anchor = _("Anchor at size")
    drawn = [
        _chart(
            "by-day", _("Entries by day"), [dateformat.format(day, pgettext("date", "j F Y")) for day, _n in days],
            [float(count) for _day, count in days], _("Day"), _("Entries"), 0,
        ),
        _chart(
            "gas", _("Gas for each entry, by anchor"), sizes, [anchor.gas_each for anchor in anchors], of_anchor, _("Gas"), 1
        ),
        _chart(
            "finality", _("Seconds from sending to finality, by anchor"), sizes,
            [float(anchor.seconds) for anchor in anchors], of_anchor, _("Seconds"), 0,
        ),
    ]  # fmt: skip
    crumbs = [Crumb(_("Ledger"), reverse("ledger:entries")), Crumb(_("Charts"))]
    return render(request, "ledger/charts.html", {"section": "ledger", "charts": drawn, "crumbs": crumbs})


def _chart(
    key: str, heading: str, labels: Sequence[str], values: Sequence[float], label: str, value: str, places: int
) -> Chart:
    said = [number_format(found, places) for found in values]
    highest = max(range(len(values)), key=values.__getitem__, default=None)
    title = heading
    if highest is not None and values[highest] > 0:
        title = _("%(what)s: at most %(value)s, at %(where)s") % {
            "what": heading, "value": said[highest], "where": labels[highest],
        }  # fmt: skip
    last = len(values) - 1
    bars = [Bar(found, said[place] if place == last else "") for place, found in enumerate(values)]
    rows = [Row(*pair) for pair in zip(labels, said, strict=True)]
    return Chart(key, heading, title, bars, rows, label, value, "" if any(values) else _("Nothing to draw yet."))
