"""What forms and pages say of licences, sources and measurements, and what they ask before anything of it is lost."""

import pytest
from django.test import Client

from hub.errors import Invalid
from hub.repositories import selectors
from hub.repositories.card import Card
from hub.repositories.models import Repository
from tests.hub.repositories.conftest import Publish
from tests.hub.repositories.paging import BASE, text

pytestmark = pytest.mark.django_db


def test_terms_without_a_name_are_said_in_the_readers_language(page: Client) -> None:
    html = text(page.get("/new?lang=ja"))
    assert "Other terms" not in html
    assert "Terms not known" not in html


def test_samples_of_one_class_are_said_to_be(client: Client, dataset: Repository, publish: Publish) -> None:
    row = {"name": "specificity", "value": "0.9", "n": 357, "positives": 0}
    publish(dataset, {"a": "1"}, metrics=[row, {**row, "name": "sensitivity", "n": 212, "positives": 212}])
    html = text(client.get(BASE))
    assert '357<span class="quiet">, all negative</span>' in html
    assert '212<span class="quiet">, all positive</span>' in html


@pytest.mark.parametrize("act", ["edit", "upload"])
def test_before_publishing_a_private_revision_the_sentence_is_the_one_that_everybody_will_read(
    page: Client, private: Repository, act: str
) -> None:
    html = text(page.get(f"/datasets/alice/secret/{act}"))
    sentence = html[html.index('class="will-be-public"') :].partition("</div>")[0]
    assert "alice published revision 2 of a private repository." in sentence
    assert "secret" not in sentence


def test_settings_of_a_private_repository_say_what_everybody_will_read(page: Client, private: Repository) -> None:
    html = text(page.get("/datasets/alice/secret/settings"))
    for sentence in ("alice gave a private repository a new name.", "alice withdrew a private repository:"):
        assert sentence in html
    assert "alice made secret public." in html


# --- licences ------------------------------------------------------------------------------------
NEW = {"kind": "model", "owner": "alice", "name": "logistic", "summary": "Tells.", "visibility": "public"}


@pytest.mark.parametrize(
    ("front", "words"),
    [
        ("license: NotALicence-9", "“NotALicence-9” is no licence that is known here."),
        ("license: Apache-2.1", "Did you mean one of these: Apache-2.0"),
        ("license: other", "Other terms need their name and where they stand"),
        ("license: other\nlicense_name: house-rules", "Other terms need their name and where they stand"),
        ("license: other\nlicense_link: LICENSE", "Other terms need their name and where they stand"),
        ("license: zzz\nlicense_name: house-rules\nlicense_link: LICENSE", "no licence that is known here"),
    ],
)
def test_terms_that_nobody_can_look_up_are_refused_at_the_card(
    dataset: Repository, publish: Publish, front: str, words: str
) -> None:
    with pytest.raises(Invalid) as refused:
        publish(dataset, {"README.md": f"---\n{front}\n---\n# x\n"})
    assert refused.value.field == "card"
    assert words in str(refused.value)


def test_other_terms_with_name_and_place_are_taken(dataset: Repository, publish: Publish) -> None:
    for place in ("license_link: LICENSE", "license_details: Ask first."):
        front = f"license: other\nlicense_name: house-rules\n{place}"
        assert publish(dataset, {"README.md": f"---\n{front}\n---\n# x\n"}).licence == "other"
    known = "---\nlicense: other\nlicense_name: gemma\n---\n# x\n"
    assert publish(dataset, {"README.md": known}).licence == "gemma"


def test_a_card_from_before_does_not_stand_in_the_way_of_other_files(
    dataset: Repository, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(Card, "refuse_licence", lambda card: None)
        publish(dataset, {"README.md": "---\nlicense: NotALicence-9\n---\n"})
    assert publish(dataset, {"a.csv": "1"}).licence == "other"


def test_a_new_repository_under_other_terms_says_which(page: Client) -> None:
    html = text(page.post("/new", {**NEW, "licence": "other"}))
    assert "Other terms need their name and where they stand" in html
    terms = {"license_name": "house-rules", "license_link": "https://example.org/rules"}
    assert page.post("/new", {**NEW, **terms, "licence": "other"}).status_code == 302
    made = Repository.objects.get()
    assert made.head is not None
    assert selectors.card_text(made.head).startswith(
        "---\nlicense: other\nlicense_name: house-rules\nlicense_link: https://example.org/rules\n---\n"
    )
