"""How contributions come to their end, and back from it once."""

from collections.abc import Callable
from datetime import datetime

import pytest

from hub.accounts.models import Account
from hub.contributions import selectors, services
from hub.contributions.errors import Over, StaleBase
from hub.errors import Conflict, NotAllowed
from hub.repositories import selectors as repositories
from hub.repositories.models import FileChange, Repository
from hub.repositories.revision import decode
from ledger.selectors import entries_about, to_view
from tests.hub.contributions.conftest import Clock, Propose
from tests.hub.contributions.looking import last_entry, proposed
from tests.hub.repositories.conftest import Publish

pytestmark = pytest.mark.django_db


# --- accepting -----------------------------------------------------------------------------------
def test_accepting_publishes_exactly_what_was_proposed(
    propose: Propose, cells: Repository, alice: Account, bob: Account, later: Clock
) -> None:
    contribution = propose()
    before = proposed(contribution)
    moment = later()
    entry = services.accept(contribution=contribution, actor=alice, now=moment, checks="d" * 64, comment="Good.")
    cells.refresh_from_db()
    head = cells.head
    assert head is not None
    assert (head.pk, bytes(head.body), head.root_tree_id) == (before.pk, bytes(before.body), before.root_tree_id)
    assert (head.number, head.published, head.author, head.message) == (3, moment, bob, "One more cell")
    assert (contribution.state, contribution.result, contribution.decided, contribution.waiting) == (
        "accepted", head, moment, None,
    )  # fmt: skip
    assert {row.number for row in FileChange.objects.filter(revision=head)} == {3}
    assert repositories.revision_by_ref(cells, "main") == head
    assert to_view(entry).data["result"] == 3


def test_the_entry_of_an_accepted_revision_names_author_moment_and_contribution(
    propose: Propose, cells: Repository, alice: Account, bob: Account, later: Clock
) -> None:
    contribution = propose()
    made = decode(bytes(proposed(contribution).body)).time
    services.accept(contribution=contribution, actor=alice, now=later())
    published = last_entry()
    assert (published.type, published.actor) == ("revision.published", alice.actor)
    assert published.data["author"] == bob.actor
    assert published.data["made"] == made.strftime("%Y-%m-%dT%H:%M:%S.") + f"{made.microsecond // 1000:03}Z"
    assert published.data["contribution"] == f"contrib:{contribution.pk}"
    assert published.data["counts"] == {"files": 3, "bytes": cells_bytes(cells), "added": 0, "changed": 1, "removed": 0}


def cells_bytes(cells: Repository) -> int:
    cells.refresh_from_db()
    assert cells.head is not None
    return cells.head.byte_count


def test_a_stale_proposal_is_not_accepted(
    propose: Propose, cells: Repository, publish: Publish, alice: Account, later: Clock
) -> None:
    contribution = propose()
    publish(cells, {"b": "1"})
    with pytest.raises(StaleBase):
        services.accept(contribution=contribution, actor=alice, now=later())
    contribution.refresh_from_db()
    assert contribution.state == "open"


def test_nobody_decides_about_what_is_their_own(propose: Propose, bob: Account, charlie: Account, later: Clock) -> None:
    contribution = propose(authors=[("bob", 1), ("charlie", 9_999)])
    services.join(account=charlie, contribution=contribution, bps=9_999, now=later())
    for account in (bob, charlie):
        with pytest.raises(NotAllowed):
            services.accept(contribution=contribution, actor=account, now=later())
        with pytest.raises(NotAllowed):
            services.decline(contribution=contribution, actor=account, reason="quality", now=later())
        with pytest.raises(NotAllowed):
            services.mark_asked(contribution=contribution, actor=account, now=later())


def test_who_is_named_and_has_not_agreed_decides(propose: Propose, charlie: Account, later: Clock) -> None:
    """Nobody keeps a judge away by naming them."""
    contribution = propose(authors=[("bob", 1), ("charlie", 9_999)])
    services.decline(contribution=contribution, actor=charlie, reason="quality", now=later())
    assert contribution.state == "declined"


def test_who_agreed_to_an_earlier_version_does_not_decide(
    propose: Propose, bob: Account, charlie: Account, later: Clock
) -> None:
    contribution = propose(authors=[("bob", 1), ("charlie", 9_999)])
    services.join(account=charlie, contribution=contribution, bps=9_999, now=later())
    alone = services.update_contribution(
        account=bob, contribution=contribution, authors=[("bob", 10_000)], title="Mine", now=later()
    )
    assert [each.account for each in selectors.owners_of(alone)] == [bob]
    with pytest.raises(NotAllowed):
        services.accept(contribution=alone, actor=charlie, now=later())


def test_one_is_accepted_and_then_the_other_is_stale(propose: Propose, alice: Account, later: Clock) -> None:
    first, second = propose({"a": "1"}), propose({"b": "1"})
    services.accept(contribution=first, actor=alice, now=later())
    with pytest.raises(StaleBase):
        services.accept(contribution=second, actor=alice, now=later())


def test_lost_bytes_are_not_published(propose: Propose, alice: Account, later: Clock, now: datetime) -> None:
    from hub.errors import Gone
    from hub.uploads.models import Blob

    contribution = propose({"b": "1"})
    row = FileChange.objects.get(revision=proposed(contribution))
    Blob.objects.filter(pk=row.blob_id).update(damaged=now)
    with pytest.raises(Gone):
        services.accept(contribution=contribution, actor=alice, now=later())


# --- declining and appeals -----------------------------------------------------------------------
def test_a_declined_contribution_may_be_appealed_once(
    propose: Propose, alice: Account, bob: Account, later: Clock
) -> None:
    contribution = propose()
    services.decline(contribution=contribution, actor=alice, reason="quality", comment="No.", now=later())
    assert contribution.state == "declined"
    with pytest.raises(NotAllowed):
        services.reopen_for_appeal(contribution=contribution, actor=alice, comment="x", now=later())
    moment = later()
    services.reopen_for_appeal(contribution=contribution, actor=bob, comment="It is.", now=moment)
    assert (contribution.state, contribution.waiting, contribution.appealed, contribution.decided) == (
        "open", moment, moment, None,
    )  # fmt: skip
    services.decline(contribution=contribution, actor=alice, reason="quality", now=later())
    with pytest.raises(Conflict):
        services.reopen_for_appeal(contribution=contribution, actor=bob, comment="x", now=later())


def test_what_is_accepted_is_over(propose: Propose, alice: Account, bob: Account, later: Clock) -> None:
    contribution = propose()
    services.accept(contribution=contribution, actor=alice, now=later())
    acts: list[Callable[[], object]] = [
        lambda: services.decline(contribution=contribution, actor=alice, reason="quality", now=later()),
        lambda: services.accept(contribution=contribution, actor=alice, now=later()),
        lambda: services.withdraw(account=bob, contribution=contribution, now=later()),
        lambda: services.reopen_for_appeal(contribution=contribution, actor=bob, comment="x", now=later()),
    ]
    for act in acts:
        with pytest.raises(Over):
            act()


def test_every_act_is_found_from_the_contribution_and_from_the_repository(
    propose: Propose, cells: Repository, alice: Account, later: Clock
) -> None:
    contribution = propose()
    services.accept(contribution=contribution, actor=alice, now=later())
    of_contribution = [entry.type for entry in entries_about(f"contrib:{contribution.pk}").items]
    assert set(of_contribution) == {"contribution.opened", "contribution.accepted", "revision.published"}
    of_repository = {entry.type for entry in entries_about(f"repo:{cells.pk}").items}
    assert of_repository > set(of_contribution)
