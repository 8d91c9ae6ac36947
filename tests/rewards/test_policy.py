"""Policies: one object, one hash; whatever is not exactly a policy is refused with words."""

import copy
from typing import Any

import pytest

from hub.vocabulary import check
from ledger import canonical, entry
from rewards import events, policy
from rewards.errors import PolicyRefused
from rewards.policy import FIRST


def test_a_policy_is_read_as_it_was_written() -> None:
    assert policy.parse(policy.as_object(FIRST)) == FIRST
    assert policy.parse_body(FIRST.body).hash == FIRST.hash == policy.policy_hash(FIRST)


def test_the_first_policy_fits_the_vocabulary_and_one_entry() -> None:
    data: dict[str, Any] = {"first_epoch": 0, "policy": policy.as_object(FIRST)}
    check(events.VOCABULARY["policy.set"], f"policy:{FIRST.hash}", data, {})
    assert len(canonical.encode(data)) < entry.MAX_BYTES // 2


def test_the_first_policy_pays_nothing_for_evaluation_and_compute() -> None:
    assert {kind: each.pool_bps for kind, each in FIRST.kinds.items()} == {
        "data": 3000,
        "code": 3000,
        "tuning": 1750,
        "model": 1250,
        "review": 1000,
        "evaluation": 0,
        "compute": 0,
    }
    assert (FIRST.min_reviews, FIRST.royalty_bps, FIRST.cluster_cap_bps) == (1, 2000, 1000)


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("MIT", "open"),
        ("gemma", "restricted"),
        ("", "none"),
        ("Made-Up-1.0", "none"),
        ("unknown", "none"),
        ("Apache-2.0 WITH LLVM-exception", "open"),
        ("MIT OR gemma", "open"),
        ("MIT AND gemma", "restricted"),
        ("MIT AND Made-Up-1.0", "none"),
        ("gemma OR Made-Up-1.0", "restricted"),
        ("MIT AND MIT OR gemma", "none"),
    ],
)
def test_the_class_of_a_licence_follows_from_the_policys_lists(licence: str, expected: str) -> None:
    assert FIRST.openness_of(licence) == expected


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["version"], 2),
        (["version"], True),
        (["royalty_bps"], 10_001),
        (["royalty_bps"], -1),
        (["royalty_bps"], "2000"),
        (["royalty_bps"], 2000.0),
        (["min_reviews"], 0),
        (["quality_floor"], 101),
        (["openness_bps"], {"open": 10_000}),
        (["licences", "open"], ["MIT", "MIT"]),
        (["licences", "open"], ["MIT", "Apache-2.0"]),
        (["licences", "restricted"], ["MIT"]),
        (["licences", "restricted"], [1]),
        (["licences", "restricted"], "MIT"),
        (["kinds", "data", "pool_bps"], 3001),
        (["kinds", "data", "price_cap_wei"], 10**15),
        (["kinds", "data", "price_cap_wei"], "01"),
        (["kinds", "data", "w_effort"], 1_000_001),
        (["kinds", "poetry"], {}),
        (["kinds"], []),
        (["note"], "x"),
    ],
)
def test_a_changed_policy_is_refused_with_words(path: list[str], value: Any) -> None:
    members: Any = copy.deepcopy(policy.as_object(FIRST))
    place = members
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    with pytest.raises(PolicyRefused, match=r"\.$"):
        policy.parse(members)


def test_bytes_that_are_not_canonical_are_no_policy() -> None:
    with pytest.raises(PolicyRefused):
        policy.parse_body(FIRST.body + b"\n")
    with pytest.raises(PolicyRefused):
        policy.parse_body(b"[]")
