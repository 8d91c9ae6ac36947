"""What visitors read where a file was, and what moderators see and do."""

from datetime import datetime

import pytest
from django.test import Client
from django.utils import translation

from hub.accounts.models import Account
from hub.repositories.models import Repository
from hub.uploads.models import Blob
from hub.uploads.takedowns import remove_taken_down
from ledger.models import Entry
from ledger.sequencer import sequence
from ledger.services import create_log
from tests.hub.moderation.conftest import DIGEST, Create, Publish, is_stored, remove
from tests.web.hostile import VALUES

pytestmark = pytest.mark.django_db
TAKE_DOWN, LIST = "/reviews/takedowns/new", "/reviews/takedowns"
FILE = "/datasets/alice/cells/{kind}/{rev}/patients.csv"
SURE = {"reason": "personal_data", "words": "", "sure": "on"}


@pytest.fixture
def first(patients: Repository) -> str:
    """The commit of the revision with the file that has to go."""
    return patients.revisions.get(number=2).commit


@pytest.fixture
def moderator(client: Client, mona: Account) -> Client:
    client.force_login(mona)
    return client


@pytest.fixture
def gone(patients: Repository, mona: Account, now: datetime) -> int:
    """The number of the entry that says that the file was taken down."""
    create_log(now)
    remove(mona, DIGEST, now)
    sequence()
    index = Entry.objects.get(type="content.taken_down").leaf_index
    assert index is not None
    return index


def page_of(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, answer.content
    return answer.content.decode()


# --- what everybody sees -------------------------------------------------------------------------
def test_the_file_s_page_is_a_tombstone_with_reason_and_entry(client: Client, gone: int, first: str) -> None:
    page = page_of(client, FILE.format(kind="blob", rev=first))
    assert "This file was taken down: personal data." in page
    assert f'href="/ledger/{gone}"' in page
    assert "Jane Doe" not in page
    assert DIGEST in page
    assert "/resolve/" not in page


@pytest.mark.parametrize("language", ["en", "ja", "zh-hans"])
def test_the_tombstone_reads_in_every_language(client: Client, gone: int, first: str, language: str) -> None:
    client.cookies["akashi_language"] = language
    with translation.override(language):
        reason = translation.pgettext("reason", "personal data")
    assert reason in page_of(client, FILE.format(kind="blob", rev=first))


def test_a_download_is_gone_and_says_why(client: Client, gone: int, first: str) -> None:
    answer = client.get(FILE.format(kind="resolve", rev=first))
    assert answer.status_code == 410
    said = answer.json()
    assert (said["reason"], said["entry"]) == ("personal_data", f"/ledger/{gone}")
    assert answer["Link"] == f'</ledger/{gone}>; rel="describedby"'
    assert answer["X-Error-Code"] == "EntryNotFound"
    assert "taken down" in answer["X-Error-Message"]


def test_the_folder_still_lists_it_without_a_download(client: Client, gone: int, first: str) -> None:
    page = page_of(client, f"/datasets/alice/cells/tree/{first}")
    assert "patients.csv" in page
    assert "taken down" in page
    assert f"/resolve/{first}/patients.csv" not in page
    assert f"/resolve/{first}/README.md" in page


@pytest.mark.parametrize(
    "url",
    ["/datasets/alice/cells", "/datasets/alice/cells/commit/{rev}", "/datasets/alice/cells/compare/{rev}..main",
     "/datasets/alice/cells/history",  "/verify?q={digest}", "/ledger/{entry}", "/status",
     "/datasets", "/search?q=cells", "/api/v1/takedowns", "/ledger"],
)  # fmt: skip
def test_every_page_about_it_still_answers_and_shows_none_of_it(
    client: Client, gone: int, first: str, url: str
) -> None:
    page = page_of(client, url.format(rev=first, digest=DIGEST, entry=gone))
    assert "Jane Doe" not in page


def test_the_repository_s_history_tells_of_it(client: Client, gone: int) -> None:
    assert "took down a file" in page_of(client, "/datasets/alice/cells/history")


def test_the_card_that_was_taken_down_leaves_a_note(
    client: Client, create: Create, mona: Account, now: datetime
) -> None:
    repository = create("named")
    page_of(client, "/datasets/alice/named")
    change = repository.revisions.get().changes.get(path="README.md")
    assert change.blob_id is not None
    remove(mona, change.blob_id, now)
    page = page_of(client, "/datasets/alice/named")
    assert "This file was taken down: personal data." in page
    assert "Measurements of 569" not in page


def test_the_list_of_takedowns_is_for_everybody(client: Client, gone: int) -> None:
    page = page_of(client, LIST)
    assert DIGEST in page
    assert "personal data" in page
    assert f'href="/ledger/{gone}"' in page
    assert TAKE_DOWN not in page


def test_an_empty_list_says_so(client: Client) -> None:
    assert "Nothing was taken down" in page_of(client, LIST)


# --- what moderators do --------------------------------------------------------------------------
def test_moderators_find_the_way_from_the_file_and_others_do_not(
    moderator: Client, patients: Repository, first: str
) -> None:
    url = FILE.format(kind="blob", rev=first)
    assert f"{TAKE_DOWN}?digest={DIGEST}" in page_of(moderator, url)
    assert TAKE_DOWN not in page_of(Client(), url)


def test_moderators_find_their_work_on_their_own_page(moderator: Client, alice: Account) -> None:
    assert TAKE_DOWN in page_of(moderator, "/me")
    moderator.force_login(alice)
    assert TAKE_DOWN not in page_of(moderator, "/me")


def test_the_page_says_what_happens_and_shows_the_sentence(moderator: Client, patients: Repository) -> None:
    page = page_of(moderator, f"{TAKE_DOWN}?digest={DIGEST}")
    assert "can never be stored again" in page
    assert "mona took down a file of cells: another reason." in page
    assert "alice/cells: patients.csv" in page


def test_confirming_takes_it_down(moderator: Client, patients: Repository, now: datetime) -> None:
    answer = moderator.post(f"{TAKE_DOWN}?digest={DIGEST}", {**SURE, "words": "A patient."}, follow=True)
    assert answer.status_code == 200
    assert "The file is taken down." in answer.content.decode()
    blob = Blob.objects.get(pk=DIGEST)
    assert blob.takedown_reason == "personal_data"
    remove_taken_down(now)
    assert not is_stored(DIGEST)


@pytest.mark.parametrize("without", ["reason", "sure"])
def test_without_reason_or_confirmation_nothing_happens(moderator: Client, patients: Repository, without: str) -> None:
    sent = {name: value for name, value in SURE.items() if name != without}
    answer = moderator.post(f"{TAKE_DOWN}?digest={DIGEST}", sent)
    assert answer.status_code == 422
    assert Blob.objects.get(pk=DIGEST).taken_down is None


def test_a_private_repository_is_not_named_on_the_page_or_in_the_sentence(
    moderator: Client, create: Create, publish: Publish
) -> None:
    publish(create("undisclosed", visibility="private"), {"patients.csv": "name,diagnosis\nJane Doe,malignant\n"})
    page = page_of(moderator, f"{TAKE_DOWN}?digest={DIGEST}")
    assert "mona took down a file by its digest: another reason." in page
    assert "the digest itself becomes public" in page
    assert "undisclosed" not in page


@pytest.mark.parametrize(
    ("query", "status"), [("?digest=zz", 422), ("?digest=" + "0" * 64, 404), ("?digest=" + "a" * 200, 400)]
)
def test_a_digest_that_names_nothing_is_answered_in_words(
    moderator: Client, patients: Repository, query: str, status: int
) -> None:
    page_of(moderator, TAKE_DOWN + query, status)


def test_without_a_digest_the_page_asks_for_one(moderator: Client) -> None:
    assert 'name="digest"' in page_of(moderator, TAKE_DOWN)


def test_twice_is_a_conflict_in_words(moderator: Client, gone: int) -> None:
    assert "taken down already" in page_of(moderator, f"{TAKE_DOWN}?digest={DIGEST}", 409)


@pytest.mark.parametrize("url", [f"{TAKE_DOWN}?digest={DIGEST}", "/reviews/redactions/new?entry=1&group=message"])
def test_others_may_not(client: Client, alice: Account, patients: Repository, url: str) -> None:
    assert client.get(url).status_code == 302
    client.force_login(alice)
    assert client.get(url).status_code == 403
    assert client.post(url, SURE).status_code == 403
    assert Blob.objects.get(pk=DIGEST).taken_down is None


# --- redacting -----------------------------------------------------------------------------------
@pytest.fixture
def told(patients: Repository, now: datetime) -> int:
    """The number of an entry with a message."""
    create_log(now)
    sequence()
    entry = Entry.objects.filter(type="revision.published", detail_groups__group="message").order_by("id")[0]
    assert entry.leaf_index is not None
    return entry.leaf_index


def test_words_are_redacted_from_the_entry_s_page(moderator: Client, told: int) -> None:
    url = f"/reviews/redactions/new?entry={told}&group=message"
    assert url.replace("&", "&amp;") in page_of(moderator, f"/ledger/{told}")
    assert "redactions/new" not in page_of(Client(), f"/ledger/{told}")
    page = page_of(moderator, url)
    assert "A reason." in page
    assert "mona redacted words about" in page
    assert moderator.post(url, {**SURE, "sure": ""}).status_code == 422
    answer = moderator.post(url, SURE, follow=True)
    assert "The words are erased." in answer.content.decode()
    sequence()
    index = Entry.objects.get(type="content.redacted").leaf_index
    page = page_of(Client(), f"/ledger/{told}")
    assert "redacted by a moderator, personal data." in page
    assert f'href="/ledger/{index}"' in page
    assert "A reason." not in page


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 404), ("?entry=99999&group=message", 404), ("?entry=x&group=message", 400), ("?entry=1&group=salt", 404)],
)
def test_words_that_are_not_there_are_answered_in_words(moderator: Client, told: int, query: str, status: int) -> None:
    page_of(moderator, f"/reviews/redactions/new{query}", status)


def test_whatever_a_moderator_s_address_holds_is_answered(moderator: Client, told: int) -> None:
    for value in VALUES:
        for url in (f"{TAKE_DOWN}?digest=", f"{LIST}?cursor=", "/reviews/redactions/new?group=message&entry=",
                    f"/reviews/redactions/new?entry={told}&group=", "/ledger?since=", "/ledger?until="):  # fmt: skip
            assert moderator.get(url + value).status_code < 500, url + value
