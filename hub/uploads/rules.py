"""What may be stored, under which name, and how a file is cut into parts. Pure: no Django, no disk, no clock."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

MIB = 1024 * 1024
PART_BYTES = 8 * MIB
# Amazon S3 takes at most 10,000 parts of one object, each of 5 MiB or more (the last may be smaller).
MOST_PARTS = 9_000
NAME_BYTES = 512
SEGMENT_BYTES = 255
LARGEST_FILE = 50 * 1024 * MIB
PURPOSE = re.compile(r"[a-z0-9][a-z0-9:._/-]{0,119}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".zip", ".lz4")
_PICKLED_OBJECTS = (".pkl", ".pickle", ".joblib", ".dill")
_PICKLED_WEIGHTS = (".pt", ".pth", ".ckpt")
# Characters that turn the direction of text make one name look like another (Unicode TR 36, section 2.4).
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Reason(StrEnum):
    """Why a file is refused before a byte of it moves."""

    EMPTY_NAME = "empty_name"
    LONG_NAME = "long_name"
    NOT_A_PATH = "not_a_path"
    CONTROL_CHARACTER = "control_character"
    NOT_NFC = "not_nfc"
    GIT_FOLDER = "git_folder"
    PICKLE = "pickle"
    PICKLED_WEIGHTS = "pickled_weights"
    NEGATIVE_SIZE = "negative_size"
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True)
class Refusal:
    """`field` is the input at fault: `name` or `size`. `limit` is the number the reason speaks of, else 0."""

    field: str
    reason: Reason
    limit: int = 0


@dataclass(frozen=True, slots=True)
class PartPlan:
    """How a file of `size` bytes is cut: `count` parts of `part_size` bytes, the last one shorter. 0 bytes, 0 parts."""

    size: int
    part_size: int
    count: int

    def length(self, index: int) -> int:
        """Bytes of part `index` (from 0). Raises IndexError outside 0..count-1."""
        if not 0 <= index < self.count:
            raise IndexError(index)
        return min(self.part_size, self.size - index * self.part_size)


def part_plan(size: int) -> PartPlan:
    """Parts of 8 MiB, doubled until there are at most 9,000 of them."""
    part_size = PART_BYTES
    while -(-size // part_size) > MOST_PARTS:
        part_size *= 2
    return PartPlan(size, part_size, -(-size // part_size))


def is_digest(text: str) -> bool:
    """Whether this is a SHA-256 as the hub writes it: 64 lower-case hex digits."""
    return _DIGEST.fullmatch(text) is not None


def is_purpose(text: str) -> bool:
    return PURPOSE.fullmatch(text) is not None


def refused_reason(name: str, size: int, file_bytes: int = LARGEST_FILE) -> Refusal | None:
    """None when a file of this repository path and size may be sent; else the first rule it breaks."""
    problem = path_problem(name) or _type_problem(name)
    if problem is not None:
        return problem
    if size < 0:
        return Refusal("size", Reason.NEGATIVE_SIZE)
    if size > file_bytes:
        return Refusal("size", Reason.TOO_LARGE, file_bytes)
    return None


def path_problem(name: str) -> Refusal | None:
    """The rule that a repository path breaks, if any.

    A path is relative, has no empty, `.` or `..` segment, no backslash, no control or direction-turning
    character, is Unicode NFC and at most 512 bytes of UTF-8 (255 per segment).
    """
    if not name:
        return Refusal("name", Reason.EMPTY_NAME)
    if any(_forbidden(character) for character in name):
        return Refusal("name", Reason.CONTROL_CHARACTER)
    segments = name.split("/")
    if "\\" in name or any(part in {"", ".", ".."} or part != part.strip() for part in segments):
        return Refusal("name", Reason.NOT_A_PATH)
    if unicodedata.normalize("NFC", name) != name:
        return Refusal("name", Reason.NOT_NFC)
    if len(name.encode()) > NAME_BYTES:
        return Refusal("name", Reason.LONG_NAME, NAME_BYTES)
    if any(len(part.encode()) > SEGMENT_BYTES for part in segments):
        return Refusal("name", Reason.LONG_NAME, SEGMENT_BYTES)
    if any(part.lower() == ".git" for part in segments):
        return Refusal("name", Reason.GIT_FOLDER)
    return None


def _forbidden(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or character in _TURNING


def _type_problem(name: str) -> Refusal | None:
    """Pickles run code when they are opened, also inside a compressed file."""
    plain = name.lower()
    for suffix in _COMPRESSED:
        plain = plain.removesuffix(suffix)
    if plain.endswith(_PICKLED_OBJECTS):
        return Refusal("name", Reason.PICKLE)
    if plain.endswith(_PICKLED_WEIGHTS):
        return Refusal("name", Reason.PICKLED_WEIGHTS)
    return None
