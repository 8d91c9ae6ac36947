"""The manifest of a backup and the files it vouches for. No Django, no database.

A file is durable before it is named, and the manifest is the last file of a backup: one that was cut off has none.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FORMAT = 1
MANIFEST, POOL_LIST = "manifest.json", "pool.txt"
_NAME = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ")
_LINE = re.compile(r"([0-9]{1,19}) ([0-9a-f]{64}) ((?:blobs/\2|epochs/[!-~]{1,300}|log/previous/[!-~]{1,300}))")
_CHUNK = 1024 * 1024

Tell = Callable[[str], None]


class BadBackup(Exception):
    """A backup that is not whole, or cannot be taken or put back; the text says why."""


@dataclass(frozen=True)
class FileFacts:
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What one backup holds. `published` is the size of the last checkpoint, `size` that of the log with what was sequenced
    since. `rows` counts the rows of each table. `damaged` names stored files that could not be taken as they should be.
    """

    taken: str
    origin: str
    verifier_key: str
    size: int
    root: str
    published: int
    chain_id: int
    contract: str
    keys: bool
    rows: dict[str, int]
    files: dict[str, FileFacts]
    damaged: list[str] = field(default_factory=list)

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.taken)


@dataclass(frozen=True)
class Pooled:
    """A file that the pool keeps: `blobs/<sha256>`, or below `epochs/` or `log/previous/`."""

    size: int
    sha256: str
    name: str

    @property
    def line(self) -> str:
        return f"{self.size} {self.sha256} {self.name}\n"


def folder_name(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")


def backup_folders(folder: Path) -> list[Path]:
    """The folders of backups, whole or not, oldest first."""
    if not folder.is_dir():
        return []
    return sorted(each for each in folder.iterdir() if _NAME.fullmatch(each.name) and each.is_dir())


def newest(folder: Path) -> Path:
    """`folder` itself if it is one whole backup, else the newest whole one in it. `BadBackup` if there is none."""
    if (folder / MANIFEST).is_file():
        return folder
    whole = [each for each in backup_folders(folder) if (each / MANIFEST).is_file()]
    if not whole:
        raise BadBackup(f"{folder} holds no whole backup: none with a {MANIFEST}.")
    return whole[-1]


# --- reading and writing ---------------------------------------------------------------------------
def write(folder: Path, content: Manifest) -> None:
    text = json.dumps({"akashi_backup": FORMAT, **asdict(content)}, indent=1, sort_keys=True, ensure_ascii=False)
    write_durably(folder / MANIFEST, text.encode())


def read(folder: Path) -> Manifest:
    """`BadBackup` for a file that is no manifest of this format."""
    try:
        found: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        if found.pop("akashi_backup") != FORMAT:
            raise BadBackup(f"{folder / MANIFEST} is of another format than {FORMAT}.")
        files = {name: FileFacts(**facts) for name, facts in found.pop("files").items()}
        return Manifest(files=files, **found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadBackup(f"{folder / MANIFEST} cannot be read: {error}") from error


def facts_of(path: Path) -> FileFacts:
    """Size and SHA-256 of a file, from its bytes."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
            size += len(piece)
    return FileFacts(size, digest.hexdigest())


def pooled(folder: Path) -> Iterator[Pooled]:
    """What the pool keeps for a backup. `BadBackup` for a line in another form, or a name that leads elsewhere."""
    with (folder / POOL_LIST).open(encoding="ascii") as lines:
        for line in lines:
            found = _LINE.fullmatch(line.rstrip("\n"))
            if found is None or not {"", ".", ".."}.isdisjoint(found[3].split("/")):
                raise BadBackup(f"{folder / POOL_LIST} has a line that names no file: {line.strip()!r}")
            yield Pooled(int(found[1]), found[2], found[3])


def pool_path(root: Path, sha256: str) -> Path:
    return root / "pool" / sha256[:2] / sha256[2:4] / sha256


# --- checking ----------------------------------------------------------------------------------------
def check(folder: Path, tell: Tell, *, damaged: set[str] | None = None) -> Manifest:
    """The manifest of a backup of which every byte is as it was taken; `BadBackup` names the first file that is not.

    With `damaged` the digests of stored files that are not are put there instead.
    """
    found = read(folder)
    for name, facts in found.files.items():
        same(folder / name, facts)
    tell(f"{len(found.files)} files are as the manifest says")
    count = 0
    for each in pooled(folder):
        try:
            same(pool_path(folder.parent, each.sha256), FileFacts(each.size, each.sha256))
        except BadBackup as error:
            if damaged is None:
                raise
            damaged.add(each.sha256)
            tell(f"left out: {each.name}. {error}")
        count += 1
        if count % 10_000 == 0:
            tell(f"{count} stored files read")
    tell(f"{count - len(damaged or ())} stored files have their digests")
    return found


def same(path: Path, facts: FileFacts) -> None:
    """`BadBackup` unless the file is as it was taken."""
    try:
        found = facts_of(path)
    except OSError as error:
        raise BadBackup(f"{path} cannot be read: {error.strerror}.") from error
    if found != facts:
        raise BadBackup(f"{path} is damaged: {found.size} bytes with SHA-256 {found.sha256}, not {facts.sha256}.")


# --- files -------------------------------------------------------------------------------------------
def copy(source: Path, target: Path, *, mode: int = 0o400) -> FileFacts:
    """Copy a file durably, and what was copied. The target's name appears once its bytes are on disk."""
    digest, size = hashlib.sha256(), 0
    make_folder(target.parent)
    temporary = target.with_name(f".{target.name[:80]}.{os.getpid()}")
    try:
        with source.open("rb") as read_from, open(_create(temporary, mode), "wb") as write_to:
            while piece := read_from.read(_CHUNK):
                digest.update(piece)
                size += len(piece)
                write_to.write(piece)
            write_to.flush()
            os.fsync(write_to.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(target.parent)
    return FileFacts(size, digest.hexdigest())


def write_durably(path: Path, data: bytes) -> None:
    make_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """A folder that only its owner may enter, with those above it, each durable."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True, mode=0o700)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _create(path: Path, mode: int) -> int:
    path.unlink(missing_ok=True)
    return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
