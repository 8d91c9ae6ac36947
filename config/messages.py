"""Translations without GNU gettext: collect strings from code and templates, merge them into `locale/`, compile.

Babel reads Python; Django's own `templatize` turns a template into Python-like source that Babel then reads as well.
"""

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages import pofile
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("chain", "config", "hub", "ledger", "rewards", "web")
TEMPLATES = ("templates", "hub", "web")
LANGUAGES = {"ja": "ja", "zh_Hans": "zh_Hans"}
_KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


def catalogue_path(language: str, suffix: str = "po") -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / f"django.{suffix}"


def _sources() -> Iterator[tuple[Path, bytes]]:
    """Every file that may hold strings, as Python-like source."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, path.read_bytes()
    for folder in TEMPLATES:
        for path in sorted((ROOT / folder).rglob("*.html")) + sorted((ROOT / folder).rglob("*.txt")):
            yield path, _flat(templatize(path.read_text(encoding="utf-8"), origin=str(path))).encode()


def _flat(source: str) -> str:
    """Without indentation: what stands around the strings of a template is no block structure."""
    return "\n".join(line.strip() for line in source.splitlines())


def collect() -> Catalog:
    """All strings in the tree, with where they stand (files without line numbers, so that diffs stay small)."""
    found = Catalog(project="Akashi", charset="utf-8", fuzzy=False)
    for path, source in _sources():
        for _line, message, comments, context in extract(
            "python", BytesIO(source), keywords=_KEYWORDS, comment_tags=("Translators:",)
        ):
            where = [(path.relative_to(ROOT).as_posix(), 0)]
            found.add(message, locations=where, auto_comments=comments, context=context)
    return found


def load(language: str) -> Catalog:
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language, project="Akashi", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return pofile.read_po(file, locale=language)


def merge(language: str, template: Catalog) -> Catalog:
    """The language's catalogue with exactly the strings of `template`; kept translations stay, new ones are empty."""
    catalogue = load(language)
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.fuzzy = False
    return catalogue


def save(language: str, catalogue: Catalog) -> None:
    path = catalogue_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        pofile.write_po(file, catalogue, width=110, sort_output=True, omit_header=False, include_lineno=False)


def compile_catalogue(language: str) -> Path:
    target = catalogue_path(language, "mo")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(f".draft-{os.getpid()}")  # nobody reads half a file, whoever else compiles
    with draft.open("wb") as file:
        write_mo(file, load(language))
    draft.replace(target)
    return target


def complaints(language: str) -> list[str]:
    """What is wrong with a language's catalogue: strings missing, untranslated, fuzzy, or with other placeholders."""
    catalogue, template = load(language), collect()
    found = []
    for message in template:
        if not message.id:
            continue
        translated = catalogue.get(message.id, message.context)
        name = message.id[0] if isinstance(message.id, tuple) else message.id
        if translated is None:
            found.append(f"{language}: not in the catalogue: {name!r}")
        elif "fuzzy" in translated.flags:
            found.append(f"{language}: fuzzy: {name!r}")
        elif not all(translated.string if isinstance(translated.string, tuple | list) else [translated.string]):
            found.append(f"{language}: not translated: {name!r}")
        else:
            found += [f"{language}: {error}: {name!r}" for error in translated.check(catalogue)]
    return found
