"""The audit of reviews: every column that the log speaks about, changed behind its back, is found; so is every slipped-in row."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

from hub.accounts.erasure import erase_account
from hub.accounts.models import Account
from hub.contributions.models import Contribution
from hub.repositories.models import Repository, Revision
from hub.reviews.expected import APPEAL, ASSESSMENT, EXPECTED, REVIEW, WORK
from hub.reviews.models import Appeal, Assessment, FrozenChecks, Review, Work
from hub.reviews.services import appeal, assess, submit_work
from ledger.comparing import Comparison, Difference
from ledger.expecting import ERASED, ExpectedRow
from ledger.models import Entry
from ledger.records import EntryView
from ledger.selectors import to_view
from ledger.unsaid import find_unsaid
from tests.hub.factories import make_account
from tests.hub.verdicts import decide

from .conftest import Propose

pytestmark = pytest.mark.django_db
COLUMNS = {
    REVIEW: {
        "contribution_id",
        "revision_id",
        "reviewer__pseudonym",
        "verdict",
        "reason",
        "comment",
        "checks_id",
        "time",
    },
    APPEAL: {"comment", "time", "entry__uid"},
    WORK: {"contribution_id", "revision_id", "repository_id", "submitted", "entry__uid"},
    ASSESSMENT: {"effort", "quality", "comment", "time", "entry__uid"},
}
FREE = {
    REVIEW: {"id", "entry__uid"},
    APPEAL: {"id", "contribution_id"},
    WORK: {"key"},
    ASSESSMENT: {"id", "work_id", "reviewer__pseudonym"},
}
EVERY = sorted((table, column) for table, columns in COLUMNS.items() for column in columns)


@pytest.fixture
def world(
    propose: Propose, model: Repository, alice: Account, bob: Account, charlie: Account, dora: Account, now: datetime
) -> Contribution:
    """One accepted and assessed, one declined and appealed, one sent back, one revision submitted and assessed."""
    assert model.head is not None
    own = submit_work(account=alice, revision=model.head, now=now)
    assess(account=dora, work=own, effort=8, quality=90, comment="Thorough.", now=now)
    back, declined, accepted = propose({"a": "1"}), propose({"b": "1"}), propose()
    decide(account=bob, contribution=back, verdict="ask", reason_code="incomplete", comment="How?", now=now)
    decide(account=bob, contribution=declined, verdict="decline", reason_code="quality", comment="No.", now=now)
    appeal(account=charlie, contribution=declined, comment="Look again.", now=now)
    decide(account=alice, contribution=accepted, verdict="accept", comment="Yes.", now=now)
    assess(account=dora, work=Work.objects.get(contribution=accepted), effort=3, quality=70, comment="Small.", now=now)
    return accepted


def _views() -> list[EntryView]:
    for index, pk in enumerate(Entry.objects.order_by("id").values_list("pk", flat=True)):
        Entry.objects.filter(pk=pk).update(leaf_index=index)
    rows = Entry.objects.prefetch_related("detail_groups").order_by("leaf_index")
    return [to_view(row) for row in rows if row.type in EXPECTED or row.type.startswith("contribution.")]


def _differences() -> list[Difference]:
    return Comparison().compare(_views())


def _expected() -> Iterator[ExpectedRow]:
    for view in _views():
        if view.type in EXPECTED:
            yield from (row for row in EXPECTED[view.type](view, view.details) if row.table in COLUMNS)


def _other(value: Any, column: str) -> dict[str, Any]:
    """A column that says something else, as somebody with the database in hands could write it."""
    others: dict[str, Callable[[], dict[str, Any]]] = {
        "reviewer__pseudonym": lambda: {"reviewer": make_account()},
        "entry__uid": lambda: {"entry": Entry.objects.filter(type="account.registered").latest("id")},
        "checks_id": lambda: {"checks": FrozenChecks.objects.create(digest="0" * 64, body=b"{}")},
        "contribution_id": lambda: {"contribution": Contribution.objects.exclude(pk=value).latest("number")},
        "revision_id": lambda: {"revision": Revision.objects.exclude(pk=value).filter(work=None).latest("number")},
        "repository_id": lambda: {"repository": _another_repository()},
        "verdict": lambda: {column: "accept" if value != "accept" else "ask"},
        "effort": lambda: {column: 21},
        "quality": lambda: {column: value - 1},
    }
    if column in others:
        return others[column]()
    return {column: value + timedelta(milliseconds=1) if isinstance(value, datetime) else f"{value}x"[-16:]}


def _another_repository() -> Repository:
    row = Repository.objects.latest("created")
    entry = Entry.objects.filter(type="account.registered").latest("id")
    return Repository.objects.create(
        kind="dataset", owner=row.owner, name="elsewhere", created=row.created, changed=row.created, entry=entry
    )


def _write(row: ExpectedRow, columns: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE reviews_work DROP CONSTRAINT IF EXISTS reviews_work_contribution_id_key CASCADE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    model: type[models.Model] = apps.get_model(row.table)
    assert model._base_manager.filter(**dict(row.key)).update(**columns) == 1


def test_an_untouched_hub_agrees_with_its_log(world: Contribution) -> None:
    assert _differences() == []
    assert [finding for finding in find_unsaid() if finding.table.startswith("reviews.")] == []


def test_the_columns_of_this_test_are_those_the_log_decides(world: Contribution) -> None:
    found: dict[str, set[str]] = {}
    for row in _expected():
        found.setdefault(row.table, set()).update(row.columns)
    assert found == COLUMNS


def test_every_other_column_names_the_row_itself() -> None:
    relations = {"reviewer_id": "reviewer__pseudonym", "entry_id": "entry__uid"}
    for table, decided in COLUMNS.items():
        fields = apps.get_model(table)._meta.concrete_fields
        assert {relations.get(field.attname, field.attname) for field in fields} == decided | FREE[table]


@pytest.mark.parametrize(("table", "column"), EVERY)
def test_a_changed_column_is_noticed(world: Contribution, table: str, column: str) -> None:
    rows = [row for row in _expected() if row.table == table and row.columns[column] is not ERASED]
    row = rows[-1]
    _write(row, _other(row.columns[column], column))
    assert (table, column) in {(difference.slot[0], difference.slot[2]) for difference in _differences()}


def test_a_wish_for_changes_that_the_contribution_forgot_is_noticed(world: Contribution) -> None:
    Contribution.objects.filter(state="asked").update(state="open")
    assert {difference.slot[2] for difference in _differences()} == {"state"}


@pytest.mark.parametrize("table", [Assessment, Work, Appeal, Review])
def test_a_row_that_is_gone_is_noticed(world: Contribution, table: type[models.Model]) -> None:
    Assessment.objects.all().delete()
    table._base_manager.all().delete()
    assert table._meta.label in {difference.slot[0] for difference in _differences()}


def test_rows_that_no_entry_speaks_of_are_found(world: Contribution, alice: Account, now: datetime) -> None:
    entry = Entry.objects.filter(type="account.registered")
    work = Work.objects.latest("submitted")
    Assessment.objects.create(
        work=work, reviewer=make_account(), effort=21, quality=100, comment="x", time=now, entry=entry.latest("id")
    )
    make_account()
    Review.objects.create(
        contribution=world, revision=work.revision, reviewer=alice, verdict="accept", time=now, entry=entry.latest("id"),
        checks=FrozenChecks.objects.earliest("digest"),
    )  # fmt: skip
    found = {finding.table for finding in find_unsaid() if finding.table.startswith("reviews.")}
    assert found == {ASSESSMENT, REVIEW}


def test_other_checks_in_their_place_are_found(world: Contribution) -> None:
    FrozenChecks.objects.update(body=b"{}")
    assert {finding.table for finding in find_unsaid()} == {"reviews.FrozenChecks"}


def test_erased_words_are_no_mismatch(
    world: Contribution, bob: Account, charlie: Account, dora: Account, now: datetime
) -> None:
    for person in (bob, charlie, dora):
        erase_account(person, now)
    assert not Review.objects.filter(reviewer=bob).exclude(comment="").exists()
    assert not Appeal.objects.exclude(comment="").exists()
    assert not Assessment.objects.filter(reviewer=dora).exclude(comment="").exists()
    assert [d for d in _differences() if d.slot[0].startswith("reviews.")] == []
