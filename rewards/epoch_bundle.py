"""The public bundle of an epoch, `hub-epoch/1`: a folder from which anyone can compute the epoch again.

`manifest.json` is one canonical object and names every other file by its SHA-256; the manifest's own SHA-256 stands in
the log and on the chain. The other files are rows: one canonical object per line, strictly ascending by key. So the same
input gives the same bytes. `docs/rewards.md` section 6 describes every member; `akashi_recompute.py` checks a bundle.
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from ledger import canonical
from ledger.errors import NotCanonical
from rewards import policy as policies
from rewards.calculation import Calculation
from rewards.errors import BundleRefused
from rewards.inputs import Work
from rewards.log_proof import Gap
from rewards.settlement import Previous

FORMAT = "hub-epoch/1"
MANIFEST = "manifest.json"
# In ascending order of their names, as the manifest lists them.
FILES = (
    "accounts.ndjson",
    "allocations.ndjson",
    "bindings.ndjson",
    "contributions.ndjson",
    "edges.ndjson",
    "entries.ndjson",
    "gaps.ndjson",
    "leaves.ndjson",
    "previous.ndjson",
    "rewards.ndjson",
)
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
Row = Mapping[str, Any]


def write(folder: Path, found: Calculation, entries: Iterable[tuple[int, bytes]], gaps: Iterable[Gap]) -> str:
    """Write the bundle of a computed epoch and return its manifest's SHA-256 (hex).

    `entries` are all entries of the record, (leaf index, bytes) ascending; `gaps` what lies between them
    (`rewards.log_proof`). The folder appears whole or not at all. One that is there already must hold the same bytes:
    a published bundle never changes, so `BundleRefused` is raised when it would.
    """
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    files = {name: _write_lines(partial / name, lines) for name, lines in _lines(found, entries, gaps).items()}
    body = canonical.encode(_manifest(found, files))
    _write_whole(partial / MANIFEST, body)
    if folder.exists():
        shutil.rmtree(partial)
        if (folder / MANIFEST).read_bytes() != body:
            raise BundleRefused(f"Another bundle of epoch {found.epoch} was written before.")
    else:
        partial.replace(folder)
        _sync_folder(folder.parent)
    return sha256(body).hexdigest()


def manifest_hash(folder: Path) -> str:
    """SHA-256 (hex) of the manifest in a folder; raises `BundleRefused` when there is none."""
    try:
        return sha256((folder / MANIFEST).read_bytes()).hexdigest()
    except OSError as error:
        raise BundleRefused(f"There is no manifest in {folder.name}.") from error


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest's members; raises `BundleRefused` when it is missing, not canonical or of another format."""
    try:
        found = canonical.decode((folder / MANIFEST).read_bytes())
    except (OSError, NotCanonical) as error:
        raise BundleRefused(f"The manifest in {folder.name} cannot be read: {error}.") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT or set(found["files"]) != set(FILES):
        raise BundleRefused(f"The manifest in {folder.name} is not that of a {FORMAT} bundle.")
    return found


def read_rows(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """The rows of one file, compared with the manifest before the first is given; raises `BundleRefused`."""
    listed = read_manifest(folder)["files"].get(name)
    if listed is None:
        raise BundleRefused(f"A bundle has no file {name}.")
    digest = sha256()
    with (folder / name).open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
        if digest.hexdigest() != listed["sha256"]:
            raise BundleRefused(f"{name} in {folder.name} is not the file that the manifest names.")
        file.seek(0)
        for line in file:
            yield json.loads(line)


def read_previous(folder: Path) -> Previous:
    """What the epoch in this folder left for the next one."""
    manifest = read_manifest(folder)
    result = manifest["result"]
    pending = {row["account"]: int(row["pending_after_wei"]) for row in read_rows(folder, "accounts.ndjson")}
    return Previous(
        epoch=manifest["epoch"],
        manifest=manifest_hash(folder),
        root=result["root"].removeprefix("0x"),
        credited_wei=int(result["credited_wei"]),
        total_wei=int(result["total_wei"]),
        leaves={row["wallet"]: int(row["cumulative_wei"]) for row in read_rows(folder, "leaves.ndjson")},
        pending={account: amount for account, amount in pending.items() if amount},
    )


# --- the manifest --------------------------------------------------------------------------------


def _manifest(found: Calculation, files: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    terms, settlement = found.terms, found.settlement
    return {
        "format": FORMAT,
        "chain_id": terms.chain_id,
        "distributor": terms.distributor,
        "token": terms.token,
        "anchor": terms.anchor,
        "epoch": found.epoch,
        "schedule": {
            "genesis": terms.genesis,
            "epoch_seconds": terms.epoch_seconds,
            "first_budget_wei": str(terms.first_budget_wei),
            "halving_seconds": terms.halving_seconds,
        },
        "ledger": {"size": found.cutoff, "root": found.cutoff_root},
        "policy": policies.as_object(found.input.policy),
        "policy_hash": found.input.policy.hash,
        "budget_wei": str(found.input.budget_wei),
        "previous": None if found.previous is None else _previous(found.previous),
        "files": dict(files),
        "result": {
            "pools": _pools(found),
            "allocated_wei": str(found.allocation.allocated_wei),
            "unallocated_wei": str(found.allocation.unallocated_wei),
            "pending_wei": str(settlement.pending_wei),
            "credited_wei": str(settlement.credited_wei),
            "total_wei": str(settlement.total_wei),
            "root": "0x" + found.root,
        },
    }


def _previous(previous: Previous) -> dict[str, Any]:
    return {
        "epoch": previous.epoch,
        "manifest": previous.manifest,
        "root": "0x" + previous.root,
        "credited_wei": str(previous.credited_wei),
        "total_wei": str(previous.total_wei),
    }


def _pools(found: Calculation) -> dict[str, dict[str, str]]:
    return {
        kind: {"budget_wei": str(pool.budget_wei), "score": str(pool.score), "paid_wei": str(pool.paid_wei)}
        for kind, pool in found.allocation.pools.items()
    }


# --- the rows ------------------------------------------------------------------------------------


def _lines(found: Calculation, entries: Iterable[tuple[int, bytes]], gaps: Iterable[Gap]) -> dict[str, Iterator[bytes]]:
    allocation, settlement = found.allocation, found.settlement
    previous = found.previous.leaves if found.previous else {}
    rows: dict[str, Iterable[Row]] = {
        "accounts.ndjson": (
            {
                "account": row.account,
                "cluster": row.cluster,
                "wallet": row.wallet,
                "pending_before_wei": str(row.pending_before_wei),
                "pending_after_wei": str(row.pending_after_wei),
            }
            for row in settlement.accounts
        ),
        "allocations.ndjson": (
            {"account": account, "wei": str(amount)} for account, amount in allocation.accounts.items()
        ),
        "bindings.ndjson": (
            {"account": account, "binding": shown.text, "salt": shown.salt.hex()}
            for account, shown in sorted(found.disclosed.items())
        ),
        "contributions.ndjson": (_work(work) for work in allocation.works),
        "edges.ndjson": (
            {"child": edge.child, "parent": edge.parent, "weight": edge.weight} for edge in allocation.edges
        ),
        "gaps.ndjson": ({"start": gap.start, "level": gap.level, "hash": gap.hash.hex()} for gap in gaps),
        "leaves.ndjson": _leaves(settlement.leaves),
        "previous.ndjson": _leaves(previous),
        "rewards.ndjson": _rewards(found),
    }
    lines = {name: (_encode(row).encode() for row in each) for name, each in rows.items()}
    # The entry is canonical already, and is written as it stands in the log.
    lines["entries.ndjson"] = (b'{"entry":%b,"leaf":%d}' % (body, leaf) for leaf, body in entries)
    return {name: lines[name] for name in FILES}


def _work(work: Work) -> Row:
    signals = ("effort", "quality", "reviews", "gain_bps", "usage", "openness", "originality_bps")
    return {
        "id": work.id,
        "seq": work.sequence,
        "kind": work.kind,
        "owners": work.owners,
        "initial": work.initial,
        "standing": work.standing,
        "accepted_epoch": work.accepted_epoch,
        "signals": {name: getattr(work, name) for name in signals},
    }


def _leaves(leaves: Mapping[str, int]) -> Iterator[Row]:
    for wallet in sorted(leaves):
        yield {"wallet": wallet, "cumulative_wei": str(leaves[wallet])}


def _rewards(found: Calculation) -> Iterator[Row]:
    each = found.allocation
    for work, score, gross, kept in zip(each.works, each.scores, each.gross, each.kept, strict=True):
        yield {
            "id": work.id,
            "seq": work.sequence,
            "score": str(score),
            "gross_wei": str(gross),
            "kept_wei": str(kept),
        }


def _write_lines(path: Path, lines: Iterable[bytes]) -> dict[str, Any]:
    digest, count = sha256(), 0
    with path.open("wb") as file:
        for line in lines:
            file.write(line + b"\n")
            digest.update(line + b"\n")
            count += 1
        _sync(file.fileno(), file.flush)
    return {"sha256": digest.hexdigest(), "lines": count}


def _write_whole(path: Path, body: bytes) -> None:
    with path.open("wb") as file:
        file.write(body)
        _sync(file.fileno(), file.flush)


def _sync(descriptor: int, flush: Any) -> None:
    flush()
    os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
