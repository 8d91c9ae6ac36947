"""Rows about a revision's files follow from its trees; whatever is changed in them, taken away or added is noticed."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from hub.accounts.models import Account
from hub.repositories.changes import Change
from hub.repositories.models import FileChange, Repository, Revision, SaltedLeaf, Tree
from hub.repositories.reading import all_files
from hub.repositories.recomputed import CHANGE, SALTED_LEAF, published_files, stray_leaves
from hub.repositories.services import change_visibility, publish_revision
from hub.uploads.models import Blob
from ledger.expecting import Deviation
from ledger.mismatches import from_deviation
from ledger.models import Entry
from ledger.selectors import to_view
from ledger.unsaid import find_unsaid
from tests.hub.repositories.conftest import Create, Publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(create: Create, publish: Publish, alice: Account, now: datetime) -> Repository:
    """A private repository with a file added, changed, removed; opened for one revision and closed again."""
    found = create("secret", visibility="private")
    publish(found, {"folder/a.csv": "1", "b.csv": "2", "c.csv": "3"})
    change = [Change("folder/a.csv", content=b"4"), Change("b.csv"), Change("d.csv", content=b"5")]
    publish_revision(account=alice, repository=found, changes=change, message="", kind="data", now=now)
    change_visibility(account=alice, repository=found, visibility="public", now=now)
    publish(found, {"folder/a.csv": "6"})
    change_visibility(account=alice, repository=found, visibility="private", now=now)
    publish(found, {"folder/a.csv": "7", "e.csv": "8"})
    publish(found, {"e.csv": "9"})
    return found


@pytest.fixture
def opened(create: Create, publish: Publish) -> Repository:
    """A public repository with three kinds of changes."""
    found = create("opened")
    publish(found, {"folder/a.csv": "1", "b.csv": "2"})
    publish(found, {"folder/a.csv": "3"})
    return found


def deviations() -> Iterator[Deviation]:
    for row in Entry.objects.filter(type="revision.published").prefetch_related("detail_groups").order_by("id"):
        yield from published_files(to_view(row))


def found() -> set[tuple[str, str]]:
    return {(deviation.table, deviation.column) for deviation in deviations()}


def another_blob(row: Any) -> str:
    return Blob.objects.exclude(pk__in=[row.blob_id or "", getattr(row, "old_blob_id", None) or ""]).earliest("pk").pk


def test_what_publishing_wrote_agrees_with_the_trees(secret: Repository, opened: Repository) -> None:
    assert list(deviations()) == []
    assert list(stray_leaves()) == []
    assert {row.action for row in FileChange.objects.all()} == {"added", "changed", "removed"}


CHANGE_COLUMNS = ["repository_id", "number", "action", "blob_id", "old_blob_id", "size", "old_size"]


def test_every_column_is_changed_below() -> None:
    names = {"id", "revision_id", "path"}
    assert {field.attname for field in FileChange._meta.concrete_fields} == names | set(CHANGE_COLUMNS)
    assert {field.attname for field in SaltedLeaf._meta.concrete_fields} == {"id", "repository_id", "leaf", "blob_id"}


def other(row: FileChange, column: str) -> Any:
    if column == "repository_id":
        return Repository.objects.exclude(pk=row.repository_id).earliest("created").pk
    if column == "action":
        return "added" if row.action == "removed" else "removed"
    if column in {"blob_id", "old_blob_id"}:
        return another_blob(row)
    return (getattr(row, column) or 0) + 1_000


@pytest.mark.parametrize("column", CHANGE_COLUMNS)
@pytest.mark.parametrize("name", ["secret", "opened"])
@pytest.mark.parametrize("place", [0, -1], ids=["first", "last"])
def test_a_changed_column_of_a_change_is_noticed(
    secret: Repository, opened: Repository, name: str, place: int, column: str
) -> None:
    row = list(FileChange.objects.filter(repository__name=name).order_by("pk"))[place]
    FileChange.objects.filter(pk=row.pk).update(**{column: other(row, column)})
    assert found() == {(CHANGE, column)}


@pytest.mark.parametrize("column", ["blob_id", "old_blob_id"])
def test_bytes_that_are_taken_from_a_change_are_noticed(opened: Repository, column: str) -> None:
    row = FileChange.objects.filter(action="changed").latest("pk")
    FileChange.objects.filter(pk=row.pk).update(**{column: None})
    assert found() == {(CHANGE, column)}


def test_a_change_at_another_path_is_noticed(opened: Repository) -> None:
    row = FileChange.objects.latest("pk")
    FileChange.objects.filter(pk=row.pk).update(path="elsewhere")
    assert [(d.column, d.expected, d.found) for d in deviations()] == [("", 0, 1), ("", 1, 0)]


def test_a_change_of_another_revision_is_noticed(opened: Repository) -> None:
    row = FileChange.objects.filter(path="b.csv").latest("pk")
    FileChange.objects.filter(pk=row.pk).update(revision=Revision.objects.latest("number"))
    assert [(d.key["revision_id"] == row.revision_id, d.found) for d in deviations()] == [(True, 0), (False, 1)]


@pytest.mark.parametrize("name", ["secret", "opened"])
def test_a_change_that_is_gone_is_noticed(secret: Repository, opened: Repository, name: str) -> None:
    for row in FileChange.objects.filter(repository__name=name):
        FileChange.objects.filter(pk=row.pk).delete()
        assert found() == {(CHANGE, "")}
        row.save(force_insert=True)
    assert found() == set()


def test_a_change_that_was_added_is_noticed(opened: Repository) -> None:
    row = FileChange.objects.latest("pk")
    row.pk, row.path = None, "never/published.csv"
    row.save(force_insert=True)
    assert [(d.key["path"], d.expected, d.found) for d in deviations()] == [("never/published.csv", 0, 1)]


def test_a_salted_leaf_that_stands_for_other_bytes_is_noticed(secret: Repository) -> None:
    read = {leaf.digest for revision in Revision.objects.filter(salted=True) for _, leaf in all_files(revision)}
    rows = SaltedLeaf.objects.filter(leaf__in=read)
    assert len(rows) == len(read) > 5
    for row in rows:
        rows.filter(pk=row.pk).update(blob=another_blob(row))
        assert {(SALTED_LEAF, "blob_id")} <= found()
        rows.filter(pk=row.pk).update(blob=row.blob_id)
    assert found() == set()


@pytest.mark.parametrize("column", ["leaf", "repository_id"])
def test_a_salted_leaf_of_something_else_is_noticed_from_both_sides(
    secret: Repository, opened: Repository, column: str
) -> None:
    row = SaltedLeaf.objects.earliest("pk")
    SaltedLeaf.objects.filter(pk=row.pk).update(**{column: "a" * 64 if column == "leaf" else opened.pk})
    assert found() == {(SALTED_LEAF, "")}
    assert len(list(stray_leaves())) == 1


def test_a_salted_leaf_that_was_added_is_found_on_its_repositorys_pages(secret: Repository) -> None:
    SaltedLeaf.objects.create(repository=secret, leaf="b" * 64, blob=Blob.objects.earliest("pk"))
    assert list(deviations()) == []
    [finding] = find_unsaid()
    assert (finding.subject, finding.table, finding.column) == (f"repo:{secret.pk}", SALTED_LEAF, "(no entry)")


def test_another_salt_is_noticed(secret: Repository) -> None:
    revision = Revision.objects.get(repository=secret, number=1)
    Revision.objects.filter(pk=revision.pk).update(salt=bytes(32))
    assert {(CHANGE, "blob_id"), (SALTED_LEAF, "blob_id")} <= found()


@pytest.mark.parametrize("body", [None, b'{"members":[]}'], ids=["gone", "changed"])
def test_a_directory_that_cannot_be_read_is_said_of_its_revision(opened: Repository, body: bytes | None) -> None:
    below = Tree.objects.exclude(pk__in=Revision.objects.values("root_tree"))
    for row in below:
        if body is None:
            below.filter(pk=row.pk).delete()
        else:
            below.filter(pk=row.pk).update(body=body)
    assert found() == {("repositories.Revision", "(files)")}


def test_nothing_that_is_said_tells_a_path_or_the_digest_of_a_file(secret: Repository) -> None:
    for row in FileChange.objects.all():
        FileChange.objects.filter(pk=row.pk).update(path=f"alice-{row.pk}", blob=another_blob(row))
    for leaf in SaltedLeaf.objects.all():
        SaltedLeaf.objects.filter(pk=leaf.pk).update(blob=another_blob(leaf))
    entry = to_view(Entry.objects.filter(type="revision.published").earliest("id"))
    said = "".join(
        finding.key + finding.expected + finding.found
        for finding in (from_deviation(entry, deviation) for deviation in deviations())
    )
    assert "alice" not in said
    assert "csv" not in said
    assert not any(digest in said for digest in Blob.objects.values_list("pk", flat=True))
