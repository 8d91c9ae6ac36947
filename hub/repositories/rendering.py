"""HTML of cards and source files, made once for each digest and kept in the cache."""

import hashlib
from dataclasses import dataclass

from django.core.cache import cache
from django.utils.safestring import SafeString, mark_safe

from hub.repositories import card, highlighting, links, markdown, preview, reading
from hub.repositories.front_matter import FrontMatterRefused
from hub.repositories.models import Repository

KEPT = 7 * 24 * 3600  # seconds


@dataclass(frozen=True)
class Rendered:
    """`language` is the one language that the text is in, for the `lang` attribute; empty when not known."""

    html: SafeString
    language: str = ""


def markdown_file(repository: Repository, rev: str, file: reading.FileView) -> Rendered:
    """A Markdown file of a repository, seen at `rev`, its front matter left out. Raises BytesGone."""
    # Also of one that was rendered before: what was taken down is not shown from the cache either.
    reading.refuse_taken_down(file)
    where = links.tree(repository, rev)
    key = _key("markdown", file.sha256, f"{markdown.VERSION}/{where}/{file.folder}")
    found = cache.get(key)
    if found is None:
        found = _render_markdown(repository, rev, file)
        cache.set(key, found, KEPT)
    return Rendered(mark_safe(found[0]), found[1])  # noqa: S308 (sanitised by `markdown`)


def _render_markdown(repository: Repository, rev: str, file: reading.FileView) -> tuple[str, str]:
    text = reading.read_text(file, card.MAX_BYTES)
    try:
        about = card.parse(text)
    except FrontMatterRefused:
        about = card.Card({}, text)
    language = about.languages[0] if len(about.languages) == 1 and len(about.languages[0]) <= 12 else ""
    return markdown.render(about.body, page_links(repository, rev, file.folder)), language


def markdown_text(repository: Repository, rev: str, text: str) -> SafeString:
    """A card that is not published yet. Raises FrontMatterRefused."""
    html = markdown.render(card.parse(text).body, page_links(repository, rev, ""))
    return mark_safe(html)  # noqa: S308 (sanitised by `markdown`)


def page_links(repository: Repository, rev: str, folder: str) -> markdown.Links:
    tree = links.tree(repository, rev)
    pages, files = (tree.replace("/tree/", f"/{kind}/", 1) for kind in ("blob", "resolve"))
    return markdown.Links(pages, files, folder)


def source(file: reading.FileView, text: str) -> SafeString:
    """The inside of a `<code>` element for a text file, coloured by its name."""
    key = _key("source", file.sha256, f"{preview.suffix_of(file.path) or file.name}/{len(text)}")
    found: str | None = cache.get(key)
    if found is None:
        found = highlighting.file(text, file.path)
        cache.set(key, found, KEPT)
    return SafeString(found)


def _key(kind: str, sha256: str, rest: str) -> str:
    return f"repositories.{kind}/{sha256}/{hashlib.sha256(rest.encode()).hexdigest()[:32]}"
