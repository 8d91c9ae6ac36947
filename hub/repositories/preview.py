"""What a page can show of a file from its first bytes. Pure; nothing in a file is believed, only read.

Tables come from CSV and TSV, tensors from the header of a safetensors file (its format's README: 8 bytes length,
little-endian, then JSON), text from anything that is UTF-8, and a picture is only named.
"""

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

HEAD_BYTES = 256 * 1024
TENSOR_HEADER_BYTES = 4 * 1024 * 1024
TEXT_BYTES = 128 * 1024
ROWS, COLUMNS, CELL = 20, 40, 120
TENSORS, MOST_SIDES = 200, 64

IMAGES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".svg": "image/svg+xml",
}
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_MARKDOWN = (".md", ".markdown")


@dataclass(frozen=True, slots=True)
class Table:
    """The first rows. `more_columns` are those left out at the right; `whole` says that no row is left out."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    more_columns: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Tensor:
    name: str
    dtype: str
    shape: Sequence[int]
    numbers: int


@dataclass(frozen=True, slots=True)
class Tensors:
    """All numbers of a model file counted, its first tensors by name, and its own remarks."""

    tensors: Sequence[Tensor]
    count: int
    numbers: int
    dtypes: Sequence[str]
    metadata: Sequence[tuple[str, str]]


def suffix_of(path: str) -> str:
    """The ending of the file's name in lower case, with its dot."""
    name = path.rsplit("/", 1)[-1].lower()
    return name[name.rindex(".") :] if "." in name[1:] else ""


def is_image(path: str) -> bool:
    return suffix_of(path) in IMAGES


def is_markdown(path: str) -> bool:
    return suffix_of(path) in _MARKDOWN


def is_table(path: str) -> bool:
    return suffix_of(path) in _DELIMITERS


def is_safetensors(path: str) -> bool:
    return suffix_of(path) == ".safetensors"


def content_type(path: str) -> str:
    """The type under which bytes are handed out: pictures as themselves, all else as bytes that nothing will run."""
    return IMAGES.get(suffix_of(path), "application/octet-stream")


# --- text ----------------------------------------------------------------------------------------
def text_of(head: bytes, *, whole: bool) -> str | None:
    """The bytes as text when they are UTF-8 without control characters; None for binary ones.

    A character cut in two at the end of `head` is left out when more bytes follow.
    """
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if whole or error.start < len(head) - 3 or error.reason != "unexpected end of data":
            return None
        text = head[: error.start].decode("utf-8-sig")
    return None if any(character < " " and character not in "\t\n\r\f\x1b" for character in text) else text


# --- tables --------------------------------------------------------------------------------------
def table_of(path: str, head: bytes, *, whole: bool) -> Table | None:
    """The first rows of a CSV or TSV file; None when it is none after all."""
    text = text_of(head, whole=whole)
    if text is None or not text.strip():
        return None
    if not whole:
        text = text[: text.rfind("\n") + 1] or text
    rows = _rows(text, _DELIMITERS[suffix_of(path)], ROWS + 2)
    if not rows:
        return None
    width = max(len(row) for row in rows)
    shown = [[_short(cell) for cell in row[:COLUMNS]] for row in rows[: ROWS + 1]]
    return Table(shown[0], shown[1:], max(0, width - COLUMNS), whole and len(rows) <= ROWS + 1)


def _rows(text: str, delimiter: str, most: int) -> list[list[str]]:
    found: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if row:
                found.append(row)
            if len(found) >= most:
                break
    except csv.Error:
        pass
    return found


def _short(cell: str) -> str:
    return cell if len(cell) <= CELL else f"{cell[: CELL - 1]}…"


# --- tensors -------------------------------------------------------------------------------------
def tensors_of(head: bytes) -> Tensors | None:
    """The header of a safetensors file, from its first bytes; None when it is malformed or longer than `head`."""
    if len(head) < 8:
        return None
    length = int.from_bytes(head[:8], "little")
    if length > len(head) - 8:
        return None
    try:
        header = json.loads(head[8 : 8 + length])
        return _tensors(header)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _tensors(header: dict[str, Any]) -> Tensors:
    remarks = header.pop("__metadata__", {})
    tensors = [_tensor(name, header[name]) for name in sorted(header)]
    return Tensors(
        tensors=tensors[:TENSORS],
        count=len(tensors),
        numbers=sum(tensor.numbers for tensor in tensors),
        dtypes=sorted({tensor.dtype for tensor in tensors}),
        metadata=[(_word(name), _word(remark)) for name, remark in sorted(remarks.items())[:20]],
    )


def _tensor(name: str, about: dict[str, Any]) -> Tensor:
    shape = about["shape"]
    if not isinstance(shape, list) or len(shape) > MOST_SIDES:
        raise ValueError("no shape")
    if any(type(side) is not int or not 0 <= side < 2**53 for side in shape):
        raise ValueError("no side of a shape")
    numbers = math.prod(shape)
    if numbers >= 2**63:
        raise ValueError("more numbers than a file can hold")
    return Tensor(_word(name), _word(about["dtype"])[:16], shape, numbers)


def _word(value: object) -> str:
    """As a page can show it. Raises ValueError for half of a surrogate pair, which JSON can name and UTF-8 cannot."""
    text = _short(str(value))
    text.encode()
    return text
