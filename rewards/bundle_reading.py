"""Looking things up in a published bundle without loading it: its files are sorted by key, and a line is one object.

Whether a bundle is whole and true is checked where it is written and by `akashi_recompute.py`; here it is only read. A bundle
that is not there (an epoch that is not computed yet) has no manifest and no rows.
"""

import json
import mmap
from typing import Any

from rewards import epoch_bundle, places
from rewards.errors import BundleRefused

Row = dict[str, Any]


def manifest(epoch: int) -> Row | None:
    """The manifest's members; None before the epoch is computed."""
    try:
        return epoch_bundle.read_manifest(places.bundle(epoch))
    except BundleRefused:
        return None


def rows_naming(epoch: int, name: str, needle: str, most: int | None = 1000) -> list[Row]:
    """The rows in which `needle` stands as a whole JSON string, in their order; at most `most`, all without it."""
    wanted = json.dumps(needle).encode()
    found: list[Row] = []
    text = _mapped(epoch, name)
    at = text.find(wanted)
    while at >= 0 and (most is None or len(found) < most):
        start, end = text.rfind(b"\n", 0, at) + 1, text.find(b"\n", at)
        found.append(json.loads(text[start:end]))
        at = text.find(wanted, end)
    return found


def _mapped(epoch: int, name: str) -> mmap.mmap | bytes:
    """The bytes of a file, of which only what is looked at is read; nothing when there is no such file or it is empty."""
    path = places.bundle(epoch) / name
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b""
    except FileNotFoundError:
        return b""
