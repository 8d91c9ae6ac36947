"""Metrics in words: names people know, values with a sensible number of digits, and which way is better."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from hub.repositories import metrics

if TYPE_CHECKING:
    from hub.repositories.models import Revision

_MOST_DIGITS = 4


@dataclass(frozen=True)
class Headline:
    """The first metric of the newest revision, and how it got there: `values` oldest first."""

    name: str
    value: str
    word: str
    tone: str
    detail: str
    values: Sequence[float]


def metric_name(name: str) -> str:
    """The name as people write it; an unknown one is shown as its author wrote it."""
    known = {
        "accuracy": pgettext("metric", "accuracy"),
        "balanced_accuracy": pgettext("metric", "balanced accuracy"),
        "precision": pgettext("metric", "precision"),
        "recall": pgettext("metric", "recall"),
        "sensitivity": pgettext("metric", "sensitivity"),
        "specificity": pgettext("metric", "specificity"),
        "roc_auc": pgettext("metric", "area under the ROC curve"),
        "brier": pgettext("metric", "Brier score"),
        "log_loss": pgettext("metric", "log loss"),
        "loss": pgettext("metric", "loss"),
        "f1": "F1",
        "mse": "MSE",
        "rmse": "RMSE",
        "mae": "MAE",
        "perplexity": pgettext("metric", "perplexity"),
    }
    return known.get(name, name.replace("_", " "))


def shown(value: Decimal) -> str:
    """Three decimals below ten in size, else at most four digits; the exact value stands in the revision."""
    if value == value.to_integral_value() and abs(value) < 10**9:
        return number_format(int(value), force_grouping=True)
    places = 3 if abs(value) < 10 else max(0, _MOST_DIGITS - len(str(abs(int(value)))))
    return number_format(value.quantize(Decimal(1).scaleb(-places)), places)


def effect(comparison: metrics.Comparison) -> str:
    """`0.039 better`, `0.025 worse`, `the same`, `first measurement`."""
    if comparison.verdict == "first":
        return _("first measurement")
    if comparison.verdict == "incomparable":
        return _("measured in another way than before")
    amount = shown(comparison.amount)
    if comparison.verdict == "same" or Decimal(0) == comparison.amount.quantize(Decimal("0.0001")):
        return _("the same")
    if comparison.verdict == "better":
        return _("%(amount)s better") % {"amount": amount}
    return _("%(amount)s worse") % {"amount": amount}


def tone(comparison: metrics.Comparison) -> str:
    return {"better": "ok", "worse": "warn"}.get(comparison.verdict, "")


def headline(revisions: Sequence["Revision"]) -> Headline | None:
    """From the revisions of a repository, oldest first. None when the newest measured nothing."""
    measured = [metrics.from_data(revision.metrics) for revision in revisions]
    if not measured or not measured[-1]:
        return None
    latest = measured[-1][0]
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
    if metric.method and metric.n:
        return _("%(method)s, %(samples)s") % {"method": metric.method.replace("_", " "), "samples": samples}
    return samples if metric.n else (metric.method or "").replace("_", " ")
