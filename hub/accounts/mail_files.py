"""Letters that were written into files, because the hub has no mail server: those to one address go with its account."""

import logging
from collections.abc import Collection
from pathlib import Path

from django.conf import settings

log = logging.getLogger(__name__)


def forget(addresses: Collection[str]) -> int:
    """Delete every file in which a letter to one of these addresses stands. How many there were."""
    folder = Path(settings.EMAIL_FILE_PATH)
    wanted = [address.casefold().encode() for address in addresses]
    if not wanted or not folder.is_dir():
        return 0
    found = [path for path in sorted(folder.glob("*.log")) if _speaks_of(path, wanted)]
    for path in found:
        path.unlink(missing_ok=True)
    if found:
        log.info("%d letters in files went with their account", len(found))
    return len(found)


def _speaks_of(path: Path, wanted: Collection[bytes]) -> bool:
    try:
        text = path.read_bytes().lower()
    except FileNotFoundError:
        return False
    return any(address in text for address in wanted)
