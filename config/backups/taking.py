"""Takes a backup while the hub runs.

The order makes it consistent. Whatever a row names was stored before the row was committed, and stored files are never
changed: so the database's snapshot comes first, and every file copied afterwards is at least as new as the rows. One thing
may not be newer: what was signed. If the copy knew a larger signed head than its own database, the restored hub would have
to refuse to go on. So publishing pauses, for the moment in which the snapshot is opened and the signed head and an embedded
chain's snapshot are copied (an anchor is always of a published head, so the chain cannot be ahead either).
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.conf import settings

from chain import embedded
from config.backups import database, manifest, pruning
from config.backups.database import Snapshot
from config.backups.manifest import BadBackup, FileFacts, Manifest, Pooled, Tell
from hub.uploads import selectors as uploads
from ledger import exporting, recovering, succession
from ledger.errors import LedgerError
from ledger.recovering import LogThen


@dataclass
class _Taking:
    """A backup on its way: the pool's root, its own folder, and what has been put there."""

    root: Path
    folder: Path
    tell: Tell
    files: dict[str, FileFacts] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)

    def keep(self, source: Path, name: str) -> None:
        self.files[name] = manifest.copy(source, self.folder / name)

    def note(self, name: str) -> None:
        self.files[name] = manifest.facts_of(self.folder / name)


def take(root: Path, now: datetime, tell: Tell, *, with_keys: bool = False, keep_days: int | None = None) -> Manifest:
    """Take one backup into a new folder below `root`, then delete those that are older than `keep_days`.

    Raises `BadBackup` when there is nothing to take, another backup is being taken there, or a program fails; the
    ledger's errors when the public log cannot be copied; OSError. What was begun then is no backup: it has no manifest.
    """
    manifest.make_folder(root)
    with _alone(root):
        folder = root / manifest.folder_name(now)
        if folder.exists():
            raise BadBackup(f"{folder} exists already; one backup a second is enough.")
        manifest.make_folder(folder)
        found = _take(_Taking(root, folder, tell), now, with_keys=with_keys)
        if keep_days is not None:
            pruning.prune(root, now, keep_days, tell)
        return found


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    with (root / ".lock").open("ab") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadBackup(f"Another backup is being taken into {root}.") from None
        yield


def _take(taking: _Taking, now: datetime, *, with_keys: bool) -> Manifest:
    with _moment(taking) as taken:
        log, rows = taken.log, taken.rows()
        taking.tell(f"database ({sum(rows.values())} rows in {len(rows)} tables)")
        database.dump(taking.folder / "database.dump", taken)
    (taking.folder / "database.dump").chmod(0o400)
    taking.note("database.dump")
    _copy_log(taking, log)
    _fill_pool(taking)
    if with_keys:
        _copy_keys(taking)
    deployed = json.loads((taking.folder / "deployment.json").read_bytes()) if "deployment.json" in taking.files else {}
    found = Manifest(
        taken=now.isoformat(),
        origin=log.origin,
        verifier_key=log.verifier_key,
        size=log.head.size,
        root=log.head.root.hex(),
        published=log.published,
        chain_id=deployed.get("chain_id", 0),
        contract=deployed.get("anchor_address", ""),
        keys=with_keys,
        rows=rows,
        files=taking.files,
        damaged=taking.damaged,
    )
    manifest.write(taking.folder, found)
    return found


@contextmanager
def _moment(taking: _Taking) -> Iterator[Snapshot]:
    """The database's snapshot, and what must not be newer than it."""
    with ExitStack() as stack:
        with recovering.publishing_paused():
            taken = stack.enter_context(database.snapshot())
            for source, name in _not_newer():
                taking.keep(source, name)
        yield taken


def _not_newer() -> Iterator[tuple[Path, str]]:
    signed = settings.LOG_DIR / "signed_head.json"
    if signed.exists():
        yield signed, "signed_head.json"
    if settings.DEPLOYMENT_FILE.exists():
        yield settings.DEPLOYMENT_FILE, "deployment.json"
    if settings.CHAIN_EMBEDDED:
        newest = next(filter(embedded.loadable, embedded.snapshots(settings.CHAIN_SNAPSHOT_DIR)), None)
        if newest is not None:
            yield newest, f"chain/{newest.name}"


def _copy_log(taking: _Taking, log: LogThen) -> None:
    if not log.note:
        return
    taking.tell(f"public log ({log.published} entries)")
    try:
        exporting.copy_log(taking.root / "log", log.note, log.verifier_key)
    except LedgerError as error:
        raise BadBackup(f"The public log cannot be copied: {error}") from error


def _fill_pool(taking: _Taking) -> None:
    """Every stored file that the pool lacks, and the list of all of them."""
    store, listed, copied = uploads.blob_store(), 0, 0
    temporary = taking.folder / manifest.POOL_LIST
    with temporary.open("w", encoding="ascii") as lines:
        for digest in store.digests():
            found, is_new = _pool(taking, store.path(digest), f"blobs/{digest}", digest)
            copied += is_new
            if found is not None:
                lines.write(found.line)
                listed += 1
            if listed % 1_000 == 0:
                taking.tell(f"stored files: {listed}, {copied} of them new")
        for path, name in _other_files():
            found, is_new = _pool(taking, path, name, "")
            copied += is_new
            if found is not None:
                lines.write(found.line)
                listed += 1
        lines.flush()
        os.fsync(lines.fileno())
    taking.note(manifest.POOL_LIST)
    taking.tell(f"stored files and epoch bundles: {listed}, {copied} of them new")


def _pool(taking: _Taking, source: Path, name: str, digest: str) -> tuple[Pooled | None, bool]:
    """Put a file into the pool unless it is there; None for one that is gone, or whose bytes are not those of its name."""
    try:
        if digest:
            kept = manifest.pool_path(taking.root, digest)
            size = source.stat().st_size
            if kept.exists() and kept.stat().st_size == size:
                return Pooled(size, digest, name), False
        facts = manifest.facts_of(source)
        if digest and facts.sha256 != digest:
            taking.damaged.append(name)
            return None, False
        kept = manifest.pool_path(taking.root, facts.sha256)
        is_new = not kept.exists()
        if is_new and manifest.copy(source, kept) != facts:
            kept.unlink()
            taking.damaged.append(name)
            return None, False
    except FileNotFoundError:
        # Files of proposals that were not accepted are released while this runs.
        return None, False
    return Pooled(facts.size, facts.sha256, name), is_new


def _other_files() -> Iterator[tuple[Path, str]]:
    """The files of published epoch bundles, and of a log that this one continues, with their names in the pool.

    What is made from the bundles again is left out.
    """
    epochs: Path = settings.EPOCH_DIR
    for epoch in sorted(each for each in epochs.glob("*") if each.name.isdecimal() and each.is_dir()):
        yield from _below(epoch, epochs, "epochs")
    yield from _below(succession.previous_store().folder, settings.LOG_DIR, "log")


def _below(folder: Path, root: Path, name: str) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            yield path, f"{name}/{path.relative_to(root).as_posix()}"


def _copy_keys(taking: _Taking) -> None:
    there = [path for path in dict.fromkeys(key_files()) if path.exists()]
    names = [path.name for path in there]
    if len(set(names)) < len(names):
        raise BadBackup(f"Two key files have one name and would overwrite each other: {', '.join(map(str, there))}")
    for path in there:
        taking.keep(path, f"keys/{path.name}")
    taking.tell("keys: this backup can sign in the hub's name; keep it as you keep the keys themselves")


def key_files() -> list[Path]:
    """The files that hold keys, as the settings name them, and those that a rotation has made or put aside."""
    keystore, password = settings.OPERATOR_KEYSTORE, settings.OPERATOR_PASSWORD_FILE
    beside = [keystore.with_name(name) for name in ("rotation.json", "rotation.password")]
    for path in (keystore, password):
        beside += sorted(path.parent.glob(f"{path.stem}-*{path.suffix}"))
    return [settings.LOG_KEY_FILE, keystore, password, *beside]
