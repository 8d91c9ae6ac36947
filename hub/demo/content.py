"""The demo content: three datasets, three models, five improvements with their reasons, all through the real services."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from hub.accounts import selectors as accounts
from hub.accounts.services import register_account
from hub.demo import science
from hub.errors import NotFound
from hub.repositories import selectors as repositories
from hub.repositories import services
from hub.repositories.changes import Change

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from hub.repositories.models import Repository, Revision

FILES = Path(__file__).parent / "files"
PEOPLE = ("contributor", "maintainer", "reviewer")
Clock = Callable[[], datetime]
Report = Callable[[str], None]


@dataclass(frozen=True)
class Step:
    """One published revision of a model: how it is fitted, and why in its author's words."""

    recipe: science.Recipe
    reason: str


@dataclass(frozen=True)
class Work:
    """A dataset and the model trained on it."""

    dataset: str
    dataset_owner: str
    file: str
    source: str
    model: str
    model_owner: str
    table: Callable[[], science.Table]
    steps: Sequence[Step]


WORKS = (
    Work(
        "wisconsin-breast-cancer", "maintainer", "measurements.csv",
        "The numbers that scikit-learn ships, with the class of each mass in words.",
        "breast-cancer-logistic", "maintainer", science.wisconsin,
        (
            Step(science.Recipe(standardise=False, max_iter=100), "A baseline to improve on. No scaling, default penalty."),
            Step(science.Recipe(), "Standardise the 30 inputs before fitting. Unscaled, the solver stopped before it converged."),
            Step(
                science.Recipe("sqrt"),
                "Take square roots of the measurements first: areas and concavities are skewed. Every figure is a little "
                "better or the same; the intervals overlap almost wholly.",
            ),
        ),
    ),
    Work(
        "iris-measurements", "contributor", "measurements.csv",
        "The numbers that scikit-learn ships, with the species in words.",
        "iris-linear", "contributor", science.iris,
        (
            Step(science.Recipe(standardise=False), "A first model: the four lengths as they are."),
            Step(science.Recipe(c=10.0), "A ten times weaker penalty: the species are nearly separable."),
        ),
    ),
    Work(
        "handwritten-digits", "contributor", "pixels.csv",
        "The numbers that scikit-learn ships; the last column is the digit.",
        "digits-linear", "contributor", science.digits,
        (
            Step(science.Recipe(standardise=False, max_iter=100), "Pixels as they are, one hundred iterations."),
            Step(science.Recipe(), "Standardise the pixels. Now it converges, and misreads fewer digits."),
        ),
    ),
)  # fmt: skip


def people(clock: Clock) -> dict[str, str]:
    """Registers the accounts that are missing, and returns their passwords."""
    passwords = {name: _person(name, clock) for name in PEOPLE}
    return {name: password for name, password in passwords.items() if password}


def publish(clock: Clock, report: Report) -> None:
    """Publishes whatever of the content is missing, so that an interrupted run can go on."""
    for work in WORKS:
        report(_("Demo content: publishing %(name)s …") % {"name": work.dataset})
        table = work.table()
        data = _dataset(work, table, clock)
        for number, step in enumerate(work.steps, start=1):
            report(_("Demo content: training %(name)s, revision %(n)d …") % {"name": work.model, "n": number})
            _model(work, table, data, step, number, clock)


def _person(name: str, clock: Clock) -> str:
    """The new account's password, or nothing if there is one of that name already."""
    try:
        accounts.account_by_handle(name)
    except NotFound:
        password = secrets.token_urlsafe(12)
        register_account(handle=name, password=password, now=clock())
        return password
    return ""


def _existing(owner: "Account", kind: str, name: str) -> "Repository | None":
    try:
        return repositories.visible_repository(owner, kind, owner.username, name)
    except NotFound:
        return None


def _dataset(work: Work, table: science.Table, clock: Clock) -> "Revision":
    owner = accounts.account_by_handle(work.dataset_owner)
    found = _existing(owner, "dataset", work.dataset)
    if found is None:
        files = {work.file: table.csv()}
        found = _create(owner, "dataset", work.dataset, files, "data", work.source, [], clock)
    assert found.head is not None
    return found.head


def _model(work: Work, table: science.Table, data: "Revision", step: Step, number: int, clock: Clock) -> None:
    owner = accounts.account_by_handle(work.model_owner)
    found = _existing(owner, "model", work.model)
    if found is not None and found.revision_count >= number:
        return
    metrics = measured(table, step.recipe, data)
    weights = science.fit(table.inputs, table.labels, step.recipe).safetensors(table.classes)
    if found is None:
        files = {"model.safetensors": weights, "predict.py": (FILES / "predict.py").read_bytes()}
        _create(owner, "model", work.model, files, "model", step.reason, metrics, clock)
        return
    services.publish_revision(
        account=owner, repository=found, changes=[Change("model.safetensors", content=weights)], message=step.reason,
        kind="tuning", metrics=metrics, now=clock(),
    )  # fmt: skip


def _create(
    owner: "Account",
    kind: str,
    name: str,
    files: dict[str, bytes],
    work_kind: str,
    message: str,
    metrics: Sequence[dict[str, Any]],
    clock: Clock,
) -> "Repository":
    """A repository whose first revision holds its card and its files."""
    card = (FILES / f"{name}.md").read_text(encoding="utf-8")
    return services.create_repository(
        account=owner, kind=kind, name=name, visibility="public", card=card, now=clock(), message=message,
        files=[Change(path, content=content) for path, content in files.items()], work_kind=work_kind, metrics=metrics,
    )  # fmt: skip


def measured(table: science.Table, recipe: science.Recipe, data: "Revision") -> list[dict[str, Any]]:
    """What a recipe's models measure out of fold, as the hub records it."""
    return [row(measure, data) for measure in science.measure(table, science.out_of_fold(table, recipe))]


def row(measure: science.Measure, data: "Revision") -> dict[str, Any]:
    """A measurement as the hub records it: decimals as text, the dataset revision it was measured on."""
    found: dict[str, Any] = {
        "name": measure.name,
        "value": _decimal(measure.value),
        "method": f"{science.FOLDS}-fold_stratified",
        "n": measure.n,
        "on": f"rev:{data.id}",
    }
    if measure.positives is not None:
        found["positives"] = measure.positives
    if measure.threshold is not None:
        found["threshold"] = _decimal(measure.threshold, 2)
    if measure.low is not None and measure.high is not None:
        found |= {"low": _decimal(measure.low), "high": _decimal(measure.high), "level": "0.95"}
    return found


def _decimal(value: float, places: int = 4) -> str:
    return str(Decimal(value).quantize(Decimal(1).scaleb(-places)))
