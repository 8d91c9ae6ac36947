"""Bytes on disk appear whole or not at all."""

import errno
import os
import uuid
from pathlib import Path

import pytest

from hub.uploads.store import CHUNK, BlobStore, PartStore, append, chunks_from
from tests.hub.uploads.sending import digest


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "store")


def put(store: BlobStore, data: bytes) -> Path:
    path = store.temporary()
    path.write_bytes(data)
    return store.put(path, digest(data))


def test_a_blob_lies_under_its_digest_and_cannot_be_written_by_accident(store: BlobStore) -> None:
    path = put(store, b"abc")
    sha = digest(b"abc")
    assert path == store.root / sha[:2] / sha[2:4] / sha
    assert path.stat().st_mode & 0o777 == 0o444
    with store.open(sha) as file:
        assert file.read() == b"abc"
    assert list(store.leftovers()) == []


def test_putting_a_blob_again_replaces_it_while_a_reader_keeps_the_old_bytes(store: BlobStore) -> None:
    put(store, b"abc")
    with store.open(digest(b"abc")) as reader:
        put(store, b"abc")
        assert reader.read() == b"abc"
    assert list(store.digests()) == [digest(b"abc")]


def test_an_absent_blob_cannot_be_opened_and_may_be_deleted(store: BlobStore) -> None:
    store.delete("0" * 64)
    with pytest.raises(FileNotFoundError):
        store.open("0" * 64)


def test_the_digests_of_the_sixteen_slices_are_all_digests(store: BlobStore) -> None:
    blobs = [str(number).encode() for number in range(60)]
    for data in blobs:
        put(store, data)
    sliced = [sha for first in "0123456789abcdef" for sha in store.digests(first)]
    assert sliced == list(store.digests()) == sorted(digest(data) for data in blobs)


def test_bytes_from_another_file_system_are_copied_first(store: BlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    body = store.temporary()
    body.write_bytes(b"abc")
    rename = Path.replace

    def across(self: Path, target: Path) -> Path:
        if self == body:
            raise OSError(errno.EXDEV, "another file system")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", across)
    store.put(body, digest(b"abc"))
    assert not body.exists()
    with store.open(digest(b"abc")) as file:
        assert file.read() == b"abc"
    assert len(list(store.path(digest(b"abc")).parent.iterdir())) == 1


@pytest.mark.parametrize("in_kernel", [True, False])
def test_files_are_joined_in_order_with_or_without_the_kernels_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_kernel: bool
) -> None:
    if not in_kernel:
        monkeypatch.delattr(os, "copy_file_range", raising=False)
    pieces = [b"a" * (CHUNK + 1), b"", b"c" * 7]
    with (tmp_path / "whole").open("w+b", buffering=0) as target:
        for piece in pieces:
            (tmp_path / "piece").write_bytes(piece)
            append(tmp_path / "piece", target)
        assert b"".join(map(bytes, chunks_from(target, 0))) == b"".join(pieces)
        assert bytes(next(chunks_from(target, CHUNK + 1))) == b"c" * 7


def test_part_folders_are_those_of_uploads_only(tmp_path: Path) -> None:
    parts, upload = PartStore(tmp_path / "parts"), uuid.uuid4()
    assert list(parts.uploads()) == []
    body = tmp_path / "body"
    body.write_bytes(b"abc")
    parts.put(body, upload, 3)
    (tmp_path / "parts" / "incoming").mkdir()
    assert list(parts.uploads()) == [upload]
    assert parts.path(upload, 3).read_bytes() == b"abc"
    parts.remove(upload)
    parts.remove(upload)
    assert list(parts.uploads()) == []
