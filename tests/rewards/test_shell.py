"""Until rewards are computed, their page says so and promises nothing."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_the_page_says_that_nothing_is_paid_yet(client: Client) -> None:
    answer = client.get("/rewards")
    assert answer.status_code == 200
    assert b"No rewards yet" in answer.content
