"""Every page, wide and narrow, light and dark, signed in and not, in every language: no accessibility violation, no console
or policy error, no sideways scrolling at 320 px, light enough for a slow line. The rules are WCAG 2.2 AA."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, StorageState

from tests.browser.looking import Looker
from tests.running_hub import RunningHub

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

MODEL, DATASET = "/maintainer/breast-cancer-logistic", "/datasets/maintainer/wisconsin-breast-cancer"
PUBLIC = [
    "/", "/models", "/datasets", "/search?q=cancer", "/verify", "/verify?q=5", "/status", "/reviews", "/rewards", "/styleguide",
    "/people/maintainer", "/ledger", "/ledger/5", "/ledger/0", "/accounts/login/", "/accounts/signup/",
    "/accounts/password/reset/",
    MODEL, f"{MODEL}/history", f"{MODEL}/lineage", f"{MODEL}/tree/main", f"{MODEL}/blob/main/predict.py",
    f"{MODEL}/blob/main/model.safetensors", f"{MODEL}/commits/main", f"{MODEL}/commit/main", f"{MODEL}/compare",
    DATASET, f"{DATASET}/history", f"{DATASET}/tree/main", f"{DATASET}/blob/main/measurements.csv",
]  # fmt: skip
OWN = [
    "/me", "/reviews", "/new", f"{MODEL}/upload", f"{MODEL}/edit", f"{MODEL}/settings", f"{DATASET}/upload", "/settings/profile",
    "/settings/display", "/settings/tokens", "/settings/security", "/settings/data", "/settings/erase",
    "/accounts/email/", "/accounts/password/change/", "/accounts/logout/",
]  # fmt: skip
# Japanese words are the longest; Chinese ones stand where Japanese ones fit.
PUBLIC_WORDS = ["/accounts/login/", "/accounts/signup/", f"{MODEL}/history", "/verify?q=5"]
OWN_WORDS = {"ja": OWN, "zh-hans": ["/me", "/new", f"{MODEL}/upload", "/settings/tokens"]}
HEAVY = {"/styleguide": 100.0}
LIGHT = 60.0  # KB over the wire
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 375, "height": 740}
LOOKS: dict[str, dict[str, Any]] = {
    "wide, light": {"viewport": WIDE, "color_scheme": "light"},
    "narrow, dark": {"viewport": NARROW, "color_scheme": "dark"},
}


@pytest.mark.parametrize("path", PUBLIC)
def test_a_page_is_for_everyone(chromium: Browser, hub: RunningHub, path: str) -> None:
    limit = HEAVY.get(path, LIGHT)
    found = {}
    for name, look in LOOKS.items():
        context = chromium.new_context(locale="en-GB", reduced_motion="reduce", **look)
        looker = Looker(context)
        found[name] = looker.look(hub.url + path)
        if looker.bytes / 1024 > limit:
            found[name].append(f"{looker.bytes / 1024:.0f} KB over the wire, the limit is {limit:.0f}")
        context.close()
    assert not any(found.values()), found


@pytest.fixture(scope="module")
def session(chromium: Browser, hub: RunningHub) -> StorageState:
    """The maintainer of the demo content, signed in as its passwords' file says."""
    passwords = dict(line.split() for line in (hub.data / "demo-accounts.txt").read_text().splitlines())
    context = chromium.new_context(base_url=hub.url, locale="en-GB")
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("[name=login]", "maintainer")
    page.fill("[name=password]", passwords["maintainer"])
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/me")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture(scope="module", params=LOOKS)
def at_work(request: pytest.FixtureRequest, chromium: Browser, session: StorageState) -> Iterator[Looker]:
    look = LOOKS[request.param]
    context = chromium.new_context(locale="en-GB", reduced_motion="reduce", storage_state=session, **look)
    yield Looker(context)
    context.close()


@pytest.mark.parametrize("path", OWN)
def test_a_page_of_one_s_own_is_for_everyone(at_work: Looker, hub: RunningHub, path: str) -> None:
    assert at_work.look(hub.url + path) == []


@pytest.mark.parametrize("language", OWN_WORDS)
def test_longer_and_shorter_words_fit_as_well(
    chromium: Browser, hub: RunningHub, session: StorageState, language: str
) -> None:
    found = {}
    for state, paths in (None, PUBLIC_WORDS), (session, OWN_WORDS[language]):
        context = chromium.new_context(storage_state=state, reduced_motion="reduce", **LOOKS["narrow, dark"])
        looker = Looker(context)
        # Said once in an address, then kept in a cookie.
        looker.page.goto(f"{hub.url}/verify?lang={language}")
        for path in paths:
            found[path] = looker.look(f"{hub.url}{path}")
            if looker.page.locator("html").get_attribute("lang") != language:
                found[path].append("in another language")
        context.close()
    assert not any(found.values()), found


@pytest.mark.parametrize("path", ["/", f"{MODEL}/history", "/ledger/5", f"{MODEL}/tree/main", "/models?q=cancer"])
def test_a_page_says_the_same_without_javascript(chromium: Browser, hub: RunningHub, path: str) -> None:
    texts = []
    for scripts in (True, False):
        context = chromium.new_context(locale="en-GB", java_script_enabled=scripts)
        page = context.new_page()
        page.goto(hub.url + path)
        texts.append(page.locator("main h1, main h2, main h3, main .record").all_inner_texts())
        context.close()
    assert texts[0] == texts[1]
    assert texts[0]


@pytest.mark.parametrize(("language", "words"), [("ja", "検証済み"), ("zh-hans", "已验证")])
def test_the_history_reads_in_japanese_and_chinese(
    chromium: Browser, hub: RunningHub, language: str, words: str
) -> None:
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(f"{hub.url}{MODEL}/history?lang={language}")
    assert page.locator("html").get_attribute("lang") == language
    assert words in page.locator("main").inner_text()
    context.close()
