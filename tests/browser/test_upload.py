"""Sending files from the page: refusals, pauses, a lost connection, a reload, and the same bytes at the end."""

import hashlib
import json
import random
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, StorageState

from tests.running_hub import PASSWORD, RunningHub

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

MIB = 1024 * 1024
PARTS = 12
SLOW = 10 * MIB  # bytes a second, so that there is time to interrupt
ROW = ".file-row"


@dataclass(frozen=True)
class Person:
    """An account that all tests here share, and its signed-in session."""

    handle: str
    token: str
    session: StorageState


@pytest.fixture(scope="module")
def person(hub: RunningHub, chromium: Browser) -> Person:
    handle = f"up-{secrets.token_hex(4)}"
    hub.sign_up(handle)
    context = chromium.new_context(base_url=hub.url, locale="en-GB")
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("[name=login]", handle)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/me")
    session = context.storage_state()
    context.close()
    return Person(handle, hub.token(handle), session)


class Uploader:
    """Somebody on the upload page of a new dataset of their own."""

    def __init__(self, hub: RunningHub, person: Person, context: BrowserContext) -> None:
        self.hub, self.context = hub, context
        self.name = f"sent-{secrets.token_hex(4)}"
        wanted = {"kind": "dataset", "name": self.name, "licence": "CC0-1.0"}
        status, repository = hub.post_json("/api/v1/repositories", wanted, token=person.token)
        assert status == 201, repository
        self.path = f"/datasets/{person.handle}/{self.name}"
        self.page = context.new_page()
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.network = context.new_cdp_session(self.page)
        self.network.send("Network.enable")
        self.sent: list[str] = []
        self.asked: list[str] = []
        self.under_way: set[Request] = set()
        self.at_once = 0  # parts under way at the same time, at most
        self.page.on("request", self._begin)
        for over in ("requestfinished", "requestfailed"):
            self.page.on(over, lambda request: self.under_way.discard(request))
        self.page.on("requestfinished", lambda request: self._note(request.method, request.url))

    def _begin(self, request: Request) -> None:
        self.asked.append(f"{request.method} {urlsplit(request.url).path}")
        if request.method == "PUT" and "/parts/" in request.url:
            self.under_way.add(request)
            self.at_once = max(self.at_once, len(self.under_way))

    def announced(self) -> list[str]:
        """Uploads that were begun or removed since the list was emptied."""
        begun = "POST /api/v1/uploads"
        return [asked for asked in self.asked if asked == begun or asked.startswith("DELETE ")]

    def _note(self, method: str, url: str) -> None:
        if method == "PUT" and "/parts/" in url:
            self.sent.append(url)

    def open(self) -> Page:
        self.page.goto(f"{self.path}/upload")
        self.page.wait_for_selector("[data-uploads]")
        return self.page

    def line(self, *, offline: bool = False, rate: int = -1) -> None:
        conditions = {"offline": offline, "latency": 1, "downloadThroughput": -1, "uploadThroughput": rate}
        self.network.send("Network.emulateNetworkConditions", conditions)

    def choose(self, *files: Path) -> None:
        self.page.set_input_files("#upload-files", list(files))

    def row(self, number: int = 0) -> str:
        return self.page.locator(ROW).nth(number).inner_text()

    def wait(self, state: str, number: int = 0, seconds: float = 120) -> None:
        self.until(lambda: self.page.locator(ROW).nth(number).get_attribute("data-state") == state, seconds)

    def until(self, condition: Callable[[], object], seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.page.locator("[data-uploads]").inner_text()
            self.page.wait_for_timeout(50)

    def wait_sent(self, percent: int) -> None:
        """Until this much of the first file is sent, while it is still being sent."""
        sending = self.page.locator(f"{ROW}[data-state=sending] progress").first
        self.until(lambda: sending.count() and sending.evaluate("bar => bar.value") >= percent)

    def parts_here(self) -> int:
        """How many parts of the newest upload the hub has."""
        listed = self.page.request.get("/api/v1/uploads").json()["results"]
        return int(max(listed, key=lambda upload: str(upload["created"]))["parts_here"])

    def files(self, count: int) -> list[dict[str, Any]]:
        """What the form would send, once it names this many files."""
        found: list[dict[str, Any]] = []

        def complete() -> bool:
            found[:] = json.loads(self.page.input_value("[name=uploads]"))
            return len(found) == count

        self.until(complete, 30)
        return found


@pytest.fixture
def uploader(hub: RunningHub, person: Person, chromium: Browser) -> Iterator[Uploader]:
    context = chromium.new_context(base_url=hub.url, locale="en-GB", storage_state=person.session)
    context.set_default_timeout(20_000)
    yield Uploader(hub, person, context)
    context.close()


def file(folder: Path, name: str, size: int) -> tuple[Path, str]:
    """A file of `size` bytes that no other test has, and its digest."""
    path, data = folder / name, random.Random(secrets.randbits(64)).randbytes(size)
    path.write_bytes(data)
    return path, hashlib.sha256(data).hexdigest()


def large_file(folder: Path, name: str) -> tuple[Path, str]:
    """Of twelve parts, and of a size that the account does not hold yet."""
    return file(folder, name, PARTS * 8 * MIB - secrets.randbelow(1_000_000))


def test_an_upload_survives_a_lost_connection_and_a_reload_and_is_published(uploader: Uploader, tmp_path: Path) -> None:
    path, digest = large_file(tmp_path, "measurements.parquet")
    page = uploader.open()
    uploader.line(rate=SLOW)
    uploader.choose(path)
    uploader.wait_sent(20)
    uploader.line(offline=True)
    uploader.wait("offline")
    assert "The connection is away" in page.locator("[data-offline]").inner_text()
    uploader.until(lambda: "It resumes by itself" in uploader.row(), 30)
    uploader.line(rate=SLOW)
    uploader.wait("sending")
    assert not page.locator("[data-offline]").is_visible()
    uploader.wait_sent(40)
    kept = uploader.parts_here()
    assert kept

    page.reload()
    uploader.wait("lost")
    assert "Choose the same file again" in uploader.row()
    uploader.until(page.locator("[data-uploads-submit]").is_disabled)
    uploader.sent.clear()
    uploader.asked.clear()
    uploader.line()
    uploader.choose(path)
    uploader.wait("stored")
    assert len(uploader.sent) <= PARTS - kept, "parts that had arrived were sent again"
    assert uploader.announced() == []

    (sent,) = uploader.files(1)
    assert (sent["path"], sent["sha256"], sent["size"]) == (path.name, digest, path.stat().st_size)
    page.fill("[name=message]", "Measurements, sent in spite of the line")
    page.select_option("select[name=kind]", "data")
    page.locator("[data-uploads-submit]").click()
    page.wait_for_url(lambda url: not url.endswith("/upload"))
    served = uploader.hub.get(f"{uploader.path}/resolve/main/{path.name}", timeout=60)
    assert hashlib.sha256(served).hexdigest() == digest


@pytest.mark.parametrize("late", ["upload.", "upload-row."])
def test_files_that_are_chosen_before_a_script_has_come_are_sent(uploader: Uploader, tmp_path: Path, late: str) -> None:
    page, held = uploader.page, list[Route]()
    page.route(re.compile(rf"/js/{re.escape(late)}.*js$"), lambda route: held.append(route))
    page.goto(f"{uploader.path}/upload", wait_until="commit")
    page.wait_for_selector("[data-drop-zone]")
    uploader.until(lambda: held)
    (first, whole), (second, other) = (file(tmp_path, name, 3000) for name in ("early.csv", "earlier.csv"))
    uploader.choose(first, second)
    button = page.locator("[data-uploads-submit]")
    if late == "upload-row.":
        uploader.until(button.is_disabled)
        assert page.locator("[data-uploads-note]").inner_text() == "Wait: the list of files is being read."
        assert page.input_value("[name=uploads]") == "[]"
        uploader.choose(first)
    assert len(held) == 1, "one fetch for the preload and for the import"
    held[0].continue_()
    sent = uploader.files(2)
    assert {row["path"]: row["sha256"] for row in sent} == {first.name: whole, second.name: other}
    assert page.locator(ROW).count() == 2
    uploader.until(button.is_enabled)
    assert page.locator("[data-uploads-note]").inner_text() == ""


def test_what_is_not_allowed_is_refused_before_anything_is_announced(uploader: Uploader, tmp_path: Path) -> None:
    page = uploader.open()
    announced: list[str] = []
    page.on("request", lambda request: announced.append(request.url) if request.method in {"POST", "PUT"} else None)
    uploader.choose(file(tmp_path, "features.pkl", 1000)[0])
    uploader.wait("refused")
    assert "Not accepted" in uploader.row()
    assert "Parquet" in uploader.row()
    assert [url.rsplit("/", 1)[1] for url in announced] == ["check"]
    uploader.until(lambda: page.locator("[data-uploads-note]").inner_text() == "1 file needs you.")
    assert page.locator("[data-uploads-submit]").is_disabled()
    page.get_by_role("button", name="Remove features.pkl").click()
    uploader.until(lambda: not page.locator(ROW).count())


def test_several_files_are_sent_and_the_same_bytes_only_once(uploader: Uploader, tmp_path: Path) -> None:
    page = uploader.open()
    paths = [file(tmp_path, f"{number}.csv", 1000 + number)[0] for number in range(5)]
    uploader.choose(*paths)
    for number in range(5):
        uploader.wait("stored", number)
    uploader.files(5)
    assert "5 of 5 files stored" in page.locator("[data-overall]").inner_text()
    copy = tmp_path / "copy.csv"
    copy.write_bytes(paths[0].read_bytes())
    uploader.sent.clear()
    uploader.choose(copy)
    uploader.wait("known", 5)
    assert uploader.sent == []


def test_a_paused_file_waits_and_goes_on_where_it_was(uploader: Uploader, tmp_path: Path) -> None:
    path, digest = large_file(tmp_path, "large.bin")
    page = uploader.open()
    uploader.line(rate=SLOW)
    uploader.choose(path)
    uploader.wait_sent(60)
    page.get_by_role("button", name="Pause large.bin").click()
    uploader.wait("paused")
    uploader.sent.clear()
    page.wait_for_timeout(700)
    assert uploader.sent == []
    uploader.line()
    page.get_by_role("button", name="Resume large.bin").click()
    uploader.wait("stored")
    assert len(uploader.sent) < PARTS
    assert uploader.files(1)[0]["sha256"] == digest


def test_another_file_under_the_same_name_and_size_is_compared_part_by_part(uploader: Uploader, tmp_path: Path) -> None:
    path, _digest = large_file(tmp_path, "large.bin")
    page = uploader.open()
    uploader.line(rate=SLOW)
    uploader.choose(path)
    uploader.wait_sent(40)
    page.reload()
    uploader.wait("lost")
    uploader.line()
    _path, digest = file(tmp_path, "large.bin", path.stat().st_size)
    uploader.sent.clear()
    uploader.choose(path)
    uploader.wait("stored")
    assert uploader.files(1)[0]["sha256"] == digest
    assert len(uploader.sent) == PARTS


def test_a_check_that_our_side_cannot_make_just_now_is_explained(
    uploader: Uploader, hub: RunningHub, tmp_path: Path
) -> None:
    uploader.open()
    store = hub.data / "blobs" / "incoming"
    away = store.with_name("incoming-away")
    store.rename(away)
    store.touch()
    try:
        uploader.choose(file(tmp_path, "late.bin", 100_000)[0])
        uploader.wait("checking")
        uploader.until(lambda: "tried again by itself" in uploader.row(), 30)
    finally:
        store.unlink()
        away.rename(store)


def test_a_stored_file_is_still_there_after_a_reload(uploader: Uploader, tmp_path: Path) -> None:
    path, digest = file(tmp_path, "small.csv", 1000)
    page = uploader.open()
    uploader.choose(path)
    uploader.wait("stored")
    page.reload()
    uploader.wait("stored")
    assert uploader.files(1)[0]["sha256"] == digest


def test_a_stored_file_that_is_chosen_again_after_a_reload_is_taken_up(uploader: Uploader, tmp_path: Path) -> None:
    path, digest = large_file(tmp_path, "large.bin")
    small, small_digest = file(tmp_path, "small.csv", 1000)
    page = uploader.open()
    uploader.choose(path, small)
    before = uploader.files(2)
    page.reload()
    uploader.wait("stored", 1)
    uploader.sent.clear()
    uploader.asked.clear()
    uploader.choose(path, small)
    page.wait_for_timeout(700)
    uploader.wait("stored", 0)
    uploader.wait("stored", 1)
    assert uploader.files(2) == before
    assert {sent["sha256"] for sent in before} == {digest, small_digest}
    assert (uploader.announced(), uploader.sent) == ([], [])


def test_a_file_chosen_before_the_page_knows_of_its_upload_takes_it_up(uploader: Uploader, tmp_path: Path) -> None:
    path, _digest = file(tmp_path, "small.csv", 1000)
    page = uploader.open()
    uploader.choose(path)
    before = uploader.files(1)
    held: list[Route] = []
    page.route(re.compile(r"/uploads\?purpose="), lambda route: held.append(route))
    uploader.asked.clear()
    page.reload()
    uploader.until(lambda: held)
    uploader.choose(path)
    page.wait_for_timeout(300)
    assert not page.locator(ROW).count()
    held[0].continue_()
    uploader.wait("stored")
    assert uploader.files(1) == before
    assert uploader.announced() == []


def test_another_file_in_the_place_of_a_stored_one_replaces_it(uploader: Uploader, tmp_path: Path) -> None:
    path, _digest = file(tmp_path, "small.csv", 1000)
    page = uploader.open()
    uploader.choose(path)
    uploader.wait("stored")
    page.reload()
    uploader.wait("stored")
    _path, digest = file(tmp_path, "small.csv", 1000)
    uploader.choose(path)
    uploader.until(lambda: [sent["sha256"] for sent in json.loads(page.input_value("[name=uploads]"))] == [digest])
    assert page.locator(ROW).count() == 1


def test_on_a_slow_line_one_part_after_the_other_is_sent_and_more_when_it_is_quicker(
    uploader: Uploader, tmp_path: Path
) -> None:
    path, digest = large_file(tmp_path, "large.bin")
    uploader.open()
    uploader.line(rate=3 * MIB // 2)
    uploader.choose(path)
    uploader.until(lambda: len(uploader.sent) == 1)
    assert uploader.at_once == 1
    uploader.line(rate=SLOW)
    uploader.wait("stored")
    assert uploader.at_once > 1
    assert uploader.files(1)[0]["sha256"] == digest


def test_a_dropped_folder_keeps_its_paths(uploader: Uploader, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "inner").mkdir(parents=True)
    file(folder, "a.csv", 10)
    file(folder / "inner", "b.csv", 20)
    (folder / ".DS_Store").write_bytes(b"litter")
    page = uploader.open()
    page.set_input_files("#upload-folder", folder)
    assert {sent["path"] for sent in uploader.files(2)} == {"data/a.csv", "data/inner/b.csv"}


def test_progress_is_told_to_screen_readers(uploader: Uploader, tmp_path: Path) -> None:
    page = uploader.open()
    page.evaluate(
        """() => {
          window.told = [];
          const region = document.querySelector("[data-status]");
          new MutationObserver(() => told.push(region.textContent)).observe(region, {childList: true, characterData: true});
        }"""
    )
    uploader.line(rate=SLOW)
    uploader.choose(large_file(tmp_path, "large.bin")[0])
    uploader.wait("stored")
    told = page.evaluate("told")
    assert "large.bin: Sending" in told
    assert "50 percent sent" in told
    assert told[-1] == "large.bin: Stored"


def test_the_workers_own_sha256_is_sha256_and_goes_on_from_any_part(uploader: Uploader) -> None:
    page = uploader.open()
    sizes = [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000, MIB + 1, 5 * MIB]
    found = page.evaluate(
        """async (sizes) => {
          const worker = new Worker(document.querySelector("[data-uploads]").dataset.worker);
          let said = [];
          const ask = (message) => new Promise((resolve) => {
            worker.onmessage = ({data}) => (data.id ? resolve(data) : said.push(data));
            worker.postMessage({id: 1, ...message});
          });
          const bytes = (size) => Uint8Array.from({length: size}, (_, at) => (at * 7 + (at >> 8)) % 256);
          const wholes = [];
          for (const size of sizes) wholes.push((await ask({do: "digest", file: new File([bytes(size)], "f")})).whole);
          const file = new File([bytes(100_000)], "f");
          const job = {do: "open", file, partSize: 6400, here: {}, checkpoint: null, known: ""};
          await ask(job);
          let answer;
          while (!(answer = await ask({do: "next"})).whole) ;
          const checkpoint = said.find((one) => one.checkpoint).checkpoint;
          await ask({...job, checkpoint});
          const missed = [];
          let again;
          while (!(again = await ask({do: "next"})).whole) missed.push(again.part);
          worker.terminate();
          return {wholes, whole: answer.whole, again: again.whole, next: checkpoint.next, missed};
        }""",
        sizes,
    )

    def expected(size: int) -> str:
        return hashlib.sha256(bytes((at * 7 + (at >> 8)) % 256 for at in range(size))).hexdigest()

    assert found["wholes"] == [expected(size) for size in sizes]
    assert found["whole"] == found["again"] == expected(100_000)
    assert found["next"] == 8
    assert found["missed"] == list(range(16))


def test_a_visitor_without_scripts_is_told_what_sending_needs(chromium: Browser, uploader: Uploader) -> None:
    state = uploader.context.storage_state()
    plain = chromium.new_context(
        base_url=uploader.hub.url, locale="en-GB", java_script_enabled=False, storage_state=state
    )
    page = plain.new_page()
    page.goto(f"{uploader.path}/upload")
    assert "needs JavaScript" in page.locator("[data-uploads]").inner_text()
    plain.close()
