"""The static page as its reader meets it: opened from a disk, by hand and by keyboard, in three languages, on any screen."""

import json
import random
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hub import events as hub_events
from ledger import verify_page
from rewards import events as reward_events
from tests.browser.looking import NARROWEST, violations
from tests.browser.page_verifier import PageVerifier
from tests.ledger.world import World

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
VECTORS = Path(__file__).resolve().parent.parent / "vectors"
KEY = (VECTORS / "log.vkey").read_text().strip()


@pytest.fixture
def verifier(chromium: Browser, tmp_path: Path) -> Iterator[PageVerifier]:
    made = PageVerifier(chromium, tmp_path)
    yield made
    assert made.errors == []
    # Whatever was chosen, the page asked nobody.
    assert set(made.asked) == {made.address}
    made.page.close()


@pytest.fixture
def page(verifier: PageVerifier) -> Page:
    return verifier.page


def choose(page: Page, name: str = "example.bundle") -> None:
    page.set_input_files("#subject", str(VECTORS / name))


def check(page: Page) -> None:
    page.get_by_role("button", name="Check", exact=True).click()


def test_a_bundle_and_its_key_are_verified_and_said_what_it_does_not_show(page: Page) -> None:
    choose(page)
    page.fill("#log-key", KEY)
    check(page)
    expect(page.get_by_role("status").filter(has_text="Verified: every record in this bundle")).to_be_visible()
    expect(page.locator("#answer")).to_contain_text("holds: The log key is the one you trust.")
    expect(page.locator("#answer")).to_contain_text(
        "revision published #1 \u201cPublished \u8a3c\u201d, rev:99048361\u2026, by acct:"
    )
    expect(page.locator("#answer")).to_contain_text("Only what the bundle holds is proved.")


@pytest.mark.parametrize(
    ("given", "verdict"), [("", "consistent"), ("foreign.vkey", "refused"), ("keys.vkey", "verified")]
)
def test_what_the_reader_trusts_decides(page: Page, given: str, verdict: str) -> None:
    choose(page)
    page.fill("#log-key", (VECTORS / given).read_text() if given else "")
    check(page)
    expect(page.locator(f"[data-verdict={verdict}]")).to_be_visible()
    expect(page.locator(".seal-verified")).to_have_count(2 if verdict == "verified" else 1)


def test_a_verdict_never_stands_beside_other_inputs(page: Page) -> None:
    choose(page)
    page.fill("#log-key", KEY)
    check(page)
    expect(page.locator("[data-verdict=verified]")).to_be_visible()
    page.fill("#contract", "0x" + "11" * 20)
    expect(page.locator("[data-verdict]")).to_have_count(0)
    check(page)
    expect(page.locator("[data-verdict=refused]")).to_be_visible()
    choose(page, "foreign.bundle")
    expect(page.locator("[data-verdict]")).to_have_count(0)
    expect(page.locator("#chosen")).to_contain_text("foreign.bundle")


def test_checkpoints_witnesses_and_proofs_are_read_from_their_fields(page: Page, tmp_path: Path) -> None:
    log = json.loads((VECTORS / "log.json").read_text(encoding="utf-8"))
    (tmp_path / "saved").write_text(log["checkpoints"][0], encoding="utf-8")
    case = next(
        case
        for case in json.loads((VECTORS / "cases.json").read_text())
        if case["name"] == "a checkpoint that extends mine"
    )
    (tmp_path / "proof").write_text(case["proof"], encoding="utf-8")
    choose(page, "cosigned.checkpoint")
    page.fill("#log-key", (VECTORS / "keys.vkey").read_text())
    page.get_by_text("Saved checkpoints and witnesses").click()
    page.set_input_files("#saved", str(tmp_path / "saved"))
    page.set_input_files("#proof", str(tmp_path / "proof"))
    page.fill("#witnesses", (VECTORS / "witnesses.vkey").read_text())
    page.fill("#needed", "2")
    check(page)
    expect(page.locator("[data-verdict=verified]")).to_contain_text("this checkpoint is by the log you trust")
    expect(page.locator("#answer")).to_contain_text("is of the same history: 3 entries extend 1.")
    expect(page.locator("#answer")).to_contain_text(
        "cosigned by 2 of the 2 witnesses that you named: witness.example/one (2026-"
    )
    page.fill("#needed", "3")
    check(page)
    expect(page.locator("[data-verdict=unchecked]")).to_be_visible()


def test_large_files_are_hashed_piece_by_piece(page: Page, tmp_path: Path) -> None:
    sizes = {"large.bin": 3 * 1024 * 1024 + 17, "empty.bin": 0, "even.bin": 1024 * 1024}
    contents = {name: random.Random(size).randbytes(size) for name, size in sizes.items()}
    log = World()
    log.publish(contents)
    (tmp_path / "b").write_text(log.bundle(), encoding="utf-8")
    for name, content in contents.items():
        (tmp_path / f"mine-{name}").write_bytes(content)
    page.set_input_files("#subject", str(tmp_path / "b"))
    page.fill("#log-key", log.signer.key.vkey)
    page.set_input_files("#files", [str(tmp_path / f"mine-{name}") for name in contents])
    check(page)
    expect(page.locator("[data-verdict=verified]")).to_be_visible()
    for name in contents:
        expect(page.locator("#answer")).to_contain_text(f"mine-{name} is, byte for byte, {name} of revision")
    (tmp_path / "mine-even.bin").write_bytes(contents["even.bin"][:-1] + b"\x00\x00")
    page.set_input_files("#files", str(tmp_path / "mine-even.bin"))
    check(page)
    expect(page.locator("[data-verdict=refused]")).to_be_visible()


def test_long_histories_show_both_ends(page: Page, tmp_path: Path) -> None:
    log = World()
    for number in range(30):
        log.add("reference.moved", {"number": number})
    (tmp_path / "b").write_text(log.bundle(), encoding="utf-8")
    page.set_input_files("#subject", str(tmp_path / "b"))
    check(page)
    expect(page.locator(".plain-list").first.locator("li")).to_have_count(13)
    expect(page.locator("#answer")).to_contain_text("\u2026 18 more between these")


def test_without_a_file_it_says_so_and_leads_there(page: Page) -> None:
    check(page)
    expect(page.get_by_role("status").filter(has_text="Choose a file first.")).to_be_visible()
    expect(page.locator("#subject")).to_be_focused()


def test_a_dropped_file_is_taken(page: Page) -> None:
    data = (VECTORS / "example.bundle").read_text(encoding="utf-8")
    page.evaluate(
        """(text) => {
          const carried = new DataTransfer();
          carried.items.add(new File([text], "dropped.bundle"));
          document.querySelector("#zone").dispatchEvent(new DragEvent("drop", { dataTransfer: carried, cancelable: true }));
        }""",
        data,
    )
    expect(page.locator("#chosen")).to_contain_text("dropped.bundle")
    page.locator("#log-key").focus()
    page.keyboard.type(KEY)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("[data-verdict=verified]")).to_be_visible()


def test_names_cannot_steer_how_the_page_reads(page: Page, tmp_path: Path) -> None:
    log = World()
    log.publish({"\u202eevil\u0007<img src=x>.csv": b"x"})
    (tmp_path / "b").write_text(log.bundle(), encoding="utf-8")
    (tmp_path / "c").write_bytes(b"x")
    page.set_input_files("#subject", str(tmp_path / "b"))
    page.set_input_files("#files", str(tmp_path / "c"))
    check(page)
    expect(page.locator("#answer")).to_contain_text("?evil?<img src=x>.csv of revision")
    expect(page.locator("#answer img")).to_have_count(0)


# --- languages and screens -----------------------------------------------------------------------
@pytest.mark.parametrize(("language", "dark"), [("en", False), ("ja", True), ("zh-Hans", False)])
def test_it_is_accessible_and_fits_every_screen(page: Page, language: str, dark: bool) -> None:
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.select_option("#language", language)
    page.locator("details summary").click()
    choose(page)
    page.locator("button[type=submit]").click()
    expect(page.locator("[data-verdict=consistent]")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == language
    # axe-core is put into the page by hand; the page's own policy would not load it.
    assert violations(page) == []
    page.set_viewport_size({"width": NARROWEST, "height": 740})
    assert page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth") <= 1


def test_the_language_changes_what_is_shown_already(page: Page) -> None:
    choose(page, "foreign.bundle")
    page.fill("#log-key", KEY)
    check(page)
    expect(page.locator("[data-verdict]")).to_contain_text("Refused: do not rely on this bundle.")
    page.select_option("#language", "ja")
    expect(page.locator("[data-verdict]")).to_contain_text("\u62d2\u5426")
    expect(page.locator("#chosen")).to_contain_text("foreign.bundle")
    page.select_option("#language", "zh-Hans")
    expect(page.locator("[data-verdict]")).to_contain_text("\u5df2\u62d2\u7edd")
    page.select_option("#language", "en")
    expect(page.locator("[data-verdict]")).to_contain_text("Refused")


NOT_SENTENCES = ("Akashi CheckpointAnchor", "EIP712Domain(", "Head(bytes32", "\\u2014")


def sentences() -> set[str]:
    """Every sentence in English that the modules or the frame may show."""
    found: set[str] = set()
    for name in set(verify_page.MODULES) - {"words", "page"}:
        source = (verify_page.FOLDER / f"{name}.js").read_text(encoding="utf-8")
        texts = re.findall(r'"((?:[^"\\\n]|\\.)*)"', re.sub(r"^\s*//.*$", "", source, flags=re.MULTILINE))
        found |= {text for text in texts if re.search(r"\w |\} |^\{\w+\}", text) and not text.startswith(NOT_SENTENCES)}
    script = (verify_page.FOLDER / "page.js").read_text(encoding="utf-8")
    frame = (verify_page.FOLDER / "page.html").read_text(encoding="utf-8")
    found |= set(re.findall(r'(?:say|section)\("([^"]+)"', script))
    found |= set(re.findall(r'\["\w+", "([^"]+:)"\]', script))
    found |= {unescape(text) for text in re.findall(r"data-say>([^<]+)<", frame)}
    acts = {*hub_events.VOCABULARY, *reward_events.VOCABULARY, "log.created", "log.succeeded"}
    return found | {re.sub("[._]", " ", act) for act in acts}


def test_every_sentence_has_its_words_in_every_language(page: Page) -> None:
    words: dict[str, list[str]] = page.evaluate("WORDS")
    wanted = sentences()
    assert sorted(wanted - set(words)) == []
    assert sorted(set(words) - wanted) == []
    places = re.compile(r"\{\w+\}")
    for text, translated in words.items():
        assert len(translated) == 2, text
        for each in translated:
            assert each, text
            assert sorted(places.findall(each)) == sorted(places.findall(text)), text


# --- how it is made ------------------------------------------------------------------------------
def test_the_page_holds_everything_and_may_reach_nothing_else() -> None:
    text = verify_page.page().decode()
    assert verify_page.page() == verify_page.page()
    assert "{{" not in text
    assert text.count("<script") == text.count("</script") == text.count("<style") == 1
    assert not re.search(r"<(link|img|iframe|object|embed|base)\b|\bsrc=|\bon\w+=|url\(|@import", text)
    assert text.count("fetch(") == 1
    assert not re.search(
        r"XMLHttpRequest|WebSocket|EventSource|sendBeacon|\beval\(|new Function|import\(|innerHTML", text
    )
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1]
