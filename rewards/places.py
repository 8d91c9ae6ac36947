"""Where the files of an epoch lie: `EPOCH_DIR/<n>/` is its public bundle, `EPOCH_DIR/<n>.tree` the nodes of its tree."""

import os
from pathlib import Path

from django.conf import settings


def bundle(epoch: int) -> Path:
    """The public bundle. It is there whole or not at all."""
    return Path(settings.EPOCH_DIR) / str(epoch)


def unchecked(epoch: int) -> Path:
    """A bundle that the second program has not read yet. Nobody is shown it."""
    return Path(settings.EPOCH_DIR) / "unchecked" / str(epoch)


def tree(epoch: int) -> Path:
    """The nodes of the distribution tree, from which proofs are read. They follow from the bundle's leaves."""
    return Path(settings.EPOCH_DIR) / f"{epoch}.tree"


def sync(folder: Path) -> None:
    """What was renamed in a folder stays renamed, whatever happens to the machine."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
