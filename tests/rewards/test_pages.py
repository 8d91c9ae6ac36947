"""Pages of rewards: a sentence first, every amount with its reasons, and nothing that needs JavaScript."""

import json
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from django.test import Client
from django.utils import timezone

from hub.accounts.models import Account
from rewards.models import Epoch, Obstacle
from rewards.policy import FIRST
from rewards.proposing import PASSED
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


def test_the_second_program_and_the_claim_page_are_downloads(client: Client) -> None:
    for name in ("akashi_recompute.py", "claim.html"):
        answer = client.get(f"/rewards/{name}")
        assert answer["Content-Disposition"] == f'attachment; filename="{name}"'


# --- an epoch ------------------------------------------------------------------------------------
def test_an_epoch_that_paid_nothing_has_no_page(client: Client) -> None:
    page(client, "/rewards/epochs/7", 404)


def test_a_computed_epoch_says_what_it_would_pay(client: Client, paid: Paid) -> None:
    found = page(client, "/rewards/epochs/3")
    assert "Epoch 3 would pay" in found
    assert "two programs reached the same root" in found
    assert paid.epoch.manifest in found


def test_a_final_epoch_says_what_it_paid(client: Client, paid: Paid, now: datetime) -> None:
    finalize(paid.epoch, now)
    found = page(client, "/rewards/epochs/3")
    assert "Epoch 3 paid" in found
    assert "Verified" in found


def test_an_epoch_in_its_window_counts_down(client: Client, paid: Paid, now: datetime) -> None:
    paid.epoch.state, paid.epoch.ready = Epoch.State.PROPOSED, now + timedelta(minutes=1)
    paid.epoch.save()
    found = page(client, "/rewards/epochs/3")
    assert f'data-countdown="{int(paid.epoch.ready.timestamp())}"' in found
    assert "challenge(string)" in found


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
    from rewards import places

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
