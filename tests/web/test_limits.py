"""Rate limits, counted in the real cache."""

import uuid
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.test import Client, RequestFactory

from web.errors import RateLimited
from web.limits import Rate, address, caller, spend


@pytest.fixture(autouse=True)
def counted_anew() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def name() -> str:
    return uuid.uuid4().hex


@pytest.mark.parametrize(
    ("written", "rate"),
    [("10/m", Rate(10, 60)), ("100/15m", Rate(100, 900)), ("5/s", Rate(5, 1)), ("1000/d", Rate(1000, 86400))],
)
def test_a_rate_is_written_as_count_per_span(written: str, rate: Rate) -> None:
    assert Rate.parse(written) == rate


@pytest.mark.parametrize("written", ["", "10", "0/m", "10/x", "-1/m", "10/0m", "1.5/m"])
def test_what_is_not_a_rate_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="not a rate"):
        Rate.parse(written)


def test_calls_above_the_rate_are_refused_until_the_window_ends(name: str) -> None:
    rate, clock = Rate(2, 60), 6000.0
    spend(name, "me", rate, clock=lambda: clock + 10)
    spend(name, "me", rate, clock=lambda: clock + 20)
    with pytest.raises(RateLimited) as refused:
        spend(name, "me", rate, clock=lambda: clock + 25)
    assert refused.value.retry_after == 35
    spend(name, "me", rate, clock=lambda: clock + 60)


def test_callers_and_limits_are_counted_apart(name: str) -> None:
    rate = Rate(1, 3600)
    for limit, who in ((name, "me"), (name, "you"), (name + "2", "me")):
        spend(limit, who, rate, clock=lambda: 7200.0)


def test_an_anonymous_caller_is_an_address_and_of_ipv6_a_network(rf: RequestFactory) -> None:
    assert address(rf.get("/", REMOTE_ADDR="203.0.113.9")) == "203.0.113.9"
    assert address(rf.get("/", REMOTE_ADDR="2001:db8:1:2:3:4:5:6")) == "2001:db8:1:2::"
    assert address(rf.get("/", REMOTE_ADDR="")) == "unknown"
    request = rf.get("/", REMOTE_ADDR="203.0.113.9")
    request.user = AnonymousUser()
    assert caller(request) == "203.0.113.9"


def test_a_limited_view_answers_429_with_the_time_to_wait(own_urls: None, client: Client) -> None:
    answers = [client.get("/limited") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 3600


def test_other_methods_are_not_counted(own_urls: None, client: Client) -> None:
    assert [client.post("/limited").status_code for _ in range(4)] == [200] * 4
