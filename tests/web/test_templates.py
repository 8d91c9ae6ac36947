"""The frame, the components and the style guide."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory
from django.utils import translation

from web.styleguide import styleguide

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
COMPONENTS = sorted((ROOT / "templates" / "components").glob("*.html"))
SHEETS = [ROOT / "static" / "css" / name for name in ("akashi.css", "components.css", "pages.css")]
TEXT_ROLES = ("ink", "ink-2", "ok", "warn", "bad")
# Parts of the frame, parts of other components, and what the form renderer draws; the style guide shows the wholes.
PARTS = {"site_links", "account_links", "errors", "htmx"}


@pytest.fixture(autouse=True)
def plain_static(settings: Any) -> None:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture
def request_(db: None) -> HttpRequest:
    request = RequestFactory().get("/styleguide")
    request.user = AnonymousUser()
    return request


@pytest.fixture(params=["en", "ja", "zh-hans"])
def page(request: pytest.FixtureRequest, request_: HttpRequest) -> Iterator[str]:
    with translation.override(request.param):
        yield styleguide(request_).content.decode()


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT / "templates"))


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_every_template_compiles(path: Path) -> None:
    get_template(name_of(path))


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_no_template_needs_a_looser_content_policy(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:|data-hx-on", source)
    assert not re.search(r"<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")", source)


@pytest.mark.parametrize("path", COMPONENTS, ids=name_of)
def test_every_component_says_what_it_takes(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("{% comment %}")


def test_the_style_guide_shows_every_component(request_: HttpRequest) -> None:
    shown: set[str] = set()

    def follow(name: str) -> None:
        source = (ROOT / "templates" / name).read_text(encoding="utf-8")
        for found in re.findall(r"\{% (?:include|extends) \"([^\"]+)\"", source):
            if found not in shown:
                shown.add(found)
                follow(found)

    follow("styleguide.html")
    named = {path.stem for path in COMPONENTS if name_of(path) in shown}
    spoken = {"badge", "hash", "time", "form", "field", "error_summary"}
    assert {path.stem for path in COMPONENTS} - named - spoken - PARTS == set()


def test_the_style_guide_is_drawn_in_every_language(page: str) -> None:
    assert page.count('class="section-head"') > 10
    assert "{%" not in page
    assert "{{" not in page


def test_the_style_guide_keeps_to_the_content_policy(page: str) -> None:
    assert not re.search(r"\sstyle=\"|<style", page)


def test_the_forms_of_judging_are_shown_as_they_are_used_with_nothing_chosen(page: str) -> None:
    for name, component in (("verdict", "decide_form"), ("effort", "assess_form")):
        users = [path for path in TEMPLATES if f'"components/{component}.html"' in path.read_text(encoding="utf-8")]
        assert {"styleguide.html"} < {name_of(path) for path in users}
        assert page.count(f'type="radio" name="{name}"') == 3
    forms = re.findall(r'<form class="[^"]*verdict-form".*?</form>', page, re.DOTALL)
    assert len(forms) == 2
    for form in forms:
        assert not re.search(r"<input[^>]*\schecked", form)
        assert 'name="comment"' in form
        assert "notice-warn" in form
    assert 'name="reason"' in forms[0]
    assert "draft-decline-quality" in forms[0]


def test_ids_on_the_style_guide_are_unique(page: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(set(ids)) == sorted(ids)


def test_the_page_language_is_marked(page: str) -> None:
    assert f'<html lang="{translation.get_language()}"' in page


def test_the_theme_of_the_reader_is_in_the_first_bytes(request_: HttpRequest) -> None:
    assert 'data-theme="dark"' in render_to_string("base.html", {"theme": "dark"}, request_)
    assert "data-theme=" not in render_to_string("base.html", {"theme": ""}, request_).split(">", 2)[1]


def test_the_current_place_is_marked_in_the_header(request_: HttpRequest) -> None:
    page = render_to_string("base.html", {"section": "ledger"}, request_)
    assert '<a href="/ledger" aria-current="page">' in page
    assert page.count('aria-current="page"') == 2  # the wide row and the menu of narrow screens


@pytest.mark.parametrize("status", [403, 404, 410, 413, 422, 429, 500])
def test_every_error_page_says_what_to_do_next(status: int, request_: HttpRequest) -> None:
    context = {"status": status, "title": "Title", "detail": "Detail.", "request_id": "4f1c"}
    for reader in (request_, None):
        page = render_to_string(f"{status}.html", context, reader)
        assert "4f1c" in page
        assert page.count("<h1>") == 1


def test_the_page_of_a_broken_server_needs_nothing() -> None:
    assert "<h1>" in render_to_string("500.html")


# --- style sheets --------------------------------------------------------------------------------
def test_the_style_sheets_weigh_less_than_twelve_kilobytes_on_the_wire() -> None:
    assert sum(len(gzip.compress(sheet.read_bytes(), 9)) for sheet in SHEETS) < 12 * 1024


def test_the_style_sheets_load_nothing_from_elsewhere() -> None:
    for sheet in SHEETS:
        assert not re.search(r"url\(|@import|@font-face", sheet.read_text(encoding="utf-8"))


def colours() -> dict[str, tuple[str, str]]:
    """The light and the dark value of every role."""
    source = SHEETS[0].read_text(encoding="utf-8")
    return {
        name: (light, dark) for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", source)
    }


def test_older_browsers_get_the_light_value_of_every_role() -> None:
    plain = dict(re.findall(r"--([\w-]+): (#\w+);", SHEETS[0].read_text(encoding="utf-8")))
    assert plain == {name: light for name, (light, _dark) in colours().items()}


def luminance(colour: str) -> float:
    """Relative luminance as in WCAG 2.2."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["canvas", "surface", "raised"])
@pytest.mark.parametrize("role", TEXT_ROLES)
def test_every_text_colour_reads_on_every_ground(role: str, ground: str, theme: int) -> None:
    palette = colours()
    assert contrast(palette[role][theme], palette[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("role", ["ok", "warn", "bad"])
def test_notices_read_on_their_own_ground(role: str, theme: int) -> None:
    palette = colours()
    for text in (role, "ink"):
        assert contrast(palette[text][theme], palette[f"{role}-ground"][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_borders_of_controls_and_the_seal_are_seen(theme: int) -> None:
    palette = colours()
    for ground in ("canvas", "raised"):
        for role in ("line-strong", "accent"):
            assert contrast(palette[role][theme], palette[ground][theme]) >= 3
