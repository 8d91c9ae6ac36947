"""Every page, wide and narrow, light and dark, signed in and not, in every language: no accessibility violation, no console
or policy error, no sideways scrolling at 320 px, light enough for a slow line. The rules are WCAG 2.2 AA."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, StorageState

from tests.browser.looking import Looker
from tests.running_hub import RunningHub

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

MODEL, DATASET = "/maintainer/breast-cancer-logistic", "/datasets/maintainer/wisconsin-breast-cancer"
PUBLIC = [
    "/", "/models", "/datasets", "/search?q=cancer", "/verify", "/verify?q=5", "/status", "/reviews", "/rewards", "/styleguide",
    "/people/maintainer", "/people/contributor", "/people/reviewer", "/contribute", "/contribute?q=cancer",
    "/ledger", "/ledger/charts", "/reviews/takedowns", "/ledger/5", "/ledger/0", "/accounts/login/", "/accounts/signup/",
    "/accounts/password/reset/",
    MODEL, f"{MODEL}/history", f"{MODEL}/lineage", f"{MODEL}/tree/main", f"{MODEL}/blob/main/predict.py",
    f"{MODEL}/blob/main/model.safetensors", f"{MODEL}/commits/main", f"{MODEL}/commit/main", f"{MODEL}/compare",
    f"{MODEL}/discussions", f"{MODEL}/discussions?state=declined", f"{MODEL}/rewards", f"{DATASET}/rewards",
    DATASET, f"{DATASET}/history", f"{DATASET}/tree/main", f"{DATASET}/blob/main/measurements.csv",
]  # fmt: skip
OWN = [
    "/me", "/reviews", "/new", f"{MODEL}/upload", f"{MODEL}/edit", f"{MODEL}/settings", f"{DATASET}/upload", "/settings/profile",
    "/settings/display", "/settings/tokens", "/settings/security", "/settings/data", "/settings/erase",
    "/accounts/email/", "/accounts/password/change/", "/accounts/logout/",
]  # fmt: skip
Find = Callable[[RunningHub], str]


def _contribution(state: str) -> Find:
    """The page of a contribution to the model of the demo content in this state."""

    def find(hub: RunningHub) -> str:
        return str(_contributions(hub, state)[0]["url"])

    return find


def _contributions(hub: RunningHub, state: str) -> list[dict[str, Any]]:
    found = hub.get_json(f"/api/v1/contributions?state={state}")["results"]
    return [each for each in found if each["url"].startswith(f"{MODEL}/")]


def _work(hub: RunningHub) -> str:
    return str(hub.get_json("/api/v1/works?assessed=true")["results"][0]["url"])


def _epoch(hub: RunningHub) -> str:
    """The epoch that paid most, so that its page has works, accounts and royalties."""
    rows = hub.get_json("/api/v1/epochs")["results"]
    return f"/rewards/epochs/{max(rows, key=lambda row: int(row['allocated_wei']))['number']}"


def _first_epoch(hub: RunningHub) -> str:
    """The first epoch that had something to pay."""
    return f"/rewards/epochs/{min(row['number'] for row in hub.get_json('/api/v1/epochs')['results'])}"


def _unsubmitted(hub: RunningHub) -> str:
    """The form that submits the first revision of the model for assessment."""
    (model,) = (row for row in hub.get_json("/api/v1/repositories?kind=model")["results"] if row["url"] == MODEL)
    rows = hub.get_json(f"/api/v1/repositories/{model['id']}/revisions")["results"]
    return f"/reviews/submit/{next(row['id'] for row in rows if row['number'] == 1)}"


# Pages whose addresses have numbers that the demo content decides.
FOUND: dict[str, Find] = {
    "an accepted contribution": _contribution("accepted"),
    "a declined contribution": _contribution("declined"),
    "a contribution that waits": _contribution("open"),
    "a work": _work,
    "an epoch": _epoch,
    "why somebody was paid": lambda hub: f"{_epoch(hub)}/why/contributor",
    "the first epoch": _first_epoch,
}
# Pages of these people of the demo content, and what they do there.
BY_PERSON: dict[str, tuple[str, Find]] = {
    "proposing": ("contributor", lambda hub: f"{MODEL}/discussions/new"),
    "proposing a card": ("contributor", lambda hub: f"{MODEL}/discussions/new/card"),
    "contributing": ("contributor", lambda hub: "/contribute"),
    "one's work": ("contributor", lambda hub: "/me"),
    "one's contribution": ("contributor", _contribution("open")),
    "a new version": ("contributor", lambda hub: f"{_contribution('open')(hub)}/update"),
    "a new version of the card": ("contributor", lambda hub: f"{_contribution('open')(hub)}/update/card"),
    "one's declined contribution": ("contributor", _contribution("declined")),
    "one's wallet": ("contributor", lambda hub: "/settings/wallet"),
    "one's rewards": ("contributor", lambda hub: "/rewards"),
    "one's epoch": ("contributor", _epoch),
    "why one was paid": ("contributor", lambda hub: f"{_epoch(hub)}/why/contributor"),
    "a verdict": ("maintainer", lambda hub: f"/reviews/decide/{_contributions(hub, 'open')[0]['id']}"),
    "what is proposed": ("maintainer", _contribution("open")),
    "a queue with something in it": ("maintainer", lambda hub: "/reviews"),
    "submitting": ("maintainer", _unsubmitted),
    "a hub reviewer's queue": ("reviewer", lambda hub: "/reviews"),
    "an assessed work": ("reviewer", _work),
    "appealing": ("contributor", lambda hub: f"/reviews/appeal/{_contributions(hub, 'declined')[0]['id']}"),
}
# Japanese words are the longest; Chinese ones stand where Japanese ones fit.
PUBLIC_WORDS = ["/accounts/login/", "/accounts/signup/", f"{MODEL}/history", "/verify?q=5"]
OWN_WORDS = {"ja": OWN, "zh-hans": ["/me", "/new", f"{MODEL}/upload", "/settings/tokens"]}
HEAVY = {"/styleguide": 100.0}
LIGHT = 60.0  # KB over the wire
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 375, "height": 740}
LOOKS: dict[str, dict[str, Any]] = {
    "wide, light": {"viewport": WIDE, "color_scheme": "light"},
    "narrow, dark": {"viewport": NARROW, "color_scheme": "dark"},
}


@pytest.mark.parametrize("path", PUBLIC)
def test_a_page_is_for_everyone(chromium: Browser, hub: RunningHub, path: str) -> None:
    _for_everyone(chromium, hub, path)


@pytest.mark.parametrize("name", FOUND)
@pytest.mark.usefixtures("waiting")
def test_a_page_that_has_to_be_found_is_for_everyone(chromium: Browser, hub: RunningHub, name: str) -> None:
    _for_everyone(chromium, hub, FOUND[name](hub))


def _for_everyone(chromium: Browser, hub: RunningHub, path: str) -> None:
    limit = HEAVY.get(path, LIGHT)
    found = {}
    for name, look in LOOKS.items():
        context = chromium.new_context(locale="en-GB", reduced_motion="reduce", **look)
        looker = Looker(context)
        found[name] = looker.look(hub.url + path)
        if looker.bytes / 1024 > limit:
            found[name].append(f"{looker.bytes / 1024:.0f} KB over the wire, the limit is {limit:.0f}")
        context.close()
    assert not any(found.values()), found


@pytest.fixture(scope="module")
def waiting(hub: RunningHub) -> Iterator[None]:
    """A contribution to the model that waits for a verdict as long as these tests run."""
    token = hub.token("contributor")
    (model,) = (row for row in hub.get_json("/api/v1/repositories?kind=model")["results"] if row["url"] == MODEL)
    wanted = {
        "repository": model["id"], "title": "Say what the columns are", "reason": "Nobody knows.", "kind": "documentation",
        "changes": [{"path": "columns.md", "text": "# Columns\n\nThirty of them.\n"}],
    }  # fmt: skip
    status, made = hub.post_json("/api/v1/contributions", wanted, token=token)
    assert status == 201, made
    yield
    status, answer = hub.post_json(f"/api/v1/contributions/{made['id']}/withdraw", {}, token=token)
    assert status == 200, answer


@pytest.fixture(scope="module")
def sessions(chromium: Browser, hub: RunningHub) -> Callable[[str], StorageState]:
    """People of the demo content, signed in as its passwords' file says."""
    passwords = dict(line.split() for line in (hub.data / "demo-accounts.txt").read_text().splitlines())
    known: dict[str, StorageState] = {}

    def sign_in(handle: str) -> StorageState:
        if handle not in known:
            context = chromium.new_context(base_url=hub.url, locale="en-GB")
            page = context.new_page()
            page.goto("/accounts/login/")
            page.fill("[name=login]", handle)
            page.fill("[name=password]", passwords[handle])
            page.press("[name=password]", "Enter")
            page.wait_for_url("**/me")
            known[handle] = context.storage_state()
            context.close()
        return known[handle]

    return sign_in


@pytest.fixture(scope="module")
def session(sessions: Callable[[str], StorageState]) -> StorageState:
    """The maintainer of the demo content."""
    return sessions("maintainer")


@pytest.fixture(scope="module", params=LOOKS)
def at_work(request: pytest.FixtureRequest, chromium: Browser, session: StorageState) -> Iterator[Looker]:
    look = LOOKS[request.param]
    context = chromium.new_context(locale="en-GB", reduced_motion="reduce", storage_state=session, **look)
    yield Looker(context)
    context.close()


@pytest.mark.parametrize("name", BY_PERSON)
@pytest.mark.usefixtures("waiting")
def test_what_people_do_with_each_other_is_for_everyone(
    chromium: Browser, hub: RunningHub, sessions: Callable[[str], StorageState], name: str
) -> None:
    person, find = BY_PERSON[name]
    found = {}
    for look, options in LOOKS.items():
        context = chromium.new_context(
            locale="en-GB", reduced_motion="reduce", storage_state=sessions(person), **options
        )
        found[look] = Looker(context).look(hub.url + find(hub))
        context.close()
    assert not any(found.values()), found


@pytest.mark.parametrize("path", OWN)
def test_a_page_of_one_s_own_is_for_everyone(at_work: Looker, hub: RunningHub, path: str) -> None:
    assert at_work.look(hub.url + path) == []


@pytest.mark.parametrize("language", OWN_WORDS)
def test_longer_and_shorter_words_fit_as_well(
    chromium: Browser, hub: RunningHub, session: StorageState, language: str
) -> None:
    found = {}
    for state, paths in (None, PUBLIC_WORDS), (session, OWN_WORDS[language]):
        context = chromium.new_context(storage_state=state, reduced_motion="reduce", **LOOKS["narrow, dark"])
        looker = Looker(context)
        # Said once in an address, then kept in a cookie.
        looker.page.goto(f"{hub.url}/verify?lang={language}")
        for path in paths:
            found[path] = looker.look(f"{hub.url}{path}")
            if looker.page.locator("html").get_attribute("lang") != language:
                found[path].append("in another language")
        context.close()
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
