"""Markdown of strangers: safe, at home in our pages, and true to what was written."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.repositories.markdown import MAX_CHARACTERS, SUMMARY, Links, render, summary_of

LINKS = Links("/bob/logistic/blob/main", "/bob/logistic/resolve/main")


def html(text: str, folder: str = "") -> str:
    return render(text, Links(LINKS.pages, LINKS.files, folder))


class Scanner(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<math><mtext></table><img src onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "<a href='java\nscript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml,<svg onload=alert(1)>)",
    "<iframe src='https://e.example'></iframe>",
    "<object data='x'></object><embed src='x'>",
    "<form action='/accounts/logout/'><input name=a><button>go</button></form>",
    "<style>body{display:none}</style><link rel=stylesheet href=x>",
    "<p style='position:fixed' class='seal' onclick=x id=main data-hx-get='/me' hx-get='/me'>x</p>",
    "<base href='https://e.example/'><meta http-equiv=refresh content='0;url=x'>",
    '```"><script>alert(1)</script>\nx\n```',
    "```python\n</code></pre><script>alert(1)</script>\n```",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><img src=x onerror=alert(1)></template>",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<video src=x autoplay></video><audio src=x></audio>",
    "",
    "![x](http://[) [x](http://[) <img src='http://['> <a href='http://['>x</a>",
    "x[^1]\n\n[^1]: <script>alert(1)</script>",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_acts_survives(attack: str) -> None:
    found = Scanner(html(attack))
    assert not found.tags & {
        "script", "svg", "math", "iframe", "object", "embed", "form", "input", "button", "style", "link", "base", "meta",
        "video", "audio", "template", "textarea", "noscript",
    }  # fmt: skip
    for tag, name, value in found.attributes:
        assert name in {"href", "src", "id", "rel", "alt", "title", "align", "tabindex", "class", "width", "height"}
        assert not (name == "class" and (tag, value) != ("div", "scroll") and tag != "span")
        assert not (name == "id" and not value.startswith("card-"))
        if name in {"href", "src"}:
            assert re.match(r"(https?://|mailto:|#card-|/bob/logistic/)", value)


@settings(deadline=None, max_examples=50)
@given(st.text(alphabet=st.sampled_from(list("<>/\"'= \n`#*![](){}&;:abonerrscriptjv^|-~\\")), max_size=120))
def test_no_soup_of_markup_leaves_a_script_or_a_handler(text: str) -> None:
    found = Scanner(html(text))
    assert "script" not in found.tags
    assert not any(name.startswith("on") for _, name, _ in found.attributes)


def test_no_image_of_another_site_is_loaded() -> None:
    found = Scanner(html('![chart](https://e.example/c.png)\n\n<img src="//e.example/x.png" alt="x"> <img src="/me">'))
    assert not any(tag == "img" and name == "src" for tag, name, _ in found.attributes)
    assert ("a", "href", "https://e.example/c.png") in found.attributes


@pytest.mark.parametrize(
    ("text", "folder", "expected"),
    [
        ("[a](weights/a.txt)", "", 'href="/bob/logistic/blob/main/weights/a.txt"'),
        ("[a](./a b.txt)", "", None),
        ("[a](<./a b.txt>)", "", 'href="/bob/logistic/blob/main/a%20b.txt"'),
        ("[a](../LICENSE#Terms)", "docs", 'href="/bob/logistic/blob/main/LICENSE#card-Terms"'),
        ("[a](../../etc)", "docs", None),
        ("[a](..)", "docs", 'href="/bob/logistic/blob/main"'),
        ("[a](/models)", "docs", 'href="/models"'),
        ("![a](img/plot.png)", "docs", 'src="/bob/logistic/resolve/main/docs/img/plot.png"'),
        ('<img src="plot.png">', "", 'src="/bob/logistic/resolve/main/plot.png"'),
        ("[a](データ.csv)", "", 'href="/bob/logistic/blob/main/%E3%83%87%E3%83%BC%E3%82%BF.csv"'),
        ("[a](#metrics-1)", "", 'href="#card-metrics-1"'),
    ],
)
def test_relative_addresses_lead_into_the_repository(text: str, folder: str, expected: str | None) -> None:
    found = html(text, folder)
    assert expected in found if expected else "href" not in found


def test_the_page_keeps_its_one_h1_and_headings_can_be_linked() -> None:
    found = html("# Metrics\n\n## Metrics\n\n###### Deep\n\n<h1 align='center'>Raw</h1>")
    assert '<h2 id="card-metrics">Metrics</h2>' in found
    assert '<h3 id="card-metrics-1">Metrics</h3>' in found
    assert '<h6 id="card-deep">Deep</h6>' in found
    assert '<h2 align="center">Raw</h2>' in found
    assert "<h1" not in found


def test_code_is_coloured_by_class_names_alone() -> None:
    found = html("```python\ndef f():\n    return '<b>'\n```")
    assert '<span class="k">def</span>' in found
    assert "&lt;b&gt;" in found
    assert "style" not in found


def test_tables_and_code_scroll_in_regions_that_the_keyboard_reaches() -> None:
    found = html("| a | b |\n|---|--:|\n| 1 | 2 |\n\n    code")
    assert '<div class="scroll" tabindex="0"><table>' in found
    assert "</table></div>" in found
    assert '<pre tabindex="0">' in found


def test_tasks_are_marks_and_not_boxes_that_nobody_can_tick() -> None:
    assert "<li>☑ done</li>\n<li>☐ open</li>" in html("- [x] done\n- [ ] open")


def test_links_to_elsewhere_carry_no_credit_and_no_opener() -> None:
    assert 'rel="nofollow ugc noopener"' in html("[a](https://e.example)")


def test_a_text_without_measure_is_shown_as_it_is() -> None:
    found = html("<b>" + "x" * MAX_CHARACTERS)
    assert found.startswith('<pre tabindex="0">&lt;b&gt;xxx')


@pytest.mark.parametrize(
    "text", [">" * 20_000, "[" * 20_000, "*" * 20_000, "`" * 20_000, "<b>" * 7_000, "![](" * 5_000]
)
def test_nesting_without_end_is_survived(text: str) -> None:
    assert "<script" not in html(text)


# --- in short ------------------------------------------------------------------------------------
def test_the_summary_is_the_first_paragraph_without_marks() -> None:
    text = (
        "# Title\n\n![badge](https://e.example/b.svg)\n\nTells *malignant* from\n[benign](x) in `30` numbers.\n\nMore."
    )
    assert summary_of(text) == "Tells malignant from benign in 30 numbers."


def test_a_long_summary_ends_at_a_word() -> None:
    found = summary_of("word " * 200)
    assert len(found) <= SUMMARY
    assert found.endswith("word…")


def test_a_text_without_a_paragraph_has_no_summary() -> None:
    assert summary_of("# Only a title\n\n- list") == ""
