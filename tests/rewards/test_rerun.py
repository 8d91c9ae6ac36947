"""A finished epoch, run again on another data directory, comes to the identical manifest hash: it follows from the log alone."""

import json
import shutil
from pathlib import Path
from typing import Any

from pytest_django import Settings

from rewards import calculation, computing, epoch_bundle, places
from rewards.bindings import DisclosedBinding
from rewards.calculation import Terms
from rewards.log_proof import Gap
from rewards.models import Allocation, Epoch, Leaf, Royalty, WorkReward
from rewards.record import LogEntry, fold
from tests.rewards.pipeline.conftest import Hub, _blobs, folders, hub, ledger, node, now

__all__ = ["_blobs", "folders", "hub", "ledger", "node", "now"]
ROWS = (WorkReward, Royalty, Allocation, Leaf)


def _finish(hub: Hub) -> tuple[Epoch, Epoch]:
    """Two final epochs; credit waited in the first for a wallet that the second one pays."""
    hub.assessed_work("alice")
    first = hub.distribute()
    hub.bind("alice")
    hub.assessed_work("alice", "a,b\n1,2\n")
    return first, hub.distribute()


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_fresh_rows_and_another_data_directory_come_to_the_same_manifest(
    hub: Hub, settings: Settings, tmp_path: Path
) -> None:
    finished = _finish(hub)
    before = {epoch.number: (epoch.manifest, _files(places.bundle(epoch.number))) for epoch in finished}
    for model in ROWS:
        model._base_manager.all().delete()
    Epoch.objects.update(manifest="", root="", credited_wei=None, total_wei=None, allocated_wei=None, budget_wei=None)
    shutil.copytree(settings.LOG_DIR, tmp_path / "other" / "log")
    settings.LOG_DIR, settings.EPOCH_DIR = tmp_path / "other" / "log", tmp_path / "other" / "epochs"
    for number, (manifest, files) in before.items():
        assert computing.compute_epoch(number, hub.now), Epoch.objects.get(pk=number).problem
        assert Epoch.objects.get(pk=number).manifest == manifest
        assert _files(places.bundle(number)) == files
        Epoch.objects.filter(pk=number).update(state=Epoch.State.FINALIZED)  # as the log says already
    assert all(model._base_manager.exists() for model in (WorkReward, Allocation, Leaf))


def test_the_entries_of_the_public_bundle_alone_come_to_the_same_manifest(hub: Hub, tmp_path: Path) -> None:
    first, second = _finish(hub)
    assert _again(places.bundle(first.number), None, tmp_path / "first") == first.manifest
    assert _again(places.bundle(second.number), tmp_path / "first", tmp_path / "second") == second.manifest


def _again(folder: Path, previous: Path | None, place: Path) -> str:
    """What somebody computes and writes who has the bundle's entries, hashes and bindings, and no hub."""
    manifest = epoch_bundle.read_manifest(folder)
    lines = (folder / "entries.ndjson").read_bytes().splitlines()
    entries = [(json.loads(line)["leaf"], line[len(b'{"entry":') : line.rindex(b',"leaf":')]) for line in lines]
    gaps = [Gap(row["start"], row["level"], bytes.fromhex(row["hash"])) for row in _rows(folder, "gaps.ndjson")]
    found = calculation.calculate(
        fold((LogEntry.read(leaf, body) for leaf, body in entries), manifest["ledger"]["size"]),
        terms=_terms(manifest),
        epoch=manifest["epoch"],
        cutoff_root=manifest["ledger"]["root"],
        previous=epoch_bundle.read_previous(previous) if previous is not None else None,
        disclosed={
            row["account"]: DisclosedBinding(row["binding"], bytes.fromhex(row["salt"]))
            for row in _rows(folder, "bindings.ndjson")
        },
    )
    return epoch_bundle.write(place, found, entries, gaps)


def _rows(folder: Path, name: str) -> list[dict[str, Any]]:
    return list(epoch_bundle.read_rows(folder, name))


def _terms(manifest: dict[str, Any]) -> Terms:
    named = {name: manifest[name] for name in ("chain_id", "distributor", "token", "anchor")}
    schedule: dict[str, Any] = {name: int(value) for name, value in manifest["schedule"].items()}
    return Terms(**named, **schedule)
