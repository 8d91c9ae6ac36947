"""`Idempotency-Key`: a repeated request has its effect once, whatever happens in between."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone

from tests.web import urls
from web.idempotency import expire, forget
from web.models import IdempotentRequest
from web.tasks import expire_idempotency

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _urls(own_urls: None) -> None:
    urls.running.clear()
    urls.go_on.clear()


@pytest.fixture
def send(transactional_db: None) -> Callable[..., Any]:
    """Posts as one person who is signed in."""
    person = get_user_model().objects.create_user(username="sender")

    def post(
        key: str | None = "k-1", name: str = "a", then: str = "", as_: Any = None, path: str = "/api/groups"
    ) -> Any:
        client = Client(raise_request_exception=False)
        client.force_login(as_ or person)
        headers = {"X-Then": then} if key is None else {"X-Then": then, "Idempotency-Key": key}
        return client.post(path, {"name": name}, content_type="application/json", headers=headers)

    return post


def test_without_a_key_every_request_has_its_effect(send: Callable[..., Any]) -> None:
    assert [send(key=None).status_code for _ in range(2)] == [201, 201]
    assert Group.objects.count() == 2


def test_a_repeated_request_gets_the_first_answer_byte_for_byte(send: Callable[..., Any]) -> None:
    first, second = send(), send()
    assert (second.status_code, second.content) == (201, first.content)
    assert (second["Location"], second["Content-Type"]) == (first["Location"], first["Content-Type"])
    assert ("Idempotency-Replayed" in first, second["Idempotency-Replayed"]) == (False, "true")
    assert Group.objects.count() == 1


def test_a_key_may_stand_in_quotes(send: Callable[..., Any]) -> None:
    send(key="k-1")
    assert send(key='"k-1"')["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("change", [{"name": "b"}, {"path": "/api/groups?x=1"}])
def test_the_same_key_for_another_request_is_refused(send: Callable[..., Any], change: dict[str, str]) -> None:
    send()
    answer = send(**change)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert Group.objects.count() == 1


@pytest.mark.parametrize("key", ["", '""', "a b", "x" * 256, "é", "a\tb"])
def test_a_malformed_key_is_refused(send: Callable[..., Any], key: str) -> None:
    assert send(key=key).status_code == 400
    assert Group.objects.count() == 0


def test_keys_of_different_people_do_not_meet(send: Callable[..., Any]) -> None:
    other = get_user_model().objects.create_user(username="other")
    send()
    assert "Idempotency-Replayed" not in send(as_=other)
    assert Group.objects.count() == 2


@pytest.mark.parametrize("then", ["raise", "refuse", "stream"])
def test_a_refused_request_has_no_effect_and_frees_its_key(send: Callable[..., Any], then: str) -> None:
    assert send(then=then).status_code >= 400
    assert (Group.objects.count(), IdempotentRequest.objects.count()) == (0, 0)
    assert send(name="b").status_code == 201


def test_a_request_whose_first_run_died_is_run_again(send: Callable[..., Any]) -> None:
    first = send()
    Group.objects.all().delete()
    # What a killed process leaves: the row, without an answer and without a lock.
    IdempotentRequest.objects.update(status=None, body=b"", headers={})
    again = send()
    assert (again.status_code, "Idempotency-Replayed" in again) == (201, False)
    assert again.json()["name"] == first.json()["name"]


def test_while_the_first_request_runs_the_second_is_asked_to_wait(send: Callable[..., Any]) -> None:
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(_and_close, send, then="wait")
        assert urls.running.wait(30)
        second = send(then="wait")
        different = send(name="b", then="wait")
        urls.go_on.set()
        assert first.result().status_code == 201
    assert (second.status_code, second.json()["type"]) == (409, "/problems/request-in-progress")
    assert int(second["Retry-After"]) > 0
    assert different.status_code == 422
    assert send(then="wait").content == first.result().content
    assert Group.objects.count() == 1


def test_many_at_once_have_one_effect(send: Callable[..., Any]) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = [job.result() for job in [pool.submit(_and_close, send) for _ in range(24)]]
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert Group.objects.count() == 1


def test_answers_are_forgotten_after_a_day(send: Callable[..., Any]) -> None:
    send()
    now = timezone.now()
    assert expire(now + timedelta(hours=23)) == 0
    assert expire(now + timedelta(hours=25)) == 1
    assert "Idempotency-Replayed" not in send()
    assert expire_idempotency() == 0


def test_a_request_that_still_runs_is_not_forgotten(send: Callable[..., Any]) -> None:
    send()
    later = timezone.now() + timedelta(hours=25)
    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        IdempotentRequest.objects.select_for_update().get()
        assert pool.submit(_and_close, expire, later).result() == 0
    assert expire(later) == 1


def test_forgetting_an_account_s_answers_never_waits_for_its_request_that_runs(send: Callable[..., Any]) -> None:
    """Which may wait itself for whoever forgets: an erasure holds the account."""
    send(key="done")
    account = IdempotentRequest.objects.get().account_id
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(_and_close, send, then="wait")
        assert urls.running.wait(30)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
            forget(account)
        urls.go_on.set()
        assert running.result().status_code == 201
    assert list(IdempotentRequest.objects.values_list("key", flat=True)) == ["k-1"]


def _and_close(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    try:
        return function(*args, **kwargs)
    finally:
        connections.close_all()
