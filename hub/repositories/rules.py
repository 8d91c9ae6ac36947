"""What a repository may be called, and which of its files only tell of the others. Pure."""

import re

LONGEST = 96
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?")

_TEXTS = (".md", ".markdown", ".txt", ".rst")
_TEXT_NAMES = frozenset(
    {"license", "licence", "notice", "copying", "authors", "changelog", "citation.cff", ".gitattributes", ".gitignore"}
)


def is_text(path: str) -> bool:
    """Whether a file is words for people, by its name: neither data nor code nor weights."""
    name = path.rsplit("/", 1)[-1].lower()
    return name.endswith(_TEXTS) or name in _TEXT_NAMES


def name_fits(name: str) -> bool:
    """The Hugging Face Hub's own rule, so that its clients can name every repository.

    Letters, digits, `-`, `_` and `.`, at most 96; neither `-` nor `.` first, last or twice in a row; no `.git` at the end.
    """
    doubled = "--" in name or ".." in name
    return len(name) <= LONGEST and bool(_NAME.fullmatch(name)) and not doubled and not name.lower().endswith(".git")
