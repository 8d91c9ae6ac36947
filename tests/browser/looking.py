"""What is wrong with a page in a real browser: accessibility by axe-core, errors, refused scripts and styles, sideways
scrolling at 320 px."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

from playwright.sync_api import BrowserContext, Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NARROWEST = 320  # CSS pixels, WCAG 1.4.10
_SETTLES = 150  # milliseconds that a page's own scripts may take


class Looker:
    """One tab that collects what its pages complain about; `look` goes to a page and returns what is wrong with it."""

    def __init__(self, context: BrowserContext) -> None:
        self.page = context.new_page()
        self.said: list[str] = []
        self.bytes = 0.0
        # A violation of the content security policy is an error on the console.
        self.page.on(
            "console", lambda words: self.said.append(f"console: {words.text}") if words.type == "error" else None
        )
        self.page.on("pageerror", lambda error: self.said.append(f"exception: {error}"))
        protocol = context.new_cdp_session(self.page)
        protocol.send("Network.enable")
        protocol.on("Network.loadingFinished", self._loaded)

    def _loaded(self, event: dict[str, float]) -> None:
        self.bytes += event["encodedDataLength"]

    def look(self, url: str) -> list[str]:
        """Status, console, markup shown as text, accessibility at the window's size, sideways scrolling at the narrowest."""
        self.said, self.bytes = [], 0.0
        answer = self.page.goto(url, wait_until="load")
        assert answer is not None
        found = [] if answer.status == 200 else [f"status {answer.status}"]
        self.page.wait_for_timeout(_SETTLES)
        found += violations(self.page)
        shown = self.page.evaluate("document.body.innerText.match(/<\\/(section|div|table|td|p|span|a)>/)?.[0]")
        if shown:
            found.append(f"shows markup as text: {shown}")
        with _narrow(self.page):
            over = self.page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth")
        if over > 1:
            found.append(f"scrolls sideways by {over} px at {NARROWEST} px")
        return found + self.said


@contextmanager
def _narrow(page: Page) -> Iterator[None]:
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": NARROWEST, "height": 740})
    yield
    page.set_viewport_size(size)


def violations(page: Page) -> list[str]:
    """Of WCAG 2.2 AA, as axe-core sees them, each with its first place."""
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    result = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", TAGS
    )
    return [f"{each['id']}: {each['nodes'][0]['target']}" for each in result["violations"]]
