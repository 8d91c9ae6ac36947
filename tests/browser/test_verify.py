"""The verify page with real files: a bundle is recognised wherever its mark stands, a changed one is refused, others stay."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.running_hub import RunningHub

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
BUNDLES = [
    "/maintainer/breast-cancer-logistic/bundle",
    "/datasets/maintainer/wisconsin-breast-cancer/bundle",
    "/ledger/0/bundle",
]


@pytest.fixture
def page(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto("/verify")
    return page


def _choose(page: Page, folder: Path, data: bytes) -> None:
    path = folder / "chosen"
    path.write_bytes(data)
    page.set_input_files("[data-drop-input]", str(path))


@pytest.mark.parametrize("address", BUNDLES)
def test_a_chosen_bundle_is_recognised_and_checked(page: Page, hub: RunningHub, address: str, tmp_path: Path) -> None:
    _choose(page, tmp_path, hub.get(address))
    expect(page.locator(".verdict")).to_contain_text("This bundle is whole")


@pytest.mark.parametrize(
    "change", [(b'"size":', b'"size":1'), (b"}\n", b"\n"), (b"\n\n", b"\n")], ids=["number", "JSON", "note"]
)
def test_a_changed_bundle_is_recognised_and_refused(
    page: Page, hub: RunningHub, change: tuple[bytes, bytes], tmp_path: Path
) -> None:
    whole = hub.get(BUNDLES[0])
    spoilt = whole.replace(*change, 1)
    assert spoilt != whole
    _choose(page, tmp_path, spoilt)
    expect(page.locator(".verdict")).to_contain_text("This bundle is refused")


def test_a_bundle_that_is_too_large_for_the_page_is_said(page: Page, hub: RunningHub, tmp_path: Path) -> None:
    _choose(page, tmp_path, hub.get(BUNDLES[2]) + 1_500_000 * b"\n")
    expect(page.locator("[data-verify-state]")).to_contain_text("too large to be checked here")


@pytest.mark.parametrize(
    "data", [b'{"title": "akashi-bundle/1"}\n', b'{\n"format":"akashi-bundle/1"}\n', b"", b"\x00{"]
)
def test_any_other_file_is_hashed_and_stays_here(page: Page, data: bytes, tmp_path: Path) -> None:
    sent: list[int] = []
    page.on("request", lambda request: sent.append(len(request.post_data_buffer or b"")))
    _choose(page, tmp_path, data)
    page.wait_for_url("**/verify?q=*")
    assert sum(sent) == 0


def test_the_saved_page_verifies_a_bundle_by_contract_and_node_alone(
    chromium: Browser, hub: RunningHub, tmp_path: Path
) -> None:
    for name, address in (("verify.html", "/verify/verify.html"), ("model.bundle", BUNDLES[0])):
        (tmp_path / name).write_bytes(hub.get(address))
    page = chromium.new_page()
    page.goto((tmp_path / "verify.html").as_uri())
    page.set_input_files("#subject", str(tmp_path / "model.bundle"))
    page.fill("#contract", hub.get_json("/api/v1/anchors")["results"][0]["contract"])
    page.fill("#rpc", f"{hub.url}/rpc")
    page.click("button[type=submit]")
    expect(page.locator("[data-verdict=verified]")).to_be_visible(timeout=20_000)
    expect(page.locator("[data-code=transaction]")).to_contain_text("anchored exactly that root")
    page.close()
