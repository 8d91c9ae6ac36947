"""The bundle of a closed epoch, made from the log, checked by the second program, and only then put in its place.

Everything follows from the log and the contracts' terms, so a bundle that was lost or damaged is made again, byte for byte.
"""

import logging
import shutil
import subprocess
import sys
from pathlib import Path

from rewards import bundle_checking, calculation, contract, epoch_bundle, evidence, places, trees, works
from rewards.calculation import Calculation
from rewards.errors import BundleRefused, EpochRefused
from rewards.evidence import Evidence
from rewards.models import Epoch
from rewards.record import Closing, Record
from rewards.settlement import Previous

logger = logging.getLogger(__name__)
PROGRAM = Path(__file__).with_name("akashi_recompute.py")
# Far more than the largest epoch takes; a program that hangs must not hold the pipeline for ever.
PATIENCE = 3600
_SAID = 1_000


def is_there(epoch: int, manifest: str) -> bool:
    """Whether the bundle with this manifest is in its place, each of its files as the manifest names it."""
    return not bundle_checking.damaged(places.bundle(epoch), manifest)


def drop_damaged(epoch: int, manifest: str) -> list[str]:
    """Read every file of a bundle anew and remove what is not as it was published, so that nobody is shown it.

    Returns the names; the bundle is not there then, and is made again as one that was lost.
    """
    folder = places.bundle(epoch)
    names = bundle_checking.damaged(folder, manifest, afresh=True)
    for name in names:
        _remove(folder / name)
    return names


def make(epoch: int, cutoff: int, root: str) -> tuple[Calculation, str]:
    """Compute an epoch and write its bundle and tree; returns the calculation and the manifest's SHA-256 (hex).

    `root` is the log's root at the cutoff as the anchored checkpoint says it. Raises `EpochRefused`, `BindingRefused` or
    `BundleRefused`, also when the epoch was computed before and came to another manifest; what is in place stays then.
    """
    if evidence.root_at(cutoff) != root:
        raise EpochRefused(f"The stored tiles do not lead to the anchored root of size {cutoff}.")
    found = evidence.read(cutoff)
    return _make(epoch, root, found)


def previous_of(record: Record) -> Previous | None:
    """What the newest finalized epoch of a record left. Its bundle, and those before it, are made again where they are
    missing or damaged.
    """
    paid = [closing for closing in record.closings if record.decided.get(closing.epoch)]
    for closing in paid:
        if not is_there(closing.epoch, _known(closing.epoch)):
            _make_again(closing)
    return _left_by(paid[-1]) if paid else None


def _left_by(closing: Closing) -> Previous:
    """Each file is hashed as it is read, so damage that nothing else shows is found here."""
    folder = places.bundle(closing.epoch)
    try:
        return epoch_bundle.read_previous(folder)
    except (BundleRefused, OSError) as error:
        logger.error("the bundle of epoch %d is damaged: %s", closing.epoch, error)
        _make_again(closing)
        return epoch_bundle.read_previous(folder)


def _make_again(closing: Closing) -> None:
    _make(closing.epoch, evidence.root_at(closing.cutoff), evidence.read(closing.cutoff))


def _make(epoch: int, root: str, found: Evidence) -> tuple[Calculation, str]:
    computed = calculation.calculate(
        found.record,
        terms=contract.terms(),
        epoch=epoch,
        cutoff_root=root,
        previous=previous_of(found.record),
        disclosed=found.disclosed(),
    )
    folder = places.unchecked(epoch)
    shutil.rmtree(folder, ignore_errors=True)
    manifest, known = epoch_bundle.write(folder, computed, found.entries(), found.gaps()), _known(epoch)
    if known not in {"", manifest}:
        raise BundleRefused(f"Epoch {epoch}, computed again, has the manifest {manifest} and not {known}.")
    _recheck_beside_previous(folder, manifest, found.record)
    trees.write(epoch, computed.nodes)
    _put_in_place(epoch, folder)
    return computed, manifest


def _recheck_beside_previous(folder: Path, manifest: str, record: Record) -> None:
    """The second program reads the whole of the bundle before; one that turns out to be damaged must not stop this one."""
    previous = works.last_paid(record)
    try:
        _recheck(folder, manifest, previous)
    except BundleRefused:
        if previous is None or not drop_damaged(previous, _known(previous)):
            raise
        previous_of(record)
        _recheck(folder, manifest, previous)


def _recheck(folder: Path, manifest: str, previous: int | None) -> None:
    """Let the second program, in a process of its own, come to the same result."""
    command = [sys.executable, "-I", str(PROGRAM), str(folder), "--manifest-hash", manifest]
    if previous is not None:
        command += ["--previous", str(places.bundle(previous))]
    try:
        done = subprocess.run(  # noqa: S603  (our own program on our own folder)
            command, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BundleRefused(f"The second program did not end within {PATIENCE} seconds.") from error
    if done.returncode:
        raise BundleRefused(f"The second program refuses the bundle: {(done.stdout + done.stderr).strip()[-_SAID:]}")


def _known(epoch: int) -> str:
    """The manifest that the epoch has, empty while it was never computed."""
    return Epoch.objects.filter(pk=epoch).values_list("manifest", flat=True).first() or ""


def _put_in_place(epoch: int, folder: Path) -> None:
    """What stood there was the same, damaged, or never published."""
    place = places.bundle(epoch)
    _remove(place)
    folder.replace(place)
    places.sync(place.parent)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
