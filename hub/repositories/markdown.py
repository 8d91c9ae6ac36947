"""Markdown of strangers as HTML for our pages: no script, no style, no foreign request, no clash with the page around.

markdown-it parses, Pygments colours code, and nh3 with an allow-list has the last word on every tag and attribute.
Headings start at `h2` (the page has its `h1`), ids get the prefix `card-`, relative links lead to the repository's
own pages and images to its own files. Images of other sites are not loaded: Markdown ones become links.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from posixpath import normpath
from urllib.parse import quote, unquote, urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from hub.repositories import highlighting

# Part of every cache key: raise it when the output changes.
VERSION = 1
MAX_CHARACTERS = 1_000_000
MAX_CODE = 150_000
SUMMARY = 300

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "center", "code", "dd", "del", "details", "div", "dl", "dt", "em",
    "figcaption", "figure", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre",
    "q", "s", "samp", "section", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot",
    "th", "thead", "tr", "u", "ul", "var",
}  # fmt: skip
_ALIGNED = {"p", "div", "img", "td", "th", "h2", "h3", "h4", "h5", "h6"}
_ATTRIBUTES: dict[str, set[str]] = {
    **{f"h{level}": {"id"} for level in range(2, 7)},
    "a": {"href", "title", "id"},
    "img": {"src", "alt", "title", "width", "height"},
    "li": {"id"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "abbr": {"title"},
    "details": {"open"},
}
_TASK = re.compile(r"\[([ xX])\]\s")
_HTML_HEADING = re.compile(r"<(/?)h([1-5])\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Links:
    """Where relative addresses lead: `pages` and `files` are the repository's `…/blob/{rev}` and `…/resolve/{rev}`.

    `folder` is where the Markdown file lies, without a slash at either end.
    """

    pages: str
    files: str
    folder: str = ""

    def target(self, address: str, prefix: str) -> str | None:
        """An address seen from the file, as a path of this site; None when it leaves the repository."""
        parts = urlsplit(address)
        path = normpath(f"{self.folder}/{unquote(parts.path)}".lstrip("/"))
        if path.startswith(".."):
            return None
        anchor = f"#card-{parts.fragment}" if parts.fragment else ""
        return f"{prefix}/{quote(path)}{anchor}" if path != "." else f"{prefix}{anchor}"


def render(text: str, links: Links) -> str:
    """Safe HTML of a Markdown text. Text beyond `MAX_CHARACTERS` is shown as its own source."""
    if len(text) > MAX_CHARACTERS:
        return f'<pre tabindex="0">{escape(text[:MAX_CHARACTERS])}</pre>'
    parser = _parser()
    tokens = parser.parse(text)
    _prepare(tokens, links)
    return _sanitise(parser.renderer.render(tokens, parser.options, {}), links)


def _parser() -> MarkdownIt:
    budget = [MAX_CODE]

    def coloured(code: str, language: str, attributes: str) -> str:
        budget[0] -= len(code)
        return highlighting.code(code, language) if budget[0] >= 0 else escape(code)

    parser = MarkdownIt("commonmark", {"html": True, "highlight": coloured}).enable(["table", "strikethrough"])
    return parser.use(footnote_plugin).use(deflist_plugin)


# --- before rendering ----------------------------------------------------------------------------
def _prepare(tokens: list[Token], links: Links) -> None:
    seen: set[str] = set()
    for index, token in enumerate(tokens):
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
        if token.type == "heading_open":
            token.attrSet("id", _slug(tokens[index + 1].content, seen))
        if token.type == "html_block":
            token.content = _lower_headings(token.content)
        if token.type == "inline":
            token.children = list(_inline(token.children or []))
    _mark_tasks(tokens)


def _inline(children: list[Token]) -> Iterator[Token]:
    for child in children:
        if child.type == "html_inline":
            child.content = _lower_headings(child.content)
        if child.type == "image" and _is_foreign(str(child.attrGet("src") or "")):
            yield from _image_link(child)
        else:
            yield child


def _image_link(image: Token) -> Iterator[Token]:
    """A foreign image as a link to it: loading it would tell another site who reads this page."""
    address = str(image.attrGet("src"))
    opening = Token("link_open", "a", 1, attrs={"href": address})
    text = Token("text", "", 0, content=image.content or address)
    yield from (opening, text, Token("link_close", "a", -1))


def _mark_tasks(tokens: list[Token]) -> None:
    """`[x]` at the head of a list item becomes a mark: a real checkbox that nobody can tick would need a label."""
    for opening, inline in zip(tokens, tokens[2:], strict=False):
        if opening.type != "list_item_open" or inline.type != "inline" or not inline.children:
            continue
        first = inline.children[0]
        match = _TASK.match(first.content) if first.type == "text" else None
        if match:
            mark = "☐ " if match[1] == " " else "☑ "
            first.content = mark + first.content[match.end() :]


def _slug(text: str, seen: set[str]) -> str:
    """Ids as GitHub and Hugging Face make them: lower case, spaces to hyphens, punctuation dropped."""
    base = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-") or "section"
    slug, number = base, 0
    while slug in seen:
        number += 1
        slug = f"{base}-{number}"
    seen.add(slug)
    return slug


def _lower_headings(html: str) -> str:
    return _HTML_HEADING.sub(lambda found: f"<{found[1]}h{int(found[2]) + 1}", html)


def _is_foreign(address: str) -> bool:
    """Whether it leads to another site; what is no address at all is treated the same."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return True
    return bool(parts.scheme or parts.netloc)


# --- the boundary --------------------------------------------------------------------------------
def _sanitise(html: str, links: Links) -> str:
    def attribute(tag: str, name: str, value: str) -> str | None:
        if name == "href":
            return _href(value, links)
        if name == "src":
            return None if _is_foreign(value) or value.startswith("/") else links.target(value, links.files)
        return value

    clean = nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags={
            "script",
            "style",
            "iframe",
            "object",
            "template",
            "noscript",
            "title",
            "textarea",
            "select",
        },
        attributes=_ATTRIBUTES,
        tag_attribute_values={tag: {"align": {"left", "center", "right"}} for tag in _ALIGNED},
        attribute_filter=attribute,
        allowed_classes={"span": set(highlighting.CLASSES)},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow ugc noopener",
        id_prefix="card-",
    )
    # What is wider than the page scrolls in its own region, and a region that scrolls must take the keyboard.
    clean = clean.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace("</table>", "</table></div>")
    return clean.replace("<pre>", '<pre tabindex="0">')


def _href(value: str, links: Links) -> str | None:
    if value.startswith("#"):
        return f"#card-{value[1:]}" if len(value) > 1 else None
    return value if _is_foreign(value) or value.startswith("/") else links.target(value, links.pages)


# --- in short ------------------------------------------------------------------------------------
def summary_of(text: str) -> str:
    """The first paragraph that says something, as plain text of at most 300 characters."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens = parser.parse(text[:20_000])
    for opening, inline in pairwise(tokens):
        if opening.type == "paragraph_open" and opening.level == 0 and inline.children:
            said = " ".join("".join(_plain(inline.children)).split())
            if said:
                return _shorten(said)
    return ""


def _plain(children: list[Token]) -> Iterator[str]:
    for child in children:
        if child.type in {"text", "code_inline"}:
            yield child.content
        elif child.type in {"softbreak", "hardbreak"}:
            yield " "


def _shorten(text: str) -> str:
    if len(text) <= SUMMARY:
        return text
    return text[: SUMMARY - 1].rsplit(" ", 1)[0].rstrip(",;: ") + "…"
