"""Looks after the published bundles: all of them stay readable, not only the newest."""

import logging
from datetime import datetime

from chain.lock import alone
from rewards import bundles, computing
from rewards.models import Epoch

logger = logging.getLogger(__name__)


def check_bundles(now: datetime, *, afresh: bool = False) -> list[int]:
    """Look at the bundle of every computed epoch and make those again of which something is missing or damaged.

    Returns their numbers. `afresh` reads every byte; otherwise files are read that are new to this process or were
    touched. While the pipeline works nothing is made again; the next call finds the same.
    """
    damaged = [number for number, manifest in _computed() if not _is_whole(number, manifest, afresh=afresh)]
    if damaged:
        with alone("rewards") as got:
            for number in damaged if got else []:
                computing.compute_epoch(number, now)
    return damaged


def _computed() -> list[tuple[int, str]]:
    return list(Epoch.objects.exclude(manifest="").order_by("number").values_list("number", "manifest"))


def _is_whole(number: int, manifest: str, *, afresh: bool) -> bool:
    if afresh and (names := bundles.drop_damaged(number, manifest)):
        logger.error("damaged in the bundle of epoch %d: %s", number, ", ".join(names))
        return False
    return bundles.is_there(number, manifest)
