"""Typed measurements of a revision, and how two of them compare. Numbers are decimals, never binary fractions."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import partial
from typing import Any, Literal, cast

MOST = 60
CODE = re.compile(r"[a-z0-9][a-z0-9_.@:/+-]{0,79}")
_DECIMAL = re.compile(r"[+-]?[0-9]{0,40}(\.[0-9]{0,40})?([eE][+-]?[0-9]{1,2})?")
_REVISION = re.compile(r"rev:[0-9a-f]{64}")

Direction = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class Known:
    """A metric whose meaning is settled: which way is better, and the range it can take."""

    better: Direction
    least: Decimal | None = None
    most: Decimal | None = None


_SHARE = Known("higher", Decimal(0), Decimal(1))
_SIGNED = Known("higher", Decimal(-1), Decimal(1))
_SCORE = Known("higher")
_ERROR = Known("lower", Decimal(0))
_LOW_SHARE = Known("lower", Decimal(0), Decimal(1))

KNOWN: Mapping[str, Known] = {
    **dict.fromkeys(
        (
            "accuracy", "balanced_accuracy", "top5_accuracy", "precision", "recall", "sensitivity", "specificity",
            "f1", "f1_macro", "f1_micro", "f1_weighted", "roc_auc", "average_precision", "map", "ndcg", "mrr",
            "hits@1", "hits@10", "exact_match", "pass@1", "pass@10", "dice", "iou", "ssim", "win_rate",
        ),
        _SHARE,
    ),
    **dict.fromkeys(("mcc", "kappa", "pearson", "spearman", "kendall"), _SIGNED),
    **dict.fromkeys(
        ("r2", "bleu", "chrf", "meteor", "rouge1", "rouge2", "rougel", "comet", "bertscore", "psnr", "throughput"), _SCORE
    ),
    **dict.fromkeys(
        (
            "loss", "log_loss", "cross_entropy", "perplexity", "mse", "rmse", "mae", "mape", "wer", "cer", "ter",
            "fid", "hausdorff", "latency_ms", "size_bytes",
        ),
        _ERROR,
    ),
    **dict.fromkeys(("brier", "ece", "eer", "false_positive_rate", "false_negative_rate"), _LOW_SHARE),
}  # fmt: skip


class Reason(StrEnum):
    """Why a measurement is refused; `words.py` says it to people."""

    NAME = "name"
    NUMBER = "number"
    WHOLE = "whole"
    DIRECTION = "direction"
    OTHER_DIRECTION = "other-direction"
    RANGE = "range"
    INTERVAL = "interval"
    REVERSED = "reversed"
    POSITIVES = "positives"
    LEVEL = "level"
    CODE = "code"
    REVISION = "revision"
    TWICE = "twice"
    MANY = "many"
    FIELD = "field"


class MetricRefused(Exception):
    """`row` counts from 0; `field` is the column at fault."""

    def __init__(self, row: int, field: str, reason: Reason) -> None:
        super().__init__(f"metric {row + 1}, {field}: {reason}")
        self.row = row
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Metric:
    """One measurement. `n` samples, `positives` of them; `low` and `high` bound it at confidence `level`.

    `on` is the dataset revision it was measured on (`rev:…`), `method` how ("10-fold"), `split` which part of it.
    Absent fields are None.
    """

    name: str
    value: Decimal
    better: Direction
    unit: str | None = None
    method: str | None = None
    split: str | None = None
    threshold: Decimal | None = None
    n: int | None = None
    positives: int | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    level: Decimal | None = None
    on: str | None = None

    @property
    def key(self) -> tuple[str, str | None, str | None, Decimal | None, str | None]:
        """Two measurements with one key say the same thing; a revision has at most one of them."""
        return self.name, self.method, self.split, self.threshold, self.on

    def data(self) -> dict[str, Any]:
        """As entries and revision objects hold it: decimals as strings, absent fields left out."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: plain(value) if isinstance(value, Decimal) else value
            for name, value in found.items()
            if value is not None
        }


def plain(value: Decimal) -> str:
    """A decimal without exponent or plus sign; the digits after the point stay as written, and zero has no sign."""
    text = format(value, "f")
    return text.removeprefix("-") if value == 0 else text


# --- reading -------------------------------------------------------------------------------------
def read_metrics(rows: Iterable[Mapping[str, Any]]) -> list[Metric]:
    """Measurements from a form or from JSON; blank values count as absent. Raises `MetricRefused`."""
    found: list[Metric] = []
    seen: set[tuple[object, ...]] = set()
    for index, row in enumerate(rows):
        if index >= MOST:
            raise MetricRefused(index, "name", Reason.MANY)
        metric = read_metric(row, index)
        if metric.key in seen:
            raise MetricRefused(index, "name", Reason.TWICE)
        seen.add(metric.key)
        found.append(metric)
    return found


def read_metric(row: Mapping[str, Any], index: int = 0) -> Metric:
    """One measurement. Raises `MetricRefused` for the first thing that is wrong with it."""
    found, wrong = _read(row, index)
    if wrong:
        raise wrong[0]
    return Metric(**found)


def faults(row: Mapping[str, Any], index: int = 0) -> list[MetricRefused]:
    """Everything that is wrong with one measurement, at most one thing for each field."""
    return list({each.field: each for each in reversed(_read(row, index)[1])}.values())[::-1]


def _read(row: Mapping[str, Any], index: int) -> tuple[dict[str, Any], list[MetricRefused]]:
    """What can be read of a row, by field, and what is wrong with it, in the order of the fields."""
    given = {name: value for name, value in row.items() if value is not None and str(value).strip() != ""}
    unknown = sorted(set(given) - {field.name for field in fields(Metric)})
    wrong = [MetricRefused(index, name, Reason.FIELD) for name in unknown[:1]]
    found: dict[str, Any] = {}

    def take(field: str, read: Callable[[], Any], missing: Reason | None = None) -> None:
        try:
            found[field] = read()
            if found[field] is None and missing is not None:
                wrong.append(MetricRefused(index, field, missing))
        except MetricRefused as error:
            found[field] = None
            wrong.append(error)

    take("name", lambda: _code(given, "name", index), Reason.NAME)
    take("value", lambda: _decimal(given, "value", index), Reason.NUMBER)
    if found["name"] is not None:
        take("better", lambda: _direction(given, found["name"], index))
    for field in ("unit", "method", "split"):
        take(field, partial(_code, given, field, index))
    take("threshold", lambda: _decimal(given, "threshold", index))
    take("n", lambda: _whole(given, "n", index, least=1))
    take("positives", lambda: _whole(given, "positives", index, least=0))
    for field in ("low", "high", "level"):
        take(field, partial(_decimal, given, field, index))
    take("on", lambda: _revision(given, index))
    return found, [*wrong, *_inconsistent(found, index, {each.field for each in wrong})]


def _decimal(given: Mapping[str, Any], field: str, index: int) -> Decimal | None:
    if field not in given:
        return None
    text = str(given[field]).strip().replace("−", "-")
    if isinstance(given[field], bool) or not _DECIMAL.fullmatch(text):
        raise MetricRefused(index, field, Reason.NUMBER)
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise MetricRefused(index, field, Reason.NUMBER) from None
    whole, _, part = plain(value).lstrip("-").partition(".")
    if len(whole) > 40 or len(part) > 40:
        raise MetricRefused(index, field, Reason.NUMBER)
    return Decimal(plain(value))


def _whole(given: Mapping[str, Any], field: str, index: int, *, least: int) -> int | None:
    if field not in given:
        return None
    text = str(given[field]).strip()
    if isinstance(given[field], bool) or not re.fullmatch(r"[0-9]{1,15}", text) or int(text) < least:
        raise MetricRefused(index, field, Reason.WHOLE)
    return int(text)


def _code(given: Mapping[str, Any], field: str, index: int) -> str | None:
    """An identifier: people may write "10-fold CV" or "ROC AUC", the log takes `10-fold_cv` and `roc_auc`."""
    if field not in given:
        return None
    text = re.sub(r"\s+", "_", str(given[field]).strip().lower())
    if not CODE.fullmatch(text):
        raise MetricRefused(index, field, Reason.NAME if field == "name" else Reason.CODE)
    return text


def _revision(given: Mapping[str, Any], index: int) -> str | None:
    if "on" not in given:
        return None
    text = str(given["on"]).strip()
    text = text if text.startswith("rev:") else f"rev:{text}"
    if not _REVISION.fullmatch(text):
        raise MetricRefused(index, "on", Reason.REVISION)
    return text


def _direction(given: Mapping[str, Any], name: str, index: int) -> Direction:
    """Known metrics have one direction; for others the author says which way is better."""
    known = KNOWN.get(name)
    said = given.get("better")
    if said is not None and said not in {"higher", "lower"}:
        raise MetricRefused(index, "better", Reason.DIRECTION)
    if known is not None:
        if said is not None and said != known.better:
            raise MetricRefused(index, "better", Reason.OTHER_DIRECTION)
        return known.better
    if said is None:
        raise MetricRefused(index, "better", Reason.DIRECTION)
    return cast(Direction, said)


def _inconsistent(found: Mapping[str, Any], index: int, wrong: Collection[str]) -> Iterator[MetricRefused]:
    """What does not fit together, among the fields that could be read; `wrong` names those that could not."""
    known = KNOWN.get(found["name"])
    if known is not None:
        for field in ("value", "low", "high"):
            number = found[field]
            below = number is not None and known.least is not None and number < known.least
            above = number is not None and known.most is not None and number > known.most
            if below or above:
                yield MetricRefused(index, field, Reason.RANGE)
    value, low, high = found["value"], found["low"], found["high"]
    if low is not None and high is not None and low > high:
        yield MetricRefused(index, "low", Reason.REVERSED)
    elif value is not None:
        if low is not None and low > value:
            yield MetricRefused(index, "low", Reason.INTERVAL)
        if high is not None and high < value:
            yield MetricRefused(index, "high", Reason.INTERVAL)
    n, positives = found["n"], found["positives"]
    if positives is not None and "n" not in wrong and (n is None or positives > n):
        yield MetricRefused(index, "positives", Reason.POSITIVES)
    if found["level"] is not None and not 0 < found["level"] < 1:
        yield MetricRefused(index, "level", Reason.LEVEL)


# --- comparing -----------------------------------------------------------------------------------
Verdict = Literal["better", "worse", "same", "first", "incomparable"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A measurement beside the earlier one of the same kind. `amount` is how far apart they are, never negative.

    `first`: there is no earlier one. `incomparable`: the earlier one was measured on other data or in another way.
    """

    metric: Metric
    before: Metric | None
    amount: Decimal
    verdict: Verdict


def compare(old: Sequence[Metric], new: Sequence[Metric]) -> list[Comparison]:
    """Each new measurement, in its order, against its counterpart among the old ones."""
    exact = {metric.key: metric for metric in old}
    by_name: dict[str, Metric] = {}
    for metric in old:
        by_name.setdefault(metric.name, metric)
    return [_compare(exact.get(metric.key), by_name.get(metric.name), metric) for metric in new]


def _compare(same: Metric | None, alike: Metric | None, metric: Metric) -> Comparison:
    if same is None:
        return Comparison(metric, alike, Decimal(0), "incomparable" if alike else "first")
    rise = metric.value - same.value
    if rise == 0:
        return Comparison(metric, same, Decimal(0), "same")
    good = (rise > 0) == (metric.better == "higher")
    return Comparison(metric, same, abs(rise), "better" if good else "worse")


def from_data(rows: Iterable[Mapping[str, Any]]) -> list[Metric]:
    """Measurements as a revision object or a row holds them: checked when they were written, and not again."""
    return [Metric(**_typed(row)) for row in rows]


def _typed(row: Mapping[str, Any]) -> dict[str, Any]:
    numbers = {"value", "threshold", "low", "high", "level"}
    return {name: Decimal(value) if name in numbers else value for name, value in row.items()}
