"""A whole hub with demo content, and the system's Chromium driven by Playwright. A missing Chromium fails the run."""

import os
import shutil
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.running_hub import RunningHub

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def chromium_path() -> str:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "Chromium is needed: install it, or name it in CHROMIUM (see README)"
    return found


# Of the package, not of the session: while Playwright runs, no other test of this thread can run an event loop.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def hub() -> Iterator[RunningHub]:
    """Started as `make run` starts it, with the demo content published and under a final anchor."""
    # Short epochs, because the demo content is complete only when one of them has paid.
    running = RunningHub(demo=True, ANCHOR_INTERVAL="2", WEB_PROCESSES="2", EPOCH_SECONDS="30", WINDOW_SECONDS="5")
    try:
        running.start()
        wait_for_demo(running)
        yield running
    finally:
        running.close()


def wait_for_demo(hub: RunningHub, seconds: float = 600) -> None:
    log = hub.data / "logs" / "demo.log"
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if log.exists() and "Demo content is published." in log.read_text():
            wait_for_final(hub)
            return
        time.sleep(0.5)
    raise AssertionError("the demo content was not made\n" + hub.logs())


def wait_for_final(hub: RunningHub, seconds: float = 180) -> int:
    """Until everything that is published is under a final anchor; returns its size."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        size = int(hub.get("/log/checkpoint").decode().split("\n")[1])
        anchors = hub.get_json("/api/v1/anchors")["results"]
        if any(anchor["size"] >= size and anchor["state"] == "final" for anchor in anchors):
            return size
        time.sleep(0.5)
    raise AssertionError("the log is not under a final anchor\n" + hub.logs())


@pytest.fixture
def context(chromium: Browser, hub: RunningHub) -> Iterator[BrowserContext]:
    """A visitor with no cookies, in English, whose console errors fail the test."""
    made = chromium.new_context(base_url=hub.url, locale="en-GB", viewport={"width": 1280, "height": 900})
    made.set_default_timeout(20_000)
    yield made
    made.close()
