"""Measurements in words: names people know, as many digits as say something, and which way is better."""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from hub.repositories.metrics import Comparison, Metric

_MOST_DIGITS = 4
_FOLDS = re.compile(r"([0-9]{1,4})-fold(_stratified|_cv|)")
# The widest number that a metric may have, with room for rounding.
_WIDE = Context(prec=100, rounding=ROUND_HALF_EVEN)


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
        "average_precision": pgettext("metric", "average precision"),
        "brier": pgettext("metric", "Brier score"),
        "log_loss": pgettext("metric", "log loss"),
        "loss": pgettext("metric", "loss"),
        "perplexity": pgettext("metric", "perplexity"),
        "wer": pgettext("metric", "word error rate"),
        "cer": pgettext("metric", "character error rate"),
        "f1": "F1",
        "mse": "MSE",
        "rmse": "RMSE",
        "mae": "MAE",
        "mcc": "MCC",
        "bleu": "BLEU",
        "iou": "IoU",
    }
    return known.get(name, name.replace("_", " "))


def method_words(code: str) -> str:
    """How it was measured, as people say it; an unknown way is shown as its author wrote it."""
    if match := _FOLDS.fullmatch(code):
        words = {
            "_stratified": pgettext("method", "%(n)s-fold stratified"),
            "_cv": pgettext("method", "%(n)s-fold cross-validation"),
            "": pgettext("method", "%(n)s-fold"),
        }[match[2]]
        return words % {"n": match[1]}
    known = {
        "holdout": pgettext("method", "held-out samples"),
        "bootstrap": pgettext("method", "bootstrap"),
        "leave-one-out": pgettext("method", "leave-one-out"),
        "cross-validation": pgettext("method", "cross-validation"),
    }
    return known.get(code, code.replace("_", " "))


def split_words(code: str) -> str:
    """The part of the data, as people call it; an unknown one as its author wrote it."""
    known = {
        "train": pgettext("part of the data", "training part"),
        "validation": pgettext("part of the data", "validation part"),
        "test": pgettext("part of the data", "test part"),
    }
    return known.get(code, code.replace("_", " "))


def measured_how(metric: Metric) -> str:
    """`10-fold stratified, test part`; what was not said is left out."""
    method, split = method_words(metric.method or ""), split_words(metric.split or "")
    if method and split:
        return pgettext("how it was measured", "%(method)s, %(split)s") % {"method": method, "split": split}
    return method or split


def shown(value: Decimal) -> str:
    """Three decimals below ten in size, else at most four digits; the exact value stands in the revision."""
    if value == value.to_integral_value() and abs(value) < 10**9:
        return number_format(int(value), force_grouping=True)
    places = 3 if abs(value) < 10 else max(0, _MOST_DIGITS - len(str(abs(int(value)))))
    return number_format(value.quantize(Decimal(1).scaleb(-places), context=_WIDE), places, force_grouping=True)


def effect(comparison: Comparison) -> str:
    """`0.039 better`, `0.025 worse`, `the same`, `first measurement`."""
    if comparison.verdict == "first":
        return _("first measurement")
    if comparison.verdict == "incomparable":
        return _("measured in another way than before")
    if comparison.verdict == "same" or comparison.amount < Decimal("0.00005"):
        return _("the same")
    amount = {"amount": shown_difference(comparison.amount)}
    return _("%(amount)s better") % amount if comparison.verdict == "better" else _("%(amount)s worse") % amount


def shown_difference(amount: Decimal) -> str:
    """As `shown`, but a difference too small for three decimals gets a fourth."""
    if amount < Decimal("0.0005"):
        return number_format(amount.quantize(Decimal("0.0001"), context=_WIDE), 4)
    return shown(amount)


def tone(comparison: Comparison) -> str:
    return {"better": "ok", "worse": "warn"}.get(comparison.verdict, "")
