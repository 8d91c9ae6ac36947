"""The demo's figures are measured, not written down; and anybody can run its models without scikit-learn."""

import re
import subprocess
import sys
from collections.abc import Callable
from math import isclose
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load

from hub.demo import science
from hub.demo.together import ONE_ROOT, TWO_ROOTS

PREDICT = Path(science.__file__).parent / "files" / "predict.py"


def test_the_tables_have_the_shape_their_cards_state() -> None:
    shapes = [table.inputs.shape for table in (science.wisconsin(), science.iris(), science.digits())]
    assert shapes == [(569, 30), (150, 4), (1797, 64)]
    assert int(science.wisconsin().labels.sum()) == 212


def test_standardising_and_then_square_roots_each_improve_the_breast_cancer_model() -> None:
    table = science.wisconsin()
    recipes = [science.Recipe(standardise=False, max_iter=100), science.Recipe(), science.Recipe("sqrt")]
    measured = [{m.name: m.value for m in science.measure(table, science.out_of_fold(table, r))} for r in recipes]
    for better in ("accuracy", "roc_auc"):
        assert measured[0][better] < measured[1][better] < measured[2][better]
    for lower in ("brier", "log_loss"):
        assert measured[0][lower] > measured[1][lower] > measured[2][lower]


def test_the_same_training_gives_the_same_bytes() -> None:
    table = science.iris()
    first, second = (science.fit(table.inputs, table.labels, science.Recipe(c=10)) for _ in range(2))
    assert first.safetensors(table.classes) == second.safetensors(table.classes)


@pytest.mark.parametrize(
    ("recipe", "script"),
    [
        (science.Recipe("sqrt"), PREDICT.read_bytes()),
        (science.Recipe("cbrt", c=2.0), PREDICT.read_bytes().replace(ONE_ROOT, TWO_ROOTS)),
        (science.Recipe(), PREDICT.read_bytes().replace(ONE_ROOT, TWO_ROOTS)),
    ],
)
def test_the_published_script_predicts_what_the_trained_model_predicts(
    recipe: science.Recipe, script: bytes, tmp_path: Path
) -> None:
    table = science.wisconsin()
    model = science.fit(table.inputs, table.labels, recipe)
    (tmp_path / "predict.py").write_bytes(script)
    (tmp_path / "model.safetensors").write_bytes(model.safetensors(table.classes))
    (tmp_path / "rows.csv").write_bytes(table.csv())
    done = subprocess.run(
        [sys.executable, tmp_path / "predict.py", tmp_path / "model.safetensors", tmp_path / "rows.csv"],
        capture_output=True,
        text=True,
        check=True,
    )
    expected = model.probabilities(table.inputs)
    for line, row in zip(done.stdout.splitlines(), expected, strict=True):
        name, probability = line.split()
        assert name == table.classes[int(row.argmax())]
        assert isclose(float(probability), row.max(), abs_tol=1e-4)


@pytest.mark.parametrize("successes", [0, 1, 285, 568, 569])
def test_an_interval_contains_its_share_and_stays_between_zero_and_one(successes: int) -> None:
    low, high = science.wilson(successes, 569)
    assert 0 <= low <= successes / 569 + 1e-12
    assert successes / 569 - 1e-12 <= high <= 1


def test_what_specificity_was_measured_on_holds_no_positive() -> None:
    table = science.wisconsin()
    found = {m.name: m for m in science.measure(table, science.out_of_fold(table, science.Recipe()))}
    assert [(found[name].n, found[name].positives) for name in ("sensitivity", "specificity")] == [(212, 212), (357, 0)]


@pytest.mark.parametrize(
    ("card", "table"), [("breast-cancer-logistic", science.wisconsin), ("digits-linear", science.digits)]
)
def test_a_model_has_as_many_numbers_as_its_card_says(card: str, table: Callable[[], science.Table]) -> None:
    given = table()
    model = science.fit(given.inputs, given.labels, science.Recipe(max_iter=1))
    [stated] = re.findall(r"(\d+) numbers in all", (PREDICT.parent / f"{card}.md").read_text())
    assert sum(each.size for each in load(model.safetensors(given.classes)).values()) == int(stated)


def test_the_csv_reads_back_to_the_same_numbers() -> None:
    table = science.wisconsin()
    lines = table.csv().decode().splitlines()
    read = np.array([[float(value) for value in line.split(",")[:-1]] for line in lines[1:]])
    assert np.array_equal(read, table.inputs)
