"""Pages of rewards: a sentence first, every amount with its reasons, and nothing that needs JavaScript."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_the_overview_says_by_which_rule_before_anything_was_paid(client: Client) -> None:
    answer = client.get("/rewards")
    assert answer.status_code == 200
