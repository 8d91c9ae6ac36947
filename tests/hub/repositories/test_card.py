"""Cards: front matter read safely and edited without touching the rest."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.repositories import front_matter
from hub.repositories.card import edit_fields, parse, starter
from hub.repositories.front_matter import FrontMatterRefused, Reason, load, split

CARD = """---
# what people may do
license: apache-2.0
datasets:
- bob/cells  # the measurements
# for lists
tags: [tabular, "logistic"]
model-index:
  - name: logistic
    results: []

pretty_name: 'Breast cancer'
---
# Logistic

Tells malignant from benign.
"""


def test_a_card_says_what_its_front_matter_says() -> None:
    card = parse(CARD)
    assert card.licence is not None
    assert card.licence.id == "Apache-2.0"
    assert card.datasets == ["bob/cells"]
    assert card.tags == ["tabular", "logistic"]
    assert card.title == "Breast cancer"
    assert card.body.startswith("# Logistic")
    assert [source.relation for source in card.sources("model")] == ["trained_on"]


def test_a_card_without_front_matter_is_all_text() -> None:
    card = parse("# Title\n---\nnot: yaml\n---\n")
    assert card.fields == {}
    assert card.licence is None
    assert card.body.startswith("# Title")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_marks_and_line_ends_of_other_systems_are_read(newline: str, mark: str) -> None:
    card = parse(mark + "---\nlicense: mit\n---\n# T\n".replace("\n", newline))
    assert card.fields == {"license": "mit"}
    assert card.body == f"# T{newline}"


def test_several_licences_hold_together() -> None:
    licence = parse("---\nlicense: [mit, llama3]\n---\n").licence
    assert licence is not None
    assert licence.id == "MIT AND llama3"


def test_fields_of_the_wrong_shape_are_passed_over() -> None:
    card = parse("---\nlicense: 3\ntags: {a: b}\ndatasets: [1, a/b, [c/d]]\nbase_model_relation: [x]\n---\n")
    assert (card.licence, card.tags, card.datasets, card.relation) == (None, [], ["a/b"], "")


# --- safety --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("block", "reason", "line"),
    [
        ("a: &x [1]\nb: *x\n", Reason.ALIAS, 2),
        ("a: 1\nb: *x\n", Reason.ALIAS, 3),
        ("a: !!python/object/apply:os.system ['true']\n", Reason.TAG, 2),
        ("a: !!binary aGk=\n", Reason.TAG, 2),
        ("a: 1\nb: 2\na: 3\n", Reason.TWICE, 4),
        ("- a\n", Reason.NOT_FIELDS, 2),
        ("just words\n", Reason.NOT_FIELDS, 2),
        ("? [a]\n: b\n", Reason.NOT_FIELDS, 2),
        ("a: 1\nb: [\n", Reason.SYNTAX, 4),
        ("a: 'x\n", Reason.SYNTAX, 3),
        ("a: \x01\n", Reason.CHARACTER, 0),
        ('a: 1\ntags: ["\\0"]\n', Reason.CHARACTER, 3),
        ('"\\0": 1\n', Reason.CHARACTER, 2),
        ("[" * 100 + "\n", Reason.DEEP, 2),
        ("a: [" + "1," * front_matter.MAX_NODES + "]\n", Reason.LONG, 2),
        ("a: " + "x" * front_matter.MAX_BYTES + "\n", Reason.LONG, 0),
    ],
)
def test_front_matter_that_is_more_than_plain_fields_is_refused_with_its_line(
    block: str, reason: Reason, line: int
) -> None:
    with pytest.raises(FrontMatterRefused) as refused:
        parse(f"---\n{block}---\n")
    assert (refused.value.reason, refused.value.line) == (reason, line)


def test_front_matter_that_never_ends_is_refused() -> None:
    with pytest.raises(FrontMatterRefused) as refused:
        parse("---\nlicense: mit\n# Title\n")
    assert refused.value.reason is Reason.UNCLOSED


def test_a_thousand_laughs_unfold_to_nothing() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    with pytest.raises(FrontMatterRefused):
        load(bomb)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("off", "off"),
        ("true", True),
        ("2024-01-01", "2024-01-01"),
        ("1:30", "1:30"),
        ("010", 10),
        ("0x10", "0x10"),
        ("1e3", 1000.0),
        ("1e999", "1e999"),
        (".inf", ".inf"),
        ("9" * 30, float("9" * 30)),
        ("<<", "<<"),
        ("~", None),
        ("'1'", "1"),
    ],
)
def test_scalars_mean_what_yaml_1_2_says(text: str, value: object) -> None:
    assert load(f"a: {text}\n") == {"a": value}


# --- editing -------------------------------------------------------------------------------------
def test_an_edit_changes_one_field_and_nothing_else() -> None:
    edited = edit_fields(CARD, {"license": "mit"})
    assert edited == CARD.replace("license: apache-2.0", "license: mit")


def test_a_list_field_is_replaced_whole_and_comments_of_the_next_field_stay() -> None:
    edited = edit_fields(CARD, {"datasets": ["bob/cells", "alice/more"]})
    before, after = CARD.index("datasets:"), CARD.index("# for lists")
    assert edited == f"{CARD[:before]}datasets:\n- bob/cells\n- alice/more\n{CARD[after:]}"


def test_a_field_set_to_nothing_goes_away() -> None:
    edited = edit_fields(CARD, {"tags": None, "model-index": None, "absent": None})
    assert parse(edited).fields == {k: v for k, v in parse(CARD).fields.items() if k not in {"tags", "model-index"}}
    assert "# for lists" in edited


def test_a_field_that_has_its_value_already_is_not_rewritten() -> None:
    assert edit_fields(CARD, {"tags": ["tabular", "logistic"], "pretty_name": "Breast cancer"}) == CARD


def test_a_new_field_comes_last() -> None:
    assert edit_fields(CARD, {"language": ["en", "ja"]}) == CARD.replace(
        "pretty_name: 'Breast cancer'\n", "pretty_name: 'Breast cancer'\nlanguage:\n- en\n- ja\n"
    )


def test_a_card_without_front_matter_gets_some() -> None:
    assert edit_fields("# T\n", {"license": "mit"}) == "---\nlicense: mit\n---\n\n# T\n"
    assert edit_fields("# T\n", {"license": None}) == "# T\n"
    assert edit_fields("---\n---\n# T\n", {"license": "mit"}) == "---\nlicense: mit\n---\n# T\n"


def test_front_matter_in_one_line_is_edited_too() -> None:
    assert parse(edit_fields("---\n{a: 1, license: mit}\n---\nx", {"license": "isc"})).fields == {
        "a": 1,
        "license": "isc",
    }


values = st.one_of(st.text(max_size=20), st.lists(st.text(max_size=8), max_size=3), st.integers(-99, 99), st.booleans())
field_names = st.sampled_from(["license", "datasets", "tags", "pretty_name", "model-index", "extra", "ja: 名"])


@given(st.dictionaries(field_names, st.one_of(st.none(), values), max_size=4))
def test_whatever_is_set_is_read_back_and_the_rest_stays(updates: dict[str, Any]) -> None:
    try:
        edited = edit_fields(CARD, updates)
        after = parse(edited)
    except FrontMatterRefused as refused:
        assert refused.reason is Reason.CHARACTER
        return
    expected = {**parse(CARD).fields, **updates}
    assert dict(after.fields) == {key: value for key, value in expected.items() if value is not None}
    assert after.body == parse(CARD).body


def test_a_starter_card_has_licence_name_and_sentence() -> None:
    text = starter(title="cells", summary="569 cell samples.", licence="CC-BY-4.0")
    assert text == "---\nlicense: CC-BY-4.0\n---\n\n# cells\n\n569 cell samples.\n"
    assert split(starter(title="cells", summary="", licence="")).present is False
