"""Where a transaction stands in the chain, checked against the block itself."""

from dataclasses import dataclass

from chain.client import Block, ChainClient
from chain.models import ChainTransaction


@dataclass(frozen=True)
class Place:
    """A transaction's place in a canonical block."""

    hash: str
    block_number: int
    block_hash: str
    gas_used: int
    succeeded: bool


class Places:
    """Finds transactions. Blocks are read once per object, so use one per pass."""

    def __init__(self, client: ChainClient) -> None:
        self._client = client
        self._blocks: dict[int, Block | None] = {}

    def of(self, row: ChainTransaction) -> Place | None:
        """The place of whichever signed form was mined; None if none is in the chain now."""
        for attempt in row.attempts.order_by("-id"):
            place = self._of_hash(attempt.hash)
            if place is not None:
                return place
        return None

    def _of_hash(self, found: str) -> Place | None:
        """A receipt counts only if the block at its height has its block hash and names the transaction."""
        receipt = self._client.receipt(found)
        if receipt is None:
            return None
        number = int(receipt["blockNumber"], 16)
        block = self._block(number)
        if block is None or block.hash != receipt["blockHash"] or found not in block.transactions:
            return None
        return Place(found, number, block.hash, int(receipt["gasUsed"], 16), int(receipt["status"], 16) == 1)

    def _block(self, number: int) -> Block | None:
        if number not in self._blocks:
            self._blocks[number] = self._client.block(number)
        return self._blocks[number]
