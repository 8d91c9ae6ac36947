"""Pages of reviews: what waits for whom, the forms, and what other pages show of verdicts and works."""

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hub.accounts.models import Account
from hub.accounts.reviewers import grant_reviewer
from hub.contributions.models import Contribution
from hub.contributions.services import join, update_contribution
from hub.contributions.upkeep import release_files
from hub.repositories import links
from hub.repositories.models import Repository
from hub.repositories.services import change_visibility
from hub.reviews import selectors
from hub.reviews.models import Assessment, Review, Work
from hub.reviews.services import appeal, assess, submit_work
from tests.hub.factories import make_account
from tests.hub.repositories.conftest import Publish, texts
from tests.hub.verdicts import decide
from web.timewords import worded

from .conftest import Propose

pytestmark = pytest.mark.django_db
WHY = "The numbers do not come out."


def text(response: Any) -> str:
    return unescape(str(response.content.decode()))


def main(response: Any) -> str:
    return text(response).partition('id="main"')[2].partition("</main>")[0]


def test_the_verdict_form_says_which_shares_nobody_agreed_to(
    client: Client, propose: Propose, bob: Account, dora: Account, now: datetime
) -> None:
    shared = propose(authors=[("charlie", 7_000), ("dora", 3_000)])
    client.force_login(bob)
    words = "these shares stay with whoever proposed it"
    page = main(client.get(links.repository(shared.repository) + "/discussions/1"))
    assert words in page
    assert "30 %" in page.partition(words)[2].partition("</form>")[0]
    assert words in main(client.get(f"/reviews/decide/{shared.pk}"))
    join(account=dora, contribution=shared, bps=3_000, now=now)
    assert words not in main(client.get(f"/reviews/decide/{shared.pk}"))


# --- the queue -----------------------------------------------------------------------------------
def test_visitors_read_how_it_works_and_what_waits_in_public(client: Client, proposed: Contribution) -> None:
    html = main(client.get("/reviews"))
    assert html.count("<h1") == 1
    assert "Sign in to see what waits for you" in html
    assert "Scale the inputs" in html.partition("Waiting for others")[2]


def test_a_maintainer_sees_what_to_decide_oldest_first(
    client: Client, propose: Propose, bob: Account, now: datetime
) -> None:
    propose({"a": "1"}, title="Younger", now=now + timedelta(hours=1))
    propose({"b": "1"}, title="Older")
    client.force_login(bob)
    html = main(client.get("/reviews")).partition("For your verdict")[2]
    assert html.index("Older") < html.index("Younger")
    assert "days" in html or " h" in html or "min" in html


def test_one_s_own_proposals_wait_for_others(client: Client, propose: Propose, bob: Account) -> None:
    propose({"a": "1"}, title="By Bob", account=bob)
    client.force_login(bob)
    mine, _, others = main(client.get("/reviews")).partition("Waiting for others")
    assert "By Bob" not in mine
    assert "By Bob" in others


def test_who_maintains_nothing_reads_how_one_becomes_a_maintainer_and_a_hub_reviewer(
    client: Client, charlie: Account
) -> None:
    client.force_login(charlie)
    html = main(client.get("/reviews"))
    assert "You maintain no repository yet" in html
    assert "You are no hub reviewer" in html
    assert "Nothing waits for you." in html


def test_a_hub_reviewer_sees_works_without_assessment_first(
    client: Client, model: Repository, publish: Publish, alice: Account, dora: Account, work: Work, now: datetime
) -> None:
    model.refresh_from_db()
    newer = publish(model, {"w.json": "[7]"}, kind="tuning", message="A newer one.\nMore words.")
    submit_work(account=alice, revision=newer, now=now + timedelta(hours=1))
    client.force_login(dora)
    html = main(client.get("/reviews")).partition("For your assessment")[2]
    assert html.index("Scale the inputs") < html.index("A newer one.")
    assess(account=dora, work=work, effort=3, quality=70, comment="Fine.", now=now)
    assert "Scale the inputs" not in main(client.get("/reviews")).partition("For your assessment")[2]


def test_a_work_that_another_has_assessed_comes_after_those_that_nobody_has(
    work: Work, model: Repository, publish: Publish, alice: Account, dora: Account, now: datetime
) -> None:
    other = make_account("eve")
    grant_reviewer(account=other, now=now)
    assess(account=other, work=work, effort=3, quality=70, comment="Fine.", now=now)
    newer = submit_work(account=alice, revision=publish(model, {"x": "1"}), now=now + timedelta(hours=1))
    tasks = selectors.queue(dora, now).assess
    assert [(task.work.key, task.assessments) for task in tasks if task.work] == [(newer.key, 0), (work.key, 1)]


def test_nobody_is_asked_to_assess_what_they_may_not(
    work: Work, alice: Account, charlie: Account, now: datetime
) -> None:
    for account in (alice, charlie):
        grant_reviewer(account=account, now=now)
        assert selectors.queue(account, now).assess == []


def test_an_appeal_waits_for_somebody_else(
    client: Client, proposed: Contribution, alice: Account, bob: Account, charlie: Account, now: datetime
) -> None:
    decide(account=bob, contribution=proposed, verdict="decline", reason_code="quality", comment=WHY, now=now)
    appeal(account=charlie, contribution=proposed, comment="Look again.", now=now)
    assert not selectors.decidable_by(bob).exists()
    client.force_login(alice)
    assert "appealed" in main(client.get("/reviews"))


def test_an_appeal_that_only_a_hub_reviewer_can_decide_waits_for_them(
    proposed: Contribution, model: Repository, alice: Account, charlie: Account, dora: Account, now: datetime
) -> None:
    model.maintainers.all().delete()
    decide(account=alice, contribution=proposed, verdict="decline", reason_code="quality", comment=WHY, now=now)
    assert not selectors.decidable_by(dora).exists()
    appeal(account=charlie, contribution=proposed, comment="Look again.", now=now)
    assert list(selectors.decidable_by(dora)) == [proposed]


def test_what_was_sent_back_waits_for_its_author(
    client: Client, proposed: Contribution, bob: Account, charlie: Account, now: datetime
) -> None:
    decide(account=bob, contribution=proposed, verdict="ask", reason_code="incomplete", comment="How?", now=now)
    client.force_login(charlie)
    assert "Sent back to you" in main(client.get("/reviews"))
    assert "Sent back to you" in main(client.get("/me"))


def test_a_private_repository_s_contributions_wait_for_its_people_alone(
    client: Client,
    proposed: Contribution,
    model: Repository,
    alice: Account,
    bob: Account,
    charlie: Account,
    now: datetime,
) -> None:
    change_visibility(account=alice, repository=model, visibility="private", now=now)
    assert "Scale the inputs" not in text(client.get("/reviews"))
    client.force_login(bob)
    html = main(client.get("/reviews"))
    assert "Scale the inputs" in html
    assert "older revision" in html


def test_the_queue_says_in_which_order_things_stand(
    client: Client, propose: Propose, work: Work, bob: Account, dora: Account
) -> None:
    propose({"a": "1"})
    client.force_login(bob)
    html = main(client.get("/reviews"))
    assert "1 thing waits for you." in html
    assert "the longest waiting first" in html
    assert "nobody has assessed first" not in html
    client.force_login(dora)
    html = main(client.get("/reviews"))
    assert "those that nobody has assessed first, then the oldest" in html
    assert "the longest waiting first" not in html


# --- people --------------------------------------------------------------------------------------
def _pages(client: Client, path: str, older: str) -> list[str]:
    """The page, and those behind its link `older`, one after the other."""
    found = [text(client.get(path))]
    while match := re.search(rf'rel="next" href="([^"#]+)#[a-z]+">{older}<', found[-1]):
        found.append(text(client.get(path + match[1])))
    return found


@pytest.mark.parametrize("path", ["/people/charlie", "/me"])
def test_people_s_pages_say_how_many_contributions_there_are_and_lead_to_all(
    client: Client, propose: Propose, charlie: Account, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr("hub.contributions.slots.MOST", 2)
    for number in range(5):
        propose({f"f{number}": "1"}, title=f"Idea {number}")
    client.force_login(charlie)
    pages = _pages(client, path, "Earlier")
    parts = [page.partition('id="contributions"')[2].partition("</section>")[0] for page in pages]
    assert ["5 in all" in page for page in parts] == [True] * 3
    told = [set(re.findall(r"Idea \d", page)) for page in parts]
    assert [len(each) for each in told] == [2, 2, 1]
    assert set().union(*told) == {f"Idea {number}" for number in range(5)}


def test_people_s_pages_lead_to_all_verdicts_and_all_assessments(
    client: Client, propose: Propose, alice: Account, dora: Account, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.reviews.slots.GIVEN", 2)
    for number in range(3):
        made = propose({f"f{number}": "1"}, title=f"Idea {number}")
        decide(account=alice, contribution=made, verdict="accept", comment=f"Fine {number}.", now=now)
        assess(
            account=dora,
            work=Work.objects.get(contribution=made),
            effort=3,
            quality=70,
            comment=f"Ok {number}.",
            now=now,
        )
    first, second = _pages(client, "/people/alice", "Earlier verdicts")
    assert "3 verdicts" in first
    assert [set(re.findall(r"Fine \d", page)) for page in (first, second)] == [{"Fine 2", "Fine 1"}, {"Fine 0"}]
    first, second = _pages(client, "/people/dora", "Earlier assessments")
    assert "3 assessments" in second
    assert [set(re.findall(r"Ok \d", page)) for page in (first, second)] == [{"Ok 2", "Ok 1"}, {"Ok 0"}]
    assert client.get("/people/dora?assessments=x").status_code == 400


# --- deciding ------------------------------------------------------------------------------------
def _fields(contribution: Contribution, **fields: str) -> dict[str, str]:
    assert contribution.proposal is not None
    given = {"verdict": "decline", "reason": "quality", "comment": WHY, "proposal": contribution.proposal.revision_id}
    return {**given, **fields}


def test_the_form_says_the_exact_sentences(client: Client, proposed: Contribution, bob: Account) -> None:
    client.force_login(bob)
    html = text(client.get(f"/reviews/decide/{proposed.pk}"))
    assert "bob accepted contribution 1 by charlie to logistic, which became revision 3." in html
    assert "bob declined contribution 1 by charlie to logistic: quality too low." in html
    assert "bob asked for changes to contribution 1 by charlie to logistic: something is missing." in html


def test_a_verdict_leads_back_to_the_contribution(client: Client, proposed: Contribution, bob: Account) -> None:
    client.force_login(bob)
    answer = client.post(f"/reviews/decide/{proposed.pk}", _fields(proposed))
    assert (answer.status_code, answer["Location"]) == (302, "/alice/logistic/discussions/1")
    assert Review.objects.get().comment == WHY


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"verdict": ""}, "This field is required"),
        ({"verdict": "maybe"}, "Select a valid choice"),
        ({"reason": ""}, "Choose a reason."),
        ({"reason": "boring"}, "Select a valid choice"),
        ({"comment": ""}, "Say why, in your own words."),
        ({"comment": "a\0b"}, "Null characters"),
        ({"proposal": "0" * 64}, "There is a newer version"),
    ],
)
def test_bad_input_is_refused_beside_its_field_and_kept(
    client: Client, proposed: Contribution, bob: Account, fields: dict[str, str], words: str
) -> None:
    client.force_login(bob)
    answer = client.post(f"/reviews/decide/{proposed.pk}", _fields(proposed, **fields))
    assert answer.status_code == 422
    assert words in text(answer)
    assert not Review.objects.exists()


@pytest.mark.parametrize("verdict", ["accept", "ask", "decline"])
def test_a_form_that_names_no_version_decides_nothing_and_is_shown_again_with_one(
    client: Client, proposed: Contribution, bob: Account, verdict: str
) -> None:
    client.force_login(bob)
    fields = _fields(proposed, verdict=verdict)
    seen = fields.pop("proposal")
    answer = client.post(f"/reviews/decide/{proposed.pk}", fields)
    assert answer.status_code == 422
    assert "It was not said which version you looked at" in text(answer)
    assert not Review.objects.exists()
    assert f'name="proposal" value="{seen}"' in text(answer)
    assert WHY in text(answer)


def test_a_form_that_named_an_older_version_goes_on_naming_it(
    client: Client, proposed: Contribution, bob: Account, charlie: Account, now: datetime
) -> None:
    client.force_login(bob)
    fields = _fields(proposed, verdict="accept")
    update_contribution(account=charlie, contribution=proposed, changes=texts({"w.json": "[3]"}), now=now)
    answer = client.post(f"/reviews/decide/{proposed.pk}", fields)
    assert answer.status_code == 422
    assert f'name="proposal" value="{fields["proposal"]}"' in text(answer)


def test_a_stale_one_is_not_accepted_and_says_so(
    client: Client, proposed: Contribution, model: Repository, publish: Publish, bob: Account
) -> None:
    publish(model, {"notes.md": "x"}, kind="documentation")
    client.force_login(bob)
    assert "has to be moved to the newest revision" in text(client.get(f"/reviews/decide/{proposed.pk}"))
    answer = client.post(f"/reviews/decide/{proposed.pk}", _fields(proposed, verdict="accept"))
    assert answer.status_code == 422
    assert "The repository has changed since this was proposed" in text(answer)


def test_others_get_no_form(client: Client, proposed: Contribution, charlie: Account, dora: Account) -> None:
    assert client.get(f"/reviews/decide/{proposed.pk}").status_code == 302
    for account in (charlie, dora):
        client.force_login(account)
        assert client.get(f"/reviews/decide/{proposed.pk}").status_code == 403
        assert client.post(f"/reviews/decide/{proposed.pk}", _fields(proposed)).status_code == 403


@pytest.mark.parametrize("path", ["decide", "appeal"])
def test_what_is_not_there_is_not_found(client: Client, proposed: Contribution, bob: Account, path: str) -> None:
    client.force_login(bob)
    assert client.get(f"/reviews/{path}/00000000-0000-4000-8000-000000000001").status_code == 404


def test_what_is_over_leads_to_its_page(client: Client, work: Work, alice: Account) -> None:
    client.force_login(alice)
    assert work.contribution is not None
    answer = client.get(f"/reviews/decide/{work.contribution.pk}")
    assert (answer.status_code, answer["Location"]) == (302, "/alice/logistic/discussions/1")


# --- appealing -----------------------------------------------------------------------------------
def test_the_contributor_appeals_on_a_page_that_says_who_decides(
    client: Client, proposed: Contribution, bob: Account, charlie: Account
) -> None:
    decide(
        account=bob, contribution=proposed, verdict="decline", reason_code="quality", comment=WHY, now=timezone.now()
    )
    client.force_login(charlie)
    html = text(client.get(f"/reviews/appeal/{proposed.pk}"))
    assert "charlie appealed against the verdict on contribution 1 to logistic." in html
    assert "/people/alice" in html
    assert client.post(f"/reviews/appeal/{proposed.pk}", {"comment": ""}).status_code == 422
    answer = client.post(f"/reviews/appeal/{proposed.pk}", {"comment": "Look again."})
    assert answer["Location"] == "/alice/logistic/discussions/1"
    assert client.post(f"/reviews/appeal/{proposed.pk}", {"comment": "Again."}).status_code == 422


def test_others_do_not_appeal(
    client: Client, proposed: Contribution, bob: Account, alice: Account, now: datetime
) -> None:
    decide(account=bob, contribution=proposed, verdict="decline", reason_code="quality", comment=WHY, now=now)
    client.force_login(alice)
    assert client.get(f"/reviews/appeal/{proposed.pk}").status_code == 403


@pytest.mark.parametrize("end", ["asked", "appealed", "long ago", "released"])
def test_an_appeal_that_is_not_possible_is_not_offered(
    client: Client, proposed: Contribution, bob: Account, charlie: Account, end: str
) -> None:
    today = timezone.now()
    declined = today - timedelta(days=31) if end in ("long ago", "released") else today
    verdict = "ask" if end == "asked" else "decline"
    decide(account=bob, contribution=proposed, verdict=verdict, reason_code="quality", comment=WHY, now=declined)
    if end == "appealed":
        appeal(account=charlie, contribution=proposed, comment="Look again.", now=today)
    if end == "released":
        release_files(today)
    client.force_login(charlie)
    html = main(client.get("/alice/logistic/discussions/1"))
    assert "/reviews/appeal/" not in html
    assert "may appeal" not in html
    assert client.get(f"/reviews/appeal/{proposed.pk}").status_code == 409
    if end in ("long ago", "released"):
        assert "The time to appeal is over." in html
        answer = client.post(f"/reviews/appeal/{proposed.pk}", {"comment": "Look again."})
        assert answer.status_code == 422
        assert "It is too late to appeal" in text(answer)


def test_until_when_one_may_appeal_is_said(
    client: Client, proposed: Contribution, bob: Account, charlie: Account
) -> None:
    today = timezone.now()
    decide(account=bob, contribution=proposed, verdict="decline", reason_code="quality", comment=WHY, now=today)
    client.force_login(charlie)
    until = worded(today + timedelta(days=30), today, "datetime")
    for path in ("/alice/logistic/discussions/1", f"/reviews/appeal/{proposed.pk}"):
        assert re.search(rf"You may appeal until <time [^>]*>{until}</time>\.", text(client.get(path)))


# --- works ---------------------------------------------------------------------------------------
def test_a_revision_is_submitted_from_its_page(client: Client, model: Repository, alice: Account) -> None:
    assert model.head is not None
    client.force_login(alice)
    commit = text(client.get(links.commit(model.head)))
    address = f"/reviews/submit/{model.head.pk}"
    assert address in commit
    assert "alice submitted logistic, revision 2 for assessment." in text(client.get(address))
    answer = client.post(address)
    assert answer["Location"] == f"/reviews/assess/rev:{model.head.pk}"
    assert client.get(address)["Location"] == answer["Location"]
    assert "A work since" in text(client.get(links.commit(model.head)))


def test_nobody_else_is_offered_to_submit_it(client: Client, model: Repository, bob: Account) -> None:
    assert model.head is not None
    client.force_login(bob)
    assert "/reviews/submit/" not in text(client.get(links.commit(model.head)))
    assert client.post(f"/reviews/submit/{model.head.pk}").status_code == 403
    assert client.post("/reviews/submit/nothing").status_code == 404


def test_a_work_is_open_to_all_and_its_form_to_who_may_assess(
    client: Client, work: Work, charlie: Account, dora: Account
) -> None:
    address = f"/reviews/assess/{work.key}"
    assert "Record assessment" not in text(client.get(address))
    client.force_login(charlie)
    assert "Record assessment" not in text(client.get(address))
    assert client.post(address, {"effort": "3", "quality": "70", "comment": "Fine."}).status_code == 403
    client.force_login(dora)
    html = text(client.get(address))
    assert "Record assessment" in html
    assert html.index("Record assessment") < html.index("What changed")
    answer = client.post(address, {"effort": "3", "quality": "70", "comment": "Fine."})
    assert answer["Location"] == "/reviews"
    assert "effort 3, quality 70 of 100" in text(client.get(address))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"effort": ""}, "This field is required"),
        ({"effort": "4"}, "Select a valid choice"),
        ({"quality": ""}, "This field is required"),
        ({"quality": "101"}, "less than or equal to 100"),
        ({"quality": "-1"}, "greater than or equal to 0"),
        ({"quality": "x"}, "Enter a whole number"),
        ({"comment": " "}, "This field is required"),
        ({"comment": "a\0b"}, "Null characters"),
    ],
)
def test_an_assessment_that_is_not_whole_is_refused_beside_its_field(
    client: Client, work: Work, dora: Account, fields: dict[str, str], words: str
) -> None:
    client.force_login(dora)
    given = {"effort": "3", "quality": "70", "comment": "Fine.", **fields}
    answer = client.post(f"/reviews/assess/{work.key}", given)
    assert answer.status_code == 422
    assert words in text(answer)
    assert not Assessment.objects.exists()


@pytest.mark.parametrize("key", ["nothing", "rev:0", "contrib:x", "rev:" + "0" * 64])
def test_a_work_that_is_not_there_is_not_found(client: Client, work: Work, key: str) -> None:
    assert client.get(f"/reviews/assess/{key}").status_code == 404


def test_a_work_of_a_private_repository_is_not_there_for_others(
    client: Client, work: Work, alice: Account, bob: Account, now: datetime
) -> None:
    change_visibility(account=alice, repository=work.repository, visibility="private", now=now)
    assert client.get(f"/reviews/assess/{work.key}").status_code == 404
    client.force_login(bob)
    assert client.get(f"/reviews/assess/{work.key}").status_code == 200
