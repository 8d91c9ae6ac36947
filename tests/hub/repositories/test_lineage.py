"""Lineage: what a card names, and walks over edges."""

from collections.abc import Callable, Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.repositories.lineage import Declared, Kind, Link, declared_sources, find_cycle, walk

SITE = "https://hub.example"


def declared(text: str, kind: Kind = "model", **more: object) -> Declared:
    fields: dict[str, object] = {"base_models": [text], "relation": "", "datasets": [], "site": SITE, **more}
    return declared_sources(kind, **fields)[0]  # type: ignore[arg-type]  # the fields of one call, spelled by the test


@pytest.mark.parametrize(
    ("text", "owner", "name", "rev"),
    [
        ("bob/logistic", "bob", "logistic", ""),
        ("bob/logistic@main", "bob", "logistic", "main"),
        ("bob/logistic@" + "a" * 40, "bob", "logistic", "a" * 40),
        (f"{SITE}/bob/logistic", "bob", "logistic", ""),
        (f"{SITE}/bob/logistic/tree/v1.0/weights", "bob", "logistic", "v1.0"),
        (f"{SITE}/bob/logistic/commit/{'b' * 40}", "bob", "logistic", "b" * 40),
        ("gpt2", "", "", ""),
        ("https://elsewhere.example/bob/logistic", "", "", ""),
        ("bob/logistic/extra", "", "", ""),
        ("../bob", "", "", ""),
        (f"{SITE}.evil.example/bob/logistic", "", "", ""),
    ],
)
def test_a_name_of_the_hub_is_told_from_everything_else(text: str, owner: str, name: str, rev: str) -> None:
    assert declared(text) == Declared("derived_from", "model", text, owner, name, rev)


def test_an_address_of_a_dataset_is_a_dataset() -> None:
    found = declared(f"{SITE}/datasets/bob/cells")
    assert (found.kind, found.owner, found.name) == ("dataset", "bob", "cells")


def test_relations_say_no_more_than_the_card() -> None:
    assert declared("a/b").relation == "derived_from"
    assert declared("a/b", relation="quantized").relation == "quantized"
    assert declared("a/b", relation="inspired by").relation == "derived_from"
    merged = declared_sources("model", base_models=["a/b", "c/d"], relation="", datasets=["e/f"])
    assert [source.relation for source in merged] == ["merge", "merge", "trained_on"]


def test_a_dataset_derives_from_datasets_and_placeholders_are_no_sources() -> None:
    found = declared_sources("dataset", base_models=[], relation="", datasets=["a/b", "original", "Extended", "a/b"])
    assert found == [Declared("derived_from", "dataset", "a/b", "a", "b")]


# --- graphs --------------------------------------------------------------------------------------
def sources_in(links: list[Link]) -> Callable[[Collection[str]], list[Link]]:
    return lambda ids: [link for link in links if link.user in ids]


CHAIN = [Link(str(n), str(n + 1), "derived_from") for n in range(10)]


def test_a_walk_stops_at_its_depth_and_says_that_there_is_more() -> None:
    found = walk(sources_in(CHAIN), "0", depth=3, limit=40)
    assert found.distance == {"0": 0, "1": 1, "2": 2, "3": 3}
    assert found.cut
    assert not walk(sources_in(CHAIN), "7", depth=5, limit=40).cut


def test_a_walk_stops_at_its_limit_and_says_so() -> None:
    wide = [Link("start", str(n), "merge") for n in range(50)]
    found = walk(sources_in(wide), "start", depth=2, limit=40)
    assert len(found.distance) == 40
    assert found.cut


def test_two_ways_to_one_source_visit_it_once() -> None:
    links = [Link("a", "b", "merge"), Link("a", "c", "merge"), Link("b", "d", "finetune"), Link("c", "d", "finetune")]
    found = walk(sources_in(links), "a", depth=5, limit=40)
    assert found.distance == {"a": 0, "b": 1, "c": 1, "d": 2}
    assert set(found.links) == set(links)
    assert not found.cut


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40))
def test_a_circle_is_found_exactly_when_there_is_one(pairs: list[tuple[int, int]]) -> None:
    links = [Link(str(user), str(source), "merge") for user, source in pairs]
    circle = find_cycle(links)
    if circle:
        hops = set(pairs)
        assert all((int(a), int(b)) in hops for a, b in zip(circle, [*circle[1:], circle[0]], strict=True))
    else:
        assert _ordered(pairs)


def _ordered(pairs: list[tuple[int, int]]) -> bool:
    """Kahn's algorithm: every node can be taken once all of its sources are."""
    left = set(pairs)
    nodes = {node for pair in pairs for node in pair}
    while nodes:
        free = {node for node in nodes if not any(user == node for user, _ in left)}
        if not free:
            return False
        nodes -= free
        left = {(user, source) for user, source in left if source not in free}
    return True


def test_a_line_of_a_hundred_thousand_has_no_circle_and_needs_no_stack() -> None:
    assert find_cycle([Link(str(n), str(n + 1), "merge") for n in range(100_000)]) == []
