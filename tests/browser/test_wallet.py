"""Binding a wallet in a real browser: a notice first, refusals in words, then one signature; and claiming from a saved bundle."""

import json
import secrets
import time
import urllib.error
from pathlib import Path

import pytest
from eth_account import Account
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.wallets import Wallet
from tests.running_hub import RunningHub

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
VECTORS = Path(__file__).resolve().parent.parent / "vectors" / "epochs"
PASSWORD = "a long and plain sentence"


@pytest.fixture
def wallet(context: BrowserContext, hub: RunningHub) -> Wallet:
    return Wallet(context, hub.url, "0x" + secrets.token_hex(32))


@pytest.fixture
def page(context: BrowserContext, wallet: Wallet) -> Page:
    """Somebody new, on the page of their wallet."""
    page = context.new_page()
    page.goto("/accounts/signup/")
    page.fill("[name=username]", f"person-{secrets.token_hex(4)}")
    for field in ("password1", "password2"):
        if page.locator(f"[name={field}]").count():
            page.fill(f"[name={field}]", PASSWORD)
    page.locator("main form").get_by_role("button").first.click()
    page.wait_for_url(lambda url: "signup" not in url)
    page.goto("/settings/wallet")
    return page


def use(page: Page) -> None:
    page.get_by_role("button", name="Use Test wallet").click()


def test_nothing_is_signed_before_the_notice_is_ticked(page: Page, wallet: Wallet) -> None:
    use(page)
    expect(page.locator("[data-wallet-state]")).to_contain_text("tick the box")
    assert wallet.asked == []


def test_a_refusal_in_the_wallet_is_told_in_words(page: Page, wallet: Wallet) -> None:
    wallet.refuses = {"eth_signTypedData_v4"}
    page.check("[name=understood]")
    use(page)
    expect(page.locator("[data-wallet-state]")).to_contain_text("You refused it in the wallet. Nothing has happened.")
    assert page.url.endswith("/settings/wallet")


def test_a_signature_binds_the_wallet_and_an_unknown_chain_is_added(page: Page, wallet: Wallet) -> None:
    page.check("[name=understood]")
    use(page)
    expect(page.get_by_text("The wallet is bound.")).to_be_visible()
    expect(page.locator("main")).to_contain_text(wallet.address)
    assert "wallet_addEthereumChain" in wallet.asked
    assert wallet.asked[-1] == "eth_signTypedData_v4"


def test_a_browser_without_a_wallet_is_told_that_the_credit_waits(context: BrowserContext, chromium: Browser) -> None:
    page = context.new_page()
    page.goto("/accounts/signup/")
    page.fill("[name=username]", f"person-{secrets.token_hex(4)}")
    for field in ("password1", "password2"):
        if page.locator(f"[name={field}]").count():
            page.fill(f"[name={field}]", PASSWORD)
    page.locator("main form").get_by_role("button").first.click()
    page.wait_for_url(lambda url: "signup" not in url)
    page.goto("/settings/wallet")
    expect(page.locator("[data-wallet-state]")).to_contain_text("your credit waits")


# --- without the site ----------------------------------------------------------------------------
@pytest.fixture
def saved_page(chromium: Browser, hub: RunningHub, tmp_path: Path) -> Page:
    """The downloaded page, opened from the disk."""
    path = tmp_path / "claim.html"
    path.write_bytes(hub.get("/rewards/claim.html"))
    page = chromium.new_page()
    page.goto(path.as_uri())
    return page


def test_the_saved_page_computes_the_claim_from_a_bundle(saved_page: Page) -> None:
    leaf = json.loads((VECTORS / "5" / "leaves.ndjson").read_text().splitlines()[0])
    saved_page.set_input_files("#files", [VECTORS / "5" / name for name in ("manifest.json", "leaves.ndjson")])
    saved_page.fill("#wallet", leaf["wallet"])
    saved_page.click("#compute")
    root = json.loads((VECTORS / "5" / "manifest.json").read_text())["result"]["root"]
    expect(saved_page.locator("#answer")).to_contain_text(root)
    expect(saved_page.locator("#transaction")).to_contain_text("data  0xda518f9c")
    expect(saved_page.locator("#transaction")).to_contain_text(f"{int(leaf['cumulative_wei']):064x}")


def test_the_saved_page_refuses_leaves_of_another_epoch(saved_page: Page) -> None:
    leaf = json.loads((VECTORS / "3" / "leaves.ndjson").read_text().splitlines()[0])
    saved_page.set_input_files("#files", [VECTORS / "5" / "manifest.json", VECTORS / "3" / "leaves.ndjson"])
    saved_page.fill("#wallet", leaf["wallet"])
    saved_page.click("#compute")
    expect(saved_page.locator("#answer")).to_contain_text("the manifest says")


def test_the_saved_page_says_when_a_wallet_has_no_leaf(saved_page: Page) -> None:
    saved_page.set_input_files("#files", [VECTORS / "5" / name for name in ("manifest.json", "leaves.ndjson")])
    saved_page.fill("#wallet", str(Account.create().address))
    saved_page.click("#compute")
    expect(saved_page.locator("#answer")).to_contain_text("no leaf for that wallet")


def _somebody_paid(hub: RunningHub, seconds: float = 180) -> dict[str, str]:
    """What the demo's maintainer, who claims nothing, can claim."""
    accounts = dict(line.split() for line in (hub.data / "demo-accounts.txt").read_text().splitlines())
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            found: dict[str, str] = hub.get_json(f"/api/v1/claims/{accounts['maintainer-wallet']}")
        except urllib.error.HTTPError:
            time.sleep(2)
            continue
        return found
    raise AssertionError("the demo's maintainer was not paid\n" + hub.logs())


def test_the_saved_page_sends_the_claim_and_the_tokens_arrive(
    page: Page, wallet: Wallet, context: BrowserContext, hub: RunningHub, tmp_path: Path
) -> None:
    """Somebody with a little coin claims for somebody else: the contract pays the wallet of the leaf, whoever sends."""
    page.check("[name=understood]")
    use(page)
    expect(page.get_by_text("The wallet is bound.")).to_be_visible()
    due = _somebody_paid(hub)
    for name in ("manifest.json", "leaves.ndjson"):
        (tmp_path / name).write_bytes(hub.get(f"/epochs/{due['epoch']}/{name}"))
    (tmp_path / "claim.html").write_bytes(hub.get("/rewards/claim.html"))
    token = json.loads((tmp_path / "manifest.json").read_text())["token"]
    before = wallet.tokens_of(token, due["wallet"])

    saved = context.new_page()
    saved.goto((tmp_path / "claim.html").as_uri())
    saved.set_input_files("#files", [tmp_path / "manifest.json", tmp_path / "leaves.ndjson"])
    saved.fill("#wallet", due["wallet"])
    saved.click("#compute")
    saved.get_by_role("button", name="Send with Test wallet").click()
    expect(saved.locator("#state")).to_contain_text("Sent: 0x")

    sent = str(saved.locator("#state").text_content()).removeprefix("Sent: ")
    assert wallet.rpc("eth_getTransactionReceipt", sent)["status"] == "0x1"
    assert wallet.tokens_of(token, due["wallet"]) - before == int(due["claimable_wei"]) > 0
