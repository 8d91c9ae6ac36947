"""Whether the files of a published bundle are those that its manifest names, and nothing else.

A file that was found right is not read again while its inode, size and time of change stay, so asking costs little. A
disk that spoils bytes changes none of the three: what is asked `afresh` is read whole.
"""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from rewards import epoch_bundle
from rewards.epoch_bundle import FILES, MANIFEST
from rewards.errors import BundleRefused

# Of this many files the digest is remembered: far more than are asked for in a day.
_REMEMBERED = 16_384


class Identity(NamedTuple):
    """What changes when a file is written or replaced."""

    inode: int
    size: int
    changed: int


def identity(path: Path) -> Identity:
    """Raises `OSError` when there is no such file."""
    found = path.stat()
    return Identity(found.st_ino, found.st_size, found.st_mtime_ns)


def listed(folder: Path, manifest: str) -> dict[str, str]:
    """The SHA-256 (hex) that each file of the bundle with this manifest has, the manifest's own among them.

    Raises `BundleRefused` when no manifest or another one lies there.
    """
    if epoch_bundle.manifest_hash(folder) != manifest:
        raise BundleRefused(f"The manifest in {folder.name} is not the one that was published.")
    files = epoch_bundle.read_manifest(folder)["files"]
    return {MANIFEST: manifest, **{name: files[name]["sha256"] for name in FILES}}


def is_right(path: Path, digest: str, *, afresh: bool = False) -> bool:
    """Whether a file is there and has this SHA-256 (hex)."""
    try:
        return (_sha256(path) if afresh else _remembered(path, identity(path))) == digest
    except OSError:
        return False


def damaged(folder: Path, manifest: str, *, afresh: bool = False) -> list[str]:
    """The names of what is missing, differs or does not belong there."""
    try:
        wanted = listed(folder, manifest)
        stray = sorted({path.name for path in folder.iterdir()} - set(wanted))
    except (BundleRefused, OSError):
        return [MANIFEST]
    return [name for name, digest in wanted.items() if not is_right(folder / name, digest, afresh=afresh)] + stray


@lru_cache(maxsize=_REMEMBERED)
def _remembered(path: Path, _identity: Identity) -> str:
    return _sha256(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
