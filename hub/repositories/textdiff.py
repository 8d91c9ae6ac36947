"""Two texts side by side as lines: what stayed, what went, what came. Pure, and bounded in time on any input.

E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), the greedy form. Texts that differ in more than
`MOST_EDITS` lines are shown as replaced where they differ: nobody reads such a difference line by line.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

MOST_LINES = 5_000
MOST_EDITS = 500
SHOWN_LINES = 600
CONTEXT = 3
LONGEST = 400

Kind = Literal["same", "added", "removed", "gap"]


@dataclass(frozen=True, slots=True)
class Line:
    """One row; `old` and `new` are its line numbers, from 1, on the sides where it stands."""

    kind: Kind
    text: str = ""
    old: int | None = None
    new: int | None = None


@dataclass(frozen=True, slots=True)
class Diff:
    """`cut` says that rows were left out at the end."""

    lines: Sequence[Line]
    added: int
    removed: int
    cut: bool


def diff(old: str, new: str) -> Diff | None:
    """Changed lines with three lines around them. None when the texts are too long to be compared by line."""
    before, after = old.splitlines(), new.splitlines()
    if len(before) > MOST_LINES or len(after) > MOST_LINES:
        return None
    kept = matches(before, after)
    rows = list(_rows(before, after, kept))
    shown = list(_with_context(rows))
    removed, added = len(before) - len(kept), len(after) - len(kept)
    return Diff(shown[:SHOWN_LINES], added, removed, len(shown) > SHOWN_LINES)


def matches(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of places (from 0) of lines that stay, in order; as many as there can be if few lines differ."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    middle = _shortest(before[start : len(before) - end], after[start : len(after) - end])
    head = [(place, place) for place in range(start)]
    tail = [(len(before) - end + offset, len(after) - end + offset) for offset in range(end)]
    return [*head, *((a + start, b + start) for a, b in middle), *tail]


def _shortest(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """The pairs on a shortest edit path; none when it has more than `MOST_EDITS` steps."""
    reach = {1: 0}
    trail: list[dict[int, int]] = []
    for steps in range(min(len(before) + len(after), MOST_EDITS) + 1):
        trail.append(dict(reach))
        for diagonal in range(-steps, steps + 1, 2):
            down = diagonal == -steps or (diagonal != steps and reach[diagonal - 1] < reach[diagonal + 1])
            x = reach[diagonal + 1] if down else reach[diagonal - 1] + 1
            while x < len(before) and 0 <= x - diagonal < len(after) and before[x] == after[x - diagonal]:
                x += 1
            reach[diagonal] = x
            if x >= len(before) and x - diagonal >= len(after):
                return _walk_back(trail, len(before), len(after))
    return []


def _walk_back(trail: Sequence[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for steps in range(len(trail) - 1, -1, -1):
        reach, diagonal = trail[steps], x - y
        down = diagonal == -steps or (diagonal != steps and reach[diagonal - 1] < reach[diagonal + 1])
        from_diagonal = diagonal + 1 if down else diagonal - 1
        from_x = reach[from_diagonal]
        from_y = from_x - from_diagonal
        while x > max(from_x, 0) and y > max(from_y, 0):
            x, y = x - 1, y - 1
            pairs.append((x, y))
        x, y = from_x, from_y
    return pairs[::-1]


def _rows(before: Sequence[str], after: Sequence[str], kept: Sequence[tuple[int, int]]) -> Iterator[Line]:
    a = b = 0
    for old, new in [*kept, (len(before), len(after))]:
        yield from (Line("removed", _cut(before[place]), old=place + 1) for place in range(a, old))
        yield from (Line("added", _cut(after[place]), new=place + 1) for place in range(b, new))
        if old < len(before) and new < len(after):
            yield Line("same", _cut(before[old]), old + 1, new + 1)
        a, b = old + 1, new + 1


def _with_context(rows: Sequence[Line]) -> Iterator[Line]:
    """The rows within three of a change; one gap in place of each run of others."""
    near: set[int] = set()
    for place, row in enumerate(rows):
        if row.kind != "same":
            near.update(range(place - CONTEXT, place + CONTEXT + 1))
    skipped = False
    for place, row in enumerate(rows):
        if place in near:
            yield row
        elif not skipped and near:
            yield Line("gap")
        skipped = place not in near


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
