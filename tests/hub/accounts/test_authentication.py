"""Who a request comes from, before its body is read: `scope_account` with real tokens and sessions."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hub.accounts.authentication import ScopeAccount, scope_account
from hub.accounts.models import Account
from tests.hub.factories import PASSWORD, make_token

pytestmark = pytest.mark.django_db
NOBODY = ScopeAccount(None, False, "")


def scope(method: str = "PUT", **headers: str) -> dict[str, Any]:
    """An ASGI HTTP scope as uvicorn makes it."""
    named = {"host": "testserver", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": "/api/v1/uploads/1/parts/0",
        "raw_path": b"/api/v1/uploads/1/parts/0",
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in named.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
    }


class Browser:
    """A signed-in browser, as far as its headers go."""

    def __init__(self, account: Account) -> None:
        self.client = Client()
        signed_in = self.client.post("/accounts/login/", {"login": account.username, "password": PASSWORD})
        assert signed_in.status_code == 302
        self.page = self.client.get("/settings/profile")

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={morsel.value}" for name, morsel in self.client.cookies.items())

    @property
    def secret(self) -> str:
        return self.client.cookies[settings.CSRF_COOKIE_NAME].value

    @property
    def form_token(self) -> str:
        return str(self.page.context["csrf_token"])


@pytest.fixture
def browser(alice: Account) -> Browser:
    return Browser(alice)


def test_a_write_token_may_write_and_a_read_token_may_not(alice: Account) -> None:
    for kind, may in (("write", True), ("read", False)):
        found = scope_account(scope(authorization=f"Bearer {make_token(alice, kind)}"))
        assert found == ScopeAccount(alice, may, "")


def test_the_scheme_is_read_in_any_case(alice: Account) -> None:
    assert scope_account(scope(authorization=f"bearer  {make_token(alice)} ")).account == alice


@pytest.mark.parametrize(
    "header", ["Bearer akashi_wrong", "Bearer", "Bearer ", "bearer \xff\xfe", "Bearer " + "a" * 9000]
)
def test_an_unknown_token_is_a_problem_even_with_a_good_session(browser: Browser, header: str) -> None:
    found = scope_account(scope(authorization=header, cookie=browser.cookie, x_csrftoken=browser.secret))
    assert found.account is None and not found.can_write
    assert "token" in found.problem


def test_without_credentials_the_caller_is_nobody_and_that_is_no_problem() -> None:
    assert scope_account(scope()) == NOBODY
    assert scope_account(scope(cookie="sessionid=unknown")) == NOBODY
    assert scope_account(scope(authorization="Basic YTpi")) == NOBODY


def test_a_session_writes_with_the_csrf_header(alice: Account, browser: Browser) -> None:
    for token in (browser.secret, browser.form_token):
        found = scope_account(scope(cookie=browser.cookie, x_csrftoken=token))
        assert found == ScopeAccount(alice, True, "")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_session_without_the_header_writes_nothing(browser: Browser, method: str) -> None:
    for headers in ({}, {"x_csrftoken": "a" * 32}, {"x_csrftoken": ""}, {"x_csrftoken": "\xff"}):
        found = scope_account(scope(method, cookie=browser.cookie, **headers))
        assert found.account is None and not found.can_write
        assert "load it again" in found.problem


def test_a_header_without_its_cookie_writes_nothing(browser: Browser) -> None:
    session = browser.client.cookies[settings.SESSION_COOKIE_NAME].value
    found = scope_account(scope(cookie=f"sessionid={session}", x_csrftoken=browser.secret))
    assert found.account is None and found.problem


@pytest.mark.parametrize("origin", ["https://evil.example", "http://testserver.evil.example", "null", "\xff"])
def test_a_page_of_another_origin_writes_nothing(browser: Browser, origin: str) -> None:
    found = scope_account(scope(cookie=browser.cookie, x_csrftoken=browser.secret, origin=origin))
    assert found.account is None and found.problem


def test_a_page_of_this_origin_writes(alice: Account, browser: Browser) -> None:
    found = scope_account(scope(cookie=browser.cookie, x_csrftoken=browser.secret, origin="http://testserver"))
    assert found.account == alice


def test_reading_by_session_needs_no_header_and_allows_no_writing(alice: Account, browser: Browser) -> None:
    assert scope_account(scope("GET", cookie=browser.cookie)) == ScopeAccount(alice, False, "")


def test_a_session_ends_with_the_password_and_with_the_account(alice: Account, browser: Browser) -> None:
    good = scope(cookie=browser.cookie, x_csrftoken=browser.secret)
    Account.objects.update(is_active=False)
    assert scope_account(good) == NOBODY
    Account.objects.update(is_active=True)
    assert scope_account(good).account == alice
    alice.set_password("quite another sentence")
    alice.save()
    assert scope_account(good) == NOBODY


def test_django_itself_decides_the_same(alice: Account, browser: Browser) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser.client.cookies
    for header in (browser.secret, browser.form_token, "wrong", ""):
        answer = strict.patch(
            "/api/v1/accounts/me", {"bio": "x"}, content_type="application/json", headers={"x-csrftoken": header}
        )
        found = scope_account(scope("PATCH", cookie=browser.cookie, x_csrftoken=header))
        assert found.can_write == (answer.status_code == 200)


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(["host", "authorization", "cookie", "origin", "referer", "x_csrftoken", "content_type"]),
        st.text(st.characters(max_codepoint=255, exclude_characters="\r\n")),
    )
)
def test_no_header_breaks_it(headers: dict[str, str]) -> None:
    found = scope_account(scope(**headers))
    assert found.account is None and not found.can_write
