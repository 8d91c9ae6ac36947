"""From an empty hub to tokens on the chain: one person proposes, one decides, one assesses, an epoch pays, wallets claim, and
somebody without an account computes all of it again."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.looking import violations
from tests.browser.soft_wallet import SoftWallet
from tests.running_hub import PASSWORD, RunningHub

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
MAINTAINER, HELPER, ASSESSOR = "keeper", "helper", "assessor"
DATA = f"/datasets/{MAINTAINER}/cells"
TABLE = "id,size,label\n1,10.5,benign\n2,17.9,malignant\n"
BETTER = TABLE + "3,11.2,benign\n"
WHOLE = BETTER + "4,20.1,malignant\n"
# An epoch, its window, the anchor before it, and the blocks after it, with patience for a busy machine.
PAID_WITHIN = 300


@pytest.fixture(scope="module")
def own_hub() -> Iterator[RunningHub]:
    running = RunningHub(ANCHOR_INTERVAL="2", EPOCH_SECONDS="30", WINDOW_SECONDS="5")
    try:
        running.start()
        yield running
    finally:
        running.close()


class Cast:
    """Everybody's browser: a context and a tab each, and a wallet for who has one."""

    def __init__(self, browser: Browser, hub: RunningHub) -> None:
        self.browser, self.hub = browser, hub
        self.contexts: dict[str, BrowserContext] = {}
        self.pages: dict[str, Page] = {}
        self.said: list[str] = []
        self.wallets = {
            MAINTAINER: SoftWallet(hub.url, b"\x11" * 32),
            HELPER: SoftWallet(hub.url, b"\x22" * 32),
        }
        self.epoch = -1  # the one that credited the helper

    def __getitem__(self, name: str) -> Page:
        if name not in self.pages:
            context = self.browser.new_context(
                base_url=self.hub.url, locale="en-GB", viewport={"width": 1280, "height": 900}
            )
            context.set_default_timeout(60_000)
            if name in self.wallets:
                self.wallets[name].install(context)
            self.contexts[name], self.pages[name] = context, context.new_page()
            self.pages[name].on("pageerror", lambda error: self.said.append(f"{name}: {error}"))
        return self.pages[name]

    def close(self) -> None:
        for context in self.contexts.values():
            context.close()


@pytest.fixture(scope="module")
def cast(chromium: Browser, own_hub: RunningHub) -> Iterator[Cast]:
    made = Cast(chromium, own_hub)
    yield made
    made.close()


def _upload(page: Page, path: Path, text: str) -> None:
    path.write_text(text)
    page.wait_for_load_state()
    page.set_input_files("#upload-files", str(path))
    expect(page.locator("[data-uploads]")).to_contain_text("1 of 1 file stored", timeout=120_000)


def _send(page: Page) -> None:
    button = page.locator("[data-uploads-submit]")
    expect(button).to_be_enabled(timeout=120_000)
    button.click()
    expect(button).to_have_count(0, timeout=60_000)


def _until(page: Page, address: str, there: Callable[[], bool], what: str, hub: RunningHub) -> None:
    """Loads a page again and again until something is on it."""
    deadline = time.monotonic() + PAID_WITHIN
    page.goto(address)
    while not there():
        assert time.monotonic() < deadline, f"{what}\n{page.locator('main').inner_text()}\n{hub.logs()}"
        page.wait_for_timeout(2_000)
        page.goto(address)


# --- who and what --------------------------------------------------------------------------------
def test_three_people_sign_up_and_the_operator_names_a_hub_reviewer(cast: Cast, own_hub: RunningHub) -> None:
    for handle in (MAINTAINER, HELPER, ASSESSOR):
        page = cast[handle]
        page.goto("/accounts/signup/")
        page.fill("input[name=username]", handle)
        page.fill("input[name=password1]", PASSWORD)
        page.locator("main form button[type=submit]").last.click()
        expect(page.locator(".site-account")).to_contain_text(handle)
    assert "hub reviewer" in own_hub.manage("grant_reviewer", ASSESSOR)


def test_the_maintainer_registers_a_dataset_and_submits_it_for_assessment(cast: Cast, tmp_path: Path) -> None:
    page = cast[MAINTAINER]
    page.goto("/new")
    page.locator("input[name=kind][value=dataset]").check()
    page.fill("input[name=name]", "cells")
    page.fill("textarea[name=summary]", "Sizes of cells, with what they turned out to be.")
    page.select_option("select[name=licence]", "CC0-1.0")
    page.locator("main form button[type=submit]:not([name=preview])").last.click()
    page.wait_for_url(f"**/{MAINTAINER}/cells**")
    page.goto(f"{DATA}/upload")
    _upload(page, tmp_path / "cells.csv", TABLE)
    page.fill("textarea[name=message]", "The first two.")
    page.select_option("select[name=kind]", "data")
    _send(page)
    page.goto(f"{DATA}/commits/main")
    page.locator("main a[href*='/commit/']").first.click()
    page.get_by_role("link", name="Submit for assessment").click()
    page.get_by_role("button", name="Submit for assessment").click()
    page.wait_for_url("**/reviews/assess/**")


# --- a contribution ------------------------------------------------------------------------------
def test_the_helper_proposes_from_the_repositorys_page(cast: Cast, tmp_path: Path) -> None:
    page = cast[HELPER]
    page.goto(DATA)
    page.get_by_role("link", name="Propose a change").click()
    _upload(page, tmp_path / "cells.csv", BETTER)
    page.fill("input[name=title]", "One more cell")
    page.fill("textarea[name=message]", "It was measured on the same day.")
    page.select_option("select[name=kind]", "data")
    _send(page)
    expect(page.locator("main")).to_contain_text("An owner or a maintainer decides next.")


def test_the_maintainer_asks_for_changes_and_the_helper_makes_them(cast: Cast, tmp_path: Path) -> None:
    page = cast[MAINTAINER]
    page.goto("/reviews")
    page.locator("main table.queue a", has_text="One more cell").click()
    page.locator("input[name=verdict][value=ask]").check()
    page.select_option("select[name=reason]", "incomplete")
    page.locator(".verdict-form textarea[name=comment]").fill("The fourth is missing.")
    page.get_by_role("button", name="Record verdict").click()
    expect(page.locator("main")).to_contain_text("The fourth is missing.")
    page = cast[HELPER]
    page.goto("/reviews")
    page.locator("main table.queue a", has_text="One more cell").click()
    page.get_by_role("link", name="New version: files, words, shares").click()
    _upload(page, tmp_path / "cells.csv", WHOLE)
    _send(page)
    expect(page.locator("main")).to_contain_text("Version 2")


def test_the_maintainer_accepts_exactly_what_was_reviewed(cast: Cast) -> None:
    page = cast[MAINTAINER]
    page.goto("/reviews")
    page.locator("main table.queue a", has_text="One more cell").click()
    page.locator("input[name=verdict][value=accept]").check()
    page.locator(".verdict-form textarea[name=comment]").fill("Both agree with the notebook.")
    page.get_by_role("button", name="Record verdict").click()
    expect(page.locator(".lede")).to_contain_text("Accepted")
    page.goto(f"{DATA}/commits/main")
    expect(page.locator("main")).to_contain_text("One more cell")


def test_the_hub_reviewer_assesses_both_works(cast: Cast) -> None:
    page = cast[ASSESSOR]
    for effort, quality in ((5, 80), (2, 75)):
        page.goto("/reviews")
        page.locator("section[aria-labelledby=assess] table.queue a").first.click()
        page.locator(f"input[name=effort][value='{effort}']").check()
        page.fill("input[name=quality]", str(quality))
        page.fill("textarea[name=comment]", "Checked row by row.")
        page.get_by_role("button", name="Record assessment").click()
        expect(page.locator("main")).to_contain_text("Your assessment stands in the log.")
    page.goto("/reviews")
    expect(page.locator("section[aria-labelledby=assess]")).to_contain_text("All clear")


# --- wallets and money ---------------------------------------------------------------------------
@pytest.mark.parametrize("who", [HELPER, MAINTAINER])
def test_a_wallet_is_bound_after_the_notice_and_not_when_it_refuses(cast: Cast, who: str) -> None:
    page, wallet = cast[who], cast.wallets[who]
    page.goto("/settings/wallet")
    expect(page.locator("main")).to_contain_text("this becomes public for good")
    page.locator("input[name=understood]").check()
    wallet.refusing = True
    page.get_by_role("button", name="Use Soft wallet").click()
    expect(page.locator("[data-wallet-state]")).to_contain_text("You refused it in the wallet.")
    wallet.refusing = False
    page.get_by_role("button", name="Use Soft wallet").click()
    expect(page.locator("section[aria-labelledby=bound]")).to_be_visible()
    assert "eth_signTypedData_v4" in wallet.asked


def test_an_epoch_pays_and_the_helper_claims_without_gas(cast: Cast, own_hub: RunningHub) -> None:
    page, wallet = cast[HELPER], cast.wallets[HELPER]
    button = page.get_by_role("button", name="without gas")
    _until(page, "/settings/wallet", lambda: button.count() > 0, "nothing can be claimed", own_hub)
    assert violations(page) == []
    credited = _claimable(page)
    assert credited > 0
    cast.epoch = int(
        str(page.locator("section[aria-labelledby=history] th a").last.get_attribute("href")).split("/")[-1]
    )
    button.click()
    _until(page, "/settings/wallet", lambda: _claimable(page) == 0, "the claim is not paid", own_hub)
    assert wallet.balance_of(_deployment(own_hub)["token"]) == credited
    assert "eth_sendTransaction" not in wallet.asked


def test_the_maintainer_claims_by_a_transaction_of_his_own(cast: Cast, own_hub: RunningHub) -> None:
    page, wallet = cast[MAINTAINER], cast.wallets[MAINTAINER]
    own = page.locator("[data-wallet-claim]").get_by_role("button", name="Use Soft wallet")
    _until(page, "/settings/wallet", lambda: page.locator("[data-wallet-claim]").count() > 0, "nothing there", own_hub)
    credited = _claimable(page)
    expect(own).to_be_visible()
    own.click()
    expect(page.locator("[data-wallet-claim] [data-wallet-state]")).to_contain_text("Paid.", timeout=120_000)
    assert wallet.balance_of(_deployment(own_hub)["token"]) == credited > 0


def test_the_assessors_credit_waits_without_a_wallet(cast: Cast) -> None:
    page = cast[ASSESSOR]
    page.goto("/settings/wallet")
    expect(page.locator("section[aria-labelledby=credit]")).to_contain_text("for a wallet; nothing is lost meanwhile")


# --- somebody without an account -----------------------------------------------------------------
def test_a_visitor_reads_what_the_epoch_paid_and_why(cast: Cast) -> None:
    page = cast["visitor"]
    page.goto("/rewards")
    page.locator(f"main a[href='/rewards/epochs/{cast.epoch}']").first.click()
    expect(page.locator("main")).to_contain_text("One more cell")
    assert violations(page) == []
    page.locator(f"main a[href='/rewards/epochs/{cast.epoch}/why/{HELPER}']").first.click()
    expect(page.locator("h1")).to_contain_text(f"Why did {HELPER} get")
    page.locator("main td a[href^='/ledger/']").first.click()
    expect(page.locator("main")).to_contain_text("assess")
    assert cast.said == []


@pytest.fixture(scope="module")
def bundle(cast: Cast, own_hub: RunningHub, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The epoch's folder as a visitor saves it, file by file from its page, and the program beside it."""
    folder = tmp_path_factory.mktemp("recompute")
    page = cast["visitor"]
    page.goto(f"/rewards/epochs/{cast.epoch}")
    (folder / "epoch").mkdir()
    links = page.locator("section[aria-labelledby=bundle] a[download]").all()
    with page.expect_download() as download:
        links[0].click()
    download.value.save_as(folder / "epoch" / download.value.suggested_filename)
    # A browser asks a person before the eleventh file of one page; nobody is there to answer.
    for link in links[1:]:
        address = str(link.get_attribute("href"))
        (folder / "epoch" / address.rpartition("/")[2]).write_bytes(page.request.get(address).body())
    (folder / "akashi_recompute.py").write_bytes(own_hub.get("/rewards/akashi_recompute.py"))
    return folder


def _recompute(folder: Path, name: str, *options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-I", "akashi_recompute.py", name, *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_the_saved_program_accepts_the_epoch_and_finds_it_on_the_chain(bundle: Path, own_hub: RunningHub) -> None:
    distributor = _deployment(own_hub)["distributor"]
    done = _recompute(bundle, "epoch", "--rpc", f"{own_hub.url}/rpc", "--distributor", distributor)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "member"),
    [("allocations.ndjson", "wei"), ("edges.ndjson", "parent"), ("contributions.ndjson", "owners")],
    ids=["one wei", "one edge", "one share"],
)
def test_it_refuses_the_epoch_after_one_change(bundle: Path, name: str, member: str, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    changed.mkdir()
    for path in (bundle / "epoch").iterdir():
        (changed / path.name).write_bytes(path.read_bytes())
    rows = [json.loads(line) for line in (changed / name).read_text().splitlines()]
    assert any(_change(row, member) for row in rows), f"{name} holds no {member}"
    lines = "".join(json.dumps(row, separators=(",", ":"), sort_keys=True, ensure_ascii=False) + "\n" for row in rows)
    (changed / name).write_text(lines)
    done = _recompute(bundle, str(changed))
    assert done.returncode == 1, done.stdout + done.stderr


def _change(row: Any, member: str) -> bool:
    """Makes the first number of this name one less, or more where it is nothing; whether there was one."""
    if isinstance(row, list):
        return any(_change(each, member) for each in row)
    if not isinstance(row, dict):
        return False
    if member == "owners":
        row[member][0][1] -= 1
        return True
    if member in row:
        value = int(row[member]) - 1 if int(row[member]) else 1
        row[member] = str(value) if isinstance(row[member], str) else value
        return True
    return any(_change(each, member) for each in row.values())


# --- what pages and chain say --------------------------------------------------------------------
def _claimable(page: Page) -> int:
    """Wei that the page says can be claimed, to the last one."""
    row = page.locator("section[aria-labelledby=credit] dl.kv > div", has_text="Yours to claim").locator("data.amount")
    return int(str(row.get_attribute("value"))) if row.count() else 0


def _deployment(hub: RunningHub) -> dict[str, str]:
    found = json.loads((hub.data / "chain" / "deployment.json").read_text())["distribution"]
    return {"token": found["token_address"], "distributor": found["distributor_address"]}
