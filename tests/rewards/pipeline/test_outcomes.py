"""What may become of an epoch besides payment, and what stops one."""

import pytest
from django.db import connection
from django.utils import translation

from chain import distribution
from hub.reviews.models import Assessment
from ledger import auditing, describing
from ledger import selectors as log
from ledger.models import Mismatch
from rewards import bundles, evidence, places, policy_setting, reading
from rewards.errors import BundleRefused, PolicyRefused
from rewards.models import Epoch, Leaf
from rewards.models import Policy as PolicyRow
from rewards.policy import FIRST, Policy, as_object, parse
from tests.rewards.pipeline.conftest import WINDOW, Hub, wallet_of

State = Epoch.State


def _proposed(hub: Hub) -> Epoch:
    hub.assessed_work("alice")
    hub.bind("alice")
    hub.end_epoch()
    hub.tick(5)
    return hub.newest()


# --- on the chain --------------------------------------------------------------------------------
def test_a_challenge_is_logged_and_nothing_becomes_final_while_it_is_open(hub: Hub) -> None:
    _proposed(hub)
    hub.act(hub.council, "challenge", "\N{CROSS MARK} sums", value=distribution.read_distribution().bond)
    hub.wait(WINDOW + 40)
    hub.tick(4)
    assert hub.newest().state == State.CHALLENGED
    assert hub.sent("finalize") == []
    hub.act(hub.council, "dismiss")
    hub.tick(2)
    assert hub.newest().state == State.PROPOSED
    hub.wait(WINDOW + 40)
    hub.tick(5)
    assert hub.entries("distribution") == [
        "distribution.proposed",
        "distribution.challenged",
        "distribution.finalized",
    ]


def test_a_reason_that_is_no_text_stops_nothing(hub: Hub) -> None:
    _proposed(hub)
    bond = distribution.read_distribution().bond
    # No UTF-8, and a NUL.
    hub.act(hub.council, "challenge", "@@@", value=bond, swap=(b"@@@", b"\xff\xfe\x00"))
    hub.wait(40)
    hub.tick(3)
    assert hub.newest().state == State.CHALLENGED
    assert "distribution.challenged" in hub.entries()


def test_a_strangers_proposal_is_told_and_not_helped(hub: Hub) -> None:
    hub.assessed_work("alice")
    hub.bind("alice")
    hub.end_epoch()
    policy = distribution.policy_at(0)
    hub.act(distribution.powers().proposer, "propose", 0, b"\x01" * 32, b"\x02" * 32, policy, 7, 7, "")
    hub.tick(4)
    assert "Another distribution waits on the chain" in hub.newest().problem
    hub.wait(WINDOW + 30)
    hub.tick(3)
    assert hub.sent() == []
    hub.act(hub.council, "cancel", "not ours")
    hub.tick(5)
    assert (hub.newest().state, hub.newest().problem) == (State.PROPOSED, "")
    assert hub.entries("distribution.cancelled") == []


# --- here ----------------------------------------------------------------------------------------
def test_an_epoch_waits_while_the_database_disagrees_with_the_log(hub: Hub) -> None:
    hub.assessed_work("alice")
    hub.bind("alice")
    hub.end_epoch()
    Assessment.objects.update(quality=100)
    hub.tick(3)
    epoch = hub.newest()
    assert (epoch.state, "reviews.Assessment.quality" in epoch.problem) == (State.CLOSED, True)
    assert hub.sent() == []
    Assessment.objects.update(quality=90)
    hub.tick(3)
    assert (hub.newest().state, hub.newest().problem) == (State.PROPOSED, "")


def test_an_epoch_waits_while_the_second_program_refuses(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.assessed_work("alice")
    hub.end_epoch()
    with monkeypatch.context() as broken:
        broken.setattr(bundles, "PROGRAM", bundles.PROGRAM.with_name("nothing.py"))
        hub.tick(2)
    assert "The second program refuses the bundle" in hub.newest().problem
    hub.tick(2)
    assert hub.newest().problem == ""


def test_a_changed_bundle_is_refused_by_the_second_program(hub: Hub) -> None:
    hub.assessed_work("alice")
    epoch = hub.distribute()
    folder = places.bundle(epoch.number)
    text = (folder / "allocations.ndjson").read_text()
    last = text.rindex('"wei":"') + 7
    (folder / "allocations.ndjson").write_text(text[:last] + str((int(text[last]) + 1) % 10) + text[last + 1 :])
    with pytest.raises(BundleRefused):
        bundles._recheck(folder, epoch.manifest, None)


def test_credit_waits_for_a_wallet_and_moves_with_the_next_epoch(hub: Hub) -> None:
    hub.assessed_work("alice")
    first = hub.distribute()
    assert (int(first.total_wei), int(first.credited_wei) > 0) == (0, True)
    hub.bind("alice")
    second = hub.distribute()
    assert int(second.total_wei) == int(Leaf.objects.get(wallet=wallet_of("alice")).cumulative_wei) > 0
    assert second.credited_wei == first.credited_wei
    assert hub.distribute() == second


def test_the_log_and_the_tables_of_rewards_agree_and_an_altered_amount_is_found(hub: Hub) -> None:
    hub.assessed_work("alice")
    hub.bind("alice")
    hub.distribute()
    hub.anchor()
    auditing.audit_full(hub.now)
    assert list(Mismatch.objects.filter(resolved=None).values_list("table", "column", "expected", "found")) == []
    Leaf.objects.update(cumulative_wei=1)
    Epoch.objects.update(credited_wei=2)
    auditing.audit_full(hub.now)
    found = {(row.table, row.column) for row in Mismatch.objects.filter(resolved=None)}
    assert found == {("rewards.Epoch", "total_wei"), ("rewards.Epoch", "credited_wei")}


def test_every_entry_of_rewards_reads_as_a_sentence(hub: Hub) -> None:
    hub.assessed_work("alice")
    hub.distribute()
    entries = [*log.entries_with_subject("epoch:0"), *log.entries_with_subject(f"policy:{FIRST.hash}")]
    with translation.override("en"):
        said = [each.text for each in describing.describe(entries, None)]
    assert said[0].startswith("The hub closed epoch 0: the first ")
    assert said[1] == "The distribution of epoch 0 was proposed on the chain; anyone may challenge it."
    assert said[2] == "The distribution of epoch 0 became final; it can be claimed."
    assert said[3] == f"The hub recorded the rule {FIRST.hash[:8]}…, in force from epoch 0 on."


# --- policies ------------------------------------------------------------------------------------
def _stricter() -> dict[str, object]:
    return {**as_object(FIRST), "min_reviews": 3}


def test_a_policy_is_logged_when_the_council_has_announced_it(hub: Hub) -> None:
    wanted = parse(_stricter())
    with pytest.raises(PolicyRefused, match="has not announced"):
        policy_setting.set_policy(wanted, first_epoch=2, now=hub.now)
    hub.act(hub.council, "schedulePolicy", bytes.fromhex(wanted.hash), 2)
    row = policy_setting.set_policy(wanted, first_epoch=2, now=hub.now)
    assert (row.hash, row.first_epoch) == (wanted.hash, 2)
    assert policy_setting.set_policy(wanted, first_epoch=2, now=hub.now) == row


def test_a_policy_is_refused_for_an_epoch_to_which_the_chain_gives_other_rules(hub: Hub) -> None:
    with pytest.raises(PolicyRefused, match="has not announced"):
        policy_setting.set_policy(parse(_stricter()), first_epoch=0, now=hub.now)
    assert PolicyRow.objects.count() == 1


def _announce(hub: Hub, wanted: Policy, first_epoch: int) -> None:
    hub.act(hub.council, "schedulePolicy", bytes.fromhex(wanted.hash), first_epoch)
    row = policy_setting.set_policy(wanted, first_epoch=first_epoch, now=hub.now)
    assert (row.hash, row.first_epoch) == (wanted.hash, first_epoch)


def _agree(hub: Hub, *epochs: int) -> bool:
    """Whether chain, log and pages name the same rules for these epochs."""
    hub.anchor()
    record = evidence.read(log.latest_checkpoint().size).record  # type: ignore[union-attr]
    return all(
        distribution.policy_at(epoch).hex()
        == record.policy_at(epoch, record.size).hash
        == reading.policy_in_force(epoch).policy.hash
        for epoch in epochs
    )


def test_whatever_the_council_announces_can_be_logged(hub: Hub) -> None:
    """Another policy for the same epoch, an earlier one again, an earlier epoch: the distributor drops what it replaces."""
    two, three = (parse({**as_object(FIRST), "min_reviews": number}) for number in (2, 3))
    _announce(hub, two, 2)
    _announce(hub, three, 2)
    assert _agree(hub, 0, 1, 2, 3)
    _announce(hub, FIRST, 2)
    _announce(hub, two, 5)
    assert _agree(hub, 1, 2, 4, 5, 6)
    hub.act(hub.council, "schedulePolicy", bytes.fromhex(FIRST.hash), 3)
    assert not _agree(hub, 5)
    policy_setting.set_policy(FIRST, first_epoch=3, now=hub.now)
    assert _agree(hub, 2, 3, 5, 6)
    assert PolicyRow.objects.count() == 6
    assert policy_setting.set_policy(FIRST, first_epoch=1, now=hub.now).first_epoch == 0
    assert PolicyRow.objects.count() == 6
    auditing.audit_full(hub.now)
    assert not Mismatch.objects.filter(resolved=None).exists()


def test_an_announcement_that_was_logged_late_lets_epochs_close_again(hub: Hub) -> None:
    wanted = parse({**as_object(FIRST), "quality_floor": 51})
    hub.act(hub.council, "schedulePolicy", bytes.fromhex(wanted.hash), 1)
    hub.end_epoch()
    hub.assessed_work("alice")
    hub.end_epoch()
    hub.tick(3)
    assert hub.entries() == []
    policy_setting.set_policy(wanted, first_epoch=1, now=hub.now)
    hub.assessed_work("bob", name="others")
    hub.end_epoch()
    hub.tick(3)
    assert Epoch.objects.get().policy.hash == wanted.hash


@pytest.mark.parametrize("column", ["hash", "body", "first_epoch"])
def test_a_changed_policy_is_noticed(hub: Hub, column: str) -> None:
    value = {"hash": "f" * 64, "body": b"{}", "first_epoch": 7}[column]
    hub.anchor()
    PolicyRow.objects.update(**{column: value})
    auditing.audit_full(hub.now)
    found = set(Mismatch.objects.filter(resolved=None).values_list("table", "column"))
    assert ("rewards.Policy", column) in found


def test_an_epoch_is_not_closed_while_the_chain_names_other_rules(hub: Hub) -> None:
    hub.act(hub.council, "schedulePolicy", bytes.fromhex(parse(_stricter()).hash), 1)
    hub.end_epoch()
    hub.assessed_work("alice")
    hub.end_epoch()
    hub.tick(3)
    assert hub.entries() == []


def test_contracts_without_logged_rules_get_them_from_the_pipeline(hub: Hub) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM rewards_policy")
    hub.tick(2)
    assert PolicyRow.objects.get().hash == FIRST.hash


def test_setting_the_first_policy_again_changes_nothing(hub: Hub) -> None:
    assert policy_setting.set_first_policy(hub.now) == PolicyRow.objects.get()
