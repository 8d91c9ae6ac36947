"""Proofs of what a wallet may claim, from a published bundle and the tree that follows from it."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from chain import distribution
from chain.errors import ChainError
from rewards import bundle_reading, epoch_bundle, places, tree
from rewards.errors import BundleRefused


@dataclass(frozen=True)
class Claim:
    """What `claim` of the distributor takes. `data` is the whole transaction's data as 0x hex."""

    epoch: int
    wallet: str
    cumulative_wei: int
    proof: list[str]
    gas: int
    data: str


def claim(epoch: int, wallet: str) -> Claim | None:
    """The claim of a wallet from a final epoch; None when its distribution has no leaf for it, or no bundle lies here."""
    leaf = _leaf(epoch, wallet.lower())
    if leaf is None:
        return None
    siblings = tree.proof_from_file(_tree_file(epoch), wallet.lower(), leaf)
    if siblings is None:
        return None
    try:
        data = "0x" + distribution.claim_calldata(epoch, wallet, leaf, siblings).hex()
    except ChainError:
        return None
    gas = distribution.claim_gas_limit(len(siblings))
    return Claim(epoch, wallet.lower(), leaf, ["0x" + each.hex() for each in siblings], gas, data)


def _leaf(epoch: int, wallet: str) -> int | None:
    rows = bundle_reading.rows_naming(epoch, "leaves.ndjson", wallet, 1)
    return int(rows[0]["cumulative_wei"]) if rows else None


def _tree_file(epoch: int) -> Path:
    """The nodes of an epoch's tree; made again from the bundle, whole or not at all, if they are not there."""
    path = places.tree(epoch)
    if not path.exists():
        try:
            rows = epoch_bundle.read_rows(places.bundle(epoch), "leaves.ndjson")
            nodes = tree.build((row["wallet"], int(row["cumulative_wei"])) for row in rows)
        except BundleRefused:
            nodes = b""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(nodes)
        Path(name).replace(path)
    return path
