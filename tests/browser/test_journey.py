"""From an upload to a verified history, as a newcomer does it: sign up, send a dataset over a line that breaks, register a
model trained on it, read its history, check a file, and then check the whole with the hub switched off."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import wait_for_final
from tests.running_hub import PASSWORD, RunningHub
from tests.services import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
HANDLE, DATA, MODEL = "newcomer", "journey_data", "journey_model"
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def own_hub() -> Iterator[RunningHub]:
    running = RunningHub(ANCHOR_INTERVAL="2")
    try:
        running.start()
        yield running
    finally:
        running.close()


@pytest.fixture(scope="module")
def page(chromium: Browser, own_hub: RunningHub) -> Iterator[Page]:
    context = chromium.new_context(base_url=own_hub.url, locale="en-GB", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    made = context.new_page()
    yield made
    context.close()


@pytest.fixture(scope="module")
def data_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """41 MiB: five parts of 8 MiB and a bit."""
    path = tmp_path_factory.mktemp("journey") / "samples.csv"
    path.write_bytes(random.Random(7).randbytes(41 * MIB).hex().encode()[: 41 * MIB])
    return path


def _submit(page: Page, selector: str = "main form button[type=submit]:not([name=preview])") -> None:
    page.locator(selector).last.click()


def _create(page: Page, kind: str, name: str, summary: str, licence: str) -> None:
    page.goto("/new")
    page.locator(f"input[name=kind][value={kind}]").check()
    page.fill("input[name=name]", name)
    page.fill("textarea[name=summary]", summary)
    page.select_option("select[name=licence]", licence)
    _submit(page)
    page.wait_for_url(f"**/{HANDLE}/{name}**")


def _publish(page: Page, address: str, files: list[Path], message: str, kind: str) -> None:
    page.goto(f"{address}/upload")
    page.set_input_files("#upload-files", [str(path) for path in files])
    _describe(page, message, kind)
    _send(page)


def _describe(page: Page, message: str, kind: str) -> None:
    page.fill("textarea[name=message]", message)
    page.select_option("select[name=kind]", kind)


def _send(page: Page) -> None:
    button = page.locator("[data-uploads-submit]")
    expect(button).to_be_enabled(timeout=120_000)
    button.click()
    page.wait_for_url(lambda url: not url.endswith("/upload"))


def _wait_for_progress(page: Page, percent: float, seconds: float = 60) -> None:
    """Until so much of all files has been sent; the page's policy forbids scripts from strings, so this asks again."""
    bar, deadline = page.locator("[data-overall-bar]"), time.monotonic() + seconds
    while bar.evaluate("bar => bar.value") < percent:
        assert time.monotonic() < deadline, "nothing is being sent"
        page.wait_for_timeout(50)


def test_sign_up_needs_a_handle_and_a_password_and_no_wallet(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Sign up").first.click()
    page.fill("input[name=username]", HANDLE)
    page.fill("input[name=password1]", PASSWORD)
    _submit(page)
    expect(page.locator(".site-account")).to_contain_text(HANDLE)


def test_a_dataset_arrives_whole_over_a_line_that_breaks(page: Page, data_file: Path) -> None:
    _create(page, "dataset", DATA, "Random samples, to see whether they arrive.", "CC0-1.0")
    page.goto(f"/datasets/{HANDLE}/{DATA}/upload")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    slow = {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": 8 * MIB}
    session.send("Network.emulateNetworkConditions", slow)
    page.set_input_files("#upload-files", str(data_file))
    _wait_for_progress(page, 20)
    session.send("Network.emulateNetworkConditions", {**slow, "offline": True})
    expect(page.locator("[data-offline]")).to_be_visible()
    expect(page.locator("[data-uploads-submit]")).to_be_disabled()
    session.send("Network.emulateNetworkConditions", {**slow, "offline": False, "uploadThroughput": -1})
    _describe(page, "The first samples.", "data")
    _send(page)
    page.goto(f"/datasets/{HANDLE}/{DATA}/tree/main")
    expect(page.locator("main")).to_contain_text("samples.csv")


def test_a_model_names_its_dataset_and_its_measurements(page: Page, tmp_path: Path) -> None:
    _create(page, "model", MODEL, "A model of nothing in particular.", "Apache-2.0")
    page.goto(f"/{HANDLE}/{MODEL}/edit")
    page.fill("textarea[name=datasets]", f"{HANDLE}/{DATA}")
    page.fill("textarea[name=message]", "Say what it was trained on.")
    _submit(page)
    page.wait_for_url(lambda url: not url.endswith("/edit"))
    weights = tmp_path / "weights.json"
    weights.write_text('{"weights": [1, 2, 3]}')
    page.goto(f"/{HANDLE}/{MODEL}/upload")
    page.set_input_files("#upload-files", str(weights))
    _describe(page, "A first fit.", "model")
    name = page.locator("input[name=metrics-0-name]")
    if not name.is_visible():
        page.locator("summary", has_text="Measurements").first.click()
    name.fill("accuracy")
    page.fill("input[name=metrics-0-value]", "0.75")
    page.fill("input[name=metrics-0-n]", "40")
    _send(page)


def test_the_history_shows_who_what_and_why_and_becomes_verified(page: Page, own_hub: RunningHub) -> None:
    page.goto(f"/{HANDLE}/{MODEL}/history")
    main = page.locator("main")
    # The page that is open follows by itself.
    wait_for_final(own_hub)
    expect(main).to_contain_text("4 of 4 checks agree", timeout=60_000)
    for words in ("A first fit.", "Say what it was trained on.", f"trained on {DATA}", "0.750", "4 of 4 checks agree"):
        expect(main).to_contain_text(words)
    expect(page.locator(".lineage-graph")).to_contain_text(DATA)


def test_a_dropped_file_is_hashed_here_and_found(page: Page, data_file: Path) -> None:
    sent: list[int] = []
    asked: list[str] = []
    page.on("request", lambda request: sent.append(len(request.post_data_buffer or b"")))
    page.on("request", lambda request: asked.append(request.url.partition("#")[0]))
    page.goto("/verify")
    page.set_input_files("[data-drop-input]", str(data_file))
    page.wait_for_url("**/verify?q=*")
    expect(page.locator(".verdict")).to_contain_text("Verified")
    expect(page.locator(".verdict")).to_contain_text(f"samples.csv of {DATA}")
    assert sum(sent) == 0, "the file was sent"
    expect(page.locator("[data-own-file]")).to_contain_text(data_file.name)
    assert not any(data_file.name in address for address in asked), "the file's name was sent"


def test_with_the_hub_stopped_the_verifier_takes_the_bundle_and_refuses_any_change(
    page: Page, own_hub: RunningHub, tmp_path: Path
) -> None:
    page.goto(f"/{HANDLE}/{MODEL}/history")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download bundle").click()
    bundle = tmp_path / "model.bundle"
    download.value.save_as(bundle)
    key = own_hub.get("/log/key").decode()
    verifier = tmp_path / "akashi_verify.py"
    verifier.write_bytes(own_hub.get("/verify/akashi_verify.py"))
    own_hub.stop()

    def verify(path: Path) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-I", str(verifier), str(path), "--log-key", key]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)

    whole = verify(bundle)
    assert whole.returncode == 0, whole.stdout + whole.stderr
    data = bundle.read_bytes()
    for place in random.Random(len(data)).sample(range(len(data)), 12):
        spoilt = bytearray(data)
        spoilt[place] ^= 1 << (place % 8)
        (tmp_path / "spoilt.bundle").write_bytes(spoilt)
        assert verify(tmp_path / "spoilt.bundle").returncode == 1, f"byte {place}"
    assert ROOT not in verifier.parents
