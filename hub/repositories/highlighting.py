"""Source text as HTML with Pygments' class names. The names of colours live in the style sheet, never in the markup."""

from html import escape

from pygments import highlight as _pygments
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import STANDARD_TYPES
from pygments.util import ClassNotFound

# A lexer is a set of regular expressions, some of them slow on odd input; longer text is shown plain.
MAX_CHARACTERS = 200_000
CLASSES = frozenset(name for name in STANDARD_TYPES.values() if name) | {"w"}


def code(text: str, language: str) -> str:
    """The inside of a `<code>` element: coloured when the language is known, escaped in any case."""
    return _render(text, _by_name(language), HtmlFormatter(nowrap=True))


def file(text: str, name: str) -> str:
    """The same for a whole file, with each line in `<span id="L-n">`, n from 1."""
    lexer = _by_filename(name)
    if lexer is None or len(text) > MAX_CHARACTERS:
        lines = text.splitlines()
        return "".join(f'<span id="L-{n}">{escape(line)}\n</span>' for n, line in enumerate(lines, start=1))
    return _render(text, lexer, HtmlFormatter(nowrap=True, linespans="L"))


def _render(text: str, lexer: Lexer | None, formatter: HtmlFormatter[str]) -> str:
    if lexer is None or len(text) > MAX_CHARACTERS:
        return escape(text)
    return str(_pygments(text, lexer, formatter))


def _by_name(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False) if language else None
    except ClassNotFound:
        return None


def _by_filename(name: str) -> Lexer | None:
    try:
        return get_lexer_for_filename(name.rsplit("/", 1)[-1], stripnl=False)
    except ClassNotFound:
        return None
