"""Deletes backups that are older than they may get, and what the pool then keeps for nobody.

Erased words and taken-down bytes live on in older backups. They are gone for good when the last of these is.
"""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from config.backups import manifest
from config.backups.manifest import Tell

# What was begun and has no manifest after so long was cut off.
_ABANDONED = timedelta(days=1)


def prune(root: Path, now: datetime, keep_days: int, tell: Tell) -> None:
    """Delete the backups taken more than `keep_days` before `now`; the newest whole one always stays."""
    whole = [folder for folder in manifest.backup_folders(root) if (folder / manifest.MANIFEST).is_file()]
    for folder in whole[:-1]:
        if manifest.read(folder).moment < now - timedelta(days=keep_days):
            # Without its manifest it is no backup any more, whatever happens next.
            (folder / manifest.MANIFEST).unlink()
            shutil.rmtree(folder)
            tell(f"{folder.name} was deleted: it is older than {keep_days} days")
    for folder in manifest.backup_folders(root):
        if not (folder / manifest.MANIFEST).exists() and _older(folder, now):
            shutil.rmtree(folder)
            tell(f"{folder.name} was deleted: it never became whole")
    _clean_pool(root, tell)


def _older(folder: Path, now: datetime) -> bool:
    return folder.name < manifest.folder_name(now - _ABANDONED)


def _clean_pool(root: Path, tell: Tell) -> None:
    needed: set[str] = set()
    for folder in manifest.backup_folders(root):
        # One that was cut off needs nothing, and its list may end in the middle of a line.
        if (folder / manifest.MANIFEST).exists():
            needed.update(each.sha256 for each in manifest.pooled(folder))
    count = 0
    for path in (root / "pool").glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
        if path.name not in needed:
            path.unlink()
            count += 1
    if count:
        tell(f"{count} stored files that no backup names any more were deleted")
