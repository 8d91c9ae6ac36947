"""The audit notices a change of every column that the log decides, rows that were slipped in, and files that differ."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

from hub.accounts.models import Account
from hub.contributions import services
from hub.contributions.expected import CONSENT, CONTRIBUTION, EXPECTED, PROPOSAL, REVISION
from hub.contributions.models import Consent, Contribution, Proposal
from hub.contributions.recomputed import proposed, stray_revisions
from hub.contributions.selectors import KEPT, newest_revision_id
from hub.contributions.upkeep import release_files
from hub.repositories.models import FileChange, LineageEdge, Repository, Revision, Tree
from hub.repositories.services import add_maintainer, change_visibility, withdraw
from ledger import expecting
from ledger.comparing import Comparison, Difference
from ledger.expecting import ERASED, ExpectedRow
from ledger.models import Entry
from ledger.records import EntryView
from ledger.selectors import to_view
from ledger.services import erase_details
from ledger.unsaid import find_unsaid
from tests.hub.contributions.conftest import CELLS, Clock, Propose
from tests.hub.factories import make_account
from tests.hub.repositories.conftest import Create, Publish, texts

pytestmark = pytest.mark.django_db
OUTSIDE = "https://archive.example/cells"
CARD = f"---\nlicense: mit\ndatasets: [{OUTSIDE}]\n---\n\n# cells\n\nMore.\n"


@pytest.fixture(autouse=True)
def _contributions_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this floor says of its own rows. Decisions are made by the room above, which adds its rows."""
    for event_type, rows in EXPECTED.items():
        monkeypatch.setitem(expecting._functions, event_type, rows)


@pytest.fixture
def world(
    cells: Repository, propose: Propose, alice: Account, bob: Account, charlie: Account, later: Clock
) -> Contribution:
    """One contribution in each state; the last one waits in its second version."""
    withdrawn, declined, appealed = propose({"a": "1"}), propose({"b": "1"}), propose({"c": "1"})
    services.withdraw(account=bob, contribution=withdrawn, reason="Wrong.", now=later())
    services.decline(contribution=declined, actor=alice, reason="quality", comment="No.", now=later())
    services.decline(contribution=appealed, actor=alice, reason="quality", now=later())
    services.reopen_for_appeal(contribution=appealed, actor=bob, comment="Look again.", now=later())
    accepted = propose(authors=[("bob", 6_000), ("charlie", 4_000)])
    services.join(account=charlie, contribution=accepted, bps=4_000, now=later())
    services.accept(contribution=accepted, actor=alice, checks="d" * 64, now=later())
    waiting = propose({"README.md": CARD, "d": "1"}, metrics=[{"name": "accuracy", "value": "0.9"}])
    changes = texts({"cells.csv": CELLS})
    return services.update_contribution(
        account=bob, contribution=waiting, changes=changes, title="Words", reason="Why.", now=later()
    )


def views() -> list[EntryView]:
    """Every entry, with a place in the log as the sequencer gives it."""
    for index, pk in enumerate(Entry.objects.order_by("id").values_list("pk", flat=True)):
        Entry.objects.filter(pk=pk).update(leaf_index=index)
    return [to_view(row) for row in Entry.objects.prefetch_related("detail_groups").order_by("leaf_index")]


def differences() -> list[Difference]:
    return Comparison().compare(views())


def expected() -> Iterator[ExpectedRow]:
    for view in views():
        if view.type in EXPECTED:
            yield from EXPECTED[view.type](view, view.details)


def deviations() -> set[tuple[str, str]]:
    rows = (view for view in views() if view.type in {"contribution.opened", "contribution.updated"})
    return {(each.table, each.column) for view in rows for each in proposed(view)}


COLUMNS = {
    CONTRIBUTION: {
        "repository_id", "number", "contributor__pseudonym", "title", "reason", "kind", "authors", "state",
        "proposal__revision_id", "result_id", "opened", "changed", "waiting", "decided", "appealed", "entry__uid",
    },
    PROPOSAL: {"contribution_id", "base_id", "time", "entry__uid"},
    CONSENT: {"contribution_id", "account__pseudonym", "revision_id", "bps", "time"},
    REVISION: {
        "repository_id", "number", "parent_id", "kind", "author__pseudonym", "message", "published", "entry__uid",
    },
}  # fmt: skip
# What names the row itself, and what follows from the order of the entries and the end of a contribution (below).
FREE = {
    CONTRIBUTION: {"id", "released"},
    PROPOSAL: {"id", "revision_id", "version", "rebased"},
    CONSENT: {"id", "entry__uid"},
}
RELATIONS = {
    "account_id": "account__pseudonym",
    "contributor_id": "contributor__pseudonym",
    "entry_id": "entry__uid",
    "proposal_id": "proposal__revision_id",
}


def test_an_untouched_hub_agrees_with_its_log(world: Contribution) -> None:
    assert differences() == []
    assert deviations() == set()
    assert list(stray_revisions()) == []
    assert list(find_unsaid()) == []


def test_the_columns_of_this_test_are_those_the_log_decides(world: Contribution) -> None:
    found: dict[str, set[str]] = {}
    for row in expected():
        found.setdefault(row.table, set()).update(row.columns)
    assert found == COLUMNS


def test_every_other_column_is_known_not_to_be_in_the_log() -> None:
    for table, free in FREE.items():
        model: type[models.Model] = apps.get_model(table)
        columns = {RELATIONS.get(field.attname, field.attname) for field in model._meta.concrete_fields}
        assert columns == COLUMNS[table] | free


def other(value: Any, column: str) -> dict[str, Any]:
    """Columns to write so that `column` says something else, as somebody with the database in hands could."""
    related: dict[str, Any] = {
        "account__pseudonym": lambda: {"account": make_account()},
        "contributor__pseudonym": lambda: {"contributor": make_account()},
        "author__pseudonym": lambda: {"author": make_account()},
        "entry__uid": lambda: {"entry": Entry.objects.filter(type="account.registered").latest("id")},
        "proposal__revision_id": lambda: {"proposal": Proposal.objects.exclude(revision=value).earliest("pk")},
        "contribution_id": lambda: {column: Contribution.objects.exclude(pk=value).earliest("number").pk},
        "repository_id": lambda: {column: Repository.objects.exclude(pk=value).earliest("created").pk},
        "authors": lambda: {column: [{**value[0], "bps": 9_999}]},
        "kind": lambda: {column: "code"},
        "state": lambda: {column: "asked" if value == "open" else "open"},
    }
    if column in {"base_id", "parent_id", "result_id", "revision_id"}:
        return {column: Revision.objects.exclude(pk=value).earliest("number").pk}
    return related[column]() if column in related else {column: _other_plain(value, column)}


def _other_plain(value: Any, column: str) -> Any:
    if value is None:
        return 77 if column == "number" else datetime(2026, 1, 1).astimezone()
    if isinstance(value, datetime):
        return value + timedelta(milliseconds=1)
    return value + 1_000 if isinstance(value, int) else f"{value}x"


CONSTRAINTS = [
    ("contributions_contribution", "contributions_accepted_with_result"),
    ("contributions_contribution", "contributions_number_once"),
    ("contributions_proposal", "contributions_version_once"),
    ("contributions_consent", "contributions_agreed_once"),
]


def write(row: ExpectedRow, columns: Mapping[str, Any]) -> None:
    """Change the row without asking the constraints that stand in the way of some columns."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table, constraint in CONSTRAINTS:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {constraint}")
        for table in ("contributions_contribution", "contributions_proposal"):
            cursor.execute("SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'u'", [table])
            for (name,) in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    assert apps.get_model(row.table)._base_manager.filter(**dict(row.key)).update(**dict(columns)) == 1


@pytest.mark.parametrize(
    ("table", "column"), sorted((table, column) for table, columns in COLUMNS.items() for column in columns)
)
def test_a_changed_column_is_noticed(world: Contribution, create: Create, table: str, column: str) -> None:
    create("other")
    last: dict[str, ExpectedRow] = {}
    for row in expected():
        # Of an accepted proposal the entry that published it has the last word.
        if row.table != table or (table == REVISION and Revision.objects.filter(pk=str(row.key["id"])).exists()):
            continue
        if column in row.columns and row.columns[column] is not ERASED:
            last[str(row.key)] = row
    row = list(last.values())[-1]
    write(row, other(row.columns[column], column))
    assert (table, column) in {(difference.slot[0], difference.slot[2]) for difference in differences()}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("body", b"{}"),
        ("licence", "Apache-2.0"),
        ("metrics", [{"name": "accuracy", "value": "0.99", "better": "higher"}]),
        ("file_count", 99),
        ("byte_count", 99),
        ("root_tree_id", None),
    ],
)
def test_what_a_proposed_revision_says_follows_from_its_object(world: Contribution, column: str, value: Any) -> None:
    assert world.proposal is not None
    row = world.proposal.revision
    given = Tree.objects.exclude(pk=row.root_tree_id).earliest("pk").pk if value is None else value
    Revision.all_states.filter(pk=row.pk).update(**{column: given})
    assert (REVISION, column) in deviations()


def test_a_form_that_differs_is_noticed(world: Contribution) -> None:
    assert world.proposal is not None
    Revision.all_states.filter(pk=world.proposal.revision_id).update(salted=True, salt=b"0" * 32)
    assert (REVISION, "salted") in deviations()


def test_sources_of_a_proposal_follow_from_its_object(world: Contribution) -> None:
    assert world.proposal is not None
    edges = LineageEdge.objects.filter(revision=world.proposal.revision_id)
    edges.update(outside_url="https://elsewhere.example")
    assert ("repositories.LineageEdge", "outside_url") in deviations()
    edges.update(relation="merge")
    assert ("repositories.LineageEdge", "") in deviations()
    edges.delete()
    assert ("repositories.LineageEdge", "") in deviations()


@pytest.mark.parametrize("column", ["number", "size", "blob_id"])
def test_files_of_a_proposal_follow_from_its_trees(world: Contribution, column: str) -> None:
    assert world.proposal is not None
    row = FileChange.objects.filter(revision=world.proposal.revision_id).order_by("path").last()
    assert row is not None
    other_blob = FileChange.objects.exclude(blob=row.blob_id).exclude(blob=None).earliest("pk").blob_id
    FileChange.objects.filter(pk=row.pk).update(**{column: other_blob if column == "blob_id" else 99})
    assert ("repositories.FileChange", column) in deviations()


# --- what follows from the order of the entries --------------------------------------------------
@pytest.mark.parametrize("which", [1, 2])
def test_the_number_of_a_version_is_its_place(world: Contribution, which: int) -> None:
    row = world.proposals.get(version=which)
    Proposal.objects.filter(pk=row.pk).update(version=7)
    assert deviations() == {(PROPOSAL, "version")}


def test_refs_pr_is_the_version_that_the_audit_compares_and_not_the_highest_number(world: Contribution) -> None:
    first = world.proposals.get(version=1)
    Proposal.objects.filter(pk=first.pk).update(version=7)
    assert world.proposal is not None
    assert newest_revision_id(world.repository, world.number) == world.proposal.revision_id


@pytest.mark.parametrize("which", [1, 2])
def test_nothing_was_moved_that_stands_on_the_same_base(world: Contribution, which: int) -> None:
    world.proposals.filter(version=which).update(rebased=True)
    assert deviations() == {(PROPOSAL, "rebased")}


def test_what_was_moved_says_so(world: Contribution, publish: Publish, bob: Account, later: Clock) -> None:
    publish(world.repository, {"another": "1"})
    services.rebase(account=bob, contribution=world, now=later())
    assert deviations() == set()
    world.proposals.filter(version=3).update(rebased=False)
    assert deviations() == {(PROPOSAL, "rebased")}


def test_after_a_change_of_visibility_a_version_is_moved_to_the_same_base_or_made_anew(
    private: Repository, propose: Propose, alice: Account, bob: Account, later: Clock
) -> None:
    add_maintainer(account=alice, repository=private, handle="bob")
    contribution = propose({"a": "1"}, repository=private)
    change_visibility(account=alice, repository=private, visibility="public", now=later())
    services.rebase(account=bob, contribution=contribution, now=later())
    assert deviations() == set()


@pytest.mark.parametrize("end", ["", "withdrawn", "repository"])
def test_files_are_not_said_to_be_gone_before_they_may_be(
    propose: Propose, alice: Account, bob: Account, later: Clock, end: str
) -> None:
    contribution, ended = propose({"a": "1"}), later()
    if end == "withdrawn":
        services.withdraw(account=bob, contribution=contribution, now=ended)
    elif end == "repository":
        withdraw(account=alice, repository=contribution.repository, reason="error", now=ended)
    FileChange.objects.filter(revision__proposal__contribution=contribution).delete()
    Contribution.objects.update(released=ended + KEPT)
    assert deviations() == {(CONTRIBUTION, "released"), ("repositories.FileChange", "")}
    Contribution.objects.update(released=ended + KEPT + timedelta(milliseconds=1))
    assert deviations() == (set() if end else {(CONTRIBUTION, "released"), ("repositories.FileChange", "")})


def test_files_that_are_gone_are_not_there(propose: Propose, bob: Account, later: Clock) -> None:
    contribution, ended = propose({"a": "1"}), later()
    services.withdraw(account=bob, contribution=contribution, now=ended)
    Contribution.objects.update(released=ended + KEPT * 2)
    assert deviations() == {("repositories.FileChange", "")}
    Contribution.objects.update(released=None)
    assert release_files(ended + KEPT * 2) == 1
    assert deviations() == set()


def test_a_revision_that_nobody_proposed_is_found(world: Contribution) -> None:
    assert world.proposal is not None
    entry = Entry.objects.filter(type="account.registered").earliest("id")
    row = Revision.all_states.get(pk=world.proposal.revision_id)
    row.pk, row.entry = "e" * 64, entry
    row.save(force_insert=True)
    assert [deviation.key for _subject, deviation in stray_revisions()] == [{"id": "e" * 64}]


def test_a_contribution_that_the_log_does_not_know_is_found(world: Contribution) -> None:
    entry = Entry.objects.filter(type="account.registered").earliest("id")
    given = {"repository": world.repository, "contributor": world.contributor, "title": "x", "kind": "data"}
    moment = world.opened
    Contribution.objects.create(number=99, authors=[], opened=moment, changed=moment, entry=entry, **given)
    assert "contributions.Contribution" in {finding.table for finding in find_unsaid()}


def test_a_consent_that_the_log_does_not_know_is_found(world: Contribution, alice: Account) -> None:
    assert world.proposal is not None
    entry = Entry.objects.filter(type="account.registered").earliest("id")
    Consent.objects.create(
        contribution=world, account=alice, revision=world.proposal.revision, bps=1, time=world.opened, entry=entry
    )
    assert "contributions.Consent" in {finding.table for finding in find_unsaid()}


def test_erased_words_are_no_mismatch(world: Contribution) -> None:
    for entry in Entry.objects.all():
        for group in entry.detail_groups.all():
            erase_details(entry.uid, group.group)
    Contribution.objects.update(title="", reason="")
    Revision.objects.update(message="")
    assert [d.slot for d in differences() if d.slot[0].startswith("contributions.")] == []
