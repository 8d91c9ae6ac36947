"""The choice of colours, in a browser."""

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.running_hub import RunningHub

pytestmark = pytest.mark.browser


def cookie(context: BrowserContext) -> str:
    return next(each.get("value", "") for each in context.cookies() if each.get("name") == "akashi_theme")


def choose(page: Page, theme: str) -> None:
    page.locator("[data-theme-menu] summary").click()
    page.locator(f"[data-theme-choice={theme}]").click()


def test_as_the_device_is_a_choice_that_is_kept(context: BrowserContext, hub: RunningHub) -> None:
    page = context.new_page()
    page.goto("/status?theme=dark")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    choose(page, "auto")
    for _load in range(2):
        assert cookie(context) == "auto"
        assert page.locator("html").get_attribute("data-theme") is None
        assert page.locator("[data-theme-choice=auto]").get_attribute("aria-current") == "true"
        page.reload()


def test_a_choice_outlives_the_links_of_a_page_whose_address_named_another(
    context: BrowserContext, hub: RunningHub
) -> None:
    page = context.new_page()
    page.goto("/status?theme=dark")
    choose(page, "light")
    page.locator("details:has([hreflang=ja]) summary").click()
    page.locator("[hreflang=ja]").click()
    page.wait_for_url("**/status?lang=ja")
    assert page.locator("html").get_attribute("data-theme") == "light"
    assert cookie(context) == "light"
