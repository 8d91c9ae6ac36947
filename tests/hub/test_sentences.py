"""The record's voice: what each entry says, to whom, and what it keeps to itself."""

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.utils import translation

from hub import names, phrases
from hub.events import VOCABULARY
from hub.sentences import SENTENCES, describe_here
from ledger import describing
from ledger.describing import Label, Sentence
from ledger.records import EntryView
from tests.hub.samples import ALICE, BOB, CONTRIB, DATA1, HIDDEN, MODEL, ORG, PUBLISHED, REV1, REV2, SAMPLES
from web.templatetags.display import WORD_JOINER

PEOPLE = {
    ALICE: names.person("maintainer-1"),
    BOB: names.person("contributor-1"),
    ORG: names.person("cancer-lab"),
}
MODEL_NAME = names.repository("model", "maintainer-1", "breast-cancer-logistic")
DATA_NAME = names.repository("dataset", "steward-1", "wisconsin-breast-cancer")
REPOSITORIES = {MODEL: MODEL_NAME}
REVISIONS = {
    REV1: names.revision(MODEL_NAME, 1, REV1[4:]),
    REV2: names.revision(MODEL_NAME, 2, REV2[4:]),
    DATA1: names.revision(DATA_NAME, 1, DATA1[4:]),
}
CONTRIBUTIONS = {
    CONTRIB: Label("breast-cancer-logistic, contribution 3", names.contribution_url(MODEL_NAME.url, 3)),
}


@pytest.fixture(autouse=True)
def known_names(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def lookup(known: dict[str, Label], otherwise: Any) -> Any:
        return lambda subjects, viewer: {subject: known.get(subject, otherwise()) for subject in subjects}

    monkeypatch.setitem(describing._labels, "acct", lookup(PEOPLE, names.erased_account))
    monkeypatch.setitem(describing._labels, "repo", lookup(REPOSITORIES, names.private_repository))
    monkeypatch.setitem(describing._labels, "rev", lookup(REVISIONS, names.private_repository))
    monkeypatch.setitem(describing._labels, "contrib", lookup(CONTRIBUTIONS, names.private_repository))
    monkeypatch.setattr(describing, "_readable", [lambda entries, viewer: [entry.uid for entry in entries]])
    with translation.override("en"):
        yield


def entry(name: str, actor: str = ALICE, **changes: Any) -> EntryView:
    subject, data, details = SAMPLES[name]
    data = {**data, **changes.pop("data", {})}
    for gone in changes.pop("without", ()):
        data.pop(gone)
    subject = changes.pop("subject", subject)
    details = changes.pop("details", details)
    return EntryView(uuid4(), 27, name, subject, actor, datetime(2026, 11, 17, tzinfo=UTC), data, details, b"", b"")


def say(told: EntryView) -> str:
    return describing.describe([told], None)[0].text


def say_here(told: EntryView) -> str:
    return describe_here([told], None, MODEL)[0].text


def visible(sentence: Sentence) -> str:
    from html import unescape

    return unescape(re.sub(r"<[^>]+>", "", sentence.html)).replace(WORD_JOINER, "")


def test_every_event_of_the_vocabulary_has_a_sentence() -> None:
    assert set(SENTENCES) == set(VOCABULARY)
    assert set(VOCABULARY) <= set(describing._sentences)


@pytest.mark.parametrize("name", sorted(VOCABULARY))
def test_text_and_html_say_the_same(name: str) -> None:
    for told in (describing.describe([entry(name)], None), describe_here([entry(name)], None, MODEL)):
        assert visible(told[0]) == told[0].text
        assert told[0].text.endswith((".", "inputs"))
        assert "%(" not in told[0].text
        assert "%%" not in told[0].text


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (
            entry("revision.published"),
            "maintainer-1 published revision 2 of breast-cancer-logistic, "
            "trained on wisconsin-breast-cancer, revision 1.",
        ),
        (
            entry("revision.published", data={"sources": []}),
            "maintainer-1 published revision 2 of breast-cancer-logistic.",
        ),
        (
            entry(
                "revision.published",
                data={
                    "sources": [
                        {"relation": "finetune", "revision": REV1},
                        {"relation": "trained_on", "revision": DATA1},
                    ]
                },
            ),
            "maintainer-1 published revision 2 of breast-cancer-logistic, fine-tuned from breast-cancer-logistic, "
            "revision 1 on wisconsin-breast-cancer, revision 1.",
        ),
        (
            entry("revision.published", data={"sources": PUBLISHED["sources"] * 2}),
            "maintainer-1 published revision 2 of breast-cancer-logistic, made from 2 sources.",
        ),
        (
            entry(
                "revision.published",
                data={"sources": [], "outside": [{"relation": "derived_from", "digest": "d" * 64}]},
            ),
            "maintainer-1 published revision 2 of breast-cancer-logistic, made from a source outside this hub.",
        ),
        (entry("account.registered"), "maintainer-1 opened an account."),
        (entry("repository.created"), "maintainer-1 created the model breast-cancer-logistic."),
        (
            entry("repository.created", data={"owner": ORG}),
            "maintainer-1 created the model breast-cancer-logistic for cancer-lab.",
        ),
        (entry("repository.renamed"), "maintainer-1 renamed breast-cancer-logistic to “iris-tree”."),
        (entry("repository.withdrawn"), "maintainer-1 withdrew breast-cancer-logistic: copyright."),
        (entry("reference.moved"), "maintainer-1 made the tag v1 of breast-cancer-logistic."),
        (
            entry("revision.published", data={"author": BOB, "contribution": CONTRIB}),
            "maintainer-1 published revision 2 of breast-cancer-logistic, which contributor-1 had proposed.",
        ),
        (
            entry("contribution.accepted"),
            "maintainer-1 accepted contribution 3 by contributor-1 to breast-cancer-logistic, which became revision 2.",
        ),
        (
            entry("contribution.declined"),
            "maintainer-1 declined contribution 3 by contributor-1 to breast-cancer-logistic: metric worse than stated.",
        ),
        (entry("contribution.opened", BOB), "contributor-1 proposed contribution 3 to breast-cancer-logistic."),
        (
            entry("contribution.joined", BOB),
            "contributor-1 agreed to a share of 33.4 % in contribution 3 to breast-cancer-logistic.",
        ),
        (
            entry("file.scanned", "sys:hub"),
            "The hub scanned a file of breast-cancer-logistic, revision 2 and found it unsafe.",
        ),
        (entry("membership.changed"), "maintainer-1 made contributor-1 a maintainer of cancer-lab."),
        (entry("reviewer.granted", "sys:hub"), "The hub made maintainer-1 a hub reviewer."),
        (entry("moderator.granted", "sys:hub"), "The hub made maintainer-1 a moderator."),
        (entry("moderator.revoked", "sys:hub"), "The hub ended the work of maintainer-1 as a moderator."),
        (
            entry("content.taken_down"),
            "maintainer-1 took down a file of breast-cancer-logistic: unlawful content.",
        ),
        (
            entry("content.taken_down", data={"repositories": [MODEL, MODEL]}),
            "maintainer-1 took down a file of breast-cancer-logistic and 2 other repositories: unlawful content.",
        ),
        (entry("content.taken_down", subject="log"), "maintainer-1 took down a file by its digest: unlawful content."),
        (entry("content.redacted"), "maintainer-1 redacted words about breast-cancer-logistic: personal data."),
        (entry("reviewer.revoked", "sys:hub"), "The hub ended the work of maintainer-1 as a hub reviewer."),
        (
            entry("work.submitted"),
            "maintainer-1 submitted breast-cancer-logistic, revision 2 for assessment.",
        ),
        (
            entry("assessment.made", BOB),
            "contributor-1 assessed breast-cancer-logistic, revision 2: effort 5, quality 80 of 100.",
        ),
    ],
    ids=lambda value: value.type if isinstance(value, EntryView) else "",
)
def test_entries_read_as_sentences_in_the_past_tense(told: EntryView, text: str) -> None:
    assert say(told) == text


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (
            entry("revision.published"),
            "maintainer-1 published revision 2, trained on wisconsin-breast-cancer, revision 1.",
        ),
        (
            entry("contribution.accepted"),
            "maintainer-1 accepted contribution 3 by contributor-1. It became revision 2.",
        ),
        (entry("contribution.opened", BOB), "contributor-1 proposed contribution 3: the same from 13 inputs"),
        (entry("contribution.joined", BOB), "contributor-1 agreed to a share of 33.4 % in contribution 3."),
        (
            entry("revision.published", data={"repo": HIDDEN}),
            "maintainer-1 published revision 2 of a private repository.",
        ),
    ],
    ids=lambda value: value.type if isinstance(value, EntryView) else "",
)
def test_a_repository_s_own_page_does_not_repeat_its_name(told: EntryView, text: str) -> None:
    assert say_here(told) == text


@pytest.mark.parametrize("relation", sorted(set(phrases.PUBLISHED) - {"", "tuned_with"}))
def test_each_relation_has_its_own_words(relation: str) -> None:
    told = entry("revision.published", data={"sources": [{"relation": relation, "revision": DATA1}]})
    assert str(phrases.PUBLISHED[relation]).partition("%(repository)s")[2].partition("%(source)s")[0] in say(told)


def test_names_link_to_their_pages_and_do_not_break_at_hyphens() -> None:
    html = describing.describe([entry("revision.published")], None)[0].html
    joined = "maintainer-1".replace("-", f"-{WORD_JOINER}")
    assert f'<a href="/people/maintainer-1">{joined}</a>' in html
    assert f'<a href="/maintainer-1/breast-cancer-logistic/commit/{REV2[4:44]}"><b>revision 2</b></a>' in html
    assert f'<a href="/datasets/steward-1/wisconsin-breast-cancer/commit/{DATA1[4:44]}">' in html


@pytest.mark.parametrize(
    "name", sorted(name for name, (subject, data, _d) in SAMPLES.items() if MODEL in (subject, data.get("repo")))
)
def test_a_private_repository_shows_neither_name_nor_sources_nor_links(name: str) -> None:
    subject, data, _details = SAMPLES[name]
    moved = {"repo": HIDDEN} if "repo" in data else {}
    told = entry(name, subject=HIDDEN if subject == MODEL else subject, data=moved)
    for sentence in (describing.describe([told], None)[0], describe_here([told], None, MODEL)[0]):
        for secret in ("breast", "wisconsin", "iris-tree", "v1", "13 inputs", "/commit/", "/discussions/"):
            assert secret not in sentence.text + sentence.html
        assert "private repository" in sentence.text.lower()


def test_an_erased_account_is_called_by_neutral_words() -> None:
    nobody = "acct:" + "f" * 32
    assert say(entry("repository.created", nobody, data={"owner": nobody})) == (
        "An erased account created the model breast-cancer-logistic."
    )
    assert say(entry("contribution.accepted", data={"author": nobody})) == (
        "maintainer-1 accepted contribution 3 by an erased account to breast-cancer-logistic, which became revision 2."
    )
    assert say(entry("account.registered", nobody, subject=nobody)) == (
        "Somebody opened an account that has since been erased."
    )


def test_erased_details_leave_a_whole_sentence() -> None:
    assert say(entry("repository.renamed", details={})) == "maintainer-1 gave breast-cancer-logistic a new name."
    assert say(entry("reference.moved", details={})) == "maintainer-1 made a tag of breast-cancer-logistic."
    assert say_here(entry("contribution.opened", BOB, details={})) == "contributor-1 proposed contribution 3."


def test_words_of_people_are_escaped_in_html() -> None:
    told = entry("contribution.opened", details={"title": {"title": "<script>alert(1)</script> 100 % & more"}})
    sentence = describe_here([told], None, MODEL)[0]
    assert "<script>alert(1)</script> 100 % & more" in sentence.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; 100 % &amp; more" in sentence.html


def test_a_list_of_entries_looks_names_up_once_for_each_kind_of_subject(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Collection[str]] = []

    def labels(subjects: Collection[str], viewer: Any) -> dict[str, Label]:
        asked.append(subjects)
        return {subject: names.person("somebody") for subject in subjects}

    monkeypatch.setitem(describing._labels, "acct", labels)
    describing.describe([entry("account.registered", ALICE), entry("account.registered", BOB, subject=BOB)], None)
    assert len(asked) == 1
    assert set(asked[0]) == {ALICE, BOB}


def test_every_template_names_places_that_are_filled() -> None:
    places = {
        *("actor", "repository", "revision", "source", "base", "count", "subject", "member", "owner", "name", "reason"),
        *(
            "contribution",
            "author",
            "work",
            "effort",
            "quality",
            "title",
            "claimed",
            "evidenced",
            "predicate",
            "number",
            "share",
        ),
    }
    found = re.findall(r"%\((\w+)\)", " ".join(_templates(phrases)))
    assert set(found) <= places


def _templates(module: Any) -> Iterator[str]:
    for name, value in vars(module).items():
        if name.isupper():
            yield from map(str, value.values() if isinstance(value, dict) else [value])
