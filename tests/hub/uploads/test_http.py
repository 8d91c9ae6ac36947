"""The parts protocol over HTTP: a real uvicorn, the receiver in front, Django behind, a real worker."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import pytest
from celery.contrib.testing.worker import start_worker
from django.core.asgi import get_asgi_application
from django.test import Client as Browser
from django.urls import path
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from kombu.exceptions import OperationalError
from pytest_django import Settings

from hub.uploads import selectors, upkeep
from hub.uploads.api import UploadsView
from hub.uploads.models import Upload
from hub.uploads.receiver_routes import routes
from hub.uploads.rules import PART_BYTES
from hub.uploads.tasks import check
from tests.hub.factories import PASSWORD, make_account, make_token
from tests.hub.uploads.sending import PURPOSE, digest, piece, stored_bytes
from tests.web.serving import Reply, Serving, eventually, head, reply
from web.exchange import Application
from web.receiver import Receiver

if TYPE_CHECKING:
    from hub.accounts.models import Account

API = "/api/v1/uploads"
DATA = os.urandom(PART_BYTES + 100_000)


@dataclass
class Caller:
    """Speaks to the API with one set of headers."""

    server: Serving
    headers: dict[str, str]

    def call(self, method: str, path: str = "", body: object = None, **extra: str) -> Reply:
        data = b"" if body is None else json.dumps(body).encode()
        return self.server.send(method, API + path, data, {"Content-Type": "application/json", **self.headers, **extra})

    def start(self, data: bytes, name: str = "data.csv", **more: object) -> Any:
        answer = self.call("POST", "", {"name": name, "size": len(data), "purpose": PURPOSE, **more})
        assert answer.status == 201, answer.body
        return answer.json()

    def put(self, upload: str, index: int, data: bytes, sha256: str | None = None) -> Reply:
        path = f"{API}/{upload}/parts/{index}"
        return self.server.send("PUT", path, data, {**self.headers, "X-Part-Sha256": sha256 or digest(data)})

    def get(self, upload: str) -> Any:
        return self.call("GET", f"/{upload}").json()


@pytest.fixture
def server(transactional_db: None, tmp_path: Path, settings: Settings) -> Iterator[Serving]:
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.CSRF_TRUSTED_ORIGINS = ["http://localhost"]
    with Serving(Receiver(cast(Application, get_asgi_application()), routes, folder=tmp_path / "incoming")) as serving:
        yield serving


@pytest.fixture
def account(server: Serving) -> "Account":
    return make_account("dora")


@pytest.fixture
def dora(server: Serving, account: "Account") -> Caller:
    return Caller(server, {"Authorization": f"Bearer {make_token(account)}"})


@pytest.fixture
def worker(server: Serving) -> Iterator[None]:
    from config.celery import app

    with start_worker(app, queues=["bytes"], pool="solo", perform_ping_check=False, shutdown_timeout=30):
        yield


def test_a_file_sent_in_parts_is_hashed_by_the_worker_and_stored(dora: Caller, worker: None) -> None:
    upload = dora.start(DATA)
    assert (upload["mode"], upload["part_size"], upload["part_count"]) == ("server", PART_BYTES, 2)
    for index in (1, 0):
        assert dora.put(upload["id"], index, piece(DATA, index)).status == 200
    assert [part["index"] for part in dora.get(upload["id"])["parts"]] == [0, 1]
    answer = dora.call("POST", f"/{upload['id']}/complete", {"sha256": digest(DATA)})
    assert (answer.status, answer.json()["state"]) == (202, "checking")
    eventually(lambda: dora.get(upload["id"])["state"] == "stored", 60)
    stored = dora.get(upload["id"])
    assert (stored["sha256"], stored["checked_bytes"], stored["parts_here"]) == (digest(DATA), len(DATA), 2)
    assert stored_bytes(digest(DATA)) == DATA


@pytest.fixture
def no_broker(server: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks are sent to a port where nobody listens."""
    from config.celery import app

    monkeypatch.setattr(app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(app, "_pool", None)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)


def test_a_queue_that_is_away_takes_nothing_back_that_was_committed(dora: Caller, no_broker: None) -> None:
    with pytest.raises(OperationalError):
        check.delay("nobody hears this")
    upload = dora.start(b"abc")
    dora.put(upload["id"], 0, b"abc")
    answer = dora.call("POST", f"/{upload['id']}/complete", {"sha256": digest(b"abc")})
    assert (answer.status, answer.json()["state"]) == (202, "checking")
    assert [str(found) for found in upkeep.requeue_checks(timezone.now() + timedelta(minutes=3))] == [upload["id"]]


def test_a_digest_that_differs_ends_in_a_failure_with_words(dora: Caller, worker: None) -> None:
    upload = dora.start(b"abc")
    dora.put(upload["id"], 0, b"abc")
    dora.call("POST", f"/{upload['id']}/complete", {"sha256": digest(b"abd")})
    eventually(lambda: dora.get(upload["id"])["state"] == "failed", 60)
    failed = dora.get(upload["id"])
    assert failed["error"] == "digest_differs"
    assert "digest" in failed["error_text"]


def test_a_forbidden_type_is_refused_before_a_byte_moves(dora: Caller) -> None:
    answer = dora.call("POST", "", {"name": "model.pkl", "size": 9, "purpose": PURPOSE})
    assert answer.status == 422
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["errors"][0]["field"] == "name"
    assert "safetensors" in problem["detail"]


def test_too_many_bytes_for_the_quota_are_refused_before_a_byte_moves(dora: Caller, settings: Settings) -> None:
    settings.QUOTA_BYTES = 100
    answer = dora.call("POST", "", {"name": "a.csv", "size": 101, "purpose": PURPOSE})
    assert (answer.status, answer.json()["type"]) == (413, "/problems/over-quota")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "a.csv", "size": -1, "purpose": PURPOSE},
        {"name": "a.csv", "size": "many", "purpose": PURPOSE},
        {"name": "a.csv", "size": 2**60, "purpose": PURPOSE},
        {"name": "a.csv", "size": 1.5, "purpose": PURPOSE},
        {"name": 7, "size": 1, "purpose": "No Purpose"},
        {"name": "a.csv", "size": 1, "purpose": PURPOSE, "sha256": "no digest"},
        {"name": "\ud800", "size": 1, "purpose": PURPOSE},
        [1],
    ],
)
def test_a_body_that_makes_no_sense_is_a_problem_of_the_caller(dora: Caller, body: object) -> None:
    answer = dora.call("POST", "", body)
    assert answer.status in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_nobody_sends_without_an_account(server: Serving, dora: Caller) -> None:
    upload = dora.start(b"abc")
    nobody = Caller(server, {})
    assert nobody.call("GET").status == 401
    assert nobody.call("POST", "", {"name": "a", "size": 1, "purpose": PURPOSE}).status == 401
    assert nobody.put(upload["id"], 0, b"abc").status == 401
    assert Caller(server, {"Authorization": "Bearer akashi_wrong"}).put(upload["id"], 0, b"abc").status == 401


def test_a_token_that_may_only_read_sends_nothing(server: Serving, dora: Caller, account: "Account") -> None:
    upload = dora.start(b"abc")
    reader = Caller(server, {"Authorization": f"Bearer {make_token(account, 'read')}"})
    assert reader.call("GET", f"/{upload['id']}").status == 200
    assert reader.put(upload["id"], 0, b"abc").status == 403
    assert reader.call("DELETE", f"/{upload['id']}").status == 403


def test_an_upload_of_somebody_else_is_not_found(server: Serving, dora: Caller) -> None:
    upload = dora.start(b"abc")
    other = Caller(server, {"Authorization": f"Bearer {make_token(make_account('erin'))}"})
    assert other.put(upload["id"], 0, b"abc").status == 404
    assert other.call("GET", f"/{upload['id']}").status == 404
    assert other.call("DELETE", f"/{upload['id']}").status == 404
    assert other.call("GET", f"?id={upload['id']}").json()["results"] == []


def test_a_part_with_another_digest_is_refused_and_not_kept(dora: Caller) -> None:
    upload = dora.start(b"abc")
    answer = dora.put(upload["id"], 0, b"abd", digest(b"abc"))
    assert (answer.status, answer.json()["type"]) == (422, "/problems/invalid")
    assert dora.get(upload["id"])["parts_here"] == 0
    assert dora.put(upload["id"], 0, b"abc").status == 200


def test_a_part_of_the_wrong_length_is_refused_before_its_bytes_are_read(server: Serving, dora: Caller) -> None:
    upload = dora.start(DATA)
    headers = {**dora.headers, "X-Part-Sha256": digest(DATA), "Content-Length": str(len(DATA))}
    with server.connect() as connection:
        connection.sendall(head("PUT", f"{API}/{upload['id']}/parts/0", headers))
        assert reply(connection).status == 422


@pytest.mark.parametrize(("index", "sha256"), [(1, None), (99999, None), (0, "x"), (0, "A" * 64)])
def test_a_part_that_was_not_planned_is_refused(dora: Caller, index: int, sha256: str | None) -> None:
    upload = dora.start(b"abc")
    assert dora.put(upload["id"], index, b"abc", sha256).status == 422


def test_a_part_may_be_sent_twice(dora: Caller) -> None:
    upload = dora.start(b"abc")
    assert [dora.put(upload["id"], 0, b"abc").status for _ in range(2)] == [200, 200]
    assert dora.get(upload["id"])["parts"] == [{"index": 0, "sha256": digest(b"abc"), "size": 3}]


def test_one_account_leaves_places_to_the_others(transactional_db: None, tmp_path: Path, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    receiver = Receiver(cast(Application, get_asgi_application()), routes, folder=tmp_path / "incoming", of_one=1)
    with Serving(receiver) as server:
        first, other = (Caller(server, {"Authorization": f"Bearer {make_token(make_account())}"}) for _ in range(2))
        upload, second, others = first.start(b"abc"), first.start(b"abc", "b.csv"), other.start(b"abc")
        announced = {**first.headers, "X-Part-Sha256": digest(b"abc"), "Content-Length": "3"}
        with server.connect() as connection:
            connection.sendall(head("PUT", f"{API}/{upload['id']}/parts/0", announced) + b"a")
            eventually(lambda: list((tmp_path / "incoming").iterdir()))
            assert first.put(second["id"], 0, b"abc").status == 429
            assert other.put(others["id"], 0, b"abc").status == 200
            connection.sendall(b"bc")
            assert reply(connection).status == 200
        assert first.put(second["id"], 0, b"abc").status == 200


def test_completing_too_early_names_the_missing_parts(dora: Caller) -> None:
    upload = dora.start(DATA)
    dora.put(upload["id"], 0, piece(DATA, 0))
    answer = dora.call("POST", f"/{upload['id']}/complete", {"sha256": digest(DATA)})
    assert (answer.status, answer.json()["missing"]) == (409, [1])


def test_a_part_after_completion_is_a_conflict(dora: Caller) -> None:
    upload = dora.start(b"abc")
    dora.put(upload["id"], 0, b"abc")
    dora.call("POST", f"/{upload['id']}/complete", {"sha256": digest(b"abc")})
    assert dora.put(upload["id"], 0, b"abc").status == 409


def test_a_signed_in_page_sends_parts_only_with_its_csrf_token(server: Serving, account: "Account") -> None:
    browser = Browser(enforce_csrf_checks=True)
    assert browser.login(username="dora", password=PASSWORD)
    session, csrf = browser.cookies["sessionid"].value, "a" * 32
    page = {"Cookie": f"sessionid={session}; csrftoken={csrf}", "X-CSRFToken": csrf}
    sender, forger = Caller(server, page), Caller(server, {"Cookie": f"sessionid={session}"})
    upload = sender.start(b"abc")
    assert forger.put(upload["id"], 0, b"abc").status == 403
    assert sender.put(upload["id"], 0, b"abc").status == 200


def test_uploads_are_listed_by_purpose_and_by_id(dora: Caller) -> None:
    first, second = dora.start(b"abc", "a.csv"), dora.start(b"def", "b.csv")
    third = dora.start(b"ghi", "c.csv", purpose="revision:other")
    listed = dora.call("GET", f"?purpose={PURPOSE}").json()["results"]
    assert [upload["id"] for upload in listed] == [first["id"], second["id"]]
    listed = dora.call("GET", f"?id={third['id']}&id={first['id']}").json()["results"]
    assert {upload["id"] for upload in listed} == {first["id"], third["id"]}
    assert dora.call("GET", "?id=nonsense").status == 400
    assert dora.call("GET", "?purpose=%00").status == 400


def test_uploads_are_listed_in_pages(dora: Caller) -> None:
    made = [dora.start(b"abc", f"{number}.csv")["id"] for number in range(3)]
    page = dora.call("GET", "?size=2").json()
    assert [upload["id"] for upload in page["results"]] == made[:2]
    after = dora.call("GET", "?" + urlsplit(page["next"]).query).json()
    assert ([upload["id"] for upload in after["results"]], after["next"]) == (made[2:], None)
    generator: Any = SchemaGenerator
    document = generator(patterns=[path("api/v1/uploads", UploadsView.as_view())]).get_schema(public=True)
    listing = document["paths"]["/api/v1/uploads"]["get"]
    assert {each["name"] for each in listing["parameters"]} == {"cursor", "size", "purpose", "id"}
    assert "PaginatedUploadList" in document["components"]["schemas"]


def test_a_removed_upload_is_gone(dora: Caller) -> None:
    upload = dora.start(b"abc")
    dora.put(upload["id"], 0, b"abc")
    assert dora.call("DELETE", f"/{upload['id']}").status == 204
    assert dora.call("GET", f"/{upload['id']}").status == 404
    assert dora.put(upload["id"], 0, b"abc").status == 404


def test_the_same_key_announces_one_upload(dora: Caller) -> None:
    body = {"name": "a.csv", "size": 1, "purpose": PURPOSE}
    answers = [dora.call("POST", "", body, **{"Idempotency-Key": "k-1"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert Upload.objects.count() == 1


def test_refusals_of_several_files_are_told_together(dora: Caller) -> None:
    files = [{"name": "a.csv", "size": 1}, {"name": "b.pkl", "size": 1}, {"name": "", "size": 1}]
    answer = dora.call("POST", "/check", {"files": files})
    first, second, third = answer.json()["refusals"]
    assert first == ""
    assert second
    assert third
    assert not Upload.objects.exists()
    assert dora.call("POST", "/check", {"files": [files[0]] * 501}).status == 422


def test_bytes_one_holds_are_not_sent_again(dora: Caller, worker: None) -> None:
    upload = dora.start(b"abc")
    dora.put(upload["id"], 0, b"abc")
    dora.call("POST", f"/{upload['id']}/complete", {"sha256": digest(b"abc")})
    eventually(lambda: dora.get(upload["id"])["state"] == "stored", 60)
    again = dora.start(b"abc", "copy.csv", sha256=digest(b"abc"))
    assert (again["state"], again["sha256"]) == ("stored", digest(b"abc"))
    assert selectors.usage(make_account("frank")).used == 0
