"""Typed metrics: what is taken, and how two measurements compare."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.repositories.metrics import (
    KNOWN,
    MOST,
    Metric,
    MetricRefused,
    Reason,
    compare,
    from_data,
    plain,
    read_metric,
    read_metrics,
)
from hub.vocabulary import CODE, DECIMAL


def metric(**fields: Any) -> Metric:
    return read_metric({"name": "accuracy", "value": "0.979", **fields})


def test_a_measurement_keeps_its_digits_as_written() -> None:
    assert metric(value="0.9790").data() == {"name": "accuracy", "value": "0.9790", "better": "higher"}


def test_all_fields_come_back_as_the_log_takes_them() -> None:
    row = {
        "name": "ROC AUC", "value": "0.990", "unit": "", "method": "10-fold CV", "split": "test", "threshold": ".5",
        "n": "569", "positives": 212, "low": "9.8e-1", "high": "0.995", "level": "0.95", "on": "a" * 64,
    }  # fmt: skip
    found = read_metric(row).data()
    assert found == {
        "name": "roc_auc", "value": "0.990", "better": "higher", "method": "10-fold_cv", "split": "test",
        "threshold": "0.5", "n": 569, "positives": 212, "low": "0.98", "high": "0.995", "level": "0.95",
        "on": "rev:" + "a" * 64,
    }  # fmt: skip
    assert from_data([found]) == [read_metric(row)]


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**20), max_value=10**20))
def test_every_number_is_written_as_the_log_wants_it(value: Decimal) -> None:
    found = read_metric({"name": "anything", "value": str(value), "better": "lower"})
    assert not DECIMAL.problem(found.data()["value"])
    assert Decimal(found.data()["value"]) == value


def test_known_metrics_have_names_the_log_takes() -> None:
    assert [name for name in KNOWN if CODE.problem(name)] == []


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ({"value": "1"}, "name", Reason.NAME),
        ({"name": "naïve", "value": "1"}, "name", Reason.NAME),
        ({"name": "accuracy"}, "value", Reason.NUMBER),
        ({"name": "accuracy", "value": "high"}, "value", Reason.NUMBER),
        ({"name": "accuracy", "value": "."}, "value", Reason.NUMBER),
        ({"name": "accuracy", "value": "0,9"}, "value", Reason.NUMBER),
        ({"name": "accuracy", "value": "NaN"}, "value", Reason.NUMBER),
        ({"name": "accuracy", "value": True}, "value", Reason.NUMBER),
        ({"name": "loss", "value": "1e99"}, "value", Reason.NUMBER),
        ({"name": "loss", "value": "1e-99"}, "value", Reason.NUMBER),
        ({"name": "accuracy", "value": "97.9"}, "value", Reason.RANGE),
        ({"name": "log_loss", "value": "-0.1"}, "value", Reason.RANGE),
        ({"name": "accuracy", "value": "0.9", "better": "lower"}, "better", Reason.OTHER_DIRECTION),
        ({"name": "own", "value": "0.9"}, "better", Reason.DIRECTION),
        ({"name": "own", "value": "0.9", "better": "up"}, "better", Reason.DIRECTION),
        ({"name": "accuracy", "value": "0.9", "low": "0.95"}, "low", Reason.INTERVAL),
        ({"name": "accuracy", "value": "0.9", "low": "0.95", "high": "0.85"}, "low", Reason.REVERSED),
        ({"name": "accuracy", "value": "0.9", "high": "0.8"}, "high", Reason.INTERVAL),
        ({"name": "accuracy", "value": "0.9", "n": "0"}, "n", Reason.WHOLE),
        ({"name": "accuracy", "value": "0.9", "n": "1.5"}, "n", Reason.WHOLE),
        ({"name": "accuracy", "value": "0.9", "positives": "3"}, "positives", Reason.POSITIVES),
        ({"name": "accuracy", "value": "0.9", "n": 2, "positives": 3}, "positives", Reason.POSITIVES),
        ({"name": "accuracy", "value": "0.9", "level": "95"}, "level", Reason.LEVEL),
        ({"name": "accuracy", "value": "0.9", "split": "Prüfung"}, "split", Reason.CODE),
        ({"name": "accuracy", "value": "0.9", "on": "main"}, "on", Reason.REVISION),
        ({"name": "accuracy", "value": "0.9", "colour": "red"}, "colour", Reason.FIELD),
    ],
)
def test_a_measurement_that_cannot_be_meant_is_refused_at_its_field(
    row: dict[str, object], field: str, reason: Reason
) -> None:
    with pytest.raises(MetricRefused) as refused:
        read_metrics([{"name": "loss", "value": "1"}, row])
    assert (refused.value.row, refused.value.field, refused.value.reason) == (1, field, reason)


def test_one_thing_is_measured_once() -> None:
    with pytest.raises(MetricRefused) as refused:
        read_metrics([{"name": "accuracy", "value": "0.9"}, {"name": "Accuracy", "value": "0.8"}])
    assert refused.value.reason is Reason.TWICE
    both = [
        {"name": "accuracy", "value": "0.9", "split": "test"},
        {"name": "accuracy", "value": "0.8", "split": "train"},
    ]
    assert len(read_metrics(both)) == 2


def test_there_is_an_end_to_the_number_of_metrics() -> None:
    rows = [{"name": f"metric_{n}", "value": "1", "better": "lower"} for n in range(MOST + 1)]
    with pytest.raises(MetricRefused) as refused:
        read_metrics(rows)
    assert refused.value.reason is Reason.MANY


@pytest.mark.parametrize(
    ("name", "old", "new", "verdict", "amount"),
    [
        ("accuracy", "0.940", "0.979", "better", "0.039"),
        ("accuracy", "0.979", "0.954", "worse", "0.025"),
        ("accuracy", "0.979", "0.9790", "same", "0"),
        ("log_loss", "0.20", "0.15", "better", "0.05"),
        ("log_loss", "0.15", "0.20", "worse", "0.05"),
    ],
)
def test_better_means_what_the_metric_means(name: str, old: str, new: str, verdict: str, amount: str) -> None:
    before, after = (read_metrics([{"name": name, "value": value}]) for value in (old, new))
    (found,) = compare(before, after)
    assert (found.verdict, plain(found.amount)) == (verdict, amount)


def test_a_measurement_on_other_data_is_not_compared() -> None:
    (found,) = compare([metric(on="a" * 64)], [metric(on="b" * 64, value="0.99")])
    assert found.verdict == "incomparable"
    assert found.before == metric(on="a" * 64)


def test_the_first_measurement_of_its_kind_is_called_first() -> None:
    (found,) = compare([read_metric({"name": "loss", "value": "1"})], [metric()])
    assert (found.verdict, found.before) == ("first", None)
