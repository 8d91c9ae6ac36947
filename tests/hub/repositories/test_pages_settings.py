"""The settings of a repository: sentences before acts, one act at a time, refusals."""

import pytest
from django.test import Client

from hub.accounts.models import Account
from hub.repositories import links
from hub.repositories.models import Repository
from tests.hub.repositories.paging import BASE, text

pytestmark = pytest.mark.django_db


def test_settings_show_the_sentences_that_will_be_public(page: Client, dataset: Repository) -> None:
    html = text(page.get(f"{BASE}/settings"))
    for sentence in ("alice made cells private.", "alice renamed cells to “…”.", "alice withdrew cells:"):
        assert sentence in html


def test_settings_are_changed_one_at_a_time(page: Client, dataset: Repository, bob: Account) -> None:
    def post(**data: str) -> int:
        dataset.refresh_from_db()
        return page.post(f"{links.repository(dataset)}/settings", data).status_code

    assert post(act="maintainer", handle="bob") == 302
    assert [row.account for row in dataset.maintainers.all()] == [bob]
    assert post(act="remove-maintainer", handle="bob") == 302
    assert post(act="visibility", visibility="private") == 302
    assert post(act="rename", name="renamed") == 302
    assert post(act="withdraw", reason="error", sure="renamed") == 302
    dataset.refresh_from_db()
    assert (dataset.name, dataset.visibility, dataset.maintainers.count()) == ("renamed", "private", 0)
    assert dataset.withdrawn is not None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"act": "rename", "name": "a b"}, "Use letters"),
        ({"act": "rename", "name": "cells"}, "this name already"),
        ({"act": "maintainer", "handle": "nobody"}, "no person here"),
        ({"act": "visibility", "visibility": "public"}, "this visibility already"),
        ({"act": "visibility", "visibility": "gated"}, "valid choice"),
        ({"act": "withdraw", "reason": "error", "sure": "other"}, "not the name"),
        ({"act": "withdraw", "reason": "whim", "sure": "cells"}, "valid choice"),
        ({"act": "nonsense"}, "Settings of cells"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_words(
    page: Client, dataset: Repository, data: dict[str, str], words: str
) -> None:
    response = page.post(f"{BASE}/settings", data)
    assert words in text(response)
    dataset.refresh_from_db()
    assert (dataset.name, dataset.withdrawn) == ("cells", None)
