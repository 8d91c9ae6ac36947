"""Forms that arrive after their sender was signed out, and addresses that only take forms."""

import uuid

import pytest
from django.test import Client

from hub.accounts.models import Account
from hub.contributions.models import Comment
from tests.hub.contributions.conftest import Propose
from tests.hub.repositories.paging import text

pytestmark = pytest.mark.django_db
PAGE = "/datasets/alice/cells/discussions/1"
ENDED = "Your session ended; sign in to go on."


@pytest.mark.parametrize("path", ["comment", "withdraw", "join", "comments/1/delete"])
def test_an_address_that_takes_a_form_leads_to_the_page_that_holds_it(
    client: Client, propose: Propose, bob: Account, path: str
) -> None:
    propose()
    for signed_in in (False, True):
        if signed_in:
            client.force_login(bob)
        response = client.get(f"{PAGE}/{path}")
        assert (response.status_code, response["Location"]) == (302, PAGE)
    assert client.put(f"{PAGE}/{path}").status_code == 405


@pytest.mark.parametrize("path", ["comment", "withdraw", "join", "comments/1/delete"])
def test_a_form_that_came_too_late_is_explained_and_leads_back(client: Client, propose: Propose, path: str) -> None:
    propose()
    response = client.post(f"{PAGE}/{path}", {"text": "words"}, follow=True)
    assert response.redirect_chain == [(f"/accounts/login/?next={PAGE}", 302)]
    assert ENDED in text(response)
    assert not Comment.objects.exists()


def test_forms_with_a_page_of_their_own_say_it_too(client: Client, propose: Propose) -> None:
    found = propose()
    decide = f"/reviews/decide/{found.pk}"
    response = client.post(decide, {"verdict": "accept"}, follow=True)
    assert response.redirect_chain == [(f"/accounts/login/?next={decide}", 302)]
    assert ENDED in text(response)
    assert ENDED not in text(client.get(decide, follow=True))


def test_a_late_withdrawal_of_what_one_sees_no_more_leads_to_one_s_own_page(client: Client, bob: Account) -> None:
    path = f"/contribute/{uuid.uuid4()}/withdraw"
    assert client.post(path)["Location"] == "/accounts/login/?next=/me"
    client.force_login(bob)
    assert client.get(path)["Location"] == "/me"


def test_the_words_of_a_late_comment_are_in_the_form_after_signing_in(
    client: Client, propose: Propose, bob: Account
) -> None:
    propose()
    propose({"b": "1"})
    words = "Two rows look swapped to me."
    client.post(f"{PAGE}/comment", {"text": words})
    assert words not in text(client.get(PAGE))
    client.force_login(bob)
    assert f">\n{words}</textarea>" in text(client.get(PAGE))
    assert f">\n{words}</textarea>" in text(client.get(PAGE))
    assert words not in text(client.get(f"{PAGE[:-1]}2"))
    client.post(f"{PAGE}/comment", {"text": words})
    assert Comment.objects.get().text == words
    assert "</textarea>" in text(client.get(PAGE))
    assert f"{words}</textarea>" not in text(client.get(PAGE))


def test_an_old_form_token_says_nothing_of_other_accounts(propose: Propose, bob: Account) -> None:
    propose()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(bob)
    response = strict.post(f"{PAGE}/comment", {"text": "words"})
    assert response.status_code == 403
    assert "This form was open for too long" in text(response)
    assert "Another account may be allowed" not in text(response)
