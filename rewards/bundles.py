"""The bundle of a closed epoch, made from the log, checked by the second program, and only then put in its place.

Everything follows from the log and the contracts' terms, so a bundle that was lost is made again, byte for byte.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from rewards import calculation, contract, epoch_bundle, evidence, places, tree, works
from rewards.calculation import Calculation
from rewards.errors import BundleRefused, EpochRefused
from rewards.evidence import Evidence
from rewards.models import Epoch
from rewards.record import Record
from rewards.settlement import Previous

PROGRAM = Path(__file__).with_name("akashi_recompute.py")
# Far more than the largest epoch takes; a program that hangs must not hold the pipeline for ever.
PATIENCE = 3600
_SAID = 1_000


def is_there(epoch: int, manifest: str) -> bool:
    """Whether the bundle with this manifest is in its place."""
    try:
        return epoch_bundle.manifest_hash(places.bundle(epoch)) == manifest
    except BundleRefused:
        return False


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
    """What the newest finalized epoch of a record left. Its bundle, and those before it, are made again where missing."""
    paid = [closing for closing in record.closings if record.decided.get(closing.epoch)]
    for closing in paid:
        if not is_there(closing.epoch, _known(closing.epoch)):
            _make(closing.epoch, evidence.root_at(closing.cutoff), evidence.read(closing.cutoff))
    return epoch_bundle.read_previous(places.bundle(paid[-1].epoch)) if paid else None


def proof(epoch: int, wallet: str, cumulative: int) -> list[bytes] | None:
    """The path of a leaf in an epoch's tree; None when it has no such leaf. The tree is made again where it is missing."""
    path = places.tree(epoch)
    if not path.exists():
        rows = epoch_bundle.read_rows(places.bundle(epoch), "leaves.ndjson")
        _write_tree(epoch, tree.build((row["wallet"], int(row["cumulative_wei"])) for row in rows))
    return tree.proof_from_file(path, wallet, cumulative)


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
    _recheck(folder, manifest, works.last_paid(found.record))
    _write_tree(epoch, computed.nodes)
    _put_in_place(epoch, folder)
    return computed, manifest


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
    shutil.rmtree(place, ignore_errors=True)
    folder.replace(place)
    _sync(place.parent)


def _write_tree(epoch: int, nodes: bytes) -> None:
    path = places.tree(epoch)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with partial.open("wb") as file:
        file.write(nodes)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
