"""Slots: what rooms above show on pages below."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest
from django.template import engines
from django.test import RequestFactory
from django.utils.safestring import SafeString, mark_safe

from web import slots

HERE = "test.place"


def first(request: HttpRequest, subject: Any) -> SafeString:
    return mark_safe(f"<b>{subject}</b>")


def second(request: HttpRequest, subject: Any) -> str:
    return f"<{request.path}>"


def nothing(request: HttpRequest, subject: Any) -> str:
    return ""


@pytest.fixture(autouse=True)
def emptied() -> Iterator[None]:
    yield
    for render in (first, second, nothing):
        slots.unregister(HERE, render)


@pytest.fixture
def request_(rf: RequestFactory) -> HttpRequest:
    return rf.get("/where")


def test_a_slot_that_nobody_fills_is_empty(request_: HttpRequest) -> None:
    assert slots.render(HERE, request_, "x") == ""


def test_rooms_show_in_their_order(request_: HttpRequest) -> None:
    slots.register(HERE, second, order=2)
    slots.register(HERE, nothing, order=1)
    slots.register(HERE, first)
    assert slots.render(HERE, request_, "x") == "<b>x</b>&lt;/where&gt;"


def test_text_that_is_not_marked_safe_is_escaped(request_: HttpRequest) -> None:
    slots.register(HERE, second)
    assert slots.render(HERE, request_) == "&lt;/where&gt;"


def test_registering_twice_shows_once(request_: HttpRequest) -> None:
    slots.register(HERE, first)
    slots.register(HERE, first, order=5)
    assert slots.render(HERE, request_, 1) == "<b>1</b>"


def test_a_page_names_the_slot_and_its_subject(request_: HttpRequest) -> None:
    slots.register(HERE, first)
    template = engines["django"].from_string('{% slot "test.place" who %}{% slot "test.place" 2 as kept %}|{{ kept }}')
    assert template.render({"who": "you"}, request_) == "<b>you</b>|<b>2</b>"


def test_a_page_without_a_request_shows_nothing_there() -> None:
    slots.register(HERE, first)
    assert engines["django"].from_string('{% slot "test.place" 1 %}.').render({}) == "."
