"""Metrics in words: names people know, values with a sensible number of digits, and which way is better."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub.repositories import metrics
from hub.repositories.figures import effect, method_words, metric_name, shown, tone

if TYPE_CHECKING:
    from hub.repositories.models import Revision

__all__ = ["Headline", "effect", "headline", "metric_name", "shown", "tone"]


@dataclass(frozen=True)
class Headline:
    """The first metric of the newest revision, and how it got there: `values` oldest first."""

    name: str
    value: str
    word: str
    tone: str
    detail: str
    values: Sequence[float]


def headline(revisions: Sequence["Revision"], doubted: Collection[str] = ()) -> Headline | None:
    """From the revisions of a repository, oldest first. None when the newest measured nothing.

    What is stored of the `doubted` ones (their ids) differs from the log: their figures are neither shown nor compared with.
    """
    measured = [metrics.from_data(revision.metrics) for revision in revisions]
    if not measured or not measured[-1]:
        return None
    latest = measured[-1][0]
    if revisions[-1].id in doubted:
        return Headline(metric_name(latest.name), "", _("differs from the log"), "bad", "", [])
    measured = [rows for revision, rows in zip(revisions, measured, strict=True) if revision.id not in doubted]
    series = [found for rows in measured for found in rows if found.key == latest.key]
    comparison = metrics.compare(series[:-1][-1:], [latest])[0]
    return Headline(
        name=metric_name(latest.name),
        value=shown(latest.value),
        word=_from_before(comparison),
        tone=tone(comparison),
        detail=_how(latest),
        values=[float(metric.value) for metric in series],
    )


def _from_before(comparison: metrics.Comparison) -> str:
    if comparison.before is None or comparison.verdict in ("first", "incomparable"):
        return ""
    before = shown(comparison.before.value)
    if comparison.verdict == "better":
        return _("better, from %(before)s") % {"before": before}
    if comparison.verdict == "worse":
        return _("worse, from %(before)s") % {"before": before}
    return _("the same")


def _how(metric: metrics.Metric) -> str:
    """`10-fold, 569 samples`."""
    samples = ngettext("%(n)s sample", "%(n)s samples", metric.n or 0) % {
        "n": number_format(metric.n or 0, force_grouping=True)
    }
    method = method_words(metric.method or "")
    if method and metric.n:
        return _("%(method)s, %(samples)s") % {"method": method, "samples": samples}
    return samples if metric.n else method
