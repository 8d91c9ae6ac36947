"""Puts a backup back: files first, the database last and in one piece, so that one that was cut off is begun again.

What survived in the data folder counts more than the backup where it can only be newer: the signed head, an embedded
chain, the keys. Whatever would make the hub contradict what it signed before is said; `ledger.guard` keeps it from signing.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from chain import embedded
from config.backups import database, manifest
from config.backups.manifest import BadBackup, Manifest, Tell
from hub.moderation import restoring as removals
from hub.uploads import selectors as uploads
from ledger import recovering, storage
from ledger.checkpoint import Checkpoint
from ledger.errors import BadCheckpoint, BadNote, LedgerError
from ledger.note import Note
from ledger.recovering import Standing
from ledger.storage import SignedHead


@dataclass(frozen=True)
class Stand:
    """How the log stands after a restore; `silence` is why the chain could not be asked, empty when it was."""

    log: Standing
    silence: str


def restore(folder: Path, tell: Tell, *, replace: str = "", without_damaged: bool = False) -> Manifest:
    """Put the backup in `folder` into the database and the folders of the settings.

    `replace` is the origin of the log that the database holds now and may lose; without it the database has to be empty.
    With `without_damaged` stored files that are damaged in the backup are left out.
    Raises `BadBackup` before anything is changed when the backup is damaged, is of another log than what survived, or
    the database is not empty; later when what was put back is not what was taken.
    """
    _refuse_full_database(replace)
    damaged: set[str] = set()
    found = manifest.check(folder, tell, damaged=damaged if without_damaged else None)
    _put_files(folder, found, damaged, tell)
    tell("database")
    database.load(folder / "database.dump")
    _count(found)
    # From here on the tables are those that this version of the hub knows.
    call_command("migrate", interactive=False, verbosity=0)
    _compare(found, tell)
    remove_again(tell)
    return found


def remove_again(tell: Tell) -> None:
    """What the log knows as erased, redacted or taken down and an older backup brought back is gone again, before anybody
    reads from it.
    """
    done = removals.apply_erasures(timezone.now())
    for count, what in (
        (done.accounts, "erased accounts had come back and are erased again"),
        (done.words, "redacted words had come back and are gone again"),
        (done.files, "files that were taken down had come back and are gone again"),
        (done.waiting, "files that were taken down cannot be removed yet; the hub tries again when it runs"),
    ):
        if count:
            tell(f"{count} {what}")


def read_notes(checkpoints: list[Path]) -> dict[str, str]:
    """The text of each checkpoint that somebody kept; `BadBackup` when one cannot be read."""
    return {str(path): _text(path) for path in checkpoints}


def stand(checkpoints: list[Path], folder: Path | None) -> Stand:
    """What the restored database lacks of what was signed, as far as log folder, chain, backup and `checkpoints` know.

    The largest signed head is kept in the log folder, so that the hub signs nothing smaller. Raises `BadBackup` when the
    database is of another history than some signed head.
    """
    notes = read_notes(checkpoints)
    if folder is not None:
        signed = folder / "signed_head.json"
        if signed.exists():
            notes[str(signed)] = str(_json(signed).get("note", ""))
        for path in (folder.parent / "log" / "checkpoint", storage.store().folder / "checkpoint"):
            if path.exists():
                notes[str(path)] = _text(path)
    try:
        known, silence = recovering.known_heads(notes)
        found = recovering.standing(known)
        recovering.remember(known)
    except LedgerError as error:
        raise BadBackup(str(error)) from error
    return Stand(found, silence)


def missing_files() -> int:
    """How many stored files the database names whose bytes are not here."""
    return len(uploads.missing_blobs())


# --- before --------------------------------------------------------------------------------------------
def _refuse_full_database(replace: str) -> None:
    held = database.held_log()
    if held is None or (held and held == replace):
        return
    if not held:
        raise BadBackup("The database is not empty, and it holds no hub. Name an empty one in DATABASE_URL.")
    raise BadBackup(f"The database holds the log {held}. To replace it by the backup, say so: --replace {held}")


def refuse_other_log(found: Manifest) -> None:
    """What survived in the data folder has to be of the backup's log and contract."""
    for path in (storage.store().folder / "checkpoint", storage.store().folder / "signed_head.json"):
        origin = _origin_of(path)
        if origin and origin != found.origin:
            raise BadBackup(f"{path} is of the log {origin}; the backup is of {found.origin}. Name an empty LOG_DIR.")
    deployed = _json(settings.DEPLOYMENT_FILE) if settings.DEPLOYMENT_FILE.exists() else {}
    if deployed.get("origin", found.origin) != found.origin:
        raise BadBackup(f"{settings.DEPLOYMENT_FILE} is about the log {deployed['origin']}, not {found.origin}.")
    if found.contract and deployed.get("anchor_address", found.contract) != found.contract:
        raise BadBackup(f"{settings.DEPLOYMENT_FILE} names another contract than the backup, {found.contract}.")
    if found.chain_id and found.chain_id != settings.CHAIN_ID:
        raise BadBackup(f"The backup is of a hub on chain {found.chain_id}; CHAIN_ID is {settings.CHAIN_ID}.")


def _origin_of(path: Path) -> str:
    if not path.exists():
        return ""
    text = str(_json(path).get("note", "")) if path.suffix == ".json" else _text(path)
    try:
        return Checkpoint.from_text(Note.from_text(text).text).origin
    except (BadNote, BadCheckpoint):
        return ""


# --- files -------------------------------------------------------------------------------------------
def put_chain(folder: Path, found: Manifest) -> None:
    """The chain's snapshot and the contracts' places, where none survived. Raises as `restore` does."""
    refuse_other_log(found)
    survived = bool(embedded.snapshots(settings.CHAIN_SNAPSHOT_DIR))
    for name, facts in found.files.items():
        target = None
        if name.startswith("chain/") and not survived:
            target = settings.CHAIN_SNAPSHOT_DIR / Path(name).name
        elif name == "deployment.json" and not settings.DEPLOYMENT_FILE.exists():
            target = settings.DEPLOYMENT_FILE
        if target is not None:
            manifest.same(folder / name, facts)
            manifest.copy(folder / name, target, mode=0o600)


def _put_files(folder: Path, found: Manifest, damaged: set[str], tell: Tell) -> None:
    put_chain(folder, found)
    for name in found.files:
        if name.startswith("keys/") and not (target := _key_target(Path(name).name)).exists():
            manifest.copy(folder / name, target)
            tell(f"{target} came back")
    if "signed_head.json" in found.files:
        _keep_larger(storage.Store(folder).signed_head())
    count = 0
    for each in (each for each in manifest.pooled(folder) if each.sha256 not in damaged):
        count += _put(manifest.pool_path(folder.parent, each.sha256), each)
    tell(f"{count} stored files came back, the others were here")


def _keep_larger(signed: SignedHead | None) -> None:
    """The head of a log folder that survived is often the newer one."""
    here = storage.store().signed_head()
    if signed is not None and (here is None or here.size < signed.size):
        storage.store().put_signed_head(signed)


def _put(source: Path, each: manifest.Pooled) -> int:
    kind, _, name = each.name.partition("/")
    if kind == "blobs":
        store = uploads.blob_store()
        if store.path(each.sha256).exists() and store.path(each.sha256).stat().st_size == each.size:
            return 0
        temporary = store.temporary()
        shutil.copyfile(source, temporary)
        store.put(temporary, each.sha256)
        return 1
    target = {"epochs": settings.EPOCH_DIR, "log": settings.LOG_DIR}[kind] / name
    if target.exists() and manifest.facts_of(target).sha256 == each.sha256:
        return 0
    manifest.copy(source, target, mode=0o644)
    return 1


def _key_target(name: str) -> Path:
    """Where a key belongs: a file of that name in the settings, else beside the operator's."""
    for setting in ("LOG_KEY_FILE", "OPERATOR_KEYSTORE", "OPERATOR_PASSWORD_FILE"):
        path: Path = getattr(settings, setting)
        if path.name == name:
            return path
    return Path(settings.OPERATOR_KEYSTORE).with_name(name)


# --- after -------------------------------------------------------------------------------------------
def _count(found: Manifest) -> None:
    """Refuses a database that does not have the rows that were taken."""
    counted = database.counted()
    for table, rows in found.rows.items():
        if counted.get(table) != rows:
            raise BadBackup(f"The table {table} has {counted.get(table, 0)} rows; the backup says {rows}.")


def _compare(found: Manifest, tell: Tell) -> None:
    """Refuses entries that do not lead to the recorded root, and makes the log's files from them where they are missing."""
    spoilt = recovering.spoilt_entries()
    if spoilt:
        raise BadBackup(f"{spoilt} entries of the backup are not what was recorded.")
    try:
        root = recovering.root_of(found.size)
        recovering.rebuild_files()
    except LedgerError as error:
        raise BadBackup(f"The database is not whole: {error}") from error
    if root.hex() != found.root:
        raise BadBackup(f"The {found.size} entries lead to the root {root.hex()}; the backup says {found.root}.")
    tell(f"{found.size} entries lead to the recorded root {found.root}")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadBackup(f"{path} cannot be read: {error}") from error


def _json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(_text(path)))
    except (ValueError, TypeError) as error:
        raise BadBackup(f"{path} is damaged: {error}") from error
