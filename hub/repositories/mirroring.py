"""Copies the public bytes that a mirrored log speaks of, each by its digest.

The log's entry names a revision by the digest of its object, the object its top directory, a directory its files: so
every byte is compared with what the log says before it is kept, and the hub that sends it need not be believed.

    blobs/aa/bbbb…      files, directories and revision objects by their SHA-256

What the hub does not show to everybody (repositories that are not public, what was withdrawn or taken down) is left out.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from hub.repositories import revision as revisions
from hub.repositories import tree
from hub.repositories.tree import Leaf, TreeRefused
from ledger import entry as entries
from ledger.durable import make_folder, replace_file, sync_folder
from ledger.errors import BadEntry, Broken, Busy, NotServed
from ledger.fetching import Client

PUBLISHED = "revision.published"
MAX_OBJECT = 64 * 1024 * 1024
# How often a hub may ask for patience before it counts as away, and how long it is given each time (seconds).
PATIENCE = 20
LONGEST_WAIT = 60

T = TypeVar("T")


@dataclass
class Copied:
    """What one run did. `hidden` revisions and `gone` files are not shown to everybody; `wrong` is what differs from the log."""

    revisions: int = 0
    files: int = 0
    bytes: int = 0
    hidden: int = 0
    gone: int = 0
    wrong: list[str] = field(default_factory=list)


class FileMirror:
    """The folder `blobs` of a mirror."""

    def __init__(self, folder: Path, wait: Callable[[float], object] = time.sleep) -> None:
        self.blobs = folder / "blobs"
        self._wait = wait
        # Revisions of which everything is there; a later run of this process does not walk through them again.
        self._whole: set[str] = set()

    def copy(self, client: Client, bodies: Iterable[bytes]) -> Copied:
        """Copies what these entries publish and is not here yet. Raises `Unreachable`; a later run goes on from there."""
        done, addresses = Copied(), dict[str, str | None]()
        for name, repository in _published(bodies):
            if name in self._whole:
                continue
            try:
                self._copy_revision(client, name, repository, addresses, done)
            except NotServed:
                done.hidden += 1
            except (Broken, TreeRefused, revisions.MalformedRevision) as error:
                done.wrong.append(f"revision {name}: {error}")
        return done

    def path(self, digest: str) -> Path:
        """Where bytes of a digest are kept."""
        return self.blobs / digest[:2] / digest[2:]

    def _copy_revision(
        self, client: Client, name: str, repository: str, addresses: dict[str, str | None], done: Copied
    ) -> None:
        base = f"/api/v1/revisions/{name}"
        made = revisions.decode(self._object(client, name, f"{base}/object"))
        if made.salted:
            done.hidden += 1
            return

        def read(digest: str) -> bytes:
            return self._object(client, digest, f"{base}/trees/{digest}")

        missing, wrong = 0, len(done.wrong)
        for path, leaf in _files(read, made.root_tree):
            if self.path(leaf.digest).exists():
                continue
            if repository not in addresses:
                addresses[repository] = self._address(client, repository)
            address = addresses[repository]
            try:
                if address is None:
                    raise NotServed(repository, "not shown")
                self._copy_file(client, f"{address}/resolve/{name[:40]}/{quote(path)}", leaf)
            except NotServed:
                missing += 1
            except Broken as error:
                done.wrong.append(f"{path} of revision {name}: {error}")
            else:
                done.files, done.bytes = done.files + 1, done.bytes + leaf.size
        done.revisions, done.gone = done.revisions + 1, done.gone + missing
        if not missing and len(done.wrong) == wrong:
            self._whole.add(name)

    def _address(self, client: Client, repository: str) -> str | None:
        """The path of a repository's pages; None when not everybody may see it."""
        path = f"/api/v1/repositories/{repository}"
        try:
            found = json.loads(self._patiently(lambda: client.get(path, most=MAX_OBJECT)))["url"]
        except NotServed:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise Broken(f"{path} does not say where the repository is") from error
        if not isinstance(found, str) or not found.startswith("/"):
            raise Broken(f"{path} does not say where the repository is")
        return found

    def _object(self, client: Client, digest: str, path: str) -> bytes:
        """A revision object or a directory, from the folder or from the hub."""
        file = self.path(digest)
        if file.exists():
            return file.read_bytes()
        body = self._patiently(lambda: client.get(path, most=MAX_OBJECT))
        if hashlib.sha256(body).hexdigest() != digest:
            raise Broken(f"{path} has another digest")
        replace_file(file, body)
        return body

    def _copy_file(self, client: Client, path: str, leaf: Leaf) -> None:
        file = self.path(leaf.digest)
        make_folder(file.parent)
        temporary = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            self._patiently(lambda: _download(client, path, temporary, leaf))
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(file.parent)

    def _patiently(self, ask: Callable[[], T]) -> T:
        for _ in range(PATIENCE):
            try:
                return ask()
            except Busy as error:
                self._wait(min(max(error.seconds, 1), LONGEST_WAIT))
        return ask()


def _download(client: Client, path: str, file: Path, leaf: Leaf) -> None:
    """Writes what comes to a file, durably; `Broken` unless it has the digest and the size."""
    digest, size = hashlib.sha256(), 0
    with file.open("wb") as handle:
        for piece in client.stream(path):
            size += len(piece)
            if size > leaf.size:
                break
            digest.update(piece)
            handle.write(piece)
        handle.flush()
        os.fsync(handle.fileno())
    if (digest.hexdigest(), size) != (leaf.digest, leaf.size):
        client.close()
        raise Broken("the hub sends other bytes than the log says")


def _files(read: Callable[[str], bytes], root: str) -> Iterator[tuple[str, Leaf]]:
    """Every file below a directory with a path that leads to it. Each directory is opened once, however many paths it has:
    a few of them, each many times in the one above, would have more paths than anybody can walk.
    """
    seen, waiting = {root}, [("", root, 0)]
    while waiting:
        folder, digest, depth = waiting.pop()
        for member in tree.decode(read(digest)):
            path = f"{folder}/{member.name}" if folder else member.name
            if member.type != tree.TREE:
                yield path, member.leaf
            elif depth >= tree.MAX_DEPTH:
                raise Broken("its directories are nested too deeply")
            elif member.digest not in seen:
                seen.add(member.digest)
                waiting.append((path, member.digest, depth + 1))


def _published(bodies: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """The ids of the revisions that entries publish, each with its repository's. What names none is passed over."""
    for body in bodies:
        if PUBLISHED.encode() not in body:
            continue
        try:
            parsed = entries.parse(body)
        except BadEntry:
            continue
        revision, repository = parsed.subject, parsed.data.get("repo")
        if parsed.type != PUBLISHED or not isinstance(repository, str) or not entries.is_subject(repository):
            continue
        if revision.startswith("rev:") and repository.startswith("repo:"):
            yield revision.removeprefix("rev:"), repository.removeprefix("repo:")
