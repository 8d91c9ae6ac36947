"""The audit notices a change of every column that an entry decides, and nothing else."""

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

from hub.accounts.models import Account
from hub.repositories.expected import EXPECTED
from hub.repositories.models import LineageEdge, Reference, Repository, Revision
from hub.repositories.services import add_maintainer, change_visibility, edit_card, rename, withdraw
from ledger.comparing import Comparison, Difference
from ledger.expecting import ERASED, ExpectedRow
from ledger.models import Entry
from ledger.records import EntryView
from ledger.selectors import to_view
from ledger.services import erase_details
from tests.hub.factories import make_account
from tests.hub.repositories.conftest import CARD, Create, Publish

pytestmark = pytest.mark.django_db
OUTSIDE = "https://archive.example/cells"
SOURCES = f"---\nlicense: mit\ndatasets: [alice/cells, {OUTSIDE}]\nbase_model: gpt2\n---\n\n# m\n"


@pytest.fixture
def world(create: Create, publish: Publish, alice: Account, now: datetime) -> Repository:
    """A model with sources, metrics, a reason; a dataset renamed, opened; one repository withdrawn."""
    dataset = create("cells")
    publish(dataset, {"cells.csv": "1"})
    rename(account=alice, repository=dataset, name="cell-samples", now=now)
    rename(account=alice, repository=dataset, name="cells", now=now)
    model = create("logistic", kind="model", card=SOURCES)
    publish(
        model, {"w": "1"}, kind="tuning", message="Scaled.", metrics=[{"name": "accuracy", "value": "0.97", "n": 5}]
    )
    opened = create("opened", visibility="private")
    publish(opened, {"a": "1"})
    change_visibility(account=alice, repository=opened, visibility="public", now=now)
    closed = create("gone", visibility="private")
    withdraw(account=alice, repository=closed, reason="error", now=now)
    return model


def views() -> list[EntryView]:
    """Every entry about repositories, with a place in the log as the sequencer gives it."""
    for index, pk in enumerate(Entry.objects.order_by("id").values_list("pk", flat=True)):
        Entry.objects.filter(pk=pk).update(leaf_index=index)
    rows = Entry.objects.prefetch_related("detail_groups").order_by("leaf_index")
    return [to_view(row) for row in rows if row.type in EXPECTED]


def differences() -> list[Difference]:
    return Comparison().compare(views())


def expected() -> Iterator[tuple[EntryView, ExpectedRow]]:
    for view in views():
        for row in EXPECTED[view.type](view, view.details):
            yield view, row


def other(value: Any, column: str, alice: Account, model: Repository) -> dict[str, Any]:
    """Columns to write so that `column` says something else, as somebody with the database in hands could."""
    if column == "owner__pseudonym":
        return {"owner": make_account()}
    if column == "author__pseudonym":
        return {"author": make_account()}
    if column == "entry__uid":
        return {"entry": Entry.objects.filter(type="account.registered").latest("id")}
    if column in {"head_id", "revision_id", "source_id", "parent_id"}:
        return {column: Revision.objects.exclude(pk=value).filter(repository=model).earliest("number").pk}
    if column == "repository_id":
        return {column: Repository.objects.exclude(pk=value).earliest("created").pk}
    if column == "root_tree_id":
        return {column: Revision.objects.exclude(root_tree_id=value).earliest("published").root_tree_id}
    if column == "metrics":
        return {column: [{"name": "accuracy", "value": "0.99", "better": "higher"}]}
    return {column: _other_plain(value)}


def _other_plain(value: Any) -> Any:
    if value is None:
        return datetime(2026, 1, 1).astimezone()
    if isinstance(value, datetime):
        return value + timedelta(milliseconds=1)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1_000
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1])
    return {"public": "private", "private": "public", "model": "dataset", "dataset": "model"}.get(
        value, f"{value}x"[-16:]
    )


def model_of(table: str) -> type[models.Model]:
    return apps.get_model(table)


CONSTRAINTS = [("lineageedge", "edge_one_source"), ("revision", "number_once"), ("revision", "salted_with_salt")]


def write(row: ExpectedRow, columns: Mapping[str, Any]) -> None:
    """Change the row without asking the constraints that stand in the way of some columns."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table, constraint in CONSTRAINTS:
            cursor.execute(f"ALTER TABLE repositories_{table} DROP CONSTRAINT IF EXISTS repositories_{constraint}")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    changed = model_of(row.table)._base_manager.filter(**dict(row.key)).update(**dict(columns))
    assert changed == 1


COLUMNS = {
    "repositories.Repository": {
        "kind", "visibility", "owner__pseudonym", "name", "created", "changed", "withdrawn", "head_id", "revision_count",
        "licence", "entry__uid", "salt",
    },
    "repositories.Revision": {
        "repository_id", "number", "body", "root_tree_id", "parent_id", "kind", "author__pseudonym", "message", "licence",
        "metrics", "file_count", "byte_count", "salted", "published", "entry__uid",
    },
    "repositories.Reference": {"revision_id"},
    "repositories.LineageEdge": {"outside_digest", "outside_url", "source_id"},
}  # fmt: skip
EVERY = sorted((table, column) for table, columns in COLUMNS.items() for column in columns)


def test_an_untouched_hub_agrees_with_its_log(world: Repository) -> None:
    assert differences() == []


def test_the_columns_of_this_test_are_those_the_log_decides(world: Repository) -> None:
    found: dict[str, set[str]] = {}
    for _view, row in expected():
        found.setdefault(row.table, set()).update(row.columns)
    assert found == COLUMNS


def test_every_other_column_is_known_not_to_be_in_the_log() -> None:
    """Columns that the log does not decide: what the card's bytes say, random salt, and what names the row itself."""
    free = {
        "repositories.Repository": {"id", "summary", "tags", "search_text"},
        "repositories.Revision": {"id", "salt"},
        "repositories.Reference": {"id", "repository_id", "kind", "name"},
        "repositories.LineageEdge": {"id", "revision_id", "relation"},
    }
    relations = {"owner_id": "owner__pseudonym", "author_id": "author__pseudonym", "entry_id": "entry__uid"}
    for table, decided in COLUMNS.items():
        columns = {relations.get(field.attname, field.attname) for field in model_of(table)._meta.concrete_fields}
        assert columns == decided | free[table]


@pytest.mark.parametrize(("table", "column"), EVERY)
def test_a_changed_column_is_noticed(world: Repository, alice: Account, table: str, column: str) -> None:
    last: dict[str, ExpectedRow] = {}
    for _view, row in expected():
        if row.table == table and column in row.columns and row.columns[column] is not ERASED:
            last[str(row.key)] = row
    row = list(last.values())[-1]
    write(row, other(row.columns[column], column, alice, world))
    found = {(difference.slot[0], difference.slot[2]) for difference in differences()}
    assert (table, column) in found


@pytest.mark.parametrize("column", ["relation", "source_id"])
def test_a_source_that_names_something_else_is_noticed(world: Repository, column: str) -> None:
    edge = LineageEdge.objects.filter(source__isnull=False).latest("pk")
    value = "merge" if column == "relation" else Revision.objects.filter(repository=world).earliest("number").pk
    LineageEdge.objects.filter(pk=edge.pk).update(**{column: value})
    assert "repositories.LineageEdge" in {difference.slot[0] for difference in differences()}


@pytest.mark.parametrize("table", [Reference, LineageEdge])
def test_a_row_that_is_gone_is_noticed(world: Repository, table: type[models.Model]) -> None:
    table._base_manager.filter().delete()
    assert differences() != []


def test_a_branch_that_points_elsewhere_is_noticed(world: Repository) -> None:
    first = Revision.objects.filter(repository=world).earliest("number")
    Reference.objects.filter(repository=world).update(revision=first)
    assert [difference.slot[2] for difference in differences()] == ["revision_id"]


def test_what_later_entries_changed_is_no_mismatch(
    world: Repository, publish: Publish, alice: Account, now: datetime
) -> None:
    publish(world, {"w": "2"}, kind="tuning")
    rename(account=alice, repository=world, name="other", now=now)
    change_visibility(account=alice, repository=world, visibility="private", now=now)
    withdraw(account=alice, repository=world, reason="error", now=now)
    assert differences() == []


def test_erased_words_are_no_mismatch(world: Repository, alice: Account) -> None:
    for entry in Entry.objects.all():
        for group in entry.detail_groups.all():
            erase_details(entry.uid, group.group)
    Revision.objects.update(message="")
    LineageEdge.objects.exclude(outside_url="").update(outside_url="")
    assert [d for d in differences() if d.slot[0].startswith("repositories.")] == []


def test_what_the_log_does_not_decide_can_change_freely(world: Repository, alice: Account, bob: Account) -> None:
    Repository.objects.update(summary="Other words.", tags=["x"], search_text="y")
    add_maintainer(account=alice, repository=world, handle="bob")
    assert differences() == []


def test_a_moved_tag_is_expected_where_it_was_moved_to() -> None:
    def rows(data: dict[str, Any], details: dict[str, Any]) -> list[ExpectedRow]:
        view = EntryView(
            uuid.uuid4(), 1, "reference.moved", f"repo:{uuid.uuid4()}", "acct:" + "0" * 32, datetime(2026, 1, 1).astimezone(),
            {"kind": "tag", "reference": "0" * 64, **data}, details, b"", b"",
        )  # fmt: skip
        return EXPECTED["reference.moved"](view, details)

    name = {"name": {"name": "v1"}}
    (moved,) = rows({"to": "rev:" + "1" * 64}, name)
    assert (moved.key["name"], moved.columns) == ("v1", {"revision_id": "1" * 64})
    (removed,) = rows({"from": "rev:" + "1" * 64}, name)
    assert removed.absent
    assert rows({"to": "rev:" + "1" * 64}, {}) == []


def test_editing_a_card_agrees_too(world: Repository, alice: Account, now: datetime) -> None:
    edit_card(account=alice, repository=world, text=CARD, message="x", now=now)
    assert differences() == []
