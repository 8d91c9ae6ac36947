"""Bytes on disk: finished blobs under their digest, and the parts of files on their way. No Django, no database.

A name appears only once its bytes are on stable storage: write beside it, fsync, rename, fsync the folder.
"""

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from io import BufferedReader, FileIO
from pathlib import Path

CHUNK = 1024 * 1024


def sync_file(path: Path) -> None:
    """Returns once the file's bytes are on stable storage."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_folder(folder: Path) -> None:
    """The folder with every missing parent, each name on stable storage."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_file(folder.parent)


def _move(source: Path, target: Path) -> None:
    """Rename atomically; a source on another file system is copied beside the target first."""
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        near = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        shutil.copyfile(source, near)
        sync_file(near)
        near.replace(target)
        source.unlink()


def append(source: Path, target: FileIO) -> None:
    """Copy all of `source` to the end of `target`, inside the kernel where it can (it may then share the blocks)."""
    target.seek(0, os.SEEK_END)
    with source.open("rb", buffering=0) as file:
        left = os.fstat(file.fileno()).st_size
        while left > 0 and (copied := _copy_in_kernel(file, target, left)):
            left -= copied
        if left > 0:
            shutil.copyfileobj(file, target, CHUNK)


def _copy_in_kernel(source: FileIO, target: FileIO, count: int) -> int:
    """Bytes copied from one file's position to the other's; 0 if this system or file system cannot."""
    if not hasattr(os, "copy_file_range"):
        return 0
    try:
        return os.copy_file_range(source.fileno(), target.fileno(), count)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EIO}:
            raise
        return 0


def chunks_from(file: FileIO, offset: int) -> Iterator[memoryview]:
    """The bytes from `offset` to the end. Each view is valid until the next one is asked for."""
    buffer = memoryview(bytearray(CHUNK))
    file.seek(offset)
    while count := file.readinto(buffer):
        yield buffer[:count]


class BlobStore:
    """Files named by the SHA-256 of their bytes, at `<root>/ab/cd/<64 hex digits>`.

    The store believes the digest it is given: callers hash first.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def temporary(self) -> Path:
        """A new name on the store's own file system, for bytes that `put` will take."""
        folder = self.root / "incoming"
        _make_folder(folder)
        return folder / uuid.uuid4().hex

    def put(self, source: Path, sha256: str) -> Path:
        """Take the file `source` as blob `sha256`. It is durable on return; a blob already there is replaced."""
        target = self.path(sha256)
        _make_folder(target.parent)
        sync_file(source)
        source.chmod(0o444)
        _move(source, target)
        sync_file(target.parent)
        return target

    def open(self, sha256: str) -> BufferedReader:
        """The blob's bytes. Raises FileNotFoundError."""
        return self.path(sha256).open("rb")

    def delete(self, sha256: str) -> None:
        """The blob is gone on return and stays so, whatever happens to the machine; one that is not there is gone."""
        path = self.path(sha256)
        try:
            path.unlink()
        except FileNotFoundError:
            return
        sync_file(path.parent)

    def digests(self, start: str = "") -> Iterator[str]:
        """Every digest that has a file and begins with the hex digit `start`, in order."""
        for folder in sorted(self.root.glob(f"{start or '[0-9a-f]'}[0-9a-f]/[0-9a-f][0-9a-f]")):
            yield from sorted(entry.name for entry in folder.iterdir() if len(entry.name) == 64)

    def leftovers(self) -> Iterator[Path]:
        """Temporary files, those of running work among them."""
        folder = self.root / "incoming"
        if folder.is_dir():
            yield from sorted(folder.iterdir())


class PartStore:
    """Parts of uploads, at `<root>/<upload id>/<index>`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, upload: uuid.UUID) -> Path:
        return self.root / str(upload)

    def path(self, upload: uuid.UUID, index: int) -> Path:
        return self.folder(upload) / str(index)

    def put(self, source: Path, upload: uuid.UUID, index: int) -> None:
        """Take `source`, whose bytes are durable already, as this part; replaces the part that was there."""
        target = self.path(upload, index)
        _make_folder(target.parent)
        _move(source, target)
        sync_file(target.parent)

    def remove(self, upload: uuid.UUID) -> None:
        shutil.rmtree(self.folder(upload), ignore_errors=True)

    def uploads(self) -> Iterator[uuid.UUID]:
        """Ids that have a folder. Other names in the root are not ours and are passed over."""
        if not self.root.is_dir():
            return
        for entry in sorted(self.root.iterdir()):
            try:
                yield uuid.UUID(entry.name)
            except ValueError:
                continue
