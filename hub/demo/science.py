"""The demo's real work: three datasets that scikit-learn ships, linear models trained on them, and honest measurements.

Everything is measured out of fold: 10 stratified folds, shuffled with a fixed seed, so each sample is predicted by a
model that never saw it. The published weights are then fitted on all samples. Same inputs give the same bytes.
"""

import csv
import gzip
import io
import json
from dataclasses import dataclass
from importlib import resources
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
FOLDS, SEED, Z95 = 10, 7, 1.959963984540054
ROOTS = {"sqrt": np.sqrt, "cbrt": np.cbrt}


@dataclass(frozen=True)
class Table:
    """A dataset: `inputs` (samples, columns), `labels` (samples) as indices into `classes`."""

    columns: tuple[str, ...]
    classes: tuple[str, ...]
    inputs: Array
    labels: Labels

    def csv(self) -> bytes:
        """One row a sample, the class by name in the last column; numbers as the shortest text that reads back equal."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([*self.columns, "class"])
        for row, label in zip(self.inputs.tolist(), self.labels.tolist(), strict=True):
            writer.writerow(
                [*(str(int(value)) if value == int(value) else repr(value) for value in row), self.classes[label]]
            )
        return out.getvalue().encode()


@dataclass(frozen=True)
class Recipe:
    """How to fit a linear model: what is done to the inputs, and the strength of the L2 penalty's inverse."""

    transform: str = "none"  # or one of `ROOTS`
    standardise: bool = True
    c: float = 1.0
    max_iter: int = 2000


@dataclass(frozen=True)
class Fitted:
    """A fitted linear model. `weights` is (classes, columns), or (1, columns) for two classes; `bias` likewise."""

    mean: Array
    scale: Array
    weights: Array
    bias: Array
    recipe: Recipe

    def probabilities(self, inputs: Array) -> Array:
        """(samples, classes)."""
        scores = ((_transformed(inputs, self.recipe) - self.mean) / self.scale) @ self.weights.T + self.bias
        if scores.shape[1] == 1:
            scores = np.hstack([np.zeros_like(scores), scores])
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    def safetensors(self, classes: tuple[str, ...]) -> bytes:
        """The weights. All facts stand under one metadata key, because several come out in no fixed order."""
        about = {"kind": "linear", "transform": self.recipe.transform, "classes": list(classes)}
        tensors = {"mean": self.mean, "scale": self.scale, "weights": self.weights, "bias": self.bias}
        return bytes(save(tensors, {"model": json.dumps(about, sort_keys=True)}))


@dataclass(frozen=True)
class Measure:
    """One measured figure. `low` and `high` bound the 95 % interval; `positives` of the `n`, where classes have a sign."""

    name: str
    value: float
    n: int
    positives: int | None = None
    low: float | None = None
    high: float | None = None
    threshold: float | None = None


def _read(name: str) -> bytes:
    return (resources.files("sklearn.datasets.data") / name).read_bytes()


def wisconsin() -> Table:
    """569 fine needle aspirates, 30 measurements each. Positive (1) is malignant, which the shipped file codes as 0."""
    rows = list(csv.reader(io.StringIO(_read("breast_cancer.csv").decode())))
    body = np.array([[float(value) for value in row] for row in rows[1:]])
    parts = ("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave_points",
             "symmetry", "fractal_dimension")  # fmt: skip
    columns = tuple(f"{kind}_{part}" for kind in ("mean", "se", "worst") for part in parts)
    return Table(columns, ("benign", "malignant"), body[:, :-1], 1 - body[:, -1].astype(np.int64))


def iris() -> Table:
    """150 flowers of three species, four lengths in centimetres."""
    rows = list(csv.reader(io.StringIO(_read("iris.csv").decode())))
    body = np.array([[float(value) for value in row] for row in rows[1:]])
    columns = ("sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm")
    return Table(columns, tuple(rows[0][2:]), body[:, :-1], body[:, -1].astype(np.int64))


def digits() -> Table:
    """1,797 handwritten digits of 8 x 8 pixels, each 0 to 16."""
    body = np.loadtxt(io.BytesIO(gzip.decompress(_read("digits.csv.gz"))), delimiter=",")
    columns = tuple(f"row{y}_column{x}" for y in range(8) for x in range(8))
    return Table(columns, tuple(str(digit) for digit in range(10)), body[:, :-1], body[:, -1].astype(np.int64))


def _transformed(inputs: Array, recipe: Recipe) -> Array:
    root = ROOTS.get(recipe.transform)
    return inputs if root is None else np.asarray(root(inputs))


def fit(inputs: Array, labels: Labels, recipe: Recipe) -> Fitted:
    x = _transformed(inputs, recipe)
    mean = x.mean(axis=0) if recipe.standardise else np.zeros(x.shape[1])
    scale = x.std(axis=0) if recipe.standardise else np.ones(x.shape[1])
    scale = np.where(scale == 0, 1.0, scale)
    model = LogisticRegression(C=recipe.c, max_iter=recipe.max_iter).fit((x - mean) / scale, labels)
    return Fitted(mean, scale, np.ascontiguousarray(model.coef_), np.ascontiguousarray(model.intercept_), recipe)


def out_of_fold(table: Table, recipe: Recipe) -> Array:
    """Class probabilities (samples, classes), each from a model that did not see the sample."""
    found = np.zeros((len(table.labels), len(table.classes)))
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(table.inputs, table.labels):
        found[test] = fit(table.inputs[train], table.labels[train], recipe).probabilities(table.inputs[test])
    return found


def wilson(successes: int, n: int) -> tuple[float, float]:
    """The 95 % score interval of a proportion (Wilson, 1927)."""
    share, square = successes / n, Z95 * Z95
    centre = (share + square / (2 * n)) / (1 + square / n)
    spread = Z95 * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return max(0.0, centre - spread), min(1.0, centre + spread)


def _proportion(name: str, hits: int, n: int, **more: float | int) -> Measure:
    low, high = wilson(hits, n)
    return Measure(name, hits / n, n, low=low, high=high, **more)  # type: ignore[arg-type]


def _auroc(scores: Array, positive: NDArray[np.bool_]) -> Measure:
    """Area under the curve; interval by Hanley and McNeil (1982)."""
    area, p, n = float(roc_auc_score(positive, scores)), int(positive.sum()), int((~positive).sum())
    q1, q2 = area / (2 - area), 2 * area * area / (1 + area)
    error = sqrt((area * (1 - area) + (p - 1) * (q1 - area**2) + (n - 1) * (q2 - area**2)) / (p * n))
    return Measure("roc_auc", area, p + n, p, max(0.0, area - Z95 * error), min(1.0, area + Z95 * error))


def measure(table: Table, found: Array) -> list[Measure]:
    """Accuracy first; for two classes also AUROC, sensitivity and specificity at 0.5, and the Brier score."""
    n = len(table.labels)
    measures = [_proportion("accuracy", int((found.argmax(axis=1) == table.labels).sum()), n)]
    if len(table.classes) == 2:
        positive, scores = table.labels == 1, found[:, 1]
        p, called = int(positive.sum()), found[:, 1] >= 0.5
        measures += [
            _auroc(scores, positive),
            _proportion("sensitivity", int((called & positive).sum()), p, positives=p, threshold=0.5),
            _proportion("specificity", int((~called & ~positive).sum()), n - p, positives=0, threshold=0.5),
            Measure("brier", float(((scores - positive) ** 2).mean()), n, p),
        ]
    picked = found[np.arange(n), table.labels]
    measures.append(Measure("log_loss", float(-np.log(np.clip(picked, 1e-15, 1)).mean()), n))
    return measures
