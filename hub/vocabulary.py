"""The kinds of values an entry may hold, and the check of one event against its type. Pure.

Data goes into the log for ever, so it takes ids, digests, enumerations, whole numbers and decimal strings only: no
names, addresses, paths or free text. Words of people go into detail groups, which can be erased. `hub.events` and
`rewards.events` write their tables with these kinds.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

SUBJECTS = {
    "repo": re.compile(r"repo:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "rev": re.compile(r"rev:[0-9a-f]{64}"),
    "contrib": re.compile(r"contrib:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "acct": re.compile(r"acct:[0-9a-f]{32}"),
    "epoch": re.compile(r"epoch:(0|[1-9][0-9]{0,14})"),
    "policy": re.compile(r"policy:[0-9a-f]{64}"),
    "log": re.compile(r"log"),
    "goods": re.compile(r"goods:https://[!-~]{1,186}"),
}
ANY_SUBJECT = tuple(SUBJECTS)
_LARGEST = 2**53 - 1


class BadEvent(ValueError):
    """An event that its own vocabulary does not allow: a mistake in the calling service, never in a person's input."""


@dataclass(frozen=True)
class Kind:
    """What one value may be. `problem` says in words what is wrong, or returns an empty string."""

    def problem(self, value: object) -> str:
        raise NotImplementedError

    def subjects(self, value: object) -> Iterator[str]:
        """Every subject that a valid value names."""
        return iter(())


@dataclass(frozen=True)
class Pattern(Kind):
    """A string that matches a regular expression as a whole."""

    pattern: str
    what: str

    def problem(self, value: object) -> str:
        fits = isinstance(value, str) and re.fullmatch(self.pattern, value, re.ASCII) is not None
        return "" if fits else f"must be {self.what}"


@dataclass(frozen=True)
class Subject(Kind):
    """A subject with one of the given prefixes. It makes the entry findable from there."""

    prefixes: tuple[str, ...]

    def problem(self, value: object) -> str:
        fits = isinstance(value, str) and any(SUBJECTS[prefix].fullmatch(value) for prefix in self.prefixes)
        return "" if fits else f"must be a subject of {' or '.join(self.prefixes)}"

    def subjects(self, value: object) -> Iterator[str]:
        yield str(value)


@dataclass(frozen=True)
class Word(Kind):
    """One of a closed list of words."""

    choices: tuple[str, ...]

    def problem(self, value: object) -> str:
        return "" if isinstance(value, str) and value in self.choices else f"must be one of {', '.join(self.choices)}"


@dataclass(frozen=True)
class Whole(Kind):
    """A whole number, below 2**53 so that every JSON reader keeps it exact."""

    least: int = 0
    most: int = _LARGEST

    def problem(self, value: object) -> str:
        fits = isinstance(value, int) and not isinstance(value, bool) and self.least <= value <= self.most
        return "" if fits else f"must be a whole number from {self.least} to {self.most}"


@dataclass(frozen=True)
class OneOf(Kind):
    """One of a closed list of whole numbers."""

    choices: tuple[int, ...]

    def problem(self, value: object) -> str:
        fits = isinstance(value, int) and not isinstance(value, bool) and value in self.choices
        return "" if fits else f"must be one of {', '.join(map(str, self.choices))}"


@dataclass(frozen=True)
class Text(Kind):
    """Words of a person. Only in details."""

    most: int

    def problem(self, value: object) -> str:
        fits = isinstance(value, str) and 0 < len(value) <= self.most
        return "" if fits else f"must be text of 1 to {self.most} characters"


@dataclass(frozen=True)
class Optional(Kind):
    """A field that may be left out. It is never null."""

    kind: Kind

    def problem(self, value: object) -> str:
        return self.kind.problem(value)

    def subjects(self, value: object) -> Iterator[str]:
        return self.kind.subjects(value)


@dataclass(frozen=True)
class ListOf(Kind):
    """A list of values of one kind."""

    kind: Kind
    most: int = 200

    def problem(self, value: object) -> str:
        if not isinstance(value, list) or len(value) > self.most:
            return f"must be a list of at most {self.most}"
        found = ((index, self.kind.problem(item)) for index, item in enumerate(value))
        return next((f"[{index}] {problem}" for index, problem in found if problem), "")

    def subjects(self, value: object) -> Iterator[str]:
        for item in value if isinstance(value, list) else ():
            yield from self.kind.subjects(item)


@dataclass(frozen=True)
class Fields(Kind):
    """An object with exactly these fields, less the optional ones."""

    kinds: Mapping[str, Kind]

    def problem(self, value: object) -> str:
        if not isinstance(value, dict):
            return "must be an object"
        unknown = sorted(set(value) - set(self.kinds))
        if unknown:
            return f"has unknown fields {', '.join(map(str, unknown))}"
        return next(self._problems(value), "")

    def _problems(self, value: dict[str, object]) -> Iterator[str]:
        for name, kind in self.kinds.items():
            if name in value:
                problem = kind.problem(value[name])
                if problem:
                    yield f"{name} {problem}"
            elif not isinstance(kind, Optional):
                yield f"{name} is missing"

    def subjects(self, value: object) -> Iterator[str]:
        for name, item in value.items() if isinstance(value, dict) else ():
            yield from self.kinds[name].subjects(item)


DIGEST = Pattern(r"[0-9a-f]{64}", "a SHA-256 in lowercase hex")
CODE = Pattern(r"[a-z0-9][a-z0-9_.@:/+-]{0,79}", "an identifier of lowercase letters, digits and _.@:/+-")
VERSION = Pattern(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}", "a version")
LICENCE = Pattern(
    r"[A-Za-z0-9][A-Za-z0-9.+-]*( (AND|OR|WITH) [A-Za-z0-9][A-Za-z0-9.+-]*)*",
    "a licence identifier or an expression of them",
)
DECIMAL = Pattern(r"(?!-0(\.0*)?$)-?(0|[1-9][0-9]{0,39})(\.[0-9]{1,40})?", "a decimal number as a string")
MOMENT = Pattern(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", "a time in UTC with milliseconds and Z"
)
ADDRESS = Pattern(r"https?://[!-~]{1,300}", "an https address of a definition")

Groups: TypeAlias = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True)
class EventType:
    """One row of the vocabulary. A detail group in `optional` may be left out."""

    name: str
    about: tuple[str, ...]
    data: Fields
    details: Mapping[str, Fields] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()


def event(
    name: str,
    about: str | tuple[str, ...],
    data: Mapping[str, Kind] | None = None,
    details: Mapping[str, Mapping[str, Kind]] | None = None,
    optional: Sequence[str] = (),
) -> EventType:
    """Write one row: its name, the prefixes of its subject, the fields of `data`, the detail groups with theirs."""
    prefixes = (about,) if isinstance(about, str) else about
    groups = {group: Fields(fields) for group, fields in (details or {}).items()}
    return EventType(name, prefixes, Fields(data or {}), groups, frozenset(optional))


def table(*rows: EventType) -> dict[str, EventType]:
    return {row.name: row for row in rows}


def check(kind: EventType, subject: str, data: Mapping[str, object], details: Groups) -> None:
    """Raise `BadEvent` unless subject, data and details are what the type allows."""
    problem = Subject(kind.about).problem(subject)
    if problem:
        raise BadEvent(f"{kind.name}: subject {problem}")
    problem = kind.data.problem(dict(data))
    if problem:
        raise BadEvent(f"{kind.name}: data {problem}")
    _check_details(kind, details)


def _check_details(kind: EventType, details: Groups) -> None:
    unknown = sorted(set(details) - set(kind.details))
    if unknown:
        raise BadEvent(f"{kind.name}: unknown detail groups {', '.join(unknown)}")
    for group, fields in kind.details.items():
        if group in details:
            problem = fields.problem(dict(details[group]))
            if problem:
                raise BadEvent(f"{kind.name}: details of {group}: {problem}")
        elif group not in kind.optional:
            raise BadEvent(f"{kind.name}: detail group {group} is missing")


def related_subjects(kind: EventType, subject: str, data: Mapping[str, object], more: Sequence[str] = ()) -> list[str]:
    """The subjects that the data names, then `more`; each once, without the entry's own subject."""
    for name in more:
        problem = Subject(ANY_SUBJECT).problem(name)
        if problem:
            raise BadEvent(f"{kind.name}: related {name!r} {problem}")
    found = dict.fromkeys([*kind.data.subjects(dict(data)), *more])
    found.pop(subject, None)
    return list(found)
