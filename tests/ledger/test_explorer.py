"""The explorer's pages: what they say, to whom, and how they answer what does not exist."""

import json
import re
from collections.abc import Collection
from typing import Any

import pytest
from django.test import Client
from django.utils.html import format_html

from ledger import auditing, describing, mismatches, services
from ledger.bundle import parse_bundle
from ledger.describing import Label, Sentence
from ledger.entry import group_digest
from ledger.mismatches import about_row
from ledger.models import Anchor, Checkpoint, Entry
from ledger.progress import facts_cache
from tests.ledger.conftest import ACTOR, REPOSITORY, Ledger
from tests.ledger.log_checker import leaf_hash, root_of
from tests.ledger.telling import HIDDEN, NAMED, tell, upper_room

__all__ = ["upper_room"]


def text_of(page: str) -> str:
    """What a page says, without its marks."""
    body = re.sub(r"<(script|style|svg).*?</\1>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def get(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


# --- the list ------------------------------------------------------------------------------------
def test_the_list_tells_what_happened_newest_first(ledger: Ledger, client: Client) -> None:
    tell(ledger, "one")
    tell(ledger, "two")
    ledger.sequence()
    text = text_of(get(client, "/ledger"))
    assert (
        text.index("alice said two about heart")
        < text.index("alice said one about heart")
        < text.index("began the log")
    )


def test_names_are_escaped_and_linked(ledger: Ledger, client: Client) -> None:
    tell(ledger, "<b>bold</b>")
    ledger.sequence()
    page = get(client, "/ledger")
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert '<a href="/alice/heart">heart &lt;3</a>' in page


def test_the_list_can_be_narrowed(ledger: Ledger, client: Client) -> None:
    tell(ledger, "mine")
    ledger.record(2)
    ledger.sequence()
    assert "said mine" in text_of(get(client, f"/ledger?type={NAMED}"))
    assert "recorded test.happened" not in text_of(get(client, f"/ledger?type={NAMED}"))
    assert "began the log" not in text_of(get(client, f"/ledger?actor={ACTOR}"))
    assert "began the log" not in text_of(get(client, f"/ledger?subject={REPOSITORY}"))
    assert "No entry like that" in text_of(get(client, "/ledger?subject=repo:none"))


def test_types_to_choose_from_are_those_that_occur(ledger: Ledger, client: Client) -> None:
    tell(ledger)
    tell(ledger)
    page = client.get("/ledger").content.decode()
    assert set(re.findall(r'<option value="([a-z.]+)"', page)) == set(Entry.objects.values_list("type", flat=True))
    assert "wallet.bound" not in page


def test_a_filter_that_is_set_can_be_taken_off(ledger: Ledger, client: Client) -> None:
    tell(ledger)
    ledger.sequence()
    page = get(client, f"/ledger?type={NAMED}&actor={ACTOR}")
    assert f'href="/ledger?type={NAMED}"' in page
    assert "by alice" in text_of(page)


def test_the_list_goes_on_page_by_page_without_gap_or_repeat(ledger: Ledger, client: Client) -> None:
    ledger.record(70)
    ledger.sequence()
    numbers: list[int] = []
    path = "/ledger"
    while path:
        page = get(client, path)
        numbers += [int(number) for number in re.findall(r'class="record-number" href="/ledger/(\d+)"', page)]
        found = re.search(r'rel="next" href="([^"]+)"', page)
        path = "/ledger" + found[1].replace("&amp;", "&") if found else ""
    assert numbers == list(range(70, -1, -1))


def test_a_page_marker_from_elsewhere_is_refused(ledger: Ledger, client: Client) -> None:
    get(client, "/ledger?cursor=nonsense", 400)


def test_nonsense_in_the_address_is_refused(ledger: Ledger, client: Client) -> None:
    for query in ("type=" + "x" * 300, "subject=%00", "actor=" + "y" * 5000):
        get(client, f"/ledger?{query}", 400)


def test_the_list_can_follow_the_log(ledger: Ledger, client: Client) -> None:
    ledger.sequence()
    page = get(client, "/ledger?live=1")
    renewal = re.search(r'data-hx-get="([^"]+)"', page)
    assert renewal is not None
    assert "data-hx-get" not in get(client, "/ledger")
    path = "/ledger" + renewal[1].replace("&amp;", "&")
    assert client.get(path, HTTP_HX_REQUEST="true").status_code == 204
    tell(ledger, "news")
    ledger.sequence()
    fragment = client.get(path, HTTP_HX_REQUEST="true")
    assert "said news" in text_of(fragment.content.decode())
    assert "<html" not in fragment.content.decode()


def test_an_empty_log_says_so(bare: Ledger, client: Client) -> None:
    assert "The log is empty so far" in text_of(get(client, "/ledger"))


# --- one entry -----------------------------------------------------------------------------------
def test_an_entry_says_its_sentence_first(ledger: Ledger, client: Client) -> None:
    tell(ledger, "hello")
    ledger.grow(5)
    page = get(client, "/ledger/1")
    assert "alice said hello about heart &lt;3." in re.sub("<[^>]+>", "", re.search(r"<h1.*?</h1>", page, re.S)[0])  # type: ignore[index]
    assert "Entry 1 of 7" in text_of(page)
    assert 'rel="prev" href="/ledger/0"' in page
    assert 'rel="next" href="/ledger/2"' in page


def test_an_entry_shows_its_bytes_and_its_proof(ledger: Ledger, client: Client) -> None:
    entry = tell(ledger)
    ledger.grow(6)
    page = get(client, "/ledger/1")
    assert bytes(entry.leaf_hash).hex() in page
    assert bytes(Checkpoint.objects.get().root).hex() in page
    assert "3 hashes" in text_of(page)
    assert 'class="proof-tree"' in page
    items = re.findall(r"<li>(.*?)</li>", re.search(r'<ol class="proof-list".*?</ol>', page, re.S)[0], re.S)  # type: ignore[index]
    assert len(items) == 4
    assert "leaf 1" in items[0]
    assert "root of 8" in items[-1]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13])
def test_the_proof_on_the_page_leads_to_the_root(ledger: Ledger, client: Client, size: int) -> None:
    """Joins the digests of the API's proof by hand, as the page tells its reader to."""
    ledger.grow(size - 1)
    entries = [bytes(row.body) for row in Entry.objects.order_by("leaf_index")]
    for index in range(size):
        proof = client.get(f"/api/v1/entries/{index}/proof").json()
        assert proof["root_hash"] == root_of([leaf_hash(entry) for entry in entries]).hex()
        assert proof["leaf_hash"] == leaf_hash(entries[index]).hex()
        page = get(client, f"/ledger/{index}")
        assert all(value[:8] in page for value in proof["hashes"])


def test_the_seal_follows_the_entry_to_finality(ledger: Ledger, client: Client) -> None:
    tell(ledger)
    ledger.sequence()
    assert "waiting for the next checkpoint" in text_of(get(client, "/ledger/1"))
    ledger.publish()
    assert "waiting for the next anchor" in text_of(get(client, "/ledger/1"))
    ledger.anchor_to_the_end()
    page = get(client, "/ledger/1")
    assert "Verified final since" in text_of(page)
    assert "3 of 3 confirmations" in text_of(page)
    assert "anchored in block" in page
    assert "shows the mechanism, not the guarantee" in text_of(page)


def test_an_entry_that_was_changed_shows_a_mismatch(ledger: Ledger, client: Client) -> None:
    tell(ledger)
    ledger.grow(3)
    ledger.anchor_to_the_end()
    row = Entry.objects.get(leaf_index=1)
    Entry.objects.filter(pk=row.pk).update(body=bytes(row.body).replace(b":1", b":2"))
    assert "Mismatch" in text_of(get(client, "/ledger/1"))
    auditing.audit_full(ledger.pass_time(1))
    assert "the bytes of the entry: the log says" in text_of(get(client, "/ledger/1"))
    assert "Mismatch" not in text_of(get(client, "/ledger/2"))


def test_while_the_log_itself_disagrees_nothing_is_verified_and_every_page_says_so(
    ledger: Ledger, client: Client
) -> None:
    tell(ledger)
    ledger.grow()
    ledger.anchor_to_the_end()
    anchor = Anchor.objects.get()
    pages = ["/ledger/1", f"/ledger/checkpoints/{anchor.checkpoint_id}", f"/ledger/anchors/{anchor.transaction_hash}"]
    for page in pages:
        assert "Something disagrees" not in get(client, page)
        assert 'class="verdict-verified"' in get(client, page)
    path = ledger.folder / "tile/0/000.p/3"
    path.write_bytes(bytes(32) + path.read_bytes()[32:])
    auditing.audit_full(ledger.pass_time(60))
    facts_cache.forget()
    for page in pages:
        shown = get(client, page)
        assert 'class="bad" href="/status">Something disagrees' in shown
        assert 'class="verdict-mismatch"' in shown
        assert "the log itself disagrees" in shown or "differs from what was recorded" in shown
    assert 'class="bad" href="/status">Something disagrees' in get(client, "/ledger")


def test_a_row_that_differs_is_no_disagreement_of_the_log_itself(ledger: Ledger, client: Client) -> None:
    tell(ledger)
    ledger.grow()
    ledger.anchor_to_the_end()
    mismatches.settle([about_row("(no entry)", "sessions.Session", "{}", 0, 1)], ledger.now)
    assert 'class="verdict-verified"' in get(client, "/ledger/1")


def test_an_entry_whose_bytes_are_nonsense_still_has_a_page(ledger: Ledger, client: Client) -> None:
    tell(ledger)
    ledger.grow(3)
    Entry.objects.filter(leaf_index=1).update(body=b"\xff\x00nonsense")
    assert "Mismatch" in text_of(get(client, "/ledger/1"))
    get(client, "/ledger")


def test_people_and_things_inside_a_list_are_called_by_their_names(ledger: Ledger, client: Client) -> None:
    authors = [{"account": "acct:" + 32 * digit, "bps": 5_000} for digit in "bc"]
    ledger.grow(
        1, data={"authors": authors, "sources": [{"relation": "base_model", "revision": HIDDEN, "in": REPOSITORY}]}
    )
    page = get(client, "/ledger/1")
    assert page.count('<span class="quiet">account</span> <a href="/people/alice">alice</a>') == 2
    assert '<span class="quiet">in</span> <a href="/alice/heart">heart &lt;3</a>' in page
    assert '<span class="quiet">bps</span> 5000' in page
    assert "base_model" in text_of(page)


def test_many_names_in_an_entry_are_looked_up_at_once(ledger: Ledger, client: Client) -> None:
    asked: list[int] = []

    def labels(subjects: Collection[str], viewer: object) -> dict[str, Label]:
        asked.append(len(subjects))
        return {each: Label("alice") for each in subjects}

    describing.register_label("acct", labels)
    ledger.grow(1, data={"authors": [{"account": f"acct:{number:032x}"} for number in range(20)]})
    asked.clear()
    get(client, "/ledger/1")
    assert max(asked) == 21
    assert len(asked) <= 3, "the sentence, the fields and the rest of the page"


def test_a_room_says_how_its_field_reads(ledger: Ledger, client: Client) -> None:
    describing.register_field("test.happened", "number", lambda value: format_html("<em>{} ducks</em>", value))
    describing.register_field("test.happened", "words", lambda value: f"<i>{value}</i>")
    ledger.grow(1, data={"number": 3, "words": "so", "other": 4})
    page = get(client, "/ledger/1")
    assert "<em>3 ducks</em>" in page
    assert "&lt;i&gt;so&lt;/i&gt;" in page, "what is not marked as safe is escaped"
    assert '"number":3' in page.replace("&quot;", '"').replace(" ", ""), "the bytes stay as they are"


@pytest.mark.parametrize(
    "value", [{"a": "<b>"}, [1, "<b>"], "<b>", None, 10**15, True, [[]], {"deep": {"er": ["<b>"]}}]
)
def test_a_field_of_another_form_than_its_room_knows_is_shown_as_it_stands(
    ledger: Ledger, client: Client, value: object
) -> None:
    def render(value: Any) -> str:
        return format_html("{} ducks", value["ducks"].strip())

    describing.register_field("test.happened", "number", render)
    ledger.grow(1, data={"number": value})
    page = get(client, "/ledger/1")
    assert "ducks" not in page
    assert "<b>" not in page


def test_details_are_shown_to_whoever_may_read_them(ledger: Ledger, client: Client) -> None:
    tell(ledger, "in the open")
    tell(ledger, "in private", subject=HIDDEN)
    ledger.grow(1)
    assert "“in the open”" in text_of(get(client, "/ledger/1"))
    hidden = get(client, "/ledger/2")
    assert "in private" not in hidden
    assert "Not shown to you." in text_of(hidden)
    for path in ("/ledger", "/api/v1/entries", "/api/v1/entries/2", "/ledger/2/bundle", "/ledger/2/entry.json"):
        assert "in private" not in get(client, path)


def test_erased_details_are_said_to_be_erased(ledger: Ledger, client: Client) -> None:
    entry = tell(ledger, "personal")
    ledger.grow(1)
    services.erase_details(entry.uid, "words")
    page = get(client, "/ledger/1")
    assert "personal" not in page
    assert "Its commitment stays in the log" in text_of(page)


def test_an_unknown_number_says_how_far_the_log_goes(ledger: Ledger, client: Client) -> None:
    ledger.grow(6)
    for number in (7, 999_999_999_999_999_999):
        assert "The log goes as far as entry 6." in text_of(get(client, f"/ledger/{number}", 404))


def test_what_is_no_number_is_not_found(ledger: Ledger, client: Client) -> None:
    for text in ("-1", "01", "1.5", "9999999999999999999999", "x"):
        assert client.get(f"/ledger/{text}").status_code == 404


def test_an_event_without_a_sentence_of_its_own_is_told_plainly(ledger: Ledger, client: Client) -> None:
    ledger.grow(1)
    page = re.sub("<[^>]+>", "", get(client, "/ledger/1"))
    assert "alice recorded test.happened about heart &lt;3." in page


def test_a_sentence_that_fails_does_not_take_the_page_with_it(ledger: Ledger, client: Client) -> None:
    describing.register_sentence("test.happened", lambda entry: Sentence(entry.data["gone"], format_html("")))
    ledger.grow(1)
    assert "alice recorded test.happened" in text_of(get(client, "/ledger"))


# --- downloads -----------------------------------------------------------------------------------
def test_the_entry_can_be_taken_as_its_bytes(ledger: Ledger, client: Client) -> None:
    entry = tell(ledger)
    ledger.grow(1)
    answer = client.get("/ledger/1/entry.json")
    assert answer.content == bytes(entry.body)
    assert leaf_hash(answer.content) == bytes(entry.leaf_hash)
    assert answer["Content-Disposition"] == 'attachment; filename="entry-1.json"'


def test_the_proof_can_be_taken_as_a_tlog_proof(ledger: Ledger, client: Client) -> None:
    tell(ledger)
    ledger.grow(6)
    lines = get(client, "/ledger/1/proof.txt").split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 1"]
    assert lines[5] == ""
    assert "\n".join(lines[6:]) == (ledger.folder / "checkpoint").read_text()


def test_the_bundle_holds_entry_proof_anchor_and_details(ledger: Ledger, client: Client) -> None:
    entry = tell(ledger, "hello")
    ledger.grow(6)
    ledger.anchor_to_the_end()
    bundle = parse_bundle(get(client, "/ledger/1/bundle"))
    [proven] = bundle.entries
    assert (proven.index, proven.body) == (1, bytes(entry.body))
    words = proven.disclosed["words"]
    assert json.loads(words.body) == {"words": "hello"}
    assert group_digest(words.body, words.salt).hex() == json.loads(proven.body)["details"]["words"]
    assert bundle.anchor is not None
    assert bundle.anchor.size == 8


def test_before_a_checkpoint_there_is_no_proof_to_take(ledger: Ledger, client: Client) -> None:
    tell(ledger)
    ledger.sequence()
    for name in ("proof.txt", "bundle"):
        assert client.get(f"/ledger/1/{name}").status_code == 404
    assert client.get("/ledger/9/entry.json").status_code == 404


# --- heads ---------------------------------------------------------------------------------------
def test_a_checkpoint_has_a_page(ledger: Ledger, client: Client) -> None:
    ledger.grow(3)
    ledger.grow(3)
    page = get(client, "/ledger/checkpoints/7")
    assert "The hub signed its log of 7 entries." in text_of(page)
    assert "3 entries more than the checkpoint before" in text_of(page)
    assert text_of(page).count("signature verifies") == 2
    assert 'rel="prev" href="/ledger/checkpoints/4"' in page
    get(client, "/ledger/checkpoints/5", 404)


def test_a_checkpoint_whose_signature_was_changed_shows_a_mismatch(ledger: Ledger, client: Client) -> None:
    ledger.grow(3)
    row = Checkpoint.objects.get()
    lines = row.note.split("\n")
    lines[4] = lines[4][:-6] + ("AAAA" if lines[4][-6:-2] != "AAAA" else "BBBB") + lines[4][-2:]
    Checkpoint.objects.update(note="\n".join(lines))
    text = text_of(get(client, "/ledger/checkpoints/4"))
    assert "signature does not verify" in text
    assert "Mismatch" in text


def test_an_anchor_has_a_page(ledger: Ledger, client: Client) -> None:
    ledger.grow(3)
    ledger.anchor_to_the_end()
    [anchor] = client.get("/api/v1/anchors").json()["results"]
    text = text_of(get(client, f"/ledger/anchors/{anchor['transaction']}"))
    assert "One transaction carried 4 entries to the chain." in text
    assert "3 of 3 confirmations" in text
    get(client, "/ledger/anchors/0x" + 64 * "0", 404)


def test_every_page_says_where_the_log_stands(ledger: Ledger, client: Client) -> None:
    ledger.grow(3)
    ledger.anchor_to_the_end()
    footer = re.search(r'<div class="foot-facts">(.*?)</div>', get(client, "/ledger"), re.S)
    assert footer is not None
    assert "Log: 4 entries · root" in text_of(footer[1])
    assert "last anchor final at size 4" in text_of(footer[1])
