"""The YAML block at the head of a card: read with a schema that cannot surprise, and edited without touching the rest.

Only plain data is taken: no anchors or aliases (which can unfold to gigabytes), no tags (which can build objects), no
doubled keys. Scalars follow YAML 1.2: `no` is a word and not false, a date stays text, and octal or base-60
numbers do not exist. Sizes are limited before anything is built.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import yaml

MAX_BYTES = 512 * 1024
MAX_DEPTH = 24
MAX_NODES = 100_000
_FENCE = re.compile(r"---[ \t]*\r?\n")
# Escapes can name them, but PostgreSQL cannot hold U+0000, and UTF-8 no half of a surrogate pair.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_END = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Reason(StrEnum):
    """Why front matter is refused; `words.py` says it to people."""

    UNCLOSED = "unclosed"
    LONG = "long"
    DEEP = "deep"
    ALIAS = "alias"
    TAG = "tag"
    TWICE = "twice"
    SYNTAX = "syntax"
    NOT_FIELDS = "not-fields"
    CHARACTER = "character"


class FrontMatterRefused(Exception):
    """`line` counts from 1 in the whole card; 0 when no line is at fault. `detail` is the parser's own remark."""

    def __init__(self, reason: Reason, line: int = 0, detail: str = "") -> None:
        super().__init__(f"line {line}: {reason} {detail}")
        self.reason = reason
        self.line = line
        self.detail = detail


class _Loader(_Base):  # type: ignore[misc]  # the base is chosen at run time
    """Plain data by YAML 1.2's core schema."""


_Loader.yaml_implicit_resolvers = {}
_Loader.yaml_constructors = dict(_Base.yaml_constructors)
for _tag, _pattern, _first in (
    ("null", r"(?:~|null|Null|NULL|)", ["~", "n", "N", ""]),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)", list("tTfF")),
    ("int", r"[-+]?[0-9]{1,15}", list("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^{_pattern}$"), _first)


def _bool(loader: Any, node: yaml.ScalarNode) -> bool:
    return bool(node.value.lower() == "true")


def _integer(loader: Any, node: yaml.ScalarNode) -> int:
    return int(node.value)


def _float(loader: Any, node: yaml.ScalarNode) -> float | str:
    number = float(node.value)
    return number if math.isfinite(number) else str(node.value)


def _mapping(loader: Any, node: yaml.MappingNode) -> Iterator[dict[str, Any]]:
    found: dict[str, Any] = {}
    yield found
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise FrontMatterRefused(Reason.NOT_FIELDS, key.start_mark.line + 2)
        if key.value in found:
            raise FrontMatterRefused(Reason.TWICE, key.start_mark.line + 2, key.value)
        found[key.value] = loader.construct_object(value, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:bool", _bool)
_Loader.add_constructor("tag:yaml.org,2002:int", _integer)
_Loader.add_constructor("tag:yaml.org,2002:float", _float)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


@dataclass(frozen=True, slots=True)
class Parts:
    """A card cut in two: `block` is the YAML between its fences, `start` and `end` where it stands in the text."""

    block: str
    start: int
    end: int
    body_start: int

    @property
    def present(self) -> bool:
        return self.body_start > 0


def split(text: str) -> Parts:
    """Find the front matter. A card that does not begin with a `---` line has none."""
    lead = 1 if text.startswith("\ufeff") else 0
    fence = _FENCE.match(text, lead)
    if fence is None:
        return Parts("", lead, lead, 0)
    end = _END.search(text, fence.end())
    if end is None:
        raise FrontMatterRefused(Reason.UNCLOSED, 1)
    return Parts(text[fence.end() : end.start()], fence.end(), end.start(), end.end())


def load(block: str) -> dict[str, Any]:
    """The fields of a YAML block, plain data only. Raises `FrontMatterRefused`."""
    if len(block.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise FrontMatterRefused(Reason.LONG)
    with _refusing():
        _check_events(block)
        found = yaml.load(block, Loader=_Loader)  # noqa: S506  # the loader knows plain data only
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise FrontMatterRefused(Reason.NOT_FIELDS, 2)
    return found


class _refusing:
    """Turns the parser's errors into ours."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, yaml.reader.ReaderError | UnicodeError):
            raise FrontMatterRefused(Reason.CHARACTER) from None
        if isinstance(error, yaml.MarkedYAMLError):
            mark = error.problem_mark or error.context_mark
            raise FrontMatterRefused(Reason.SYNTAX, mark.line + 2 if mark else 0, error.problem or "") from None
        if isinstance(error, yaml.YAMLError | ValueError):
            raise FrontMatterRefused(Reason.SYNTAX) from None


def _check_events(block: str) -> None:
    """Depth, amount, aliases and tags, checked on the flat stream before any node exists."""
    depth = 0
    for count, event in enumerate(yaml.parse(block, Loader=_Loader)):
        line = event.start_mark.line + 2 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise FrontMatterRefused(Reason.ALIAS, line)
        if getattr(event, "tag", None):
            raise FrontMatterRefused(Reason.TAG, line)
        if isinstance(event, yaml.ScalarEvent) and _UNSTORABLE.search(event.value):
            raise FrontMatterRefused(Reason.CHARACTER, line)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise FrontMatterRefused(Reason.DEEP, line)
        if count > MAX_NODES:
            raise FrontMatterRefused(Reason.LONG, line)


# --- editing -------------------------------------------------------------------------------------
def edit(text: str, updates: Mapping[str, Any]) -> str:
    """The card with top-level fields set, or removed where the value is None; every other character stays.

    A field that has the value already is not rewritten, so its comments and quoting survive.
    """
    parts = split(text)
    fields = load(parts.block)
    block = parts.block
    for key, value in updates.items():
        if fields.get(key) == value and (key in fields or value is None):
            continue
        block = _replace(block, key, value)
    if not parts.present:
        return f"{text[: parts.start]}---\n{block}---\n{_spaced(text[parts.start :])}" if block else text
    return text[: parts.start] + block + text[parts.end :]


def _spaced(body: str) -> str:
    return f"\n{body}" if body and not body.startswith("\n") else body


def _replace(block: str, key: str, value: Any) -> str:
    lines = block.splitlines(keepends=True)
    newline = "\r\n" if block.endswith("\r\n") else "\n"
    new = "" if value is None else _dump(key, value).replace("\n", newline)
    place = _lines_of(block, key)
    if place is not None:
        return "".join(lines[: place[0]]) + new + "".join(lines[place[1] :])
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += newline
    node = yaml.compose(block, Loader=_Loader)
    if isinstance(node, yaml.MappingNode) and node.flow_style:
        fields = load(block) | {key: value}
        return "".join(_dump(name, kept) for name, kept in fields.items() if kept is not None)
    return "".join(lines) + new


def _dump(key: str, value: Any) -> str:
    return yaml.safe_dump({key: value}, sort_keys=False, allow_unicode=True, width=10_000, default_flow_style=False)


def _lines_of(block: str, key: str) -> tuple[int, int] | None:
    """The lines [first, last) of a top-level field in block style."""
    node = yaml.compose(block, Loader=_Loader)
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        return None
    for name, value in node.value:
        if name.value == key:
            mark = value.end_mark
            last = mark.line if mark.column == 0 and mark.line > name.start_mark.line else mark.line + 1
            return name.start_mark.line, _without_trailing(block.splitlines(), name.start_mark.line, last)
    return None


def _without_trailing(lines: list[str], first: int, last: int) -> int:
    """A block value's end mark lies before the next field; comments and blank lines in between belong to that one."""
    while last > first + 1 and (not lines[last - 1].strip() or lines[last - 1].lstrip().startswith("#")):
        last -= 1
    return last
