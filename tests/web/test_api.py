"""The API's own rules: strict JSON in, RFC 9457 problems out, lists by cursor."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import exceptions

from tests.web import urls
from web import strictjson
from web.api import problem_response
from web.errors import BadInput
from web.http import choice, flag, integer, text
from web.problems import Problem, kinds, problem_for, register_problem, standard
from web.schema import add_problems

PROBLEM = "application/problem+json"


@pytest.fixture(autouse=True)
def _urls(own_urls: None) -> None: ...


def post(body: bytes | str, content_type: str = "application/json") -> Any:
    return Client().post("/api/echo", body, content_type=content_type)


# --- strict JSON ------------------------------------------------------------------------------------

ijson = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    # Surrogates are no characters, and PostgreSQL has no U+0000.
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(ijson, st.booleans())
def test_every_value_of_i_json_is_read_as_it_was_written(value: Any, escaped: bool) -> None:
    assert strictjson.loads(json.dumps(value, ensure_ascii=escaped).encode()) == value


@given(st.binary(max_size=200))
def test_no_bytes_break_the_parser(body: bytes) -> None:
    try:
        strictjson.loads(body)
    except strictjson.NotStrictJSON:
        pass


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nul",
        b"NaN",
        b"[-Infinity]",
        b"1e400",
        b"9007199254740992",
        b"-9007199254740992",
        b"1" * 5000,
        b'{"a":1,"a":2}',
        b'{"a":1,"\\u0061":2}',
        b'"\xff"',
        b'"\\ud800"',
        b'{"\\udfff":1}',
        b'["a\\u0000b"]',
        b"\xef\xbb\xbf{}",
        '"é"'.encode("utf-16"),
        b"[" * 65 + b"]" * 65,
        b'{"a":' * 100_000,
        b"[" * 1_000_000,
        # a scan that starts over at every quotation mark would not come to an end
        b"[" * 60 + b'["\\' * 500_000,
    ],
)
def test_what_is_not_i_json_is_refused(body: bytes) -> None:
    with pytest.raises(strictjson.NotStrictJSON):
        strictjson.loads(body)


def test_a_depth_of_64_is_taken() -> None:
    assert strictjson.loads(b"[" * 64 + b"]" * 64)


def test_brackets_within_strings_are_no_depth() -> None:
    value = {"a": "[" * 500, 'b"': ["{\\" * 100, "\\"]}
    assert strictjson.loads(json.dumps(value).encode()) == value


def test_many_siblings_are_no_depth() -> None:
    assert len(strictjson.loads(b"[" + b"[[]]," * 1000 + b"{}]")) == 1001


def test_a_body_becomes_the_request_s_data() -> None:
    assert post('{"name":"語","n":[1,2.5,null]}').json() == {"got": {"name": "語", "n": [1, 2.5, None]}}


@pytest.mark.parametrize(
    ("body", "status"),
    [(b'{"a":' * 100_000, 400), (b"[1]", 400), (b"7", 400), (b'{"a":1e400}', 400), (b"\xff", 400)],
)
def test_a_bad_body_is_a_problem_of_the_caller(body: bytes, status: int) -> None:
    answer = post(body)
    assert (answer.status_code, answer["Content-Type"], answer.json()["type"]) == (
        status,
        PROBLEM,
        "/problems/bad-request",
    )


def test_a_body_in_another_charset_or_type_is_refused() -> None:
    assert post("{}", "application/json; charset=utf-16").status_code == 415
    assert post("{}", "application/json; charset=UTF-8").status_code == 200
    assert post("a=1", "application/x-www-form-urlencoded").status_code == 415


def test_a_body_over_the_cap_is_refused(settings: Any) -> None:
    settings.BODY_CAP = 20
    assert post(b'{"a":"0123456789abc"}').status_code == 413
    assert post(b'{"a":"0123456789ab"}').status_code == 200


# --- problems ---------------------------------------------------------------------------------------


def test_a_problem_has_the_members_of_rfc_9457() -> None:
    problem = Problem(409, "stale", "Stale", "Base moved.", retry_after=3, head="abc")
    assert problem.body(instance="/a b/ü", request_id="r1") == {
        "type": "/problems/stale",
        "title": "Stale",
        "status": 409,
        "detail": "Base moved.",
        "instance": "/a%20b/%C3%BC",
        "request_id": "r1",
        "retry_after": 3,
        "head": "abc",
    }
    assert problem.headers == {"Retry-After": "3"}


def test_one_slug_has_one_status() -> None:
    class Odd(Exception): ...

    with pytest.raises(ValueError, match="has status 404"):
        register_problem(Odd, 403, "not-found", "Not found")


def test_an_error_is_answered_as_its_nearest_registered_ancestor() -> None:
    class General(Exception): ...

    class Special(General): ...

    class MoreSpecial(Special): ...

    register_problem(General, 409, "test-general", "General")
    register_problem(Special, 422, "test-special", "Special")
    found = problem_for(MoreSpecial("words"))
    assert found is not None
    assert (found.status, found.type_slug, found.detail) == (422, "test-special", "words")


def test_a_defect_is_no_problem_that_could_be_told() -> None:
    assert problem_for(RuntimeError("host quokka")) is None
    assert problem_response(RuntimeError("host quokka"), {}) is None


@pytest.mark.parametrize(
    ("name", "status", "slug"),
    [
        ("closed", 410, "closed"),
        ("absent", 404, "not-found"),
        ("forbidden", 403, "not-allowed"),
        ("cursor", 400, "bad-cursor"),
        ("input", 400, "bad-parameter"),
        ("outage", 503, "unavailable"),
        ("wrong", 422, "invalid"),
        ("defect", 500, "internal-error"),
    ],
)
def test_every_error_below_api_is_a_problem_document(name: str, status: int, slug: str) -> None:
    answer = Client(raise_request_exception=False).get(f"/api/fail/{name}")
    body = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)
    assert (body["status"], body["type"], body["instance"]) == (status, f"/problems/{slug}", f"/api/fail/{name}")
    assert body["request_id"] == answer["X-Request-Id"]
    assert body["title"]
    assert "quokka" not in answer.content.decode() and "secret" not in answer.content.decode()


def test_an_error_about_a_field_names_it() -> None:
    body = Client().get("/api/fail/wrong").json()
    assert body["errors"] == [{"field": "card.license", "detail": "Not a licence we know.", "code": "invalid"}]


def test_an_outage_says_when_to_come_again() -> None:
    assert int(Client().get("/api/fail/outage")["Retry-After"]) > 0


def test_an_address_that_does_not_exist_is_a_problem() -> None:
    answer = Client().get("/api/nothing")
    assert (answer.status_code, answer["Content-Type"]) == (404, PROBLEM)


def test_a_method_that_a_plain_view_does_not_take_is_a_problem_that_names_those_it_takes() -> None:
    answer = Client().post("/api/page")
    assert (answer.status_code, answer["Content-Type"], answer["Allow"]) == (405, PROBLEM, "GET")


def test_a_method_that_an_endpoint_does_not_take_is_a_problem() -> None:
    answer = Client().delete("/api/echo")
    assert (answer.status_code, answer["Content-Type"]) == (405, PROBLEM)
    assert "POST" in answer["Allow"]


def test_a_format_the_site_does_not_speak_is_a_problem() -> None:
    answer = Client().post("/api/echo", "{}", content_type="application/json", headers={"Accept": "image/png"})
    assert (answer.status_code, answer["Content-Type"]) == (406, PROBLEM)


def test_fields_that_cannot_be_taken_are_listed_by_path(client: Client, reader: Any) -> None:
    client.force_login(reader)
    body = {"name": "x" * 21, "sizes": [1, "two", 3, None]}
    answer = client.post("/api/groups", body, content_type="application/json")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid")
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [
        ("name", "max_length"),
        ("sizes.1", "invalid"),
        ("sizes.3", "null"),
    ]


@pytest.mark.parametrize(
    ("detail", "fields"),
    [
        ("alone", [""]),
        (["one", "two"], ["", ""]),
        ({"non_field_errors": ["x"]}, [""]),
        ({"a": {"b": ["x"], "non_field_errors": ["y"]}}, ["a.b", "a"]),
        ({"a": [{}, {"b": ["x"]}]}, ["a.1.b"]),
        ({"message": ["x"], "code": ["y"]}, ["message", "code"]),
    ],
)
def test_nested_errors_become_one_flat_list(detail: Any, fields: list[str]) -> None:
    answer = problem_response(exceptions.ValidationError(detail), {})
    assert answer is not None
    assert [each["field"] for each in answer.data["errors"]] == fields


def test_a_problem_names_50_errors_and_counts_the_rest(client: Client, reader: Any) -> None:
    client.force_login(reader)
    body = {"name": "x", "sizes": ["no number"] * 60}
    problem = client.post("/api/groups", body, content_type="application/json").json()
    assert [each["field"] for each in problem["errors"]] == [f"sizes.{index}" for index in range(50)]
    assert problem["errors_left_out"] == 10
    body["sizes"] = body["sizes"][:50]
    problem = client.post("/api/groups", body, content_type="application/json").json()
    assert (len(problem["errors"]), "errors_left_out" in problem) == (50, False)


def test_throttling_says_how_long_to_wait() -> None:
    answer = problem_response(exceptions.Throttled(wait=2.7), {})
    assert answer is not None
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")


def test_who_is_not_known_is_told_how_to_say_so() -> None:
    error = exceptions.NotAuthenticated()
    error.auth_header = "Bearer"  # type: ignore[attr-defined]
    answer = problem_response(error, {})
    assert answer is not None
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_the_type_of_a_problem_is_an_address_that_describes_it() -> None:
    listed = Client().get("/problems").json()["results"]
    assert [each["type"] for each in listed] == [f"/problems/{kind.slug}" for kind in kinds()]
    assert Client().get("/problems/not-found").json()["status"] == 404
    assert Client().get("/problems/unheard-of").status_code == 404


def test_a_status_without_words_of_its_own_has_its_phrase() -> None:
    assert standard(418).body()["type"] == "/problems/im-a-teapot"


# --- lists ------------------------------------------------------------------------------------------


def test_a_list_is_read_through_its_links(db: None, client: Client) -> None:
    Group.objects.bulk_create(Group(name=f"{n:02}") for n in range(7))
    names, url, pages = [], "/api/groups?size=3&note=kept", 0
    while url:
        answer = client.get(url)
        names += [each["name"] for each in answer.json()["results"]]
        url, pages = answer.json()["next"], pages + 1
        if url:
            assert url.startswith("http://testserver/api/groups?") and "note=kept" in url
            assert f'<{url}>; rel="next"' in answer["Link"]
    assert (names, pages) == ([f"{n:02}" for n in reversed(range(7))], 3)
    assert answer.json()["previous"]


@pytest.mark.parametrize(
    "query", ["cursor=abc", "size=0", "size=101", "size=x", "size=1e400", "size=٣", "cursor=" + "x" * 5000]
)
def test_a_bad_page_parameter_is_a_problem_of_the_caller(db: None, client: Client, query: str) -> None:
    answer = client.get(f"/api/groups?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM)


# --- parameters -------------------------------------------------------------------------------------


def test_parameters_are_read_as_what_they_must_be() -> None:
    given = {"n": "-3", "t": "x", "c": "b", "on": "1", "off": "false", "empty": ""}
    assert integer(given, "n", 0, least=-5) == -3
    assert integer(given, "absent", 7) == integer(given, "empty", 7) == 7
    assert (text(given, "t"), text(given, "absent", "d")) == ("x", "d")
    assert (choice(given, "c", ["a", "b"]), choice(given, "absent", ["a"], "a")) == ("b", "a")
    assert (flag(given, "on"), flag(given, "off"), flag(given, "absent")) == (True, False, False)


@pytest.mark.parametrize("raw", ["1.5", "--1", "²", "99999999999999999999", "1_000", " 1", "0x1"])
def test_what_is_no_whole_number_is_refused(raw: str) -> None:
    with pytest.raises(BadInput) as refused:
        integer({"n": raw}, "n", 0)
    assert refused.value.field == "n"


def test_texts_that_no_column_can_hold_are_refused() -> None:
    for value in ("a\0b", "x" * 201):
        with pytest.raises(BadInput):
            text({"q": value}, "q")


# --- the document ------------------------------------------------------------------------------------


def test_the_openapi_document_names_problems_pages_and_the_key() -> None:
    generator: Any = SchemaGenerator
    document = generator(patterns=[path("api/groups", urls.Groups.as_view())]).get_schema(public=True)
    add_problems(document, None, None, True)
    listing, making = document["paths"]["/api/groups"]["get"], document["paths"]["/api/groups"]["post"]
    assert {each["name"] for each in listing["parameters"]} == {"cursor", "size"}
    assert [each["name"] for each in making["parameters"]] == ["Idempotency-Key"]
    for operation in (listing, making):
        assert operation["responses"]["default"]["content"][PROBLEM]["schema"] == {
            "$ref": "#/components/schemas/Problem"
        }
    assert "results" in document["components"]["schemas"]["PaginatedNamedList"]["properties"]
