"""What forms and pages say of licences, sources and measurements, and what they ask before anything of it is lost."""

import pytest
from django.test import Client

from hub.errors import Invalid
from hub.repositories import selectors
from hub.repositories.card import Card
from hub.repositories.models import Repository
from tests.hub.repositories.calling import Caller, refused
from tests.hub.repositories.conftest import CARD, Create, Publish
from tests.hub.repositories.paging import BASE, fields, text

pytestmark = pytest.mark.django_db


def test_terms_without_a_name_are_said_in_the_readers_language(page: Client) -> None:
    html = text(page.get("/new?lang=ja"))
    assert "Other terms" not in html
    assert "Terms not known" not in html


def test_samples_of_one_class_are_said_to_be(client: Client, dataset: Repository, publish: Publish) -> None:
    row = {"name": "specificity", "value": "0.9", "n": 357, "positives": 0}
    publish(dataset, {"a": "1"}, metrics=[row, {**row, "name": "sensitivity", "n": 212, "positives": 212}])
    html = text(client.get(BASE))
    assert '357<span class="quiet">, all negative</span>' in html
    assert '212<span class="quiet">, all positive</span>' in html


@pytest.mark.parametrize("act", ["edit", "upload"])
def test_before_publishing_a_private_revision_the_sentence_is_the_one_that_everybody_will_read(
    page: Client, private: Repository, act: str
) -> None:
    html = text(page.get(f"/datasets/alice/secret/{act}"))
    sentence = html[html.index('class="will-be-public"') :].partition("</div>")[0]
    assert "alice published revision 2 of a private repository." in sentence
    assert "secret" not in sentence


def test_settings_of_a_private_repository_say_what_everybody_will_read(page: Client, private: Repository) -> None:
    html = text(page.get("/datasets/alice/secret/settings"))
    for sentence in ("alice gave a private repository a new name.", "alice withdrew a private repository:"):
        assert sentence in html
    assert "alice made secret public." in html


# --- licences ------------------------------------------------------------------------------------
NEW = {"kind": "model", "owner": "alice", "name": "logistic", "summary": "Tells.", "visibility": "public"}


@pytest.mark.parametrize(
    ("front", "words"),
    [
        ("license: NotALicence-9", "“NotALicence-9” is no licence that is known here."),
        ("license: Apache-2.1", "Did you mean one of these: Apache-2.0"),
        ("license: other", "Other terms need their name and where they stand"),
        ("license: other\nlicense_name: house-rules", "Other terms need their name and where they stand"),
        ("license: other\nlicense_link: LICENSE", "Other terms need their name and where they stand"),
        ("license: zzz\nlicense_name: house-rules\nlicense_link: LICENSE", "no licence that is known here"),
    ],
)
def test_terms_that_nobody_can_look_up_are_refused_at_the_card(
    dataset: Repository, publish: Publish, front: str, words: str
) -> None:
    with pytest.raises(Invalid) as error:
        publish(dataset, {"README.md": f"---\n{front}\n---\n# x\n"})
    assert error.value.field == "card"
    assert words in str(error.value)


def test_other_terms_with_name_and_place_are_taken(dataset: Repository, publish: Publish) -> None:
    for place in ("license_link: LICENSE", "license_details: Ask first."):
        front = f"license: other\nlicense_name: house-rules\n{place}"
        assert publish(dataset, {"README.md": f"---\n{front}\n---\n# x\n"}).licence == "other"
    known = "---\nlicense: other\nlicense_name: gemma\n---\n# x\n"
    assert publish(dataset, {"README.md": known}).licence == "gemma"


def test_a_card_from_before_does_not_stand_in_the_way_of_other_files(
    dataset: Repository, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(Card, "refuse_licence", lambda card: None)
        publish(dataset, {"README.md": "---\nlicense: NotALicence-9\n---\n"})
    assert publish(dataset, {"a.csv": "1"}).licence == "other"


def test_a_new_repository_under_other_terms_says_which(page: Client) -> None:
    html = text(page.post("/new", {**NEW, "licence": "other"}))
    assert "Other terms need their name and where they stand" in html
    terms = {"license_name": "house-rules", "license_link": "https://example.org/rules"}
    assert page.post("/new", {**NEW, **terms, "licence": "other"}).status_code == 302
    made = Repository.objects.get()
    assert made.head is not None
    assert selectors.card_text(made.head).startswith(
        "---\nlicense: other\nlicense_name: house-rules\nlicense_link: https://example.org/rules\n---\n"
    )


# --- pins ----------------------------------------------------------------------------------------
MODEL = "---\nlicense: mit\ndatasets: [alice/cells]\n---\n# m\n"


@pytest.fixture
def trained(create: Create, dataset: Repository, publish: Publish) -> Repository:
    """A model trained on revision 1 of a dataset that has two by now."""
    model = create("logistic", kind="model", card=MODEL)
    publish(dataset, {"cells.csv": "1"})
    return model


def pinned(model: Repository) -> int | None:
    model.refresh_from_db()
    assert model.head is not None
    source = model.head.sources.get().source
    assert source is not None
    return source.number


@pytest.mark.parametrize(
    ("files", "given", "number"),
    [
        ({"notes.txt": "n"}, {"kind": "model"}, 1),
        ({"README.md": MODEL + "More.\n", "docs/LICENSE": "x"}, {"kind": "model"}, 1),
        ({"a.json": "1"}, {"kind": "documentation"}, 1),
        ({"model.json": "1"}, {"kind": "model"}, 2),
        ({"notes.txt": "n", "train.py": "1"}, {"kind": "code"}, 2),
        ({"model.json": "1"}, {"kind": "model", "pins": "keep"}, 1),
        ({"notes.txt": "n"}, {"kind": "documentation", "pins": "newest"}, 2),
        ({"README.md": MODEL.replace("alice/cells", "alice/cells@main")}, {"kind": "documentation"}, 2),
    ],
)
def test_a_source_keeps_its_pin_while_nothing_is_made_anew_from_it(
    trained: Repository, publish: Publish, files: dict[str, str | None], given: dict[str, str], number: int
) -> None:
    publish(trained, files, **given)
    assert pinned(trained) == number


def test_forms_offer_to_keep_pins_or_to_renew_them(page: Client, trained: Repository, dataset: Repository) -> None:
    for act in ("edit", "upload"):
        assert "Keep the pinned revisions" in text(page.get(f"/alice/logistic/{act}"))
        assert "Keep the pinned revisions" not in text(page.get(f"{BASE}/{act}"))
    form = fields(text(page.get("/alice/logistic/edit")))
    said = {**form, "licence": "MIT", "datasets": "alice/cells", "message": "Words."}
    assert page.post("/alice/logistic/edit", {**said, "text": MODEL + "a"}).status_code == 302
    assert pinned(trained) == 1
    said["parent"] = str(trained.head_id)
    assert page.post("/alice/logistic/edit", {**said, "text": MODEL + "b", "pins": "newest"}).status_code == 302
    assert pinned(trained) == 2


def test_the_api_takes_the_choice_and_asks_why(writer: Caller, trained: Repository) -> None:
    change = {"path": "notes.txt", "text": "n"}
    wanted = {"kind": "model", "message": "Words.", "changes": [change]}
    refused(writer.publish(trained, **{**wanted, "pins": "other"}), 422, "pins")
    refused(writer.publish(trained, **{**wanted, "message": " "}), 422, "message")
    assert writer.publish(trained, **{**wanted, "pins": "newest"}).status_code == 201
    assert pinned(trained) == 2
    quiet = {"kind": "documentation", "message": "", "changes": [{**change, "text": "m"}]}
    assert writer.publish(trained, **quiet).status_code == 201


# --- what changed, and why -----------------------------------------------------------------------
def test_no_kind_of_work_is_chosen_beforehand(page: Client, dataset: Repository) -> None:
    html = text(page.get(f"{BASE}/upload"))
    assert "selected" not in html[html.index('name="kind"') :].partition("</select>")[0].replace(
        'value="" selected', ""
    )
    response = page.post(f"{BASE}/upload", {**fields(html), "message": "Why.", "metric_rows": "1"})
    assert response.status_code == 422
    assert "Choose what mainly changes. Texts about the rest are documentation." in text(response)


def test_a_card_is_not_edited_without_saying_why(page: Client, dataset: Repository) -> None:
    form = {**fields(text(page.get(f"{BASE}/edit"))), "licence": "CC-BY-4.0", "tags": "tabular, oncology"}
    response = page.post(f"{BASE}/edit", {**form, "text": CARD + "More.\n"})
    assert response.status_code == 422
    dataset.refresh_from_db()
    assert dataset.revision_count == 1


# --- what a card would no longer state -----------------------------------------------------------
RICH = "---\nlicense: openrail\nbase_model: gpt2\ntags: [a]\n---\n# m\n"
SHOWN = {"licence": "openrail", "base_model": "gpt2", "tags": "a", "message": "Words."}
EDIT = "/alice/logistic/edit"


@pytest.fixture
def editor(page: Client, create: Create) -> dict[str, str]:
    """The form of a card with licence and lineage, as a browser holds it."""
    create("logistic", kind="model", card=RICH)
    return {**fields(text(page.get(EDIT))), **SHOWN}


def newest_card() -> str:
    head = Repository.objects.get(name="logistic").head
    assert head is not None
    return selectors.card_text(head)


def test_fields_that_still_show_what_the_text_lost_win(page: Client, editor: dict[str, str]) -> None:
    preview = text(page.post(f"{EDIT}/preview", {**editor, "text": "# All new\n"}))
    for stated in ("OpenRAIL", "derived from gpt2", "<dd>a</dd>"):
        assert stated in preview
    assert page.post(EDIT, {**editor, "text": "# All new\n"}).status_code == 302
    assert newest_card() == "---\nlicense: openrail\nbase_model: gpt2\ntags:\n- a\n---\n\n# All new\n"


def test_a_text_that_names_another_licence_wins_over_a_field_that_nobody_touched(
    page: Client, editor: dict[str, str]
) -> None:
    assert page.post(EDIT, {**editor, "text": RICH.replace("openrail", "mit")}).status_code == 302
    assert newest_card() == RICH.replace("openrail", "mit")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"licence": "", "text": RICH.replace("license: openrail\n", "")}, "a licence; until now it was openrail"),
        ({"base_model": "", "text": RICH}, "no longer say that this was made from gpt2"),
        ({"text": RICH.replace("gpt2", "bert")}, "no longer say that this was made from gpt2"),
    ],
)  # fmt: skip
def test_leaving_out_licence_or_lineage_takes_a_second_press(
    page: Client, editor: dict[str, str], change: dict[str, str], words: str
) -> None:
    asked = page.post(EDIT, {**editor, **change})
    assert asked.status_code == 422
    assert words in text(asked)
    assert newest_card() == RICH
    confirmed = fields(text(asked))["confirmed"]
    assert page.post(EDIT, {**editor, **change, "confirmed": "{}"}).status_code == 422
    assert page.post(EDIT, {**editor, **change, "confirmed": confirmed}).status_code == 302
    assert newest_card() != RICH


def test_a_pin_is_no_loss(page: Client, editor: dict[str, str], dataset: Repository) -> None:
    first = {**editor, "datasets": "alice/cells", "text": RICH}
    assert page.post(EDIT, first).status_code == 302
    again = {**fields(text(page.get(EDIT))), **SHOWN, "datasets": "alice/cells@main", "text": newest_card()}
    assert page.post(EDIT, again).status_code == 302


def test_the_editor_shows_what_the_card_states(page: Client, editor: dict[str, str]) -> None:
    html = text(page.get(EDIT))
    assert "What the card will state" in html
    assert "derived from gpt2" in html
