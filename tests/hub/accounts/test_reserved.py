"""Which handles exist."""

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import given
from hypothesis import strategies as st

from hub.accounts.reserved import LONGEST, PATTERN, RESERVED, check_handle, tombstone
from hub.errors import Invalid


@pytest.mark.parametrize(
    "handle", ["al", "alice", "Alice-2", "a--b", "0x", "contributor", "maintainer", "reviewer", "x" * 39]
)
def test_letters_digits_and_inner_hyphens_make_a_handle(handle: str) -> None:
    check_handle(handle)


@pytest.mark.parametrize(
    "handle",
    [
        "",
        "a",
        "x" * 40,
        "-alice",
        "alice-",
        "-",
        "--",
        "al ice",
        "al.ice",
        "al_ice",
        "ali/ce",
        "alicé",
        "アリス",
        "alice\n",
        "а1ice",
    ],
)
def test_nothing_else_does(handle: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_handle(handle)
    assert refused.value.field == "handle"


@pytest.mark.parametrize(
    "handle", ["models", "Models", "DATASETS", "api", "settings", "Akashi", "official", "preferences"]
)
def test_reserved_words_are_refused_in_any_case(handle: str) -> None:
    with pytest.raises(Invalid, match="kept for the site"):
        check_handle(handle)


def test_nobody_can_be_called_like_an_erased_account() -> None:
    name = tombstone("0" * 32)
    assert len(name) == LONGEST and PATTERN.fullmatch(name)
    for handle in (name, name.upper(), "erased-7"):
        with pytest.raises(Invalid):
            check_handle(handle)


def _first_segments(patterns: list[URLPattern | URLResolver], prefix: str = "") -> set[str]:
    found = set()
    for pattern in patterns:
        path = prefix + str(pattern.pattern).lstrip("^")
        if isinstance(pattern, URLResolver) and "/" not in path:
            found |= _first_segments(pattern.url_patterns, path)
        else:
            found.add(path.split("/")[0])
    return found


def test_every_address_of_the_site_is_reserved() -> None:
    segments = {s for s in _first_segments(get_resolver().url_patterns) if s and "<" not in s and "(" not in s}
    assert {"settings", "accounts", "api"} <= segments
    assert {segment for segment in segments if PATTERN.fullmatch(segment)} <= RESERVED


@given(st.text())
def test_whatever_is_accepted_is_safe_in_an_address(handle: str) -> None:
    try:
        check_handle(handle)
    except Invalid:
        return
    assert PATTERN.fullmatch(handle) and handle.isascii() and 2 <= len(handle) <= 39
