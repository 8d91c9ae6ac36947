"""The verify page answers in words, and says "not known here" where others would say "error"."""

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hub.repositories.models import Repository
from ledger import verify_page

DIGEST = hashlib.sha256(b"two").hexdigest()


def _answer(client: Client, query: str) -> str:
    answer = client.get("/verify", {"q": query})
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_digest_names_its_file_its_revision_and_its_author(client: Client, final_model: Repository) -> None:
    page = _answer(client, DIGEST)
    assert "weights.bin.txt" in page
    assert "revision 2, published by" in page
    assert "verdict-verified" in page


def test_a_digest_nobody_recorded_is_unverified_and_no_error(client: Client, final_model: Repository) -> None:
    page = _answer(client, hashlib.sha256(b"elsewhere").hexdigest())
    assert "verdict-unverified" in page
    assert "Nothing on this hub has this digest." in page


def test_the_bytes_of_a_private_repository_are_unknown_to_others(client: Client, final_model: Repository) -> None:
    Repository.objects.filter(pk=final_model.pk).update(visibility="private")
    assert "Nothing on this hub has this digest." in _answer(client, DIGEST)


@pytest.mark.parametrize("query", ["0", "#0", "3"])
def test_an_entry_number_gives_its_sentence(client: Client, final_model: Repository, query: str) -> None:
    assert "verdict-verified" in _answer(client, query)


def test_an_entry_number_beyond_the_log_says_how_far_it_goes(client: Client, final_model: Repository) -> None:
    page = _answer(client, "999")
    assert "There is no entry 999." in page
    assert "The log has" in page


@pytest.mark.parametrize("query", ["alice/cells-linear", "models/alice/cells-linear"])
def test_a_name_is_answered_with_its_newest_revision(client: Client, final_model: Repository, query: str) -> None:
    assert "This is revision 2 of" in _answer(client, query)


@pytest.mark.parametrize("query", ["", " ", "9" * 200, "../../etc/passwd", "é" * 100, "0x" + "f" * 64])
def test_anything_typed_gets_an_answer(client: Client, final_model: Repository, query: str) -> None:
    _answer(client, query)


@pytest.mark.django_db
def test_control_characters_are_a_bad_request_and_no_failure(client: Client) -> None:
    assert client.get("/verify", {"q": "\x00"}).status_code == 400


def test_a_bundle_is_taken_whole_and_refused_changed(client: Client, final_model: Repository) -> None:
    data = client.get("/alice/cells-linear/bundle").content
    whole = client.post("/verify", {"bundle": SimpleUploadedFile("a.bundle", data)}).content.decode()
    assert "This bundle is whole" in whole
    spoilt = data.replace(b"cells", b"calls", 1) if b"cells" in data else b"x" + data[1:]
    refused = client.post("/verify", {"bundle": SimpleUploadedFile("a.bundle", spoilt)}).content.decode()
    assert "This bundle is refused." in refused


def test_no_bundle_is_a_word_beside_the_form_and_not_an_error(client: Client, final_model: Repository) -> None:
    answer = client.post("/verify", {})
    assert answer.status_code == 422
    assert b"Choose a bundle first." in answer.content


def test_search_leads_straight_to_an_exact_thing(client: Client, final_model: Repository) -> None:
    assert client.get("/search", {"q": "alice/cells-linear"}).headers["Location"] == "/alice/cells-linear"
    assert client.get("/search", {"q": "2"}).headers["Location"] == "/ledger/2"
    assert client.get("/search", {"q": "alice"}).headers["Location"] == "/people/alice"
    assert b"cells-linear" in client.get("/search", {"q": "samples measurements"}).content


def test_the_static_page_is_downloaded_and_never_shown_here(client: Client, db: None) -> None:
    answer = client.get("/verify/verify.html")
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == 'attachment; filename="verify.html"'
    assert answer.content == verify_page.page()
    assert 'href="/verify/verify.html" download' in client.get("/verify").content.decode()
