"""Metrics in words: the direction is always said, and the digits shown are the ones that matter."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from hub.explore import figures
from hub.repositories import metrics
from hub.repositories.figures import measured_how


def _revision(*values: str, name: str = "accuracy", n: int = 569) -> Any:
    return SimpleNamespace(
        id=values[0] if values else "",
        metrics=[{"name": name, "value": value, "better": "higher", "method": "10-fold", "n": n} for value in values],
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.9789", "0.979"),
        ("0.94", "0.940"),
        ("12.3456", "12.35"),
        ("1234.5", "1,234"),
        ("569", "569"),
        ("-0.5", "-0.500"),
    ],
)
def test_values_have_three_decimals_or_four_digits(value: str, text: str) -> None:
    assert figures.shown(Decimal(value)) == text


@pytest.mark.parametrize(
    ("name", "before", "after", "words", "tone"),
    [
        ("accuracy", "0.940", "0.979", "0.039 better", "ok"),
        ("accuracy", "0.979", "0.954", "0.025 worse", "warn"),
        ("log_loss", "0.072", "0.068", "0.004 better", "ok"),
        ("accuracy", "0.979", "0.979", "the same", ""),
    ],
)
def test_an_effect_says_which_way_is_better(name: str, before: str, after: str, words: str, tone: str) -> None:
    old, new = (metrics.read_metrics([{"name": name, "value": value}]) for value in (before, after))
    comparison = metrics.compare(old, new)[0]
    assert (figures.effect(comparison), figures.tone(comparison)) == (words, tone)


def test_a_first_measurement_claims_no_improvement() -> None:
    comparison = metrics.compare([], metrics.read_metrics([{"name": "accuracy", "value": "0.94"}]))[0]
    assert figures.effect(comparison) == "first measurement"


def test_a_figure_that_differs_from_the_log_is_no_headline_and_nothing_is_compared_with_it() -> None:
    line = [_revision("0.942"), _revision("0.999"), _revision("0.979")]
    beside = figures.headline(line, {"0.999"})
    assert beside is not None
    assert (beside.value, beside.word, beside.values) == ("0.979", "better, from 0.942", [0.942, 0.979])
    doubted = figures.headline(line, {"0.979"})
    assert doubted is not None
    assert (doubted.value, doubted.word, doubted.tone, doubted.values) == ("", "differs from the log", "bad", [])


def test_the_headline_is_the_newest_first_metric_with_its_own_line() -> None:
    found = figures.headline([_revision("0.942"), _revision("0.979"), _revision("0.981")])
    assert found is not None
    assert (found.value, found.word, found.detail) == ("0.981", "better, from 0.979", "10-fold, 569 samples")
    assert found.values == [0.942, 0.979, 0.981]


def test_a_repository_whose_newest_revision_measured_nothing_has_no_headline() -> None:
    assert figures.headline([_revision("0.9"), _revision()]) is None


@pytest.mark.parametrize(
    ("method", "split", "words"),
    [
        ("10-fold_stratified", "", "10-fold stratified"),
        ("5-fold", "test", "5-fold, test part"),
        ("10-fold_cv", "", "10-fold cross-validation"),
        ("my_own_way", "north_wing", "my own way, north wing"),
        ("", "validation", "validation part"),
        ("", "", ""),
    ],
)
def test_how_something_was_measured_is_said_in_words(method: str, split: str, words: str) -> None:
    fields = {"name": "accuracy", "value": "0.9"} | ({"method": method} if method else {})
    row = metrics.read_metrics([fields | ({"split": split} if split else {})])[0]
    assert measured_how(row) == words
