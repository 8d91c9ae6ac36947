"""The vocabulary of the hub's entries, and the door through which they reach the log."""

import copy
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import TooManyEntries
from hub.events import SYSTEM, VOCABULARY, record, reference_digest
from hub.vocabulary import (
    DECIMAL,
    DIGEST,
    LICENCE,
    BadEvent,
    Fields,
    ListOf,
    Optional,
    Text,
    Whole,
    check,
    related_subjects,
)
from ledger.errors import NotInTransaction
from tests.hub.factories import NOW, make_account
from tests.hub.samples import ALICE, BOB, DATA1, MODEL, PUBLISHED, REV1, REV2, SAMPLES


def _check(name: str, **changes: Any) -> None:
    subject, data, details = copy.deepcopy(SAMPLES[name])
    data.update(changes)
    check(VOCABULARY[name], subject, data, details)


def test_every_type_has_a_sample_and_every_sample_is_valid() -> None:
    assert set(SAMPLES) == set(VOCABULARY)
    for name, (subject, data, details) in SAMPLES.items():
        check(VOCABULARY[name], subject, data, details)


def _kinds(kind: Any) -> Any:
    yield kind
    for inner in kind.kinds.values() if isinstance(kind, Fields) else ():
        yield from _kinds(inner)
    if isinstance(kind, ListOf | Optional):
        yield from _kinds(kind.kind)


@pytest.mark.parametrize("name", sorted(VOCABULARY))
def test_public_data_never_takes_free_text(name: str) -> None:
    assert not any(isinstance(kind, Text) for kind in _kinds(VOCABULARY[name].data))


@pytest.mark.parametrize("name", sorted(VOCABULARY))
def test_a_field_that_is_not_in_the_vocabulary_is_refused(name: str) -> None:
    with pytest.raises(BadEvent, match="unknown fields note"):
        _check(name, note="hello")


@pytest.mark.parametrize(("name", "field"), [(n, f) for n, row in VOCABULARY.items() for f in row.data.kinds])
def test_a_required_field_cannot_be_left_out_and_no_field_is_null(name: str, field: str) -> None:
    subject, data, details = copy.deepcopy(SAMPLES[name])
    with pytest.raises(BadEvent, match=field):
        check(VOCABULARY[name], subject, {**data, field: None}, details)
    data.pop(field, None)
    if isinstance(VOCABULARY[name].data.kinds[field], Optional):
        check(VOCABULARY[name], subject, data, details)
    else:
        with pytest.raises(BadEvent, match=f"{field} is missing"):
            check(VOCABULARY[name], subject, data, details)


@pytest.mark.parametrize("name", sorted(VOCABULARY))
def test_a_subject_of_another_kind_is_refused(name: str) -> None:
    subject, data, details = SAMPLES[name]
    for wrong in ("", "somebody", f"{subject}0", f"{subject}\n", subject.upper()):
        with pytest.raises(BadEvent, match="subject"):
            check(VOCABULARY[name], wrong, data, details)


def test_a_required_detail_group_must_be_there_and_unknown_ones_must_not() -> None:
    row = VOCABULARY["account.registered"]
    with pytest.raises(BadEvent, match="handle is missing"):
        check(row, ALICE, {}, {})
    with pytest.raises(BadEvent, match="unknown detail groups email"):
        check(row, ALICE, {}, {"handle": {"handle": "alice"}, "email": {"email": "a@example.org"}})
    with pytest.raises(BadEvent, match="must be text"):
        check(row, ALICE, {}, {"handle": {"handle": "x" * 40}})


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"number": 0}, "number must be a whole number"),
        ({"number": True}, "number must be a whole number"),
        ({"number": 2**53}, "number must be a whole number"),
        ({"number": 1.0}, "number must be a whole number"),
        ({"root_tree": "D" * 64}, "root_tree must be a SHA-256"),
        ({"root_tree": "d" * 64 + "\n"}, "root_tree must be a SHA-256"),
        ({"repo": REV1}, "repo must be a subject of repo"),
        ({"parents": [REV1, MODEL]}, r"parents \[1\] must be a subject of rev"),
        ({"kind": "rumour"}, "kind must be one of"),
        ({"licence": "do what you like, Jane"}, "licence must be a licence identifier"),
        ({"metrics": [{"name": "Accuracy of Jane", "value": "1", "better": "higher"}]}, r"metrics \[0\] name must be"),
        (
            {"metrics": [{"name": "accuracy", "value": 0.9, "better": "higher"}]},
            r"metrics \[0\] value must be a decimal",
        ),
        ({"sources": [{"relation": "trained_on", "revision": REV1}] * 101}, "sources must be a list of at most 100"),
    ],
)
def test_values_of_the_wrong_kind_are_refused(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadEvent, match=problem):
        _check("revision.published", **change)


@pytest.mark.parametrize("text", ["0", "-1", "0.940", "1000000000000000000000", "-0.5"])
def test_decimals_keep_their_digits(text: str) -> None:
    assert DECIMAL.problem(text) == ""


@pytest.mark.parametrize("text", ["", "-0", "-0.0", "01", "1.", ".5", "1e3", "NaN", "Infinity", "+1", "1 ", "١"])
def test_other_ways_to_write_a_number_are_refused(text: str) -> None:
    assert DECIMAL.problem(text)


@pytest.mark.parametrize(
    "text", ["Apache-2.0", "MIT OR Apache-2.0", "cc-by-nc-4.0", "GPL-2.0-only WITH Classpath-exception-2.0"]
)
def test_licences_are_identifiers_or_expressions_of_them(text: str) -> None:
    assert LICENCE.problem(text) == ""


@given(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.text(),
        st.binary(),
        st.lists(st.integers()),
        st.dictionaries(st.text(), st.integers()),
    )
)
def test_no_value_of_any_type_breaks_the_check(value: Any) -> None:
    kinds = [DIGEST, DECIMAL, Whole(), ListOf(Whole()), Fields({"a": Whole()}), VOCABULARY["revision.published"].data]
    for kind in kinds:
        assert isinstance(kind.problem(value), str)


def test_an_entry_is_found_from_every_subject_that_its_data_names() -> None:
    row = VOCABULARY["revision.published"]
    assert related_subjects(row, REV2, PUBLISHED, [BOB, REV2]) == [MODEL, REV1, DATA1, BOB]
    with pytest.raises(BadEvent, match="related"):
        related_subjects(row, REV2, PUBLISHED, ["somebody"])


def test_a_branch_is_named_by_the_digest_of_its_name() -> None:
    assert reference_digest("main") == "0d6e4079e36703ebd37c00722f5891d28b0e2811dc114b129215123adcce3605"
    assert DIGEST.problem(reference_digest("日本語")) == ""


@pytest.mark.django_db
def test_recording_writes_one_entry_with_its_related_subjects() -> None:
    alice = make_account("alice")
    subject, data, details = SAMPLES["revision.published"]
    with transaction.atomic():
        entry = record("revision.published", subject=subject, actor=alice, data=data, details=details, now=NOW)
    assert (entry.type, entry.subject, entry.actor) == ("revision.published", REV2, alice.actor)
    assert entry.related == [MODEL, REV1, DATA1]
    assert b"Standardise" not in bytes(entry.body)


@pytest.mark.django_db
def test_an_event_outside_the_vocabulary_reaches_no_log() -> None:
    with pytest.raises(BadEvent, match="no event type"):
        record("repository.liked", subject=MODEL, actor=SYSTEM, data={}, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_no_entry_is_recorded_outside_a_transaction() -> None:
    with pytest.raises(NotInTransaction):
        record("account.erased", subject=ALICE, actor=SYSTEM, data={}, now=NOW)


@pytest.mark.django_db
def test_an_account_writes_at_most_its_entries_per_hour(settings: Any) -> None:
    settings.ENTRIES_PER_HOUR = 3
    alice, bob = make_account("alice"), make_account("bob")

    def write(minutes: int, who: Any = alice) -> None:
        with transaction.atomic():
            record("account.erased", subject=alice.actor, actor=who, data={}, now=NOW + timedelta(minutes=minutes))

    write(10)
    write(20)
    with pytest.raises(TooManyEntries, match="Try again in 30 minutes") as refused:
        write(30)
    assert refused.value.retry_after == 30 * 60
    write(30, bob)
    write(30, SYSTEM)
    write(60)
