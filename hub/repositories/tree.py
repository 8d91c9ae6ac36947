"""Directories as canonical objects, addressed by their SHA-256: the content of a revision.

One directory is the RFC 8785 JSON of

    {"members": [{"name": …, "sha256": 64 hex digits, "size": bytes, "type": "file" | "tree"}, …], "type": "tree"}

with members in the byte order of their UTF-8 names. A `file` member's `sha256` is its leaf: the SHA-256 of the
file, or of salt ‖ that digest in a repository that is not public. A `tree` member's `sha256` is the digest of
the directory object below, and its size is the sum of all files in it. Directories without files do not exist,
except the root. `docs/log-format.md` has worked bytes.

A commit of one file rewrites the directories on its path and nothing else, and one file is provable with those
directories alone. Nothing here knows of databases: callers hand in a `Reader` that fetches directories by digest.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

MAX_MEMBERS = 10_000
MAX_DEPTH = 32
MAX_NAME_BYTES = 255
MAX_PATH_BYTES = 512
DIGEST = re.compile(r"[0-9a-f]{64}")

FILE: Literal["file"] = "file"
TREE: Literal["tree"] = "tree"


class Reason(StrEnum):
    """Why a path or a change is refused; `words.py` says it to people."""

    EMPTY = "empty"
    ABSOLUTE = "absolute"
    DOTS = "dots"
    SEPARATOR = "separator"
    CHARACTER = "character"
    RESERVED = "reserved"
    LONG = "long"
    DEEP = "deep"
    FULL = "full"
    CASE = "case"
    BELOW_FILE = "below-file"
    IS_FOLDER = "is-folder"
    MISSING = "missing"
    MALFORMED = "malformed"


class TreeRefused(Exception):
    """A change that no directory can hold. `path` is what was asked, `other` what stands in its way."""

    def __init__(self, reason: Reason, path: str = "", other: str = "") -> None:
        super().__init__(f"{reason}: {path!r}" + (f" ({other!r})" if other else ""))
        self.reason = reason
        self.path = path
        self.other = other


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a path holds: the digest that stands in the tree (hex), and the file's size in bytes."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Member:
    """One name in a directory."""

    name: str
    type: Literal["file", "tree"]
    digest: str
    size: int

    @property
    def leaf(self) -> Leaf:
        return Leaf(self.digest, self.size)


@dataclass(frozen=True, slots=True)
class Difference:
    """A path whose file differs between two trees; None on the side where there is no file."""

    path: str
    old: Leaf | None
    new: Leaf | None

    @property
    def action(self) -> Literal["added", "changed", "removed"]:
        if self.old is None:
            return "added"
        return "removed" if self.new is None else "changed"


Reader = Callable[[Collection[str]], Mapping[str, bytes]]
"""Fetches directory objects by digest; every digest asked for is in the answer, or it raises."""


# --- names and paths -----------------------------------------------------------------------------
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_path(path: str) -> str:
    """The one spelling of a path: Unicode NFC, relative, `/` between names. Raises `TreeRefused`.

    Refused are names that file systems, shells or readers would take for something else: `.`, `..`, `.git`,
    backslashes, control characters, invisible marks that turn the direction of writing, lone surrogates.
    """
    path = unicodedata.normalize("NFC", path)
    if not path:
        raise TreeRefused(Reason.EMPTY)
    if path.startswith("/"):
        raise TreeRefused(Reason.ABSOLUTE, path)
    names = path.split("/")
    for name in names:
        _check_name(name, path)
    if len(names) > MAX_DEPTH:
        raise TreeRefused(Reason.DEEP, path)
    if len(path.encode()) > MAX_PATH_BYTES:
        raise TreeRefused(Reason.LONG, path)
    return path


def _check_name(name: str, path: str) -> None:
    if not name or name != name.strip():
        raise TreeRefused(Reason.EMPTY, path)
    if name in {".", ".."}:
        raise TreeRefused(Reason.DOTS, path)
    if "\\" in name:
        raise TreeRefused(Reason.SEPARATOR, path)
    if not name.isprintable() and any(_is_hidden(character) for character in name):
        raise TreeRefused(Reason.CHARACTER, path)
    if name.casefold() == ".git":
        raise TreeRefused(Reason.RESERVED, path)
    if len(name.encode()) > MAX_NAME_BYTES:
        raise TreeRefused(Reason.LONG, path)


def _is_hidden(character: str) -> bool:
    return character in _BIDI or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}


def salted_leaf(salt: bytes, sha256: str) -> str:
    """The leaf of a file in a repository that is not public: SHA-256(salt ‖ SHA-256 of the file), in hex."""
    return hashlib.sha256(salt + bytes.fromhex(sha256)).hexdigest()


# --- one directory -------------------------------------------------------------------------------
def encode(members: Iterable[Member]) -> bytes:
    """The canonical bytes of a directory.

    Keys are ASCII and values strings and integers, for which Python's encoder and RFC 8785 agree byte by byte
    (a test compares them); it is many times faster on directories with thousands of members.
    """
    ordered = sorted(members, key=lambda member: member.name.encode())
    content = [{"name": m.name, "sha256": m.digest, "size": m.size, "type": m.type} for m in ordered]
    return json.dumps({"members": content, "type": "tree"}, ensure_ascii=False, separators=(",", ":")).encode()


def digest_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def decode(body: bytes) -> tuple[Member, ...]:
    """The members of a directory. Anything but the canonical form raises `TreeRefused`."""
    try:
        found = json.loads(body)
        members = tuple(Member(m["name"], m["type"], m["sha256"], m["size"]) for m in found["members"])
        for member in members:
            _check_member(member)
        canonical = encode(members) == body
    except (ValueError, KeyError, TypeError, RecursionError):
        raise TreeRefused(Reason.MALFORMED) from None
    if not canonical or len({member.name for member in members}) != len(members):
        raise TreeRefused(Reason.MALFORMED)
    return members


def _check_member(member: Member) -> None:
    fits = (
        type(member.name) is str
        and member.type in {"file", "tree"}
        and type(member.digest) is str
        and DIGEST.fullmatch(member.digest)
        and type(member.size) is int
        and 0 <= member.size < 2**53
    )
    if not fits:
        raise TreeRefused(Reason.MALFORMED)
    _check_name(member.name, member.name)


EMPTY = encode(())
EMPTY_ROOT = digest_of(EMPTY)


# --- changing ------------------------------------------------------------------------------------
@dataclass(slots=True)
class _Step:
    """A name on the way to something that changes."""

    path: str
    removed: bool = False
    optional: bool = False
    leaf: Leaf | None = None
    below: dict[str, "_Step"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applied:
    """`root` is the new root's digest, `trees` the bytes of every directory that is new, `size` all its bytes."""

    root: str
    size: int
    trees: dict[str, bytes]


def apply_changes(
    read_trees: Reader, root: str | None, changes: Mapping[str, Leaf | None], cleared: Collection[str] = ()
) -> Applied:
    """The tree after `changes`: path → the file to put there, or None to remove the file or folder.

    Paths must have gone through `clean_path`. Removals happen first, so a folder can be replaced in one go; what stands
    at a path in `cleared`, if anything, is removed before that path is filled. Only directories on a changed path are
    read and written. Raises `TreeRefused`, which names the path.
    """
    plan = _plan(changes, cleared)
    known = _read_touched(read_trees, root, plan)
    new_trees: dict[str, bytes] = {}
    member = _rebuild(plan, known, new_trees)
    if member is None:
        return Applied(EMPTY_ROOT, 0, {EMPTY_ROOT: EMPTY})
    return Applied(member.digest, member.size, new_trees)


def _plan(changes: Mapping[str, Leaf | None], cleared: Collection[str]) -> _Step:
    top = _Step("")
    for path, leaf in changes.items():
        step = _step_at(top, path)
        step.removed, step.leaf = leaf is None, leaf
    for path in cleared:
        step = _step_at(top, path)
        step.optional = not step.removed
        step.removed = True
    return top


def _step_at(top: _Step, path: str) -> _Step:
    step = top
    for name in path.split("/"):
        step = step.below.setdefault(name, _Step(_join(step.path, name)))
    return step


def _read_touched(read_trees: Reader, root: str | None, plan: _Step) -> dict[str, dict[str, Member]]:
    """The members of every existing directory on a changed path, by the directory's path; one read per level."""
    known: dict[str, dict[str, Member]] = {"": {}}
    level = [(plan, root)] if root else []
    while level:
        bodies = read_trees({digest for _, digest in level})
        following: list[tuple[_Step, str]] = []
        for step, digest in level:
            members = {member.name: member for member in decode(bodies[digest])}
            known[step.path] = members
            for name, below in step.below.items():
                member = members.get(name)
                if member is not None and member.type == TREE and below.below and not below.removed:
                    following.append((below, member.digest))
        level = following
    return known


def _rebuild(step: _Step, known: Mapping[str, dict[str, Member]], new_trees: dict[str, bytes]) -> Member | None:
    """The directory at `step` with everything below it changed; None when nothing is left in it."""
    members = dict(known.get(step.path, {}))
    for name, below in step.below.items():
        if below.removed and members.pop(name, None) is None and not below.optional:
            raise TreeRefused(Reason.MISSING, below.path)
        changed = _changed_member(members.get(name), below, known, new_trees)
        if changed is None:
            members.pop(name, None)
        else:
            members[name] = Member(name, changed.type, changed.digest, changed.size)
    if not members:
        return None
    _check_directory(members, step)
    body = encode(members.values())
    digest = digest_of(body)
    new_trees[digest] = body
    return Member("", TREE, digest, sum(member.size for member in members.values()))


def _changed_member(
    present: Member | None, step: _Step, known: Mapping[str, dict[str, Member]], new_trees: dict[str, bytes]
) -> Member | None:
    if step.leaf is not None:
        _check_free(present, step, known)
        return Member("", FILE, step.leaf.digest, step.leaf.size)
    if not step.below:
        return present
    if present is not None and present.type == FILE:
        return _below_file(present, step)
    return _rebuild(step, known, new_trees)


def _below_file(present: Member, step: _Step) -> Member:
    """Nothing can be put below a file and nothing is there to remove; clearing what is not there is no change."""
    for below in step.below.values():
        if not below.optional or below.leaf or below.below:
            raise TreeRefused(Reason.MISSING if below.removed else Reason.BELOW_FILE, below.path, step.path)
    return present


def _check_free(present: Member | None, step: _Step, known: Mapping[str, dict[str, Member]]) -> None:
    """A file may take a folder's name only when the same change leaves nothing in the folder."""
    left = _rebuild(step, known, {}) if step.below else present
    if left is not None and left.type == TREE:
        raise TreeRefused(Reason.IS_FOLDER, step.path)


def _check_directory(members: Mapping[str, Member], step: _Step) -> None:
    """Names that some file systems cannot hold side by side are refused, as is a directory without end."""
    if len(members) > MAX_MEMBERS:
        raise TreeRefused(Reason.FULL, step.path)
    folded: dict[str, str] = {}
    for name in members:
        other = folded.setdefault(unicodedata.normalize("NFC", name.casefold()), name)
        if other != name:
            new, old = (name, other) if name in step.below else (other, name)
            raise TreeRefused(Reason.CASE, _join(step.path, new), _join(step.path, old))


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


# --- reading -------------------------------------------------------------------------------------
def walk(read_trees: Reader, root: str, folder: str = "") -> Iterator[tuple[str, Leaf]]:
    """Every file below `root` as (path, leaf), level by level with one read each; paths begin with `folder`."""
    level = [(folder, root)]
    while level:
        bodies = read_trees({digest for _, digest in level})
        following: list[tuple[str, str]] = []
        for path, digest in level:
            for member in decode(bodies[digest]):
                if member.type == TREE:
                    following.append((_join(path, member.name), member.digest))
                else:
                    yield _join(path, member.name), member.leaf
        level = following


def find(read_trees: Reader, root: str, path: str) -> Member:
    """The member at `path` (the root itself for ""). Raises `TreeRefused(MISSING)`."""
    member = Member("", TREE, root, 0)
    for name in filter(None, path.split("/")):
        if member.type != TREE:
            raise TreeRefused(Reason.MISSING, path)
        members = decode(read_trees([member.digest])[member.digest])
        found = next((candidate for candidate in members if candidate.name == name), None)
        if found is None:
            raise TreeRefused(Reason.MISSING, path)
        member = found
    return member


def diff_trees(read_trees: Reader, old: str | None, new: str | None) -> list[Difference]:
    """Every path whose file differs, in the order of paths. Equal directories are not opened."""
    found: list[Difference] = []
    level: list[tuple[str, str | None, str | None]] = [("", old, new)]
    while level:
        wanted = {digest for _, left, right in level for digest in (left, right) if digest}
        bodies = read_trees(wanted)
        following: list[tuple[str, str | None, str | None]] = []
        for folder, left, right in level:
            old_members = _members_by_name(bodies, left)
            new_members = _members_by_name(bodies, right)
            for name in old_members.keys() | new_members.keys():
                _compare(_join(folder, name), old_members.get(name), new_members.get(name), found, following)
        level = following
    return sorted(found, key=lambda difference: difference.path.encode())


def _members_by_name(bodies: Mapping[str, bytes], digest: str | None) -> dict[str, Member]:
    return {member.name: member for member in decode(bodies[digest])} if digest else {}


def _compare(
    path: str,
    old: Member | None,
    new: Member | None,
    found: list[Difference],
    following: list[tuple[str, str | None, str | None]],
) -> None:
    if old and new and (old.type, old.digest) == (new.type, new.digest):
        return
    old_file, new_file = (member.leaf if member and member.type == FILE else None for member in (old, new))
    old_tree, new_tree = (member.digest if member and member.type == TREE else None for member in (old, new))
    if old_file or new_file:
        found.append(Difference(path, old_file, new_file))
    if old_tree or new_tree:
        following.append((path, old_tree, new_tree))


# --- proving -------------------------------------------------------------------------------------
def path_proof(read_trees: Reader, root: str, path: str) -> list[bytes]:
    """The directories from the root down to the one that holds `path`: all that a reader needs to check it."""
    bodies: list[bytes] = []
    digest = root
    for name in path.split("/"):
        body = read_trees([digest])[digest]
        bodies.append(body)
        member = next((candidate for candidate in decode(body) if candidate.name == name), None)
        if member is None:
            raise TreeRefused(Reason.MISSING, path)
        digest = member.digest
    return bodies


def verify_path(root: str, path: str, bodies: Collection[bytes]) -> Member:
    """The member at `path` in the tree `root`, from `path_proof` alone. Raises `TreeRefused` unless it follows."""
    names = path.split("/")
    if len(names) != len(bodies):
        raise TreeRefused(Reason.MALFORMED, path)
    expected = Member("", TREE, root, 0)
    for name, body in zip(names, bodies, strict=True):
        if expected.type != TREE or digest_of(body) != expected.digest:
            raise TreeRefused(Reason.MALFORMED, path)
        member = next((candidate for candidate in decode(body) if candidate.name == name), None)
        if member is None:
            raise TreeRefused(Reason.MISSING, path)
        expected = member
    return expected
