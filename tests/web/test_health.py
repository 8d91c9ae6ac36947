"""Whether the site lives, is ready, and its figures."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from web import health


@pytest.fixture(autouse=True)
def _registered(own_urls: None) -> Iterator[None]:
    probes, gauges = dict(health._probes), dict(health._gauges)
    for name in set(health._probes) - {"database", "valkey"}:
        health.unregister_probe(name)
    yield
    health._probes.clear()
    health._probes.update(probes)
    health._gauges.clear()
    health._gauges.update(gauges)


def fails() -> None:
    raise OSError("host quokka refused")


def test_the_process_lives_without_asking_anybody(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_health_is_asked_from_inside_without_tls(client: Client, settings: Any, path: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(path).status_code == 200
    assert client.get("/page").status_code == 301
    assert client.get(f"{path}/more").status_code == 301


@pytest.mark.django_db
def test_the_site_is_ready_when_database_and_cache_answer(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "probes": {"database": "ok", "valkey": "ok"}}


@pytest.mark.django_db
def test_one_part_that_fails_makes_the_site_not_ready_and_says_no_more(client: Client) -> None:
    health.register_probe("chain", fails)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["probes"]["chain"]) == (503, "failed")
    assert int(answer["Retry-After"]) > 0
    assert b"quokka" not in answer.content


@pytest.mark.django_db
def test_a_part_that_does_not_answer_in_time_makes_the_site_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PROBE_SECONDS", 0.05)
    never = threading.Event()
    health.register_probe("chain", lambda: never.wait(30))
    assert client.get("/readyz").json()["probes"]["chain"] == "timeout"
    never.set()


@pytest.mark.django_db
def test_a_cache_that_is_away_is_named(client: Client, settings: Any) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    assert client.get("/readyz").json()["probes"] == {"database": "ok", "valkey": "failed"}


def test_figures_of_the_rooms_are_read_at_each_scrape(client: Client) -> None:
    sizes = iter([41, 42])
    health.register_gauge("akashi_test_size", "Entries.", lambda: next(sizes))
    health.register_gauge("akashi_test_state", "By state.", lambda: {"pending": 1, "final": 2.5}, label="state")
    client.get("/metrics")
    lines = client.get("/metrics").content.decode().splitlines()
    assert "akashi_test_size 42.0" in lines
    assert 'akashi_test_state{state="final"} 2.5' in lines


def test_a_room_that_cannot_say_does_not_take_the_others_with_it(client: Client) -> None:
    def broken() -> float:
        raise OSError("host quokka refused")

    health.register_gauge("akashi_test_broken", "Broken.", broken)
    health.register_gauge("akashi_test_whole", "Whole.", lambda: 7)
    lines = client.get("/metrics").content.decode().splitlines()
    assert "akashi_test_whole 7.0" in lines
    assert 'akashi_gauge_failed{gauge="akashi_test_broken"} 1.0' in lines


@pytest.mark.parametrize("address", ["203.0.113.9", "10.0.0.1", "::ffff:203.0.113.9", "", "unix"])
def test_figures_are_not_for_other_machines(client: Client, address: str) -> None:
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via"])
def test_a_visitor_behind_a_proxy_on_this_machine_is_no_local_caller(client: Client, header: str) -> None:
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 403


def test_a_token_opens_the_figures_from_anywhere(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "s3cret"

    def ask(header: str) -> int:
        return client.get("/metrics", headers={"Authorization": header}, REMOTE_ADDR="203.0.113.9").status_code

    assert ask("Bearer s3cret") == 200
    assert {ask(wrong) for wrong in ("Bearer s3cre", "Bearer ", "s3cret", "Bearer ü")} == {403}


def test_an_unset_token_opens_nothing(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    answer = client.get("/metrics", headers={"Authorization": "Bearer "}, REMOTE_ADDR="203.0.113.9")
    assert answer.status_code == 403
