"""The claim of a wallet, with its proof from the epoch's tree, as a transaction that anybody may send."""

from dataclasses import dataclass

from chain import distribution
from rewards import reading, trees
from rewards.models import Leaf


@dataclass(frozen=True)
class Claim:
    """What `claim` of the distributor takes. Its proof leads to the epoch's root."""

    epoch: int
    wallet: str
    cumulative_wei: int
    siblings: list[bytes]

    @property
    def proof(self) -> list[str]:
        """The siblings as 0x hex."""
        return ["0x" + each.hex() for each in self.siblings]

    @property
    def gas(self) -> int:
        return distribution.claim_gas_limit(len(self.siblings))

    @property
    def row(self) -> distribution.Claim:
        """The claim as one of a batch."""
        return distribution.Claim(self.wallet, self.cumulative_wei, self.siblings)

    @property
    def data(self) -> str:
        """The whole transaction's data as 0x hex."""
        data = distribution.claim_calldata(self.epoch, self.wallet, self.cumulative_wei, self.siblings)
        return "0x" + data.hex()


def claim(epoch: int, wallet: str) -> Claim | None:
    """The claim of a wallet from a computed epoch; None without a leaf for it, and when no proof leads to the epoch's root."""
    leaf = Leaf.objects.filter(epoch=epoch, wallet=wallet.lower()).select_related("epoch").first()
    if leaf is None:
        return None
    cumulative = int(leaf.cumulative_wei)
    siblings = trees.proof(leaf.epoch, leaf.wallet, cumulative)
    return Claim(epoch, leaf.wallet, cumulative, siblings) if siblings is not None else None


def newest_claim(wallet: str) -> Claim | None:
    """The claim of a wallet from the newest final distribution: it pays all that was ever credited and not taken."""
    newest = reading.newest_final()
    return claim(newest.number, wallet) if newest is not None else None
