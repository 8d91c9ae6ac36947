"""Every page, wide and narrow, light and dark: no accessibility violation, no console or policy error, no sideways
scrolling at 320 px, light enough for a slow line. The script of the check is axe-core; the rules are WCAG 2.2 AA."""

from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.running_hub import RunningHub

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
MODEL, DATASET = "/maintainer/breast-cancer-logistic", "/datasets/maintainer/wisconsin-breast-cancer"
PUBLIC = [
    "/", "/models", "/datasets", "/search?q=cancer", "/verify", "/verify?q=5", "/status", "/rewards", "/styleguide",
    "/people/maintainer", "/ledger", "/ledger/5", "/ledger/0", "/accounts/login/", "/accounts/signup/",
    MODEL, f"{MODEL}/history", f"{MODEL}/lineage", f"{MODEL}/tree/main", f"{MODEL}/blob/main/predict.py",
    DATASET, f"{DATASET}/history", f"{DATASET}/tree/main", f"{DATASET}/blob/main/measurements.csv",
]  # fmt: skip
HEAVY = {"/styleguide": 100.0}
LIGHT = 60.0  # KB over the wire


def _problems(browser: Browser, url: str, limit: float, **look: Any) -> list[str]:
    context = browser.new_context(locale="en-GB", reduced_motion="reduce", **look)
    page = context.new_page()
    found: list[str] = []
    sent = {"bytes": 0.0}
    page.on("console", lambda message: found.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(f"exception: {error}"))
    protocol = context.new_cdp_session(page)
    protocol.send("Network.enable")
    protocol.on("Network.loadingFinished", lambda event: sent.update(bytes=sent["bytes"] + event["encodedDataLength"]))
    try:
        answer = page.goto(url, wait_until="load")
        assert answer is not None
        if answer.status != 200:
            found.append(f"status {answer.status}")
        page.wait_for_timeout(150)
        found += _violations(page)
        if look["viewport"]["width"] < 400:
            page.set_viewport_size({"width": 320, "height": 740})
            over = page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth")
            if over > 1:
                found.append(f"scrolls sideways by {over} px at 320 px")
        if sent["bytes"] / 1024 > limit:
            found.append(f"{sent['bytes'] / 1024:.0f} KB over the wire, the limit is {limit:.0f}")
    finally:
        context.close()
    return found


def _violations(page: Page) -> list[str]:
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    result = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", TAGS
    )
    return [f"{each['id']}: {each['nodes'][0]['target']}" for each in result["violations"]]


@pytest.mark.parametrize("path", PUBLIC)
def test_a_page_is_for_everyone(chromium: Browser, hub: RunningHub, path: str) -> None:
    limit = HEAVY.get(path, LIGHT)
    wide, narrow = {"width": 1280, "height": 900}, {"width": 375, "height": 740}
    found = {
        "wide, light": _problems(chromium, hub.url + path, limit, viewport=wide, color_scheme="light"),
        "narrow, dark": _problems(chromium, hub.url + path, limit, viewport=narrow, color_scheme="dark"),
    }
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
