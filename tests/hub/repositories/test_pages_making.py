"""The forms that make a repository and edit its card: what they do, and that bad input is refused in words."""

import pytest
from django.test import Client

from hub.accounts.models import Account
from hub.repositories import selectors
from hub.repositories.models import Repository, Revision
from tests.hub.repositories.conftest import CARD, Create, Publish
from tests.hub.repositories.paging import BASE, fields, text

pytestmark = pytest.mark.django_db

NEW = {
    "kind": "model",
    "owner": "alice",
    "name": "logistic",
    "summary": "Tells.",
    "licence": "MIT",
    "visibility": "public",
}


def test_a_new_repository_is_made_in_one_form(page: Client) -> None:
    assert page.get("/new?kind=model").status_code == 200
    response = page.post("/new", NEW)
    assert response["Location"] == "/alice/logistic/upload"
    made = Repository.objects.get()
    assert (made.kind, made.summary, made.licence) == ("model", "Tells.", "MIT")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "a b"}, "Use letters A to Z"),
        ({"name": ""}, "required"),
        ({"licence": "nonsense"}, "valid choice"),
        ({"owner": "bob"}, "valid choice"),
        ({"visibility": "gated"}, "valid choice"),
        ({"kind": "space"}, "valid choice"),
        ({"name": "Taken"}, "with this name already"),
    ],
)
def test_a_bad_form_is_shown_again_with_words_beside_the_field(
    page: Client, create: Create, change: dict[str, str], words: str
) -> None:
    create("taken", kind="model")
    response = page.post("/new", {**NEW, **change})
    assert response.status_code == 422
    assert words in text(response)
    assert "Tells." in text(response)


@pytest.mark.parametrize("address", ["/new", f"{BASE}/edit", f"{BASE}/upload", f"{BASE}/settings"])
def test_changing_needs_an_account(client: Client, dataset: Repository, address: str) -> None:
    assert client.get(address)["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("act", ["edit", "upload", "settings"])
def test_changing_needs_the_right_to(client: Client, dataset: Repository, charlie: Account, act: str) -> None:
    client.force_login(charlie)
    assert client.get(f"{BASE}/{act}").status_code == (403 if act == "settings" else 302)
    assert client.post(f"{BASE}/{act}", {}).status_code == 403


def test_after_a_preview_text_and_fields_say_the_same_and_no_reason_is_needed_yet(
    page: Client, dataset: Repository
) -> None:
    form = fields(text(page.get(f"{BASE}/edit")))
    written = CARD.replace("license: cc-by-4.0", "license: apache-2.0") + "\n## More\n"
    sent = {**form, "licence": "CC-BY-4.0", "tags": "tabular, oncology", "text": written, "message": "", "preview": "1"}
    shown = page.post(f"{BASE}/edit", sent)
    assert shown.status_code == 200
    assert "More</h3>" in text(shown)
    assert '<option value="Apache-2.0" selected>' in text(shown)
    again = {**fields(text(shown)), "licence": "Apache-2.0", "tags": "tabular, oncology", "text": written}
    assert page.post(f"{BASE}/edit", {**again, "message": "Another licence."})["Location"] == BASE
    dataset.refresh_from_db()
    assert dataset.licence == "Apache-2.0"


def test_the_card_is_edited_with_a_preview(page: Client, dataset: Repository) -> None:
    html = text(page.get(f"{BASE}/edit"))
    assert "alice published revision 2 of cells." in html
    form = {
        **fields(html),
        "licence": "CC-BY-4.0",
        "tags": "tabular, oncology",
        "text": CARD + "\n## More\n",
        "message": "Said more.",
    }
    preview = page.post(f"{BASE}/edit", {**form, "preview": "1"})
    assert '<h3 id="card-more">More</h3>' in text(preview)
    assert Revision.objects.count() == 1
    alone = page.post(f"{BASE}/edit/preview", form)
    assert "<html" not in text(alone)
    assert "More</h3>" in text(alone)
    assert page.post(f"{BASE}/edit", form)["Location"] == BASE
    revision = Revision.objects.get(number=2)
    assert (revision.message, revision.kind) == ("Said more.", "documentation")
    assert selectors.read_text(selectors.file_at(revision, "README.md"), 9_999) == CARD + "\n## More\n"


def test_fields_beside_the_text_change_its_front_matter(page: Client, dataset: Repository) -> None:
    form = fields(text(page.get(f"{BASE}/edit")))
    changed = {
        **form, "text": CARD, "licence": "MIT", "tags": "tabular", "datasets": "alice/cells\nbob/other", "base_model": "",
        "message": "More.",
    }  # fmt: skip
    assert page.post(f"{BASE}/edit", changed).status_code == 302
    head = selectors.read_text(selectors.file_at(Revision.objects.get(number=2), "README.md"), 9_999)
    assert head.startswith(
        "---\nlicense: MIT\ntags:\n- tabular\npretty_name: Cell samples\ndatasets:\n- alice/cells\n- bob/other\n---\n"
    )


def test_a_card_with_broken_fields_is_shown_again(page: Client, dataset: Repository) -> None:
    form = fields(text(page.get(f"{BASE}/edit")))
    response = page.post(
        f"{BASE}/edit", {**form, "licence": "MIT", "tags": "", "text": "---\nlicense: [\n---\n# mine\n"}
    )
    assert response.status_code == 422
    assert "Line 3" in text(response)
    assert "# mine" in text(response)
    assert "Line 3" in text(page.post(f"{BASE}/edit/preview", {"text": "---\nlicense: [\n---\n"}))


def test_two_editors_do_not_overwrite_each_other(page: Client, dataset: Repository, publish: Publish) -> None:
    form = fields(text(page.get(f"{BASE}/edit")))
    publish(dataset, {"a": "1"})
    response = page.post(
        f"{BASE}/edit",
        {**form, "licence": "CC-BY-4.0", "tags": "tabular, oncology", "text": CARD + "x", "message": "x"},
    )
    assert response.status_code == 409
    assert "published in the meantime" in text(response)
