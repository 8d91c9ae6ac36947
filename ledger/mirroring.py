"""A verified copy of a log elsewhere, in a folder that any static file server can publish.

    log/tile/…, log/checkpoint, log/key     as the log itself has them, so that whoever follows the log can follow the copy
    progress.json                           how far entries are written that the checkpoint does not cover yet

Entries are written piece by piece, each once it is proven to be under the signed root; the checkpoint comes last. So what the
copy says is always there, and a copy that was cut off goes on where it was.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from ledger import following, tiles
from ledger.checkpoint import Checkpoint, open_checkpoint
from ledger.durable import locked, make_folder, replace_file
from ledger.errors import BadCheckpoint, BadNote, BadTile, Broken, Damaged
from ledger.fetching import Client
from ledger.following import Chunk, Published, RemoteLog
from ledger.merkle import EMPTY_ROOT, CompactRange
from ledger.monitoring import Alarm, Saved
from ledger.note import Ed25519Key
from ledger.storage import Store, bundles
from ledger.tiles import WIDTH, EntryBundle, Tile


class Mirror:
    """A copy in a folder. One process at a time works on it; others wait."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(folder / "log")

    def key(self) -> Ed25519Key | None:
        """The key of the log that is copied here; None in a new folder. `Damaged` when it cannot be read."""
        file = self.store.folder / "key"
        try:
            return Ed25519Key.from_vkey(file.read_text(encoding="utf-8").partition("\n")[0])
        except FileNotFoundError:
            return None
        except (UnicodeDecodeError, BadNote) as error:
            raise Damaged(f"{file} holds no verifier key: {error}") from error

    def saved(self, key: Ed25519Key) -> Saved:
        """What the copy has verified so far; `Damaged` when its checkpoint is not signed by `key`."""
        text = self.store.checkpoint()
        try:
            return Saved(key, None if text is None else Published(text, open_checkpoint(text, log=key)))
        except (BadNote, BadCheckpoint) as error:
            raise Damaged(f"{self.store.folder / 'checkpoint'} is damaged: {error}") from error

    def update(self, client: Client, key: Ed25519Key) -> Checkpoint:
        """Brings the copy up to the newest checkpoint; returns what it then has.

        Raises `Alarm` when the log contradicts the copy or itself, `Damaged` when the copy was spoilt, `Unreachable`.
        """
        make_folder(self.folder)
        with locked(self.folder):
            saved, note = self.saved(key), ""
            try:
                published = following.read_checkpoint(client, key)
                note = published.note
                log = RemoteLog(client, max(published.head.size, saved.head.size))
                following.check_extends(log, saved.head, published.head)
                if published.head.size < saved.head.size:
                    return saved.head
                self._keep_key(client, key)
                self._copy(log, key, saved.head, published)
            except Broken as error:
                raise Alarm(str(error), note) from error
        return published.head

    def entries(self, size: int) -> Iterator[tuple[int, bytes]]:
        """The first `size` entries of the copy with their indices; raises `Damaged` when they are not there."""
        try:
            for bundle in bundles(0, size):
                yield from enumerate(self.store.read_entries(bundle), bundle.index * WIDTH)
        except BadTile as error:
            raise self._damaged(error) from error

    def _copy(self, log: RemoteLog, key: Ed25519Key, old: Checkpoint, published: Published) -> None:
        start, root = self._begin(old, published.head)
        for chunk in following.read_on(log, start, root, published.head):
            self.store.write(self._files(chunk))
            progress = json.dumps({"size": chunk.end, "root": chunk.root.hex()})
            replace_file(self._progress, progress.encode())
        self._tidy(start, published.head.size)
        self.store.put_checkpoint(lambda: published.note, is_genuine=lambda text: _signed_by(text, key))

    def _begin(self, old: Checkpoint, new: Checkpoint) -> tuple[int, bytes]:
        """Where to go on: the size that was copied and its root, compared with the copied tiles."""
        size, root = old.size, old.root
        try:
            found = json.loads(self._progress.read_bytes())
            if old.size < found["size"] <= new.size:
                size, root = int(found["size"]), bytes.fromhex(found["root"])
        except FileNotFoundError:
            pass
        except (ValueError, KeyError, TypeError) as error:
            raise self._damaged(error) from error
        try:
            here = CompactRange.read(self.store.reader(size), size).root() if size else EMPTY_ROOT
        except BadTile as error:
            raise self._damaged(error) from error
        if here != root:
            raise self._damaged(f"its tiles lead to another root for size {size}")
        return size, root

    def _files(self, chunk: Chunk) -> dict[str, bytes]:
        files = {tiles.tile_path(tile): data for tile, data in chunk.tiles.items()}
        before = chunk.start % WIDTH
        first = self.store.read_entries(EntryBundle(chunk.start // WIDTH, before)) if before else []
        rows = [*first, *chunk.entries]
        for bundle in bundles(chunk.start, chunk.end):
            place = bundle.index * WIDTH - (chunk.start - before)
            files[tiles.entries_path(bundle)] = tiles.pack_entries(rows[place : place + bundle.width])
        return files

    def _tidy(self, old: int, new: int) -> None:
        """Narrower forms of tiles that are full now; whoever asks for one is told to take the full one."""
        made: Sequence[Tile | EntryBundle] = [*tiles.new_tiles(old, new), *bundles(old, new)]
        self.store.remove_partials([tile for tile in made if tile.width == WIDTH])

    def _keep_key(self, client: Client, key: Ed25519Key) -> None:
        if self.key() is None:
            _, text = following.read_key(client)
            if key.vkey not in text.split("\n"):
                raise Broken(f"{client.address}/log/key does not name {key.vkey}")
            others = [line for line in text.split("\n") if line not in {"", key.vkey}]
            self.store.write({"key": "".join(f"{line}\n" for line in [key.vkey, *others]).encode()})

    @property
    def _progress(self) -> Path:
        return self.folder / "progress.json"

    def _damaged(self, reason: object) -> Damaged:
        return Damaged(
            f"The copy in {self.folder} is damaged ({reason}). Delete its folder log and progress.json, and run again."
        )


def _signed_by(text: str, key: Ed25519Key) -> bool:
    try:
        open_checkpoint(text, log=key)
    except (BadNote, BadCheckpoint):
        return False
    return True
