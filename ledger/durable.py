"""Files that are there whole or not at all, and survive a power cut once they are."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_durably(path: Path, data: bytes) -> None:
    """Temporary file, fsync, rename. Its folder is still to be synced."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        with temporary.open("wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def replace_file(path: Path, data: bytes) -> None:
    """The same with its folder, which is made if need be: what this returned from is on disk."""
    make_folder(path.parent)
    write_durably(path, data)
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Makes a folder and those above it that are missing; each is durable before something is put into it."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One at a time in this folder, among all threads and processes; the lock ends with whoever holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
