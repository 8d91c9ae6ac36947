"""What the log says about works: what counts, when it becomes payable, and from what it was made."""

from dataclasses import replace

import pytest

from rewards.errors import EpochRefused
from rewards.inputs import EpochInput, Work
from rewards.policy import as_object
from rewards.record import LogEntry, fold
from rewards.works import epoch_input, last_paid, lower_median, newly_payable
from tests.rewards.log_builder import HUB, POLICY, REPOSITORY, Log, actor, contribution_of, person, revision_of


@pytest.fixture
def log() -> Log:
    """A log with the first policy and the reviewers henry, ivy and judy."""
    made = Log()
    made.set_policy()
    made.grant("henry", "ivy", "judy")
    return made


def works_of(log: Log, epoch: int = 1, size: int | None = None) -> dict[str, Work]:
    found = epoch_input(log.record(size), epoch, 1000)
    return {work.id: work for work in found.works}


def edges_of(log: Log, epoch: int = 1) -> list[tuple[str, str]]:
    found: EpochInput = epoch_input(log.record(), epoch, 1000)
    names = {work.sequence: work.id for work in found.works}
    return [(names[edge.child], names[edge.parent]) for edge in found.edges]


# --- works ---------------------------------------------------------------------------------------


def test_an_accepted_contribution_is_a_work_of_its_authors(log: Log) -> None:
    log.publish("base", "owner")
    work = log.contributed_work("fix", "alice", {"alice": 6000, "bob": 4000}, kind="tuning", base="base")
    sequence = len(log.bodies) - 1
    log.assess(work, "henry", 8, 90)
    found = works_of(log)[contribution_of("fix")]
    assert (found.sequence, found.kind, found.accepted_epoch) == (sequence, "tuning", 1)
    assert found.owners == tuple(sorted([(person("alice"), 6000), (person("bob"), 4000)]))
    assert (found.effort, found.quality, found.reviews) == (8, 90, 1)
    assert (found.initial, found.standing, found.openness, found.originality_bps) == (True, True, "open", 10_000)


def test_the_authors_and_the_kind_are_those_of_the_newest_proposal(log: Log) -> None:
    log.propose("fix", "alice", kind="data")
    log.propose(
        "fix", "alice", {"alice": 5000, "bob": 5000}, kind="code", proposed="fix 2", type="contribution.updated"
    )
    log.join("fix", "bob", 5000)
    log.assess(log.accept("fix", "maintainer", "alice", kind="code"), "henry")
    found = works_of(log)[contribution_of("fix")]
    assert (found.kind, len(found.owners)) == ("code", 2)


def test_an_acceptance_of_something_else_than_the_newest_proposal_makes_no_work(log: Log) -> None:
    log.propose("fix", "alice")
    log.propose("fix", "alice", proposed="fix 2", type="contribution.updated")
    log.proposed["fix"] = "fix"
    log.accept("fix", "maintainer", "alice")
    assert log.record().submissions == {}


def test_a_work_that_its_author_submits_is_his_alone(log: Log) -> None:
    log.assess(log.own_work("data", "alice", kind="documentation"), "henry")
    found = works_of(log)[revision_of("data")]
    assert (found.owners, found.kind) == (((person("alice"), 10_000),), "documentation")


def test_the_author_of_an_accepted_revision_is_who_proposed_it(log: Log) -> None:
    log.publish("given", "maintainer", author="alice")
    log.submit("given", "maintainer")
    assert log.record().submissions == {}
    log.submit("given", "alice")
    assert log.record().submissions[revision_of("given")].owners == ((person("alice"), 10_000),)


def test_one_revision_is_one_work(log: Log) -> None:
    log.contributed_work("fix", "alice")
    log.submit("fix", "alice")
    log.own_work("data", "alice")
    log.submit("data", "alice")
    assert len(log.record().submissions) == 2


@pytest.mark.parametrize("shares", [{"alice": 9999}, {"alice": 5000, "bob": 5001}])
def test_shares_that_do_not_add_up_make_no_work(log: Log, shares: dict[str, int]) -> None:
    log.contributed_work("fix", "alice", shares)
    assert log.record().submissions == {}


def test_a_revision_that_was_never_published_is_no_work(log: Log) -> None:
    log.submit("ghost", "alice")
    assert log.record().submissions == {}


# --- consent -------------------------------------------------------------------------------------

SHARES = {"alice": 6000, "bob": 3000, "carol": 1000}


def owners_of(log: Log, name: str = "fix") -> dict[str, int]:
    log.accept(name, "maintainer", "alice")
    return dict(log.record().submissions[contribution_of(name)].owners)


def test_a_share_that_nobody_agreed_to_stays_with_who_proposed(log: Log) -> None:
    log.propose("fix", "alice", SHARES)
    log.join("fix", "bob", 3000)
    assert owners_of(log) == {person("alice"): 7000, person("bob"): 3000}


@pytest.mark.parametrize(
    ("who", "bps", "proposed"), [("bob", 2999, ""), ("mallory", 3000, ""), ("bob", 3000, "other"), ("alice", 6000, "")]
)
def test_consent_that_the_newest_version_does_not_ask_for_counts_for_nothing(
    log: Log, who: str, bps: int, proposed: str
) -> None:
    log.propose("fix", "alice", SHARES)
    log.join("fix", who, bps, proposed)
    assert owners_of(log) == {person("alice"): 10_000}


def test_consent_counts_while_the_newest_version_names_the_same_share(log: Log) -> None:
    log.propose("fix", "alice", SHARES)
    log.join("fix", "bob", 3000)
    log.join("fix", "carol", 1000)
    log.propose("fix", "alice", {"alice": 7000, "bob": 3000}, proposed="fix 2", type="contribution.updated")
    log.join("fix", "bob", 3000, "fix")
    assert owners_of(log) == {person("alice"): 7000, person("bob"): 3000}


def test_consent_before_the_proposal_or_after_the_acceptance_counts_for_nothing(log: Log) -> None:
    log.proposed["fix"] = "fix"
    log.join("fix", "bob", 3000)
    log.propose("fix", "alice", SHARES)
    assert owners_of(log) == {person("alice"): 10_000}
    log.join("fix", "carol", 1000)
    assert log.record().submissions[contribution_of("fix")].owners == ((person("alice"), 10_000),)


def test_whoever_opened_it_owns_what_is_left_even_when_not_named(log: Log) -> None:
    log.propose("fix", "alice", {"bob": 4000, "carol": 6000})
    log.join("fix", "bob", 4000)
    assert owners_of(log) == {person("alice"): 6000, person("bob"): 4000}
    log.propose("all", "alice", {"bob": 4000, "carol": 6000})
    log.join("all", "bob", 4000)
    log.join("all", "carol", 6000)
    assert owners_of(log, "all") == {person("bob"): 4000, person("carol"): 6000}


# --- assessments ---------------------------------------------------------------------------------


def test_only_a_reviewer_of_that_moment_assesses(log: Log) -> None:
    work = log.own_work("data", "alice")
    log.assess(work, "frank")
    log.add("reviewer.granted", actor("frank"), "frank", {})
    log.assess(work, "frank")
    log.add("reviewer.revoked", actor("henry"), HUB, {})
    log.assess(work, "henry")
    assert newly_payable(log.record(), 1) == []
    log.assess(work, "ivy")
    log.add("reviewer.revoked", actor("ivy"), HUB, {})
    assert newly_payable(log.record(), 1) == [work]


def test_nobody_assesses_a_work_of_his_own(log: Log) -> None:
    log.assess(log.own_work("data", "henry"), "henry")
    log.assess(log.contributed_work("fix", "alice", {"alice": 9999, "ivy": 1}), "ivy")
    assert newly_payable(log.record(), 1) == []


def test_whoever_is_named_and_has_not_agreed_assesses(log: Log) -> None:
    """Nobody bars a reviewer by writing their name."""
    log.propose("fix", "alice", {"alice": 9999, "ivy": 1})
    work = log.accept("fix", "maintainer", "alice")
    log.assess(work, "ivy")
    assert newly_payable(log.record(), 1) == [work]


def test_whoever_agreed_to_an_earlier_version_does_not_assess(log: Log) -> None:
    log.propose("fix", "alice", {"alice": 9999, "ivy": 1})
    log.join("fix", "ivy", 1)
    log.propose("fix", "alice", proposed="fix 2", type="contribution.updated")
    work = log.accept("fix", "maintainer", "alice")
    log.assess(work, "ivy")
    assert newly_payable(log.record(), 1) == []
    log.assess(work, "henry")
    assert newly_payable(log.record(), 1) == [work]


def test_whoever_opened_a_contribution_and_owns_none_of_it_does_not_assess(log: Log) -> None:
    log.propose("fix", "ivy", {"alice": 10_000})
    log.join("fix", "alice", 10_000)
    work = log.accept("fix", "maintainer", "ivy")
    log.assess(work, "ivy")
    assert newly_payable(log.record(), 1) == []


def test_whoever_gave_a_verdict_does_not_assess(log: Log) -> None:
    log.propose("fix", "alice")
    log.review("fix", "henry")
    log.review("fix", "ivy", "contribution.declined")
    work = log.accept("fix", "judy", "alice")
    for name in ("henry", "ivy", "judy"):
        log.assess(work, name)
    assert newly_payable(log.record(), 1) == []
    log.grant("kate")
    log.assess(work, "kate")
    assert newly_payable(log.record(), 1) == [work]


def test_whoever_published_in_the_repository_does_not_assess_what_is_made_there(log: Log) -> None:
    log.publish("notes", "henry", kind="documentation")
    work = log.own_work("data", "alice")
    log.assess(work, "henry")
    assert newly_payable(log.record(), 1) == []
    log.contributed_work("fix", "ivy")
    log.assess(work, "ivy")
    assert newly_payable(log.record(), 1) == [work]


def test_publishing_later_or_elsewhere_bars_nobody(log: Log) -> None:
    log.publish("notes", "henry", repository="repo:00000000-0000-4000-8000-000000000001")
    work = log.own_work("data", "alice")
    log.assess(work, "henry")
    log.publish("more", "henry")
    assert newly_payable(log.record(), 1) == [work]


def test_a_second_assessment_by_the_same_reviewer_does_not_count(log: Log) -> None:
    work = log.own_work("data", "alice")
    log.assess(work, "henry", 3, 70)
    log.assess(work, "henry", 21, 100)
    found = works_of(log)[work]
    assert (found.effort, found.quality, found.reviews) == (3, 70, 1)


def test_an_assessment_before_the_work_or_of_another_revision_does_not_count(log: Log) -> None:
    log.publish("data", "alice")
    log.assess(revision_of("data"), "henry")
    work = log.submit("data", "alice")
    log.assess(work, "henry", revision=revision_of("other"))
    assert newly_payable(log.record(), 1) == []


def test_signals_are_lower_medians(log: Log) -> None:
    work = log.own_work("data", "alice")
    log.assess(work, "henry", 13, 90)
    log.assess(work, "ivy", 3, 70)
    assert (works_of(log)[work].effort, works_of(log)[work].quality) == (3, 70)
    log.assess(work, "judy", 8, 80)
    assert (works_of(log)[work].effort, works_of(log)[work].quality) == (8, 80)
    assert [lower_median(values) for values in ([4], [4, 2], [9, 1, 5], [4, 3, 2, 1])] == [4, 2, 5, 2]


def test_reviews_become_works_with_at_most_effort_5_and_quality_60(log: Log) -> None:
    work = log.own_work("data", "alice")
    leaves = [log.assess(work, "henry", 13, 90), log.assess(work, "ivy", 21, 10)]
    found = works_of(log)
    for leaf, name in zip(leaves, ("henry", "ivy"), strict=True):
        review = found[f"review:{leaf}"]
        assert (review.sequence, review.kind, review.owners) == (leaf, "review", ((person(name), 10_000),))
        assert (review.effort, review.quality, review.reviews, review.openness) == (5, 60, 2, "open")
    assert not found[work].standing  # the lower median of 90 and 10
    assert all(work.standing for name, work in found.items() if name.startswith("review:"))


def test_quality_below_the_floor_gives_no_standing(log: Log) -> None:
    good, bad = log.own_work("good", "alice"), log.own_work("bad", "bob")
    log.assess(good, "henry", 1, 50)
    log.assess(bad, "henry", 1, 49)
    assert [works_of(log)[work].standing for work in (good, bad)] == [True, False]


# --- epochs --------------------------------------------------------------------------------------


def test_a_work_is_paid_once_with_the_signals_of_that_epoch(log: Log) -> None:
    work = log.own_work("data", "alice")
    log.assess(work, "henry", 3, 70)
    log.close(1)
    log.decide(1)
    log.assess(work, "ivy", 21, 100)
    child = log.own_work("model", "bob", sources=(("trained_on", "data"),))
    leaf = log.assess(child, "ivy")
    found = works_of(log, 2)
    assert set(found) == {work, child, f"review:{leaf}"}
    assert (found[work].initial, found[work].accepted_epoch, found[work].effort) == (False, 1, 3)
    assert found[work].standing


def test_what_is_written_after_the_cutoff_waits_for_the_next_epoch(log: Log) -> None:
    work = log.own_work("data", "alice")
    cutoff = log.close(1)
    log.assess(work, "henry")
    assert works_of(log, 1, cutoff) == {}
    log.decide(1)
    assert works_of(log, 2)[work].accepted_epoch == 2


def test_works_of_a_cancelled_epoch_are_taken_by_the_next(log: Log) -> None:
    work = log.own_work("data", "alice")
    log.assess(work, "henry")
    log.close(1)
    log.decide(1, "cancelled")
    assert works_of(log, 2)[work].accepted_epoch == 2
    assert last_paid(log.record()) is None


def test_an_epoch_that_was_finalized_after_all_has_paid(log: Log) -> None:
    work = log.own_work("data", "alice")
    log.assess(work, "henry")
    log.close(1)
    log.decide(1, "cancelled")
    log.decide(1)
    assert works_of(log, 2) == {}
    assert last_paid(log.record()) == 1


def test_an_epoch_waits_until_the_one_before_is_decided(log: Log) -> None:
    log.close(1)
    with pytest.raises(EpochRefused, match="neither finalized nor cancelled"):
        works_of(log, 2)


def test_an_epoch_cannot_be_computed_after_a_later_one(log: Log) -> None:
    log.close(2)
    log.decide(2)
    with pytest.raises(EpochRefused, match="closed already"):
        works_of(log, 1)


def test_two_assessments_are_needed_where_the_policy_says_so(log: Log) -> None:
    log.set_policy(replace(POLICY, min_reviews=2), first_epoch=3)
    work = log.own_work("data", "alice")
    log.assess(work, "henry")
    assert newly_payable(log.record(), 2) == [work]
    assert newly_payable(log.record(), 3) == []
    log.assess(work, "ivy")
    assert newly_payable(log.record(), 3) == [work]


def test_standing_keeps_to_the_policy_of_the_epoch_that_accepted_it(log: Log) -> None:
    work = log.own_work("data", "alice")
    log.assess(work, "henry", 3, 70)
    log.close(1)
    log.decide(1)
    log.set_policy(replace(POLICY, quality_floor=90), first_epoch=2)
    child = log.own_work("model", "bob", parent="data")
    log.assess(child, "henry", 3, 70)
    found = works_of(log, 2)
    assert (found[work].standing, found[child].standing) == (True, False)


def test_a_policy_that_is_not_the_hubs_or_not_what_its_subject_says_is_no_policy() -> None:
    log = Log()
    body = {"first_epoch": 0, "policy": as_object(POLICY)}
    log.add("policy.set", f"policy:{POLICY.hash}", "mallory", body)
    log.add("policy.set", "policy:" + "0" * 64, HUB, body)
    log.set_policy(first_epoch=2)
    with pytest.raises(EpochRefused, match="No policy"):
        works_of(log, 1)
    assert works_of(log, 2) == {}


def test_a_later_policy_drops_those_that_were_to_begin_with_it_or_later(log: Log) -> None:
    """As the distributor does: what was announced for that epoch or later ones is dropped."""
    two, three, four = (replace(POLICY, min_reviews=number) for number in (2, 3, 4))

    def in_force(*epochs: int) -> list[int]:
        record = log.record()
        return [record.policy_at(epoch, record.size).min_reviews for epoch in epochs]

    log.set_policy(two, first_epoch=2)
    log.set_policy(three, first_epoch=5)
    assert in_force(1, 2, 4, 5, 9) == [1, 2, 2, 3, 3]
    log.set_policy(four, first_epoch=2)
    assert in_force(1, 2, 5, 9) == [1, 4, 4, 4]
    log.set_policy(POLICY, first_epoch=4)
    assert in_force(1, 2, 3, 4, 9) == [1, 4, 4, 1, 1]


def test_a_policy_logged_after_the_cutoff_does_not_count(log: Log) -> None:
    cutoff = log.close(1)
    log.set_policy(replace(POLICY, min_reviews=2), first_epoch=1)
    assert epoch_input(log.record(cutoff), 1, 1000).policy == POLICY


def test_entries_of_people_close_and_decide_nothing(log: Log) -> None:
    log.add("epoch.closed", "epoch:1", "mallory", {"cutoff": 1, "root": "0" * 64, "policy": f"policy:{POLICY.hash}"})
    log.close(2)
    log.add("distribution.finalized", "epoch:2", "mallory", {"manifest": "0" * 64, "root": "0" * 64})
    record = log.record()
    assert [closing.epoch for closing in record.closings] == [2]
    assert record.decided == {}


def test_a_reused_reading_gives_the_same_record(log: Log) -> None:
    work = log.own_work("data", "alice")
    log.assess(work, "henry")
    log.add("repository.created", REPOSITORY, "alice", {"kind": "dataset", "visibility": "public", "owner": actor("alice")},
            {"name": {"name": "wine"}})  # fmt: skip
    entries = [LogEntry.read(leaf, body) for leaf, body in log.evidence(len(log.bodies))]
    assert len(entries) < len(log.bodies)
    assert fold(entries, len(log.bodies)) == log.record()


def test_entries_out_of_order_or_beyond_the_size_are_refused(log: Log) -> None:
    entries = [LogEntry.read(leaf, body) for leaf, body in enumerate(log.bodies)]
    with pytest.raises(EpochRefused):
        fold(reversed(entries), len(entries))
    with pytest.raises(EpochRefused):
        fold(entries, len(entries) - 1)


# --- lineage -------------------------------------------------------------------------------------


def test_parents_are_the_works_behind_the_base_and_the_sources(log: Log) -> None:
    data, base = log.own_work("data", "alice"), log.own_work("base", "bob")
    log.own_work("test set", "carol")
    sources = (("trained_on", "data"), ("evaluated_on", "test set"), ("merge", "data"))
    model = log.contributed_work("model", "dave", base="base", sources=sources)
    log.assess(model, "henry")
    assert edges_of(log) == [(model, data), (model, base)]


def test_a_revision_without_a_work_leads_to_the_nearest_one_before_it(log: Log) -> None:
    data = log.own_work("data", "alice")
    log.publish("edit", "owner", parent="data")
    log.publish("edit 2", "owner", parent="edit")
    model = log.own_work("model", "bob", parent="edit 2", sources=(("trained_on", "edit"),))
    log.assess(model, "henry")
    assert edges_of(log) == [(model, data)]


def test_a_work_that_was_submitted_later_is_no_parent(log: Log) -> None:
    data = log.own_work("data", "alice")
    log.publish("better", "bob", parent="data")
    model = log.own_work("model", "carol", parent="better")
    better = log.submit("better", "bob")
    last = log.own_work("last", "dave", parent="better")
    for work in (model, last):
        log.assess(work, "henry")
    assert sorted(edges_of(log)) == sorted([(model, data), (last, better), (better, data)])


def test_ancestors_come_along_whether_or_not_they_were_assessed(log: Log) -> None:
    data = log.own_work("data", "alice")
    model = log.own_work("model", "bob", parent="data")
    log.own_work("other", "carol")
    leaf = log.assess(model, "henry")
    found = works_of(log)
    assert set(found) == {data, model, f"review:{leaf}"}
    assert (found[data].standing, found[data].accepted_epoch, found[data].reviews) == (False, None, 0)


def test_at_most_16_parents_count(log: Log) -> None:
    for place in range(20):
        log.own_work(f"data {place}", "alice")
    sources = tuple(("trained_on", f"data {place}") for place in reversed(range(20)))
    model = log.own_work("model", "bob", sources=sources)
    log.assess(model, "henry")
    assert {parent for _, parent in edges_of(log)} == {revision_of(f"data {place}") for place in range(4, 20)}


def test_a_parent_that_is_published_later_is_none(log: Log) -> None:
    """So no entry can make a circle."""
    log.publish("one", "alice", parent="two")
    log.publish("two", "alice", parent="one")
    for name in ("one", "two"):
        log.assess(log.submit(name, "alice"), "henry")
    assert edges_of(log) == [(revision_of("two"), revision_of("one"))]


# --- bindings ------------------------------------------------------------------------------------


def test_the_first_binding_of_an_account_stands(log: Log) -> None:
    first = log.bind("alice")
    log.bind("alice", "mallory")
    log.add("wallet.bound", actor("bob"), "mallory", {}, {"binding": {"binding": "x"}})
    assert {account: bound.leaf for account, bound in log.record().bindings.items()} == {person("alice"): first}
