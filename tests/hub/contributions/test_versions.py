"""What becomes of a proposal before it is decided: new versions, another base, withdrawal."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub.accounts.models import Account
from hub.contributions import selectors, services
from hub.contributions.errors import NewerProposal, Over, PathsCollide, StaleBase
from hub.contributions.models import Contribution
from hub.contributions.proposing import move
from hub.errors import Conflict, Invalid, NotAllowed
from hub.repositories.errors import StaleParent
from hub.repositories.models import Repository, Revision
from hub.repositories.services import add_maintainer, change_visibility
from tests.hub.contributions.conftest import CELLS, Clock, Propose
from tests.hub.contributions.looking import last_entry, proposed, text_at
from tests.hub.repositories.conftest import Publish, texts

pytestmark = pytest.mark.django_db


# --- new versions --------------------------------------------------------------------------------
def test_a_new_version_has_the_changes_of_the_one_before_and_its_own(
    propose: Propose, cells: Repository, bob: Account, later: Clock
) -> None:
    contribution = propose()
    changes = texts({"more.txt": "two", "notes.txt": None})
    updated = services.update_contribution(account=bob, contribution=contribution, changes=changes, now=later())
    found = proposed(updated)
    assert {row.path: row.action for row in found.changes.all()} == {
        "cells.csv": "changed",
        "more.txt": "added",
        "notes.txt": "removed",
    }
    assert found.parent_id == cells.head_id
    assert [each.version for each in selectors.proposals(updated)] == [1, 2]


def test_what_is_taken_back_is_no_change_any_more(propose: Propose, bob: Account, later: Clock) -> None:
    contribution = propose({"cells.csv": f"{CELLS}3,30\n", "b": "1"})
    changes = texts({"cells.csv": CELLS})
    updated = services.update_contribution(account=bob, contribution=contribution, changes=changes, now=later())
    assert [row.path for row in proposed(updated).changes.all()] == ["b"]


def test_what_a_new_version_does_not_say_stays(propose: Propose, bob: Account, charlie: Account, later: Clock) -> None:
    measured = [{"name": "rows_valid", "value": "3", "better": "higher"}]
    contribution = propose(metrics=measured, authors=[("bob", 1), ("charlie", 9_999)])
    updated = services.update_contribution(account=bob, contribution=contribution, title="Another title", now=later())
    assert (updated.title, updated.reason, updated.kind) == ("Another title", "It was missing.", "data")
    assert proposed(updated).metrics == measured
    assert len(updated.authors) == 2
    assert last_entry().details["title"] == {"title": "Another title"}


def test_only_who_proposed_changes_it(propose: Propose, alice: Account, charlie: Account, later: Clock) -> None:
    contribution = propose(authors=[("bob", 1), ("charlie", 9_999)])
    for account in (alice, charlie):
        with pytest.raises(NotAllowed):
            services.update_contribution(account=account, contribution=contribution, title="x", now=later())
        with pytest.raises(NotAllowed):
            services.withdraw(account=account, contribution=contribution, now=later())
        with pytest.raises(NotAllowed):
            services.rebase(account=account, contribution=contribution, now=later())


def test_a_version_that_was_changed_meanwhile_is_not_changed_again(
    propose: Propose, bob: Account, later: Clock
) -> None:
    contribution = propose()
    seen = proposed(contribution).pk
    services.update_contribution(account=bob, contribution=contribution, title="x", now=later())
    with pytest.raises(NewerProposal):
        services.update_contribution(
            account=bob, contribution=contribution, title="y", now=later(), expected_proposal=seen
        )


def test_a_new_version_waits_for_a_decision_anew(propose: Propose, alice: Account, bob: Account, later: Clock) -> None:
    contribution = propose()
    services.mark_asked(contribution=contribution, actor=alice, now=later())
    assert (contribution.state, contribution.waiting) == ("asked", None)
    moment = later()
    updated = services.update_contribution(account=bob, contribution=contribution, title="x", now=moment)
    assert (updated.state, updated.waiting) == ("open", moment)


# --- moving to another base ----------------------------------------------------------------------
def test_a_proposal_is_stale_once_the_repository_moves_on(
    propose: Propose, cells: Repository, publish: Publish
) -> None:
    contribution = propose()
    assert not selectors.is_stale(contribution)
    publish(cells, {"b": "1"})
    contribution.repository.refresh_from_db()
    assert selectors.is_stale(contribution)


def test_moving_applies_the_own_changes_by_path(
    propose: Propose, cells: Repository, publish: Publish, bob: Account, later: Clock
) -> None:
    contribution = propose()
    publish(cells, {"notes.txt": "two\n", "b": "1"})
    moved = services.rebase(account=bob, contribution=contribution, now=later())
    found = proposed(moved)
    assert found.parent_id == cells.head_id
    assert [row.path for row in found.changes.all()] == ["cells.csv"]
    assert (text_at(found, "notes.txt"), text_at(found, "b")) == ("two\n", "1")
    assert not selectors.is_stale(moved)
    assert last_entry().type == "contribution.updated"
    assert selectors.newest_proposal(moved).rebased


def test_paths_that_both_changed_are_listed(
    propose: Propose, cells: Repository, publish: Publish, bob: Account, later: Clock
) -> None:
    contribution = propose({"cells.csv": "id,area\n9,9\n", "notes.txt": None, "b": "1"})
    publish(cells, {"cells.csv": "id,area\n", "notes.txt": "two\n"})
    with pytest.raises(PathsCollide) as refused:
        services.rebase(account=bob, contribution=contribution, now=later(), mine=["cells.csv"])
    assert refused.value.paths == ["notes.txt"]
    moved = services.rebase(
        account=bob, contribution=contribution, now=later(), mine=["cells.csv"], theirs=["notes.txt"]
    )
    assert {row.path: row.action for row in proposed(moved).changes.all()} == {"b": "added", "cells.csv": "changed"}


def test_a_removal_that_counts_removes(
    propose: Propose, cells: Repository, publish: Publish, bob: Account, later: Clock
) -> None:
    contribution = propose({"notes.txt": None})
    publish(cells, {"notes.txt": "two\n"})
    moved = services.rebase(account=bob, contribution=contribution, now=later(), mine=["notes.txt"])
    assert {row.path: row.action for row in proposed(moved).changes.all()} == {"notes.txt": "removed"}


def test_what_the_repository_has_already_is_not_proposed_again(
    propose: Propose, cells: Repository, publish: Publish, bob: Account, later: Clock
) -> None:
    contribution = propose({"a": "1", "b": "1"})
    publish(cells, {"a": "1"})
    moved = services.rebase(account=bob, contribution=contribution, now=later())
    assert [row.path for row in proposed(moved).changes.all()] == ["b"]
    publish(cells, {"b": "1"})
    with pytest.raises(Invalid):
        services.rebase(account=bob, contribution=moved, now=later())


def test_after_a_change_of_visibility_a_proposal_has_to_be_made_anew(
    private: Repository, propose: Propose, alice: Account, bob: Account, later: Clock
) -> None:
    add_maintainer(account=alice, repository=private, handle="bob")
    contribution = propose({"a": "1"}, repository=private)
    change_visibility(account=alice, repository=private, visibility="public", now=later())
    with pytest.raises(StaleBase):
        services.accept(contribution=contribution, actor=alice, now=later())
    moved = services.rebase(account=bob, contribution=contribution, now=later())
    assert not proposed(moved).salted
    services.accept(contribution=moved, actor=alice, now=later())


# --- withdrawing ---------------------------------------------------------------------------------
def test_what_is_withdrawn_can_be_read_but_not_changed(
    propose: Propose, cells: Repository, alice: Account, bob: Account, later: Clock
) -> None:
    contribution = propose()
    services.withdraw(account=bob, contribution=contribution, reason="Wrong file.", now=later())
    assert selectors.contribution(None, cells, 1).state == "withdrawn"
    assert last_entry().details == {"reason": {"reason": "Wrong file."}}
    with pytest.raises(Over):
        services.update_contribution(account=bob, contribution=contribution, title="x", now=later())
    with pytest.raises(Over):
        services.accept(contribution=contribution, actor=alice, now=later())


# --- kinds and measurements ----------------------------------------------------------------------
def test_what_becomes_documentation_keeps_the_metrics_of_its_base(
    propose: Propose, cells: Repository, publish: Publish, alice: Account, bob: Account, later: Clock
) -> None:
    publish(cells, {"a": "1"}, metrics=[{"name": "accuracy", "value": "0.940"}])
    contribution = propose({"notes.txt": "two\n"})
    assert proposed(contribution).metrics == []
    updated = services.update_contribution(account=bob, contribution=contribution, kind="documentation", now=later())
    services.accept(contribution=updated, actor=alice, now=later())
    cells.refresh_from_db()
    assert cells.head is not None
    assert [row["value"] for row in cells.head.metrics] == ["0.940"]


def test_documentation_that_becomes_something_else_has_measured_nothing(
    propose: Propose, cells: Repository, publish: Publish, bob: Account, later: Clock
) -> None:
    publish(cells, {"a": "1"}, metrics=[{"name": "accuracy", "value": "0.940"}])
    contribution = propose({"notes.txt": "two\n"}, kind="documentation")
    updated = services.update_contribution(account=bob, contribution=contribution, kind="data", now=later())
    assert proposed(updated).metrics == []


def test_documentation_that_takes_metrics_away_does_so_on_another_base_too(
    propose: Propose, cells: Repository, publish: Publish, bob: Account, later: Clock
) -> None:
    measured = [{"name": "accuracy", "value": "0.940"}]
    publish(cells, {"a": "1"}, metrics=measured)
    contribution = propose({"notes.txt": "two\n"}, kind="documentation", metrics=[])
    publish(cells, {"a": "2"}, metrics=measured)
    assert proposed(services.rebase(account=bob, contribution=contribution, now=later())).metrics == []


# --- moving only what was looked at --------------------------------------------------------------
def test_what_stands_on_the_newest_revision_is_not_moved(
    propose: Propose, alice: Account, bob: Account, later: Clock
) -> None:
    contribution = propose()
    services.mark_asked(contribution=contribution, actor=alice, now=later())
    with pytest.raises(Conflict, match="already"):
        services.rebase(account=bob, contribution=contribution, now=later())
    contribution.refresh_from_db()
    assert contribution.state == "asked"


def test_a_choice_between_other_versions_is_refused(
    propose: Propose, cells: Repository, publish: Publish, bob: Account, later: Clock
) -> None:
    contribution = propose()
    publish(cells, {"b": "1"})
    head, seen = cells.head_id, proposed(contribution).pk
    assert head is not None

    def rebase(**expected: str) -> Contribution:
        return services.rebase(account=bob, contribution=contribution, now=later(), **expected)

    publish(cells, {"b": "2"})
    with pytest.raises(StaleParent):
        rebase(expected_head=head)
    services.update_contribution(account=bob, contribution=contribution, title="x", now=later())
    with pytest.raises(NewerProposal):
        rebase(expected_proposal=seen)
    contribution.refresh_from_db()
    assert rebase(expected_head=cells.head_id or "", expected_proposal=proposed(contribution).pk).state == "open"


def test_a_folder_or_a_file_in_the_way_collides(propose: Propose, cells: Repository, publish: Publish) -> None:
    contribution = propose({"notes.txt": "two\n", "new": "1"})
    publish(cells, {"notes.txt": None, "notes.txt/inside": "1", "new/inside": "1"})
    moved = move(proposed(contribution), cells.head)
    assert [(each.path, each.newest) for each in moved.collisions] == [("notes.txt", "")]
    assert [each.path for each in moved.changes] == ["new"]


def test_leaves_of_another_form_are_compared_by_their_bytes(
    private: Repository, propose: Propose, publish: Publish, alice: Account, bob: Account, later: Clock
) -> None:
    add_maintainer(account=alice, repository=private, handle="bob")
    publish(private, {"same": "1", "other": "1", "gone": "1"})
    contribution = propose({"same": "2", "other": "2", "gone": "2", "new": "2"}, repository=private)
    change_visibility(account=alice, repository=private, visibility="public", now=later())
    publish(private, {"other": "3", "gone": None})
    moved = move(proposed(contribution), private.head)
    assert [each.path for each in moved.collisions] == ["gone", "other"]
    assert [each.path for each in moved.changes] == ["new", "same"]


def test_many_files_are_moved_with_as_many_questions_as_few(
    propose: Propose, cells: Repository, publish: Publish, bob: Account, later: Clock
) -> None:
    asked = []
    for count in (3, 30):
        before: dict[str, str | None] = {f"{count}/{index}.txt": "1" for index in range(count)}
        publish(cells, before)
        contribution = propose(dict.fromkeys(before, "2"))
        publish(cells, {"b": str(count), **dict.fromkeys(list(before)[::2], "3")})
        with CaptureQueriesContext(connection) as shown:
            moved = move(Revision.all_states.get(pk=proposed(contribution).pk), Revision.objects.get(pk=cells.head_id))
        assert (len(moved.changes), len(moved.collisions)) == (count // 2, count - count // 2)
        mine = [each.path for each in moved.collisions]
        with CaptureQueriesContext(connection) as done:
            services.rebase(account=bob, contribution=contribution, mine=mine, now=later())
        asked.append((len(shown), len(done)))
    assert asked[0] == asked[1]
