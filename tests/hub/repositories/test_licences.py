"""Licences: one spelling, one class, also for expressions."""

import pytest

from hub.repositories import spdx
from hub.repositories.licences import LICENCES, Openness, by_id, find, groups, licence_of
from hub.vocabulary import LICENCE


def test_every_licence_has_an_id_that_the_log_takes() -> None:
    assert [identifier for identifier in LICENCES if LICENCE.problem(identifier)] == []
    assert len(LICENCES) == len(spdx.ROWS)
    assert sum(len(licences) for _, licences in groups()) == len(LICENCES)


def test_no_spelling_means_two_licences() -> None:
    spellings = [word.lower() for row in spdx.ROWS for word in {row[0].lower(), *map(str.lower, row[3])}]
    assert len(spellings) == len(set(spellings))


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("mit", "MIT"),
        ("MIT License", "MIT"),
        ("apache-2.0", "Apache-2.0"),
        ("Apache 2.0", "Apache-2.0"),
        ("apache license 2.0", "Apache-2.0"),
        ("cc-by-sa-4.0", "CC-BY-SA-4.0"),
        ("gpl-3.0", "GPL-3.0-only"),
        ("odc-by", "ODC-By-1.0"),
        ("llama3.1", "llama3.1"),
        ("openrail++", "openrail++"),
        ("mit or apache-2.0", "MIT OR Apache-2.0"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("MIT AND GPL-2.0-only WITH classpath-exception-2.0", "MIT AND GPL-2.0-only WITH Classpath-exception-2.0"),
    ],
)
def test_usual_spellings_lead_to_one_id(text: str, identifier: str) -> None:
    found = find(text)
    assert found is not None
    assert found.id == identifier
    assert not LICENCE.problem(found.id)
    assert by_id(found.id) == found


@pytest.mark.parametrize(
    "text", ["", "public", "MIT OR", "MIT OR nothing", "MIT AND ISC OR Zlib", "MIT WITH luck", "(MIT)"]
)
def test_words_that_name_no_licence_find_none(text: str) -> None:
    assert find(text) is None


@pytest.mark.parametrize(
    ("text", "openness"),
    [
        ("MIT", Openness.OPEN),
        ("CC-BY-NC-4.0", Openness.RESTRICTED),
        ("CC-BY-ND-4.0", Openness.RESTRICTED),
        ("llama3", Openness.RESTRICTED),
        ("gemma", Openness.RESTRICTED),
        ("C-UDA-1.0", Openness.RESTRICTED),
        ("other", Openness.RESTRICTED),
        ("unknown", Openness.UNSTATED),
        ("MIT AND llama3", Openness.RESTRICTED),
        ("MIT OR llama3", Openness.OPEN),
    ],
)
def test_a_class_follows_from_what_the_terms_allow(text: str, openness: Openness) -> None:
    found = find(text)
    assert found is not None
    assert found.openness is openness


def test_a_card_with_terms_of_its_own_is_other_unless_it_names_known_ones() -> None:
    def identifier(text: str, name: str = "") -> str:
        found = licence_of(text, name)
        assert found is not None
        return found.id

    assert identifier("my own terms") == "other"
    assert identifier("other") == "other"
    assert identifier("other", "qwen") == "qwen"
    assert identifier("other", "house rules") == "other"
    assert licence_of(" ") is None
