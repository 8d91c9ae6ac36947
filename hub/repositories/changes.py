"""What somebody wants to do to the files of a repository, and where the bytes for it come from."""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from hub.errors import Invalid
from hub.repositories import tree, words
from hub.uploads import selectors as uploads
from hub.uploads import services as upload_services

if TYPE_CHECKING:
    from hub.accounts.models import Account
    from hub.uploads.models import Blob

MOST_CHANGES = 200_000


@dataclass(frozen=True, slots=True)
class Change:
    """One act on one path. At most one source is filled; none means removal, of a file or of a whole folder.

    `upload` is a finished upload of the account, `sha256` names bytes that it may use already, `content` is the bytes.
    """

    path: str
    upload: uuid.UUID | None = None
    sha256: str = ""
    content: bytes | None = None

    @property
    def removes(self) -> bool:
        return self.upload is None and not self.sha256 and self.content is None


@dataclass(frozen=True, slots=True)
class Bytes:
    """What a path will hold."""

    sha256: str
    size: int


@dataclass(slots=True)
class Folded:
    """Acts in one order as one outcome: what is put where, what is removed (it must exist), what is cleared (it may)."""

    puts: dict[str, Change] = field(default_factory=dict)
    removals: set[str] = field(default_factory=set)
    cleared: set[str] = field(default_factory=set)
    _below: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def put(self, path: str, change: Change) -> None:
        self.puts[path] = change
        self._below[path].add(path)
        for folder in _folders(path):
            self._below[folder].add(path)
        if path in self.removals:
            self.removals.remove(path)
            self.cleared.add(path)

    def remove(self, path: str) -> None:
        """Of a file or folder; what these acts themselves put there is forgotten."""
        put_before = [known for known in self._below.pop(path, ()) if self.puts.pop(known, None) is not None]
        if put_before:
            self.cleared.add(path)
        elif path not in self.cleared:
            self.removals.add(path)


def _folders(path: str) -> Iterator[str]:
    """Every folder above a path."""
    place = path.rfind("/")
    while place > 0:
        yield path[:place]
        place = path.rfind("/", 0, place)


def fold(changes: Sequence[Change]) -> Folded:
    """Changes in the order of their acts. Raises Invalid.

    Removing a folder takes back what was put into it before; putting into it afterwards starts it anew.
    """
    if len(changes) > MOST_CHANGES:
        raise Invalid("changes", _("That is more than one revision can take. Publish it in several."))
    folded = Folded()
    for change in changes:
        path = _clean(change)
        if change.removes:
            folded.remove(path)
        else:
            folded.put(path, change)
    return folded


def _clean(change: Change) -> str:
    try:
        return tree.clean_path(change.path.rstrip("/") if change.removes else change.path)
    except tree.TreeRefused as error:
        raise words.invalid_tree(error) from None


def find_bytes(account: "Account", puts: Mapping[str, Change], now: datetime) -> dict[str, Bytes]:
    """What each path will hold, in the caller's transaction: the bytes stay until its end. Raises Invalid at `changes`.

    Bytes that are written here are stored once every path is known to be fine, and in the order of their digests, so that
    two people who publish the same files wait for each other in one order.
    """
    stored = uploads.stored_files(account, [change.upload for change in puts.values() if change.upload is not None])
    named = {change.sha256 for change in puts.values() if change.upload is None and change.content is None}
    known = uploads.readable_blobs(account, named)
    found: dict[str, Bytes] = {}
    contents: dict[str, bytes] = {}
    for path, change in puts.items():
        if change.content is not None:
            found[path] = Bytes(sha256(change.content).hexdigest(), len(change.content))
            contents[found[path].sha256] = change.content
        else:
            found[path] = _present(path, stored.get(change.upload) if change.upload else known.get(change.sha256))
        upload_services.refuse_file(path, found[path].size)
    for _digest, content in sorted(contents.items()):
        upload_services.hold_bytes(account, content, now)
    return found


def _present(path: str, source: "uploads.StoredFile | Blob | None") -> Bytes:
    """Bytes that are here already. Raises Invalid when they are not, or not this account's to use."""
    if source is None:
        raise _unknown(path)
    return Bytes(source.sha256, source.size)


def _unknown(path: str) -> Invalid:
    words = _("The bytes of “%(path)s” are not here, or not yours to use. Send the file first.")
    return Invalid("changes", words % {"path": path})
