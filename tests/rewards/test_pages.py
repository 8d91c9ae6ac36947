"""Pages of rewards: a sentence first, every amount with its reasons, and nothing that needs JavaScript."""

import json
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from hub.accounts.models import Account
from hub.reviews.services import submit_work
from ledger import canonical
from rewards import explaining, places
from rewards.models import Epoch, Obstacle, WorkReward
from rewards.models import Policy as PolicyRow
from rewards.policy import FIRST, as_object
from rewards.proposing import PASSED
from tests.hub.repositories.conftest import Publish
from tests.rewards.conftest import Paid, finalize

pytestmark = pytest.mark.django_db


def page(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.status_code
    return answer.content.decode()


# --- the whole -----------------------------------------------------------------------------------
def test_the_overview_stands_before_any_contract_or_epoch(client: Client) -> None:
    found = page(client, "/rewards")
    assert "by a rule anyone can recompute" in found
    assert "None yet" in found


def test_the_overview_says_what_a_work_may_earn(client: Client) -> None:
    found = page(client, "/rewards?kind=model&effort=8&quality=90&licence=open")
    assert "At most <b>720 HUB</b>" in found
    assert "keeps 576 HUB" in found
    assert "At most <b>360 HUB</b>" in page(client, "/rewards?kind=model&effort=8&quality=90&licence=restricted")


@pytest.mark.parametrize("query", ["quality=30", "licence=none", "kind=evaluation"])
def test_the_overview_says_why_something_would_earn_nothing(client: Client, query: str) -> None:
    assert '<p class="worth">Nothing</p>' in page(client, f"/rewards?{query}")


@pytest.mark.parametrize("query", ["kind=poem", "effort=4", "quality=101", "licence=x", "quality=%00", "cursor=x"])
def test_a_choice_that_does_not_exist_is_refused(client: Client, query: str) -> None:
    assert client.get(f"/rewards?{query}").status_code == 400


def test_the_rule_is_served_as_the_bytes_that_its_hash_names(client: Client) -> None:
    answer = client.get(f"/rewards/policies/{FIRST.hash}")
    assert sha256(answer.content).hexdigest() == FIRST.hash
    assert answer["Content-Type"] == "application/json"
    assert client.get(f"/rewards/policies/{'0' * 64}").status_code == 404


def _changed(**members: Any) -> None:
    """The policy that is logged, with other numbers."""
    body = canonical.encode({**as_object(FIRST), **members})
    PolicyRow.objects.update(body=body)


def test_the_numbers_of_the_rule_are_the_policy_s(client: Client, paid: Paid) -> None:
    found = page(client, "/rewards")
    for words in ("× quality × 1,000", "ceiling (0.001 HUB)", "4 % of a 20 % royalty", "behind three 0.16 %"):
        assert words in found, words
    kinds = as_object(FIRST)["kinds"]
    kinds["data"] |= {"w_effort": 2_000, "price_cap_wei": str(25 * 10**14)}
    _changed(royalty_bps=3_000, min_reviews=3, kinds=kinds)
    found = page(client, "/rewards")
    for words in ("Data 2,000", "Data 0.0025 HUB", "9 % of a 30 % royalty", "behind three 0.81 %", "3 assessments are"):
        assert words in found, words


def test_the_overview_does_not_say_that_nobody_can_bring_a_wrong_tree_through(client: Client) -> None:
    found = page(client, "/rewards")
    assert "comes through if nobody objects within the window" in found
    assert "proposer and council together" in found
    assert "choose who is paid" not in found


def test_the_second_program_and_the_claim_page_are_downloads(client: Client) -> None:
    for name in ("akashi_recompute.py", "claim.html"):
        answer = client.get(f"/rewards/{name}")
        assert answer["Content-Disposition"] == f'attachment; filename="{name}"'


# --- an epoch ------------------------------------------------------------------------------------
def test_an_epoch_that_paid_nothing_has_no_page(client: Client) -> None:
    page(client, "/rewards/epochs/7", 404)


def test_a_computed_epoch_says_what_it_would_pay(client: Client, paid: Paid) -> None:
    found = page(client, "/rewards/epochs/3")
    assert "Epoch 3 would credit" in found
    assert "two programs reached the same root" in found
    assert paid.epoch.manifest in found


def test_a_final_epoch_says_what_it_paid(client: Client, paid: Paid, now: datetime) -> None:
    finalize(paid.epoch, now)
    found = page(client, "/rewards/epochs/3")
    assert "Epoch 3 credited" in found
    assert "Verified" in found


def test_an_epoch_in_its_window_counts_down(client: Client, paid: Paid) -> None:
    paid.epoch.state, paid.epoch.ready = Epoch.State.PROPOSED, timezone.now() + timedelta(minutes=1)
    paid.epoch.save()
    found = page(client, "/rewards/epochs/3")
    assert f'data-countdown="{int(paid.epoch.ready.timestamp())}"' in found
    assert "challenge(string)" in found


def test_a_challenge_is_offered_only_while_a_proposal_is_in_its_window(
    client: Client, paid: Paid, now: datetime
) -> None:
    later, before = timezone.now() + timedelta(minutes=1), timezone.now() - timedelta(seconds=1)
    said = {
        ("computed", None): "It is not proposed yet.",
        ("proposed", later): "Anyone may challenge it on the chain",
        ("proposed", before): "The window for a challenge is over.",
        ("challenged", before): "Somebody has challenged it",
        ("cancelled", before): "there is nothing left to challenge",
        ("finalized", before): "The window for a challenge is over.",
    }
    for (state, ready), words in said.items():
        Epoch.objects.filter(pk=3).update(state=state, ready=ready)
        found = page(client, "/rewards/epochs/3")
        shown = {each for each in said.values() if each in found}
        assert shown == {words}, state
        assert ("challenge(string)" in found) == (ready == later), state


def test_what_an_epoch_credits_to_people_without_a_wallet_is_said_to_wait(client: Client, paid: Paid) -> None:
    found = page(client, "/rewards/epochs/3")
    assert "waits for people who have not bound a wallet" in found
    assert "met the cap" not in found


def test_what_the_cap_takes_is_said_beside_what_the_pools_leave(client: Client, paid: Paid) -> None:
    Epoch.objects.filter(pk=3).update(allocated_wei=F("allocated_wei") - 10**18)
    found = page(client, "/rewards/epochs/3")
    assert "or somebody met the cap of 10 %" in found
    assert "Above the cap of 10 %" in found


@pytest.mark.parametrize("state", [state for state, _ in Epoch.State.choices])
def test_an_epoch_has_a_page_in_every_state(client: Client, paid: Paid, state: str) -> None:
    paid.epoch.state = state
    paid.epoch.save()
    assert 'aria-current="step"' in page(client, "/rewards/epochs/3") or state == "finalized"


def test_a_closed_epoch_says_that_it_is_being_computed(client: Client, paid: Paid) -> None:
    Epoch.objects.filter(pk=3).update(
        state="closed", manifest="", root="", budget_wei=None, allocated_wei=None, problem="The log has to wait."
    )
    found = page(client, "/rewards/epochs/3")
    assert "is being computed" in found
    assert "The log has to wait." in found


def test_works_royalties_and_accounts_stand_on_the_page(client: Client, paid: Paid) -> None:
    found = page(client, "/rewards/epochs/3")
    for words in ("Scale the inputs", "royalty-flow", "flow-band", "/people/charlie", "Assessment in entry"):
        assert words in found, words


def test_amounts_show_two_places_and_hold_eighteen(client: Client, paid: Paid) -> None:
    # 425 points of the tuning: 85 of its 425 HUB pass on.
    assert '<data class="amount" value="340000000000000000000" title="340 HUB">340</data>' in page(
        client, "/rewards/epochs/3"
    )


def test_works_of_private_repositories_keep_their_names_and_amounts_stand(client: Client, paid: Paid) -> None:
    paid.model.visibility = "private"
    paid.model.save()
    found = page(client, "/rewards/epochs/3")
    assert "Scale the inputs" not in found
    assert "A work in a repository that is not public" in found


# --- why -----------------------------------------------------------------------------------------
def test_an_amount_leads_down_to_entries(client: Client, paid: Paid) -> None:
    found = page(client, "/rewards/epochs/3/why/charlie")
    assert "Why did charlie get 340 HUB?" in found
    for words in ("Effort 5 × quality 85", "425,000", "Passed on to what it was made from", "/ledger/"):
        assert words in found, words


def test_royalties_that_arrive_are_explained(client: Client, paid: Paid) -> None:
    assert "Royalty from a work made from it" in page(client, "/rewards/epochs/3/why/alice")


def test_a_review_is_explained_by_the_work_s_effort_alone(client: Client, paid: Paid) -> None:
    found = page(client, "/rewards/epochs/3/why/dora")
    assert "what was voted makes no difference" in found


def test_a_pseudonym_leads_to_its_handle(client: Client, paid: Paid) -> None:
    answer = client.get(f"/rewards/epochs/3/why/{paid.charlie.pseudonym}")
    assert (answer.status_code, answer["Location"]) == (302, "/rewards/epochs/3/why/charlie")


def test_an_erased_account_keeps_its_reasons_without_its_name(client: Client, paid: Paid, now: datetime) -> None:
    Account.objects.filter(pk=paid.charlie.pk).update(erased=now, username="erased-1")
    found = page(client, f"/rewards/epochs/3/why/{paid.charlie.pseudonym}")
    assert "an erased account" in found
    assert "340 HUB" in found


def test_who_had_no_part_is_told_so(client: Client, paid: Paid) -> None:
    assert "No work of this account had a part" in page(client, "/rewards/epochs/3/why/bob")
    page(client, "/rewards/epochs/3/why/nobody-here", 404)


def _older_works(paid: Paid, count: int, *, initial: bool) -> None:
    """Works of Charlie that stand in the epoch's bundle before the others."""
    path = places.bundle(3) / "contributions.ndjson"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    own = next(row for row in rows if row["kind"] != "review" and paid.charlie.pseudonym in json.dumps(row["owners"]))
    older = [{**own, "id": f"contrib:older-{place}", "seq": -count + place} for place in range(count)]
    lines = [json.dumps(row, separators=(",", ":")) for row in [*older, *rows]]
    path.write_text("\n".join(lines) + "\n")
    WorkReward.objects.bulk_create(
        WorkReward(
            epoch=paid.epoch, work=row["id"], sequence=row["seq"], kind=row["kind"], initial=initial, score=0,
            gross_wei=0, kept_wei=int(initial) * 10**18,
        )
        for row in older
    )  # fmt: skip


def test_works_without_a_part_hide_none_that_had_one(client: Client, paid: Paid) -> None:
    _older_works(paid, explaining.MOST_WORKS + 5, initial=False)
    found = page(client, "/rewards/epochs/3/why/charlie")
    assert "1 work earns it" in found
    assert "425,000" in found


def test_more_works_than_a_page_tells_of_are_counted_and_added_up(
    client: Client, paid: Paid, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explaining, "MOST_WORKS", 2)
    _older_works(paid, 4, initial=True)
    found = page(client, "/rewards/epochs/3/why/charlie")
    for words in ("5 works earn it", "The newest 2 are shown", "425,000", "3 older works", "3 HUB"):
        assert words in found, words


def test_the_ceiling_in_a_reason_is_the_policy_s(client: Client, paid: Paid) -> None:
    assert "all paid at the ceiling of 0.001 HUB" in page(client, "/rewards/epochs/3/why/charlie")
    kinds = as_object(FIRST)["kinds"]
    kinds["tuning"] |= {"price_cap_wei": str(5 * 10**14)}
    _changed(kinds=kinds)
    assert "all paid at the ceiling of 0.0005 HUB" in page(client, "/rewards/epochs/3/why/charlie")


def test_the_reader_s_own_amount_is_spoken_of_as_theirs(client: Client, paid: Paid) -> None:
    client.force_login(paid.charlie)
    assert "Why did you get 340 HUB?" in page(client, "/rewards/epochs/3/why/charlie")
    assert "flow-kept-own" in page(client, "/rewards/epochs/3")


# --- other rooms' pages --------------------------------------------------------------------------
def test_a_person_s_page_shows_what_they_earned(client: Client, paid: Paid, now: datetime) -> None:
    finalize(paid.epoch, now)
    assert "/rewards/epochs/3/why/charlie" in page(client, "/people/charlie")


def test_one_s_own_page_says_what_waits_and_why(client: Client, paid: Paid, now: datetime) -> None:
    finalize(paid.epoch, now)
    client.force_login(paid.charlie)
    found = page(client, "/me")
    assert "for a wallet; nothing is lost meanwhile" in found
    assert "340 HUB" in found


def test_a_repository_shows_what_its_works_earned(client: Client, paid: Paid, now: datetime) -> None:
    finalize(paid.epoch, now)
    found = page(client, "/alice/logistic/rewards")
    assert "kept 1,145 HUB" in found
    assert "Scale the inputs" in found
    assert "/alice/logistic/rewards" in page(client, "/alice/logistic/history")


def test_a_work_waits_for_as_many_assessments_as_the_rule_asks_for(
    client: Client, paid: Paid, publish: Publish, now: datetime
) -> None:
    paid.model.refresh_from_db()
    revision = publish(paid.model, {"notes.md": "More.\n"}, now=now + timedelta(seconds=2))
    submit_work(account=paid.alice, revision=revision, now=now + timedelta(seconds=3))
    assert "an assessment by a hub reviewer" in page(client, "/alice/logistic/rewards")
    _changed(min_reviews=3)
    assert "3 assessments by hub reviewers" in page(client, "/alice/logistic/rewards")


def test_a_repository_without_works_says_how_one_earns(client: Client, model: object) -> None:
    assert "Nothing yet" in page(client, "/alice/logistic/rewards")


def test_a_hidden_repository_has_no_rewards_page(client: Client, paid: Paid) -> None:
    paid.model.visibility = "private"
    paid.model.save()
    page(client, "/alice/logistic/rewards", 404)


def test_a_work_s_page_shows_what_it_got(client: Client, paid: Paid) -> None:
    found = page(client, f"/reviews/assess/{paid.tuned.key}")
    assert "Reward" in found
    assert "340 HUB" in found


def test_a_proposal_s_form_says_what_it_may_earn(client: Client, paid: Paid) -> None:
    client.force_login(paid.charlie)
    assert "earns at most 240 HUB" in page(client, "/alice/logistic/discussions/new")


def test_every_page_speaks_the_reader_s_language(client: Client, paid: Paid) -> None:
    for path in ("/rewards", "/rewards/epochs/3", "/rewards/epochs/3/why/charlie", "/alice/logistic/rewards"):
        assert '<html lang="ja"' in page(client, f"{path}?lang=ja")


def test_the_bundle_on_the_page_names_every_file(client: Client, paid: Paid) -> None:
    found = page(client, "/rewards/epochs/3")
    manifest = json.loads((places.bundle(3) / "manifest.json").read_bytes())
    for name, file in manifest["files"].items():
        assert f"/epochs/3/{name}" in found
        assert file["sha256"] in found


# --- what holds up rewards -----------------------------------------------------------------------
def test_the_overview_says_what_stops_the_epoch_that_is_under_way(client: Client, paid: Paid) -> None:
    Epoch.objects.filter(pk=3).update(problem="The database disagrees with the log.")
    found = page(client, "/rewards")
    assert "Epoch 3 waits." in found
    assert "The database disagrees with the log." in found
    assert "Rewards have stopped." not in found


def test_the_overview_says_plainly_that_rewards_have_ended(client: Client, paid: Paid) -> None:
    Epoch.objects.filter(pk=3).update(problem=PASSED)
    found = page(client, "/rewards")
    assert "Rewards have stopped." in found
    assert "a new distributor that starts from the last good bundle" in found


def test_what_stops_a_step_is_shown_once_it_lasts(client: Client) -> None:
    made = Obstacle.objects.create(step="close", reason="Not everything is anchored.", since=timezone.now())
    assert "Not everything is anchored." not in page(client, "/rewards")
    Obstacle.objects.filter(pk=made.pk).update(since=timezone.now() - timedelta(minutes=6))
    assert "Not everything is anchored." in page(client, "/rewards")


def test_the_page_says_what_documentation_is_paid_from_and_what_has_no_pool(client: Client, paid: Paid) -> None:
    found = page(client, "/rewards")
    assert "Documentation is paid from the code pool." in found
    assert "No pool yet: Compute, Evaluation." in found
    choices = found.partition('id="worth-kind"')[2].partition("</select>")[0]
    assert ('value="documentation"' in choices, 'value="evaluation"' in choices) == (True, False)
