"""The demo's people propose, decide and assess through the real services: what they say of each other's work is measured."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.test import override_settings

from hub.contributions import selectors as contributions
from hub.contributions.models import Contribution
from hub.demo import content, science, together
from hub.repositories.models import Repository, Revision
from hub.reviews.models import Assessment, Review, Work
from ledger.models import Entry
from ledger.services import create_log
from tests.expectations import without_words

pytestmark = pytest.mark.django_db
_found: dict[tuple[tuple[str, ...], science.Recipe], science.Array] = {}
_compute = science.out_of_fold


@pytest.fixture(autouse=True)
def _remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folds are computed once, not once a test; the digits' need not converge."""

    def remembered(table: science.Table, recipe: science.Recipe) -> science.Array:
        key = (table.columns, recipe)
        if key not in _found:
            _found[key] = _compute(table, recipe)
        return _found[key]

    monkeypatch.setattr(science, "out_of_fold", remembered)
    hasty = replace(content.WORKS[2], steps=[content.Step(science.Recipe(max_iter=5), "In a hurry.")])
    monkeypatch.setattr(content, "WORKS", (*content.WORKS[:2], hasty))


@pytest.fixture
def worked(now: datetime, tmp_path: Any) -> Iterator[list[str]]:
    said: list[str] = []
    create_log(now)
    content.people(lambda: now)
    with override_settings(BLOB_DIR=tmp_path / "blobs"):
        content.publish(lambda: now, said.append)
        together.work_together(lambda: now, said.append)
        yield said


def test_what_is_accepted_is_worse_in_no_figure_and_what_is_declined_for_its_figures_is(worked: list[str]) -> None:
    model = Repository.objects.get(name="breast-cancer-logistic")
    accepted, declined = (model.contributions.get(state=state) for state in ("accepted", "declined"))
    verdicts = {row.metric.name: row.verdict for row in contributions.changes_of(accepted).metrics}
    assert set(verdicts.values()) == {"same", "better"}
    assert verdicts["log_loss"] == verdicts["brier"] == "better"
    worse = {row.metric.name for row in contributions.changes_of(declined).metrics if row.verdict == "worse"}
    assert {"accuracy", "log_loss", "sensitivity"} <= worse
    assert Review.objects.get(contribution=declined).reason == "no_better"
    assert model.head == accepted.result


def test_a_documentation_contribution_names_the_file_that_is_there(worked: list[str]) -> None:
    card = Contribution.objects.get(kind="documentation")
    assert [file.path for file in contributions.changes_of(card).files.shown] == ["README.md"]
    assert card.state == "accepted"


def test_a_hub_reviewer_by_a_logged_grant_has_assessed_every_work(worked: list[str]) -> None:
    assert Entry.objects.filter(type="reviewer.granted").count() == 1
    assert Work.objects.count() == 4
    assert {assessment.reviewer.username for assessment in Assessment.objects.all()} == {"reviewer"}
    assert not Work.objects.filter(assessments=None).exists()


def test_a_second_run_adds_nothing(worked: list[str], now: datetime) -> None:
    before = Entry.objects.count(), Revision.all_states.count()
    together.work_together(lambda: now, lambda _words: None)
    assert (Entry.objects.count(), Revision.all_states.count()) == before


def test_a_run_that_was_cut_off_goes_on_where_it_stopped(now: datetime, tmp_path: Any) -> None:
    create_log(now)
    content.people(lambda: now)
    with override_settings(BLOB_DIR=tmp_path / "blobs"):
        content.publish(lambda: now, lambda _words: None)
        for stop in range(len(together.PROPOSALS) + len(together.OWN)):
            with pytest.raises(KeyboardInterrupt):
                together.work_together(lambda: now, _interrupting_after(stop))
        together.work_together(lambda: now, lambda _words: None)
    assert (Contribution.objects.count(), Work.objects.count(), Assessment.objects.count()) == (3, 4, 4)


def _interrupting_after(steps: int) -> Any:
    said: list[str] = []

    def report(words: str) -> None:
        said.append(words)
        if len(said) > steps:
            raise KeyboardInterrupt

    return report


def test_every_column_that_entries_determine_has_words(worked: list[str]) -> None:
    assert without_words({"accounts", "repositories", "contributions", "reviews"}) == set()
