"""What forms and pages say of licences, sources and measurements, and what they ask before anything of it is lost."""

import pytest
from django.test import Client

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
