"""What happens around every view: request ids, language, colours, error pages."""

import asyncio
import contextvars
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import AsyncClient, Client
from django.utils import translation
from django.utils.safestring import mark_safe

from web import slots
from web.requestids import RequestIdFilter, choose

COOKIE = "akashi_language"


@pytest.fixture(autouse=True)
def _urls(own_urls: None) -> None: ...


@pytest.fixture
def quiet() -> Client:
    return Client(raise_request_exception=False)


def language(answer: Any) -> str:
    title = answer.content.decode().split("<title>")[1].split("</title>")[0]
    assert answer["Content-Language"] == title
    return str(title)


# --- request ids ------------------------------------------------------------------------------------


def test_every_answer_carries_a_new_request_id(client: Client) -> None:
    ids = {client.get(path)["X-Request-Id"] for path in ("/page", "/page", "/nothing", "/healthz")}
    assert len(ids) == 4


def test_a_well_formed_id_from_a_proxy_is_kept(client: Client) -> None:
    assert client.get("/page", headers={"X-Request-Id": "0af7651916cd43dd"})["X-Request-Id"] == "0af7651916cd43dd"


@pytest.mark.parametrize("offered", ["", "short", "x" * 65, "a b c d e f", "line\nfeed1", "<script>1"])
def test_any_other_id_is_replaced(offered: str) -> None:
    assert choose(offered) != offered


def test_log_lines_carry_the_id_of_their_request(quiet: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(RequestIdFilter())
    for name in ("defect", "closed", "outage"):
        caplog.clear()
        answer = quiet.get(f"/fail/{name}")
        assert {getattr(record, "request_id", "") for record in caplog.records} == {answer["X-Request-Id"]}


def test_log_lines_outside_a_request_say_so() -> None:
    record = logging.makeLogRecord({})
    assert contextvars.Context().run(RequestIdFilter().filter, record)
    assert getattr(record, "request_id", "") == "-"


# --- language ---------------------------------------------------------------------------------------


def test_the_site_speaks_english_to_who_asks_for_nothing(client: Client) -> None:
    assert language(client.get("/page")) == "en"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("ja", "ja"),
        ("ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        ("zh-CN", "zh-hans"),
        ("fr, zh-Hans;q=0.5, ja;q=0.4", "zh-hans"),
        ("fr", "en"),
        ("*", "en"),
        ("x" * 5000, "en"),
        (";;;q=,,", "en"),
    ],
)
def test_the_best_language_the_browser_accepts_is_used(client: Client, header: str, code: str) -> None:
    assert language(client.get("/page", headers={"Accept-Language": header})) == code


def test_the_address_wins_over_the_cookie_and_the_cookie_over_the_account(client: Client, reader: Any) -> None:
    reader.language = "zh-hans"
    reader.save()
    client.force_login(reader)
    accept = {"Accept-Language": "en"}
    assert language(client.get("/page", headers=accept)) == "zh-hans"
    client.cookies[COOKIE] = "ja"
    assert language(client.get("/page", headers=accept)) == "ja"
    assert language(client.get("/page?lang=en", headers=accept)) == "en"


def test_a_language_named_in_the_address_is_kept(client: Client) -> None:
    assert client.get("/page?lang=ja").cookies[COOKIE].value == "ja"
    assert language(client.get("/page")) == "ja"


@pytest.mark.parametrize("code", ["fr", "", "x" * 500, "../../etc", "ja\r\nSet-Cookie: a=b"])
def test_a_language_the_site_does_not_speak_changes_nothing(client: Client, code: str) -> None:
    answer = client.get("/page", {"lang": code})
    assert (language(answer), COOKIE in answer.cookies) == ("en", False)


def test_a_page_says_what_it_varies_by(client: Client) -> None:
    assert {"Accept-Language", "Cookie"} <= {each.strip() for each in client.get("/page")["Vary"].split(",")}


def test_an_anonymous_reader_costs_no_session_and_no_query(client: Client) -> None:
    # Without the `db` fixture any query fails the test.
    assert client.get("/page").status_code == 200


def test_a_request_leaves_no_language_behind(client: Client) -> None:
    client.get("/page?lang=ja")
    assert translation.get_language() == "en"


# --- colours ----------------------------------------------------------------------------------------


def theme(client: Client, query: str = "") -> str:
    return client.get(f"/themed{query}").content.decode().split("theme=")[1].split(" ")[0]


def test_colours_come_from_the_address_the_cookie_or_the_account(client: Client, reader: Any) -> None:
    assert theme(client) == ""
    reader.theme = "dark"
    reader.save()
    client.force_login(reader)
    assert theme(client) == "dark"
    assert theme(client, "?theme=light") == "light"
    assert theme(client) == "light"
    assert theme(client, "?theme=auto") == ""
    assert theme(client) == ""


def test_colours_that_do_not_exist_change_nothing(client: Client) -> None:
    answer = client.get("/themed?theme=mauve")
    assert ("akashi_theme" in answer.cookies, answer.content.startswith(b"theme= ")) == (False, True)


# --- preferences ------------------------------------------------------------------------------------


def test_choices_are_kept_and_the_reader_goes_back(client: Client) -> None:
    answer = client.post("/preferences", {"language": "ja", "theme": "dark", "next": "/page?a=1&lang=en#there"})
    assert (answer.status_code, answer["Location"]) == (303, "/page?a=1#there")
    assert (answer.cookies[COOKIE].value, answer.cookies["akashi_theme"].value) == ("ja", "dark")
    assert language(client.get("/page")) == "ja"


def test_choices_are_kept_in_the_account_too(client: Client, reader: Any) -> None:
    client.force_login(reader)
    client.post("/preferences", {"language": "zh-hans", "theme": "light"})
    reader.refresh_from_db()
    assert (reader.language, reader.theme) == ("zh-hans", "light")
    client.post("/preferences", {"theme": "auto"})
    reader.refresh_from_db()
    assert (reader.language, reader.theme) == ("zh-hans", "")
    assert client.cookies["akashi_theme"].value == "auto"


def test_what_a_device_decides_itself_stays_so_whatever_the_account_says(client: Client, reader: Any) -> None:
    client.force_login(reader)
    client.get("/themed?theme=auto")
    reader.theme = "dark"
    reader.save()
    assert (client.cookies["akashi_theme"].value, theme(client)) == ("auto", "")


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "http://testserver@evil.example/",
        "",
    ],
)
def test_nobody_is_sent_to_another_site(client: Client, wanted: str) -> None:
    location = client.post("/preferences", {"theme": "dark", "next": wanted})["Location"]
    assert location == "/"


def test_without_an_address_the_reader_goes_back_where_they_came_from(client: Client) -> None:
    came_from = {"Referer": "http://testserver/page?q=1"}
    assert client.post("/preferences", {"theme": "dark"}, headers=came_from)["Location"] == "/page?q=1"


def test_choices_that_do_not_exist_are_refused(client: Client) -> None:
    assert client.post("/preferences", {"language": "fr"}).status_code == 400
    assert client.post("/preferences", {"theme": "mauve"}).status_code == 400
    assert client.get("/preferences").status_code == 405


# --- error pages ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("closed", 410, "It was closed in May."),
        ("absent", 404, "Not found"),
        ("forbidden", 403, "Not allowed"),
        ("cursor", 400, "first page"),
        ("wrong", 422, "Not a licence we know."),
        ("outage", 503, "try again"),
        ("defect", 500, "ours"),
    ],
)
def test_every_error_is_a_page_with_its_words_and_request_id(quiet: Client, name: str, status: int, words: str) -> None:
    answer = quiet.get(f"/fail/{name}")
    page = answer.content.decode()
    assert (answer.status_code, answer["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert words in page
    assert answer["X-Request-Id"] in page
    assert "quokka" not in page and "secret" not in page and "{'" not in page


def test_an_error_page_speaks_the_reader_s_language_and_keeps_the_policy(quiet: Client) -> None:
    answer = quiet.get("/fail/closed", headers={"Accept-Language": "ja"})
    assert '<html lang="ja"' in answer.content.decode()
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_an_address_that_does_not_exist_and_a_wrong_method_are_pages(quiet: Client) -> None:
    assert b"<h1>" in quiet.get("/nothing").content
    answer = quiet.post("/page")
    assert (answer.status_code, answer["Allow"], b"<h1>" in answer.content) == (405, "GET", True)


def test_a_form_without_its_token_is_refused_on_a_page() -> None:
    answer = Client(enforce_csrf_checks=True).post("/preferences", {"theme": "dark"})
    assert (answer.status_code, b"<h1>" in answer.content) == (403, True)


@pytest.mark.parametrize("path", ["/page?q=%00", "/nothing%00", "/api/page?q=a%00b"])
def test_an_address_with_u_0000_is_refused_before_any_query(client: Client, path: str) -> None:
    assert client.get(path).status_code == 400


def _broken(request: HttpRequest, subject: Any) -> str:
    raise RuntimeError("the ledger is away")


@pytest.fixture
def broken_footer() -> Iterator[None]:
    slots.register("footer.facts", _broken)
    yield
    slots.unregister("footer.facts", _broken)


def test_an_error_page_that_cannot_be_drawn_whole_is_drawn_without_the_broken_part(
    quiet: Client, broken_footer: None
) -> None:
    answer = quiet.get("/fail/closed")
    assert (answer.status_code, b"It was closed in May." in answer.content) == (410, True)
    assert b"<h1>" in answer.content


def test_an_error_without_any_template_is_still_said_in_words(quiet: Client, settings: Any) -> None:
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [], "OPTIONS": {"loaders": []}}]
    answer = quiet.get("/fail/closed")
    assert (answer.status_code, answer["Content-Type"]) == (410, "text/plain; charset=utf-8")
    assert answer["X-Request-Id"] in answer.content.decode()


# --- slots and ASGI ---------------------------------------------------------------------------------


def test_a_page_shows_what_rooms_put_into_its_slots(client: Client) -> None:
    def shown(request: HttpRequest, subject: Any) -> str:
        return mark_safe(f"<i>{subject} for {getattr(request, 'request_id', '')}</i>")

    slots.register("test.slot", shown)
    try:
        answer = client.get("/themed")
    finally:
        slots.unregister("test.slot", shown)
    assert f"<i>subject for {answer['X-Request-Id']}</i>" in answer.content.decode()


def test_all_of_it_holds_under_asgi() -> None:
    async def visit() -> tuple[Any, Any]:
        client = AsyncClient(raise_request_exception=False)
        return await client.get("/page?lang=ja"), await client.get("/api/fail/defect")

    page, problem = asyncio.run(visit())
    assert language(page) == "ja"
    assert problem.json()["request_id"] == problem["X-Request-Id"]
