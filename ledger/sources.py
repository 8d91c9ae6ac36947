"""Copies of a log that lie elsewhere: a folder (an export, a mirror, another hub's `LOG_DIR`) or an address that serves one.

Nothing that a source says is believed here. Whoever reads entries from one hashes them and compares with a signed head.
"""

import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from ledger import storage, tiles
from ledger.errors import BadTile, NotFound
from ledger.storage import Store
from ledger.tiles import MAX_ENTRY_BYTES, WIDTH, EntryBundle

SECONDS = 30
_LARGEST_NOTE = 1024 * 1024
_LARGEST_BUNDLE = WIDTH * (MAX_ENTRY_BYTES + 2)


class Source(Protocol):
    """Where a copy lies (`place`, for people), its signed note, and its entries."""

    place: str

    def checkpoint(self) -> str:
        """The signed note; `NotFound` when there is none or nobody answers."""
        ...

    def bundle(self, wanted: EntryBundle) -> list[bytes]:
        """The first `wanted.width` entries of a bundle; `NotFound` when they are missing."""
        ...


def open_source(place: str) -> Source:
    """The copy at an address that begins with http:// or https://, else in that folder."""
    if urlsplit(place).scheme in {"http", "https"}:
        return SiteSource(place)
    return FolderSource(Path(place))


def read_entries(source: Source, first: int, end: int) -> Iterator[bytes]:
    """The entries `first` to `end` (exclusive), in order. Raises `NotFound`."""
    for bundle in storage.bundles(first, end):
        start = bundle.index * WIDTH
        yield from source.bundle(bundle)[max(first - start, 0) :]


class FolderSource:
    """A folder with `checkpoint` and `tile/`, or one that has these in `log/`."""

    def __init__(self, folder: Path) -> None:
        self.place = str(folder)
        inner = folder / "log"
        self._store = Store(inner if not (folder / "checkpoint").exists() and inner.is_dir() else folder)

    def checkpoint(self) -> str:
        found = self._store.checkpoint()
        if found is None:
            raise NotFound(f"{self.place} holds no copy of a log: it has no checkpoint.")
        return found

    def bundle(self, wanted: EntryBundle) -> list[bytes]:
        try:
            found = self._store.read_entries(wanted)
        except BadTile as error:
            raise NotFound(f"{self.place}: {error}") from error
        return _whole(found, wanted, self.place)


class SiteSource:
    """An address below which a log is served as C2SP tlog-tiles says; that of a whole hub will do."""

    def __init__(self, address: str) -> None:
        self.place = address
        self._base = address.rstrip("/")

    def checkpoint(self) -> str:
        found = self._get("checkpoint", _LARGEST_NOTE)
        if found is None and not self._base.endswith("/log"):
            self._base += "/log"
            found = self._get("checkpoint", _LARGEST_NOTE)
        if found is None:
            raise NotFound(f"{self.place} serves no log: it has no checkpoint.")
        return found.decode(errors="replace")

    def bundle(self, wanted: EntryBundle) -> list[bytes]:
        for width in dict.fromkeys((wanted.width, WIDTH)):
            data = self._get(tiles.entries_path(EntryBundle(wanted.index, width)), _LARGEST_BUNDLE)
            if data is None:
                continue
            try:
                return _whole(tiles.unpack_entries(data, width)[: wanted.width], wanted, self.place)
            except BadTile as error:
                raise NotFound(f"{self.place}: {error}") from error
        raise NotFound(f"{self.place} does not serve {tiles.entries_path(wanted)}.")

    def _get(self, path: str, most: int) -> bytes | None:
        """The bytes at an address; None when there are none, `NotFound` when nobody answers."""
        request = urllib.request.Request(f"{self._base}/{path}", headers={"User-Agent": "akashi"})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310  (http and https only)
                data = bytes(answer.read(most + 1))
        except urllib.error.HTTPError as error:
            if error.code in {404, 410}:
                return None
            raise NotFound(f"{self.place} answers {error.code} for {path}.") from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise NotFound(f"{self.place} does not answer: {error}.") from error
        if len(data) > most:
            raise NotFound(f"{self.place} answers with more than {most} bytes for {path}.")
        return data


def _whole(found: list[bytes], wanted: EntryBundle, place: str) -> list[bytes]:
    if len(found) != wanted.width:
        raise NotFound(f"{place} has {len(found)} of the {wanted.width} entries of {tiles.entries_path(wanted)}.")
    return found
