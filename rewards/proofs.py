"""The claim of a wallet, with its proof from the epoch's tree, as a transaction that anybody may send."""

from dataclasses import dataclass

from chain import distribution
from chain.errors import ChainError
from rewards import bundle_reading, bundles, reading
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
    rows = bundle_reading.rows_naming(epoch, "leaves.ndjson", wallet.lower(), 1)
    if not rows:
        return None
    leaf = int(rows[0]["cumulative_wei"])
    try:
        siblings = bundles.proof(epoch, wallet.lower(), leaf)
        if siblings is None:
            return None
        data = "0x" + distribution.claim_calldata(epoch, wallet, leaf, siblings).hex()
    except (BundleRefused, ChainError, OSError):
        return None
    gas = distribution.claim_gas_limit(len(siblings))
    return Claim(epoch, wallet.lower(), leaf, ["0x" + each.hex() for each in siblings], gas, data)


def newest_claim(wallet: str) -> Claim | None:
    """The claim of a wallet from the newest final distribution: it pays all that was ever credited and not taken."""
    newest = reading.newest_final()
    return claim(newest.number, wallet) if newest is not None else None
